//! Reads what is stored of one account and Region, so that the next pull can skip it.

use super::{
    error::StoreError,
    value::{read_time, read_time_option, time},
};
use duckdb::{Connection, Params, Row, params};
use jiff::{SignedDuration, Timestamp};
use muster_core::{
    known::{ChangeKey, FailedResult, Known, ListedInstance},
    reference_data::PatchPolicyRecord,
};
use muster_metrics::definitions::expand;
use muster_model::ids::{AccountId, InstanceId};

/// The rules of a baseline are read again after this time: the list of baselines does not show whether they changed.
const RULES_MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
/// AWS deletes results and their output after 30 days.
const AWS_OUTPUT_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

const INSTANCES: &str = include_str!("known_instances.sql");
const LISTED: &str = include_str!("known_listed.sql");
const HASHES: &str = include_str!("known_hashes.sql");
const REGION: &str = include_str!("known_region.sql");
const OUTPUTS: &str = include_str!("known_outputs.sql");
const BASELINES: &str = include_str!("known_baselines.sql");
const EXECUTIONS: &str = include_str!("known_executions.sql");
const POLICIES: &str = include_str!("known_policies.sql");

/// Reads everything, except what only reference data needs if that was last read after `reference_data_before`.
pub fn known(
    connection: &Connection,
    account: &AccountId,
    region: &str,
    now: Timestamp,
    reference_data_before: Timestamp,
) -> Result<Known, StoreError> {
    read(connection, account.as_str(), region, now, reference_data_before)
        .map_err(StoreError::read("the known data of an account"))
}

fn read(
    connection: &Connection,
    account: &str,
    region: &str,
    now: Timestamp,
    reference_data_before: Timestamp,
) -> duckdb::Result<Known> {
    let mut known = Known::default();
    let mut is_unsure = false;
    let since = |span| time(now.checked_sub(span).unwrap_or(now));
    connection.query_row(&expand(REGION), params![account, region, since(AWS_OUTPUT_RETENTION)], |row| {
        known.newest_invocation_at = read_time_option(row, 0)?;
        known.reference_data_at = read_time_option(row, 1)?;
        let (open, finished): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
        known.open_commands = open.iter().flat_map(|ids| ids.lines()).map(str::to_owned).collect();
        known.finished_commands = finished.iter().flat_map(|ids| ids.lines()).map(str::to_owned).collect();
        is_unsure = row.get(4)?;
        known.last_good_at = read_time_option(row, 5)?;
        known.oldest_open_run_at = read_time_option(row, 6)?;
        Ok(())
    })?;
    if is_unsure {
        // Every run that AWS still has is read again.
        (known.newest_invocation_at, known.last_good_at) = (None, None);
        known.finished_commands.clear();
    }
    each(connection, INSTANCES, params![account, region], |row| read_instance(row, &mut known))?;
    let parameters = params![account, region, since(AWS_OUTPUT_RETENTION)];
    each(connection, OUTPUTS, parameters, |row| read_output(row, &mut known))?;
    if known.reference_data_at.is_some_and(|last| last > reference_data_before) {
        each(connection, LISTED, params![account, region], |row| read_listed(row, &mut known))?;
        return Ok(known);
    }
    each(connection, HASHES, params![account, region], |row| read_hash(row, &mut known))?;
    each(connection, BASELINES, params![account, region, since(RULES_MAX_AGE)], |row| {
        known.baselines.insert(row.get(0)?);
        Ok(())
    })?;
    each(connection, POLICIES, params![account, region], |row| {
        let policy = read_policy(row)?;
        known.patch_policies.insert(policy.configuration_id.clone(), policy);
        Ok(())
    })?;
    if !is_unsure {
        each(connection, EXECUTIONS, params![account, region], |row| {
            known.executions_since.insert(row.get(0)?, read_time(row, 1)?);
            Ok(())
        })?;
    }
    Ok(known)
}

fn each(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    mut read: impl FnMut(&Row<'_>) -> duckdb::Result<()>,
) -> duckdb::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        read(row)?;
    }
    Ok(())
}

/// Reads an instance id. Ids were validated before they were stored; an invalid one is ignored.
fn instance_id(row: &Row<'_>, column: usize) -> duckdb::Result<Option<InstanceId>> {
    Ok(row.get::<_, String>(column)?.parse().ok())
}

fn read_instance(row: &Row<'_>, known: &mut Known) -> duckdb::Result<()> {
    let Some(instance) = instance_id(row, 0)? else { return Ok(()) };
    let (current, scanned): (bool, bool) = (row.get(1)?, row.get(2)?);
    if current {
        known.instances.insert(instance.clone());
        if row.get(7)? {
            known.listed_instances.insert(instance.clone());
        }
    }
    if scanned {
        let key = ChangeKey {
            operation_end_at: read_time_option(row, 3)?,
            operation: row.get(4)?,
            snapshot_id: row.get(5)?,
            baseline_id: row.get(6)?,
        };
        known.change_keys.insert(instance, key);
    }
    Ok(())
}

fn read_listed(row: &Row<'_>, known: &mut Known) -> duckdb::Result<()> {
    let Some(instance) = instance_id(row, 0)? else { return Ok(()) };
    let (name, ip_address, agent_version) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let stored = ListedInstance { name, ip_address, agent_version, agent_is_latest: row.get(4)? };
    known.listed.insert(instance, stored);
    Ok(())
}

fn read_hash(row: &Row<'_>, known: &mut Known) -> duckdb::Result<()> {
    if let Some(instance) = instance_id(row, 0)? {
        known.content_hashes.entry(instance).or_default().insert(row.get(1)?, row.get(2)?);
    }
    Ok(())
}

fn read_output(row: &Row<'_>, known: &mut Known) -> duckdb::Result<()> {
    let Some(instance_id) = instance_id(row, 1)? else { return Ok(()) };
    let (command_id, step, stored): (String, String, bool) = (row.get(0)?, row.get(2)?, row.get(3)?);
    if stored {
        known.outputs.insert((command_id, instance_id));
    } else {
        known.missing_outputs.push(FailedResult { command_id, instance_id, step });
    }
    Ok(())
}

fn read_policy(row: &Row<'_>) -> duckdb::Result<PatchPolicyRecord> {
    Ok(PatchPolicyRecord {
        configuration_id: row.get("configuration_id")?,
        name: row.get("name")?,
        manager_arn: row.get("manager_arn")?,
        operation: row.get("operation")?,
        scan_schedule: row.get("scan_schedule")?,
        scan_waits: row.get("scan_waits")?,
        install_schedule: row.get("install_schedule")?,
        install_waits: row.get("install_waits")?,
        reboot_option: row.get("reboot_option")?,
        baselines: row.get("baselines")?,
        target_type: row.get("target_type")?,
        target_instances: row.get("target_instances")?,
        target_tag_key: row.get("target_tag_key")?,
        target_tag_value: row.get("target_tag_value")?,
        target_resource_group: row.get("target_resource_group")?,
        target_organizational_units: row.get("target_organizational_units")?,
        target_accounts: row.get("target_accounts")?,
        target_regions: row.get("target_regions")?,
        is_target: row.get("is_target")?,
        status: row.get("status")?,
        modified_at: read_time_option(row, 0)?,
        change_key: row.get("change_key")?,
    })
}
