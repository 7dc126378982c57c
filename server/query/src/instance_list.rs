//! Lists of instances.

use super::{
    bind::{Context, Question, direction, read_id},
    listing::Listing,
};
use duckdb::{Connection, Row};
use muster_model::{
    filter::{AgentFilter, InstanceFilter, InstanceSort, RunFilter},
    ids::AccountId,
    instance::InstanceRow,
    page::Window,
    patch_status::PatchStatus,
    provider::Provider,
};
use muster_store::{error::StoreError, value::read_time_option};

/// The place of a status when the worst come first.
const WORST: &str = "CASE patch_status WHEN 'failed' THEN 5 WHEN 'pending' THEN 4 WHEN 'pending_reboot' THEN 3
    WHEN 'stale' THEN 2 WHEN 'no_data' THEN 1 ELSE 0 END";

/// The instances that the filter leaves; all of them without a window.
pub fn instances(
    connection: &Connection,
    context: Context<'_>,
    filter: &InstanceFilter,
    window: Option<Window>,
) -> Result<(u64, Vec<InstanceRow>), StoreError> {
    listing(connection, context, filter)?.page(connection, window)
}

pub fn listing(
    _: &Connection,
    context: Context<'_>,
    filter: &InstanceFilter,
) -> Result<Listing<InstanceRow>, StoreError> {
    let list = include_str!("instance_list.sql");
    let listing = Listing::asked(question(context, filter), "instances", list, order(filter), read);
    Ok(listing.told_apart_by("instance_key"))
}

fn question(context: Context<'_>, filter: &InstanceFilter) -> Question {
    let about = if filter.run.is_some() { Question::about_instances } else { Question::about_status };
    let mut question = about(context);
    question
        .only_if(
            "contains(lower(concat_ws(' ', name, instance_id, computer_name, ip_address)), lower({}))",
            filter.q.as_deref(),
        )
        .only_if("customer_id = {}", filter.customer.as_deref())
        .only_if("provider = {}", filter.provider.as_deref())
        .only_if("account_id = {}", filter.account.as_ref().map(AccountId::as_str))
        .only_if("patch_status = {}", filter.status.map(PatchStatus::code))
        .only_if("platform_name = {}", filter.platform.as_deref());
    match filter.patch_group.as_deref() {
        Some("none") => question.only("patch_group = ''"),
        group => question.only_if("patch_group = {}", group),
    };
    if let Some(online) = filter.online {
        question.only_with("online = {}", online);
    }
    if let Some(pending) = filter.pending {
        question.only_with("(missing + failed > 0) = {}", pending);
    }
    match filter.agent {
        Some(AgentFilter::Latest) => question.only("agent_is_latest"),
        Some(AgentFilter::Outdated) => question.only("NOT agent_is_latest"),
        None => &mut question,
    };
    match filter.run {
        Some(RunFilter::Succeeded) => question.only("run_status = 'Success'"),
        Some(RunFilter::Failed) => question.only("run_status <> 'Success'"),
        Some(RunFilter::Finished) => question.only("run_status IS NOT NULL"),
        None => &mut question,
    };
    question
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
    format!("{column} {direction}, critical_missing DESC, missing + failed DESC, lower(name), instance_id")
}

pub(super) fn read(row: &Row<'_>) -> duckdb::Result<InstanceRow> {
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
