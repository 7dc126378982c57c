//! Tables `run`, `invocation` and `invocation_output`: records that were read again replace the stored ones.

use super::{append::Tables, row::row};
use muster_core::{
    record::Record,
    snapshot::{InvocationRecord, OutputRecord, RunRecord, Snapshot},
};

/// A result is one command on one instance.
const RESULT_KEY: &str = "command_id || ' ' || instance_id";

pub fn write<'a>(tables: &mut Tables<'_, 'a>, snapshot: &'a Snapshot) -> duckdb::Result<()> {
    let id = |run: &RunRecord| run.command_id.clone();
    tables.replace_rows(("run", "command_id"), snapshot, &snapshot.runs, id, Record::fields)?;
    let id = |row: &InvocationRecord| format!("{} {}", row.command_id, row.instance_id);
    tables.replace_rows(("invocation", RESULT_KEY), snapshot, &snapshot.invocations, id, Record::fields)?;
    let id = |row: &OutputRecord| format!("{} {}", row.command_id, row.instance_id);
    let row = |output: &'a OutputRecord| output.fields().chain(row! { read_at: snapshot.started_at });
    tables.replace_rows(("invocation_output", RESULT_KEY), snapshot, &snapshot.outputs, id, row)
}
