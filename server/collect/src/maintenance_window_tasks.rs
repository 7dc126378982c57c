//! `DescribeMaintenanceWindowTasks`: what a window does.

use super::{
    account::SystemsAccount,
    error::CollectError,
    pages::list_rows,
    text::{clean, clean_option},
};
use aws_sdk_ssm::types::MaintenanceWindowTask;
use muster_core::snapshot::WindowTaskRecord;

pub const OPERATION: &str = "DescribeMaintenanceWindowTasks";

pub async fn collect(account: &SystemsAccount<'_>, window_id: &str) -> Result<Vec<WindowTaskRecord>, CollectError> {
    let request = list_rows!(account, OPERATION, describe_maintenance_window_tasks().window_id(window_id) => tasks);
    // Parameters are not read: people put secrets into them.
    let record = |row: &MaintenanceWindowTask| WindowTaskRecord {
        window_id: clean(window_id),
        task_id: clean_option(row.window_task_id()),
        name: clean_option(row.name()),
        task_type: clean_option(row.r#type().map(|kind| kind.as_str())),
        task_arn: clean_option(row.task_arn()),
        priority: row.priority(),
        max_concurrency: clean_option(row.max_concurrency()),
        max_errors: clean_option(row.max_errors()),
    };
    Ok(request.await?.iter().map(record).collect())
}
