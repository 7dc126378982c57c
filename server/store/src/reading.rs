//! Reads that end: each in a transaction that cannot write, broken off when it takes too long or when nobody waits for it
//! any more.

use super::{connection::Store, error::StoreError};
use duckdb::{Connection, InterruptHandle};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinHandle};

/// DuckDB forgets an interruption that comes between two statements, so it is repeated.
const INTERRUPT_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// The answer to a read that has begun. Whoever drops it breaks the read off.
pub struct Reading<T> {
    what: &'static str,
    task: JoinHandle<Result<T, StoreError>>,
    _asker: oneshot::Sender<()>,
}

impl<T> Future for Reading<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let what = self.what;
        Pin::new(&mut self.task)
            .poll(context)
            .map(|ended| ended.unwrap_or_else(|_| Err(StoreError::BrokenOff { what })))
    }
}

impl Store {
    /// Begins to run `work` with a connection of its own, off the async threads, for at most so long.
    pub fn start_reading<T: Send + 'static>(
        &self,
        what: &'static str,
        time_max: Option<Duration>,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Reading<T> {
        let (store, watched) = (self.clone(), Arc::new(Watched::default()));
        let (asker, asker_gone) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        tokio::spawn(watched.clone().watch(time_max, asker_gone, ended));
        let task = tokio::task::spawn_blocking(move || {
            // Dropped at the end, however that comes.
            let _end: oneshot::Sender<()> = end;
            store.read_watched(what, &watched, work)
        });
        Reading { what, task, _asker: asker }
    }

    /// Runs `work` with a connection of its own, off the async threads, for as long as somebody waits for it.
    pub async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.start_reading(what, None, work).await
    }

    /// The same, but an answer that takes longer is none.
    pub async fn read_within<T: Send + 'static>(
        &self,
        time_max: Duration,
        what: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.start_reading(what, Some(time_max), work).await
    }

    fn read_watched<T>(
        &self,
        what: &'static str,
        watched: &Watched,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if watched.cause.get().is_some() {
            return Err(StoreError::BrokenOff { what });
        }
        let reader = self.reader().map_err(StoreError::read(what))?;
        reader.execute_batch("BEGIN TRANSACTION READ ONLY").map_err(StoreError::read(what))?;
        watched.set_running(Some(reader.interrupt_handle()));
        let result = work(&reader);
        // From here on no interruption reaches the connection, which somebody else reads with next.
        watched.set_running(None);
        if reader.execute_batch("ROLLBACK").is_ok() {
            self.give_back(reader);
        }
        match (result, watched.cause.get()) {
            (Err(StoreError::Read { .. }), Some(Cause::TookTooLong)) => Err(StoreError::TookTooLong { what }),
            (Err(StoreError::Read { .. }), Some(Cause::NobodyWaits)) => Err(StoreError::BrokenOff { what }),
            (result, _) => result,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Cause {
    TookTooLong,
    NobodyWaits,
}

/// A read from its watch's side.
#[derive(Default)]
struct Watched {
    running: Mutex<Option<Arc<InterruptHandle>>>,
    cause: OnceLock<Cause>,
}

impl Watched {
    async fn watch(
        self: Arc<Self>,
        time_max: Option<Duration>,
        asker_gone: oneshot::Receiver<()>,
        mut ended: oneshot::Receiver<()>,
    ) {
        let too_long = async {
            match time_max {
                Some(time_max) => tokio::time::sleep(time_max).await,
                None => std::future::pending().await,
            }
        };
        let cause = tokio::select! {
            _ = &mut ended => return,
            () = too_long => Cause::TookTooLong,
            _ = asker_gone => Cause::NobodyWaits,
        };
        // Only this sets it.
        let _ = self.cause.set(cause);
        loop {
            self.interrupt();
            tokio::select! {
                _ = &mut ended => return,
                () = tokio::time::sleep(INTERRUPT_AGAIN_AFTER) => {}
            }
        }
    }

    fn interrupt(&self) {
        if let Some(running) = &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            running.interrupt();
        }
    }

    fn set_running(&self, handle: Option<Arc<InterruptHandle>>) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = handle;
    }
}
