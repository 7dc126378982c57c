//! A list as a CSV file: RFC 4180, UTF-8, header first.

use super::cell::Cell;
use axum::{
    body::Body,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures::stream;
use std::convert::Infallible;

/// Rows turned into text at a time, so that a long file is never in memory as text as a whole.
const ROWS_PER_CHUNK: usize = 1_000;
/// Tells Excel that the file is UTF-8; any other reader would take it for part of the first name.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How the file is to be written, beside the list's own filters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// `raw=1`: text exactly as it came, for programs.
    pub raw: bool,
    /// `excel=1`: with a byte-order mark, for spreadsheets.
    pub excel: bool,
}

impl CsvOptions {
    /// Takes its own parameters out of a query string and leaves the filters'.
    pub fn split(query: &str) -> (Self, String) {
        let mut options = Self::default();
        let filters: Vec<&str> = query
            .split('&')
            .filter(|pair| match *pair {
                "raw=1" => {
                    options.raw = true;
                    false
                }
                "excel=1" => {
                    options.excel = true;
                    false
                }
                _ => true,
            })
            .collect();
        (options, filters.join("&"))
    }
}

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

impl<Row: Send + 'static> CsvFile<Row> {
    /// The file as a download.
    pub fn respond(self, rows: Vec<Row>, options: CsvOptions) -> Response {
        let suffix = if options.raw { "-raw" } else { "" };
        let disposition = format!("attachment; filename=\"muster-{}{suffix}.csv\"", self.name);
        let chunks = stream::iter(self.chunks(rows, options).map(Ok::<_, Infallible>));
        let mut response = Body::from_stream(chunks).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(disposition) = HeaderValue::from_str(&disposition) {
            headers.insert(CONTENT_DISPOSITION, disposition);
        }
        response
    }

    /// The file in pieces; the first one starts with the header.
    pub fn chunks(self, rows: Vec<Row>, options: CsvOptions) -> impl Iterator<Item = Vec<u8>> {
        let mut head = if options.excel { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
        head.extend(lines(std::iter::once(self.header.iter().map(ToString::to_string).collect())));
        let mut rows = rows.into_iter().peekable();
        let body = std::iter::from_fn(move || {
            rows.peek()?;
            let some = rows.by_ref().take(ROWS_PER_CHUNK);
            Some(lines(some.map(|row| (self.cells)(&row).iter().map(|cell| cell.render(options.raw)).collect())))
        });
        std::iter::once(head).chain(body)
    }
}

fn lines(records: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for record in records {
        // Records have as many fields as the header, and memory does not refuse to be written to.
        if let Err(error) = writer.write_record(&record) {
            tracing::error!("cannot write a CSV record: {error}");
        }
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_parameters_are_taken_out() {
        let (options, rest) = CsvOptions::split("account=a&excel=1&raw=1&q=x");
        assert_eq!((options, rest.as_str()), (CsvOptions { raw: true, excel: true }, "account=a&q=x"));
    }

    #[test]
    fn every_row_is_written_once_whatever_the_chunks() {
        let file = CsvFile::<u64> { name: "numbers", header: &["n"], cells: |n| vec![Cell::Number(*n)] };
        let count = 2 * ROWS_PER_CHUNK as u64 + 1;
        let text: Vec<u8> = file.chunks((0..count).collect(), CsvOptions::default()).flatten().collect();
        let text = String::from_utf8(text).expect("UTF-8");
        assert!(text.starts_with("n\r\n0\r\n1\r\n") && text.ends_with("\r\n2000\r\n"));
        assert_eq!(text.lines().count() as u64, count + 1);
    }
}
