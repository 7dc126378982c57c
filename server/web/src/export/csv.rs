//! Writes rows as a file: RFC 4180 in UTF-8 with a header, or JSON lines.

use super::{
    cell::{is_stripped, render},
    options::FileOptions,
};
use muster_model::column::Columns;
use serde::Serialize;
use std::{io, marker::PhantomData, ops::ControlFlow};

/// The approximate size of the pieces of a file.
const PIECE_BYTES: usize = 64 * 1024;
/// Tells Excel that the file is UTF-8; other readers would take it for part of the first name.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes rows into pieces of a file, with the columns that the row type exports.
pub struct FileWriter<Row> {
    /// For each column, whether it is in the file.
    exported: Vec<bool>,
    options: FileOptions,
    /// What is not CSV: the byte-order mark, or JSON.
    piece: Vec<u8>,
    records: csv::Writer<Vec<u8>>,
    /// Cells that lost control characters.
    pub cells_stripped: u64,
    types: PhantomData<fn(Row)>,
}

impl<Row: Columns + Serialize> FileWriter<Row> {
    pub fn new(options: FileOptions) -> io::Result<Self> {
        let mut piece = Vec::new();
        let mut records = records();
        let columns = Row::columns();
        if !options.json {
            if options.excel {
                piece.extend_from_slice(BYTE_ORDER_MARK);
            }
            records.write_record(columns.iter().filter(|column| column.exported).map(|column| column.name))?;
        }
        let exported = columns.iter().map(|column| column.exported).collect();
        Ok(Self { exported, options, piece, records, cells_stripped: 0, types: PhantomData })
    }

    /// Adds a row, and returns a piece when one is full.
    pub fn add(&mut self, row: &Row) -> io::Result<Option<Vec<u8>>> {
        if self.options.json {
            serde_json::to_writer(&mut self.piece, row)?;
            self.piece.push(b'\n');
        } else {
            let values = row.values();
            let exported =
                || values.iter().zip(&self.exported).filter(|(_, exported)| **exported).map(|(value, _)| value);
            self.cells_stripped += exported().filter(|value| is_stripped(value)).count() as u64;
            self.records.write_record(exported().map(|value| render(value, self.options.raw).into_owned()))?;
        }
        match self.piece.len() + self.records.get_ref().len() {
            PIECE_BYTES.. => self.take().map(Some),
            _ => Ok(None),
        }
    }

    /// Takes what was written since the last piece.
    pub fn take(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = std::mem::take(&mut self.piece);
        let written = std::mem::replace(&mut self.records, records()).into_inner();
        piece.append(&mut written.map_err(|error| io::Error::other(error.to_string()))?);
        Ok(piece)
    }
}

/// Writes a list as the pieces of a file, one after the other. Passes them to `put`, which breaks off when no more are
/// wanted. `each` passes on the rows. Returns whether every piece was taken; if not, the receiver went away or was too slow.
pub fn write<Row: Columns + Serialize, E>(
    list: &str,
    options: FileOptions,
    mut put: impl FnMut(Vec<u8>) -> ControlFlow<()>,
    each: impl FnOnce(&mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), E>,
) -> Result<io::Result<bool>, E> {
    let mut writer = match FileWriter::new(options) {
        Ok(writer) => writer,
        Err(error) => return Ok(Err(error)),
    };
    let mut flow = Ok(ControlFlow::Continue(()));
    each(&mut |row| {
        flow = writer.add(&row).map(|piece| piece.map_or(ControlFlow::Continue(()), &mut put));
        *flow.as_ref().unwrap_or(&ControlFlow::Break(()))
    })?;
    let whole = flow.and_then(|flow| Ok(flow.is_continue() && put(writer.take()?).is_continue()));
    if writer.cells_stripped > 0 {
        tracing::info!(
            export.list = list,
            export.cells_stripped = writer.cells_stripped,
            "control characters were left out"
        );
    }
    Ok(whole)
}

fn records() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Columns, Serialize)]
    struct Numbered {
        n: u64,
        #[column(no_csv)]
        is_even: bool,
    }

    fn written(rows: u64, options: FileOptions) -> (usize, String) {
        let mut writer = FileWriter::new(options).expect("a writer");
        let mut pieces: Vec<Vec<u8>> =
            (0..rows).filter_map(|n| writer.add(&Numbered { n, is_even: n % 2 == 0 }).expect("added")).collect();
        pieces.push(writer.take().expect("the rest"));
        (pieces.len(), String::from_utf8(pieces.concat()).expect("UTF-8"))
    }

    #[test]
    fn writes_every_row_once_across_pieces() {
        let rows = PIECE_BYTES as u64;
        let (pieces, text) = written(rows, FileOptions::default());
        assert!(pieces > 2, "{pieces}");
        assert!(text.starts_with("n\r\n0\r\n1\r\n") && text.ends_with(&format!("\r\n{}\r\n", rows - 1)));
        assert_eq!(text.lines().count() as u64, rows + 1);
    }

    #[test]
    fn writes_json_lines_without_a_header() {
        assert_eq!(
            written(2, FileOptions { json: true, ..FileOptions::default() }).1,
            "{\"n\":0,\"is_even\":true}\n{\"n\":1,\"is_even\":false}\n"
        );
    }
}
