//! Opens the store: one writer, and readers that never wait for it. How they read is in `reading.rs`.

use super::{error::StoreError, keys::Keys, lost_log, migrate, retain};
use duckdb::{Config, Connection};
use jiff::civil::Date;
use muster_core::clock::{Clock, SystemClock};
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

/// The write-ahead log may grow to this before a harvest also pays for writing it back. What DuckDB holds in memory leaves
/// the process at about 2 GiB; what a statement needs beyond it goes beside the store, and must leave room there.
const SETTINGS: &str = "
    SET checkpoint_threshold = '64MB';
    SET memory_limit = '1GiB';
    SET max_temp_directory_size = '16GB'";

/// From then on no statement, whoever wrote it, changes what DuckDB may do.
const LOCKED: &str = "SET lock_configuration = true";

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
    /// What the store says of it, at hand for every request.
    kept_since: Mutex<Option<Date>>,
    /// The last to go: see [`Store::file`].
    file: OnceLock<File>,
}

/// The connection that writes, with the keys it has given out.
pub struct Writer {
    pub connection: Connection,
    pub keys: Keys,
    /// Keys were given out for rows of which nobody knows whether they were stored.
    pub keys_in_doubt: bool,
}

impl Store {
    /// Opens or makes the file and brings it to this version's schema. A damaged write-ahead log is set aside.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, SETTINGS)
    }

    /// Does without DuckDB's own threads, for a process that only harvests. Its statements are small: with a second thread
    /// one of the two works while the other spins.
    pub fn open_on_one_thread(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, &format!("{SETTINGS}; SET threads = 1"))
    }

    fn open_with(path: &Path, settings: &str) -> Result<Self, StoreError> {
        if !path.exists() {
            create(path)?;
        }
        let now = SystemClock.now();
        let open = || {
            config()
                .and_then(|config| Connection::open_with_flags(path, config))
                .map_err(|source| StoreError::open(path, source))
        };
        let kept = |source| StoreError::SetAside { path: lost_log::log_of(path), source };
        let damaged_log = lost_log::damaged(path);
        let mut connection = match (open(), damaged_log) {
            (Err(StoreError::DamagedLog { .. }), Some(log)) => {
                lost_log::set_aside(path, &log, now).map_err(kept)?;
                open()?
            }
            (Ok(connection), Some(log)) => {
                lost_log::keep_copy(path, &log, now).map_err(kept)?;
                connection
            }
            (opened, _) => opened?,
        };
        migrate(&mut connection, path)?;
        lost_log::record(&mut connection, path, now)?;
        Self::with(connection, path, settings)
    }

    /// A store that is gone with the process.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = Path::new(":memory:");
        let open = || Connection::open_in_memory_with_flags(config()?);
        let mut connection = open().map_err(|source| StoreError::open(path, source))?;
        migrate(&mut connection, path)?;
        Self::with(connection, path, SETTINGS)
    }

    fn with(connection: Connection, path: &Path, settings: &str) -> Result<Self, StoreError> {
        connection.execute_batch(&format!("{settings}; {LOCKED}")).map_err(|source| StoreError::open(path, source))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        let template = connection.try_clone().map_err(|source| StoreError::open(path, source))?;
        let keys = Keys::load(&connection)?;
        let kept_since = retain::kept_since(&connection)?;
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                writer: Mutex::new(Writer { connection, keys, keys_in_doubt: false }),
                readers: Mutex::default(),
                template: Mutex::new(template),
                kept_since: Mutex::new(kept_since),
                file: OnceLock::new(),
            }),
        })
    }

    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// The first day of which everything is still known; none where nothing was ever dropped.
    pub fn kept_since(&self) -> Option<Date> {
        *lock(&self.shared.kept_since)
    }

    pub(super) fn set_kept_since(&self, day: Option<Date>) {
        *lock(&self.shared.kept_since) = day;
    }

    /// The file itself, for who holds the writer. It stays open: closing any handle of a file takes all of a process's
    /// locks off it, DuckDB's too, and another process could open the store beside this one.
    pub(super) fn file(&self) -> io::Result<&File> {
        if let Some(file) = self.shared.file.get() {
            return Ok(file);
        }
        let file = File::open(&self.shared.path)?;
        Ok(self.shared.file.get_or_init(|| file))
    }

    /// Runs `work` with the writer, here and now: for a thread that may wait.
    pub(super) fn hold<T>(&self, work: impl FnOnce(&mut Writer) -> T) -> T {
        work(&mut lock(&self.shared.writer))
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

    /// A connection that nobody else reads with.
    pub(super) fn reader(&self) -> duckdb::Result<Connection> {
        if let Some(reader) = lock(&self.shared.readers).pop() {
            return Ok(reader);
        }
        lock(&self.shared.template).try_clone()
    }

    /// For whoever reads next.
    pub(super) fn give_back(&self, reader: Connection) {
        lock(&self.shared.readers).push(reader);
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    if !migrate::migrate(connection, path)?.is_empty() {
        tracing::info!(store.path = %path.display(), schema.version = migrate::SCHEMA_VERSION, "store migrated");
    }
    Ok(())
}

/// A panic while the lock was held has rolled its transaction back; the connection itself is sound, and keys are read
/// again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an empty store under another name first: whoever is killed meanwhile leaves nothing that cannot be opened.
fn create(path: &Path) -> Result<(), StoreError> {
    let draft = path.with_added_extension("new");
    for left_over in [draft.with_added_extension("wal"), draft.clone()] {
        if left_over.exists() {
            std::fs::remove_file(&left_over).map_err(|source| StoreError::Create { path: path.to_owned(), source })?;
        }
    }
    let opened = config().and_then(|config| Connection::open_with_flags(&draft, config));
    let mut connection = opened.map_err(|source| StoreError::open(path, source))?;
    migrate(&mut connection, path)?;
    connection.execute_batch("CHECKPOINT").map_err(|source| StoreError::open(path, source))?;
    drop(connection);
    std::fs::rename(&draft, path).map_err(|source| StoreError::Create { path: path.to_owned(), source })
}

/// Nothing but the one file: no extensions, no other files, no network.
pub(super) fn config() -> duckdb::Result<Config> {
    Config::default()
        .enable_autoload_extension(false)?
        .with("autoinstall_known_extensions", "false")?
        .enable_external_access(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let message = Store::open(Path::new("/nonexistent/muster.duckdb")).err().expect("no such folder").to_string();
        assert!(message.contains("/nonexistent/muster.duckdb"), "{message}");
    }
}
