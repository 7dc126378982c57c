//! `muster export-store`: every table as Parquet. The store must not be in use; a backup can be exported instead.

use super::{cli::ExportStoreArguments, setup};
use muster_store::parquet::export;
use std::io::Write;

pub fn run(arguments: &ExportStoreArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    let store = arguments.store.as_ref().unwrap_or(&config.store);
    let tables = export(store, &arguments.folder)?;
    let (store, folder) = (store.display(), arguments.folder.display());
    Ok(writeln!(std::io::stdout(), "`{folder}` has the {tables} tables of `{store}`")?)
}
