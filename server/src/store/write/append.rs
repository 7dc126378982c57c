//! The ways into a table: appended, or in the place of what was read before. Errors are seen.

use crate::collect::snapshot::Snapshot;
use duckdb::{
    Appender, Connection, appender_params_from_iter, params,
    types::{TimeUnit, ToSqlOutput, ValueRef},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashSet};

/// Separates identifiers in one bound parameter; cleaned text has no control characters.
const SEPARATOR: &str = "\n";

/// A value on its way into a table. Texts are borrowed: there are millions of them.
pub type Cell<'a> = ValueRef<'a>;

/// The tables that one transaction appends to.
///
/// Each has one appender, which is flushed at the transaction's end: to begin and to flush one costs as much as many
/// rows. So what is appended is not seen by statements of the same transaction, and what it replaces is deleted before.
pub struct Tables<'connection> {
    pub connection: &'connection Connection,
    /// Nothing is stored yet of the account and Region that is being written, so there is nothing to read or delete.
    pub is_first_harvest: bool,
    appenders: BTreeMap<&'static str, Appender<'connection>>,
}

impl<'connection> Tables<'connection> {
    pub fn of(connection: &'connection Connection) -> Self {
        Self { connection, is_first_harvest: false, appenders: BTreeMap::new() }
    }

    /// Appends rows, each with a value for every column. Errors of buffered rows come out of `flush`.
    pub fn append<'row, const COLUMNS: usize>(
        &mut self,
        table: &'static str,
        rows: impl IntoIterator<Item = [Cell<'row>; COLUMNS]>,
    ) -> duckdb::Result<()> {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        if !self.appenders.contains_key(table) {
            self.appenders.insert(table, self.connection.appender(table)?);
        }
        let Some(appender) = self.appenders.get_mut(table) else { return Ok(()) };
        for row in rows {
            appender.append_row(appender_params_from_iter(row.map(ToSqlOutput::Borrowed)))?;
        }
        Ok(())
    }

    /// Writes what was appended. Without it an appender does the same when it goes, but nobody sees its errors.
    pub fn flush(self) -> duckdb::Result<()> {
        self.appenders.into_values().try_for_each(|mut appender| appender.flush())
    }

    /// Replaces everything that a table holds of the snapshot's account and Region, if it was read.
    pub fn replace_place<'row, Row, const COLUMNS: usize>(
        &mut self,
        table: &'static str,
        snapshot: &'row Snapshot,
        rows: Option<&'row [Row]>,
        row: impl Fn(&'row str, &'row str, &'row Row) -> [Cell<'row>; COLUMNS],
    ) -> duckdb::Result<()> {
        let Some(rows) = rows else { return Ok(()) };
        let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
        if !self.is_first_harvest {
            let clear = format!("DELETE FROM {table} WHERE account_id = $1 AND region = $2");
            self.connection.prepare_cached(&clear)?.execute(params![account, region])?;
        }
        self.append(table, rows.iter().map(|one| row(account, region, one)))
    }

    /// Replaces those rows of the snapshot's account and Region whose identifiers, as `key` spells them, came again.
    pub fn replace_rows<'row, Row, const COLUMNS: usize>(
        &mut self,
        (table, key): (&'static str, &'static str),
        snapshot: &'row Snapshot,
        rows: &'row [Row],
        id: impl Fn(&Row) -> String,
        row: impl Fn(&'row str, &'row str, &'row Row) -> [Cell<'row>; COLUMNS],
    ) -> duckdb::Result<()> {
        let mut seen = HashSet::new();
        let rows: Vec<_> = rows.iter().filter(|row| seen.insert(id(row))).collect();
        let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
        if !rows.is_empty() && !self.is_first_harvest {
            let ids = rows.iter().map(|row| id(row)).collect::<Vec<_>>().join(SEPARATOR);
            let clear = format!(
                "DELETE FROM {table} WHERE account_id = $1 AND region = $2
                 AND {key} IN (SELECT unnest(string_split($3, chr(10))))"
            );
            self.connection.prepare_cached(&clear)?.execute(params![account, region, ids])?;
        }
        self.append(table, rows.into_iter().map(|one| row(account, region, one)))
    }
}

pub fn text(text: &str) -> Cell<'_> {
    Cell::Text(text.as_bytes())
}

pub fn time(moment: Timestamp) -> Cell<'static> {
    Cell::Timestamp(TimeUnit::Microsecond, moment.as_microsecond())
}

pub fn time_option(moment: Option<Timestamp>) -> Cell<'static> {
    moment.map_or(Cell::Null, time)
}

/// Which rows belong to these instances. DuckDB binds no lists, but the keys are numbers and ours; the bounds let it skip
/// what a list alone would have it read.
pub fn of_instances(keys: impl IntoIterator<Item = i64>) -> String {
    let keys: Vec<i64> = keys.into_iter().collect();
    let (first, last) = (keys.iter().min().copied().unwrap_or(0), keys.iter().max().copied().unwrap_or(0));
    let list = keys.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    format!("instance_key BETWEEN {first} AND {last} AND instance_key IN ({list})")
}
