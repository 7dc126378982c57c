//! `ListCommands`: the runs of the patch document.

use super::{
    account::SystemsAccount, command_results::requested_after, pages::all_rows, text::clean_option, time::timestamp,
};
use aws_sdk_ssm::types::{Command, CommandFilter, CommandFilterKey};
use jiff::Timestamp;
use muster_core::{error::CollectError, snapshot::RunRecord};

pub const OPERATION: &str = "ListCommands";
/// The document whose runs are runs; on hybrid nodes it is the only one that patches.
pub const PATCH_DOCUMENT: &str = "AWS-RunPatchBaseline";
const PAGE_ROWS: i32 = 50;

pub async fn collect(
    account: &SystemsAccount<'_>,
    newest_known: Option<Timestamp>,
) -> Result<Vec<RunRecord>, CollectError> {
    let filters = filters(newest_known.map(requested_after))?;
    let send = |ssm: aws_sdk_ssm::Client, token| {
        ssm.list_commands().set_filters(Some(filters.clone())).max_results(PAGE_ROWS).set_next_token(token).send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.commands, page.next_token)).await?;
    Ok(rows.iter().map(record).collect())
}

/// Only the patch document, and only what was asked for after a time, as the filter has it.
pub(super) fn filters(after: Option<String>) -> Result<Vec<CommandFilter>, CollectError> {
    let document = filter(CommandFilterKey::DocumentName, PATCH_DOCUMENT.to_owned())?;
    let after = after.map(|after| filter(CommandFilterKey::InvokedAfter, after));
    std::iter::once(Ok(document)).chain(after).collect()
}

fn filter(key: CommandFilterKey, value: String) -> Result<CommandFilter, CollectError> {
    CommandFilter::builder()
        .key(key)
        .value(value)
        .build()
        .map_err(|error| CollectError::schema(OPERATION, error.to_string()))
}

fn record(row: &Command) -> RunRecord {
    // Of the parameters only the operation is kept: people type secrets into the others.
    let operation =
        row.parameters().and_then(|parameters| parameters.get("Operation")).and_then(|values| values.first());
    RunRecord {
        command_id: clean_option(row.command_id()),
        document_name: clean_option(row.document_name()),
        operation: clean_option(operation.map(String::as_str)),
        requested_at: row.requested_date_time().and_then(timestamp),
        status: clean_option(row.status().map(|status| status.as_str())),
        status_details: clean_option(row.status_details()),
        target_count: row.target_count().into(),
        completed_count: row.completed_count().into(),
        error_count: row.error_count().into(),
    }
}
