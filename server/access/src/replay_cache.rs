//! Token ids that were used, so that each is accepted once. Kept in memory only, like sessions.

use super::assertion::AssertionError;
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::HashMap;

/// An entry takes a few hundred bytes for two minutes. More entries are an attack.
pub const ENTRIES_MAX: usize = 100_000;

pub struct ReplayCache {
    entries_max: usize,
    /// Issuer and token id, each with the time until which it must be remembered.
    entries: Mutex<HashMap<(String, String), Timestamp>>,
}

impl ReplayCache {
    pub fn new(entries_max: usize) -> Self {
        Self { entries_max, entries: Mutex::default() }
    }

    /// Marks a token id as used. If several callers insert the same one at once, one succeeds. Entries that must still be
    /// remembered are never evicted.
    pub fn insert(&self, issuer: &str, id: &str, until: Timestamp, now: Timestamp) -> Result<(), AssertionError> {
        let mut entries = self.entries.lock();
        let key = (issuer.to_owned(), id.to_owned());
        if entries.contains_key(&key) {
            return Err(AssertionError::Replayed);
        }
        if entries.len() >= self.entries_max {
            entries.retain(|_, until| *until > now);
        }
        if entries.len() >= self.entries_max {
            return Err(AssertionError::ReplayCacheFull);
        }
        entries.insert(key, until);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn accepts_an_id_once_per_issuer_and_never_evicts_current_entries() {
        let cache = ReplayCache::new(2);
        let now = Timestamp::UNIX_EPOCH;
        let later = now + SignedDuration::from_secs(60);
        assert_eq!(cache.insert("a", "1", later, now), Ok(()));
        assert_eq!(cache.insert("a", "1", later, now), Err(AssertionError::Replayed));
        assert_eq!(cache.insert("b", "1", later, now), Ok(()));
        assert_eq!(cache.insert("a", "2", later, now), Err(AssertionError::ReplayCacheFull));
        assert_eq!(cache.insert("a", "1", later, now), Err(AssertionError::Replayed));
        assert_eq!(cache.insert("a", "2", later, later), Ok(()));
    }
}
