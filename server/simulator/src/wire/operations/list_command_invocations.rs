//! ListCommandInvocations: the results per machine, newest first, with the three steps of the document on request.

mod output;

use serde::{Deserialize, Serialize};

pub(super) use output::plugin_output;

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, Request, page},
    },
    list_commands::{CommandFilter, check_filters, check_ids, is_asked, matches},
};
use crate::estate::{
    command::{Command, DOCUMENT, Invocation},
    site::Site,
};

const LIMITS: Limits = Limits::new(1, 50, 50);

/// What a plugin printed is cut here; GetCommandInvocation has more of it.
const OUTPUT_CHARACTERS_MAX: usize = 2_500;

/// The document's steps. Those for other platforms are skipped.
pub(super) const PLUGINS: [&str; 3] = ["PatchWindows", "PatchLinux", "PatchMacOS"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    command_id: Option<String>,
    instance_id: Option<String>,
    filters: Option<Vec<CommandFilter>>,
    #[serde(default)]
    details: bool,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    command_invocations: Vec<Row<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
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

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    check_ids(input.command_id.as_deref(), input.instance_id.as_deref())?;
    check_filters(context, input.filters.as_deref())?;
    let filters = input.filters.as_deref().unwrap_or(&[]);
    let mut found: Vec<(&Command, &Invocation)> = Vec::new();
    if let Some(site) = context.site {
        let listed = context.listed_commands().iter().rev();
        for command in listed.filter(|command| is_asked(&input.command_id, &command.id)) {
            for invocation in &site.invocations[command.invocations.clone()] {
                let instance = &site.instances[invocation.instance];
                if is_asked(&input.instance_id, &instance.id)
                    && matches(context, command, invocation.outcome.status(), filters)?
                {
                    found.push((command, invocation));
                }
            }
        }
    }
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: input.instance_id.as_deref().unwrap_or(""),
    };
    let page = page(context, &request, found.len())?;
    let rows = found[page.range].iter();
    let rows = rows.filter_map(|(command, invocation)| Some(row(context.site?, command, invocation, input.details)));
    context.answer(&Output { command_invocations: rows.collect(), next_token: page.next_token })
}

fn row<'a>(site: &'a Site, command: &'a Command, invocation: &'a Invocation, details: bool) -> Row<'a> {
    let plugins = if details { PLUGINS.map(|name| plugin(site, command, invocation, name)).into() } else { Vec::new() };
    Row {
        command_id: &command.id,
        instance_id: &site.instances[invocation.instance].id,
        // Documented as the machine's name; in practice empty.
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
        command_plugins: plugins,
    }
}

fn plugin(site: &Site, command: &Command, invocation: &Invocation, name: &'static str) -> Plugin {
    let ours = is_step_of(site, invocation, name);
    let outcome = invocation.outcome;
    // A step that precondition skips counts as done.
    let (status, status_details, response_code) = if ours {
        (outcome.status(), outcome.status_details(), outcome.response_code())
    } else {
        ("Success", "Success", 0)
    };
    let finished = if ours { invocation.finished_at } else { invocation.started_at };
    let output = plugin_output(site, command, invocation, name);
    Plugin {
        name,
        status,
        status_details,
        response_code,
        response_start_date_time: Epoch(invocation.started_at),
        response_finish_date_time: Epoch(finished),
        output: output.chars().take(OUTPUT_CHARACTERS_MAX).collect(),
        standard_output_url: "",
        standard_error_url: "",
    }
}

/// Whether this step of the document is the one that ran on the machine.
pub(super) fn is_step_of(site: &Site, invocation: &Invocation, plugin: &str) -> bool {
    let windows = site.instances[invocation.instance].platform.is_windows();
    plugin == if windows { "PatchWindows" } else { "PatchLinux" }
}
