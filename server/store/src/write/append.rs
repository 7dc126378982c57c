//! Writes rows into tables: appends them, or replaces what was stored before.

use super::{
    super::temporal,
    row::{IntoValue, cell, encode, row},
};
use duckdb::{Appender, Connection, Params, Statement, appender_params_from_iter, params, types::ToSqlOutput};
use jiff::civil::Date;
use muster_core::{
    record::{Field, Record, Value},
    snapshot::Snapshot,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, btree_map::Entry};

/// Separates identifiers in one bound parameter; cleaned text has no control characters.
pub const SEPARATOR: &str = "\n";

/// The tables that one transaction writes.
///
/// Each table has one appender, which is flushed at the end of the transaction: creating and flushing an appender costs
/// as much as many rows. Statements of the same transaction therefore do not see appended rows, and rows that are
/// replaced are deleted first. Replacements wait for the end too, and then take a few statements for all harvests
/// together, because planning a statement also costs as much as many rows.
pub struct Tables<'connection, 'row> {
    pub connection: &'connection Connection,
    /// Nothing is stored yet of the account and Region that is being written, so there is nothing to read or delete.
    pub is_first_harvest: bool,
    /// The day from which the written rows are valid.
    pub today: Date,
    appenders: BTreeMap<&'static str, (Vec<&'static str>, Appender<'connection>)>,
    replacements: BTreeMap<&'static str, Replacement<'row>>,
    /// The tables of which rows were changed or removed.
    pub changed: BTreeSet<&'static str>,
}

/// The rows that replace some rows of a table.
#[derive(Default)]
struct Replacement<'row> {
    /// The instances whose rows are replaced, or the targets.
    instances: Vec<i64>,
    targets: Vec<String>,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value<'row>>>,
}

/// The row ids of stored rows by their encoded values.
type StoredRows = HashMap<Vec<u8>, Vec<i64>>;

impl<'row> Replacement<'row> {
    fn extend(&mut self, rows: impl IntoIterator<Item: IntoIterator<Item = Field<'row>>>) {
        for row in rows {
            let fields = row.into_iter();
            let values = if self.columns.is_empty() {
                let (columns, values) = fields.unzip();
                self.columns = columns;
                values
            } else {
                fields.map(|(_, value)| value).collect()
            };
            self.rows.push(values);
        }
    }
}

impl<'connection, 'row> Tables<'connection, 'row> {
    pub fn new(connection: &'connection Connection) -> Self {
        Self {
            connection,
            is_first_harvest: false,
            today: Date::ZERO,
            appenders: BTreeMap::new(),
            replacements: BTreeMap::new(),
            changed: BTreeSet::new(),
        }
    }

