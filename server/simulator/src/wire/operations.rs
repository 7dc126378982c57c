//! The SSM operations, one file each, named as AWS names them.

mod describe_instance_information;
mod describe_instance_patch_states;
mod describe_instance_patches;
mod describe_maintenance_window_executions;
mod describe_maintenance_window_targets;
mod describe_maintenance_window_tasks;
mod describe_maintenance_windows;
mod describe_patch_baselines;
mod describe_patch_groups;
mod get_command_invocation;
mod get_inventory;
mod get_patch_baseline;
mod list_associations;
mod list_command_invocations;
mod list_commands;
mod list_compliance_items;
mod list_tags_for_resource;
mod shared;

use http::StatusCode;

use super::{context::Context, error::ApiError};

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    match context.operation {
        "DescribeInstanceInformation" => describe_instance_information::answer(context),
        "DescribeInstancePatchStates" => describe_instance_patch_states::answer(context),
        "DescribeInstancePatches" => describe_instance_patches::answer(context),
        "DescribeMaintenanceWindowExecutions" => describe_maintenance_window_executions::answer(context),
        "DescribeMaintenanceWindowTargets" => describe_maintenance_window_targets::answer(context),
        "DescribeMaintenanceWindowTasks" => describe_maintenance_window_tasks::answer(context),
        "DescribeMaintenanceWindows" => describe_maintenance_windows::answer(context),
        "DescribePatchBaselines" => describe_patch_baselines::answer(context),
        "DescribePatchGroups" => describe_patch_groups::answer(context),
        "GetCommandInvocation" => get_command_invocation::answer(context),
        "GetInventory" => get_inventory::answer(context),
        "GetPatchBaseline" => get_patch_baseline::answer(context),
        "ListAssociations" => list_associations::answer(context),
        "ListCommandInvocations" => list_command_invocations::answer(context),
        "ListCommands" => list_commands::answer(context),
        "ListComplianceItems" => list_compliance_items::answer(context),
        "ListTagsForResource" => list_tags_for_resource::answer(context),
        _ => Err(ApiError::common(StatusCode::BAD_REQUEST, "UnknownOperationException", "")),
    }
}
