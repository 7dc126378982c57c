//! The rows that writers make: values with the names of their columns, independent of the order of columns in the
//! table.

use super::super::value;
use duckdb::types::{TimeUnit, ValueRef};
use jiff::{Timestamp, civil::Date};

/// The value of one column. Texts are borrowed: there are millions of them.
pub type Cell<'a> = ValueRef<'a>;

/// The value of one column, with the column's name.
pub type Field<'a> = (&'static str, Cell<'a>);

/// Makes a row, an array of [`Field`]s, from columns and values. All rows of a table name the same columns in the same
/// order.
macro_rules! row {
    ($($column:ident: $value:expr),* $(,)?) => {
        [$((stringify!($column), IntoCell::into_cell($value))),*]
    };
}
pub(crate) use row;

/// Appends a cell's encoding, which equal values share and which is prefix-free.
pub fn encode(cell: Cell<'_>, encoded: &mut Vec<u8>) {
    match cell {
        Cell::Null => encoded.push(0),
        Cell::Boolean(is) => encoded.extend([1, u8::from(is)]),
        Cell::Int(number) => {
            encoded.push(2);
            encoded.extend(number.to_le_bytes());
        }
        Cell::BigInt(number) => {
            encoded.push(3);
            encoded.extend(number.to_le_bytes());
        }
        Cell::Timestamp(unit, ticks) => {
            encoded.push(4);
            encoded.extend(unit.to_micros(ticks).to_le_bytes());
        }
        Cell::Text(text) => {
            encoded.push(5);
            encoded.extend(text.len().to_le_bytes());
            encoded.extend(text);
        }
        other => encoded.extend(format!("{other:?}").bytes()),
    }
}

/// What can be the value of a column.
pub trait IntoCell<'a> {
    fn into_cell(self) -> Cell<'a>;
}

macro_rules! into_cell {
    ($($value:ident: $type:ty => $cell:expr),* $(,)?) => {
        $(impl<'a> IntoCell<'a> for $type {
            fn into_cell(self) -> Cell<'a> {
                let $value = self;
                $cell
            }
        })*
    };
}

into_cell! {
    text: &'a str => Cell::Text(text.as_bytes()),
    text: &'a String => Cell::Text(text.as_bytes()),
    flag: bool => Cell::Boolean(flag),
    number: i32 => Cell::Int(number),
    number: i64 => Cell::BigInt(number),
    number: u64 => Cell::BigInt(number.try_into().unwrap_or(i64::MAX)),
    moment: Timestamp => Cell::Timestamp(TimeUnit::Microsecond, moment.as_microsecond()),
    day: Date => Cell::Date32(value::days_since_epoch(day)),
}

impl<'a, T: IntoCell<'a>> IntoCell<'a> for Option<T> {
    fn into_cell(self) -> Cell<'a> {
        self.map_or(Cell::Null, T::into_cell)
    }
}
