//! The one thread that writes the audit. Events that wait at the same moment share one way to the disk.

use super::{
    error::AuditError,
    event::{Action, Event, Outcome},
    log::Log,
};
use std::{io, thread};
use tokio::sync::{mpsc, oneshot};

/// Events that wait; whoever comes then waits for a place.
const QUEUE: usize = 1_024;
/// Lines that are written together.
const BATCH_MAX: usize = 256;

pub struct Writer {
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// An event to write, or only the question whether one could be.
struct Request {
    event: Option<Event>,
    answer: oneshot::Sender<Result<(), String>>,
}

impl Writer {
    pub fn start(log: Log) -> Result<Self, AuditError> {
        let (requests, waiting) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("audit".to_owned()).spawn(move || run(log, waiting));
        let thread = thread.map_err(|error| AuditError::Unavailable { cause: error.to_string() })?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    pub async fn record(&self, event: Event) -> Result<(), AuditError> {
        self.ask(Some(event)).await
    }

    pub async fn check(&self) -> Result<(), AuditError> {
        self.ask(None).await
    }

    async fn ask(&self, event: Option<Event>) -> Result<(), AuditError> {
        let ended = || AuditError::Unavailable { cause: "its thread has ended".to_owned() };
        let (answer, answered) = oneshot::channel();
        let requests = self.requests.as_ref().ok_or_else(ended)?;
        requests.send(Request { event, answer }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?.map_err(|cause| AuditError::Unavailable { cause })
    }
}

impl Drop for Writer {
    /// Whoever opens the folder next finds it free.
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut log: Log, mut requests: mpsc::Receiver<Request>) {
    let mut failing = false;
    while let Some(first) = requests.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX
            && let Ok(next) = requests.try_recv()
        {
            batch.push(next);
        }
        let result = write(&mut log, &batch, failing).map_err(|error| error.to_string());
        match &result {
            Err(cause) if !failing => tracing::error!("the audit cannot be written: {cause}; what needs it is refused"),
            Ok(()) if failing => tracing::info!("the audit can be written again"),
            _ => {}
        }
        failing = result.is_err();
        for request in batch {
            // Whoever asked may be gone.
            let _ = request.answer.send(result.clone());
        }
    }
}

/// After a failure even a question whether it goes again writes a line: nothing else would tell.
fn write(log: &mut Log, batch: &[Request], failing: bool) -> io::Result<()> {
    let again = failing.then(|| Event::new(Action::AuditAvailable, Outcome::Ok));
    let events: Vec<&Event> = again.iter().chain(batch.iter().filter_map(|request| request.event.as_ref())).collect();
    match events.is_empty() {
        true => log.check(),
        false => log.append(events.into_iter()),
    }
}
