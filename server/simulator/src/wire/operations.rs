//! The SSM operations, one file per operation or per AWS resource.

mod describe_instance_information;
mod describe_instance_patch_states;
mod describe_instance_patches;
mod get_command_invocation;
mod get_inventory;
mod list_associations;
mod list_command_invocations;
mod list_commands;
mod list_compliance_items;
mod list_tags_for_resource;
mod maintenance_windows;
mod patch_baselines;
mod plugin;
mod shared;

use super::{context::Context, error::ApiError};

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    match context.target.operation {
        "DescribeInstanceInformation" => describe_instance_information::respond(context),
        "DescribeInstancePatchStates" => describe_instance_patch_states::respond(context),
        "DescribeInstancePatches" => describe_instance_patches::respond(context),
        "DescribeMaintenanceWindowExecutions" => maintenance_windows::describe_executions(context),
        "DescribeMaintenanceWindowTargets" => maintenance_windows::describe_targets(context),
        "DescribeMaintenanceWindowTasks" => maintenance_windows::describe_tasks(context),
        "DescribeMaintenanceWindows" => maintenance_windows::describe(context),
        "DescribePatchBaselines" => patch_baselines::describe(context),
        "DescribePatchGroups" => patch_baselines::describe_groups(context),
        "GetCommandInvocation" => get_command_invocation::respond(context),
        "GetInventory" => get_inventory::respond(context),
        "GetPatchBaseline" => patch_baselines::get(context),
        "ListAssociations" => list_associations::respond(context),
        "ListCommandInvocations" => list_command_invocations::respond(context),
        "ListCommands" => list_commands::respond(context),
        "ListComplianceItems" => list_compliance_items::respond(context),
        "ListTagsForResource" => list_tags_for_resource::respond(context),
        _ => Err(ApiError::unknown_operation()),
    }
}
