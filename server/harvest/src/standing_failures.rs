//! Failures that last for many rounds, so that each is logged when it starts or changes and not again at every round.

use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc};

/// What fails at the moment, and how. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct StandingFailures(Arc<Mutex<BTreeMap<String, String>>>);

impl StandingFailures {
    /// Notes that something fails in this way. Returns whether that is new.
    pub fn starts(&self, what: &str, how: &str) -> bool {
        self.0.lock().insert(what.to_owned(), how.to_owned()).is_none_or(|before| before != how)
    }

    /// Notes that something works. Returns whether it failed before.
    pub fn ends(&self, what: &str) -> bool {
        self.0.lock().remove(what).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_new_once_until_it_changes_or_ends() {
        let failures = StandingFailures::default();
        let shared = failures.clone();
        assert!(failures.starts("a", "denied") && !shared.starts("a", "denied"));
        assert!(failures.starts("a", "throttled") && failures.starts("b", "throttled"));
        assert!(shared.ends("a") && !failures.ends("a") && failures.starts("a", "throttled"));
        assert!(!failures.starts("b", "throttled"));
    }
}
