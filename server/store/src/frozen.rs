//! One moment of the store: any number of questions answered from the same state, whatever is written meanwhile.

use super::{connection::Store, error::StoreError};
use duckdb::Connection;
use std::sync::{Arc, Mutex, PoisonError};

/// A connection inside one transaction that only reads. It ends with the last clone.
#[derive(Clone)]
pub struct Frozen {
    connection: Arc<Mutex<Connection>>,
}

impl Store {
    /// Holds on to the present state. Writers go on; what they replace is kept until this is dropped.
    pub async fn freeze(&self) -> Result<Frozen, StoreError> {
        let store = self.clone();
        let begin = move || -> duckdb::Result<Connection> {
            let connection = store.reader()?;
            // A transaction sees what was there at its first question, not when it began.
            connection.execute_batch("BEGIN TRANSACTION READ ONLY; SELECT count(*) FROM account")?;
            Ok(connection)
        };
        let what = "the store at one moment";
        let begun = tokio::task::spawn_blocking(begin).await.map_err(|_| StoreError::BrokenOff { what })?;
        Ok(Frozen { connection: Arc::new(Mutex::new(begun.map_err(StoreError::read(what))?)) })
    }
}

impl Frozen {
    /// Runs `work` off the async threads, after whatever is asked already.
    pub async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = self.connection.clone();
        let task = move || work(&connection.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(task).await.map_err(|_| StoreError::BrokenOff { what })?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_later_is_not_seen() {
        let store = Store::in_memory().expect("a store");
        let frozen = store.freeze().await.expect("a moment");
        let insert = store.write("a harvest", |writer| {
            let sql = "INSERT INTO harvest VALUES (1, 'a', 'r', now()::TIMESTAMP, now()::TIMESTAMP, 'ok', 0, 0, 0)";
            writer.connection.execute(sql, []).map_err(StoreError::write("store a harvest"))
        });
        insert.await.expect("written");
        let count = |connection: &Connection| {
            let count = connection.query_row("SELECT count(*) FROM harvest", [], |row| row.get::<_, i64>(0));
            count.map_err(StoreError::read("harvests"))
        };
        assert_eq!(frozen.read("harvests", count).await.expect("a count"), 0);
        assert_eq!(store.read("harvests", count).await.expect("a count"), 1);
    }
}