    /// Appends rows. Errors of buffered rows are returned by `flush`.
    pub fn append<'value>(
        &mut self,
        table: &'static str,
        rows: impl IntoIterator<Item: IntoIterator<Item = Field<'value>> + Clone>,
    ) -> duckdb::Result<()> {
        let mut rows = rows.into_iter().peekable();
        let Some(first) = rows.peek() else { return Ok(()) };
        let columns: Vec<_> = first.clone().into_iter().map(|(column, _)| column).collect();
        let appender = self.appender(table, &columns)?;
        rows.try_for_each(|row| append_row(appender, row.into_iter().map(|(_, value)| value)))
    }

    fn appender(
        &mut self,
        table: &'static str,
        columns: &[&'static str],
    ) -> duckdb::Result<&mut Appender<'connection>> {
        let (named, appender) = match self.appenders.entry(table) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(new) => {
                new.insert((columns.to_vec(), self.connection.appender_with_columns(table, columns)?))
            }
        };
        debug_assert_eq!(named, columns, "rows of `{table}` name different columns");
        Ok(appender)
    }

    /// Writes the replacements and flushes the appenders. An appender that is dropped flushes too, but loses its
    /// errors. Returns the tables of which rows changed.
    pub fn flush(mut self) -> duckdb::Result<BTreeSet<&'static str>> {
        for (table, mut replacement) in std::mem::take(&mut self.replacements) {
            let (instances, targets) =
                (std::mem::take(&mut replacement.instances), std::mem::take(&mut replacement.targets));
            let columns = &replacement.columns;
            let stored = if !instances.is_empty() {
                stored(self.connection, table, columns, &of_instances(instances), [])?
            } else if !targets.is_empty() {
                stored(self.connection, table, columns, OF_TARGETS, [targets.join(SEPARATOR)])?
            } else {
                StoredRows::new()
            };
            self.replace_stored(table, stored, replacement)?;
        }
        self.changed.extend(self.appenders.keys());
        self.appenders.into_values().try_for_each(|(_, mut appender)| appender.flush())?;
        Ok(self.changed)
    }

    /// Leaves unchanged rows alone, archives and deletes the others, and appends the new ones.
    fn replace_stored(
        &mut self,
        table: &'static str,
        mut stored: StoredRows,
        replacement: Replacement<'row>,
    ) -> duckdb::Result<()> {
        let Replacement { mut columns, mut rows, .. } = replacement;
        let mut encoded = Vec::new();
        rows.retain(|row| {
            encoded.clear();
            row.iter().for_each(|value| encode(cell(*value), &mut encoded));
            stored.get_mut(&encoded).and_then(Vec::pop).is_none()
        });
        let removed: Vec<i64> = stored.into_values().flatten().collect();
        if !removed.is_empty() {
            let condition = among("rowid", removed);
            temporal::remove(self.connection, table, &condition, [], self.today)?;
            self.changed.insert(table);
        }
        if rows.is_empty() {
            return Ok(());
        }
        columns.push("from_day");
        let day = self.today.into_value();
        let appender = self.appender(table, &columns)?;
        rows.into_iter().try_for_each(|row| append_row(appender, row.into_iter().chain([day])))
    }

    pub fn delete(&self, table: &str, condition: &str) -> duckdb::Result<()> {
        self.connection.execute(&format!("DELETE FROM {table} WHERE {condition}"), []).map(drop)
    }

    /// Replaces all rows of some instances. The new rows do not name `from_day`.
    pub fn replace(
        &mut self,
        table: &'static str,
        instances: impl IntoIterator<Item = i64>,
        rows: impl IntoIterator<Item: IntoIterator<Item = Field<'row>>>,
    ) {
        let replacement = self.replacements.entry(table).or_default();
        replacement.extend(rows);
        if !self.is_first_harvest {
            replacement.instances.extend(instances);
        }
    }

    /// Replaces everything that a table holds of the snapshot's account and Region, if it was read. The new rows do not
    /// name these two.
    pub fn replace_target(
        &mut self,
        table: &'static str,
        snapshot: &'row Snapshot,
        records: &'row Option<Vec<impl Record>>,
    ) {
        if let Some(records) = records {
            self.replace_target_rows(table, snapshot, records);
        }
    }

    /// Does what [`Self::replace_target`] does with a list that was read.
    pub fn replace_target_rows(&mut self, table: &'static str, snapshot: &'row Snapshot, records: &'row [impl Record]) {
        let replacement = self.replacements.entry(table).or_default();
        replacement.extend(records.iter().map(|record| with_target(snapshot, record.fields())));
        if !self.is_first_harvest {
            replacement.targets.push(target(snapshot));
        }
    }

    /// Replaces the rows that meet a condition, at once. The new rows do not name `from_day`.
    pub fn replace_where(
        &mut self,
        table: &'static str,
        condition: &str,
        parameters: impl Params,
        rows: impl IntoIterator<Item: IntoIterator<Item = Field<'row>>>,
    ) -> duckdb::Result<()> {
        let mut replacement = Replacement::default();
        replacement.extend(rows);
        let stored = if self.is_first_harvest {
            StoredRows::new()
        } else {
            stored(self.connection, table, &replacement.columns, condition, parameters)?
        };
        self.replace_stored(table, stored, replacement)
    }

    /// Replaces those rows of the snapshot's account and Region whose identifier, the SQL expression `key`, was read
    /// again.
    pub fn replace_rows<R, Row: IntoIterator<Item = Field<'row>>>(
        &mut self,
        (table, key): (&'static str, &'static str),
        snapshot: &'row Snapshot,
        records: &'row [R],
        id: impl Fn(&R) -> String,
        row: impl Fn(&'row R) -> Row,
    ) -> duckdb::Result<()> {
        let mut seen = HashSet::new();
        let records: Vec<_> = records.iter().filter(|record| seen.insert(id(record))).collect();
        if records.is_empty() {
            return Ok(());
        }
        let ids = records.iter().map(|record| id(record)).collect::<Vec<_>>().join(SEPARATOR);
        let condition =
            format!("account_id = $1 AND region = $2 AND {key} IN (SELECT unnest(string_split($3, chr(10))))");
        let rows = records.into_iter().map(|record| with_target(snapshot, row(record)));
        self.replace_where(table, &condition, params![snapshot.account_id.as_str(), snapshot.region, ids], rows)
    }
}

