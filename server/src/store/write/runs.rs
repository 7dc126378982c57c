//! Tables `run`, `invocation` and `invocation_output`: what was read again takes the place of what was stored of it.

use super::{
    super::value::{time, time_option},
    append::{replace_rows, text},
};
use crate::collect::snapshot::{InvocationRecord, OutputRecord, RunRecord, Snapshot};
use duckdb::{Connection, types::Value};

/// A result is one command on one instance.
const RESULT_KEY: &str = "command_id || ' ' || instance_id";

pub fn write(connection: &Connection, snapshot: &Snapshot) -> duckdb::Result<()> {
    replace_rows(connection, ("run", "command_id"), snapshot, &snapshot.runs, |run| run.command_id.clone(), run_row)?;
    let id = |row: &InvocationRecord| format!("{} {}", row.command_id, row.instance_id);
    replace_rows(connection, ("invocation", RESULT_KEY), snapshot, &snapshot.invocations, id, invocation_row)?;
    let id = |row: &OutputRecord| format!("{} {}", row.command_id, row.instance_id);
    let row = |account: &str, region: &str, row: &OutputRecord| output_row(account, region, row, snapshot);
    replace_rows(connection, ("invocation_output", RESULT_KEY), snapshot, &snapshot.outputs, id, row)
}

fn run_row(account: &str, region: &str, run: &RunRecord) -> [Value; 11] {
    [
        text(account),
        text(region),
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
}

fn invocation_row(account: &str, region: &str, row: &InvocationRecord) -> [Value; 11] {
    [
        text(account),
        text(region),
        text(&row.command_id),
        text(row.instance_id.as_str()),
        text(&row.document_name),
        time_option(row.requested_at),
        time_option(row.finished_at),
        text(&row.status),
        text(&row.status_details),
        row.response_code.map_or(Value::Null, Value::BigInt),
        row.step.as_deref().map_or(Value::Null, text),
    ]
}

fn output_row(account: &str, region: &str, row: &OutputRecord, snapshot: &Snapshot) -> [Value; 10] {
    [
        text(account),
        text(region),
        text(&row.command_id),
        text(row.instance_id.as_str()),
        text(&row.step),
        text(&row.status),
        Value::BigInt(row.response_code),
        text(&row.standard_output),
        text(&row.standard_error),
        time(snapshot.started_at),
    ]
}
