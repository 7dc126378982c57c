//! GetCommandInvocation: one step of one result with its output. Its dates are text instead of numbers.

use super::*;
use crate::{
    estate::{DOCUMENT, Outcome},
    wire::{
        epoch::iso,
        operations::{
            list_commands::check_ids,
            plugin::{PLUGINS, PluginResult},
        },
    },
};

const STANDARD_OUTPUT_CHARACTERS_MAX: usize = 24_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    command_id: Option<String>,
    instance_id: Option<String>,
    plugin_name: Option<String>,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let command_id = input.command_id.as_deref().ok_or_else(|| ApiError::required("commandId"))?;
    let instance_id = input.instance_id.as_deref().ok_or_else(|| ApiError::required("instanceId"))?;
    check_ids(Some(command_id), Some(instance_id))?;
    let missing = || ApiError::ssm("InvocationDoesNotExist", "");
    let site = context.site.ok_or_else(missing)?;
    let remembered = site.remembered_commands(context.today());
    let command = remembered.iter().find(|command| *command.id == *command_id).ok_or_else(missing)?;
    let mut invocations = site.invocations_of(command).iter();
    let invocation = invocations.find(|one| *site.instances[one.instance].id == *instance_id).ok_or_else(missing)?;
    // The document has several steps, so the caller must name one.
    let plugin = input.plugin_name.as_deref().filter(|name| PLUGINS.contains(name));
    let plugin = plugin.ok_or_else(|| ApiError::ssm("InvalidPluginName", ""))?;
    let PluginResult { outcome, finished_at, output } = PluginResult::of(site, command, invocation, plugin);
    let elapsed = finished_at.duration_since(invocation.started_at);
    let error_output = if outcome == Outcome::Success { "" } else { "failed to run commands: exit status 1" };
    to_json(&json!({
        "CommandId": command_id,
        "InstanceId": instance_id,
        "Comment": command.comment,
        "DocumentName": DOCUMENT,
        "DocumentVersion": "$DEFAULT",
        "PluginName": plugin,
        "ResponseCode": outcome.response_code(),
        "ExecutionStartDateTime": iso(invocation.started_at),
        "ExecutionElapsedTime": format!("PT{:.3}S", elapsed.as_secs_f64()),
        "ExecutionEndDateTime": iso(finished_at),
        "Status": outcome.status(),
        "StatusDetails": outcome.status_details(),
        "StandardOutputContent": output.chars().take(STANDARD_OUTPUT_CHARACTERS_MAX).collect::<String>(),
        "StandardOutputUrl": "",
        "StandardErrorContent": error_output,
        "StandardErrorUrl": "",
    }))
}
