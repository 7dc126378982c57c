//! Why evidence was refused: a code for programs, and a sentence for the person who runs the enrollment.

use crate::{evidence::EVIDENCE_BYTES_MAX, identity::Provider};
use muster_access::jwt::error::JwtError;

/// Why evidence was refused. The ledger adds its own codes: `account_not_enrolled` (403) and `already_enrolled` (409).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the evidence cannot be read: {0}. Send it exactly as the instance received it")]
    Malformed(&'static str),
    #[error("the evidence is not genuine: {0}. Request new evidence on the instance, and enroll again")]
    Invalid(&'static str),
    /// The issuer's key set may be older than the key. Otherwise the same as [`Refusal::Invalid`].
    #[error("the token was signed with a key that its issuer does not publish. Request a new token, and enroll again")]
    UnknownKey,
    #[error("the evidence is outside of its time window: {0}")]
    Stale(&'static str),
    #[error(
        "the evidence answers another challenge. Request it again with this challenge's nonce: Azure may return a cached one"
    )]
    Nonce,
    #[error(
        "the challenge is for {challenge}, but the evidence is from {evidence}. Request a challenge for {evidence}"
    )]
    WrongProvider { challenge: Provider, evidence: Provider },
    #[error("the evidence has more than {EVIDENCE_BYTES_MAX} bytes. Send only what was signed, and its certificates")]
    TooLarge,
    #[error("the keys to verify the evidence with are not available. Try again in a minute")]
    KeysUnavailable,
}

impl Refusal {
    /// The code in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Invalid(_) | Self::UnknownKey => "evidence_invalid",
            Self::Stale(_) => "stale",
            Self::Nonce => "nonce",
            Self::WrongProvider { .. } => "wrong_provider",
            Self::TooLarge => "too_large",
            Self::KeysUnavailable => "keys_unavailable",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::Invalid(_) | Self::UnknownKey | Self::Stale(_) | Self::Nonce => 401,
            Self::TooLarge => 413,
            Self::WrongProvider { .. } => 422,
            Self::KeysUnavailable => 503,
        }
    }
}

impl From<JwtError> for Refusal {
    fn from(error: JwtError) -> Self {
        match error {
            JwtError::Malformed => Self::Malformed("it is not a signed token"),
            JwtError::Header(_) => Self::Invalid("a header of the token is missing or not accepted"),
            JwtError::UnknownKey => Self::UnknownKey,
            JwtError::Signature => Self::Invalid("the signature of the token does not match the issuer's key"),
            JwtError::Claim(_) => Self::Invalid("a claim of the token is missing or not accepted"),
            JwtError::Time(_) => {
                Self::Stale("the token is expired or not yet valid; check the clock, and request a new one")
            }
        }
    }
}
