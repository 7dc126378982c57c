//! The ways into a table: appended, or in the place of what was read before. Errors are seen.

use super::super::{past, value};
use duckdb::{
    Appender, Connection, Params, Statement, appender_params_from_iter, params,
    types::{TimeUnit, ToSqlOutput, ValueRef},
};
use jiff::{Timestamp, civil::Date};
use muster_core::snapshot::Snapshot;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Separates identifiers in one bound parameter; cleaned text has no control characters.
pub const SEPARATOR: &str = "\n";

/// A value on its way into a table. Texts are borrowed: there are millions of them.
pub type Cell<'a> = ValueRef<'a>;

/// The tables that one transaction appends to.
///
/// Each has one appender, which is flushed at the transaction's end: to begin and to flush one costs as much as many
/// rows. So what is appended is not seen by statements of the same transaction, and what it replaces is deleted before.
/// What is replaced waits for the end as well, and then takes a few statements for all harvests together: to plan one costs
/// as much as many rows, too.
pub struct Tables<'connection, 'row> {
    pub connection: &'connection Connection,
    /// Nothing is stored yet of the account and Region that is being written, so there is nothing to read or delete.
    pub is_first_harvest: bool,
    /// The day that what is being written counts from.
    pub today: Date,
    appenders: BTreeMap<&'static str, Appender<'connection>>,
    replacements: BTreeMap<&'static str, Replacement<'row>>,
}

/// What comes in the place of some rows of a table.
#[derive(Default)]
struct Replacement<'row> {
    /// The rows of these instances, or those of these places.
    instances: Vec<i64>,
    places: Vec<String>,
    rows: Vec<Vec<Cell<'row>>>,
}

/// The numbers of stored rows by what they say.
type StoredRows = HashMap<Vec<u8>, Vec<i64>>;

impl<'connection, 'row> Tables<'connection, 'row> {
    pub fn of(connection: &'connection Connection) -> Self {
        Self {
            connection,
            is_first_harvest: false,
            today: Date::ZERO,
            appenders: BTreeMap::new(),
            replacements: BTreeMap::new(),
        }
    }

    /// Appends rows, each with a value for every column. Errors of buffered rows come out of `flush`.
    pub fn append<'cell>(
        &mut self,
        table: &'static str,
        rows: impl IntoIterator<Item: IntoIterator<Item = Cell<'cell>>>,
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

    /// Writes what was replaced and appended. Without it an appender does the latter when it goes, but nobody sees its
    /// errors.
    pub fn flush(mut self) -> duckdb::Result<()> {
        for (table, replacement) in std::mem::take(&mut self.replacements) {
            self.put(table, replacement)?;
        }
        self.appenders.into_values().try_for_each(|mut appender| appender.flush())
    }

    fn put(&mut self, table: &'static str, replacement: Replacement<'row>) -> duckdb::Result<()> {
        let Replacement { instances, places, rows } = replacement;
        let stored = if !instances.is_empty() {
            stored(self.connection, table, &of_instances(instances), [])?
        } else if !places.is_empty() {
            stored(self.connection, table, OF_PLACES, [places.join(SEPARATOR)])?
        } else {
            StoredRows::new()
        };
        self.take_over(table, stored, rows)
    }

    /// Rows that stay the same are left alone, and those that go are kept as past.
    fn take_over(
        &mut self,
        table: &'static str,
        mut stored: StoredRows,
        mut rows: Vec<Vec<Cell<'row>>>,
    ) -> duckdb::Result<()> {
        let mut written = Vec::new();
        rows.retain(|row| {
            written.clear();
            row.iter().for_each(|cell| spell(*cell, &mut written));
            stored.get_mut(&written).and_then(Vec::pop).is_none()
        });
        let gone: Vec<i64> = stored.into_values().flatten().collect();
        if !gone.is_empty() {
            let these = among("rowid", gone);
            past::keep(self.connection, table, &these, [], self.today)?;
            self.delete(table, &these)?;
        }
        let day = date(self.today);
        self.append(table, rows.into_iter().map(|row| row.into_iter().chain([day])))
    }

    pub fn delete(&self, table: &str, these: &str) -> duckdb::Result<()> {
        self.connection.execute(&format!("DELETE FROM {table} WHERE {these}"), []).map(drop)
    }

