//! The SSM operations, one file per operation or per AWS resource. They import what this file imports.

mod describe_instance_information;
mod describe_instance_patch_states;
mod describe_instance_patches;
mod describe_instance_properties;
mod get_command_invocation;
mod get_inventory;
mod get_service_setting;
mod list_associations;
mod list_command_invocations;
mod list_commands;
mod list_compliance_items;
mod list_nodes;
mod list_tags_for_resource;
mod maintenance_windows;
mod patch_baselines;
mod plugin;
mod shared;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    context::{Context, to_json},
    epoch::Epoch,
    error::ApiError,
    page::{Limits, paged_input},
};
use shared::{
    FILTERS_MAX, Filter, FilterInput, INSTANCE_ID_PATTERN, KeyValueFilter, check_comparisons, check_enum_filters,
    check_filters, existing_instance, is_instance_id, non_empty, timestamp,
};

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    match context.target.operation {
        "DescribeInstanceInformation" => describe_instance_information::respond(context),
        "DescribeInstancePatchStates" => describe_instance_patch_states::respond(context),
        "DescribeInstancePatches" => describe_instance_patches::respond(context),
        "DescribeInstanceProperties" => describe_instance_properties::respond(context),
        "DescribeMaintenanceWindowExecutions" => maintenance_windows::describe_executions(context),
        "DescribeMaintenanceWindowTargets" => maintenance_windows::describe_targets(context),
        "DescribeMaintenanceWindowTasks" => maintenance_windows::describe_tasks(context),
        "DescribeMaintenanceWindows" => maintenance_windows::describe(context),
        "DescribePatchBaselines" => patch_baselines::describe(context),
        "DescribePatchGroups" => patch_baselines::describe_groups(context),
        "GetCommandInvocation" => get_command_invocation::respond(context),
        "GetInventory" => get_inventory::respond(context),
        "GetServiceSetting" => get_service_setting::respond(context),
        "GetPatchBaseline" => patch_baselines::get(context),
        "ListAssociations" => list_associations::respond(context),
        "ListCommandInvocations" => list_command_invocations::respond(context),
        "ListCommands" => list_commands::respond(context),
        "ListComplianceItems" => list_compliance_items::respond(context),
        "ListNodes" => list_nodes::respond(context),
        "ListNodesSummary" => list_nodes::summarize(context),
        "ListTagsForResource" => list_tags_for_resource::respond(context),
        _ => Err(ApiError::unknown_operation()),
    }
}
