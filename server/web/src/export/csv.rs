//! Rows as the text of a file: RFC 4180 in UTF-8 with the header first, or JSON a line each.

use super::{cell::Cell, options::FileOptions};
use serde::Serialize;
use std::io;

/// A file is handed on in pieces of about this size.
const PIECE_BYTES: usize = 64 * 1024;
/// Tells Excel that the file is UTF-8; any other reader would take it for part of the first name.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One kind of file: its name, its columns, and how a row fills them.
pub struct CsvFile<Row> {
    pub name: &'static str,
    pub header: &'static [&'static str],
    pub cells: fn(&Row) -> Vec<Cell>,
}

impl<Row> Clone for CsvFile<Row> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Row> Copy for CsvFile<Row> {}

/// Turns rows into pieces of a file.
pub struct FileWriter<Row> {
    file: CsvFile<Row>,
    options: FileOptions,
    /// What is not CSV: the mark, or JSON.
    piece: Vec<u8>,
    records: csv::Writer<Vec<u8>>,
    pub rows: u64,
    /// Cells that lost characters which no spreadsheet and no parser can take.
    pub cells_stripped: u64,
}

impl<Row: Serialize> FileWriter<Row> {
    pub fn new(file: CsvFile<Row>, options: FileOptions) -> io::Result<Self> {
        let mut piece = Vec::new();
        let mut records = records();
        if !options.json {
            if options.excel {
                piece.extend_from_slice(BYTE_ORDER_MARK);
            }
            records.write_record(file.header)?;
        }
        Ok(Self { file, options, piece, records, rows: 0, cells_stripped: 0 })
    }

    /// Adds a row, and gives a piece when there is a whole one.
    pub fn add(&mut self, row: &Row) -> io::Result<Option<Vec<u8>>> {
        self.rows += 1;
        if self.options.json {
            serde_json::to_writer(&mut self.piece, row)?;
            self.piece.push(b'\n');
        } else {
            let cells = (self.file.cells)(row);
            self.cells_stripped += cells.iter().filter(|cell| cell.is_stripped()).count() as u64;
            self.records.write_record(cells.iter().map(|cell| cell.render(self.options.raw)))?;
        }
        match self.piece.len() + self.records.get_ref().len() {
            PIECE_BYTES.. => self.take().map(Some),
            _ => Ok(None),
        }
    }

    /// What was written and not yet given.
    pub fn take(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = std::mem::take(&mut self.piece);
        let written = std::mem::replace(&mut self.records, records()).into_inner();
        piece.append(&mut written.map_err(|error| io::Error::other(error.to_string()))?);
        Ok(piece)
    }
}

fn records() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: CsvFile<u64> = CsvFile { name: "numbers", header: &["n"], cells: |n| vec![Cell::Number(*n)] };

    fn written(rows: u64, options: FileOptions) -> (usize, String) {
        let mut writer = FileWriter::new(NUMBERS, options).expect("a writer");
        let mut pieces: Vec<Vec<u8>> = (0..rows).filter_map(|row| writer.add(&row).expect("added")).collect();
        pieces.push(writer.take().expect("the rest"));
        (pieces.len(), String::from_utf8(pieces.concat()).expect("UTF-8"))
    }

    #[test]
    fn every_row_is_written_once_whatever_the_pieces() {
        let rows = PIECE_BYTES as u64;
        let (pieces, text) = written(rows, FileOptions::default());
        assert!(pieces > 2, "{pieces}");
        assert!(text.starts_with("n\r\n0\r\n1\r\n") && text.ends_with(&format!("\r\n{}\r\n", rows - 1)));
        assert_eq!(text.lines().count() as u64, rows + 1);
    }

    #[test]
    fn lines_of_json_have_no_header() {
        assert_eq!(written(3, FileOptions { json: true, ..FileOptions::default() }).1, "0\n1\n2\n");
    }
}
