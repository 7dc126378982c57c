//! `muster backup` and `muster restore`. Only one process can have the store open, so a running one makes the copy.

use super::{
    backup_socket,
    cli::{BackupArguments, RestoreArguments},
    setup,
};
use anyhow::Context;
use muster_store::{
    backup::{BackupError, back_up, file_for, restore},
    connection::Store,
};
use std::{io::Write, path::Path};

pub fn run(arguments: &BackupArguments) -> anyhow::Result<()> {
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

fn print(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
