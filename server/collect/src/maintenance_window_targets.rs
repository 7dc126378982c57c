//! `DescribeMaintenanceWindowTargets`: the instances that a window patches.

use super::{account::SystemsAccount, error::CollectError, pages::list_rows, targets::targets, text::clean};
use muster_core::reference_data::WindowTargetRecord;

pub const OPERATION: &str = "DescribeMaintenanceWindowTargets";

pub async fn collect(account: &SystemsAccount<'_>, window_id: &str) -> Result<Vec<WindowTargetRecord>, CollectError> {
    let rows =
        list_rows!(account, OPERATION, describe_maintenance_window_targets().window_id(window_id) => targets).await?;
    let records = rows.iter().map(|row| WindowTargetRecord {
        window_id: clean(window_id),
        target_id: clean(row.window_target_id()),
        name: clean(row.name()),
        targets: targets(row.targets()),
    });
    Ok(records.collect())
}
