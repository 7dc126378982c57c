//! Lists of instances.

use crate::{
    builder::{Context, QueryBuilder, order_by},
    listing::Listing,
};
use muster_metrics::TARGETED_INSTANCES;
use muster_model::{
    filter::{AgentFilter, InstanceFilter, RunFilter},
    instance::InstanceRow,
    instance_state::InstanceState,
};
use muster_store::error::StoreError;

const TARGETED_BY: &str = "instance_key IN (SELECT t.instance_key FROM targeted_instance t WHERE t.id = {})";

/// Prepares the instances that match the filter: current ones, unless it asks for those that are gone.
pub fn listing<'a>(context: Context<'a>, filter: &InstanceFilter) -> Result<Listing<'a, InstanceRow>, StoreError> {
    let list = include_str!("list.sql");
    let listing = Listing::from_query(query(context, filter), "instances", list, order(filter));
    Ok(listing.row_key("instance_key").count_with_keys())
}

fn query<'a>(context: Context<'a>, filter: &InstanceFilter) -> QueryBuilder<'a> {
    let about = if filter.run.is_some() { QueryBuilder::for_instance_runs } else { QueryBuilder::for_instance_status };
    let mut query = about(context);
    if let Some(id) = &filter.targeted_by {
        query.define(TARGETED_INSTANCES).filter_by(TARGETED_BY, id.clone());
    }
    query.filter_columns(filter).search("name, instance_id, computer_name, ip_address", filter.q.as_deref());
    if !filter.instance_state.is_some_and(InstanceState::is_gone) {
        query.filter("gone_at IS NULL");
    }
    if let Some(pending) = filter.pending {
        query.filter_by("(pending_os_updates > 0) = {}", pending);
    }
    if let Some(details_missing) = filter.details_missing {
        query.filter_by("(details_missing > 0) = {}", details_missing);
    }
    match filter.agent {
        Some(AgentFilter::Latest) => query.filter("agent_is_latest"),
        Some(AgentFilter::Outdated) => query.filter("NOT agent_is_latest"),
        Some(AgentFilter::Unknown) => query.filter("agent_is_latest IS NULL"),
        None => &mut query,
    };
    match filter.run {
        Some(RunFilter::Succeeded) => query.filter("run_status = 'Success'"),
        Some(RunFilter::Failed) => query.filter("run_status <> 'Success'"),
        Some(RunFilter::Finished) => query.filter("run_status IS NOT NULL"),
        None => &mut query,
    };
    query
}

fn order(filter: &InstanceFilter) -> String {
    let exceptions = [
        ("worst", "{patch_status_rank}"),
        ("platform_name", "f.platform_name || ' ' || f.platform_version"),
        ("agent_version", "f.agent_rank"),
        ("patch_group", "f.patch_group"),
    ];
    let order = order_by(&filter.order, &exceptions);
    format!("{order}, f.critical_missing DESC, f.pending_os_updates DESC, lower(f.name), f.instance_id")
}
