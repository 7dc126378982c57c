//! Opens the store: one writer, and readers that never wait for it.

use super::{error::StoreError, keys::Keys, migrate};
use duckdb::{Config, Connection};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The write-ahead log may grow to this before a harvest also pays for writing it back.
const CHECKPOINT_THRESHOLD: &str = "64MB";

/// More than a harvest has statements that are the same each time, and need not be planned anew.
const STATEMENTS_KEPT: usize = 64;

/// The one DuckDB file of this process.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    writer: Mutex<Writer>,
    /// Connections that nobody is reading with at the moment.
    readers: Mutex<Vec<Connection>>,
    /// Readers are cloned from this one.
    template: Mutex<Connection>,
}

/// The connection that writes, with the keys it has given out.
pub struct Writer {
    pub connection: Connection,
    pub keys: Keys,
}

impl Store {
    /// Opens or makes the file and brings it to this version's schema.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection =
            Connection::open_with_flags(path, config(path)?).map_err(|source| StoreError::open(path, source))?;
        Self::with(connection, path)
    }

    /// A store that is gone with the process.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = Path::new(":memory:");
        let connection =
            Connection::open_in_memory_with_flags(config(path)?).map_err(|source| StoreError::open(path, source))?;
        Self::with(connection, path)
    }

    fn with(mut connection: Connection, path: &Path) -> Result<Self, StoreError> {
        let applied = migrate::migrate(&mut connection, path)?;
        if !applied.is_empty() {
            tracing::info!(store.path = %path.display(), schema.version = migrate::SCHEMA_VERSION, "store migrated");
        }
        connection
            .execute_batch(&format!("SET checkpoint_threshold = '{CHECKPOINT_THRESHOLD}'"))
            .map_err(|source| StoreError::open(path, source))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        let template = connection.try_clone().map_err(|source| StoreError::open(path, source))?;
        let keys = Keys::load(&connection)?;
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                writer: Mutex::new(Writer { connection, keys }),
                readers: Mutex::default(),
                template: Mutex::new(template),
            }),
        })
    }

    /// Does without DuckDB's own threads, for a process that only harvests. Its statements are small: with a second thread
    /// one of the two works while the other spins.
    pub async fn on_one_thread(self) -> Result<Self, StoreError> {
        self.write("the number of threads", |writer| {
            let set = writer.connection.execute_batch("SET threads = 1");
            set.map_err(|source| StoreError::Write { what: "set the number of threads".to_owned(), source })
        })
        .await?;
        Ok(self)
    }

    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Runs `work` with the writer, off the async threads.
    pub async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        let task = tokio::task::spawn_blocking(move || work(&mut lock(&store.shared.writer)));
        task.await.map_err(|_| StoreError::BrokenOff { what })?
    }

    /// Runs `work` with a connection of its own, off the async threads.
    pub async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let reader = store.reader().map_err(StoreError::read(what))?;
            let result = work(&reader);
            lock(&store.shared.readers).push(reader);
            result
        });
        task.await.map_err(|_| StoreError::BrokenOff { what })?
    }

    fn reader(&self) -> duckdb::Result<Connection> {
        if let Some(reader) = lock(&self.shared.readers).pop() {
            return Ok(reader);
        }
        lock(&self.shared.template).try_clone()
    }
}

/// A panic while the lock was held has rolled its transaction back; the connection itself is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nothing but the one file: no extensions, no other files, no network.
fn config(path: &Path) -> Result<Config, StoreError> {
    Config::default()
        .enable_autoload_extension(false)
        .and_then(|config| config.with("autoinstall_known_extensions", "false"))
        .and_then(|config| config.enable_external_access(false))
        .map_err(|source| StoreError::open(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let message = Store::open(Path::new("/nonexistent/muster.duckdb")).err().expect("no such folder").to_string();
        assert!(message.contains("/nonexistent/muster.duckdb"), "{message}");
    }

    #[tokio::test]
    async fn a_store_reads_no_other_file() {
        let store = Store::in_memory().expect("a store");
        let read = store.read("a file", |connection| {
            connection
                .query_row("SELECT count(*) FROM read_text('/etc/hostname')", [], |row| row.get::<_, i64>(0))
                .map_err(StoreError::read("a file"))
        });
        assert!(read.await.is_err());
    }
}
