//! A read's second connection, on which statements run beside those of its first.
//! docs/decisions/0053-two-connections-of-a-read.md has the reasons.

use super::{connection::Store, instance_cache::CachedInstances, reading::Watched};
use duckdb::Connection;
use parking_lot::Mutex;
use std::sync::{Arc, OnceLock};

/// The connections of a read that has a second one. All reads together have no more than there are permits.
const CONNECTIONS: usize = 2;

/// The connection, once a read asks for it.
pub struct SecondConnection<'a> {
    store: &'a Store,
    /// The version of what was stored before the transaction of the first connection began, unless somebody was writing.
    version: Option<u64>,
    cached: Option<Arc<CachedInstances>>,
    watched: &'a Watched,
    connection: OnceLock<Option<Mutex<Connection>>>,
}

impl<'a> SecondConnection<'a> {
    pub(super) fn new(
        store: &'a Store,
        version: Option<u64>,
        cached: Option<Arc<CachedInstances>>,
        watched: &'a Watched,
    ) -> Self {
        Self { store, version, cached, watched, connection: OnceLock::new() }
    }

    /// Begins a transaction that sees the same rows as the first connection's. Returns none if something was written since,
    /// or if other reads need the processors.
    pub fn begin(&self) -> Option<&Mutex<Connection>> {
        self.connection.get_or_init(|| self.begun().map(Mutex::new)).as_ref()
    }

    fn begun(&self) -> Option<Connection> {
        let (store, version, cached) = (self.store, self.version?, self.cached.as_ref());
        if store.read_counts().running * CONNECTIONS > store.read_queue().permits() {
            return None;
        }
        // The first connection can read alone, whatever the error.
        let reader = store.reader().ok()?;
        store.begin_with(&reader, cached.map(Arc::as_ref)).ok()?;
        let is_same_cache = cached.is_none_or(|cached| store.instance_cache().is_open(cached));
        if store.answer_cache().version_at_rest() != Some(version) || !is_same_cache {
            store.end(reader);
            return None;
        }
        self.watched.add(reader.interrupt_handle());
        Some(reader)
    }

    /// Returns the connection at the end of the read, if it was begun.
    pub(super) fn into_connection(self) -> Option<Connection> {
        self.connection.into_inner().flatten().map(Mutex::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::StoreError,
        instance_cache::CacheRequest,
        reading::{PendingRead, ReadOptions, Reading},
    };
    use jiff::Timestamp;
    use muster_metrics::Limits;
    use std::{sync::mpsc, time::Duration};

    const SLOW_STATEMENT: &str =
        "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7";
    const TIMEOUT: Duration = Duration::from_secs(30);

    /// Starts a read that can use the cache.
    fn read<T: Send + 'static>(
        store: &Store,
        time_max: Option<Duration>,
        work: impl FnOnce(Reading<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> PendingRead<T> {
        let request =
            CacheRequest { limits: Limits::default(), moment: Timestamp::UNIX_EPOCH, past: None, creates_past: false };
        let options = ReadOptions { cache_for: Some(request), time_max, ..ReadOptions::default() };
        store.spawn_read("a read", options, work)
    }

    fn count(connection: &Connection, sql: &str) -> Result<i64, StoreError> {
        connection.query_row(sql, [], |row| row.get(0)).map_err(StoreError::read("a number"))
    }

    /// Counts harvests on both connections, the second of which begins after `meanwhile`.
    async fn counted(store: &Store, meanwhile: impl FnOnce() + Send + 'static) -> (i64, Option<i64>) {
        const HARVESTS: &str = "SELECT count(*) FROM harvest";
        let reading = read(store, None, |reading| {
            meanwhile();
            let second = reading.second.and_then(SecondConnection::begin);
            let on_second = second.map(|second| count(&second.lock(), HARVESTS)).transpose()?;
            Ok((count(reading.connection, HARVESTS)?, on_second))
        });
        reading.await.expect("counted")
    }

    async fn write(store: &Store, id: i64) {
        let insert = move |writer: &mut crate::connection::Writer| {
            let sql = "INSERT INTO harvest VALUES (?, 'a', 'r', now()::TIMESTAMP, now()::TIMESTAMP, 'ok', 0, 0, 0)";
            writer.connection().execute(sql, [id]).map_err(StoreError::write("store a harvest"))
        };
        store.write("a harvest", insert).await.expect("written");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn both_connections_see_the_same_rows_or_there_is_one() {
        let store = Store::in_memory().expect("a store");
        for harvests in 0..3 {
            assert_eq!(counted(&store, || ()).await, (harvests, Some(harvests)));
            write(&store, harvests).await;
        }
        // Whether the write has ended or goes on.
        let (writing, runtime) = (store.clone(), tokio::runtime::Handle::current());
        assert_eq!(counted(&store, move || runtime.block_on(write(&writing, 3))).await, (3, None));
        let (begun, has_begun) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let slow = store.write("nothing", move |_| {
            begun.send(()).expect("a receiver");
            Ok(ended.recv_timeout(TIMEOUT).is_ok())
        });
        let meanwhile = move || has_begun.recv_timeout(TIMEOUT).expect("a write");
        let (slow, read) = tokio::join!(slow, async {
            let read = counted(&store, meanwhile).await;
            end.send(()).expect("a writer");
            read
        });
        assert!(slow.expect("ended"));
        assert_eq!(read, (4, None));
        assert_eq!(counted(&store, || ()).await, (4, Some(4)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn there_is_one_connection_for_each_of_many_reads() {
        let store = Store::in_memory().expect("a store");
        let mut others = Vec::new();
        for _ in 0..store.read_queue().permits() / CONNECTIONS {
            assert_eq!(counted(&store, || ()).await, (0, Some(0)));
            let (begun, has_begun) = mpsc::channel();
            let (end, ended) = mpsc::channel::<()>();
            let other = read(&store, None, move |_| {
                begun.send(()).expect("a receiver");
                Ok(ended.recv_timeout(TIMEOUT).is_ok())
            });
            has_begun.recv_timeout(TIMEOUT).expect("a read");
            others.push((other, end));
        }
        assert_eq!(counted(&store, || ()).await, (0, None));
        for (other, end) in others {
            end.send(()).expect("a read");
            assert!(other.await.expect("ended"));
        }
        assert_eq!(counted(&store, || ()).await, (0, Some(0)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_slow_statement_on_the_second_connection_times_out_and_the_next_one_runs() {
        let store = Store::in_memory().expect("a store");
        for _ in 0..2 {
            let slow = read(&store, Some(Duration::from_millis(200)), |reading| {
                let second = reading.second.and_then(SecondConnection::begin).expect("a connection");
                count(&second.lock(), SLOW_STATEMENT)
            });
            let result = tokio::time::timeout(TIMEOUT, slow).await.expect("the read times out first");
            assert!(matches!(result, Err(StoreError::TimedOut { .. })), "{result:?}");
            assert_eq!(counted(&store, || ()).await, (0, Some(0)));
        }
    }
}
