//! Names that count once: an assertion that was shown is used up. Kept by this process only, as sessions are.

use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// A name takes some hundred bytes and is kept for two minutes; more of them are an attack.
pub const NAMES_MAX: usize = 100_000;

pub struct Burnt {
    room: usize,
    /// Each name with the moment from which it need not be known any more.
    until: Mutex<HashMap<(String, String), Timestamp>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBurnt {
    #[error("it was used before")]
    Before,
    /// Never makes room by forgetting one that still counts.
    #[error("more assertions are shown than can be remembered")]
    NoRoom,
}

impl Burnt {
    pub fn with_room_for(room: usize) -> Self {
        Self { room, until: Mutex::default() }
    }

    /// Uses up an issuer's name. Of any number that try it at the same moment, one succeeds.
    pub fn burn(&self, issuer: &str, name: &str, until: Timestamp, now: Timestamp) -> Result<(), NotBurnt> {
        let mut known = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (issuer.to_owned(), name.to_owned());
        if known.contains_key(&name) {
            return Err(NotBurnt::Before);
        }
        if known.len() >= self.room {
            known.retain(|_, until| *until > now);
        }
        if known.len() >= self.room {
            return Err(NotBurnt::NoRoom);
        }
        known.insert(name, until);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn a_name_counts_once_for_each_issuer_and_what_counts_is_never_forgotten() {
        let burnt = Burnt::with_room_for(2);
        let now = Timestamp::UNIX_EPOCH;
        let later = now + SignedDuration::from_secs(60);
        assert_eq!(burnt.burn("a", "1", later, now), Ok(()));
        assert_eq!(burnt.burn("a", "1", later, now), Err(NotBurnt::Before));
        assert_eq!(burnt.burn("b", "1", later, now), Ok(()));
        assert_eq!(burnt.burn("a", "2", later, now), Err(NotBurnt::NoRoom));
        assert_eq!(burnt.burn("a", "1", later, now), Err(NotBurnt::Before));
        assert_eq!(burnt.burn("a", "2", later, later), Ok(()));
    }
}
