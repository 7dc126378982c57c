//! The ways into a table: appended, or in the place of what was read before. Errors are seen.

use crate::collect::snapshot::Snapshot;
use duckdb::{Connection, appender_params_from_iter, params, types::Value};
use std::collections::HashSet;

/// Separates identifiers in one bound parameter; cleaned text has no control characters.
const SEPARATOR: &str = "\n";

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

/// Replaces everything that a table holds of the snapshot's account and Region, if it was read.
pub fn replace_place<Row, const COLUMNS: usize>(
    connection: &Connection,
    table: &'static str,
    snapshot: &Snapshot,
    rows: Option<&[Row]>,
    row: impl Fn(&str, &str, &Row) -> [Value; COLUMNS],
) -> duckdb::Result<()> {
    let Some(rows) = rows else { return Ok(()) };
    let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
    let clear = format!("DELETE FROM {table} WHERE account_id = $1 AND region = $2");
    connection.execute(&clear, params![account, region])?;
    append(connection, table, rows.iter().map(|one| row(account, region, one)))
}

/// Replaces those rows of the snapshot's account and Region whose identifiers, as `key` spells them, came again.
pub fn replace_rows<Row, const COLUMNS: usize>(
    connection: &Connection,
    (table, key): (&'static str, &'static str),
    snapshot: &Snapshot,
    rows: &[Row],
    id: impl Fn(&Row) -> String,
    row: impl Fn(&str, &str, &Row) -> [Value; COLUMNS],
) -> duckdb::Result<()> {
    let mut seen = HashSet::new();
    let rows: Vec<_> = rows.iter().filter(|row| seen.insert(id(row))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
    let ids = rows.iter().map(|row| id(row)).collect::<Vec<_>>().join(SEPARATOR);
    let clear = format!(
        "DELETE FROM {table} WHERE account_id = $1 AND region = $2
         AND {key} IN (SELECT unnest(string_split($3, chr(10))))"
    );
    connection.execute(&clear, params![account, region, ids])?;
    append(connection, table, rows.into_iter().map(|one| row(account, region, one)))
}
