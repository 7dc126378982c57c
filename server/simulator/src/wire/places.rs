//! Something for each systems account, Region and operation, found without making a copy of their names.

use std::collections::HashMap;

use crate::random;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub systems_account: String,
    pub region: String,
    pub operation: String,
}

/// Keyed by the hash of the three names: 64 bits do not meet by chance among a few thousand of them.
pub(super) struct Places<T>(HashMap<u64, T>);

impl<T> Default for Places<T> {
    fn default() -> Places<T> {
        Places(HashMap::new())
    }
}

impl<T> Places<T> {
    pub(super) fn at(
        &mut self,
        (systems_account, region, operation): (&str, &str, &str),
        fresh: impl FnOnce(Place) -> T,
    ) -> &mut T {
        let key = random::hash_all(&[systems_account, region, operation]);
        self.0.entry(key).or_insert_with(|| {
            fresh(Place {
                systems_account: systems_account.to_owned(),
                region: region.to_owned(),
                operation: operation.to_owned(),
            })
        })
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
