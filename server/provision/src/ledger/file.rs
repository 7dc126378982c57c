//! A ledger in a folder, with a file for each entry, which several processes use at a time.
//!
//! A change has the folder's lock, and replaces the whole file by a new one that is on disk. So a reader needs no lock, and
//! a process that ends during a change leaves the file as it was.

use super::{AccountState, Change, Entry, Ledger, LedgerError};
use jiff::Timestamp;
use muster_core::folder_lock::FILE_MODE;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

const LOCK: &str = "lock";
/// The ends of the names of entries, and of one that is being written.
const ENTRY_END: &str = ".json";
const NEW_END: &str = ".new";
const FOLDER_MODE: u32 = 0o700;
/// A file that is longer was not written by this ledger: an entry has some hundred bytes.
const ENTRY_BYTES_MAX: u64 = 256 * 1024;
/// A change takes milliseconds. A lock that is held for longer is that of a process that was stopped.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// A ledger in a folder.
pub struct FileLedger {
    folder: PathBuf,
    /// Threads of this process wait here, so that only processes wait for the lock.
    lock: Mutex<File>,
}

/// The content of a file. Its name is a digest of the key, because keys have characters that names of files do not have.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    key: String,
    entry: Entry,
}

impl FileLedger {
    /// Opens the folder, which is created if needed, and removes entries whose lease was not released and is over at `now`,
    /// unless they have a state.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read and written, or has a file that is damaged or not of a ledger.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, LedgerError> {
        let failed = |error: &io::Error| storage(folder, error);
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(|error| failed(&error))?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(FILE_MODE).open(folder.join(LOCK));
        let lock = Mutex::new(lock.map_err(|error| failed(&error))?);
        let ledger = Self { folder: folder.to_owned(), lock };
        for (key, entry) in ledger.entries()? {
            if is_over(&entry, now) {
                // It may have been taken again meanwhile.
                ledger.change(&key, &mut |entry| {
                    entry.lease.take_if(|lease| entry.state.is_none() && lease.until <= now);
                    Ok(())
                })?;
            }
        }
        Ok(ledger)
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(file_name(key))
    }

    /// Runs while no other thread or process changes the ledger.
    fn locked<T>(&self, work: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let lock = self.lock.lock();
        let started = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_TIMEOUT => thread::sleep(LOCK_PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let problem = "another process has locked it for long. Check which one has its file `lock` open";
                    return Err(storage(&self.folder, problem));
                }
                Err(TryLockError::Error(error)) => return Err(storage(&self.folder, error)),
            }
        }
        let result = work();
        lock.unlock().map_err(|error| storage(&self.folder, error))?;
        result
    }

    /// All entries, leases included.
    fn entries(&self) -> Result<Vec<(String, Entry)>, LedgerError> {
        let failed = |error: io::Error| storage(&self.folder, error);
        let mut entries = Vec::new();
        for file in fs::read_dir(&self.folder).map_err(failed)? {
            let path = file.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name == LOCK || name.ends_with(NEW_END) {
                continue;
            }
            // An entry that was removed meanwhile is none.
            if let Some(Stored { key, entry }) = read(&path)? {
                entries.push((key, entry));
            }
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(entries)
    }

    fn write(&self, key: &str, entry: &Entry) -> Result<(), LedgerError> {
        let path = self.path(key);
        let new = path.with_extension(&NEW_END[1..]);
        let stored = Stored { key: key.to_owned(), entry: entry.clone() };
        let replace = || {
            let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(FILE_MODE).open(&new)?;
            file.write_all(&serde_json::to_vec(&stored)?)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        replace().map_err(|error| storage(&path, error))
    }

    fn remove(&self, key: &str) -> Result<(), LedgerError> {
        let path = self.path(key);
        match fs::remove_file(&path).and_then(|()| File::open(&self.folder)?.sync_all()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(storage(&path, error)),
            _ => Ok(()),
        }
    }
}

impl Ledger for FileLedger {
    fn read(&self, account: &str) -> Result<Option<AccountState>, LedgerError> {
        Ok(read(&self.path(account))?.and_then(|stored| stored.entry.state))
    }

    fn list(&self) -> Result<Vec<(String, AccountState)>, LedgerError> {
        Ok(self.entries()?.into_iter().filter_map(|(key, entry)| Some((key, entry.state?))).collect())
    }

    fn change(&self, key: &str, change: Change<'_>) -> Result<Entry, LedgerError> {
        self.locked(|| {
            let before = read(&self.path(key))?.map(|stored| stored.entry).unwrap_or_default();
            let mut entry = before.clone();
            change(&mut entry)?;
            match (entry == before, entry.is_empty()) {
                (true, _) => {}
                (false, true) => self.remove(key)?,
                (false, false) => self.write(key, &entry)?,
            }
            Ok(entry)
        })
    }
}

fn is_over(entry: &Entry, now: Timestamp) -> bool {
    entry.state.is_none() && entry.lease.as_ref().is_none_or(|lease| lease.until <= now)
}

fn file_name(key: &str) -> String {
    format!("{}{ENTRY_END}", hex::encode(Sha256::digest(key)))
}

fn storage(path: &Path, problem: impl std::fmt::Display) -> LedgerError {
    LedgerError::Storage(format!("`{}`: {problem}", path.display()))
}

/// Reads a file, if there is one, and checks that it is the one of its key.
fn read(path: &Path) -> Result<Option<Stored>, LedgerError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(|error| storage(path, error))?,
    };
    let mut text = Vec::new();
    file.take(ENTRY_BYTES_MAX).read_to_end(&mut text).map_err(|error| storage(path, error))?;
    let damaged = "it is damaged or not of this ledger. Restore it from a backup, or move it away: what stands in AWS is found \
                   again";
    let stored: Stored =
        serde_json::from_slice(&text).map_err(|error| storage(path, format!("{damaged} ({error})")))?;
    match path.file_name().is_some_and(|name| *name == *file_name(&stored.key)) {
        true => Ok(Some(stored)),
        false => Err(storage(path, format!("{damaged} (it states the key {:?})", stored.key))),
    }
}
