//! `DescribeMaintenanceWindowTasks`: what a window does.

use super::{
    account::SystemsAccount,
    pages::all_rows,
    text::{clean, clean_option},
};
use muster_core::{error::CollectError, snapshot::WindowTaskRecord};

pub const OPERATION: &str = "DescribeMaintenanceWindowTasks";
const PAGE_ROWS: i32 = 50;

pub async fn collect(account: &SystemsAccount<'_>, window_id: &str) -> Result<Vec<WindowTaskRecord>, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.describe_maintenance_window_tasks().window_id(window_id).max_results(PAGE_ROWS).set_next_token(token).send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.tasks, page.next_token)).await?;
    // Parameters stay where they are: people type secrets into them.
    Ok(rows
        .iter()
        .map(|row| WindowTaskRecord {
            window_id: clean(window_id),
            task_id: clean_option(row.window_task_id()),
            name: clean_option(row.name()),
            task_type: clean_option(row.r#type().map(|kind| kind.as_str())),
            task_arn: clean_option(row.task_arn()),
            priority: row.priority(),
            max_concurrency: clean_option(row.max_concurrency()),
            max_errors: clean_option(row.max_errors()),
        })
        .collect())
}
