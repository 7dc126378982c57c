//! One entry of an inventory item's content: a map of text to text.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// A list instead of a map, because a page of software has thousands of entries with a few names each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry(Vec<(&'static str, Cow<'static, str>)>);

impl Entry {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
    }

    /// Adds a value. The name must not exist yet.
    pub(super) fn push(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.push((name, value));
    }
}

impl<const N: usize> From<[(&'static str, Cow<'static, str>); N]> for Entry {
    fn from(texts: [(&'static str, Cow<'static, str>); N]) -> Entry {
        let mut list = Vec::with_capacity(N + 1);
        list.extend(texts);
        Entry(list)
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
