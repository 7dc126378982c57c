//! Tables `harvest`, `harvest_operation`, `harvest_error` and `account_region`: how the pull went.

use super::{
    super::{past, value},
    append::{Cell, Tables, text, time},
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
    let read = snapshot.instances.is_some();
    let outcome = snapshot.outcome();
    let good = outcome == HarvestOutcome::Ok;
    // What is forbidden was not read before either: it does not keep an account from being read again whole.
    let whole = read && snapshot.tally.errors.iter().all(|error| error.class == ErrorClass::Denied);
    tables.append(
        "harvest",
        [[
            Cell::BigInt(harvest_id),
            text(snapshot.account_id.as_str()),
            text(&snapshot.region),
            time(snapshot.started_at),
            time(snapshot.finished_at),
            text(outcome.code()),
            count(snapshot.total_calls()),
            count(snapshot.total_rows()),
            count(transitions),
        ]],
    )?;
    write_operations(tables, snapshot, harvest_id)?;
    write_errors(tables, snapshot, harvest_id, &since)?;
    let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
    let place = "account_id = $1 AND region = $2";
    past::keep(tables.connection, "account_region", place, params![account, region], tables.today)?;
    let mut noted = tables.connection.prepare_cached(
        "UPDATE account_region SET last_tried_at = $3, last_harvest_id = $4, from_day = $9,
            last_good_at = CASE WHEN $5 THEN $3 ELSE last_good_at END,
            last_read_at = CASE WHEN $6 THEN $3 ELSE last_read_at END,
            slow_cycle_at = CASE WHEN $7 THEN $3 ELSE slow_cycle_at END,
            lost_log_seen = CASE WHEN $8 THEN (SELECT count(*) FROM lost_log) ELSE lost_log_seen END
         WHERE account_id = $1 AND region = $2",
    )?;
    noted.execute(params![
        account,
        region,
        value::time(snapshot.started_at),
        harvest_id,
        good,
        read,
        snapshot.slow_cycle_done,
        whole,
        value::day(tables.today)
    ])?;
    Ok(())
}

fn count(number: u64) -> Cell<'static> {
    Cell::BigInt(i64::try_from(number).unwrap_or(i64::MAX))
}

fn write_operations(tables: &mut Tables<'_, '_>, snapshot: &Snapshot, harvest_id: i64) -> duckdb::Result<()> {
    let names: BTreeSet<&str> =
        snapshot.calls.keys().map(String::as_str).chain(snapshot.tally.rows.keys().copied()).collect();
    let rows = names.into_iter().map(|name| {
        [
            Cell::BigInt(harvest_id),
            text(name),
            count(snapshot.calls.get(name).copied().unwrap_or_default()),
            count(snapshot.tally.rows.get(name).copied().unwrap_or_default()),
        ]
    });
    tables.append("harvest_operation", rows)
}

/// One row for each operation, code and message: the same refusal of fifty instances is one thing to know.
fn write_errors(
    tables: &mut Tables<'_, '_>,
    snapshot: &Snapshot,
    harvest_id: i64,
    since: &HashMap<String, Timestamp>,
) -> duckdb::Result<()> {
    let distinct: BTreeMap<(&str, ErrorClass, &str), &str> = snapshot
        .tally
        .errors
        .iter()
        .rev()
        .map(|error| ((error.operation, error.class, error.code.as_str()), error.message.as_str()))
        .collect();
    let rows = distinct.into_iter().map(|((operation, class, code), message)| {
        [
            Cell::BigInt(harvest_id),
            text(operation),
            text(class.code()),
            text(code),
            text(message),
            time(since.get(operation).copied().unwrap_or(snapshot.started_at)),
        ]
    });
    tables.append("harvest_error", rows)
}

/// Since when the operations that failed last time have been failing.
fn failing_since(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<HashMap<String, Timestamp>> {
    if snapshot.tally.errors.is_empty() {
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
