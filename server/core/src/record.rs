//! Records whose fields are the columns of a table: declared once, read by the collector and written by the store.

use jiff::{Timestamp, civil::Date};
use muster_model::ids::{AccountId, InstanceId};

/// The value of one column. Texts are borrowed: there are millions of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    Flag(bool),
    Int(i32),
    BigInt(i64),
    Time(Timestamp),
    Day(Date),
    Text(&'a str),
}

/// The value of one column, with the column's name.
pub type Field<'a> = (&'static str, Value<'a>);

pub trait Record {
    /// Returns all fields in the order of their declaration.
    fn fields(&self) -> impl Iterator<Item = Field<'_>> + Clone;
}

/// Declares records.
#[macro_export]
macro_rules! records {
    ($(
        $(#[$doc:meta])*
        pub struct $name:ident$(<$life:lifetime>)? { $($(#[$field_doc:meta])* pub $field:ident: $type:ty,)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name$(<$life>)? {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl$(<$life>)? $crate::record::Record for $name$(<$life>)? {
            fn fields(&self) -> impl Iterator<Item = $crate::record::Field<'_>> + Clone {
                [$((stringify!($field), $crate::record::Column::value(&self.$field))),*].into_iter()
            }
        }
    )*};
}

/// The type of a field.
pub trait Column {
    fn value(&self) -> Value<'_>;
}

impl<T: Column> Column for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, T::value)
    }
}

impl<T: Column + ?Sized> Column for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

macro_rules! columns {
    ($($value:ident: $type:ty => $made:expr,)*) => {$(
        impl Column for $type {
            fn value(&self) -> Value<'_> {
                let $value = self;
                $made
            }
        }
    )*};
}

columns! {
    flag: bool => Value::Flag(*flag),
    number: i32 => Value::Int(*number),
    number: i64 => Value::BigInt(*number),
    moment: Timestamp => Value::Time(*moment),
    day: Date => Value::Day(*day),
    text: str => Value::Text(text),
    text: String => Value::Text(text),
    id: AccountId => Value::Text(id.as_str()),
    id: InstanceId => Value::Text(id.as_str()),
}
