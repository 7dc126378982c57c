//! Filters of the list operations: which document, and since when.

use super::error::CollectError;
use aws_sdk_ssm::types::{CommandFilter, CommandFilterKey};
use jiff::{SignedDuration, Timestamp};

/// The only document whose runs are read; on hybrid nodes it is the only one that patches.
const PATCH_DOCUMENT: &str = "AWS-RunPatchBaseline";
/// How far before the newest known result a list starts: lists lag behind, and the filter goes by request time.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);

/// Selects runs of the patch document, requested after a time in the format of [`filter_time`].
pub fn patch_runs(operation: &'static str, after: Option<String>) -> Result<Vec<CommandFilter>, CollectError> {
    let filter = |key, value| {
        let filter = CommandFilter::builder().key(key).value(value).build();
        filter.map_err(|error| CollectError::schema(operation, error.to_string()))
    };
    let document = filter(CommandFilterKey::DocumentName, PATCH_DOCUMENT.to_owned());
    let after = after.map(|after| filter(CommandFilterKey::InvokedAfter, after));
    std::iter::once(document).chain(after).collect()
}

/// The start of a list that continues after the newest known row.
pub fn overlapping(newest_known: Timestamp) -> String {
    filter_time(newest_known.checked_sub(OVERLAP).unwrap_or(newest_known))
}

/// Formats a time for a filter. Filters accept whole seconds only.
pub fn filter_time(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}
