//! The audit: who did what, when, from where and with what result, in lines of JSON that are only ever added.
//!
//! It lies outside the store, a file a day in a folder of its own. Each line names the SHA-256 of the line before, over
//! files too, so that nobody edits, removes or moves one unseen: [`verify`] walks the chain. A line counts once it is on
//! the disk, and what cannot be written there must not be done: whoever records an event waits for the answer and gives
//! up when it is an error.

mod chain;
pub mod error;
pub mod event;
mod folder;
mod log;
mod start;
pub mod verify;
mod writer;

use error::AuditError;
use event::{Action, Event, Outcome};
use muster_core::clock::SharedClock;
use std::{path::Path, sync::Arc, time::Duration};
use writer::Writer;

/// A disk that takes longer to keep a line is out of order.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// The one audit of this process.
#[derive(Clone)]
pub struct Audit {
    writer: Arc<Writer>,
}

impl Audit {
    /// Goes on with the audit in a folder, or begins one. What was tampered with is refused, and so is a folder that
    /// another process has open.
    pub fn open(folder: &Path, clock: SharedClock) -> Result<Self, AuditError> {
        let (mut log, torn) = start::open(folder, clock)?;
        let opened = Event::new(Action::AuditOpened, Outcome::Ok).saying(env!("CARGO_PKG_VERSION"));
        let events: Vec<Event> = torn.into_iter().chain([opened]).collect();
        log.append(events.iter()).map_err(|source| AuditError::Folder { folder: folder.to_owned(), source })?;
        Ok(Self { writer: Arc::new(Writer::start(log)?) })
    }

    /// Writes an event; when this answers well, it is on the disk.
    pub async fn record(&self, event: Event) -> Result<(), AuditError> {
        self.within_time(self.writer.record(event)).await
    }

    /// Whether events can be written, as far as that can be told; one that could not is tried anew.
    pub async fn check(&self) -> Result<(), AuditError> {
        self.within_time(self.writer.check()).await
    }

    async fn within_time(&self, answer: impl Future<Output = Result<(), AuditError>>) -> Result<(), AuditError> {
        match tokio::time::timeout(ANSWER_TIME_MAX, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(AuditError::Unavailable { cause: "the disk did not answer".to_owned() }),
        }
    }
}
