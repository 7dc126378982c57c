//! `DescribeMaintenanceWindowExecutions`: when a window ran and how it ended. AWS forgets them after 30 days.

use super::{
    account::SystemsAccount,
    command_results::requested_after,
    pages::all_rows,
    text::{clean, clean_option},
    time::timestamp,
};
use aws_sdk_ssm::types::MaintenanceWindowFilter;
use jiff::Timestamp;
use muster_core::{error::CollectError, snapshot::WindowExecutionRecord};

pub const OPERATION: &str = "DescribeMaintenanceWindowExecutions";
const PAGE_ROWS: i32 = 50;
const EXECUTED_AFTER: &str = "ExecutedAfter";

/// Executions since the oldest one that was not over when it was read, or else the newest.
pub async fn collect(
    account: &SystemsAccount<'_>,
    window_id: &str,
    since: Option<Timestamp>,
) -> Result<Vec<WindowExecutionRecord>, CollectError> {
    let filter = |since| MaintenanceWindowFilter::builder().key(EXECUTED_AFTER).values(requested_after(since)).build();
    let filters = since.map(|since| vec![filter(since)]);
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.describe_maintenance_window_executions()
            .window_id(window_id)
            .set_filters(filters.clone())
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.window_executions, page.next_token)).await?;
    Ok(rows
        .iter()
        .map(|row| WindowExecutionRecord {
            window_id: clean(window_id),
            execution_id: clean_option(row.window_execution_id()),
            status: clean_option(row.status().map(|status| status.as_str())),
            status_details: clean_option(row.status_details()),
            started_at: row.start_time().and_then(timestamp),
            // Absent while it runs.
            ended_at: row.end_time().and_then(timestamp),
        })
        .collect())
}
