//! The commands on the store's file: `muster backup`, `restore`, `migrate` and `export-store`.

use super::{
    backup_socket,
    cli::{BackupArguments, ConfigArguments, ExportStoreArguments, RestoreArguments},
    setup,
};
use anyhow::Context;
use muster_core::private;
use muster_store::{
    backup::{BackupError, back_up, file_for, restore},
    connection::Store,
    migrate::SCHEMA_VERSION,
    parquet::export,
};
use std::{io::Write, path::Path};

/// Copies the store. Only one process can have it open, so a running one makes the copy.
pub fn run_backup(arguments: &BackupArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    let store = arguments.store.as_ref().unwrap_or(&config.store);
    anyhow::ensure!(store.exists(), BackupError::NoStore { path: store.clone() });
    let target = std::path::absolute(&arguments.target).context("cannot find the current folder")?;
    let target = file_for(&target, store, setup::system_clock().now());
    if !backup_socket::request(store, &target)? {
        back_up(&Store::open(store)?, &target)?;
    }
    for older in shared_copies(&target, store) {
        setup::warn(&format!("the older backup {older}"));
    }
    print(&format!("`{}` is a copy of `{}`", target.display(), store.display()))
}

/// Describes the copies of the store beside `target` that other users of the machine can read.
fn shared_copies(target: &Path, store: &Path) -> Vec<String> {
    let name = store.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let is_copy = |path: &Path| path != target && path.extension().is_some_and(|extension| extension == "duckdb");
    private::shared_files(target.parent().unwrap_or(target), name)
        .filter(|(path, _)| is_copy(path))
        .map(|it| it.1)
        .collect()
}

pub fn run_restore(arguments: &RestoreArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    let aside = restore(&arguments.file, &config.store, setup::system_clock().now())?;
    let (file, store) = (arguments.file.display(), config.store.display());
    print(&match aside.as_deref().map(Path::display) {
        Some(aside) => format!("`{store}` is now a copy of `{file}`; the old store is `{aside}`"),
        None => format!("`{store}` is now a copy of `{file}`"),
    })
}

/// Migrates the store to this version's schema, which opening it does.
pub fn run_migrate(arguments: &ConfigArguments) -> anyhow::Result<()> {
    let store = Store::open(&setup::config(arguments)?.store)?;
    print(&format!("`{}` has schema {SCHEMA_VERSION}", store.path().display()))
}

/// Writes every table as Parquet. The store must not be in use; a backup can be exported instead.
pub fn run_export(arguments: &ExportStoreArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    let store = arguments.store.as_ref().unwrap_or(&config.store);
    let tables = export(store, &arguments.folder)?;
    print(&format!("`{}` has the {tables} tables of `{}`", arguments.folder.display(), store.display()))
}

fn print(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
