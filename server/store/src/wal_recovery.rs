//! Recovery from a damaged write-ahead log: the log is moved to a file beside the store, and everything is marked to be
//! read again.
//!
//! If the process is killed between these two steps, the next one that opens the store finds a file that is not in the
//! table
//! `lost_log` and completes the recovery.

use super::{connection::Writer, error::StoreError, value::time, wal::damage_offset};
use duckdb::{Connection, params};
use jiff::Timestamp;
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Returns the path of a store's write-ahead log.
pub fn log_of(store: &Path) -> PathBuf {
    beside(store, ".wal")
}

/// Returns the path of a damaged log without the time at its end.
fn kept_prefix(store: &Path) -> PathBuf {
    beside(store, ".wal.damaged-")
}

/// Appends to the name of a file.
pub fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(store);
    name.push(ending);
    name.into()
}

/// Reads the store's log, if it is damaged.
pub fn read_damaged(store: &Path) -> Option<Vec<u8>> {
    fs::read(log_of(store)).ok().filter(|log| damage_offset(log).is_some())
}

/// Moves the log away, and leaves the part before the damage in its place.
pub fn set_aside(store: &Path, log: &[u8], now: Timestamp) -> io::Result<()> {
    let (_, kept) = new_file(store, now)?;
    fs::rename(log_of(store), kept)?;
    let offset = damage_offset(log).unwrap_or_default();
    if offset > 0 {
        let mut head = File::create_new(log_of(store))?;
        head.write_all(&log[..offset])?;
        head.sync_all()?;
    }
    sync_folder(store)
}

/// Keeps a copy of a log when DuckDB has silently read only the part before the damage.
pub fn keep_copy(store: &Path, log: &[u8], now: Timestamp) -> io::Result<()> {
    let (mut file, _) = new_file(store, now)?;
    file.write_all(log)?;
    file.sync_all()?;
    sync_folder(store)
}

/// Creates a file with an unused name.
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

/// Flushes the folder of a file that was created or renamed.
pub fn sync_folder(store: &Path) -> io::Result<()> {
    let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Records each kept log that is not in the table yet, and marks everything that is stored to be read again.
pub fn record(connection: &mut Connection, store: &Path, now: Timestamp) -> Result<(), StoreError> {
    for name in kept_names(store) {
        let mut insert = || -> duckdb::Result<bool> {
            let transaction = connection.transaction()?;
            let inserted = transaction.execute(
                "INSERT INTO lost_log BY NAME
                 SELECT (SELECT count(*) + 1 FROM lost_log) AS number, $1 AS found_at, $2 AS kept_as
                 WHERE NOT EXISTS (SELECT 1 FROM lost_log WHERE kept_as = $2)",
                params![time(now), name],
            )?;
            if inserted > 0 {
                // Updates and inventory are compared by their hashes, rules of baselines by when they were read.
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
            Ok(inserted > 0)
        };
        if insert().map_err(StoreError::write("record a damaged write-ahead log"))? {
            tracing::warn!(
                store.path = %store.display(),
                log.kept_as = %name,
                "the store's write-ahead log was damaged: harvests that were only in it are lost. The log is kept \
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

/// Marks lost logs as recovered, once every account and Region was read again.
pub fn settle(writer: &mut Writer, now: Timestamp) -> Result<(), StoreError> {
    const UNREAD: &str = "lost_log_seen < (SELECT count(*) FROM lost_log)";
    writer.transaction_apart("record that everything was read again", |transaction| {
        let recovered = transaction.execute(
            &format!(
                "UPDATE lost_log SET made_good_at = $1 WHERE made_good_at IS NULL AND NOT EXISTS (
                     SELECT 1 FROM account_region WHERE removed_at IS NULL AND {UNREAD})"
            ),
            [time(now)],
        )?;
        if recovered > 0 {
            // Accounts that left the roster are read again if they come back.
            transaction.execute_batch(&format!(
                "DELETE FROM unsure_instance WHERE instance_key NOT IN (
                     SELECT instance_key FROM instance JOIN account_region USING (account_id, region) WHERE {UNREAD})"
            ))?;
        }
        Ok(())
    })
}
