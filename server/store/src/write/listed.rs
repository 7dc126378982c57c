//! Table `listed_instance`: updated from the tables that were just written.

use super::append::{OF_TARGETS, targets};
use crate::value::time;
use duckdb::{Connection, params};
use jiff::Timestamp;
use muster_core::snapshot::Snapshot;
use muster_metrics::{latest_run, listed_instance};
use std::collections::BTreeSet;

/// `$2` and `$3` are the first and the last of the instances.
const KEYS: &str = "instance_key BETWEEN $2 AND $3";

/// The two times that change with each harvest are updated alone.
const MERGE: &str = include_str!("listed.sql");

/// The tables that an idle harvest changes. They say nothing of the instances that lists show but the last ping.
const IDLE_TABLES: [&str; 5] = ["harvest", "harvest_error", "harvest_operation", "instance_ping", "run"];

const UPDATE_PINGS: &str = "
    UPDATE listed_instance l SET last_ping_at = g.last_ping_at
    FROM (SELECT * FROM instance_ping WHERE instance_key BETWEEN $1 AND $2) g
    WHERE g.instance_key = l.instance_key AND l.instance_key BETWEEN $1 AND $2
      AND l.last_ping_at IS DISTINCT FROM g.last_ping_at";

/// Runs requested before `$2` are up to date already.
const UPDATE_RUNS: &str = "
    UPDATE listed_instance l SET run_status = n.run_status, run_requested_at = n.run_requested_at
    FROM ({runs}) n
    WHERE n.account_id = l.account_id AND n.region = l.region AND n.instance_id = l.instance_id
      AND (l.run_status, l.run_requested_at) IS DISTINCT FROM (n.run_status, n.run_requested_at)";

/// Updates the rows of the snapshots' accounts and Regions. All other tables must be written and flushed before. `keys`
/// are those of all their instances.
pub fn write(
    connection: &Connection,
    snapshots: &[Snapshot],
    keys: &[i64],
    changed: &BTreeSet<&str>,
) -> duckdb::Result<()> {
    let (Some(first), Some(last)) = (keys.iter().min(), keys.iter().max()) else { return Ok(()) };
    let targets = targets(snapshots);
    // With reference data everything is compared, so that a difference cannot last.
    let is_idle = snapshots.iter().all(|snapshot| !snapshot.reference_data.is_complete)
        && changed.iter().all(|table| IDLE_TABLES.contains(table));
    let is_new = if is_idle {
        connection.prepare_cached(UPDATE_PINGS)?.execute(params![first, last])?;
        false
    } else {
        merge(connection, &targets, *first, *last)?
    };
    let is_run_changed = ["run", "invocation"].iter().any(|table| changed.contains(table));
    let oldest = snapshots.iter().flat_map(requested_at).min().filter(|_| is_run_changed);
    // Runs of an instance may be stored before the instance itself is.
    let since = if is_new { Some(Timestamp::MIN) } else { oldest };
    let Some(since) = since else { return Ok(()) };
    let runs = latest_run(&format!("{OF_TARGETS} AND requested_at >= $2"));
    let mut statement = connection.prepare_cached(&UPDATE_RUNS.replace("{runs}", &runs))?;
    statement.execute(params![targets, time(since)]).map(drop)
}

/// Returns whether any instance is new.
fn merge(connection: &Connection, targets: &str, first: i64, last: i64) -> duckdb::Result<bool> {
    let listed = listed_instance(OF_TARGETS, KEYS, KEYS);
    let mut statement = connection.prepare_cached(&MERGE.replace("{listed}", &listed))?;
    let actions = statement.query_map(params![targets, first, last], |row| row.get(0))?;
    let actions: Vec<String> = actions.collect::<duckdb::Result<_>>()?;
    Ok(actions.iter().any(|action| action == "INSERT"))
}

/// Returns when the snapshot's runs and results were requested.
fn requested_at(snapshot: &Snapshot) -> impl Iterator<Item = Timestamp> {
    let runs = snapshot.runs.iter().filter_map(|run| run.requested_at);
    runs.chain(snapshot.invocations.iter().filter_map(|result| result.requested_at))
}
