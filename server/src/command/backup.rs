//! `muster backup` and `muster restore`. Only one process can have the store open, so a running one makes the copy of it.

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
    setup::log(config.log_format);
    anyhow::ensure!(config.store.exists(), BackupError::NoStore { path: config.store });
    let target = std::path::absolute(&arguments.target).context("cannot tell where this process is")?;
    let target = file_for(&target, &config.store, setup::system_clock().now());
    match backup_socket::ask(&config.store, &target)? {
        Some(()) => {}
        None => back_up(&Store::open(&config.store)?, &target)?,
    }
    say(&format!("`{}` is a copy of `{}`", target.display(), config.store.display()))
}

pub fn run_restore(arguments: &RestoreArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    setup::log(config.log_format);
    let aside = restore(&arguments.file, &config.store, setup::system_clock().now())?;
    let (file, store) = (arguments.file.display(), config.store.display());
    say(&match aside.as_deref().map(Path::display) {
        Some(aside) => format!("`{store}` is now a copy of `{file}`; what it was is `{aside}`"),
        None => format!("`{store}` is now a copy of `{file}`"),
    })
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
