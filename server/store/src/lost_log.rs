//! A damaged write-ahead log: set aside beside the store, and everything marked to be read again.
//!
//! Which logs were lost is told by the files that are kept, so a process that dies between setting one aside and
//! marking the store leaves nothing undone: the next one to open the store finds a file that is not in its table.

use super::{connection::Writer, error::StoreError, log::damaged_after, value::time};
use duckdb::{Connection, params};
use jiff::Timestamp;
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The log of a store.
pub fn log_of(store: &Path) -> PathBuf {
    beside(store, ".wal")
}

/// What stands before the time in the name of a log that is kept.
fn kept_prefix(store: &Path) -> PathBuf {
    beside(store, ".wal.damaged-")
}

/// A path that differs by its ending only.
pub fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(store);
    name.push(ending);
    name.into()
}

/// The store's log, if it is damaged.
pub fn damaged(store: &Path) -> Option<Vec<u8>> {
    fs::read(log_of(store)).ok().filter(|log| damaged_after(log).is_some())
}

/// Moves the log away, and leaves in its place what comes before the damage.
pub fn set_aside(store: &Path, log: &[u8], now: Timestamp) -> io::Result<()> {
    let (_, kept) = new_file(store, now)?;
    fs::rename(log_of(store), kept)?;
    let good = damaged_after(log).unwrap_or_default();
    if good > 0 {
        let mut head = File::create_new(log_of(store))?;
        head.write_all(&log[..good])?;
        head.sync_all()?;
    }
    sync_folder(store)
}

/// Keeps a copy of a log of which DuckDB has silently taken only the part before the damage.
pub fn keep_copy(store: &Path, log: &[u8], now: Timestamp) -> io::Result<()> {
    let (mut file, _) = new_file(store, now)?;
    file.write_all(log)?;
    file.sync_all()?;
    sync_folder(store)
}

/// A file of a name that nothing had.
fn new_file(store: &Path, now: Timestamp) -> io::Result<(File, PathBuf)> {
    let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut number = 1;
    loop {
        let name = if number == 1 { time.clone() } else { format!("{time}-{number}") };
        let path = beside(&kept_prefix(store), &name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            file => return Ok((file?, path)),
        }
    }
}

/// A new name of a file lasts once its folder is written.
pub fn sync_folder(store: &Path) -> io::Result<()> {
    let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Notes each log that is kept and not in the table yet, and takes everything that is stored for unsure.
pub fn record(connection: &mut Connection, store: &Path, now: Timestamp) -> Result<(), StoreError> {
    for name in kept_names(store) {
        let mut note = || -> duckdb::Result<bool> {
            let transaction = connection.transaction()?;
            let noted = transaction.execute(
                "INSERT INTO lost_log SELECT (SELECT count(*) + 1 FROM lost_log), $1, $2, NULL
                 WHERE NOT EXISTS (SELECT 1 FROM lost_log WHERE kept_as = $2)",
                params![time(now), name],
            )?;
            if noted > 0 {
                // Updates and inventory are told apart by their hashes, rules of baselines by when they were read.
                transaction.execute_batch(
                    "INSERT INTO unsure_instance SELECT instance_key FROM patch_operation
                     WHERE instance_key NOT IN (SELECT instance_key FROM unsure_instance);
                     UPDATE patch_operation SET updates_hash = NULL;
                     UPDATE account_region SET slow_cycle_at = NULL;
                     UPDATE inventory_capture SET content_hash = '';
                     UPDATE patch_baseline_reading SET read_at = TIMESTAMP 'epoch';",
                )?;
            }
            transaction.commit()?;
            Ok(noted > 0)
        };
        if note().map_err(StoreError::write("note that a log was damaged"))? {
            tracing::warn!(
                store.path = %store.display(),
                log.kept_as = %name,
                "the store's write-ahead log was damaged: harvests that were only in it are lost, the log is kept \
                 beside the store, and the next round reads everything again"
            );
        }
    }
    Ok(())
}

fn kept_names(store: &Path) -> Vec<String> {
    let prefix = kept_prefix(store);
    let (Some(folder), Some(start)) = (prefix.parent(), prefix.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(start)).collect();
    names.sort();
    names
}

/// Notes that a loss is made good, once every account and Region was read again.
pub fn settle(writer: &mut Writer, now: Timestamp) -> Result<(), StoreError> {
    const UNREAD: &str = "lost_log_seen < (SELECT count(*) FROM lost_log)";
    let mut write = || -> duckdb::Result<()> {
        let transaction = writer.connection.transaction()?;
        let settled = transaction.execute(
            &format!(
                "UPDATE lost_log SET made_good_at = $1 WHERE made_good_at IS NULL AND NOT EXISTS (
                     SELECT 1 FROM account_region WHERE removed_at IS NULL AND {UNREAD})"
            ),
            [time(now)],
        )?;
        if settled > 0 {
            // An account that left the roster is read again if it comes back.
            transaction.execute_batch(&format!(
                "DELETE FROM unsure_instance WHERE instance_key NOT IN (
                     SELECT instance_key FROM instance JOIN account_region USING (account_id, region) WHERE {UNREAD})"
            ))?;
        }
        transaction.commit()
    };
    write().map_err(StoreError::write("note that everything was read again"))
}
