//! The ledger in memory: what its lines say, by key, id and token.

use super::{
    record::{EnrollmentId, Key, Record, State},
    usage::Usage,
};
use muster_audit::chain::Chain;
use std::collections::{BTreeMap, HashMap};

/// What the lines say.
pub(super) struct Index {
    pub position: Chain,
    pub by_key: BTreeMap<Key, Record>,
    pub by_id: HashMap<EnrollmentId, Key>,
    pub tokens: HashMap<(String, String), Key>,
    pub usage: Usage,
}

impl Index {
    pub fn new() -> Self {
        Self {
            position: Chain::START,
            by_key: BTreeMap::new(),
            by_id: HashMap::new(),
            tokens: HashMap::new(),
            usage: Usage::default(),
        }
    }

    pub fn insert(&mut self, record: Record) {
        let key = record.key();
        if let Some(before) = self.by_key.remove(&key) {
            self.by_id.remove(&before.id);
            self.usage.remove(&before);
        }
        // A token that was replaced by a newer one stays with its instance. A reset frees the last one, because the instance may have
        // no other, unless it is another instance's since an earlier reset.
        if let Some(token) = record.token.clone() {
            if record.state != State::Reset {
                self.tokens.insert(token, key.clone());
            } else if self.tokens.get(&token) == Some(&key) {
                self.tokens.remove(&token);
            }
        }
        self.by_id.insert(record.id.clone(), key.clone());
        self.usage.add(&record);
        self.by_key.insert(key, record);
    }
}
