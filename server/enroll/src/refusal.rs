//! Why a request of an instance was refused: a code for programs, and a sentence for the person who runs the enrollment.

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
    /// It expired, was forgotten by a restart, or never existed.
    #[error("The challenge is not known, or expired. Request a new one, and evidence for it.")]
    UnknownChallenge,
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
    #[error("The request's body took too long to arrive.")]
    TooSlow,
    #[error("Too many requests. Wait a moment and try again.")]
    RateLimited { retry_after: Duration },
    /// An operator must retry it.
    #[error("The activation of this instance could not be made ({0}). An operator must look at it.")]
    ProvisioningFailed(String),
    #[error("The enrollment service, or a service that it needs, is not available. Try again in a minute.")]
    Unavailable,
    #[error("This does not exist.")]
    NotFound,
    #[error("This address does not support the request's method.")]
    MethodNotAllowed,
}

/// After these seconds a request that was not answered is worth repeating.
const UNAVAILABLE_RETRY_AFTER: Duration = Duration::from_secs(60);
const FAILED_RETRY_AFTER: Duration = Duration::from_secs(120);

impl EnrollError {
    /// The code in JSON. Codes never change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Evidence(Refusal::KeysUnavailable) | Self::Unavailable => "unavailable",
            Self::Evidence(refusal) => refusal.code(),
            Self::UnknownChallenge => "stale",
            Self::Replayed | Self::TokenUsed => "replayed",
            Self::AccountNotEnrolled => "account_not_enrolled",
            Self::QuotaExceeded(_) => "quota_exceeded",
            Self::AlreadyEnrolled(_) => "already_enrolled",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::RateLimited { .. } => "rate_limited",
            Self::ProvisioningFailed(_) => "provisioning_failed",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::Evidence(refusal) => refusal.status(),
            Self::UnknownChallenge => 401,
            Self::AccountNotEnrolled | Self::QuotaExceeded(_) => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooSlow => 408,
            Self::Replayed | Self::TokenUsed | Self::AlreadyEnrolled(_) => 409,
            Self::TooLarge => 413,
            Self::RateLimited { .. } => 429,
            Self::ProvisioningFailed(_) | Self::Unavailable => 503,
        }
    }

    /// When to try again, for the header `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            Self::Unavailable | Self::Evidence(Refusal::KeysUnavailable) => Some(UNAVAILABLE_RETRY_AFTER),
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

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
