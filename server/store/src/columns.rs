//! Reads answers by the column, where there are millions of rows: a value at a time takes several times as long.

use duckdb::{
    Connection,
    arrow::{
        array::{Array, AsArray, Int64Array, StringArray},
        datatypes::Int64Type,
        record_batch::RecordBatch,
    },
    types::Type,
};
use jiff::Timestamp;

/// The rows of an answer, some thousand at a time.
pub fn answer(connection: &Connection, sql: &str) -> duckdb::Result<Vec<RecordBatch>> {
    Ok(connection.prepare(sql)?.query_arrow([])?.collect())
}

/// A column of BIGINT.
pub struct Numbers<'a>(&'a Int64Array, usize);

/// A column of VARCHAR that is never null.
pub struct Texts<'a>(&'a StringArray);

pub fn numbers(rows: &RecordBatch, column: usize) -> duckdb::Result<Numbers<'_>> {
    let found = rows.column(column).as_primitive_opt::<Int64Type>();
    found.map(|found| Numbers(found, column)).ok_or_else(|| wrong(column, "a number", Type::Any))
}

pub fn texts(rows: &RecordBatch, column: usize) -> duckdb::Result<Texts<'_>> {
    rows.column(column).as_string_opt().map(Texts).ok_or_else(|| wrong(column, "a text", Type::Any))
}

impl Numbers<'_> {
    pub fn option(&self, row: usize) -> Option<i64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }

    pub fn get(&self, row: usize) -> duckdb::Result<i64> {
        self.option(row).ok_or_else(|| wrong(self.1, "a number", Type::Null))
    }

    /// Microseconds since 1970, as `epoch_us` says them.
    pub fn time_option(&self, row: usize) -> duckdb::Result<Option<Timestamp>> {
        let read = |micros| Timestamp::from_microsecond(micros).map_err(|_| wrong(self.1, "a time", Type::BigInt));
        self.option(row).map(read).transpose()
    }

    pub fn time(&self, row: usize) -> duckdb::Result<Timestamp> {
        self.time_option(row)?.ok_or_else(|| wrong(self.1, "a time", Type::Null))
    }
}

impl<'a> Texts<'a> {
    pub fn get(&self, row: usize) -> &'a str {
        self.0.value(row)
    }
}

fn wrong(column: usize, wanted: &str, found: Type) -> duckdb::Error {
    duckdb::Error::InvalidColumnType(column, wanted.to_owned(), found)
}
