//! One page of a list, in the shape that JSON promises: `{"as_of", "total", "rows", "next"}`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Rows on one page of a list unless the URL asks for another number.
pub const PAGE_ROWS_DEFAULT: u32 = 50;
/// The most rows that one page or JSON answer holds; exports have no such limit.
pub const PAGE_ROWS_MAX: u32 = 500;

/// Where in a list to start and how many rows to give.
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

/// Part of a list, with the number of rows in the whole of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The oldest good harvest among the accounts in scope: no row is older than this. None before the first harvest.
    pub as_of: Option<Timestamp>,
    pub total: u64,
    pub rows: Vec<T>,
    /// The cursor of the following rows; none at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Puts rows that were read for `window` into a page.
    pub fn of(as_of: Option<Timestamp>, total: u64, rows: Vec<T>, window: Window) -> Self {
        let end = window.offset.saturating_add(rows.len() as u64);
        let next = (end < total && !rows.is_empty()).then(|| end.to_string());
        Self { as_of, total, rows, next }
    }
}
