//! The ways into a table: appended, or in the place of what was read before. Errors are seen.

use super::super::{past, value};
use crate::collect::snapshot::Snapshot;
use duckdb::{
    Appender, Connection, Params, Statement, appender_params_from_iter, params,
    types::{TimeUnit, ToSqlOutput, ValueRef},
};
use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Separates identifiers in one bound parameter; cleaned text has no control characters.
pub const SEPARATOR: &str = "\n";

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
    /// The day that what is being written counts from.
    pub today: Date,
    /// Those of all instances of the accounts and Regions that are written.
    pub instance_keys: Vec<i64>,
    appenders: BTreeMap<&'static str, Appender<'connection>>,
}

impl<'connection> Tables<'connection> {
    pub fn of(connection: &'connection Connection) -> Self {
        Self {
            connection,
            is_first_harvest: false,
            today: Date::ZERO,
            instance_keys: Vec::new(),
            appenders: BTreeMap::new(),
        }
    }

    /// Appends rows, each with a value for every column. Errors of buffered rows come out of `flush`.
    pub fn append<'row>(
        &mut self,
        table: &'static str,
        rows: impl IntoIterator<Item: IntoIterator<Item = Cell<'row>>>,
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
            appender.append_row(appender_params_from_iter(row.into_iter().map(ToSqlOutput::Borrowed)))?;
        }
        Ok(())
    }

    /// Writes what was appended. Without it an appender does the same when it goes, but nobody sees its errors.
    pub fn flush(self) -> duckdb::Result<()> {
        self.appenders.into_values().try_for_each(|mut appender| appender.flush())
    }

    /// Puts rows, without their day, in the place of those that fulfil a condition. Rows that stay the same are left
    /// alone, and those that go are kept as past.
    pub fn replace<'row, const COLUMNS: usize>(
        &mut self,
        table: &'static str,
        condition: &str,
        parameters: impl Params,
        rows: impl IntoIterator<Item = [Cell<'row>; COLUMNS]>,
    ) -> duckdb::Result<()> {
        let mut stored =
            if self.is_first_harvest { HashMap::new() } else { self.stored(table, condition, parameters)? };
        let day = date(self.today);
        let mut written = Vec::new();
        let new = rows.into_iter().filter(|row| {
            written.clear();
            row.iter().for_each(|cell| spell(*cell, &mut written));
            stored.get_mut(&written).and_then(Vec::pop).is_none()
        });
        let new: Vec<_> = new.map(|row| row.into_iter().chain([day])).collect();
        let gone: Vec<i64> = stored.into_values().flatten().collect();
        if !gone.is_empty() {
            let these = among("rowid", gone);
            past::keep(self.connection, table, &these, [], self.today)?;
            self.connection.execute(&format!("DELETE FROM {table} WHERE {these}"), [])?;
        }
        self.append(table, new)
    }

    /// The numbers of stored rows by what they say.
    fn stored(
        &self,
        table: &str,
        condition: &str,
        parameters: impl Params,
    ) -> duckdb::Result<HashMap<Vec<u8>, Vec<i64>>> {
        let sql = format!("SELECT rowid, * EXCLUDE (from_day) FROM {table} WHERE {condition}");
        let (mut planned, mut once);
        let statement: &mut Statement<'_> = if past::is_the_same_each_time(condition) {
            planned = self.connection.prepare_cached(&sql)?;
            &mut planned
        } else {
            once = self.connection.prepare(&sql)?;
            &mut once
        };
        let mut rows = statement.query(parameters)?;
        let mut stored: HashMap<Vec<u8>, Vec<i64>> = HashMap::new();
        while let Some(row) = rows.next()? {
            let mut written = Vec::new();
            for column in 1..row.as_ref().column_count() {
                spell(row.get_ref(column)?, &mut written);
            }
            stored.entry(written).or_default().push(row.get(0)?);
        }
        Ok(stored)
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
        let place = "account_id = $1 AND region = $2";
        self.replace(table, place, params![account, region], rows.iter().map(|one| row(account, region, one)))
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
        if rows.is_empty() {
            return Ok(());
        }
        let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
        let ids = rows.iter().map(|row| id(row)).collect::<Vec<_>>().join(SEPARATOR);
        let these = format!("account_id = $1 AND region = $2 AND {key} IN (SELECT unnest(string_split($3, chr(10))))");
        let rows = rows.into_iter().map(|one| row(account, region, one));
        self.replace(table, &these, params![account, region, ids], rows)
    }
}

/// Writes a cell so that two are written alike when they say the same, and none runs into the next.
fn spell(cell: Cell<'_>, written: &mut Vec<u8>) {
    match cell {
        Cell::Null => written.push(0),
        Cell::Boolean(is) => written.extend([1, u8::from(is)]),
        Cell::Int(number) => {
            written.push(2);
            written.extend(number.to_le_bytes());
        }
        Cell::BigInt(number) => {
            written.push(3);
            written.extend(number.to_le_bytes());
        }
        Cell::Timestamp(unit, ticks) => {
            written.push(4);
            written.extend(unit.to_micros(ticks).to_le_bytes());
        }
        Cell::Text(text) => {
            written.push(5);
            written.extend(text.len().to_le_bytes());
            written.extend(text);
        }
        other => written.extend(format!("{other:?}").bytes()),
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

pub fn date(day: Date) -> Cell<'static> {
    Cell::Date32(value::days_since_epoch(day))
}

/// Which rows belong to these instances.
pub fn of_instances(keys: impl IntoIterator<Item = i64>) -> String {
    among("instance_key", keys)
}

/// Which rows have one of these numbers. DuckDB binds no lists, but the numbers are ours; the bounds let it skip what a
/// list alone would have it read.
fn among(column: &str, numbers: impl IntoIterator<Item = i64>) -> String {
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let (Some(first), Some(last)) = (numbers.iter().min(), numbers.iter().max()) else { return "false".to_owned() };
    let list = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    format!("{column} BETWEEN {first} AND {last} AND {column} IN ({list})")
}
