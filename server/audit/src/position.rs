//! The position of another chained log, which events of the audit log state: a log that was restored from a backup is behind it.

use crate::{
    chain::{Chain, Link},
    error::AuditError,
    folder,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The number and hash of a line, as an event states them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    number: u64,
    head: String,
}

impl From<&Chain> for Position {
    fn from(chain: &Chain) -> Self {
        Self { number: chain.number, head: chain.head.to_string() }
    }
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    ledger: Option<Position>,
}

/// The last position of the ledger that the audit log states. `None` if it states none, or if there is no log.
///
/// # Errors
///
/// If the folder cannot be read. Lines that were changed are skipped: [`crate::Audit::open`] refuses them.
pub fn last_ledger(folder: &Path) -> Result<Option<Chain>, AuditError> {
    if !folder.exists() {
        return Ok(None);
    }
    let files = folder::files(folder).map_err(|source| AuditError::Folder { folder: folder.to_owned(), source })?;
    for file in files.iter().rev() {
        let failed = |source| AuditError::Read { path: file.path.clone(), source };
        let bytes = std::fs::read(&file.path).map_err(failed)?;
        let mut lines = bytes.rsplit(|byte| *byte == b'\n').filter(|line| Link::read(line).is_some());
        let stated = lines.find_map(|line| serde_json::from_slice::<Line>(line).ok()?.ledger);
        if let Some(position) = stated {
            return Ok(position.head.parse().ok().map(|head| Chain { number: position.number, head }));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Audit,
        chain::LineHash,
        event::{Action, Event, Outcome},
    };
    use jiff::{SignedDuration, Timestamp};
    use muster_core::clock::{Clock, FixedClock};
    use std::sync::Arc;

    #[tokio::test]
    async fn finds_the_last_position_across_days_and_other_events() {
        let folder = tempfile::tempdir().expect("a folder");
        let last = || last_ledger(folder.path()).expect("readable");
        assert_eq!(last_ledger(&folder.path().join("missing")).expect("no log"), None);
        let clock = Arc::new(FixedClock::at(Timestamp::UNIX_EPOCH));
        let audit = Audit::open(folder.path(), clock.clone()).expect("opened");
        assert_eq!(last(), None);
        for number in 1..=3 {
            let chain = Chain { number, head: LineHash::of(&[number as u8]) };
            let event = Event::new(Action::Enrolled, Outcome::Ok).ledger(&chain);
            audit.record(event).await.expect("recorded");
            clock.set(clock.now() + SignedDuration::from_hours(24));
            audit.record(Event::new(Action::Export, Outcome::Ok)).await.expect("recorded");
            assert_eq!(last(), Some(chain));
        }
    }
}
