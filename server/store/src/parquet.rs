//! Exports all tables as Parquet, for other engines.
//!
//! The store is opened for reading only, by a DuckDB that may access only the output folder.

use super::{
    error::StoreError,
    migrate,
    wal_recovery::{beside, sync_folder},
};
use duckdb::{AccessMode, Config, Connection};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const TRANSITIONS: &str = include_str!("parquet_transitions.sql");

#[derive(Debug, thiserror::Error)]
pub enum ParquetError {
    #[error("`{}` already exists: choose another folder. Nothing was changed", path.display())]
    Exists { path: PathBuf },
    #[error("there is no store `{}` to export", path.display())]
    NoStore { path: PathBuf },
    #[error("the store `{}` has schema {found}, this version of muster has {}: run `muster migrate` first", path.display(), migrate::SCHEMA_VERSION)]
    Schema { path: PathBuf, found: i64 },
    #[error("cannot write to the folder `{}`: check that this user may write there and that it has free space", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("cannot write {what} to the folder `{}`: check that it has free space. The partial export was removed", path.display())]
    Write { what: String, path: PathBuf, source: duckdb::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes all tables of the store at `path` to `folder`, which must not exist. Returns the number of tables.
pub fn export(path: &Path, folder: &Path) -> Result<usize, ParquetError> {
    if folder.exists() {
        return Err(ParquetError::Exists { path: folder.to_owned() });
    }
    if !path.exists() {
        return Err(ParquetError::NoStore { path: path.to_owned() });
    }
    let no_folder = |source| ParquetError::Folder { path: folder.to_owned(), source };
    let part = beside(&std::path::absolute(folder).map_err(no_folder)?, ".part");
    let connection = open(path, &part)?;
    let found = migrate::version(&connection)?;
    if found != migrate::SCHEMA_VERSION {
        return Err(ParquetError::Schema { path: path.to_owned(), found });
    }
    fs::create_dir(&part).map_err(no_folder)?;
    let written = write(&connection, &part, folder).and_then(|tables| {
        fs::rename(&part, folder).and_then(|()| sync_folder(folder)).map_err(no_folder)?;
        Ok(tables)
    });
    if written.is_err() {
        let _ = fs::remove_dir_all(&part);
    }
    written
}

/// Opens the store for reading only, with access to no other files than those in `folder`.
fn open(path: &Path, folder: &Path) -> Result<Connection, StoreError> {
    let open = || -> duckdb::Result<Connection> {
        let config = Config::default()
            .enable_autoload_extension(false)?
            .with("autoinstall_known_extensions", "false")?
            .access_mode(AccessMode::ReadOnly)?;
        let connection = Connection::open_with_flags(path, config)?;
        let folder = quoted(folder);
        connection.execute_batch(&format!(
            "SET allowed_directories = [{folder}]; SET enable_external_access = false; SET lock_configuration = true"
        ))?;
        Ok(connection)
    };
    open().map_err(|source| StoreError::open(path, source))
}

fn write(connection: &Connection, part: &Path, folder: &Path) -> Result<usize, ParquetError> {
    let copy = |what: &str, sql: String| {
        let failed = |source| ParquetError::Write { what: what.to_owned(), path: folder.to_owned(), source };
        connection.execute_batch(&sql).map_err(failed)
    };
    let tables = tables(connection).map_err(StoreError::read("the names of the tables"))?;
    for table in &tables {
        let sql = match table.as_str() {
            "transition" => {
                let to = part.join(table);
                // DuckDB creates no folder if there is no transition.
                fs::create_dir(&to).map_err(|source| ParquetError::Folder { path: folder.to_owned(), source })?;
                let options = "FORMAT parquet, COMPRESSION zstd, PARTITION_BY (account_id, month), OVERWRITE_OR_IGNORE";
                format!("COPY ({TRANSITIONS}) TO {} ({options})", quoted(&to))
            }
            table => {
                let to = part.join(format!("{table}.parquet"));
                format!("COPY \"{table}\" TO {} (FORMAT parquet, COMPRESSION zstd)", quoted(&to))
            }
        };
        copy(table, sql)?;
    }
    Ok(tables.len())
}

fn tables(connection: &Connection) -> duckdb::Result<Vec<String>> {
    connection
        .prepare("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY table_name")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Quotes a path as a string of SQL. Statements that name files take no parameters.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}
