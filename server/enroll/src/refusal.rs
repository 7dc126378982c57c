//! Why a request was refused: a code for programs, and a sentence for the person who runs the enrollment.
//! Those that only operators get are at the end.
//!
//! Scripts give up after a status 4xx, except 429. After 429 and 503 they wait as `Retry-After` says, and start again with a new
//! challenge. So whatever passes without a person is answered with 429 or 503.
//!
//! | status | code | meaning |
//! |---|---|---|
//! | 400 | `malformed` | the request, or its evidence, cannot be read |
//! | 401 | `evidence_invalid` | nobody who is trusted signed the evidence |
//! | 401 | `stale` | the evidence is genuine, but outside of its time window |
//! | 401 | `nonce` | the evidence answers another challenge |
//! | 403 | `account_not_enrolled` | the account is not in the registry |
//! | 403 | `quota_exceeded` | the customer's quota is used up |
//! | 404 | `not_found` | no such address, or no such challenge |
//! | 405 | `method_not_allowed` | the address exists, but not for this method |
//! | 409 | `replayed` | the challenge was used before, or the token for another instance |
//! | 409 | `already_enrolled` | a registration of the identity was seen, or an operator must reset it |
//! | 413 | `too_large` | the body or the evidence has too many bytes |
//! | 422 | `wrong_provider` | the evidence is from another provider than the challenge is for |
//! | 429 | `rate_limited` | too many requests of this client, account or identity, or of all clients |
//! | 503 | `challenge_expired` | the challenge expired, or a restart of the service forgot it |
//! | 503 | `too_slow` | the body took too long to arrive, or ended too early |
//! | 503 | `keys_unavailable` | the keys to verify the evidence with cannot be fetched |
//! | 503 | `provisioning_failed` | the activation cannot be made until an operator retries it |
//! | 503 | `unavailable` | too many requests run, or AWS, the ledger or the audit log is not available |
//! | 401 | `unauthorized` | the operators' secret is missing or wrong |
//! | 409 | `wrong_state` | the state of the enrollment does not allow the action |
//! | 409 | `in_progress` | an attempt of the instance runs |

use crate::ledger::record::EnrollmentId;
use muster_attest::refusal::Refusal;
use std::time::Duration;

/// The longest body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Each refusal with the message that the instance gets. Messages never repeat what the request contained.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrollError {
    #[error("The request is malformed: {0}.")]
    Malformed(String),
    #[error("{}.", capitalized(&.0.to_string()))]
    Evidence(Refusal),
    /// It expired, was forgotten by a restart, or never existed. Not final, because a new challenge helps.
    #[error("The challenge is not known, or expired. Request a new one, and evidence for it.")]
    ChallengeExpired,
    #[error("The challenge was used before. Request a new one, and evidence for it.")]
    Replayed,
    /// The account is not in the registry, or another one has its name.
    #[error("The account of this instance is not enrolled. Enroll it in VM Management first.")]
    AccountNotEnrolled,
    #[error("The customer's quota of {0} is used up. Ask the account team to raise it.")]
    QuotaExceeded(&'static str),
    #[error(
        "This instance was enrolled before ({0}). If its registration failed, have an operator reset it; if it did not \
         enroll itself, report it."
    )]
    AlreadyEnrolled(EnrollmentId),
    /// A signed token with this id was used for another instance.
    #[error("The token was used for another instance. Have its issuer sign a new one with an id of its own.")]
    TokenUsed,
    #[error("The request's body has more than {BODY_BYTES_MAX} bytes.")]
    TooLarge,
    /// Not final, because networks recover.
    #[error("The request's body took too long to arrive, or ended too early. Try again in a moment.")]
    TooSlow,
    #[error("Too many requests. Wait a moment and try again.")]
    RateLimited { retry_after: Duration },
    /// An operator must retry it.
    #[error("The activation of this instance could not be made ({0}). An operator must look at it.")]
    ProvisioningFailed(String),
    #[error("The enrollment service, or a service that it needs, is not available. Try again in a minute.")]
    Unavailable,
    #[error("The operators' secret is missing or wrong. Compare the portal's with this server's.")]
    Unauthorized,
    /// With the state and what to do.
    #[error("{}.", capitalized(.0))]
    WrongState(String),
    #[error("An attempt of this instance is in progress. Try again in a minute.")]
    InProgress,
    #[error("This does not exist.")]
    NotFound,
    #[error("This address does not support the request's method.")]
    MethodNotAllowed,
}

