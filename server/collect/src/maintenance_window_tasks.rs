//! `DescribeMaintenanceWindowTasks`: what a window does.

use super::{account::SystemsAccount, error::CollectError, pages::list_rows, text::clean};
use muster_core::reference_data::WindowTaskRecord;

pub const OPERATION: &str = "DescribeMaintenanceWindowTasks";

pub async fn collect(account: &SystemsAccount<'_>, window_id: &str) -> Result<Vec<WindowTaskRecord>, CollectError> {
    let rows =
        list_rows!(account, OPERATION, describe_maintenance_window_tasks().window_id(window_id) => tasks).await?;
    // Parameters are not read: people put secrets into them.
    let records = rows.iter().map(|row| WindowTaskRecord {
        window_id: clean(window_id),
        task_id: clean(row.window_task_id()),
        name: clean(row.name()),
        task_type: clean(row.r#type()),
        task_arn: clean(row.task_arn()),
        priority: row.priority(),
        max_concurrency: clean(row.max_concurrency()),
        max_errors: clean(row.max_errors()),
    });
    Ok(records.collect())
}
