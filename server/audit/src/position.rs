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
    action: String,
    #[serde(default)]
    ledger: Option<Position>,
}

/// The action of the line that a process writes when it has opened the ledger.
const OPENED: &str = "ledger_opened";
const INVALID_POSITION: &str = "states a position of the ledger that is none";

/// The highest position of the ledger that the audit log states since the ledger was last opened. `None` if it states none, or if
/// there is no log.
///
/// The last line can state an older position than one before it, because lines are written after their positions were read. Lines
/// before the last opening do not count, because an operator may have accepted an older ledger then.
///
/// # Errors
///
/// If the folder cannot be read, or a line has a malformed position. Lines that were changed are skipped: [`crate::Audit::open`]
/// refuses them.
pub fn last_ledger(folder: &Path) -> Result<Option<Chain>, AuditError> {
    if !folder.exists() {
        return Ok(None);
    }
    let files = folder::files(folder).map_err(|source| AuditError::Folder { folder: folder.to_owned(), source })?;
    let mut highest: Option<Chain> = None;
    for file in files.iter().rev() {
        let failed = |source| AuditError::Read { path: file.path.clone(), source };
        let bytes = std::fs::read(&file.path).map_err(failed)?;
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        for (index, line) in lines.iter().enumerate().rev().filter(|(_, line)| Link::read(line).is_some()) {
            let invalid =
                || AuditError::Broken { path: file.path.clone(), line: index as u64 + 1, what: INVALID_POSITION };
            let line: Line = serde_json::from_slice(line).map_err(|_| invalid())?;
            if let Some(position) = line.ledger {
                let stated = Chain { number: position.number, head: position.head.parse().map_err(|_| invalid())? };
                highest = highest.filter(|highest| highest.number >= stated.number).or(Some(stated));
            }
            if line.action == OPENED {
                return Ok(highest);
            }
        }
    }
    Ok(highest)
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

    #[tokio::test]
    async fn a_line_with_an_older_position_than_one_before_it_does_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let last = || last_ledger(folder.path()).expect("readable").map(|chain| chain.number);
        let audit = Audit::open(folder.path(), Arc::new(FixedClock::at(Timestamp::UNIX_EPOCH))).expect("opened");
        let record = async |action, number| {
            let chain = Chain { number, head: LineHash::of(b"line") };
            audit.record(Event::new(action, Outcome::Ok).ledger(&chain)).await.expect("recorded");
        };
        for (action, number, expected) in [
            (Action::LedgerOpened, 5, 5),
            (Action::Enrolled, 8, 8),
            (Action::EnrollmentAdmitted, 7, 8),
            // An operator accepted an older ledger.
            (Action::LedgerOpened, 6, 6),
            (Action::Enrolled, 7, 7),
        ] {
            record(action, number).await;
            assert_eq!(last(), Some(expected), "{number}");
        }
    }

    #[test]
    fn a_malformed_position_is_an_error() {
        #[derive(Serialize)]
        struct Content {
            action: &'static str,
            ledger: Position,
        }
        let folder = tempfile::tempdir().expect("a folder");
        for (head, is_error) in [(LineHash::NONE.to_string(), false), ("zz".to_owned(), true)] {
            let mut bytes = Vec::new();
            let content = Content { action: "enrolled", ledger: Position { number: 3, head } };
            Chain::START.clone().write(&mut bytes, Timestamp::UNIX_EPOCH, &content).expect("written");
            std::fs::write(folder.path().join("audit-19700101.jsonl"), bytes).expect("written");
            assert_eq!(last_ledger(folder.path()).is_err(), is_error);
        }
    }
}
