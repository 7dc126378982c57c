//! Reads rows into their types by the names of their columns.

use super::value::{day, day_after_epoch, time};
use duckdb::{
    Connection, Error, Params, Row, Statement,
    types::{FromSql, Value as Parameter, ValueRef},
};
use jiff::Timestamp;
use muster_model::column::{ColumnSource, ColumnValue, Columns, Value};
use std::{borrow::Cow, marker::PhantomData, slice::Iter};

/// Reads the rows of one statement. Its columns are looked up by name once, at the first row.
pub struct RowReader<T> {
    indexes: Vec<usize>,
    rows: PhantomData<fn() -> T>,
}

/// Passes on each row of a statement.
pub fn each<T: Columns>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    mut take: impl FnMut(T),
) -> duckdb::Result<()> {
    let mut reader = RowReader::default();
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        take(reader.read(row)?);
    }
    Ok(())
}

/// A row whose columns are read in the order of the type's fields.
struct NamedRow<'a, 'stmt> {
    row: &'a Row<'stmt>,
    indexes: Iter<'a, usize>,
}

impl<T> Default for RowReader<T> {
    fn default() -> Self {
        Self { indexes: Vec::new(), rows: PhantomData }
    }
}

impl<T: Columns> RowReader<T> {
    pub fn read(&mut self, row: &Row<'_>) -> duckdb::Result<T> {
        if self.indexes.is_empty() {
            let statement: &Statement<'_> = row.as_ref();
            let index = |name: &'static str| statement.column_index(name);
            self.indexes = T::columns().iter().map(|column| index(column.name)).collect::<duckdb::Result<_>>()?;
        }
        T::read(&mut NamedRow { row, indexes: self.indexes.iter() })
    }
}

impl ColumnSource for NamedRow<'_, '_> {
    type Error = Error;

    fn next<T: ColumnValue>(&mut self) -> duckdb::Result<T> {
        let index = *self.indexes.next().ok_or(Error::InvalidColumnIndex(self.indexes.len()))?;
        let stored = self.row.get_ref(index)?;
        value(stored).and_then(T::from_value).ok_or_else(|| {
            let statement: &Statement<'_> = self.row.as_ref();
            let name = statement.column_name(index).cloned().unwrap_or_default();
            Error::InvalidColumnType(index, name, stored.data_type())
        })
    }
}

/// Converts a stored value; none if no column of a row type has its type.
fn value(stored: ValueRef<'_>) -> Option<Value<'_>> {
    Some(match stored {
        ValueRef::Null => Value::None,
        ValueRef::Boolean(flag) => Value::Flag(flag),
        ValueRef::Text(text) => Value::Text(Cow::Borrowed(std::str::from_utf8(text).ok()?)),
        ValueRef::Timestamp(unit, ticks) => Value::Time(Timestamp::from_microsecond(unit.to_micros(ticks)).ok()?),
        ValueRef::Date32(days) => Value::Day(day_after_epoch(days.into())),
        ValueRef::Float(_) | ValueRef::Double(_) | ValueRef::Decimal(_) => {
            Value::Decimal(f64::column_result(stored).ok()?)
        }
        number => Value::Integer(i128::column_result(number).ok()?),
    })
}

/// Converts a value into a parameter of a statement.
pub fn parameter(value: &Value<'_>) -> Parameter {
    match value {
        Value::None => Parameter::Null,
        Value::Flag(flag) => Parameter::Boolean(*flag),
        Value::Integer(number) => Parameter::HugeInt(*number),
        Value::Decimal(number) => Parameter::Double(*number),
        Value::Time(moment) => time(*moment),
        Value::Day(date) => day(*date),
        Value::Text(_) | Value::Code(_) => Parameter::Text(value.text().into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::Connection;
    use muster_model::software::SoftwareRow;

    fn read(statement: &str) -> duckdb::Result<Vec<SoftwareRow>> {
        let connection = Connection::open_in_memory().expect("a database");
        let mut reader = RowReader::default();
        connection.prepare(statement)?.query_map([], |row| reader.read(row))?.collect()
    }

    #[test]
    fn reads_columns_by_name_in_any_order() {
        let statement =
            "SELECT 'x86_64' AS architecture, 1 AS other, 'kernel' AS name, '' AS publisher, '6.1' AS version,
            TIMESTAMP '2025-11-23 02:40:00' AS installed_at";
        let rows = read(statement).expect("rows");
        assert_eq!((rows[0].name.as_str(), rows[0].architecture.as_str()), ("kernel", "x86_64"));
        assert_eq!(rows[0].installed_at, "2025-11-23T02:40:00Z".parse().ok());
    }

    #[test]
    fn names_a_column_that_is_missing_or_has_another_type() {
        let error = read("SELECT 'kernel' AS name").expect_err("columns are missing").to_string();
        assert!(error.contains("version"), "{error}");
        let statement = "SELECT 1 AS name, '' AS version, '' AS publisher, '' AS architecture, NULL AS installed_at";
        let error = read(statement).expect_err("a number is no name").to_string();
        assert!(error.contains("name"), "{error}");
    }
}
