//! Backs up the store while it is in use, and restores a backup when it is not.
//!
//! The bytes of the file and its log are copied while the writer is locked; readers are not affected. A separate DuckDB
//! then writes the log back into the copy and reads all of it once.

use super::{
    connection::{Store, config},
    error::StoreError,
    integrity, migrate,
    wal_recovery::{beside, log_of, sync_folder},
};
use duckdb::{AccessMode, Connection};
use jiff::Timestamp;
use std::{
    fs::{self, File},
    io::{self, Seek},
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("`{}` already exists: choose another file, or a folder. Nothing was changed", path.display())]
    Exists { path: PathBuf },
    #[error("there is no store `{}` to back up", path.display())]
    NoStore { path: PathBuf },
    #[error("cannot write the backup `{}`: check that its folder exists, that this user may write there and that it \
             has free space. The partial copy was removed", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot complete the backup `{}`. The partial copy was removed", path.display())]
    Finish { path: PathBuf, source: duckdb::Error },
    #[error("cannot read the backup `{}`: check that it exists and that this user may read it. Nothing was changed", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the backup `{}` cannot be used: {reason}. Choose another one. Nothing was changed", path.display())]
    Unusable { path: PathBuf, reason: String, source: Option<duckdb::Error> },
    #[error("`{}` is a DuckDB database, but not a backup of a muster store. Nothing was changed", path.display())]
    NotOurs { path: PathBuf },
    #[error("`{}` is not whole: it has {what}. Nothing was changed", path.display())]
    Inconsistent { path: PathBuf, what: String },
    #[error("cannot move the store `{}` away: check that this user may write in its folder. Nothing was changed", path.display())]
    SetAside { path: PathBuf, source: io::Error },
    #[error(
        "cannot rename the copy `{}` to the store, which was moved to `{}`: rename one of them by hand",
        copy.display(), aside.display()
    )]
    PutInPlace { copy: PathBuf, aside: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Returns the path of the backup: `target` itself, or if that is a folder, a file in it that is named after the time.
pub fn file_for(target: &Path, store: &Path, now: Timestamp) -> PathBuf {
    if !target.is_dir() {
        return target.to_owned();
    }
    let name = store.file_stem().and_then(|name| name.to_str()).unwrap_or("muster");
    target.join(format!("{name}-{}.duckdb", stamp(now)))
}

fn stamp(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Backs up the store to `target`, which must not exist.
pub fn back_up(store: &Store, target: &Path) -> Result<(), BackupError> {
    if target.exists() {
        return Err(BackupError::Exists { path: target.to_owned() });
    }
    let part = beside(target, ".part");
    remove(&part);
    let made = make(store, &part, target);
    if made.is_err() {
        remove(&part);
    }
    made
}

fn make(store: &Store, part: &Path, target: &Path) -> Result<(), BackupError> {
    let unwritten = |path: &Path| {
        let path = path.to_owned();
        |source| BackupError::Write { path, source }
    };
    let (counts, copied) = store.hold(|writer| (integrity::row_counts(&writer.connection), copy(store, part)));
    copied.map_err(unwritten(target))?;
    finish(part, &counts?)?;
    put(part, target).map_err(unwritten(target))
}

/// Copies the bytes of the store and its log. The writer is locked, so neither changes.
fn copy(store: &Store, part: &Path) -> io::Result<()> {
    let mut from = store.file()?;
    from.rewind()?;
    write_out(&mut from, part)?;
    match File::open(log_of(store.path())) {
        Ok(mut log) => write_out(&mut log, &log_of(part)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn write_out(from: &mut impl io::Read, to: &Path) -> io::Result<()> {
    let mut file = File::create(to)?;
    io::copy(from, &mut file)?;
    file.sync_all()
}

/// Writes the copy's log back, and checks that the copy has the same rows as the store.
fn finish(part: &Path, counts: &[(String, i64)]) -> Result<(), BackupError> {
    let finish = || -> duckdb::Result<()> {
        let connection = Connection::open_with_flags(part, config()?)?;
        connection.execute_batch("SET threads = 1; CHECKPOINT")?;
        connection.close().map_err(|(_, error)| error)
    };
    finish().map_err(|source| BackupError::Finish { path: part.to_owned(), source })?;
    if check(part, part)? != counts {
        return Err(BackupError::Inconsistent { path: part.to_owned(), what: "other rows than the store".to_owned() });
    }
    Ok(())
}

fn put(part: &Path, target: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    fs::rename(part, target)?;
    sync_folder(target)
}

fn remove(part: &Path) {
    let _ = fs::remove_file(part);
    let _ = fs::remove_file(log_of(part));
}

/// Explains an error of a backup, which is no store whose folder or permissions could be wrong.
fn unusable(path: &Path, error: StoreError) -> BackupError {
    let (reason, source) = match error {
        StoreError::Empty { .. } => ("it is empty".to_owned(), None),
        StoreError::NotDuckDb { source, .. } => ("it is not a DuckDB database".to_owned(), Some(source)),
        StoreError::Locked { source, .. } => ("another process has it open".to_owned(), Some(source)),
        StoreError::NewerFormat { source, .. } => {
            ("it is in a newer DuckDB format than this version reads".to_owned(), Some(source))
        }
        StoreError::Newer { found, known, .. } => {
            (format!("it was written by a newer version of muster (schema {found}, this one reads {known})"), None)
        }
        StoreError::Damaged { source, .. }
        | StoreError::DamagedLog { source, .. }
        | StoreError::Open { source, .. }
        | StoreError::Read { source, .. } => ("it is truncated or damaged".to_owned(), Some(source)),
        other => (other.to_string(), None),
    };
    BackupError::Unusable { path: path.to_owned(), reason, source }
}

/// Checks that a file is a store without integrity violations that this version reads. Errors name it `path`. Returns the
/// rows of each table.
fn check(file: &Path, path: &Path) -> Result<Vec<(String, i64)>, BackupError> {
    let unusable = |error| unusable(path, error);
    let open = || Connection::open_with_flags(file, config()?.access_mode(AccessMode::ReadOnly)?);
    let connection = open().map_err(|source| unusable(StoreError::open(path, source)))?;
    let found = migrate::version(&connection).map_err(unusable)?;
    if found == 0 {
        return Err(BackupError::NotOurs { path: path.to_owned() });
    }
    if found > migrate::SCHEMA_VERSION {
        let newer = StoreError::Newer { path: path.to_owned(), found, known: migrate::SCHEMA_VERSION };
        return Err(unusable(newer));
    }
    integrity::read_everything(&connection).map_err(unusable)?;
    if let Some((what, rows)) =
        integrity::violations(&connection).map_err(unusable)?.into_iter().find(|(_, rows)| *rows > 0)
    {
        return Err(BackupError::Inconsistent { path: path.to_owned(), what: format!("{rows} {what}") });
    }
    integrity::row_counts(&connection).map_err(unusable)
}

/// Replaces the store by a copy of `backup`. Returns the path to which the previous store was moved, if there was one.
pub fn restore(backup: &Path, store: &Path, now: Timestamp) -> Result<Option<PathBuf>, BackupError> {
    let unreadable = |source| BackupError::Unreadable { path: backup.to_owned(), source };
    let mut from = File::open(backup).map_err(unreadable)?;
    if from.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    refuse_in_use(store)?;
    // The copy is checked, not the backup, because the copy becomes the store.
    let copy = beside(store, ".restoring");
    let written = write_out(&mut from, &copy).map_err(|source| BackupError::Write { path: copy.clone(), source });
    let moved = written.and_then(|()| check(&copy, backup)).and_then(|_| {
        refuse_in_use(store)?;
        set_aside(store, now).map_err(|source| BackupError::SetAside { path: store.to_owned(), source })
    });
    match moved {
        Err(error) => {
            remove(&copy);
            Err(error)
        }
        Ok(aside) => {
            let put = fs::rename(&copy, store).and_then(|()| sync_folder(store));
            let not_renamed =
                |source| BackupError::PutInPlace { copy, aside: aside.clone().unwrap_or_default(), source };
            put.map_err(not_renamed).map(|()| aside)
        }
    }
}

/// Fails if another process has the store open. Opening it for reading changes nothing.
fn refuse_in_use(store: &Path) -> Result<(), BackupError> {
    if !store.exists() {
        return Ok(());
    }
    let open = || Connection::open_with_flags(store, config()?.access_mode(AccessMode::ReadOnly)?);
    match open().map_err(|source| StoreError::open(store, source)) {
        Err(error @ StoreError::Locked { .. }) => Err(error.into()),
        // A damaged store may be replaced.
        _ => Ok(()),
    }
}

/// Moves the store and its log to new names that belong together.
fn set_aside(store: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
    if !store.exists() {
        return Ok(None);
    }
    let time = stamp(now);
    let names = (1..).map(|number| if number == 1 { time.clone() } else { format!("{time}-{number}") });
    let mut names = names.map(|name| beside(store, &format!(".before-restore-{name}")));
    let aside = names.find(|aside| !aside.exists()).unwrap_or_default();
    let log = log_of(store);
    if log.exists() {
        fs::rename(&log, log_of(&aside))?;
    }
    fs::rename(store, &aside).inspect_err(|_| {
        let _ = fs::rename(log_of(&aside), &log);
    })?;
    Ok(Some(aside))
}
