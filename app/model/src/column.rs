//! Columns: what a list's row type declares once, for SQL, CSV, `sort=`, tables and the API.
//!
//! `#[derive(Columns)]` (crate `muster-columns`) implements [`Columns`] from the fields of a row. A value goes both ways
//! through [`Value`]: out of whatever stores it ([`ColumnSource`]), and into a cell.

use super::{AccountId, CveId, Direction, InstanceId, Provider, UpdateState};
use jiff::{Timestamp, civil::Date};
use std::borrow::Cow;

pub use muster_columns::Columns;

/// One column of a list.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in SQL, JSON, CSV and, unless it has another key, in `sort=`.
    pub name: &'static str,
    /// The heading in tables; empty for a column that no table shows.
    pub heading: &'static str,
    /// What the column means, for the heading's tooltip.
    pub help: &'static str,
    pub kind: Kind,
    /// What a cell without a value says.
    pub absent: &'static str,
    /// The CSS class of its cells, where the kind does not decide it.
    pub class: Option<&'static str>,
    /// The unit of its numbers.
    pub unit: Option<&'static str>,
    /// Whether lists can be sorted by it, and which direction puts first what needs work.
    pub sort: Option<Direction>,
    /// Its name in `sort=`.
    pub key: &'static str,
    /// Whether lists are sorted by it unless the query string says otherwise.
    pub is_default: bool,
    /// Whether tables show it unless a page leaves it out.
    pub shown: bool,
    /// Whether it is in CSV files.
    pub exported: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// One of a closed set of words.
    Code,
    Number,
    Flag,
    Time,
    Day,
    /// Several texts.
    List,
}

/// A value on its way between a row and whatever stores or shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not known, or does not apply.
    None,
    /// Text that somebody outside this program wrote.
    Text(Cow<'a, str>),
    /// A word of ours.
    Code(&'static str),
    Integer(i128),
    Decimal(f64),
    Flag(bool),
    Time(Timestamp),
    Day(Date),
}

/// A type that a column can have.
pub trait ColumnValue: Sized {
    const KIND: Kind;

    /// None if the value is not one of this type.
    fn from_value(value: Value<'_>) -> Option<Self>;
    fn to_value(&self) -> Value<'_>;
}

/// The columns of a row, in the order of its fields.
pub trait Columns: Sized + 'static {
    fn columns() -> Vec<Column>;
    /// A value for each of the columns.
    fn values(&self) -> Vec<Value<'_>>;
    fn read<S: ColumnSource>(source: &mut S) -> Result<Self, S::Error>;
}

/// A stored row that hands over its columns in the order of [`Columns::columns`].
pub trait ColumnSource {
    type Error;

    fn next<T: ColumnValue>(&mut self) -> Result<T, Self::Error>;
}

impl Value<'_> {
    /// The value as text: how CSV and query strings spell it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::None => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Code(code) => Cow::Borrowed(code),
            Self::Integer(number) => number.to_string().into(),
            Self::Decimal(number) => number.to_string().into(),
            Self::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Self::Time(moment) => moment.to_string().into(),
            Self::Day(day) => day.to_string().into(),
        }
    }

    /// The value as a number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Decimal(number) => Some(*number),
            _ => None,
        }
    }
}

impl<T: ColumnValue> ColumnValue for Option<T> {
    const KIND: Kind = T::KIND;

    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::None => Some(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::None, T::to_value)
    }
}

impl ColumnValue for Vec<String> {
    const KIND: Kind = Kind::List;

    /// Stored as lines.
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.lines().map(str::to_owned).collect()),
            _ => None,
        }
    }

    fn to_value(&self) -> Value<'_> {
        Value::Text(self.join(" ").into())
    }
}

/// Implements `ColumnValue` by a pattern that takes a type's value out of a [`Value`], and an expression that makes one.
macro_rules! column_values {
    ($($type:ty, $kind:ident, $pattern:pat => $read:expr, |$own:ident| $write:expr;)+) => {$(
        impl ColumnValue for $type {
            const KIND: Kind = Kind::$kind;

            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    $pattern => $read,
                    _ => None,
                }
            }

            fn to_value(&self) -> Value<'_> {
                let $own = self;
                $write
            }
        }
    )+};
}

