//! What a list shows, in which order and from where on: the URL's query string in both directions.

pub mod accounts;
pub mod changes;
pub mod harvests;
pub mod history;
pub mod instances;
pub mod service_levels;
pub mod trend;
pub mod updates;

pub use accounts::{AccountFilter, AccountSort};
pub use changes::ChangesFilter;
pub use harvests::HarvestFilter;
pub use history::HistoryFilter;
pub use instances::{AgentFilter, InstanceFilter, InstanceSort, RunFilter};
pub use service_levels::ServiceLevelFilter;
pub use trend::TrendFilter;
pub use updates::{UpdateFilter, UpdateSort};

use super::{
    page::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, Window},
    query_string::{Params, QueryError, QueryWriter},
};
use serde::{Deserialize, Serialize};

/// Longest text that a search box may send.
pub const SEARCH_MAX_CHARS: usize = 200;
/// Rows beyond this offset are not paged to; an export gives the whole list.
pub const OFFSET_MAX: u64 = 10_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Ascending,
    #[default]
    Descending,
}

impl Direction {
    pub const CODES: [(&'static str, Self); 2] = [("asc", Self::Ascending), ("desc", Self::Descending)];

    pub fn code(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }

    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// Reads `page` (from 1) or `cursor` (what `next` gave), and `per_page`.
fn window(params: &mut Params) -> Result<Window, QueryError> {
    let limit = params
        .value("per_page", format!("a number from 1 to {PAGE_ROWS_MAX}"), |text| {
            text.parse().ok().filter(|rows| (1..=PAGE_ROWS_MAX).contains(rows))
        })?
        .unwrap_or(PAGE_ROWS_DEFAULT);
    let page =
        params.value("page", "a page number from 1", |text| text.parse::<u64>().ok().filter(|page| *page >= 1))?;
    let cursor = params.value("cursor", "what `next` of the answer before gave", |text| text.parse::<u64>().ok())?;
    let offset = cursor.unwrap_or_else(|| (page.unwrap_or(1) - 1).saturating_mul(u64::from(limit)));
    Ok(Window { offset: offset.min(OFFSET_MAX), limit })
}

fn write_window(writer: QueryWriter, window: Window) -> QueryWriter {
    let page = (window.offset > 0).then(|| window.page_number().to_string());
    let per_page = (window.limit != PAGE_ROWS_DEFAULT).then(|| window.limit.to_string());
    writer.text("page", page.as_deref()).text("per_page", per_page.as_deref())
}

fn search(params: &mut Params) -> Result<Option<String>, QueryError> {
    params.value("q", format!("text of at most {SEARCH_MAX_CHARS} characters"), |text| {
        (text.chars().count() <= SEARCH_MAX_CHARS).then(|| text.to_owned())
    })
}

/// Reads `sort` and `dir`, each with its own default. A sort without a direction takes that column's natural one.
fn order<S: Copy>(
    params: &mut Params,
    sorts: &[(&'static str, S)],
    default: S,
    natural: impl Fn(S) -> Direction,
) -> Result<(S, Direction), QueryError> {
    let sort = params.choice("sort", sorts)?.unwrap_or(default);
    let direction = params.choice("dir", &Direction::CODES)?.unwrap_or_else(|| natural(sort));
    Ok((sort, direction))
}
