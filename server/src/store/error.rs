//! What can go wrong with the store, each with what it concerns and what to do.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the store `{}` is in use by another process: only one may write. Stop the other `muster` or give this one \
         another file", path.display()
    )]
    Locked { path: PathBuf, source: duckdb::Error },
    #[error("cannot open the store `{}`: check that the folder exists and that this user may write there", path.display())]
    Open { path: PathBuf, source: duckdb::Error },
    #[error(
        "the store `{}` was written by a newer muster (schema {found}, this one knows {known}): install that version or \
         a later one. Nothing was changed", path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("cannot bring the store to schema {version}; nothing was changed")]
    Migrate { version: i64, source: duckdb::Error },
    #[error("cannot {what}; nothing of it was stored")]
    Write { what: String, source: duckdb::Error },
    #[error("cannot read {what} from the store")]
    Read { what: &'static str, source: duckdb::Error },
    /// A bug, not the user's doing.
    #[error("the store's work on {what} was broken off")]
    BrokenOff { what: &'static str },
}

impl StoreError {
    pub fn read(what: &'static str) -> impl FnOnce(duckdb::Error) -> Self {
        move |source| Self::Read { what, source }
    }
}
