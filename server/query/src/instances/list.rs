//! Lists of instances.

use crate::{
    builder::{Context, QueryBuilder, direction, read_id},
    listing::Listing,
};
use duckdb::{Connection, Row};
use muster_model::{
    filter::{AgentFilter, InstanceFilter, InstanceSort, RunFilter},
    ids::AccountId,
    instance::InstanceRow,
    patch_status::PatchStatus,
    provider::Provider,
};
use muster_store::{error::StoreError, value::read_time_option};

/// The order of statuses: the worst has the greatest rank.
const WORST: &str = "CASE patch_status WHEN 'failed' THEN 5 WHEN 'pending' THEN 4 WHEN 'pending_reboot' THEN 3
    WHEN 'stale' THEN 2 WHEN 'no_data' THEN 1 ELSE 0 END";

/// Prepares the current instances that match the filter.
pub fn listing(
    _: &Connection,
    context: Context<'_>,
    filter: &InstanceFilter,
) -> Result<Listing<InstanceRow>, StoreError> {
    let list = include_str!("list.sql");
    let listing = Listing::from_query(query(context, filter), "instances", list, order(filter), read);
    Ok(listing.row_key("instance_key"))
}

fn query(context: Context<'_>, filter: &InstanceFilter) -> QueryBuilder {
    let about = if filter.run.is_some() { QueryBuilder::for_instance_runs } else { QueryBuilder::for_instance_status };
    let mut query = about(context);
    query
        .filter_by_option(
            "contains(lower(concat_ws(' ', name, instance_id, computer_name, ip_address)), lower({}))",
            filter.q.as_deref(),
        )
        .filter_by_option("customer_id = {}", filter.customer.as_deref())
        .filter_by_option("provider = {}", filter.provider.as_deref())
        .filter_by_option("account_id = {}", filter.account.as_ref().map(AccountId::as_str))
        .filter_by_option("patch_status = {}", filter.status.map(PatchStatus::code))
        .filter_by_option("platform_name = {}", filter.platform.as_deref());
    match filter.patch_group.as_deref() {
        Some("none") => query.filter("patch_group = ''"),
        group => query.filter_by_option("patch_group = {}", group),
    };
    if let Some(online) = filter.online {
        query.filter_by("online = {}", online);
    }
    if let Some(pending) = filter.pending {
        query.filter_by("(pending_os_updates > 0) = {}", pending);
    }
    match filter.agent {
        Some(AgentFilter::Latest) => query.filter("agent_is_latest"),
        Some(AgentFilter::Outdated) => query.filter("NOT agent_is_latest"),
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
    let column = match filter.sort {
        InstanceSort::Worst => WORST,
        InstanceSort::Name => "lower(name)",
        InstanceSort::Account => "lower(account_name)",
        InstanceSort::Platform => "platform_name || ' ' || platform_version",
        InstanceSort::AgentVersion => "agent_rank",
        InstanceSort::LastPing => "last_ping_at",
        InstanceSort::Missing => "missing",
        InstanceSort::CriticalMissing => "critical_missing",
        InstanceSort::Failed => "failed",
        InstanceSort::PendingReboot => "pending_reboot",
        InstanceSort::PatchGroup => "patch_group",
        InstanceSort::LastScan => "last_scan_at",
    };
    let direction = direction(filter.direction);
    format!("{column} {direction}, critical_missing DESC, pending_os_updates DESC, lower(name), instance_id")
}

pub fn read(row: &Row<'_>) -> duckdb::Result<InstanceRow> {
    let status: String = row.get(14)?;
    Ok(InstanceRow {
        name: row.get(0)?,
        instance_id: read_id(row, 1)?,
        provider: Provider::new(row.get::<_, String>(2)?),
        account_id: read_id(row, 3)?,
        account_name: row.get(4)?,
        customer_id: row.get(5)?,
        customer_name: row.get(6)?,
        region: row.get(7)?,
        platform_name: row.get(8)?,
        platform_version: row.get(9)?,
        agent_version: row.get(10)?,
        agent_is_latest: row.get(11)?,
        online: row.get(12)?,
        last_ping_at: read_time_option(row, 13)?,
        patch_status: PatchStatus::from_code(&status).unwrap_or(PatchStatus::NoData),
        missing: row.get(15)?,
        critical_missing: row.get(16)?,
        failed: row.get(17)?,
        pending_reboot: row.get(18)?,
        patch_group: row.get(19)?,
        last_scan_at: read_time_option(row, 20)?,
        last_harvest_at: read_time_option(row, 21)?,
    })
}
