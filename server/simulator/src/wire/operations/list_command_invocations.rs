//! ListCommandInvocations: the results per instance, newest first, on request with the three steps of the document.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, paged_input},
    },
    list_commands::CommandInput,
    plugin::{PLUGINS, PluginResult},
};
use crate::estate::{
    command::{Command, DOCUMENT, Invocation},
    site::Site,
};

const LIMITS: Limits = Limits::new(1, 50, 50);

/// The output of a step is cut after this. GetCommandInvocation returns more.
const OUTPUT_CHARACTERS_MAX: usize = 2_500;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DetailsInput {
    #[serde(default)]
    details: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    command_id: &'a str,
    instance_id: &'a str,
    instance_name: &'static str,
    comment: &'a str,
    document_name: &'static str,
    document_version: &'static str,
    requested_date_time: Epoch,
    status: &'static str,
    status_details: &'static str,
    trace_output: &'static str,
    standard_output_url: &'static str,
    standard_error_url: &'static str,
    command_plugins: Vec<Plugin>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Plugin {
    name: &'static str,
    status: &'static str,
    status_details: &'static str,
    response_code: i64,
    response_start_date_time: Epoch,
    response_finish_date_time: Epoch,
    output: String,
    standard_output_url: &'static str,
    standard_error_url: &'static str,
}

/// One result: the site and the command it belongs to, and itself.
type Found<'a> = (&'a Site, &'a Command, &'a Invocation);

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (CommandInput, _) = paged_input(context, LIMITS)?;
    let DetailsInput { details } = context.input()?;
    input.check(context)?;
    let mut found: Vec<Found<'_>> = Vec::new();
    if let Some(site) = context.site {
        for command in input.commands(context) {
            let invocations = site.invocations_of(command).iter();
            let requested = invocations.filter(|invocation| {
                input.is_for_instance(&site.instances[invocation.instance].id)
                    && input.has_status(invocation.outcome.status())
            });
            found.extend(requested.map(|invocation| (site, command, invocation)));
        }
    }
    let subject = input.instance_id.as_deref().unwrap_or("");
    pager.respond("CommandInvocations", subject, &found, |found| row(*found, details))
}

fn row((site, command, invocation): Found<'_>, details: bool) -> Row<'_> {
    let plugins: &[_] = if details { &PLUGINS } else { &[] };
    Row {
        command_id: &command.id,
        instance_id: &site.instances[invocation.instance].id,
        // Documented as the name of the instance, but always empty.
        instance_name: "",
        comment: &command.comment,
        document_name: DOCUMENT,
        document_version: "$DEFAULT",
        requested_date_time: Epoch(command.requested_at),
        status: invocation.outcome.status(),
        status_details: invocation.outcome.status_details(),
        trace_output: "",
        standard_output_url: "",
        standard_error_url: "",
        command_plugins: plugins.iter().map(|name| plugin((site, command, invocation), name)).collect(),
    }
}

fn plugin((site, command, invocation): Found<'_>, name: &'static str) -> Plugin {
    let result = PluginResult::of(site, command, invocation, name);
    Plugin {
        name,
        status: result.outcome.status(),
        status_details: result.outcome.status_details(),
        response_code: result.outcome.response_code(),
        response_start_date_time: Epoch(invocation.started_at),
        response_finish_date_time: Epoch(result.finished_at),
        output: result.output.chars().take(OUTPUT_CHARACTERS_MAX).collect(),
        standard_output_url: "",
        standard_error_url: "",
    }
}
