//! The order of a list: one of its columns, and a direction.

use super::{FilterField, Input, Parameter};
use crate::{
    code::codes,
    column::{Column, Columns, Value},
    query_string::{Params, QueryError, QueryWriter},
};
use derive_where::derive_where;
use std::marker::PhantomData;
use strum::{EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray};

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, EnumCount, EnumMessage, EnumString, IntoStaticStr, VariantArray,
)]
pub enum Direction {
    #[strum(serialize = "asc")]
    Ascending,
    #[default]
    #[strum(serialize = "desc")]
    Descending,
}

codes!(all Direction);

impl Direction {
    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// An order of the rows `R`.
#[derive_where(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order<R> {
    /// The key of the column in `sort=`.
    pub key: &'static str,
    pub direction: Direction,
    rows: PhantomData<fn() -> R>,
}

impl<R: Columns> Order<R> {
    /// The columns that the rows can be sorted by.
    pub fn columns() -> Vec<Column> {
        R::columns().into_iter().filter(|column| column.sort.is_some()).collect()
    }

    /// By this column, what needs work first. A column without an order gives the default one.
    pub fn by(key: &str) -> Self {
        let columns = Self::columns();
        let named = columns.iter().find(|column| column.key == key);
        let column = named.or_else(|| columns.iter().find(|column| column.is_default)).or(columns.first());
        let (key, sort) = column.map_or(("", None), |column| (column.key, column.sort));
        Self { key, direction: sort.unwrap_or_default(), rows: PhantomData }
    }

    /// By the same column in the other direction.
    pub fn reversed(self) -> Self {
        Self { direction: self.direction.reversed(), ..self }
    }

    /// By the column of this name, which is not always its key.
    pub fn is_by(&self, column: &Column) -> bool {
        self.key == column.key
    }
}

impl<R: Columns> FilterField for Order<R> {
    fn describe(_: Parameter, all: &mut Vec<Parameter>) {
        let sorts = Self::columns().iter().map(|column| (column.key, column.heading)).collect();
        let sort =
            Parameter { options: sorts, input: Input::Choice, ..Parameter::plain("sort", "The column to sort by.") };
        let directions = Direction::ALL.map(|direction| (direction.code(), direction.label()));
        let help = "The direction of the order; unless given, the one that puts first what needs work.";
        let direction =
            Parameter { options: directions.to_vec(), input: Input::Choice, ..Parameter::plain("dir", help) };
        all.extend([sort, direction]);
    }

    fn take(params: &mut Params, _: &'static str) -> Result<Self, QueryError> {
        let keys: Vec<_> = Self::columns().iter().map(|column| (column.key, column.key)).collect();
        let order = params.choice("sort", &keys)?.map_or_else(Self::default, Self::by);
        let directions = Direction::ALL.map(|direction| (direction.code(), direction));
        let direction = params.choice("dir", &directions)?.unwrap_or(order.direction);
        Ok(Self { direction, ..order })
    }

    fn write(&self, _: &'static str, writer: QueryWriter) -> QueryWriter {
        let key = (self.key != Self::default().key).then_some(self.key);
        let direction = (self.direction != Self::by(self.key).direction).then(|| self.direction.code());
        writer.text("sort", key).text("dir", direction)
    }

    fn value<'a>(&'a self, _: &'static str, _: &mut Vec<(&'static str, Value<'a>)>) {}
}

impl<R: Columns> Default for Order<R> {
    fn default() -> Self {
        Self::by("")
    }
}
