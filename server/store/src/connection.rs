//! Opens the store: one writer, and readers that never wait for it (`reading.rs`).

use super::{
    answer_cache::AnswerCache,
    error::StoreError,
    instance_cache::InstanceCache,
    keys::Keys,
    migrate,
    read_queue::{ReadLimits, ReadQueue},
    retention::history,
    wal_recovery,
};
use duckdb::{Config, Connection};
use jiff::civil::Date;
use muster_core::{
    clock::{Clock, SystemClock},
    private,
};
use parking_lot::Mutex;
use std::{
    fs::File,
    io,
    num::NonZero,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    thread,
};

/// The write-ahead log may grow to this size before a harvest has to write it back. With this memory limit the process
/// needs about 2 GiB. A statement that needs more writes temporary files beside the store, which must not fill the
/// disk.
const SETTINGS: &str = "
    SET checkpoint_threshold = '64MB';
    SET memory_limit = '1GiB';
    SET max_temp_directory_size = '16GB'";

/// Prevents all later statements from changing settings.
const LOCKED: &str = "SET lock_configuration = true";

/// DuckDB's own threads run parts of large statements. More than one for so many cores take work from each other: reads
/// already run beside each other.
const CORES_PER_THREAD: usize = 2;

/// The number of cached statements of a connection, more than a harvest or the pages of an instance have.
const STATEMENT_CACHE_CAPACITY: usize = 64;

/// The one DuckDB file of this process.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    writer: Mutex<Writer>,
    /// Idle connections for reading.
    readers: Mutex<Vec<Connection>>,
    read_queue: ReadQueue,
    instance_cache: Arc<InstanceCache>,
    answer_cache: AnswerCache,
    /// Readers are cloned from this one.
    template: Mutex<Connection>,
    /// A cached copy of `retention.kept_since`, which every request needs.
    kept_since: Mutex<Option<Date>>,
    /// Dropped last: see [`Store::file`].
    file: OnceLock<File>,
}

/// The connection that writes, with the keys it has assigned.
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) instance_cache: Arc<InstanceCache>,
    pub keys: Keys,
    /// Whether `keys` may include keys of rows that were not stored.
    pub keys_are_stale: bool,
}

impl Writer {
    /// Returns the connection for statements of any kind, after which the cache of instances may be wrong.
    pub fn connection(&mut self) -> &mut Connection {
        self.instance_cache.close_all();
        &mut self.connection
    }

    /// Runs `work` in a transaction. `what` completes "cannot …" in its error, such as "store the roster".
    pub(super) fn transaction<T>(
        &mut self,
        what: &str,
        work: impl FnOnce(&Connection) -> duckdb::Result<T>,
    ) -> Result<T, StoreError> {
        self.instance_cache.close_all();
        self.transaction_apart(what, work)
    }

    /// Does what [`Self::transaction`] does with rows that no instance's status depends on.
    pub(super) fn transaction_apart<T>(
        &mut self,
        what: &str,
        work: impl FnOnce(&Connection) -> duckdb::Result<T>,
    ) -> Result<T, StoreError> {
        let result = self.connection.transaction().and_then(|transaction| {
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        });
        result.map_err(StoreError::write(what))
    }
}

