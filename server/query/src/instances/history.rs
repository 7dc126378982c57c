//! An instance's update history under all of its registrations: every transition, newest first.

use crate::{
    builder::{Context, QueryBuilder},
    instances::found::find_history,
    listing::Listing,
};
use muster_model::{
    filter::{HistoryFilter, OfInstance},
    transition::{TransitionKind, TransitionRow},
};
use muster_store::error::StoreError;

const NEWEST_FIRST: &str = "u.happened_at DESC, c.scan_key DESC, p.title, p.kb_id";

pub fn listing<'a>(
    context: Context<'a>,
    filter: &OfInstance<HistoryFilter>,
) -> Result<Listing<'a, TransitionRow>, StoreError> {
    let found = find_history(context, &filter.instance)?;
    if found.is_empty() {
        return Ok(Listing::from_rows(Vec::new()));
    }
    let query = QueryBuilder::for_found(context, &found);
    let list = include_str!("history.sql");
    let all = Listing::from_query(query, "the history", list, NEWEST_FIRST).finish(with_kind);
    if filter.rows.is_whole() {
        return Ok(all);
    }
    // What a change means depends on those before it, so all are read.
    let (_, mut rows) = all.page(None)?;
    rows.retain(|row| filter.rows.matches(row));
    Ok(Listing::from_rows(rows))
}

/// Decides the kind of a transition. SQL only knows whether an earlier one had reported the update, and says `returned` then.
fn with_kind(row: TransitionRow) -> TransitionRow {
    let known_before = row.kind == TransitionKind::Returned;
    let kind = TransitionKind::of(row.from_state.as_ref(), row.to_state.as_ref(), &row.operation, known_before);
    TransitionRow { kind, ..row }
}
