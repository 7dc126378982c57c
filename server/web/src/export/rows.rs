//! A list as the pieces of a file, one after the other, for whoever takes them.

use super::{
    csv::{CsvFile, FileWriter},
    options::FileOptions,
};
use serde::Serialize;
use std::{io, ops::ControlFlow};

/// The end of a file's rows that nothing more can be added to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    /// All of them were taken. If not, whoever took them had enough, or took too long.
    pub whole: bool,
}

/// Gives the pieces to `put`, which breaks off when nobody wants more of them. `each` hands over the rows.
pub fn write<Row: Serialize, E>(
    file: CsvFile<Row>,
    options: FileOptions,
    mut put: impl FnMut(Vec<u8>) -> ControlFlow<()>,
    each: impl FnOnce(&mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), E>,
) -> Result<io::Result<Written>, E> {
    let mut writer = match FileWriter::new(file, options) {
        Ok(writer) => writer,
        Err(error) => return Ok(Err(error)),
    };
    let (mut failed, mut left) = (None, false);
    each(&mut |row| match writer.add(&row) {
        Ok(None) => ControlFlow::Continue(()),
        Ok(Some(piece)) => {
            let more = put(piece);
            left = more.is_break();
            more
        }
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    if let Some(error) = failed {
        return Ok(Err(error));
    }
    let rest = match writer.take() {
        Ok(rest) => rest,
        Err(error) => return Ok(Err(error)),
    };
    let whole = !left && put(rest).is_continue();
    if writer.cells_stripped > 0 {
        tracing::info!(
            export.list = file.name,
            export.cells_stripped = writer.cells_stripped,
            "controls were left out"
        );
    }
    Ok(Ok(Written { rows: writer.rows, whole }))
}
