//! Codes: closed sets of words, spelled alike in JSON, CSV, SQL and query strings.
//!
//! The words themselves come from `strum`, one for each variant; a label for people is its `message`.

/// Gives enums of codes what they have in common. With `all`, also `ALL`: the variants in the order of their declaration.
/// Statements may give a code by its place in `ALL`.
macro_rules! codes {
    (all $($code:ty),+ $(,)?) => {
        $(
            impl $code {
                pub const ALL: [Self; <Self as strum::EnumCount>::COUNT] = {
                    match <Self as strum::VariantArray>::VARIANTS.first_chunk() {
                        Some(all) => *all,
                        None => unreachable!(),
                    }
                };
            }
        )+
        codes!($($code),+);
    };
    ($($code:ty),+ $(,)?) => {$(
        impl $code {
            pub fn code(self) -> &'static str {
                self.into()
            }

            pub fn from_code(code: &str) -> Option<Self> {
                code.parse().ok()
            }

            /// What a person calls it.
            pub fn label(self) -> &'static str {
                strum::EnumMessage::get_message(&self).unwrap_or(self.code())
            }
        }

        impl $crate::model::column::ColumnValue for $code {
            const KIND: $crate::model::column::Kind = $crate::model::column::Kind::Code;

            fn from_value(value: $crate::model::column::Value<'_>) -> Option<Self> {
                match value {
                    $crate::model::column::Value::Text(code) => Self::from_code(&code),
                    $crate::model::column::Value::Integer(place) => Self::ALL.get(usize::try_from(place).ok()?).copied(),
                    _ => None,
                }
            }

            fn to_value(&self) -> $crate::model::column::Value<'_> {
                $crate::model::column::Value::Code(self.code())
            }
        }

        impl $crate::model::filter::ParameterValue for $code {
            const INPUT: $crate::model::filter::Input = $crate::model::filter::Input::Choice;

            fn options() -> Vec<(&'static str, &'static str)> {
                Self::ALL.iter().map(|code| (code.code(), code.label())).collect()
            }

            fn parse(text: &str) -> Option<Self> {
                Self::from_code(text)
            }
        }
    )+};
}

pub(crate) use codes;
