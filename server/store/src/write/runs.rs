//! Tables `run`, `invocation` and `invocation_output`: what was read again takes the place of what was stored of it.

use super::append::{Cell, Tables, text, time, time_option};
use muster_core::snapshot::{InvocationRecord, OutputRecord, RunRecord, Snapshot};

/// A result is one command on one instance.
const RESULT_KEY: &str = "command_id || ' ' || instance_id";

pub fn write<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    tables.replace_rows(("run", "command_id"), snapshot, &snapshot.runs, |run| run.command_id.clone(), run_row)?;
    let id = |row: &InvocationRecord| format!("{} {}", row.command_id, row.instance_id);
    tables.replace_rows(("invocation", RESULT_KEY), snapshot, &snapshot.invocations, id, invocation_row)?;
    let id = |row: &OutputRecord| format!("{} {}", row.command_id, row.instance_id);
    let row = |account: &'a str, region: &'a str, row: &'a OutputRecord| output_row(account, region, row, snapshot);
    tables.replace_rows(("invocation_output", RESULT_KEY), snapshot, &snapshot.outputs, id, row)
}

fn run_row<'a>(account: &'a str, region: &'a str, run: &'a RunRecord) -> [Cell<'a>; 11] {
    [
        text(account),
        text(region),
        text(&run.command_id),
        text(&run.document_name),
        text(&run.operation),
        time_option(run.requested_at),
        text(&run.status),
        text(&run.status_details),
        Cell::BigInt(run.target_count),
        Cell::BigInt(run.completed_count),
        Cell::BigInt(run.error_count),
    ]
}

fn invocation_row<'a>(account: &'a str, region: &'a str, row: &'a InvocationRecord) -> [Cell<'a>; 11] {
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
        row.response_code.map_or(Cell::Null, Cell::BigInt),
        row.step.as_deref().map_or(Cell::Null, text),
    ]
}

fn output_row<'a>(account: &'a str, region: &'a str, row: &'a OutputRecord, snapshot: &Snapshot) -> [Cell<'a>; 10] {
    [
        text(account),
        text(region),
        text(&row.command_id),
        text(row.instance_id.as_str()),
        text(&row.step),
        text(&row.status),
        Cell::BigInt(row.response_code),
        text(&row.standard_output),
        text(&row.standard_error),
        time(snapshot.started_at),
    ]
}
