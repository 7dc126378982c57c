//! `ListCommandInvocations`: each instance's result of each run, for the whole account at once.

use super::{
    account::SystemsAccount,
    commands::filters,
    pages::all_rows,
    text::{clean, clean_option},
    time::timestamp,
};
use aws_sdk_ssm::types::{CommandFilter, CommandInvocation, CommandPlugin};
use jiff::{SignedDuration, Timestamp};
use muster_core::{
    error::CollectError,
    known::Known,
    snapshot::{InvocationRecord, RunRecord},
};
use muster_model::ids::InstanceId;

pub const OPERATION: &str = "ListCommandInvocations";
const PAGE_ROWS: i32 = 50;
/// How far behind the newest known result to look again: lists lag behind, and the filter goes by request time.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);
/// What was asked for in the very second of the filter may be left out.
const FILTER_STEP: SignedDuration = SignedDuration::from_secs(1);

/// What the agent writes for a step that was not for its platform.
const SKIPPED: &str = "skipped due to unsatisfied preconditions";
/// AWS's code for a command that it no longer has.
const FORGOTTEN: &str = "InvalidCommandId";

/// From when on there are results to read.
#[derive(Debug, PartialEq, Eq)]
enum Unread {
    Everything,
    /// What was asked for after this time, as the filter has it.
    After(String),
    Nothing,
}

/// Results of runs that are not stored whole, and again those of commands that were not over yet. `runs` is what
/// `ListCommands` gave, if anything.
pub async fn collect(
    account: &SystemsAccount<'_>,
    known: &Known,
    runs: Option<&[RunRecord]>,
) -> Result<Vec<InvocationRecord>, CollectError> {
    let mut records = match unread(known, runs) {
        Unread::Everything => list(account, None, Some(filters(None)?)).await?,
        Unread::After(time) => list(account, None, Some(filters(Some(time))?)).await?,
        Unread::Nothing => Vec::new(),
    };
    for command_id in &known.open_commands {
        let read_already = records.iter().any(|record| record.command_id == *command_id);
        if !read_already {
            match list(account, Some(command_id.clone()), None).await {
                Err(error) if error.code == FORGOTTEN => {}
                results => records.extend(results?),
            }
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
    let send = |ssm: aws_sdk_ssm::Client, token| {
        let request = ssm.list_command_invocations().command_id(command_id).instance_id(instance_id.as_str());
        request.details(true).set_next_token(token).send()
    };
    let rows = all_rows(account, OPERATION, send, |page| (page.command_invocations, page.next_token)).await?;
    Ok(rows.iter().find_map(record))
}

/// The runs of the overlap that are over and stored with all their results need not be read again and again: one run on
/// a thousand machines has twenty pages.
fn unread(known: &Known, runs: Option<&[RunRecord]>) -> Unread {
    let Some(newest) = known.newest_invocation_at else { return Unread::Everything };
    let Some(runs) = runs else { return Unread::After(requested_after(newest)) };
    let mut unread = runs.iter().filter(|run| !known.finished_commands.contains(&run.command_id)).peekable();
    if unread.peek().is_none() {
        return Unread::Nothing;
    }
    match unread.map(|run| run.requested_at).min().flatten() {
        Some(first) => Unread::After(in_filter(first.checked_sub(FILTER_STEP).unwrap_or(first))),
        // One of them does not say when it was asked for.
        None => Unread::After(requested_after(newest)),
    }
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
    in_filter(newest_known.checked_sub(OVERLAP).unwrap_or(newest_known))
}

/// Filters know no fractions of a second.
fn in_filter(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// A result without a usable instance id belongs to no instance of ours.
fn record(row: &CommandInvocation) -> Option<InvocationRecord> {
    // The patch document has a step for each platform. Those of other platforms are skipped, and called a success.
    let step = row
        .command_plugins()
        .iter()
        .filter(|step| step.response_finish_date_time().and_then(timestamp).is_some())
        .max_by_key(|step| (step.status().map(|status| status.as_str() != "Success"), !was_skipped(step)));
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

fn was_skipped(step: &CommandPlugin) -> bool {
    step.output().is_some_and(|output| output.contains(SKIPPED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().expect("a time")
    }

    fn run(command_id: &str, requested_at: Option<Timestamp>) -> RunRecord {
        RunRecord {
            command_id: command_id.to_owned(),
            document_name: String::new(),
            operation: String::new(),
            requested_at,
            status: String::new(),
            status_details: String::new(),
            target_count: 0,
            completed_count: 0,
            error_count: 0,
        }
    }

    #[test]
    fn results_are_read_from_the_first_run_on_that_is_not_stored_whole() {
        let known = Known {
            newest_invocation_at: Some(at("2025-11-23T02:40:00Z")),
            finished_commands: ["old".to_owned(), "late".to_owned()].into(),
            ..Known::default()
        };
        let (old, late) = (run("old", Some(at("2025-11-23T02:00:00Z"))), run("late", Some(at("2025-11-23T02:40:00Z"))));
        let new = run("new", Some(at("2025-11-23T02:10:00.5Z")));
        let after = |time: &str| Unread::After(time.to_owned());
        let overlap = after("2025-11-23T01:40:00Z");
        assert_eq!(unread(&known, Some(&[old.clone(), late.clone()])), Unread::Nothing);
        assert_eq!(unread(&known, Some(&[late.clone(), new, old.clone()])), after("2025-11-23T02:09:59Z"));
        assert_eq!(unread(&known, Some(&[old, run("timeless", None), late])), overlap);
        assert_eq!(unread(&known, None), overlap);
        assert_eq!(unread(&Known::default(), Some(&[])), Unread::Everything);
    }
}
