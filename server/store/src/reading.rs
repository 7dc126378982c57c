//! Reads with a timeout: each in a read-only transaction, interrupted when it takes too long or its result is dropped.

use super::{connection::Store, error::StoreError};
use duckdb::{Connection, InterruptHandle};
use parking_lot::Mutex;
use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinHandle};

/// DuckDB ignores an interrupt between two statements, so it is repeated.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(20);

/// A read that has begun. Dropping it interrupts the read.
pub struct PendingRead<T> {
    what: &'static str,
    task: JoinHandle<Result<T, StoreError>>,
    _cancel_on_drop: oneshot::Sender<()>,
}

impl<T> Future for PendingRead<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let what = self.what;
        Pin::new(&mut self.task).poll(context).map(|ended| ended.unwrap_or_else(|_| Err(StoreError::Aborted { what })))
    }
}

impl Store {
    /// Starts `work` with a connection of its own, off the async threads, for at most `time_max`.
    pub fn spawn_read<T: Send + 'static>(
        &self,
        what: &'static str,
        time_max: Option<Duration>,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> PendingRead<T> {
        let (store, watched) = (self.clone(), Arc::new(Watched::default()));
        let (cancel_on_drop, cancelled) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        tokio::spawn(watched.clone().watch(time_max, cancelled, ended));
        let task = tokio::task::spawn_blocking(move || {
            // Dropped when the work ends, also by a panic.
            let _end: oneshot::Sender<()> = end;
            store.read_watched(what, &watched, work)
        });
        PendingRead { what, task, _cancel_on_drop: cancel_on_drop }
    }

    /// Runs `work` with a connection of its own, off the async threads, until the future is dropped.
    pub async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.spawn_read(what, None, work).await
    }

    /// Like [`Store::read`], but fails if it takes longer than `time_max`.
    pub async fn read_within<T: Send + 'static>(
        &self,
        time_max: Duration,
        what: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.spawn_read(what, Some(time_max), work).await
    }

    fn read_watched<T>(
        &self,
        what: &'static str,
        watched: &Watched,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if watched.cause.get().is_some() {
            return Err(StoreError::Aborted { what });
        }
        let reader = self.reader().map_err(StoreError::read(what))?;
        reader.execute_batch("BEGIN TRANSACTION READ ONLY").map_err(StoreError::read(what))?;
        watched.set_running(Some(reader.interrupt_handle()));
        let result = work(&reader);
        // From here on no interrupt reaches the connection, which is used again.
        watched.set_running(None);
        if reader.execute_batch("ROLLBACK").is_ok() {
            self.give_back(reader);
        }
        match (result, watched.cause.get()) {
            (Err(StoreError::Read { .. }), Some(Cause::TimedOut)) => Err(StoreError::TimedOut { what }),
            (Err(StoreError::Read { .. }), Some(Cause::Cancelled)) => Err(StoreError::Aborted { what }),
            (result, _) => result,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Cause {
    TimedOut,
    Cancelled,
}

/// The state that a read shares with its watchdog.
#[derive(Default)]
struct Watched {
    running: Mutex<Option<Arc<InterruptHandle>>>,
    cause: OnceLock<Cause>,
}

impl Watched {
    async fn watch(
        self: Arc<Self>,
        time_max: Option<Duration>,
        cancelled: oneshot::Receiver<()>,
        mut ended: oneshot::Receiver<()>,
    ) {
        let timeout = async {
            match time_max {
                Some(time_max) => tokio::time::sleep(time_max).await,
                None => std::future::pending().await,
            }
        };
        let cause = tokio::select! {
            _ = &mut ended => return,
            () = timeout => Cause::TimedOut,
            _ = cancelled => Cause::Cancelled,
        };
        // Nothing else sets it.
        let _ = self.cause.set(cause);
        loop {
            self.interrupt();
            tokio::select! {
                _ = &mut ended => return,
                () = tokio::time::sleep(INTERRUPT_INTERVAL) => {}
            }
        }
    }

    fn interrupt(&self) {
        if let Some(running) = &*self.running.lock() {
            running.interrupt();
        }
    }

    fn set_running(&self, handle: Option<Arc<InterruptHandle>>) {
        *self.running.lock() = handle;
    }
}