    /// Puts rows, without their day, in the place of all those of some instances.
    pub fn replace<const COLUMNS: usize>(
        &mut self,
        table: &'static str,
        instances: impl IntoIterator<Item = i64>,
        rows: impl IntoIterator<Item = [Cell<'row>; COLUMNS]>,
    ) {
        let replacement = self.replacements.entry(table).or_default();
        replacement.rows.extend(rows.into_iter().map(Vec::from));
        if !self.is_first_harvest {
            replacement.instances.extend(instances);
        }
    }

    /// Replaces everything that a table holds of the snapshot's account and Region, if it was read.
    pub fn replace_place<Row, const COLUMNS: usize>(
        &mut self,
        table: &'static str,
        snapshot: &'row Snapshot,
        rows: Option<&'row [Row]>,
        row: impl Fn(&'row str, &'row str, &'row Row) -> [Cell<'row>; COLUMNS],
    ) {
        let Some(rows) = rows else { return };
        let (account, region) = (snapshot.account_id.as_str(), snapshot.region.as_str());
        let replacement = self.replacements.entry(table).or_default();
        replacement.rows.extend(rows.iter().map(|one| Vec::from(row(account, region, one))));
        if !self.is_first_harvest {
            replacement.places.push(place(snapshot));
        }
    }

    /// Puts rows, without their day, in the place of those that fulfil a condition, here and now.
    pub fn replace_where<const COLUMNS: usize>(
        &mut self,
        table: &'static str,
        condition: &str,
        parameters: impl Params,
        rows: impl IntoIterator<Item = [Cell<'row>; COLUMNS]>,
    ) -> duckdb::Result<()> {
        let stored = if self.is_first_harvest {
            StoredRows::new()
        } else {
            stored(self.connection, table, condition, parameters)?
        };
        self.take_over(table, stored, rows.into_iter().map(Vec::from).collect())
    }

    /// Replaces those rows of the snapshot's account and Region whose identifiers, as `key` spells them, came again.
    pub fn replace_rows<Row, const COLUMNS: usize>(
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
        self.replace_where(table, &these, params![account, region, ids], rows)
    }
}

/// `$1` lists accounts with their Regions, as `place` spells them.
pub const OF_PLACES: &str = "(account_id, region) IN (
    SELECT (split_part(place, ' ', 1), split_part(place, ' ', 2)) FROM (SELECT unnest(string_split($1, chr(10))) AS place)
)";

pub fn place(snapshot: &Snapshot) -> String {
    format!("{} {}", snapshot.account_id, snapshot.region)
}

fn stored(
    connection: &Connection,
    table: &str,
    condition: &str,
    parameters: impl Params,
) -> duckdb::Result<StoredRows> {
    let sql = format!("SELECT rowid, * EXCLUDE (from_day) FROM {table} WHERE {condition}");
    let (mut planned, mut once);
    let statement: &mut Statement<'_> = if past::is_the_same_each_time(condition) {
        planned = connection.prepare_cached(&sql)?;
        &mut planned
    } else {
        once = connection.prepare(&sql)?;
        &mut once
    };
    let mut rows = statement.query(parameters)?;
    let mut stored = StoredRows::new();
    while let Some(row) = rows.next()? {
        let mut written = Vec::new();
        for column in 1..row.as_ref().column_count() {
            spell(row.get_ref(column)?, &mut written);
        }
        stored.entry(written).or_default().push(row.get(0)?);
    }
    Ok(stored)
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

/// More ranges of numbers than that are listed one by one.
const RANGES_MAX: usize = 16;

/// Which rows have one of these numbers. DuckDB binds no lists, but the numbers are ours; the bounds let it skip what a
/// list alone would have it read. Most follow each other, and a list of constants takes longer to plan than to look for.
pub fn among(column: &str, numbers: impl IntoIterator<Item = i64>) -> String {
    let mut numbers: Vec<i64> = numbers.into_iter().collect();
    numbers.sort_unstable();
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return "false".to_owned() };
    let between = |first: &i64, last: &i64| format!("{column} BETWEEN {first} AND {last}");
    let ranges: Vec<_> = numbers.chunk_by(|one, next| next - one <= 1).collect();
    let these = if let [_] = ranges.as_slice() {
        return format!("({})", between(first, last));
    } else if ranges.len() <= RANGES_MAX {
        let each = ranges.iter().filter_map(|range| Some(between(range.first()?, range.last()?)));
        each.collect::<Vec<_>>().join(" OR ")
    } else {
        let list = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
        format!("{column} IN (SELECT unnest(string_split('{list}', ' '))::BIGINT)")
    };
    format!("({} AND ({these}))", between(first, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_are_found_whether_they_follow_each_other_or_not() {
        let connection = Connection::open_in_memory().expect("a database");
        connection
            .execute_batch("CREATE TABLE numbers AS SELECT range AS number FROM range(-5, 200)")
            .expect("numbers");
        let apart: Vec<i64> = (0..50).map(|number| number * 3).collect();
        for wanted in [vec![], vec![7], vec![9, 7, 8, 8], vec![-5, -4, 1, 100, 101], vec![199, 0], apart] {
            let sql =
                format!("SELECT number FROM numbers WHERE NOT NOT {} ORDER BY ALL", among("number", wanted.clone()));
            let mut statement = connection.prepare(&sql).expect("a question");
            let found: Vec<i64> = statement
                .query_map([], |row| row.get(0))
                .expect("rows")
                .collect::<duckdb::Result<_>>()
                .expect("numbers");
            assert_eq!(found, BTreeSet::from_iter(wanted).into_iter().collect::<Vec<_>>(), "{sql}");
        }
    }
}
