//! GetCommandInvocation: one step of one result, with all of its output. Its dates are text, not numbers.

use serde::{Deserialize, Serialize};

use super::{
    super::{context::Context, epoch::iso, error::ApiError},
    list_command_invocations::{PLUGINS, is_step_of, plugin_output},
    list_commands::check_ids,
};
use crate::estate::command::{DOCUMENT, Outcome};

const STANDARD_OUTPUT_CHARACTERS_MAX: usize = 24_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    command_id: Option<String>,
    instance_id: Option<String>,
    plugin_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    command_id: &'a str,
    instance_id: &'a str,
    comment: &'a str,
    document_name: &'static str,
    document_version: &'static str,
    plugin_name: &'a str,
    response_code: i64,
    execution_start_date_time: String,
    execution_elapsed_time: String,
    execution_end_date_time: String,
    status: &'static str,
    status_details: &'static str,
    standard_output_content: String,
    standard_output_url: &'static str,
    standard_error_content: &'static str,
    standard_error_url: &'static str,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let command_id = input.command_id.as_deref().ok_or_else(|| ApiError::required("commandId"))?;
    let instance_id = input.instance_id.as_deref().ok_or_else(|| ApiError::required("instanceId"))?;
    check_ids(Some(command_id), Some(instance_id))?;
    let missing = || ApiError::ssm("InvocationDoesNotExist", "");
    let site = context.site.ok_or_else(missing)?;
    let remembered = site.remembered_commands(context.today());
    let command = remembered.iter().find(|command| *command.id == *command_id).ok_or_else(missing)?;
    let invocations = &site.invocations[command.invocations.clone()];
    let found = invocations.iter().find(|one| *site.instances[one.instance].id == *instance_id);
    let invocation = found.ok_or_else(missing)?;
    // The document has several steps, so one of them has to be named.
    let plugin = input.plugin_name.as_deref().filter(|name| PLUGINS.contains(name));
    let plugin = plugin.ok_or_else(|| ApiError::ssm("InvalidPluginName", ""))?;
    let ours = is_step_of(site, invocation, plugin);
    let outcome = if ours { invocation.outcome } else { Outcome::Success };
    let finished_at = if ours { invocation.finished_at } else { invocation.started_at };
    let elapsed = finished_at.duration_since(invocation.started_at);
    let output = plugin_output(site, command, invocation, plugin);
    context.answer(&Output {
        command_id,
        instance_id,
        comment: &command.comment,
        document_name: DOCUMENT,
        document_version: "$DEFAULT",
        plugin_name: plugin,
        response_code: outcome.response_code(),
        execution_start_date_time: iso(invocation.started_at),
        execution_elapsed_time: format!("PT{:.3}S", elapsed.as_secs_f64()),
        execution_end_date_time: iso(finished_at),
        status: outcome.status(),
        status_details: outcome.status_details(),
        standard_output_content: output.chars().take(STANDARD_OUTPUT_CHARACTERS_MAX).collect(),
        standard_output_url: "",
        standard_error_content: if outcome == Outcome::Success { "" } else { "failed to run commands: exit status 1" },
        standard_error_url: "",
    })
}
