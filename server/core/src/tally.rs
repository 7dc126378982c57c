//! How many rows each operation gave, and which failed: every part of a pull keeps one, and they add up.

use super::error::CollectError;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub rows: BTreeMap<&'static str, u64>,
    pub errors: Vec<CollectError>,
}

impl Tally {
    /// Notes how many rows an operation gave, or why it gave none.
    pub fn take<T>(&mut self, operation: &'static str, result: Result<Vec<T>, CollectError>) -> Option<Vec<T>> {
        match result {
            Ok(rows) => {
                *self.rows.entry(operation).or_default() += rows.len() as u64;
                Some(rows)
            }
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    pub fn has_failed(&self, operation: &str) -> bool {
        self.errors.iter().any(|error| error.operation == operation)
    }

    pub fn add(&mut self, other: Self) {
        for (operation, rows) in other.rows {
            *self.rows.entry(operation).or_default() += rows;
        }
        self.errors.extend(other.errors);
    }
}
