//! `ListCommands`: the runs of the patch document.

use super::{
    account::SystemsAccount,
    command_filters::{overlapping, patch_runs},
    error::CollectError,
    pages::list_rows,
    text::clean,
    time::timestamp,
};
use jiff::Timestamp;
use muster_core::snapshot::RunRecord;

pub const OPERATION: &str = "ListCommands";

pub async fn collect(
    account: &SystemsAccount<'_>,
    newest_known: Option<Timestamp>,
) -> Result<Vec<RunRecord>, CollectError> {
    let filters = patch_runs(OPERATION, newest_known.map(overlapping))?;
    let rows = list_rows!(account, OPERATION, list_commands().set_filters(Some(filters.clone())) => commands).await?;
    let records = rows.iter().map(|row| {
        // Of the parameters only the operation is kept: people put secrets into the others.
        let operation =
            row.parameters().and_then(|parameters| parameters.get("Operation")).and_then(|values| values.first());
        RunRecord {
            command_id: clean(row.command_id()),
            document_name: clean(row.document_name()),
            operation: clean(operation),
            requested_at: row.requested_date_time().and_then(timestamp),
            status: clean(row.status()),
            status_details: clean(row.status_details()),
            target_count: row.target_count().into(),
            completed_count: row.completed_count().into(),
            error_count: row.error_count().into(),
        }
    });
    Ok(records.collect())
}
