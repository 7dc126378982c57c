//! One page of a list, in the shape of its JSON: `{"as_of", "accounts", "accounts_never", "total", "rows", "next"}`.

use super::Freshness;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The number of rows on one page unless the URL asks for another.
pub const PAGE_ROWS_DEFAULT: u32 = 50;
/// The maximum number of rows of one page or JSON answer; exports have no such limit.
pub const PAGE_ROWS_MAX: u32 = 500;

/// A part of a list: its first row, and the maximum number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub offset: u64,
    pub limit: u32,
}

impl Default for Window {
    fn default() -> Self {
        Self { offset: 0, limit: PAGE_ROWS_DEFAULT }
    }
}

impl Window {
    /// The number of the page that starts here, counted from 1.
    pub fn page_number(self) -> u64 {
        self.offset / u64::from(self.limit.max(1)) + 1
    }
}

/// Part of a list, with the number of rows of the whole list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The oldest of the last harvests of the selected accounts: no row is older than this. None before the first harvest.
    pub as_of: Option<Timestamp>,
    /// The accounts in scope that the filter selects. If there are none, no such customer, provider or account exists.
    pub accounts: u64,
    /// Of these, with a Region that was never harvested: what it has is unknown, and not in the list.
    pub accounts_never: u64,
    pub total: u64,
    pub rows: Vec<T>,
    /// The cursor of the following rows; none at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of the rows that were read for `window`.
    pub fn of(freshness: &Freshness, total: u64, rows: Vec<T>, window: Window) -> Self {
        let end = window.offset.saturating_add(rows.len() as u64);
        let next = (end < total && !rows.is_empty()).then(|| end.to_string());
        let Freshness { oldest_harvest_at: as_of, accounts, accounts_never, .. } = *freshness;
        Self { as_of, accounts, accounts_never, total, rows, next }
    }
}
