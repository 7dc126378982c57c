//! Filters of the list operations: which document, and since when.

use super::error::CollectError;
use aws_sdk_ssm::types::{CommandFilter, CommandFilterKey};
use jiff::{SignedDuration, Timestamp};

/// How far before the newest known result a list starts: lists lag behind, and the filter goes by request time.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(1);

/// Selects commands of a document, requested after a time in the format of [`filter_time`]; None selects all.
pub fn filters(
    operation: &'static str,
    document: Option<&str>,
    after: Option<String>,
) -> Result<Option<Vec<CommandFilter>>, CollectError> {
    let filter = |(key, value): (CommandFilterKey, String)| {
        let filter = CommandFilter::builder().key(key).value(value).build();
        filter.map_err(|error| CollectError::schema(operation, error.to_string()))
    };
    let document = document.map(|name| (CommandFilterKey::DocumentName, name.to_owned()));
    let after = after.map(|after| (CommandFilterKey::InvokedAfter, after));
    let filters: Vec<_> = document.into_iter().chain(after).map(filter).collect::<Result<_, _>>()?;
    // AWS refuses an empty list.
    Ok((!filters.is_empty()).then_some(filters))
}

/// The start of a list that continues after the newest known row.
pub fn overlapping(newest_known: Timestamp) -> String {
    filter_time(before(newest_known, OVERLAP))
}

pub fn before(time: Timestamp, span: SignedDuration) -> Timestamp {
    time.checked_sub(span).unwrap_or(time)
}

/// Formats a time for a filter. Filters accept whole seconds only.
pub fn filter_time(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}
