//! `ListCommands`: the runs of the documents that patch.
//!
//! A filter takes one document's name. A harvest that continues an earlier one lists all commands since then and selects
//! the runs, which is one request; a longer time is read document by document, because an account can have any number of
//! other commands.

use super::{
    account::SystemsAccount,
    command_filters::{OVERLAP, before, filter_time, filters},
    error::CollectError,
    pages::list_rows,
    patch_documents::{PatchDocuments, operation},
    text::clean,
    time::timestamp,
};
use jiff::{SignedDuration, Timestamp};
use muster_core::{known::Known, snapshot::RunRecord};
use std::collections::HashSet;

pub const OPERATION: &str = "ListCommands";
/// The longest lag of a list that is made up for.
const LAG_MAX: SignedDuration = SignedDuration::from_hours(24);
/// The longest time of which all commands are listed.
const UNFILTERED_MAX: SignedDuration = SignedDuration::from_hours(36);

/// Which commands to list.
#[derive(Debug, PartialEq, Eq)]
enum Extent {
    /// All commands since a time.
    AllSince(Timestamp),
    /// Commands of each patch document, since a time if there is one.
    OfDocuments(Option<Timestamp>),
}

pub async fn collect(
    account: &SystemsAccount<'_>,
    known: &Known,
    documents: &PatchDocuments,
    now: Timestamp,
) -> Result<Vec<RunRecord>, CollectError> {
    let mut records = Vec::new();
    match extent(known, now) {
        Extent::AllSince(since) => list(account, None, Some(since), documents, &mut records).await?,
        Extent::OfDocuments(since) => {
            for document in documents.names() {
                list(account, Some(document), since, documents, &mut records).await?;
            }
        }
    }
    let mut seen = HashSet::new();
    records.retain(|record| seen.insert(record.command_id.clone()));
    Ok(records)
}

/// Starts before the newest known run, or, where there were none lately, before the last complete harvest; in any case
/// before the oldest run that was not finished.
fn extent(known: &Known, now: Timestamp) -> Extent {
    let newest = known.newest_invocation_at.map(|at| before(at, OVERLAP));
    let harvested = known.last_good_at.map(|at| before(at, LAG_MAX));
    let Some(since) = newest.max(harvested) else { return Extent::OfDocuments(None) };
    let since = known.oldest_open_run_at.map_or(since, |open| since.min(before(open, OVERLAP)));
    if now.duration_since(since) <= UNFILTERED_MAX { Extent::AllSince(since) } else { Extent::OfDocuments(Some(since)) }
}

async fn list(
    account: &SystemsAccount<'_>,
    document: Option<&str>,
    since: Option<Timestamp>,
    documents: &PatchDocuments,
    records: &mut Vec<RunRecord>,
) -> Result<(), CollectError> {
    let filters = filters(OPERATION, document, since.map(filter_time))?;
    let rows = list_rows!(account, OPERATION, list_commands().set_filters(filters.clone()) => commands).await?;
    let is_run = |row: &&aws_sdk_ssm::types::Command| row.document_name().is_some_and(|name| documents.has(name));
    records.extend(rows.iter().filter(is_run).map(|row| RunRecord {
        command_id: clean(row.command_id()),
        document_name: clean(row.document_name()),
        operation: operation(row.document_name().unwrap_or_default(), row.parameters()),
        requested_at: row.requested_date_time().and_then(timestamp),
        status: clean(row.status()),
        status_details: clean(row.status_details()),
        target_count: row.target_count().into(),
        completed_count: row.completed_count().into(),
        error_count: row.error_count().into(),
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().expect("a time")
    }

    #[test]
    fn all_commands_are_listed_of_a_short_time_only() {
        let now = at("2026-11-20T12:00:00Z");
        let extent_of = |newest: Option<&str>, harvested: Option<&str>, open: Option<&str>| {
            let known = Known {
                newest_invocation_at: newest.map(at),
                last_good_at: harvested.map(at),
                oldest_open_run_at: open.map(at),
                ..Known::default()
            };
            extent(&known, now)
        };
        let (recent, good) = (Some("2026-11-20T04:00:00Z"), Some("2026-11-20T11:45:00Z"));
        assert_eq!(extent_of(None, None, None), Extent::OfDocuments(None));
        assert_eq!(extent_of(recent, good, None), Extent::AllSince(at("2026-11-20T03:00:00Z")));
        // The last run was weeks ago.
        let old = Some("2026-11-01T00:00:00Z");
        assert_eq!(extent_of(old, good, None), Extent::AllSince(at("2026-11-19T11:45:00Z")));
        assert_eq!(extent_of(None, good, None), Extent::AllSince(at("2026-11-19T11:45:00Z")));
        // The account could not be harvested for weeks.
        assert_eq!(extent_of(old, None, None), Extent::OfDocuments(Some(at("2026-10-31T23:00:00Z"))));
        // A run of two days ago was not finished.
        let open = Some("2026-11-18T12:00:00Z");
        assert_eq!(extent_of(recent, good, open), Extent::OfDocuments(Some(at("2026-11-18T11:00:00Z"))));
    }
}
