//! Reads query results column by column: for millions of rows, reading value by value takes several times as long.

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

/// Runs a query. Returns its rows in batches of some thousand.
pub fn query(connection: &Connection, sql: &str) -> duckdb::Result<Vec<RecordBatch>> {
    Ok(connection.prepare(sql)?.query_arrow([])?.collect())
}

/// A BIGINT column.
pub struct Numbers<'a>(&'a Int64Array, &'static str);

/// A VARCHAR column without nulls.
pub struct Texts<'a>(&'a StringArray);

pub fn numbers<'a>(rows: &'a RecordBatch, column: &'static str) -> duckdb::Result<Numbers<'a>> {
    let found = rows.column_by_name(column).and_then(|found| found.as_primitive_opt::<Int64Type>());
    found.map(|found| Numbers(found, column)).ok_or_else(|| invalid(column, Type::Any))
}

pub fn texts<'a>(rows: &'a RecordBatch, column: &'static str) -> duckdb::Result<Texts<'a>> {
    let found = rows.column_by_name(column).and_then(|found| found.as_string_opt());
    found.map(Texts).ok_or_else(|| invalid(column, Type::Any))
}

impl Numbers<'_> {
    pub fn option(&self, row: usize) -> Option<i64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }

    pub fn get(&self, row: usize) -> duckdb::Result<i64> {
        self.option(row).ok_or_else(|| invalid(self.1, Type::Null))
    }

    /// Reads a time from microseconds since 1970, the result of `epoch_us`.
    pub fn time_option(&self, row: usize) -> duckdb::Result<Option<Timestamp>> {
        let read = |micros| Timestamp::from_microsecond(micros).map_err(|_| invalid(self.1, Type::BigInt));
        self.option(row).map(read).transpose()
    }

    pub fn time(&self, row: usize) -> duckdb::Result<Timestamp> {
        self.time_option(row)?.ok_or_else(|| invalid(self.1, Type::Null))
    }
}

impl<'a> Texts<'a> {
    pub fn get(&self, row: usize) -> &'a str {
        self.0.value(row)
    }
}

fn invalid(column: &str, found: Type) -> duckdb::Error {
    duckdb::Error::InvalidColumnType(0, column.to_owned(), found)
}
