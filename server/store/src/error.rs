//! Errors of the store. Each message names what failed and what to do.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Messages of the operating system when a file cannot grow: a full disk, an exceeded quota, or a limit.
const FULL: &[&str] = &["No space left", "quota exceeded", "File too large"];

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the store `{}` is in use by another process. Stop the other `muster`, or configure another file for this \
         one", path.display()
    )]
    Locked { path: PathBuf, source: duckdb::Error },
    #[error("cannot open the store `{}`: check that the folder exists and that this user may write there", path.display())]
    Open { path: PathBuf, source: duckdb::Error },
    #[error("cannot create the store `{}`: check that this user may write in its folder", path.display())]
    Create { path: PathBuf, source: std::io::Error },
    /// A store is never empty: something else created or truncated this file.
    #[error(
        "the store `{}` is empty: restore its backup, or remove it to start with a new one. Nothing was changed",
        path.display()
    )]
    Empty { path: PathBuf },
    #[error(
        "`{}` is not a DuckDB database: configure another file as the store, or move this one away. Nothing was changed",
        path.display()
    )]
    NotDuckDb { path: PathBuf, source: duckdb::Error },
    #[error("the store `{}` is damaged: restore its backup. Nothing was changed", path.display())]
    Damaged { path: PathBuf, source: duckdb::Error },
    /// DuckDB rejects the log, and it has no damage that `wal.rs` finds, so it was not moved away.
    #[error(
        "the write-ahead log of the store `{}` cannot be read: restore a backup, or move the log away. Nothing was \
         changed", path.display()
    )]
    DamagedLog { path: PathBuf, source: duckdb::Error },
    #[error(
        "the write-ahead log `{}` is damaged and cannot be moved away: check that this user may write in its folder \
         and that it has free space", path.display()
    )]
    SetAside { path: PathBuf, source: std::io::Error },
    #[error(
        "the store `{}` is in a newer DuckDB format than this version reads: install the version that wrote it or a \
         later one. Nothing was changed", path.display()
    )]
    NewerFormat { path: PathBuf, source: duckdb::Error },
    #[error(
        "the store `{}` was written by a newer version of muster (schema {found}, this one reads {known}): install that version or \
         a later one. Nothing was changed", path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("cannot migrate the store to schema {version}; nothing was changed")]
    Migrate { version: i64, source: duckdb::Error },
    #[error("cannot {what}; nothing of it was stored")]
    Write { what: String, source: duckdb::Error },
    #[error(
        "cannot {what}: no space is left on the store's disk; nothing of it was stored. Free some space and harvest again"
    )]
    Full { what: String, source: duckdb::Error },
    #[error("cannot read {what} from the store")]
    Read { what: &'static str, source: duckdb::Error },
    /// Too many reads of the caller wait, or this one waited too long.
    #[error("too many reads are waiting, so {what} was not read from the store")]
    Busy { what: &'static str, retry_after: Duration },
    #[error("reading {what} from the store took too long and was aborted")]
    TimedOut { what: &'static str },
    /// The result is no longer needed, or the work panicked.
    #[error("the store's work on {what} was aborted")]
    Aborted { what: &'static str },
}

impl StoreError {
    pub fn read(what: &'static str) -> impl FnOnce(duckdb::Error) -> Self {
        move |source| Self::Read { what, source }
    }

    /// Wraps an error of writing. `what` completes "cannot …", such as "store the roster".
    pub fn write(what: impl Into<String>) -> impl FnOnce(duckdb::Error) -> Self {
        move |source| match mentions(&source, FULL) {
            true => Self::Full { what: what.into(), source },
            false => Self::Write { what: what.into(), source },
        }
    }

    pub(super) fn migrate(version: i64, source: duckdb::Error) -> Self {
        match mentions(&source, FULL) {
            true => Self::Full { what: format!("migrate the store to schema {version}"), source },
            false => Self::Migrate { version, source },
        }
    }

    /// Classifies why a file cannot be opened, by the text of DuckDB's message.
    pub(super) fn open(path: &Path, source: duckdb::Error) -> Self {
        let path = path.to_owned();
        if mentions(&source, &["Could not set lock"]) {
            Self::Locked { path, source }
        } else if mentions(&source, FULL) {
            Self::Full { what: format!("open the store `{}`", path.display()), source }
        } else if std::fs::metadata(&path).is_ok_and(|file| file.len() == 0) {
            Self::Empty { path }
        } else if mentions(&source, &["not a valid DuckDB database"]) {
            Self::NotDuckDb { path, source }
        } else if mentions(&source, &["database file with version number"]) {
            Self::NewerFormat { path, source }
        } else if mentions(&source, &["Corrupt WAL file", "Failed to read WAL"]) {
            Self::DamagedLog { path, source }
        } else if mentions(&source, &["Corrupt", "Could not read enough bytes"]) {
            Self::Damaged { path, source }
        } else {
            Self::Open { path, source }
        }
    }
}

fn mentions(error: &duckdb::Error, texts: &[&str]) -> bool {
    let message = error.to_string();
    texts.iter().any(|text| message.contains(text))
}