impl Store {
    /// Opens or creates the file and migrates it to this version's schema. A damaged write-ahead log is moved away.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, (cores() / CORES_PER_THREAD).max(1))
    }

    /// Opens the store for a process that only harvests, without DuckDB's own threads. Its statements are small: a
    /// second thread would only spin.
    pub fn open_on_one_thread(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, 1)
    }

    fn open_with(path: &Path, threads: usize) -> Result<Self, StoreError> {
        if !path.exists() {
            create(path)?;
        }
        let now = SystemClock.now();
        let open = || {
            config()
                .and_then(|config| Connection::open_with_flags(path, config))
                .map_err(|source| StoreError::open(path, source))
        };
        let not_moved = |source| StoreError::SetAside { path: wal_recovery::log_of(path), source };
        let damaged_log = wal_recovery::read_damaged(path);
        let mut connection = match (open(), damaged_log) {
            (Err(StoreError::DamagedLog { .. }), Some(log)) => {
                wal_recovery::set_aside(path, &log, now).map_err(not_moved)?;
                open()?
            }
            (Ok(connection), Some(log)) => {
                wal_recovery::keep_copy(path, &log, now).map_err(not_moved)?;
                connection
            }
            (opened, _) => opened?,
        };
        migrate(&mut connection, path)?;
        warn_of_shared_files(path);
        wal_recovery::record(&mut connection, path, now)?;
        Self::with(connection, path, threads)
    }

    /// Opens a store in memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = Path::new(":memory:");
        let open = || Connection::open_in_memory_with_flags(config()?);
        let mut connection = open().map_err(|source| StoreError::open(path, source))?;
        migrate(&mut connection, path)?;
        Self::with(connection, path, 1)
    }

    fn with(connection: Connection, path: &Path, threads: usize) -> Result<Self, StoreError> {
        let settings = format!("{SETTINGS}; SET threads = {threads}; {LOCKED}");
        connection.execute_batch(&settings).map_err(|source| StoreError::open(path, source))?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_CAPACITY);
        let template = connection.try_clone().map_err(|source| StoreError::open(path, source))?;
        let keys = Keys::load(&connection)?;
        let kept_since = history::kept_since(&connection)?;
        let instance_cache = Arc::<InstanceCache>::default();
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                writer: Mutex::new(Writer {
                    connection,
                    instance_cache: instance_cache.clone(),
                    keys,
                    keys_are_stale: false,
                }),
                readers: Mutex::default(),
                read_queue: ReadQueue::new(ReadLimits::for_cores(cores())),
                instance_cache,
                answer_cache: AnswerCache::default(),
                template: Mutex::new(template),
                kept_since: Mutex::new(kept_since),
                file: OnceLock::new(),
            }),
        })
    }

    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Returns the first day with a complete history, or none if nothing was ever dropped.
    pub fn kept_since(&self) -> Option<Date> {
        *self.shared.kept_since.lock()
    }

    pub(super) fn set_kept_since(&self, day: Option<Date>) {
        *self.shared.kept_since.lock() = day;
    }

    /// Returns the open file, for the holder of the writer. It stays open: closing any handle of a file releases all
    /// locks of the process on it, including DuckDB's, and another process could open the store.
    pub(super) fn file(&self) -> io::Result<&File> {
        if let Some(file) = self.shared.file.get() {
            return Ok(file);
        }
        let file = File::open(&self.shared.path)?;
        Ok(self.shared.file.get_or_init(|| file))
    }

    /// Runs `work`, which changes no rows, with the writer on this thread, which may block.
    pub(super) fn hold<T>(&self, work: impl FnOnce(&mut Writer) -> T) -> T {
        work(&mut self.shared.writer.lock())
    }

    /// Runs `work` with the writer on this thread, if nobody else has it.
    pub(super) fn try_hold(&self, work: impl FnOnce(&mut Writer)) {
        if let Some(mut writer) = self.shared.writer.try_lock() {
            work(&mut writer);
        }
    }

    /// Runs `work` with the writer, off the async threads.
    pub async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut writer = store.shared.writer.lock();
            let _writing = store.answer_cache().begin_writing();
            work(&mut writer)
        });
        task.await.map_err(|_| StoreError::Aborted { what })?
    }

    /// Returns a connection for reading that is not in use.
    pub(super) fn reader(&self) -> duckdb::Result<Connection> {
        if let Some(reader) = self.shared.readers.lock().pop() {
            return Ok(reader);
        }
        let reader = self.shared.template.lock().try_clone()?;
        reader.set_prepared_statement_cache_capacity(STATEMENT_CACHE_CAPACITY);
        Ok(reader)
    }

    /// Keeps a connection for the next read, unless there are enough. Exports, read transactions and second connections may be
    /// beyond those of the reads that run at once.
    pub(super) fn give_back(&self, reader: Connection) {
        let mut readers = self.shared.readers.lock();
        if readers.len() < self.shared.read_queue.permits() {
            readers.push(reader);
        }
    }

    pub(super) fn read_queue(&self) -> &ReadQueue {
        &self.shared.read_queue
    }

    pub(super) fn answer_cache(&self) -> &AnswerCache {
        &self.shared.answer_cache
    }

    pub(super) fn instance_cache(&self) -> &InstanceCache {
        &self.shared.instance_cache
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Warns of files of the store, its logs included, that other users of the machine can read.
fn warn_of_shared_files(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else { return };
    for (_, message) in private::shared_files(folder, name) {
        tracing::warn!("{message}");
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    if !migrate::migrate(connection, path)?.is_empty() {
        tracing::info!(store.path = %path.display(), schema.version = migrate::SCHEMA_VERSION, "store migrated");
    }
    Ok(())
}

/// Creates an empty store under another name first, so that a process that is killed leaves no file that cannot be
/// opened.
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

/// Allows DuckDB only the one file: no extensions, no other files, no network.
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
    fn the_error_for_a_missing_folder_names_the_store() {
        let message = Store::open(Path::new("/nonexistent/muster.duckdb")).err().expect("no such folder").to_string();
        assert!(message.contains("/nonexistent/muster.duckdb"), "{message}");
    }
}
