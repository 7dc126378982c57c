//! Tables `run`, `invocation` and `invocation_output`: records that were read again replace the stored ones.

use super::{
    append::Tables,
    row::{Field, IntoCell, row},
};
use jiff::Timestamp;
use muster_core::snapshot::{InvocationRecord, OutputRecord, RunRecord, Snapshot};

/// A result is one command on one instance.
const RESULT_KEY: &str = "command_id || ' ' || instance_id";

pub fn write<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    tables.replace_rows(("run", "command_id"), snapshot, &snapshot.runs, |run| run.command_id.clone(), run_row)?;
    let id = |row: &InvocationRecord| format!("{} {}", row.command_id, row.instance_id);
    tables.replace_rows(("invocation", RESULT_KEY), snapshot, &snapshot.invocations, id, invocation_row)?;
    let id = |row: &OutputRecord| format!("{} {}", row.command_id, row.instance_id);
    let row = |output| output_row(output, snapshot.started_at);
    tables.replace_rows(("invocation_output", RESULT_KEY), snapshot, &snapshot.outputs, id, row)
}

fn run_row(run: &RunRecord) -> [Field<'_>; 9] {
    row! {
        command_id: &run.command_id,
        document_name: &run.document_name,
        operation: &run.operation,
        requested_at: run.requested_at,
        status: &run.status,
        status_details: &run.status_details,
        target_count: run.target_count,
        completed_count: run.completed_count,
        error_count: run.error_count,
    }
}

fn invocation_row(invocation: &InvocationRecord) -> [Field<'_>; 9] {
    row! {
        command_id: &invocation.command_id,
        instance_id: invocation.instance_id.as_str(),
        document_name: &invocation.document_name,
        requested_at: invocation.requested_at,
        finished_at: invocation.finished_at,
        status: &invocation.status,
        status_details: &invocation.status_details,
        response_code: invocation.response_code,
        step: invocation.step.as_deref(),
    }
}

fn output_row(output: &OutputRecord, read_at: Timestamp) -> [Field<'_>; 8] {
    row! {
        command_id: &output.command_id,
        instance_id: output.instance_id.as_str(),
        step: &output.step,
        status: &output.status,
        response_code: output.response_code,
        standard_output: &output.standard_output,
        standard_error: &output.standard_error,
        read_at: read_at,
    }
}
