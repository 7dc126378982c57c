//! The audit log: who did what, when, from where and with what result, in append-only lines of JSON.
//!
//! The log is kept outside the store, in a folder with one file per day. Each line contains the SHA-256 of the line
//! before, across files too, so that edited, removed or moved lines are detected: [`verify`] walks the chain. Callers
//! record an event before they act on it, wait until it is on disk, and refuse the action if that fails.

pub mod chain;
pub mod error;
pub mod event;
mod folder;
mod log;
pub mod position;
pub mod refusal_counts;
mod start;
pub mod verify;
mod writer;

use error::AuditError;
use event::{Action, Event, Outcome};
use muster_core::clock::SharedClock;
use std::{path::Path, sync::Arc, time::Duration};
use writer::Writer;

const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The audit log of this process.
#[derive(Clone)]
pub struct Audit {
    writer: Arc<Writer>,
}

impl Audit {
    /// Opens the log in a folder, or creates one. Fails if the log was tampered with or another process has it open.
    pub fn open(folder: &Path, clock: SharedClock) -> Result<Self, AuditError> {
        let (mut log, partial_line) = start::open(folder, clock)?;
        let opened = Event::new(Action::AuditOpened, Outcome::Ok).detail(env!("CARGO_PKG_VERSION"));
        let events: Vec<Event> = partial_line.into_iter().chain([opened]).collect();
        log.append(events.iter()).map_err(|source| AuditError::Folder { folder: folder.to_owned(), source })?;
        Ok(Self { writer: Arc::new(Writer::start(log)?) })
    }

    /// Records an event. It is on disk when this returns `Ok`.
    pub async fn record(&self, event: Event) -> Result<(), AuditError> {
        self.send(Some(event)).await
    }

    /// Checks that events can be written. After a failure this writes a line to find out.
    pub async fn check(&self) -> Result<(), AuditError> {
        self.send(None).await
    }

    async fn send(&self, event: Option<Event>) -> Result<(), AuditError> {
        let sent = tokio::time::timeout(WRITE_TIMEOUT, self.writer.send(event)).await;
        sent.unwrap_or_else(|_| Err(AuditError::Unavailable { cause: "the disk did not respond".to_owned() }))
    }
}
