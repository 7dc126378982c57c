//! What can go wrong with the store, each with what it concerns and what to do.

use std::path::{Path, PathBuf};

/// How the system says that a file cannot grow: the disk is full, a quota is used up, or a limit is set.
const FULL: &[&str] = &["No space left", "quota exceeded", "File too large"];

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the store `{}` is in use by another process: only one may write. Stop the other `muster` or give this one \
         another file", path.display()
    )]
    Locked { path: PathBuf, source: duckdb::Error },
    #[error("cannot open the store `{}`: check that the folder exists and that this user may write there", path.display())]
    Open { path: PathBuf, source: duckdb::Error },
    #[error("cannot make the store `{}`: check that this user may write in its folder", path.display())]
    Create { path: PathBuf, source: std::io::Error },
    /// A store is never empty: something else made this file, or emptied it.
    #[error(
        "the store `{}` is empty: restore its backup, or remove it to begin a new one. Nothing was changed",
        path.display()
    )]
    Empty { path: PathBuf },
    #[error(
        "`{}` is not a DuckDB database: name another file as the store, or move this one away. Nothing was changed",
        path.display()
    )]
    Foreign { path: PathBuf, source: duckdb::Error },
    #[error("the store `{}` is damaged: restore its backup. Nothing was changed", path.display())]
    Damaged { path: PathBuf, source: duckdb::Error },
    /// Its log, not the store itself. Opening sets such a log aside, if it is one that we can read.
    #[error(
        "the write-ahead log of the store `{}` cannot be read: restore a backup, or move the log away. Nothing was \
         changed", path.display()
    )]
    DamagedLog { path: PathBuf, source: duckdb::Error },
    #[error(
        "the write-ahead log `{}` is damaged and cannot be set aside: check that this user may write in its folder and \
         that space is left there", path.display()
    )]
    SetAside { path: PathBuf, source: std::io::Error },
    #[error(
        "the store `{}` is in a newer format of DuckDB than this muster reads: install the version that wrote it or a \
         later one. Nothing was changed", path.display()
    )]
    NewerFormat { path: PathBuf, source: duckdb::Error },
    #[error(
        "the store `{}` was written by a newer muster (schema {found}, this one knows {known}): install that version or \
         a later one. Nothing was changed", path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("cannot bring the store to schema {version}; nothing was changed")]
    Migrate { version: i64, source: duckdb::Error },
    #[error("cannot {what}; nothing of it was stored")]
    Write { what: String, source: duckdb::Error },
    #[error(
        "cannot {what}: no space is left where the store is; nothing of it was stored. Free some and harvest again"
    )]
    Full { what: String, source: duckdb::Error },
    #[error("cannot read {what} from the store")]
    Read { what: &'static str, source: duckdb::Error },
    #[error("{what} took too long to read from the store and was broken off")]
    TookTooLong { what: &'static str },
    /// A bug, or nobody waits for it any more.
    #[error("the store's work on {what} was broken off")]
    BrokenOff { what: &'static str },
}

impl StoreError {
    pub fn read(what: &'static str) -> impl FnOnce(duckdb::Error) -> Self {
        move |source| Self::Read { what, source }
    }

    /// `what` as in "store the roster".
    pub fn write(what: impl Into<String>) -> impl FnOnce(duckdb::Error) -> Self {
        move |source| match says(&source, FULL) {
            true => Self::Full { what: what.into(), source },
            false => Self::Write { what: what.into(), source },
        }
    }

    pub(super) fn migrate(version: i64, source: duckdb::Error) -> Self {
        match says(&source, FULL) {
            true => Self::Full { what: format!("bring the store to schema {version}"), source },
            false => Self::Migrate { version, source },
        }
    }

    /// The same of another file: of what was looked at a copy of.
    pub(super) fn about(mut self, copy: &Path, file: &Path) -> Self {
        use StoreError::{Damaged, DamagedLog, Empty, Foreign, Locked, Newer, NewerFormat, Open};
        match &mut self {
            Locked { path, .. }
            | Open { path, .. }
            | Empty { path }
            | Foreign { path, .. }
            | Damaged { path, .. }
            | DamagedLog { path, .. }
            | NewerFormat { path, .. }
            | Newer { path, .. }
                if path == copy =>
            {
                *path = file.to_owned();
            }
            _ => {}
        }
        self
    }

    /// Why a file did not open. DuckDB tells its reasons apart by their words only.
    pub(super) fn open(path: &Path, source: duckdb::Error) -> Self {
        let path = path.to_owned();
        if says(&source, &["Could not set lock"]) {
            Self::Locked { path, source }
        } else if says(&source, FULL) {
            Self::Full { what: format!("open the store `{}`", path.display()), source }
        } else if std::fs::metadata(&path).is_ok_and(|file| file.len() == 0) {
            Self::Empty { path }
        } else if says(&source, &["not a valid DuckDB database"]) {
            Self::Foreign { path, source }
        } else if says(&source, &["database file with version number"]) {
            Self::NewerFormat { path, source }
        } else if says(&source, &["Corrupt WAL file", "Failed to read WAL"]) {
            Self::DamagedLog { path, source }
        } else if says(&source, &["Corrupt"]) {
            Self::Damaged { path, source }
        } else {
            Self::Open { path, source }
        }
    }
}

fn says(error: &duckdb::Error, words: &[&str]) -> bool {
    let text = error.to_string();
    words.iter().any(|word| text.contains(word))
}
