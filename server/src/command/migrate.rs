//! `muster migrate`: migrates the store to this version's schema.

use super::{cli::ConfigArguments, setup};
use muster_store::{connection::Store, migrate::SCHEMA_VERSION};
use std::io::Write;

pub fn run(arguments: &ConfigArguments) -> anyhow::Result<()> {
    let config = setup::config(arguments)?;
    let store = Store::open(&config.store)?;
    writeln!(std::io::stdout(), "`{}` has schema {SCHEMA_VERSION}", store.path().display())?;
    Ok(())
}
