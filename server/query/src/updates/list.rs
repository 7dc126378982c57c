//! Lists of updates, of one instance (Figure 12) or of many.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    instances::found::{FoundInstance, find},
    listing::Listing,
};
use muster_model::{
    filter::UpdateFilter,
    update::{UpdateRow, UpdateState},
};
use muster_store::error::StoreError;

/// The platform whose updates can have release dates.
const WINDOWS: &str = "Windows";

/// Prepares the updates that match the filter: of one instance, or of all current ones.
pub fn listing<'a>(context: Context<'a>, filter: &UpdateFilter) -> Result<Listing<'a, UpdateRow>, StoreError> {
    let query = match &filter.instance {
        Some(instance) => {
            let found = find(context, instance)?;
            if found.is_empty() {
                return Ok(Listing::from_rows(Vec::new()));
            }
            let mut has_release_dates = false;
            for instance in &found {
                has_release_dates |= may_have_release_dates(context, instance)?;
            }
            QueryBuilder::for_updates_of(context, &found, has_release_dates)
        }
        None => {
            let mut query = QueryBuilder::for_updates(context);
            query.filter("gone_at IS NULL");
            query
        }
    };
    let list = include_str!("list.sql");
    let listing = Listing::from_query(filtered(query, filter), "updates", list, order(filter));
    Ok(listing.row_key("instance_key, patch_key"))
}

fn may_have_release_dates(context: Context<'_>, instance: &FoundInstance) -> Result<bool, StoreError> {
    let read = QueryBuilder::by_key(context, instance);
    let pending = || read.row("updates", include_str!("may_have_release_dates.sql"), |row| row.get(0));
    Ok(instance.platform_type == WINDOWS && pending()?)
}

fn filtered<'a>(mut query: QueryBuilder<'a>, filter: &UpdateFilter) -> QueryBuilder<'a> {
    query
        .filter_columns(filter)
        .filter_by_option("contains(lower(concat_ws(' ', title, kb_id, cve_ids)), lower({}))", filter.q.as_deref());
    if !filter.states.is_empty() {
        query.filter_in("state", filter.states.iter().map(UpdateState::code).map(str::to_owned));
    }
    if let Some(due) = filter.due {
        // First the column that skips what is not pending.
        query.filter("pending_since IS NOT NULL").filter_by("due = {}", due.code().to_owned());
    }
    query
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
