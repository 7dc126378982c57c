//! Tables `harvest`, `harvest_operation`, `harvest_error` and `account_region`: the outcome of the pull.

use super::{
    super::{temporal, value},
    append::Tables,
    row::row,
};
use duckdb::{Connection, params};
use jiff::Timestamp;
use muster_core::snapshot::{HarvestOutcome, Snapshot};
use muster_model::harvest::ErrorClass;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub fn write(
    tables: &mut Tables<'_, '_>,
    snapshot: &Snapshot,
    harvest_id: i64,
    transitions: u64,
) -> duckdb::Result<()> {
    let since = failing_since(tables.connection, snapshot)?;
    let is_read = snapshot.instances.is_some();
    let outcome = snapshot.outcome();
    let is_complete = outcome == HarvestOutcome::Ok;
    // Denied operations were not read before either, so they do not keep a lost log from being recovered.
    let recovers_lost_log = is_read && snapshot.errors.iter().all(|error| error.class == ErrorClass::Denied);
    let harvest = row! {
        harvest_id: harvest_id,
        account_id: &snapshot.account_id,
        region: &snapshot.region,
        started_at: snapshot.started_at,
        finished_at: snapshot.finished_at,
        outcome: <&str>::from(outcome),
        api_calls: snapshot.total_calls(),
        rows: snapshot.total_rows(),
        transitions: transitions,
    };
    tables.append("harvest", [harvest])?;
    write_operations(tables, snapshot, harvest_id)?;
    write_errors(tables, snapshot, harvest_id, &since)?;
    let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
    let condition = "account_id = $1 AND region = $2";
    temporal::archive(tables.connection, "account_region", condition, params![account, region], tables.today)?;
    let mut update = tables.connection.prepare_cached(
        "UPDATE account_region SET last_tried_at = $3, last_harvest_id = $4, from_day = $9,
            last_good_at = CASE WHEN $5 THEN $3 ELSE last_good_at END,
            last_read_at = CASE WHEN $6 THEN $3 ELSE last_read_at END,
            slow_cycle_at = CASE WHEN $7 THEN $3 ELSE slow_cycle_at END,
            lost_log_seen = CASE WHEN $8 THEN (SELECT count(*) FROM lost_log) ELSE lost_log_seen END
         WHERE account_id = $1 AND region = $2",
    )?;
    update.execute(params![
        account,
        region,
        value::time(snapshot.started_at),
        harvest_id,
        is_complete,
        is_read,
        snapshot.reference_data.is_complete,
        recovers_lost_log,
        value::day(tables.today)
    ])?;
    Ok(())
}

fn write_operations(tables: &mut Tables<'_, '_>, snapshot: &Snapshot, harvest_id: i64) -> duckdb::Result<()> {
    let operations: BTreeSet<&str> =
        snapshot.calls.keys().map(String::as_str).chain(snapshot.rows.keys().copied()).collect();
    let rows = operations.into_iter().map(|operation| {
        row! {
            harvest_id: harvest_id,
            operation: operation,
            api_calls: snapshot.calls.get(operation).copied().unwrap_or_default(),
            rows: snapshot.rows.get(operation).copied().unwrap_or_default(),
        }
    });
    tables.append("harvest_operation", rows)
}

/// Writes one row for each operation, code and message: the same error of fifty instances is reported once.
fn write_errors(
    tables: &mut Tables<'_, '_>,
    snapshot: &Snapshot,
    harvest_id: i64,
    since: &HashMap<String, Timestamp>,
) -> duckdb::Result<()> {
    let distinct: BTreeMap<(&str, ErrorClass, &str), &str> = snapshot
        .errors
        .iter()
        .rev()
        .map(|error| ((error.operation, error.class, error.code.as_str()), error.message.as_str()))
        .collect();
    let rows = distinct.into_iter().map(|((operation, class, code), message)| {
        row! {
            harvest_id: harvest_id,
            operation: operation,
            class: class.code(),
            code: code,
            message: message,
            since: since.get(operation).copied().unwrap_or(snapshot.started_at),
        }
    });
    tables.append("harvest_error", rows)
}

/// Returns since when the operations that failed in the last harvest have been failing.
fn failing_since(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<HashMap<String, Timestamp>> {
    if snapshot.errors.is_empty() {
        return Ok(HashMap::new());
    }
    let mut statement = connection.prepare(
        "SELECT e.operation, min(e.since) FROM harvest_error e
         JOIN account_region r ON r.last_harvest_id = e.harvest_id
         WHERE r.account_id = $1 AND r.region = $2 GROUP BY e.operation",
    )?;
    let rows = statement.query_map(params![snapshot.account_id.as_str(), snapshot.region], |row| {
        Ok((row.get(0)?, value::read_time(row, 1)?))
    })?;
    rows.collect()
}
