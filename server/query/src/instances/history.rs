//! An instance's update history: every transition, newest first.

use crate::{
    builder::{Context, QueryBuilder},
    instance_key_filter::find_instance,
    listing::Listing,
};
use muster_model::{
    filter::HistoryFilter,
    transition::{TransitionKind, TransitionRow},
};
use muster_store::error::StoreError;

const NEWEST_FIRST: &str = "t.happened_at DESC, c.scan_key DESC, p.title, p.kb_id";

pub fn listing<'a>(context: Context<'a>, filter: &HistoryFilter) -> Result<Listing<'a, TransitionRow>, StoreError> {
    let mut query = QueryBuilder::for_instances(context);
    query.filter_instance(&find_instance(context, &filter.instance)?);
    let list = include_str!("history.sql");
    Ok(Listing::from_query(query, "the history", list, NEWEST_FIRST).finish(with_kind))
}

/// Decides the kind of a transition. SQL only knows whether an earlier one had reported the update, and says `returned` then.
fn with_kind(row: TransitionRow) -> TransitionRow {
    let known_before = row.kind == TransitionKind::Returned;
    let kind = TransitionKind::of(row.from_state.as_ref(), row.to_state.as_ref(), &row.operation, known_before);
    TransitionRow { kind, ..row }
}
