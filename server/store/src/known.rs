//! What is already stored of one account and Region, for the next pull.

use super::{
    error::StoreError,
    value::{read_time, read_time_option, time},
};
use duckdb::{Connection, Params, Row, params};
use jiff::{SignedDuration, Timestamp};
use muster_core::known::{ChangeKey, FailedResult, Known};
use muster_metrics::definitions::expand;
use muster_model::ids::{AccountId, InstanceId};

/// Rules of a baseline are read again after so long: the list of baselines does not say that they changed.
const RULES_FRESH: SignedDuration = SignedDuration::from_hours(24);
/// AWS forgets results after 30 days, and what they printed with them.
const OUTPUT_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

const INSTANCES: &str = include_str!("known_instances.sql");
const HASHES: &str = include_str!("known_hashes.sql");
const REGION: &str = include_str!("known_region.sql");
const OUTPUTS: &str = include_str!("known_outputs.sql");
const BASELINES: &str = include_str!("known_baselines.sql");
const EXECUTIONS: &str = include_str!("known_executions.sql");

/// What only the slow cycle asks for is left out where the last one was later than `slow_cycle_before`.
pub fn known(
    connection: &Connection,
    account: &AccountId,
    region: &str,
    now: Timestamp,
    slow_cycle_before: Timestamp,
) -> Result<Known, StoreError> {
    read(connection, account.as_str(), region, now, slow_cycle_before)
        .map_err(StoreError::read("what is known of an account"))
}

fn read(
    connection: &Connection,
    account: &str,
    region: &str,
    now: Timestamp,
    slow_cycle_before: Timestamp,
) -> duckdb::Result<Known> {
    let mut known = Known::default();
    let mut unsure = false;
    let since = |span| time(now.checked_sub(span).unwrap_or(now));
    connection.query_row(&expand(REGION), params![account, region, since(OUTPUT_KEPT)], |row| {
        known.newest_invocation_at = read_time_option(row, 0)?;
        known.slow_cycle_at = read_time_option(row, 1)?;
        let (open, finished): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
        known.open_commands = open.iter().flat_map(|ids| ids.lines()).map(str::to_owned).collect();
        known.finished_commands = finished.iter().flat_map(|ids| ids.lines()).map(str::to_owned).collect();
        unsure = row.get(4)?;
        Ok(())
    })?;
    if unsure {
        // Every run that AWS still has is read again.
        known.newest_invocation_at = None;
        known.finished_commands.clear();
    }
    each(connection, INSTANCES, params![account, region], |row| read_instance(row, &mut known))?;
    each(connection, OUTPUTS, params![account, region, since(OUTPUT_KEPT)], |row| read_output(row, &mut known))?;
    if known.slow_cycle_at.is_some_and(|last| last > slow_cycle_before) {
        return Ok(known);
    }
    each(connection, HASHES, params![account, region], |row| read_hash(row, &mut known))?;
    each(connection, BASELINES, params![account, region, since(RULES_FRESH)], |row| {
        known.baselines.insert(row.get(0)?);
        Ok(())
    })?;
    if !unsure {
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

/// Ids were checked before they were stored; one that is none is nobody's.
fn instance_id(row: &Row<'_>, column: usize) -> duckdb::Result<Option<InstanceId>> {
    Ok(row.get::<_, String>(column)?.parse().ok())
}

fn read_instance(row: &Row<'_>, known: &mut Known) -> duckdb::Result<()> {
    let Some(instance) = instance_id(row, 0)? else { return Ok(()) };
    let (current, scanned): (bool, bool) = (row.get(1)?, row.get(2)?);
    if current {
        known.instances.insert(instance.clone());
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
