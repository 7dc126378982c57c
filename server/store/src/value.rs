//! Converts times and days to and from DuckDB's types.

use duckdb::{
    Row,
    types::{TimeUnit, Type, Value, ValueRef},
};
use jiff::{
    Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};

pub use muster_core::clock::whole_second;

/// Converts a time to a TIMESTAMP, the type of time columns.
pub fn time(moment: Timestamp) -> Value {
    Value::Timestamp(TimeUnit::Microsecond, moment.as_microsecond())
}

pub fn time_option(moment: Option<Timestamp>) -> Value {
    moment.map_or(Value::Null, time)
}

pub fn day(day: Date) -> Value {
    Value::Date32(days_since_epoch(day))
}

/// Returns the day of a time, in UTC.
pub fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned_datetime(TimeZone::UTC).date()
}

/// Returns the start of a day.
pub fn start_of(day: Date) -> Timestamp {
    day.to_zoned_datetime(TimeZone::UTC).map_or(Timestamp::MIN, |first| first.timestamp())
}

/// Returns the last second of a day.
pub fn end_of(day: Date) -> Timestamp {
    let last = day.at(23, 59, 59, 0).to_zoned_datetime(TimeZone::UTC);
    last.map_or(Timestamp::MAX, |last| last.timestamp())
}

const EPOCH: Date = date(1970, 1, 1);

pub fn days_since_epoch(day: Date) -> i32 {
    (day - EPOCH).get_days()
}

/// Returns the day this number of days after 1970-01-01.
pub fn day_after_epoch(days: i64) -> Date {
    EPOCH.saturating_add(jiff::Span::new().days(days))
}

/// Reads a nullable time column.
pub fn read_time_option(row: &Row<'_>, column: usize) -> duckdb::Result<Option<Timestamp>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        ValueRef::Timestamp(unit, ticks) => {
            let micros = unit.to_micros(ticks);
            Timestamp::from_microsecond(micros)
                .map(Some)
                .map_err(|error| duckdb::Error::FromSqlConversionFailure(column, Type::Timestamp, Box::new(error)))
        }
        other => Err(duckdb::Error::InvalidColumnType(column, "a time".to_owned(), other.data_type())),
    }
}

/// Reads a time column that is never null.
pub fn read_time(row: &Row<'_>, column: usize) -> duckdb::Result<Timestamp> {
    read_time_option(row, column)?
        .ok_or_else(|| duckdb::Error::InvalidColumnType(column, "a time".to_owned(), Type::Null))
}

/// Reads a nullable DATE column.
pub fn read_day_option(row: &Row<'_>, column: usize) -> duckdb::Result<Option<Date>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        ValueRef::Date32(days) => Ok(Some(day_after_epoch(days.into()))),
        other => Err(duckdb::Error::InvalidColumnType(column, "a day".to_owned(), other.data_type())),
    }
}

/// Reads a DATE column that is never null.
pub fn read_day(row: &Row<'_>, column: usize) -> duckdb::Result<Date> {
    read_day_option(row, column)?
        .ok_or_else(|| duckdb::Error::InvalidColumnType(column, "a day".to_owned(), Type::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_times_and_days_that_it_wrote() {
        let connection = duckdb::Connection::open_in_memory().expect("a database");
        let moment: Timestamp = "2025-11-23T02:40:00.123456Z".parse().expect("a time");
        let (read, none, day_read) = connection
            .query_row(
                "SELECT $1, $2::TIMESTAMP, $3",
                [time(moment), time_option(None), day(date(2025, 11, 23))],
                |row| Ok((read_time(row, 0)?, read_time_option(row, 1)?, read_day(row, 2)?)),
            )
            .expect("a row");
        assert_eq!((read, none, day_read), (moment, None, date(2025, 11, 23)));
    }
}
