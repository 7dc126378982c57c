//! Writes a list as the pieces of a file, one after the other.

use super::{csv::FileWriter, options::FileOptions};
use muster_model::column::Columns;
use serde::Serialize;
use std::{io, ops::ControlFlow};

/// What was written of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    /// Whether every piece was taken. If not, the receiver went away or was too slow.
    pub whole: bool,
}

/// Passes the pieces to `put`, which breaks off when no more are wanted. `each` passes on the rows.
pub fn write<Row: Columns + Serialize, E>(
    list: &str,
    options: FileOptions,
    mut put: impl FnMut(Vec<u8>) -> ControlFlow<()>,
    each: impl FnOnce(&mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), E>,
) -> Result<io::Result<Written>, E> {
    let mut writer = match FileWriter::new(options) {
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
            export.list = list,
            export.cells_stripped = writer.cells_stripped,
            "control characters were left out"
        );
    }
    Ok(Ok(Written { rows: writer.rows, whole }))
}
