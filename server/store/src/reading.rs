//! Reads with a timeout: each in a read-only transaction, interrupted when it takes too long or its result is dropped.

use super::{
    connection::Store,
    error::StoreError,
    instance_cache::{CacheRequest, CachedInstances},
    read_queue::{CallerKey, ReadCounts, ReadLength, ReadOrigin, ReadPermit},
    second_connection::SecondConnection,
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

/// What a read runs its statements with.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    pub connection: &'a Connection,
    /// Sees the same rows as the connection. None in a [`super::read_transaction::ReadTransaction`].
    pub second: Option<&'a SecondConnection<'a>>,
    /// The cache of instances, if it has the rows that the connection sees.
    pub cached: Option<&'a CachedInstances>,
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
        work: impl FnOnce(Reading<'_>) -> Result<T, StoreError> + Send + 'static,
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
            if let Some(request) = cache_for {
                store.create_past_later(request);
            }
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
        self.spawn_read(what, ReadOptions::default(), |reading| work(reading.connection)).await
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
        work: impl FnOnce(Reading<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if watched.cause.get().is_some() {
            return Err(StoreError::Aborted { what });
        }
        let version = self.answer_cache().version_at_rest();
        let reader = self.reader().map_err(StoreError::read(what))?;
        let cached = self.begin(&reader, cache_for).map_err(StoreError::read(what))?;
        watched.add(reader.interrupt_handle());
        let second = SecondConnection::new(self, version, cached.clone(), watched);
        // Dropped before the connections, also by a panic.
        let interruptible = Interruptible(watched);
        let result = work(Reading { connection: &reader, second: Some(&second), cached: cached.as_deref() });
        drop(interruptible);
        second.into_connection().into_iter().chain([reader]).for_each(|reader| self.end(reader));
        match (result, watched.cause.get()) {
            (Err(StoreError::Read { .. }), Some(Cause::TimedOut)) => Err(StoreError::TimedOut { what }),
            (Err(StoreError::Read { .. }), Some(Cause::Cancelled)) => Err(StoreError::Aborted { what }),
            (result, _) => result,
        }
    }

    /// Ends a connection's transaction, and keeps the connection for the next read.
    pub(super) fn end(&self, reader: Connection) {
        if reader.execute_batch("ROLLBACK").is_ok() {
            self.give_back(reader);
        }
    }
}

/// No interrupt reaches a read's connections after it: they are closed, or used again.
struct Interruptible<'a>(&'a Watched);

impl Drop for Interruptible<'_> {
    fn drop(&mut self) {
        self.0.running.lock().clear();
    }
}

#[derive(Clone, Copy, Debug)]
enum Cause {
    TimedOut,
    Cancelled,
}

/// The state that a read shares with its watchdog.
#[derive(Default)]
pub(super) struct Watched {
    /// Those of the connections that the read uses.
    running: Mutex<Vec<Arc<InterruptHandle>>>,
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
        self.running.lock().iter().for_each(|running| running.interrupt());
    }

    /// Interrupts this connection too when the read takes too long.
    pub(super) fn add(&self, handle: Arc<InterruptHandle>) {
        self.running.lock().push(handle);
    }
}