fn append_row<'value>(appender: &mut Appender<'_>, row: impl Iterator<Item = Value<'value>>) -> duckdb::Result<()> {
    appender.append_row(appender_params_from_iter(row.map(|value| ToSqlOutput::Borrowed(cell(value)))))
}

/// Matches the accounts and Regions listed in `$1`, in the format of [`target`].
pub const OF_TARGETS: &str = "(account_id, region) IN (
    SELECT (split_part(target, ' ', 1), split_part(target, ' ', 2))
    FROM (SELECT unnest(string_split($1, chr(10))) AS target)
)";

/// The parameter of [`OF_TARGETS`].
pub fn targets(snapshots: &[Snapshot]) -> String {
    snapshots.iter().map(target).collect::<Vec<_>>().join(SEPARATOR)
}

pub fn target(snapshot: &Snapshot) -> String {
    format!("{} {}", snapshot.account_id, snapshot.region)
}

/// A row that begins with the snapshot's account and Region.
pub fn with_target<'row>(
    snapshot: &'row Snapshot,
    fields: impl IntoIterator<Item = Field<'row>>,
) -> impl Iterator<Item = Field<'row>> {
    row! { account_id: &snapshot.account_id, region: &snapshot.region }.into_iter().chain(fields)
}

fn stored(
    connection: &Connection,
    table: &str,
    columns: &[&str],
    condition: &str,
    parameters: impl Params,
) -> duckdb::Result<StoredRows> {
    let columns: String = columns.iter().map(|column| format!(", \"{column}\"")).collect();
    let sql = format!("SELECT rowid{columns} FROM {table} WHERE {condition}");
    let (mut cached, mut uncached);
    let statement: &mut Statement<'_> = if temporal::is_cacheable(condition) {
        cached = connection.prepare_cached(&sql)?;
        &mut cached
    } else {
        uncached = connection.prepare(&sql)?;
        &mut uncached
    };
    let mut rows = statement.query(parameters)?;
    let mut stored = StoredRows::new();
    while let Some(row) = rows.next()? {
        let mut encoded = Vec::new();
        for column in 1..row.as_ref().column_count() {
            encode(row.get_ref(column)?, &mut encoded);
        }
        stored.entry(encoded).or_default().push(row.get(0)?);
    }
    Ok(stored)
}

/// Matches the rows of some instances.
pub fn of_instances(keys: impl IntoIterator<Item = i64>) -> String {
    among("instance_key", keys)
}

/// More ranges of numbers than this are listed one by one.
const RANGES_MAX: usize = 16;

/// Matches the rows with one of some numbers. DuckDB binds no lists, but the numbers are our own keys. The outer bounds
/// let it skip blocks, which a list alone does not. Most numbers are consecutive, and a list of constants takes longer
/// to plan than to search.
pub fn among(column: &str, numbers: impl IntoIterator<Item = i64>) -> String {
    let mut numbers: Vec<i64> = numbers.into_iter().collect();
    numbers.sort_unstable();
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return "false".to_owned() };
    let between = |first: &i64, last: &i64| format!("{column} BETWEEN {first} AND {last}");
    let ranges: Vec<_> = numbers.chunk_by(|one, next| next - one <= 1).collect();
    let condition = if let [_] = ranges.as_slice() {
        return format!("({})", between(first, last));
    } else if ranges.len() <= RANGES_MAX {
        let each = ranges.iter().filter_map(|range| Some(between(range.first()?, range.last()?)));
        each.collect::<Vec<_>>().join(" OR ")
    } else {
        let list = numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
        format!("{column} IN (SELECT unnest(string_split('{list}', ' '))::BIGINT)")
    };
    format!("({} AND ({condition}))", between(first, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn matches_consecutive_and_scattered_numbers() {
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
