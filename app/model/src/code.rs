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

        impl $crate::column::ColumnValue for $code {
            const KIND: $crate::column::Kind = $crate::column::Kind::Code;

            fn from_value(value: $crate::column::Value<'_>) -> Option<Self> {
                match value {
                    $crate::column::Value::Text(code) => Self::from_code(&code),
                    $crate::column::Value::Integer(place) => Self::ALL.get(usize::try_from(place).ok()?).copied(),
                    _ => None,
                }
            }

            fn to_value(&self) -> $crate::column::Value<'_> {
                $crate::column::Value::Code(self.code())
            }
        }

        impl $crate::filter::ParameterValue for $code {
            const INPUT: $crate::filter::Input = $crate::filter::Input::Choice;

            fn options() -> Vec<(&'static str, &'static str)> {
                Self::ALL.iter().map(|code| (code.code(), code.label())).collect()
            }
        }
    )+};
}

pub(crate) use codes;
