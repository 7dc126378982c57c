//! `DescribeMaintenanceWindowTargets`: whom a window patches.

use super::{
    account::SystemsAccount,
    pages::all_rows,
    targets::targets,
    text::{clean, clean_option},
};
use muster_core::{error::CollectError, snapshot::WindowTargetRecord};

pub const OPERATION: &str = "DescribeMaintenanceWindowTargets";
const PAGE_ROWS: i32 = 50;

pub async fn collect(account: &SystemsAccount<'_>, window_id: &str) -> Result<Vec<WindowTargetRecord>, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.describe_maintenance_window_targets()
            .window_id(window_id)
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.targets, page.next_token)).await?;
    Ok(rows
        .iter()
        .map(|row| WindowTargetRecord {
            window_id: clean(window_id),
            target_id: clean_option(row.window_target_id()),
            name: clean_option(row.name()),
            targets: targets(row.targets()),
        })
        .collect())
}
