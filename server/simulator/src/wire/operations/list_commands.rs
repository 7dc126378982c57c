//! ListCommands: the commands of the last 30 days, newest first.

use super::*;
use crate::{
    clock,
    estate::{Command, DOCUMENT, Outcome, PATCH_GROUP_TAG, Site},
};

const LIMITS: Limits = Limits::new(1, 50, 50);

/// How long a command waits for instances that do not respond.
const TIMEOUT_SECONDS: i64 = 3_600;

const COMMAND_ID_LENGTH: usize = 36;
const INSTANCE_IDS_MAX: usize = 50;

/// The members that ListCommandInvocations has too.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CommandInput {
    pub command_id: Option<String>,
    pub instance_id: Option<String>,
    filters: Option<Vec<KeyValueFilter>>,
}

impl CommandInput {
    /// Filters must be one to five, if there are any, with known keys.
    pub(super) fn check(&self, context: &Context<'_>) -> Result<(), ApiError> {
        check_ids(self.command_id.as_deref(), self.instance_id.as_deref())?;
        let Some(filters) = &self.filters else { return Ok(()) };
        ApiError::length("filters", filters.len(), 1..=FILTERS_MAX)?;
        for KeyValueFilter { key, value } in filters {
            match key.as_str() {
                "InvokedAfter" | "InvokedBefore" => drop(timestamp(key, value)?),
                "Status" | "DocumentName" => {}
                "ExecutionStage" if context.target.operation == "ListCommands" => {}
                _ => return Err(ApiError::invalid_filter_key()),
            }
        }
        Ok(())
    }

    pub(super) fn is_for_instance(&self, id: &str) -> bool {
        self.instance_id.as_deref().is_none_or(|requested| requested == id)
    }

    /// The listed commands that match all members but the status filter and the instance, newest first.
    pub(super) fn commands<'a>(&self, context: &Context<'a>) -> impl Iterator<Item = &'a Command> {
        let is_requested = |command: &&Command| {
            self.command_id.as_deref().is_none_or(|requested| requested == &*command.id)
                && self.filters.iter().flatten().all(|KeyValueFilter { key, value }| match key.as_str() {
                    "InvokedAfter" => timestamp(key, value).is_ok_and(|limit| command.requested_at > limit),
                    "InvokedBefore" => timestamp(key, value).is_ok_and(|limit| command.requested_at < limit),
                    "DocumentName" => value == DOCUMENT,
                    "ExecutionStage" => value == "Complete",
                    _ => true,
                })
        };
        context.listed_commands().iter().rev().filter(is_requested)
    }

    pub(super) fn has_status(&self, status: &str) -> bool {
        self.filters.iter().flatten().all(|filter| filter.key != "Status" || filter.value == status)
    }
}

pub(super) fn check_ids(command_id: Option<&str>, instance_id: Option<&str>) -> Result<(), ApiError> {
    if command_id.is_some_and(|id| id.len() != COMMAND_ID_LENGTH) {
        return Err(ApiError::ssm("InvalidCommandId", ""));
    }
    match instance_id {
        Some(id) if !is_instance_id(id) => Err(ApiError::invalid_instance_id(id)),
        _ => Ok(()),
    }
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (CommandInput, _) = paged_input(context, LIMITS)?;
    input.check(context)?;
    let subject = input.instance_id.as_deref().unwrap_or("");
    let Some(site) = context.site else { return pager.respond("Commands", subject, &[], |row: &Value| row) };
    let is_sent_to_instance = |command: &Command| {
        let mut invocations = site.invocations_of(command).iter();
        input.instance_id.is_none()
            || invocations.any(|invocation| input.is_for_instance(&site.instances[invocation.instance].id))
    };
    let commands = input.commands(context).filter(|command| is_sent_to_instance(command));
    let found: Vec<&Command> = commands.filter(|command| input.has_status(status(site, command).0)).collect();
    pager.respond("Commands", subject, &found, |command| row(site, command))
}

fn status(site: &Site, command: &Command) -> (&'static str, &'static str) {
    let all = |outcome| site.invocations_of(command).iter().all(|invocation| invocation.outcome == outcome);
    let outcomes = [Outcome::Success, Outcome::DeliveryTimedOut];
    let outcome = outcomes.into_iter().find(|&outcome| all(outcome)).unwrap_or(Outcome::UpdatesFailed);
    (outcome.status(), outcome.status_details())
}

/// Commands to a patch group have targets and no instance ids, other commands have instance ids and no targets.
fn row(site: &Site, command: &Command) -> Value {
    let invocations = site.invocations_of(command);
    let count = |outcome: fn(Outcome) -> bool| invocations.iter().filter(|one| outcome(one.outcome)).count();
    let (status, status_details) = status(site, command);
    let target =
        command.group.map(|group| json!({ "Key": format!("tag:{PATCH_GROUP_TAG}"), "Values": [group.name()] }));
    let ids = invocations.iter().map(|invocation| &*site.instances[invocation.instance].id);
    let ids_max = if command.group.is_some() { 0 } else { INSTANCE_IDS_MAX };
    json!({
        "CommandId": command.id,
        "DocumentName": DOCUMENT,
        "DocumentVersion": "$DEFAULT",
        "Comment": command.comment,
        "ExpiresAfter": Epoch(command.requested_at + clock::seconds(2 * TIMEOUT_SECONDS)),
        "Parameters": {
            "InstallOverrideList": [""],
            "Operation": [command.operation.into_str()],
            "RebootOption": [command.reboot_option()],
            "SnapshotId": [""],
        },
        "InstanceIds": ids.take(ids_max).collect::<Vec<_>>(),
        "Targets": target.into_iter().collect::<Vec<_>>(),
        "RequestedDateTime": Epoch(command.requested_at),
        "Status": status,
        "StatusDetails": status_details,
        "MaxConcurrency": "50",
        "MaxErrors": "100%",
        "TargetCount": invocations.len(),
        "CompletedCount": invocations.len(),
        "ErrorCount": count(|outcome| !matches!(outcome, Outcome::Success | Outcome::DeliveryTimedOut)),
        "DeliveryTimedOutCount": count(|outcome| outcome == Outcome::DeliveryTimedOut),
        "TimeoutSeconds": TIMEOUT_SECONDS,
    })
}
