//! ListCommands: what was asked of machines in the last 30 days, newest first.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{FILTERS_MAX, is_instance_id, moment},
};
use crate::{
    clock,
    estate::{
        baseline::{Group, PATCH_GROUP_TAG},
        command::{Command, DOCUMENT, Outcome},
        site::Site,
    },
};

const LIMITS: Limits = Limits::new(1, 50, 50);

/// A command waits so long for machines that do not answer.
pub(super) const TIMEOUT_SECONDS: i64 = 3_600;

/// `key` and `value` in lower case here, unlike everywhere else.
#[derive(Deserialize)]
pub(super) struct CommandFilter {
    pub key: String,
    pub value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    command_id: Option<String>,
    instance_id: Option<String>,
    filters: Option<Vec<CommandFilter>>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    commands: Vec<Row<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    command_id: &'a str,
    document_name: &'static str,
    document_version: &'static str,
    comment: &'a str,
    expires_after: Epoch,
    parameters: Parameters,
    instance_ids: Vec<&'a str>,
    targets: Vec<Target>,
    requested_date_time: Epoch,
    status: &'static str,
    status_details: &'static str,
    max_concurrency: &'static str,
    max_errors: &'static str,
    target_count: usize,
    completed_count: usize,
    error_count: usize,
    delivery_timed_out_count: usize,
    timeout_seconds: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters {
    install_override_list: [&'static str; 1],
    operation: [&'static str; 1],
    reboot_option: [&'static str; 1],
    snapshot_id: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    key: String,
    values: [&'static str; 1],
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    check_ids(input.command_id.as_deref(), input.instance_id.as_deref())?;
    check_filters(context, input.filters.as_deref())?;
    let filters = input.filters.as_deref().unwrap_or(&[]);
    let mut found: Vec<&Command> = Vec::new();
    if let Some(site) = context.site {
        let listed = context.listed_commands().iter().rev();
        for command in listed.filter(|command| is_asked(&input.command_id, &command.id)) {
            let to_instance = input.instance_id.as_ref().is_none_or(|id| addresses(site, command, id));
            if to_instance && matches(context, command, status(site, command).0, filters)? {
                found.push(command);
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
    let rows = found[page.range].iter().filter_map(|command| Some(row(context.site?, command))).collect();
    context.answer(&Output { commands: rows, next_token: page.next_token })
}

pub(super) fn check_ids(command_id: Option<&str>, instance_id: Option<&str>) -> Result<(), ApiError> {
    if command_id.is_some_and(|id| id.len() != 36) {
        return Err(ApiError::ssm("InvalidCommandId", ""));
    }
    match instance_id {
        Some(id) if !is_instance_id(id) => Err(ApiError::invalid_instance_id(id)),
        _ => Ok(()),
    }
}

/// One to five filters if there are any, whose keys the operation knows, also where there is nothing to filter.
pub(super) fn check_filters(context: &Context<'_>, filters: Option<&[CommandFilter]>) -> Result<(), ApiError> {
    let Some(filters) = filters else { return Ok(()) };
    ApiError::length("filters", filters.len(), 1..=FILTERS_MAX)?;
    for CommandFilter { key, value } in filters {
        match key.as_str() {
            "InvokedAfter" | "InvokedBefore" => drop(moment(key, value)?),
            "Status" | "DocumentName" => {}
            "ExecutionStage" if context.operation == "ListCommands" => {}
            _ => return Err(ApiError::invalid_filter_key()),
        }
    }
    Ok(())
}

pub(super) fn is_asked(asked: &Option<String>, id: &str) -> bool {
    asked.as_deref().is_none_or(|asked| asked == id)
}

fn addresses(site: &Site, command: &Command, instance_id: &str) -> bool {
    let invocations = &site.invocations[command.invocations.clone()];
    invocations.iter().any(|invocation| *site.instances[invocation.instance].id == *instance_id)
}

/// Also for invocations, which are filtered by the same keys; all but Status describe the command.
pub(super) fn matches(
    context: &Context<'_>,
    command: &Command,
    status: &str,
    filters: &[CommandFilter],
) -> Result<bool, ApiError> {
    for CommandFilter { key, value } in filters {
        let fits = match key.as_str() {
            "InvokedAfter" => command.requested_at > moment(key, value)?,
            "InvokedBefore" => command.requested_at < moment(key, value)?,
            "Status" => status == value,
            "DocumentName" => value == DOCUMENT,
            "ExecutionStage" if context.operation == "ListCommands" => value == "Complete",
            _ => return Err(ApiError::invalid_filter_key()),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

fn status(site: &Site, command: &Command) -> (&'static str, &'static str) {
    let invocations = &site.invocations[command.invocations.clone()];
    if invocations.iter().all(|invocation| invocation.outcome == Outcome::Success) {
        return ("Success", "Success");
    }
    if invocations.iter().all(|invocation| invocation.outcome == Outcome::DeliveryTimedOut) {
        return ("TimedOut", "DeliveryTimedOut");
    }
    ("Failed", "Failed")
}

fn row<'a>(site: &'a Site, command: &'a Command) -> Row<'a> {
    let invocations = &site.invocations[command.invocations.clone()];
    let count = |outcome: fn(Outcome) -> bool| invocations.iter().filter(|one| outcome(one.outcome)).count();
    let (status, status_details) = status(site, command);
    let target = |group: Group| Target { key: format!("tag:{PATCH_GROUP_TAG}"), values: [group.name()] };
    // Sent to tags, the ids are left out; sent to ids, there are no targets.
    let ids = invocations.iter().map(|invocation| &*site.instances[invocation.instance].id);
    let instance_ids = if command.group.is_some() { Vec::new() } else { ids.take(50).collect() };
    Row {
        command_id: &command.id,
        document_name: DOCUMENT,
        document_version: "$DEFAULT",
        comment: &command.comment,
        expires_after: Epoch(command.requested_at + clock::seconds(2 * TIMEOUT_SECONDS)),
        parameters: Parameters {
            install_override_list: [""],
            operation: [command.operation.name()],
            reboot_option: [command.reboot_option()],
            snapshot_id: [""],
        },
        instance_ids,
        targets: command.group.map(target).into_iter().collect(),
        requested_date_time: Epoch(command.requested_at),
        status,
        status_details,
        max_concurrency: "50",
        max_errors: "100%",
        target_count: invocations.len(),
        completed_count: invocations.len(),
        error_count: count(|outcome| !matches!(outcome, Outcome::Success | Outcome::DeliveryTimedOut)),
        delivery_timed_out_count: count(|outcome| outcome == Outcome::DeliveryTimedOut),
        timeout_seconds: TIMEOUT_SECONDS,
    }
}
