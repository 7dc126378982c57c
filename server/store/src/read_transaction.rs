//! A read transaction: any number of queries that see the same state of the store, whatever is written meanwhile.

use super::{
    connection::Store,
    error::StoreError,
    instance_cache::{CacheRequest, CachedInstances},
    read_queue::{ReadLength, ReadOrigin, ReadQueue},
};
use duckdb::Connection;
use parking_lot::Mutex;
use std::sync::Arc;

/// Its queries wait among the other long ones.
const ORIGIN: ReadOrigin = ReadOrigin::Internal("a read transaction");

/// A connection inside one read-only transaction, which ends when the last clone is dropped.
#[derive(Clone)]
pub struct ReadTransaction {
    connection: Arc<Mutex<Connection>>,
    cached: Option<Arc<CachedInstances>>,
    queue: ReadQueue,
}

impl Store {
    /// Begins a read transaction, with what it can use of the cache of instances. Writers continue; DuckDB keeps the rows that they replace until the transaction ends.
    pub async fn begin_read(&self, cache_for: Option<CacheRequest>) -> Result<ReadTransaction, StoreError> {
        let store = self.clone();
        let begin = move || -> duckdb::Result<_> {
            let connection = store.reader()?;
            let cached = store.begin(&connection, cache_for)?;
            Ok((Arc::new(Mutex::new(connection)), cached))
        };
        let what = "the state of the store";
        let begun = tokio::task::spawn_blocking(begin).await.map_err(|_| StoreError::Aborted { what })?;
        let (connection, cached) = begun.map_err(StoreError::read(what))?;
        Ok(ReadTransaction { connection, cached, queue: self.read_queue().clone() })
    }
}

impl ReadTransaction {
    /// Returns the cache of instances, which has the rows of this transaction.
    pub fn cached_instances(&self) -> Option<Arc<CachedInstances>> {
        self.cached.clone()
    }

    /// Queues `work`, and runs it off the async threads, after all queries of the transaction that are running already.
    pub async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.queue.enter(ORIGIN, ReadLength::Long).await;
        let permit = permit.map_err(|busy| StoreError::Busy { what, retry_after: busy.retry_after })?;
        let connection = self.connection.clone();
        let task = move || {
            let _permit = permit;
            work(&connection.lock())
        };
        tokio::task::spawn_blocking(task).await.map_err(|_| StoreError::Aborted { what })?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn does_not_see_later_writes() {
        let store = Store::in_memory().expect("a store");
        let transaction = store.begin_read(None).await.expect("a transaction");
        let insert = store.write("a harvest", |writer| {
            let sql = "INSERT INTO harvest VALUES (1, 'a', 'r', now()::TIMESTAMP, now()::TIMESTAMP, 'ok', 0, 0, 0)";
            writer.connection().execute(sql, []).map_err(StoreError::write("store a harvest"))
        });
        insert.await.expect("written");
        let count = |connection: &Connection| {
            let count = connection.query_row("SELECT count(*) FROM harvest", [], |row| row.get::<_, i64>(0));
            count.map_err(StoreError::read("harvests"))
        };
        assert_eq!(transaction.read("harvests", count).await.expect("a count"), 0);
        assert_eq!(store.read("harvests", count).await.expect("a count"), 1);
    }
}