/// After these seconds a request that was not answered is worth repeating.
const UNAVAILABLE_RETRY_AFTER: Duration = Duration::from_secs(60);
const FAILED_RETRY_AFTER: Duration = Duration::from_secs(120);
/// For what a new challenge mends.
const RESTART_RETRY_AFTER: Duration = Duration::from_secs(2);

impl EnrollError {
    /// The code in JSON. Codes never change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Evidence(refusal) => refusal.code(),
            Self::Unavailable => "unavailable",
            Self::ChallengeExpired => "challenge_expired",
            Self::Replayed | Self::TokenUsed => "replayed",
            Self::AccountNotEnrolled => "account_not_enrolled",
            Self::QuotaExceeded(_) => "quota_exceeded",
            Self::AlreadyEnrolled(_) => "already_enrolled",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::RateLimited { .. } => "rate_limited",
            Self::ProvisioningFailed(_) => "provisioning_failed",
            Self::Unauthorized => "unauthorized",
            Self::WrongState(_) => "wrong_state",
            Self::InProgress => "in_progress",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::Evidence(refusal) => refusal.status(),
            Self::Unauthorized => 401,
            Self::AccountNotEnrolled | Self::QuotaExceeded(_) => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Replayed | Self::TokenUsed | Self::AlreadyEnrolled(_) | Self::WrongState(_) | Self::InProgress => 409,
            Self::TooLarge => 413,
            Self::RateLimited { .. } => 429,
            Self::ChallengeExpired | Self::TooSlow | Self::ProvisioningFailed(_) | Self::Unavailable => 503,
        }
    }

    /// When to try again, for the header `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            Self::Unavailable | Self::Evidence(Refusal::KeysUnavailable) => Some(UNAVAILABLE_RETRY_AFTER),
            Self::ChallengeExpired | Self::TooSlow => Some(RESTART_RETRY_AFTER),
            Self::ProvisioningFailed(_) => Some(FAILED_RETRY_AFTER),
            _ => None,
        }
    }
}

impl From<Refusal> for EnrollError {
    fn from(refusal: Refusal) -> Self {
        Self::Evidence(refusal)
    }
}

/// The message of an error with those of its causes, for the log.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_attest::identity::Provider;

    #[test]
    fn the_log_has_the_cause_of_an_error() {
        let source = std::io::Error::other("no space left");
        let error = crate::ledger::error::LedgerError::Io { path: "/ledger".into(), source };
        let text = with_causes(&error);
        assert!(text.contains("`/ledger`") && text.ends_with(": no space left"), "{text}");
    }

    #[test]
    fn every_code_is_documented_with_its_status_and_says_when_to_try_again() {
        let wrong_provider = Refusal::WrongProvider { challenge: Provider::Aws, evidence: Provider::Gcp };
        let evidence = [
            Refusal::Malformed(""),
            Refusal::Invalid(""),
            Refusal::UnknownKey,
            Refusal::Stale(""),
            Refusal::Nonce,
            wrong_provider,
            Refusal::TooLarge,
            Refusal::KeysUnavailable,
        ];
        let others = [
            EnrollError::Malformed(String::new()),
            EnrollError::ChallengeExpired,
            EnrollError::Replayed,
            EnrollError::AccountNotEnrolled,
            EnrollError::QuotaExceeded(""),
            EnrollError::AlreadyEnrolled(EnrollmentId::from("")),
            EnrollError::TokenUsed,
            EnrollError::TooLarge,
            EnrollError::TooSlow,
            EnrollError::RateLimited { retry_after: Duration::ZERO },
            EnrollError::ProvisioningFailed(String::new()),
            EnrollError::Unavailable,
            EnrollError::Unauthorized,
            EnrollError::WrongState(String::new()),
            EnrollError::InProgress,
            EnrollError::NotFound,
            EnrollError::MethodNotAllowed,
        ];
        let mut rows = std::collections::BTreeSet::new();
        for error in evidence.into_iter().map(EnrollError::Evidence).chain(others) {
            let row = format!("//! | {} | `{}` | ", error.status(), error.code());
            assert!(include_str!("refusal.rs").contains(&row), "{row}");
            assert_eq!(error.retry_after().is_some(), matches!(error.status(), 429 | 503), "{row}");
            rows.insert(row);
        }
        let documented = include_str!("refusal.rs").lines().filter(|line| line.starts_with("//! | ")).count();
        assert_eq!(documented, rows.len() + 1, "a row for each code, and the head");
    }
}
