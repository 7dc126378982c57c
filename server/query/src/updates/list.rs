//! Lists of updates, of one instance (Figure 12) or of many.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    instance_key_filter::find_instance,
    listing::Listing,
};
use muster_model::{
    filter::UpdateFilter,
    update::{UpdateRow, UpdateState},
};
use muster_store::error::StoreError;

/// Prepares the updates that match the filter: of one instance, or of all current ones.
pub fn listing<'a>(context: Context<'a>, filter: &UpdateFilter) -> Result<Listing<'a, UpdateRow>, StoreError> {
    let list = include_str!("list.sql");
    let listing = Listing::from_query(query(context, filter)?, "updates", list, order(filter));
    Ok(listing.row_key("instance_key, patch_key"))
}

fn query<'a>(context: Context<'a>, filter: &UpdateFilter) -> Result<QueryBuilder<'a>, StoreError> {
    let mut query = QueryBuilder::for_updates(context);
    query
        .filter_columns(filter)
        .filter_by_option("contains(lower(concat_ws(' ', title, kb_id, cve_ids)), lower({}))", filter.q.as_deref());
    match &filter.instance {
        Some(instance) => query.filter_instance(&find_instance(context, instance)?),
        None => query.filter("gone_at IS NULL"),
    };
    if !filter.states.is_empty() {
        query.filter_in("state", filter.states.iter().map(UpdateState::code).map(str::to_owned));
    }
    if let Some(due) = filter.due {
        // First the column that skips what is not pending.
        query.filter("pending_since IS NOT NULL").filter_by("due = {}", due.code().to_owned());
    }
    Ok(query)
}

fn order(filter: &UpdateFilter) -> String {
    let exceptions = [
        ("install_status", "{update_state_rank}"),
        ("description", "lower(f.title)"),
        ("name", "lower(f.kb_id)"),
        ("severity", "{severity_rank}"),
        ("install_time", "f.installed_at"),
        ("instance_name", "lower(f.name)"),
    ];
    let order = order_by(&filter.order, &exceptions);
    format!("{order}, {{severity_rank}} DESC, f.installed_at DESC NULLS LAST, f.title, f.kb_id, f.name, f.instance_id")
}
