//! `DescribeMaintenanceWindowExecutions`: when a window ran and how it ended. AWS drops them after 30 days.

use super::{
    account::SystemsAccount, command_filters::overlapping, error::CollectError, pages::list_rows, text::clean,
    time::timestamp,
};
use aws_sdk_ssm::types::MaintenanceWindowFilter;
use jiff::Timestamp;
use muster_core::reference_data::WindowExecutionRecord;

pub const OPERATION: &str = "DescribeMaintenanceWindowExecutions";
const EXECUTED_AFTER: &str = "ExecutedAfter";

/// Reads executions since `since`: the start of the oldest unfinished one, or else of the newest.
pub async fn collect(
    account: &SystemsAccount<'_>,
    window_id: &str,
    since: Option<Timestamp>,
) -> Result<Vec<WindowExecutionRecord>, CollectError> {
    let filter = |since| MaintenanceWindowFilter::builder().key(EXECUTED_AFTER).values(overlapping(since)).build();
    let filters = since.map(|since| vec![filter(since)]);
    let rows = list_rows!(
        account,
        OPERATION,
        describe_maintenance_window_executions().window_id(window_id).set_filters(filters.clone()) => window_executions
    )
    .await?;
    let records = rows.iter().map(|row| WindowExecutionRecord {
        window_id: clean(window_id),
        execution_id: clean(row.window_execution_id()),
        status: clean(row.status()),
        status_details: clean(row.status_details()),
        started_at: row.start_time().and_then(timestamp),
        // Absent while it runs.
        ended_at: row.end_time().and_then(timestamp),
    });
    Ok(records.collect())
}
