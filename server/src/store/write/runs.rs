//! Tables `run` and `invocation`: rows read again take the place of what was stored of the same command.

use super::{
    super::value::time_option,
    append::{append, text},
};
use crate::collect::snapshot::Snapshot;
use duckdb::{Connection, params, types::Value};
use std::collections::HashSet;

/// Separates identifiers in one bound parameter; cleaned text has no control characters.
const SEPARATOR: &str = "\n";

pub fn write(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<()> {
    write_runs(connection, snapshot)?;
    write_invocations(connection, snapshot)
}

fn write_runs(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<()> {
    if snapshot.runs.is_empty() {
        return Ok(());
    }
    let mut seen = HashSet::new();
    let rows: Vec<_> = snapshot.runs.iter().filter(|run| seen.insert(&run.command_id)).collect();
    let ids = rows.iter().map(|run| run.command_id.as_str()).collect::<Vec<_>>().join(SEPARATOR);
    connection.execute(
        "DELETE FROM run WHERE account_id = $1 AND region = $2
         AND command_id IN (SELECT unnest(string_split($3, chr(10))))",
        params![snapshot.account_id.as_str(), snapshot.region, ids],
    )?;
    let rows = rows.into_iter().map(|run| {
        [
            text(snapshot.account_id.as_str()),
            text(&snapshot.region),
            text(&run.command_id),
            text(&run.document_name),
            text(&run.operation),
            time_option(run.requested_at),
            text(&run.status),
            text(&run.status_details),
            Value::BigInt(run.target_count),
            Value::BigInt(run.completed_count),
            Value::BigInt(run.error_count),
        ]
    });
    append(connection, "run", rows)
}

fn write_invocations(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<()> {
    if snapshot.invocations.is_empty() {
        return Ok(());
    }
    let mut seen = HashSet::new();
    let rows: Vec<_> =
        snapshot.invocations.iter().filter(|row| seen.insert((&row.command_id, &row.instance_id))).collect();
    let pairs =
        rows.iter().map(|row| format!("{} {}", row.command_id, row.instance_id)).collect::<Vec<_>>().join(SEPARATOR);
    connection.execute(
        "DELETE FROM invocation WHERE account_id = $1 AND region = $2
         AND command_id || ' ' || instance_id IN (SELECT unnest(string_split($3, chr(10))))",
        params![snapshot.account_id.as_str(), snapshot.region, pairs],
    )?;
    let rows = rows.into_iter().map(|row| {
        [
            text(snapshot.account_id.as_str()),
            text(&snapshot.region),
            text(&row.command_id),
            text(row.instance_id.as_str()),
            text(&row.document_name),
            time_option(row.requested_at),
            time_option(row.finished_at),
            text(&row.status),
            text(&row.status_details),
            row.response_code.map_or(Value::Null, Value::BigInt),
        ]
    });
    append(connection, "invocation", rows)
}
