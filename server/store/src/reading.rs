//! Reads with a timeout: each in a read-only transaction, interrupted when it takes too long or its result is dropped.

use super::{
    connection::Store,
    error::StoreError,
    instance_cache::{CacheRequest, CachedInstances},
    read_queue::{CallerKey, ReadCounts, ReadLength, ReadOrigin, ReadPermit},
};
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

/// How a read is queued and limited. The default is for the portal's own reads.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The caller whose request needs the read. None for the portal itself, which is never refused.
    pub caller: Option<CallerKey>,
    pub length: ReadLength,
    /// The longest time that it runs. The wait before it does not count.
    pub time_max: Option<Duration>,
    /// What the read could use of the cache of instances.
    pub cache_for: Option<CacheRequest>,
}

/// A read that has begun, or waits. Dropping it interrupts the read, or takes it out of the queue.
pub struct PendingRead<T> {
    what: &'static str,
    task: JoinHandle<Result<T, StoreError>>,
    permit: Arc<Mutex<Option<ReadPermit>>>,
    _cancel_on_drop: oneshot::Sender<()>,
}

impl<T> PendingRead<T> {
    /// Lets the next read run although this one goes on, at the pace of the one who takes its rows.
    pub fn release_permit(&self) {
        drop(self.permit.lock().take());
    }
}

impl<T> Future for PendingRead<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let what = self.what;
        Pin::new(&mut self.task).poll(context).map(|ended| ended.unwrap_or_else(|_| Err(StoreError::Aborted { what })))
    }
}

impl Store {
    /// Queues `work`, and runs it with a connection of its own, off the async threads.
    pub fn spawn_read<T: Send + 'static>(
        &self,
        what: &'static str,
        options: ReadOptions,
        work: impl FnOnce(&Connection, Option<&CachedInstances>) -> Result<T, StoreError> + Send + 'static,
    ) -> PendingRead<T> {
        let ReadOptions { caller, length, time_max, cache_for } = options;
        let origin = caller.map_or(ReadOrigin::Internal(what), ReadOrigin::Caller);
        let (cancel_on_drop, mut cancelled) = oneshot::channel();
        let (store, held_permit) = (self.clone(), Arc::new(Mutex::new(None)));
        let permit = held_permit.clone();
        let task = tokio::spawn(async move {
            let granted = tokio::select! {
                granted = store.read_queue().enter(origin, length) => granted,
                _ = &mut cancelled => return Err(StoreError::Aborted { what }),
            };
            let granted = granted.map_err(|busy| StoreError::Busy { what, retry_after: busy.retry_after })?;
            *held_permit.lock() = Some(granted);
            let watched = Arc::new(Watched::default());
            let (end, ended) = oneshot::channel();
            let (shared, reads) = (watched.clone(), store.clone());
            let running = tokio::task::spawn_blocking(move || {
                // Dropped when the work ends, also by a panic.
                let _end: oneshot::Sender<()> = end;
                reads.read_watched(what, cache_for, &shared, work)
            });
            watched.watch(time_max, cancelled, ended).await;
            let result = running.await;
            drop(held_permit.lock().take());
            result.unwrap_or(Err(StoreError::Aborted { what }))
        });
        PendingRead { what, task, permit, _cancel_on_drop: cancel_on_drop }
    }

    /// Runs `work` for the portal itself with a connection of its own, off the async threads, until the future is dropped.
    pub async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.spawn_read(what, ReadOptions::default(), |connection, _| work(connection)).await
    }

    /// The reads that run and wait now.
    pub fn read_counts(&self) -> ReadCounts {
        self.read_queue().counts()
    }

    fn read_watched<T>(
        &self,
        what: &'static str,
        cache_for: Option<CacheRequest>,
        watched: &Watched,
        work: impl FnOnce(&Connection, Option<&CachedInstances>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if watched.cause.get().is_some() {
            return Err(StoreError::Aborted { what });
        }
        let reader = self.reader().map_err(StoreError::read(what))?;
        let cached = self.begin(&reader, cache_for).map_err(StoreError::read(what))?;
        watched.set_running(Some(reader.interrupt_handle()));
        let result = work(&reader, cached.as_deref());
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
        &self,
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
