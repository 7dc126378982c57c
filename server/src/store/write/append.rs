//! The fast way into a table, with its errors seen.

use duckdb::{Connection, appender_params_from_iter, types::Value};

/// Appends rows, each with a value for every column. Errors of buffered rows come out of the flush.
pub fn append<const COLUMNS: usize>(
    connection: &Connection,
    table: &str,
    rows: impl IntoIterator<Item = [Value; COLUMNS]>,
) -> duckdb::Result<()> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut appender = connection.appender(table)?;
    for row in rows {
        appender.append_row(appender_params_from_iter(row))?;
    }
    appender.flush()
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Keys of ours, numbers all, as the inside of an `IN (…)`: DuckDB binds no lists.
pub fn key_list(keys: impl IntoIterator<Item = i64>) -> String {
    keys.into_iter().map(|key| key.to_string()).collect::<Vec<_>>().join(", ")
}
