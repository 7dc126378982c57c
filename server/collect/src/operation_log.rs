//! Records what each operation of a pull returned: how many rows, or why it failed.

use super::error::CollectError;
use std::collections::BTreeMap;

/// Each part of a pull keeps its own log; [`OperationLog::merge`] joins them.
#[derive(Debug, Default)]
pub struct OperationLog {
    pub rows: BTreeMap<&'static str, u64>,
    pub errors: Vec<CollectError>,
}

impl OperationLog {
    /// Records the result of an operation and returns its rows.
    pub fn record<T>(&mut self, operation: &'static str, result: Result<Vec<T>, CollectError>) -> Option<Vec<T>> {
        let rows = result.map_err(|error| self.errors.push(error)).ok()?;
        self.count(operation, Ok(rows.len()));
        Some(rows)
    }

    /// Records the result of an operation whose rows are elsewhere already.
    pub fn count(&mut self, operation: &'static str, result: Result<usize, CollectError>) -> Option<usize> {
        let rows = result.map_err(|error| self.errors.push(error)).ok()?;
        *self.rows.entry(operation).or_default() += rows as u64;
        Some(rows)
    }

    /// Records the result of an operation that returns one row.
    pub fn record_one<T>(&mut self, operation: &'static str, result: Result<T, CollectError>) -> Option<T> {
        self.record(operation, result.map(|row| vec![row]))?.pop()
    }

    /// Whether the last error would repeat for every further request of its operation.
    pub fn is_blocked(&self) -> bool {
        self.errors.last().is_some_and(CollectError::blocks_operation)
    }

    pub fn merge(&mut self, other: Self) {
        for (operation, rows) in other.rows {
            *self.rows.entry(operation).or_default() += rows;
        }
        self.errors.extend(other.errors);
    }
}
