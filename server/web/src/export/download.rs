//! The body of a file's answer: pieces as the store gives them, and an error where it did not give all.
//!
//! A file that breaks off must not look whole: the body then fails, and the connection is closed without the mark that ends
//! a good one. Whoever goes away takes the read from the store along.

use super::gate::Turn;
use crate::audited::Trail;
use axum::body::Body;
use futures::{StreamExt, stream};
use muster_audit::event::{Action, Event, Outcome};
use muster_reports::ScopedReports;
use muster_store::reading::Reading;
use tokio::sync::mpsc;

/// A part of a file, or its end.
#[derive(Debug)]
pub enum Piece {
    Bytes(Vec<u8>),
    /// Nothing is missing.
    End,
}

#[derive(Debug, thiserror::Error)]
#[error("the file was broken off")]
pub struct BrokenOff;

/// A file on its way.
pub struct Download {
    pub pieces: mpsc::Receiver<Piece>,
    pub reports: ScopedReports,
    pub what: &'static str,
    /// None once it has ended.
    pub reading: Option<Reading<()>>,
    pub trail: Trail,
    pub object: String,
    pub bytes: u64,
    pub turn: Turn,
}

impl Download {
    pub fn body(self) -> Body {
        // What compresses it asks once more after the end.
        Body::from_stream(stream::unfold(self, Self::next).fuse())
    }

    async fn next(mut self) -> Option<(Result<Vec<u8>, BrokenOff>, Self)> {
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
                // After the error nobody asks for more.
                let reading = self.reading.take()?;
                let why = match self.reports.answer(self.what, reading).await {
                    Ok(()) => "it was taken too slowly",
                    Err(_) => "the store did not give all of it",
                };
                tracing::warn!(export.file = self.object, "a file was broken off: {why}");
                // The body fails whatever the audit says.
                let _ = self.trail.record(self.broken_off(why)).await;
                Some((Err(BrokenOff), self))
            }
        }
    }

    fn broken_off(&self, why: &str) -> Event {
        let event = Event::new(Action::ExportBrokenOff, Outcome::Failed).about(&self.object);
        event.saying(&format!("{why}, after {} bytes", self.bytes))
    }
}

impl Drop for Download {
    /// Whoever asked went away before the end.
    fn drop(&mut self) {
        let Some(reading) = self.reading.take() else { return };
        drop(reading);
        let (trail, event) = (self.trail.clone(), self.broken_off("whoever asked went away"));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { trail.record(event).await });
        }
    }
}
