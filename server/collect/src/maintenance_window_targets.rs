//! `DescribeMaintenanceWindowTargets`: the instances that a window patches.

use super::{
    account::SystemsAccount,
    error::CollectError,
    pages::list_rows,
    targets::targets,
    text::{clean, clean_option},
};
use aws_sdk_ssm::types::MaintenanceWindowTarget;
use muster_core::snapshot::WindowTargetRecord;

pub const OPERATION: &str = "DescribeMaintenanceWindowTargets";

pub async fn collect(account: &SystemsAccount<'_>, window_id: &str) -> Result<Vec<WindowTargetRecord>, CollectError> {
    let request = list_rows!(account, OPERATION, describe_maintenance_window_targets().window_id(window_id) => targets);
    let record = |row: &MaintenanceWindowTarget| WindowTargetRecord {
        window_id: clean(window_id),
        target_id: clean_option(row.window_target_id()),
        name: clean_option(row.name()),
        targets: targets(row.targets()),
    };
    Ok(request.await?.iter().map(record).collect())
}
