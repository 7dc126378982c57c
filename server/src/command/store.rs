//! The commands on the store's file: `muster backup`, `restore`, `migrate` and `export-store`.

use super::{
    backup_socket,
    cli::{BackupArguments, ConfigArguments, ExportStoreArguments, RestoreArguments},
    setup,
};
use anyhow::Context;
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
    anyhow::ensure!(config.store.exists(), BackupError::NoStore { path: config.store });
    let target = std::path::absolute(&arguments.target).context("cannot find the current folder")?;
    let target = file_for(&target, &config.store, setup::system_clock().now());
    if !backup_socket::request(&config.store, &target)? {
        back_up(&Store::open(&config.store)?, &target)?;
    }
    print(&format!("`{}` is a copy of `{}`", target.display(), config.store.display()))
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
