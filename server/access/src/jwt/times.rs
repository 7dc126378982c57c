//! The time claims of a token, checked against our own clock.

use super::{claims::Claims, error::JwtError};

/// How far clocks may differ.
pub const LEEWAY_SECONDS: i64 = 30;

/// `iat`, `nbf` and `exp` in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct TimeClaims {
    pub issued_at: i64,
    pub not_before: Option<i64>,
    pub expires_at: i64,
}

impl TimeClaims {
    pub fn read(claims: &Claims) -> Result<Self, JwtError> {
        let not_before = claims.get("nbf").map(|_| claims.integer("nbf")).transpose()?;
        Ok(Self { issued_at: claims.integer("iat")?, not_before, expires_at: claims.integer("exp")? })
    }

    pub fn lifetime_seconds(&self) -> i64 {
        self.expires_at.saturating_sub(self.issued_at)
    }

    /// Whether the token is valid now and not older than allowed.
    pub fn check(&self, now: i64, age_max_seconds: i64) -> Result<(), JwtError> {
        let is_future = |at: i64| at > now.saturating_add(LEEWAY_SECONDS);
        if self.expires_at.saturating_add(LEEWAY_SECONDS) <= now {
            Err(JwtError::Time("exp"))
        } else if is_future(self.issued_at) || self.issued_at < now.saturating_sub(age_max_seconds) {
            Err(JwtError::Time("iat"))
        } else if self.not_before.is_some_and(is_future) {
            Err(JwtError::Time("nbf"))
        } else {
            Ok(())
        }
    }
}
