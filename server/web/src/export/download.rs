//! The body of a file's response: pieces as the store produces them, or an error if it does not produce all.
//!
//! An incomplete file must not look complete: the body fails, and the connection is closed without the last chunk. When the
//! client disconnects, the read of the store is cancelled.

use super::gate::Turn;
use crate::audit_trail::AuditTrail;
use axum::body::Body;
use futures::{StreamExt, stream};
use muster_audit::event::{Action, Event, Outcome};
use muster_reports::ScopedReports;
use muster_store::reading::PendingRead;
use std::io;
use tokio::sync::mpsc;

/// A part of a file, or its end.
#[derive(Debug)]
pub enum Piece {
    Bytes(Vec<u8>),
    /// The file is complete.
    End,
}

/// A file that is being sent.
pub struct Download {
    pub pieces: mpsc::Receiver<Piece>,
    pub reports: ScopedReports,
    pub what: &'static str,
    /// None once it is finished.
    pub reading: Option<PendingRead<()>>,
    pub trail: AuditTrail,
    pub object: String,
    pub bytes: u64,
    pub turn: Turn,
}

impl Download {
    pub fn body(self) -> Body {
        // The compression layer polls once more after the end.
        Body::from_stream(stream::unfold(self, Self::next).fuse())
    }

    async fn next(mut self) -> Option<(io::Result<Vec<u8>>, Self)> {
        match self.pieces.recv().await {
            Some(Piece::Bytes(bytes)) => {
                self.bytes += bytes.len() as u64;
                Some((Ok(bytes), self))
            }
            Some(Piece::End) => {
                self.reading = None;
                None
            }
            None => {
                let reading = self.reading.take()?;
                let why = match self.reports.answer(self.what, reading).await {
                    Ok(()) => "the client read too slowly",
                    Err(_) => "the store did not return all rows",
                };
                tracing::warn!(export.file = self.object, "an export was aborted: {why}");
                // The body fails in any case.
                let _ = self.trail.record(self.broken_off(why)).await;
                Some((Err(io::Error::other("the file is incomplete")), self))
            }
        }
    }

    fn broken_off(&self, why: &str) -> Event {
        let event = Event::new(Action::ExportBrokenOff, Outcome::Failed).object(&self.object);
        event.detail(&format!("{why}, after {} bytes", self.bytes))
    }
}

impl Drop for Download {
    /// The client disconnected before the end.
    fn drop(&mut self) {
        let Some(reading) = self.reading.take() else { return };
        drop(reading);
        let (trail, event) = (self.trail.clone(), self.broken_off("the client disconnected"));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { trail.record(event).await });
        }
    }
}
