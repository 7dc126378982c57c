//! When a token counts.

use super::{Refused, claims::Claims};

/// By how many seconds clocks may differ.
pub const LEEWAY: i64 = 30;

/// In seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub made: i64,
    pub begins: Option<i64>,
    pub ends: i64,
}

impl Times {
    pub fn read(claims: &Claims) -> Result<Self, Refused> {
        let begins = claims.get("nbf").map(|_| claims.whole_number("nbf")).transpose()?;
        Ok(Self { made: claims.whole_number("iat")?, begins, ends: claims.whole_number("exp")? })
    }

    /// Whether it claims to live so long at most.
    pub fn lives(&self, seconds_max: i64) -> bool {
        self.ends.saturating_sub(self.made) <= seconds_max
    }

    /// Whether it counts now, if it may be so old at most.
    pub fn check(&self, now: i64, age_max: i64) -> Result<(), Refused> {
        let not_yet = |at: i64| at > now.saturating_add(LEEWAY);
        if self.ends.saturating_add(LEEWAY) <= now {
            Err(Refused::Time("exp"))
        } else if not_yet(self.made) || self.made < now.saturating_sub(age_max) {
            Err(Refused::Time("iat"))
        } else if self.begins.is_some_and(not_yet) {
            Err(Refused::Time("nbf"))
        } else {
            Ok(())
        }
    }
}
