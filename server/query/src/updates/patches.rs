//! Patches: the updates of many instances by title and name.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    listing::{Listing, rows_of, sort_rows},
};
use jiff::Timestamp;
use muster_metrics::UpdateColumns;
use muster_model::{column::Columns, filter::PatchFilter, page::Window, patch::PatchRow, update::UpdateState};
use muster_store::error::StoreError;
use std::collections::HashMap;

/// The orders that need the due dates of all patches.
const BY_DUE_DATE: [&str; 2] = ["next_due_at", "overdue"];

/// The orders whose column the statement has under another name.
const EXCEPTIONS: [(&str, &str); 5] = [
    ("description", "lower(f.title)"),
    ("name", "lower(f.kb_id)"),
    ("severity", "f.rated.rank"),
    // These are sorted once they are dated.
    (BY_DUE_DATE[0], "f.instances"),
    (BY_DUE_DATE[1], "f.instances"),
];

/// A patch, with the number of all that match the filter.
#[derive(Columns)]
struct Found {
    total: u64,
    #[column(flatten)]
    row: PatchRow,
}

#[derive(Columns)]
struct FoundDue {
    title: String,
    name: String,
    next_due_at: Option<Timestamp>,
    overdue: u64,
}

/// Prepares the patches that match the filter.
pub fn listing<'a>(context: Context<'a>, filter: &PatchFilter) -> Result<Listing<'a, PatchRow>, StoreError> {
    let filter = filter.clone();
    Ok(Listing::from_reads(move |window| patches(context, &filter, window)))
}

/// Reads the patches that are missing on most instances. They have no due dates.
pub fn most_missing(context: Context<'_>, filter: PatchFilter, limit: u32) -> Result<Vec<PatchRow>, StoreError> {
    let filter = PatchFilter { states: vec![UpdateState::Missing], ..filter };
    Ok(undated(context, &filter, Some(Window { offset: 0, limit }))?.1)
}

/// Reads the total and the rows of a window; all rows without one. Of a page, only its own patches are dated.
pub fn patches(
    context: Context<'_>,
    filter: &PatchFilter,
    window: Option<Window>,
) -> Result<(u64, Vec<PatchRow>), StoreError> {
    let is_by_due_date = BY_DUE_DATE.contains(&filter.order.key);
    let page = window.filter(|_| !is_by_due_date);
    let (total, mut rows) = undated(context, filter, page)?;
    let dues = dues(context, filter, page.map(|_| rows.as_slice()))?;
    for row in &mut rows {
        if let Some(due) = dues.get(&(row.title.clone(), row.name.clone())) {
            (row.next_due_at, row.overdue) = *due;
        }
    }
    if is_by_due_date {
        sort_rows(&mut rows, &filter.order);
        rows = rows_of(rows, window);
    }
    Ok((total, rows))
}

fn undated(
    context: Context<'_>,
    filter: &PatchFilter,
    window: Option<Window>,
) -> Result<(u64, Vec<PatchRow>), StoreError> {
    let columns = if filter.due.is_some() { UpdateColumns::All } else { UpdateColumns::Names };
    let mut query = filtered(context, columns, filter);
    let mut order = format!("ORDER BY {}, f.rated.rank DESC, f.title, f.kb_id", order_by(&filter.order, &EXCEPTIONS));
    if let Some(window) = window {
        order.push('\n');
        order.push_str(&query.bind_window(window));
    }
    let found: Vec<Found> = query.read("patches", &include_str!("patches.sql").replace("{order}", &order))?;
    let total = match (found.first(), window) {
        (Some(first), _) => first.total,
        // A page after the end has no row that tells how many there are.
        (None, Some(window)) if window.offset > 0 => undated(context, filter, Some(Window { offset: 0, limit: 1 }))?.0,
        (None, _) => 0,
    };
    Ok((total, found.into_iter().map(|found| found.row).collect()))
}

/// The first due date and the number of overdue updates, by title and name.
type Dues = HashMap<(String, String), (Option<Timestamp>, u64)>;

/// Reads the due dates of some patches, or of all that match the filter.
fn dues(context: Context<'_>, filter: &PatchFilter, patches: Option<&[PatchRow]>) -> Result<Dues, StoreError> {
    let counts_pending = filter.counted_states().iter().any(UpdateState::is_pending);
    if !counts_pending || patches.is_some_and(<[_]>::is_empty) {
        return Ok(Dues::new());
    }
    let mut query = filtered(context, UpdateColumns::All, filter);
    if let Some(patches) = patches {
        query.filter_in("kb_id", patches.iter().map(|patch| patch.name.clone()));
        query.filter_in("title", patches.iter().map(|patch| patch.title.clone()));
    }
    let found: Vec<FoundDue> = query.read("the due dates of patches", include_str!("patch_dues.sql"))?;
    Ok(found.into_iter().map(|due| ((due.title, due.name), (due.next_due_at, due.overdue))).collect())
}

/// Keeps the updates that fix a CVE which is known to be exploited, or only others.
pub fn filter_exploited(query: &mut QueryBuilder<'_>, exploited: Option<bool>) {
    match exploited {
        None => query,
        Some(true) => query.filter("patch_key IN (SELECT patch_key FROM exploited_patch)"),
        Some(false) => query.filter("patch_key NOT IN (SELECT patch_key FROM exploited_patch)"),
    };
}

fn filtered<'a>(context: Context<'a>, columns: UpdateColumns, filter: &PatchFilter) -> QueryBuilder<'a> {
    let mut query = QueryBuilder::for_updates(context, columns);
    query.with_exploited_patches(context);
    filter_exploited(&mut query, filter.exploited);
    let states = filter.counted_states();
    query.filter_columns(filter).search("title, kb_id, cve_ids", filter.q.as_deref());
    query.filter_by_option("due = {}", filter.due.map(|due| due.code()));
    if filter.is_in_any_state() {
        return query;
    }
    if states.iter().all(UpdateState::is_pending) {
        // Skips what is not pending before anything is joined.
        query.filter("pending_since IS NOT NULL");
    }
    query.filter_in("state", states.iter().map(UpdateState::code).map(str::to_owned));
    query
}