column_values! {
    String, Text, Value::Text(text) => Some(text.into_owned()), |text| Value::Text(text.into());
    bool, Flag, Value::Flag(flag) => Some(flag), |flag| Value::Flag(*flag);
    u32, Number, Value::Integer(number) => number.try_into().ok(), |number| Value::Integer((*number).into());
    u64, Number, Value::Integer(number) => number.try_into().ok(), |number| Value::Integer((*number).into());
    i64, Number, Value::Integer(number) => number.try_into().ok(), |number| Value::Integer((*number).into());
    f64, Number, Value::Decimal(number) => Some(number), |number| Value::Decimal(*number);
    Timestamp, Time, Value::Time(moment) => Some(moment), |moment| Value::Time(*moment);
    Date, Day, Value::Day(day) => Some(day), |day| Value::Day(*day);
    AccountId, Text, Value::Text(text) => text.parse().ok(), |id| Value::Text(id.as_str().into());
    InstanceId, Text, Value::Text(text) => text.parse().ok(), |id| Value::Text(id.as_str().into());
    CveId, Text, Value::Text(text) => text.parse().ok(), |id| Value::Text(id.as_str().into());
    Provider, Text, Value::Text(code) => Some(Self::new(code)), |provider| Value::Text(provider.code().into());
    UpdateState, Text, Value::Text(text) => Some(Self::parse(&text)), |state| Value::Text(state.code().into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch_status::{PatchStatus, StatusCounts};

    #[derive(Clone, Debug, Default, PartialEq, Columns)]
    struct Row {
        /// What it is
        /// called.
        #[column(heading = "Name", sort, default)]
        name: String,
        #[column(sort = desc, key = "worst", no_csv)]
        status: Option<PatchStatus>,
        #[column(skip)]
        hints: Vec<String>,
        #[column(flatten, no_csv)]
        counts: StatusCounts,
    }

    /// Hands over stored values one after the other.
    struct Stored(std::vec::IntoIter<Value<'static>>);

    impl ColumnSource for Stored {
        type Error = String;

        fn next<T: ColumnValue>(&mut self) -> Result<T, String> {
            let value = self.0.next().ok_or("too few columns")?;
            T::from_value(value.clone()).ok_or_else(|| format!("{value:?}"))
        }
    }

    #[test]
    fn declares_a_column_for_each_field() {
        let columns = Row::columns();
        let names: Vec<_> = columns.iter().map(|column| column.name).collect();
        assert_eq!(names[..3], ["name", "status", "unsupported"]);
        assert_eq!(names.len(), 2 + StatusCounts::columns().len());
        assert_eq!((columns[0].heading, columns[0].help), ("Name", "What it is called."));
        assert_eq!((columns[0].sort, columns[1].sort), (Some(Direction::Ascending), Some(Direction::Descending)));
        assert_eq!((columns[1].key, columns[1].kind), ("worst", Kind::Code));
        assert!(columns[0].exported && !columns[1].exported && !columns[2].exported);
    }

    #[test]
    fn reads_what_it_writes() {
        let counts = StatusCounts { stale: 3, ..StatusCounts::default() };
        let row = Row { name: "web-01".into(), status: Some(PatchStatus::Stale), counts, ..Row::default() };
        let stored = row.values().into_iter().map(|value| match value {
            Value::Code(code) => Value::Text(code.into()),
            Value::Text(text) => Value::Text(text.into_owned().into()),
            Value::Integer(number) => Value::Integer(number),
            other => panic!("{other:?}"),
        });
        let stored: Vec<Value<'static>> = stored.collect();
        assert_eq!(stored.len(), Row::columns().len());
        assert_eq!(Row::read(&mut Stored(stored.into_iter())), Ok(row));
        let wrong = vec![Value::Integer(1)];
        assert_eq!(Row::read(&mut Stored(wrong.into_iter())), Err("Integer(1)".to_owned()));
    }
}
