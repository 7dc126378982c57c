//! `ListCommandInvocations`: each instance's result of each run, for the whole account at once.

use super::{
    account::SystemsAccount,
    command_filters::{before, filter_time, filters, overlapping},
    error::CollectError,
    pages::list_rows,
    patch_documents::PatchDocuments,
    text::clean,
    time::timestamp,
};
use aws_sdk_ssm::types::{CommandFilter, CommandInvocation, CommandPlugin};
use jiff::SignedDuration;
use muster_core::{
    known::Known,
    snapshot::{InvocationRecord, RunRecord},
};
use muster_model::ids::InstanceId;
use std::collections::BTreeSet;

pub const OPERATION: &str = "ListCommandInvocations";
/// The filter may leave out runs that were requested in its very second.
const FILTER_STEP: SignedDuration = SignedDuration::from_secs(1);
/// What the agent prints for a step that is not for its platform.
const SKIPPED: &str = "skipped due to unsatisfied preconditions";
/// AWS's code for a command that it no longer has.
const NOT_FOUND: &str = "InvalidCommandId";

/// The results that are not stored yet.
#[derive(Debug, PartialEq, Eq)]
enum Unread {
    Everything,
    /// Results of runs requested after this time, in the filter's format.
    After(String),
    Nothing,
}

/// Reads results of runs that are not stored completely, and again those of commands that were still running. `runs` is
/// the answer of `ListCommands`, if there was one. Results are listed for each document that was run, so that those of
/// other commands, which can be many and may print secrets, are not read.
pub async fn collect(
    account: &SystemsAccount<'_>,
    known: &Known,
    documents: &PatchDocuments,
    runs: Option<&[RunRecord]>,
) -> Result<Vec<InvocationRecord>, CollectError> {
    let unread = unread(known, runs);
    let after = match &unread {
        Unread::After(time) => Some(time.clone()),
        Unread::Everything | Unread::Nothing => None,
    };
    let documents: BTreeSet<&str> = match runs {
        _ if unread == Unread::Nothing => BTreeSet::new(),
        Some(runs) => runs.iter().filter(|run| is_unread(known, run)).map(|run| run.document_name.as_str()).collect(),
        None => documents.names().collect(),
    };
    let mut records = Vec::new();
    for document in documents {
        records.extend(list(account, None, None, filters(OPERATION, Some(document), after.clone())?).await?);
    }
    for command_id in &known.open_commands {
        if records.iter().any(|record| record.command_id == *command_id) {
            continue;
        }
        match list(account, Some(command_id), None, None).await {
            Err(error) if error.code == NOT_FOUND => {}
            results => records.extend(results?),
        }
    }
    Ok(records)
}

/// AWS's codes for a command or an instance that it does not have, or that cannot exist.
const NO_RESULT: [&str; 4] = [NOT_FOUND, "InvalidInstanceId", "InvocationDoesNotExist", "ValidationException"];

/// Reads one instance's result of one command, if AWS still has it.
pub async fn of_instance(
    account: &SystemsAccount<'_>,
    command_id: &str,
    instance_id: &InstanceId,
) -> Result<Option<InvocationRecord>, CollectError> {
    match list(account, Some(command_id), Some(instance_id.as_str()), None).await {
        Err(error) if NO_RESULT.contains(&error.code.as_str()) => Ok(None),
        results => Ok(results?.into_iter().next()),
    }
}

/// Skips runs that are finished and stored with all results: one run on a thousand instances has twenty pages.
fn unread(known: &Known, runs: Option<&[RunRecord]>) -> Unread {
    let Some(newest) = known.newest_invocation_at else { return Unread::Everything };
    let Some(runs) = runs else { return Unread::After(overlapping(newest)) };
    let mut unread = runs.iter().filter(|run| is_unread(known, run)).peekable();
    if unread.peek().is_none() {
        return Unread::Nothing;
    }
    match unread.map(|run| run.requested_at).min().flatten() {
        Some(first) => Unread::After(filter_time(before(first, FILTER_STEP))),
        // One of them has no request time.
        None => Unread::After(overlapping(newest)),
    }
}

fn is_unread(known: &Known, run: &RunRecord) -> bool {
    !known.finished_commands.contains(&run.command_id)
}

async fn list(
    account: &SystemsAccount<'_>,
    command_id: Option<&str>,
    instance_id: Option<&str>,
    filters: Option<Vec<CommandFilter>>,
) -> Result<Vec<InvocationRecord>, CollectError> {
    let text = |id: Option<&str>| id.map(str::to_owned);
    let request = list_rows!(
        account,
        OPERATION,
        list_command_invocations()
            .set_command_id(text(command_id))
            .set_instance_id(text(instance_id))
            .set_filters(filters.clone())
            .details(true)
            => command_invocations
    );
    Ok(request.await?.iter().filter_map(record).collect())
}

/// Returns None for a result without a valid instance id.
fn record(row: &CommandInvocation) -> Option<InvocationRecord> {
    // A patch document has a step for each platform. Those of other platforms are skipped, and reported as a success.
    let step = row
        .command_plugins()
        .iter()
        .filter(|step| step.response_finish_date_time().and_then(timestamp).is_some())
        .max_by_key(|step| (step.status().map(|status| status.as_str() != "Success"), !was_skipped(step)));
    Some(InvocationRecord {
        command_id: clean(row.command_id()),
        instance_id: row.instance_id()?.parse().ok()?,
        document_name: clean(row.document_name()),
        requested_at: row.requested_date_time().and_then(timestamp),
        finished_at: step.and_then(|step| step.response_finish_date_time()).and_then(timestamp),
        status: clean(row.status()),
        status_details: clean(row.status_details()),
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
    use jiff::Timestamp;

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
    fn reads_results_from_the_first_run_that_is_not_stored_completely() {
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
