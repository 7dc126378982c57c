//! What stands in a systems account, as AWS lists it.

mod region;
mod roles;

pub use region::{FoundBaseline, FoundRegion, FoundWindow, filters_text, read_region, targets_text};
pub use roles::{FoundRole, read_roles};

use std::collections::{BTreeMap, btree_map::Entry};

/// Things by name. Of things that share a name, the first listed one counts.
#[derive(Clone, Debug)]
pub struct ByName<T> {
    by_name: BTreeMap<String, T>,
    /// Names that more than one thing has.
    repeated: BTreeMap<String, usize>,
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self { by_name: BTreeMap::new(), repeated: BTreeMap::new() }
    }
}

impl<T> ByName<T> {
    pub fn add(&mut self, name: String, thing: T) {
        match self.by_name.entry(name) {
            Entry::Occupied(first) => *self.repeated.entry(first.key().clone()).or_insert(1) += 1,
            Entry::Vacant(place) => drop(place.insert(thing)),
        }
    }

    pub fn get(&self, name: &str) -> Option<&T> {
        self.by_name.get(name)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.by_name.get_mut(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.by_name.iter()
    }

    /// How many things have the name, if more than one has.
    pub fn repetitions(&self, name: &str) -> Option<usize> {
        self.repeated.get(name).copied()
    }
}
