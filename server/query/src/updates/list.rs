//! Lists of updates, of one instance (Figure 12) or of many.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    exceptions,
    instances::found::{FoundInstance, find},
    listing::{
        Listing,
        key_search::{FirstColumn, KeySearch},
    },
    updates::patches::filter_exploited,
};
use muster_metrics::UpdateColumns;
use muster_model::{
    filter::{
        Order, UpdateFilter,
        updates::{ANY_EXCEPTION, NO_EXCEPTION},
    },
    ids::InstanceId,
    update::{UpdateRow, UpdateState},
};
use muster_store::error::StoreError;

/// What identifies an update.
const ROW_KEY: &str = "instance_key, patch_key";

/// The platform whose updates can have release dates.
const WINDOWS: &str = "Windows";

const LIST: &str = include_str!("list.sql");

/// Which updates can have release dates: what the scans of Windows showed to be new and is pending. The same condition as in
/// may_have_release_dates.sql.
const MAY_HAVE_RELEASE_DATE: &str = "platform_type = 'Windows' AND pending_since IS NOT NULL AND absent_at IS NOT NULL";

const OF_EXCEPTION: &str = "(f.instance_key, f.patch_key) IN (
    SELECT (e.instance_key, e.patch_key) FROM exception_update e WHERE e.exception_id = {}
)";

/// The order that is by due dates.
const BY_DUE_DATE: &str = "due_at";
const STATE_RANK: &str = "{update_state_rank}";
/// The order that is by the rank of states.
const BY_STATE: &str = "install_status";

/// Prepares the updates that match the filter: of one instance, or of all current ones.
pub fn listing<'a>(context: Context<'a>, filter: &UpdateFilter) -> Result<Listing<'a, UpdateRow>, StoreError> {
    let instance = filter.instance.as_ref().filter(|_| filter.exception.is_none());
    let Some(instance) = instance else { return of_all_instances(context, filter) };
    let found = find(context, instance)?;
    if found.is_empty() {
        return Ok(Listing::from_rows(Vec::new()));
    }
    let mut has_release_dates = false;
    for instance in &found {
        has_release_dates |= may_have_release_dates(context, instance)?;
    }
    let mut query = QueryBuilder::for_updates_of(context, &found, has_release_dates);
    exceptions::define_excepted_of(context, &mut query, (instance, &found))?;
    let query = filtered(context, query, filter);
    Ok(Listing::from_query(query, "updates", LIST, order(&filter.order)).row_key(ROW_KEY))
}

fn of_all_instances<'a>(context: Context<'a>, filter: &UpdateFilter) -> Result<Listing<'a, UpdateRow>, StoreError> {
    let query = |columns| {
        let mut query = QueryBuilder::for_updates(context, columns);
        match filter.exception.as_deref() {
            // Only rows show whether they are excepted.
            None if columns == UpdateColumns::Names => {}
            None => exceptions::define_excepted(context, &mut query)?,
            Some(ANY_EXCEPTION | NO_EXCEPTION) => drop(query.with_exceptions(context, exceptions::ACTIVE)),
            Some(_) => drop(query.with_exceptions(context, exceptions::ALL)),
        }
        let mut query = filtered(context, query, filter);
        query
            .filter("gone_at IS NULL")
            .filter_by_option("instance_id = {}", filter.instance.as_ref().map(InstanceId::as_str));
        Ok(query)
    };
    let listing = Listing::from_query(query(UpdateColumns::All)?, "updates", LIST, order(&filter.order));
    let listing = listing.row_key(ROW_KEY);
    if filter.due.is_some() || filter.order.key == BY_DUE_DATE {
        return Ok(listing);
    }
    let by_state = FirstColumn { column: "state", rank: STATE_RANK, direction: filter.order.direction };
    Ok(listing.search_keys(KeySearch {
        builder: query(UpdateColumns::Names)?,
        plain: query(UpdateColumns::Undated)?,
        is_not_plain: MAY_HAVE_RELEASE_DATE,
        sorted_by: Some(by_state).filter(|_| filter.order.key == BY_STATE),
    }))
}

fn may_have_release_dates(context: Context<'_>, instance: &FoundInstance) -> Result<bool, StoreError> {
    let read = QueryBuilder::by_key(context, instance);
    let pending = || read.row("updates", include_str!("may_have_release_dates.sql"), |row| row.get(0));
    Ok(instance.platform_type == WINDOWS && pending()?)
}

fn filtered<'a>(context: Context<'a>, mut query: QueryBuilder<'a>, filter: &UpdateFilter) -> QueryBuilder<'a> {
    if filter.exploited.is_some() {
        query.with_exploited_patches(context);
        filter_exploited(&mut query, filter.exploited);
    }
    query.filter_columns(filter).search("title, kb_id, cve_ids", filter.q.as_deref());
    if !filter.states.is_empty() {
        query.filter_in("state", filter.states.iter().map(UpdateState::code).map(str::to_owned));
    }
    match filter.exception.as_deref() {
        None => {}
        Some(ANY_EXCEPTION) => {
            query.filter("(f.instance_key, f.patch_key) IN (SELECT (e.instance_key, e.patch_key) FROM excepted e)");
        }
        Some(NO_EXCEPTION) => {
            query
                .filter("pending_since IS NOT NULL")
                .filter("(f.instance_key, f.patch_key) NOT IN (SELECT (e.instance_key, e.patch_key) FROM excepted e)");
        }
        Some(id) => {
            query.filter_by(OF_EXCEPTION, id.to_owned());
        }
    }
    if let Some(due) = filter.due {
        // First the column that skips what is not pending.
        query.filter("pending_since IS NOT NULL").filter_by("due = {}", due.code().to_owned());
    }
    query
}

/// Returns the SQL of what lists select of updates `f`.
pub fn columns() -> &'static str {
    let list = LIST.split_once("SELECT").map_or(LIST, |(_, columns)| columns);
    list.split_once("FROM updates").map_or(list, |(columns, _)| columns)
}

/// Returns the SQL of an order of updates `f`.
pub fn order(by: &Order<UpdateRow>) -> String {
    let exceptions = [
        (BY_STATE, STATE_RANK),
        ("description", "lower(f.title)"),
        ("name", "lower(f.kb_id)"),
        ("severity", "{severity_rank}"),
        ("install_time", "f.installed_at"),
        ("instance_name", "lower(f.name)"),
    ];
    let order = order_by(by, &exceptions);
    format!("{order}, {{severity_rank}} DESC, f.installed_at DESC NULLS LAST, f.title, f.kb_id, f.name, f.instance_id")
}
