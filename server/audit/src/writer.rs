//! The thread that writes the log. Events that are waiting at the same time are synced to disk together.

use super::{
    error::AuditError,
    event::{Action, Event, Outcome},
    log::Log,
};
use std::{io, thread};
use tokio::sync::{mpsc, oneshot};

/// Waiting events. Further callers wait for capacity.
const QUEUE_MAX: usize = 1_024;
/// Events that are written together.
const BATCH_MAX: usize = 256;

pub struct Writer {
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// An event to write, or a check whether one could be written.
struct Request {
    event: Option<Event>,
    reply: oneshot::Sender<Result<(), String>>,
}

impl Writer {
    pub fn start(log: Log) -> Result<Self, AuditError> {
        let (requests, waiting) = mpsc::channel(QUEUE_MAX);
        let thread = thread::Builder::new().name("audit".to_owned()).spawn(move || run(log, waiting));
        let thread = thread.map_err(|error| AuditError::Unavailable { cause: error.to_string() })?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Writes an event, or checks whether one could be written.
    pub async fn send(&self, event: Option<Event>) -> Result<(), AuditError> {
        let ended = || AuditError::Unavailable { cause: "its writer thread has ended".to_owned() };
        let (reply, replied) = oneshot::channel();
        let requests = self.requests.as_ref().ok_or_else(ended)?;
        requests.send(Request { event, reply }).await.map_err(|_| ended())?;
        replied.await.map_err(|_| ended())?.map_err(|cause| AuditError::Unavailable { cause })
    }
}

impl Drop for Writer {
    /// Waits for the thread, so that the folder's lock is released.
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut log: Log, mut requests: mpsc::Receiver<Request>) {
    let mut failing = false;
    let mut batch = Vec::new();
    while requests.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        let result = write(&mut log, &batch, failing).map_err(|error| error.to_string());
        match &result {
            Err(cause) if !failing => {
                tracing::error!("the audit log cannot be written: {cause}; requests that must be audited fail with 503")
            }
            Ok(()) if failing => tracing::info!("the audit log can be written again"),
            _ => {}
        }
        failing = result.is_err();
        for request in batch.drain(..) {
            // The caller may have given up.
            let _ = request.reply.send(result.clone());
        }
    }
}

/// After a failure even a check writes a line, because only that shows whether writing works again.
fn write(log: &mut Log, batch: &[Request], failing: bool) -> io::Result<()> {
    let available = failing.then(|| Event::new(Action::AuditAvailable, Outcome::Ok));
    let events: Vec<&Event> =
        available.iter().chain(batch.iter().filter_map(|request| request.event.as_ref())).collect();
    match events.is_empty() {
        true => log.check(),
        false => log.append(events.into_iter()),
    }
}
