//! How often somebody may do something in a minute.

use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

pub const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// More people than that within a minute are an attack.
const KEYS_MAX: usize = 100_000;

pub struct Turns {
    per_minute: u32,
    /// When each one's minute began, and the turns since.
    taken: Mutex<HashMap<(String, String), (Timestamp, u32)>>,
}

impl Turns {
    pub fn per_minute(per_minute: u32) -> Self {
        Self { per_minute, taken: Mutex::default() }
    }

    /// Takes a turn of somebody's at an issuer, if there is one left.
    pub fn take(&self, issuer: &str, subject: &str, now: Timestamp) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= KEYS_MAX {
            taken.retain(|_, (began, _)| now.duration_since(*began) < MINUTE);
        }
        let key = (issuer.to_owned(), subject.to_owned());
        if taken.len() >= KEYS_MAX && !taken.contains_key(&key) {
            return false;
        }
        let (began, turns) = taken.entry(key).or_insert((now, 0));
        if now.duration_since(*began) >= MINUTE {
            (*began, *turns) = (now, 0);
        }
        let left = *turns < self.per_minute;
        *turns += u32::from(left);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_many_turns_a_minute() {
        let turns = Turns::per_minute(2);
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        assert!(turns.take("i", "a", at(0)) && turns.take("i", "a", at(30)) && !turns.take("i", "a", at(59)));
        assert!(turns.take("i", "b", at(59)) && turns.take("j", "a", at(59)));
        assert!(turns.take("i", "a", at(60)));
    }
}
