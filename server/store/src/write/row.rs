//! The rows that writers make: values with the names of their columns, independent of the order of columns in the
//! table.

use super::super::value;
use duckdb::types::{TimeUnit, ValueRef};
use jiff::{Timestamp, civil::Date};
use muster_core::record::{Column, Value};

/// Makes a row, an array of fields, from columns and values. All rows of a table name the same columns in the same
/// order.
macro_rules! row {
    ($($column:ident: $value:expr),* $(,)?) => {
        [$((stringify!($column), crate::write::row::IntoValue::into_value($value))),*]
    };
}
pub(crate) use row;

/// What can be the value of a column: numbers, times and flags, and references to texts.
pub trait IntoValue<'a> {
    fn into_value(self) -> Value<'a>;
}

impl<'a, T: Column + ?Sized> IntoValue<'a> for &'a T {
    fn into_value(self) -> Value<'a> {
        self.value()
    }
}

impl<'a, T: IntoValue<'a>> IntoValue<'a> for Option<T> {
    fn into_value(self) -> Value<'a> {
        self.map_or(Value::Null, T::into_value)
    }
}

macro_rules! into_value {
    ($($value:ident: $type:ty => $made:expr,)*) => {$(
        impl<'a> IntoValue<'a> for $type {
            fn into_value(self) -> Value<'a> {
                let $value = self;
                $made
            }
        }
    )*};
}

into_value! {
    flag: bool => Value::Flag(flag),
    number: i32 => Value::Int(number),
    number: i64 => Value::BigInt(number),
    number: u64 => Value::BigInt(number.try_into().unwrap_or(i64::MAX)),
    moment: Timestamp => Value::Time(moment),
    day: Date => Value::Day(day),
}

/// Converts a value to DuckDB's type.
pub fn cell(value: Value<'_>) -> ValueRef<'_> {
    match value {
        Value::Null => ValueRef::Null,
        Value::Flag(flag) => ValueRef::Boolean(flag),
        Value::Int(number) => ValueRef::Int(number),
        Value::BigInt(number) => ValueRef::BigInt(number),
        Value::Time(moment) => ValueRef::Timestamp(TimeUnit::Microsecond, moment.as_microsecond()),
        Value::Day(day) => ValueRef::Date32(value::days_since_epoch(day)),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
    }
}

/// Appends a cell's encoding, which equal values share and which is prefix-free.
pub fn encode(cell: ValueRef<'_>, encoded: &mut Vec<u8>) {
    match cell {
        ValueRef::Null => encoded.push(0),
        ValueRef::Boolean(is) => encoded.extend([1, u8::from(is)]),
        ValueRef::Int(number) => {
            encoded.push(2);
            encoded.extend(number.to_le_bytes());
        }
        ValueRef::BigInt(number) => {
            encoded.push(3);
            encoded.extend(number.to_le_bytes());
        }
        ValueRef::Timestamp(unit, ticks) => {
            encoded.push(4);
            encoded.extend(unit.to_micros(ticks).to_le_bytes());
        }
        ValueRef::Text(text) => {
            encoded.push(5);
            encoded.extend(text.len().to_le_bytes());
            encoded.extend(text);
        }
        other => encoded.extend(format!("{other:?}").bytes()),
    }
}
