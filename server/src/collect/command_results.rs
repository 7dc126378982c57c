//! `ListCommandInvocations`: each instance's result of each run, for the whole account at once.

use super::{
    account::SystemsAccount,
    commands::filters,
    error::CollectError,
    pages::all_rows,
    snapshot::InvocationRecord,
    text::{clean, clean_option},
    time::timestamp,
};
use app::model::ids::InstanceId;
use aws_sdk_ssm::types::{CommandFilter, CommandInvocation};
use jiff::{SignedDuration, Timestamp};

pub const OPERATION: &str = "ListCommandInvocations";
const PAGE_ROWS: i32 = 50;
/// How far behind the newest known result to look again: lists lag behind, and the filter goes by request time.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);

/// Results asked for since the newest known one, and again those of commands that were not over yet.
pub async fn collect(
    account: &SystemsAccount<'_>,
    newest_known: Option<Timestamp>,
    open_commands: &[String],
) -> Result<Vec<InvocationRecord>, CollectError> {
    let mut records = list(account, None, Some(filters(newest_known)?)).await?;
    for command_id in open_commands {
        let read_already = records.iter().any(|record| record.command_id == *command_id);
        if !read_already {
            records.extend(list(account, Some(command_id.clone()), None).await?);
        }
    }
    Ok(records)
}

/// One instance's result of one command, if AWS still has it.
pub async fn of_instance(
    account: &SystemsAccount<'_>,
    command_id: &str,
    instance_id: &InstanceId,
) -> Result<Option<InvocationRecord>, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client| {
        let request = ssm.list_command_invocations().command_id(command_id).instance_id(instance_id.as_str());
        request.details(true).send()
    };
    let page = account.ask(OPERATION, send).await?;
    Ok(page.command_invocations().iter().find_map(record))
}

async fn list(
    account: &SystemsAccount<'_>,
    command_id: Option<String>,
    filters: Option<Vec<CommandFilter>>,
) -> Result<Vec<InvocationRecord>, CollectError> {
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.list_command_invocations()
            .set_command_id(command_id.clone())
            .set_filters(filters.clone())
            .details(true)
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.command_invocations, page.next_token)).await?;
    Ok(rows.iter().filter_map(record).collect())
}

/// The start of what to list, in the one format the filter takes.
pub(super) fn requested_after(newest_known: Timestamp) -> String {
    let after = newest_known.checked_sub(OVERLAP).unwrap_or(newest_known);
    Timestamp::from_second(after.as_second()).unwrap_or(after).to_string()
}

/// A result without a usable instance id belongs to no instance of ours.
fn record(row: &CommandInvocation) -> Option<InvocationRecord> {
    // The patch document has a step for each platform; the step that ran is the one that has an answer.
    let step = row
        .command_plugins()
        .iter()
        .filter(|step| step.response_finish_date_time().and_then(timestamp).is_some())
        .max_by_key(|step| step.status().map(|status| status.as_str() != "Success"));
    Some(InvocationRecord {
        command_id: clean_option(row.command_id()),
        instance_id: row.instance_id()?.parse().ok()?,
        document_name: clean_option(row.document_name()),
        requested_at: row.requested_date_time().and_then(timestamp),
        finished_at: step.and_then(|step| step.response_finish_date_time()).and_then(timestamp),
        status: clean_option(row.status().map(|status| status.as_str())),
        status_details: clean_option(row.status_details()),
        step: step.and_then(|step| step.name()).map(clean),
        response_code: step.map(|step| step.response_code().into()),
    })
}
