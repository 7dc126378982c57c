//! A text that a column must equal: any text at all, also the empty one and one of blanks only.

use crate::column::{ColumnValue, Kind, Value};

/// The empty text in a query string, where an empty value counts as absent. No other text is written like this.
const EMPTY: &str = "\\none";
const ESCAPE: char = '\\';

/// A text as it was reported. In a query string it is written as it is, with two exceptions: the empty text is `\none`,
/// and a text that starts with a backslash has another one in front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exact(String);

impl Exact {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text in a query string.
    pub fn written(&self) -> String {
        match &self.0 {
            text if text.is_empty() => EMPTY.to_owned(),
            text if text.starts_with(ESCAPE) => format!("{ESCAPE}{text}"),
            text => text.clone(),
        }
    }

    /// Reads the text of a query string. None for a backslash that escapes nothing.
    pub fn read(written: &str) -> Option<Self> {
        match written.strip_prefix(ESCAPE) {
            None => Some(Self::new(written)),
            Some(_) if written == EMPTY => Some(Self::default()),
            Some(text) => text.starts_with(ESCAPE).then(|| Self::new(text)),
        }
    }
}

impl ColumnValue for Exact {
    const KIND: Kind = Kind::Text;

    fn from_value(value: Value<'_>) -> Option<Self> {
        String::from_value(value).map(Self)
    }

    fn to_value(&self) -> Value<'_> {
        Value::Text(self.as_str().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read_as_it_was_written_and_differs_from_all_others() {
        let parts =
            ["", "\\", "none", "None", "\\none", " ", "\u{a0}", "early", "&", "=", "+", "%5C", ",", "é", "\u{200d}"];
        let mut written = std::collections::BTreeMap::new();
        for one in parts {
            for two in parts {
                for three in parts {
                    let text = Exact::new(format!("{one}{two}{three}"));
                    assert_eq!(Exact::read(&text.written()), Some(text.clone()));
                    assert!(!text.written().is_empty());
                    assert_eq!(written.entry(text.written()).or_insert_with(|| text.clone()), &text);
                }
            }
        }
        assert_eq!(Exact::read("\\missing"), None);
    }
}
