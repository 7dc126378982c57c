//! Reads a query string key by key. An unknown key is an error: a misspelt filter that was ignored would show too much.

use super::past::AS_OF;
use jiff::civil::Date;

/// A query string with an unknown key or value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("`{key}={value}` is not a value of `{key}`; it takes {expected}")]
    Value { key: String, value: String, expected: String },
    #[error("`{key}` is not a parameter of this list; it takes {expected}")]
    Key { key: String, expected: String },
    #[error("`{key}` has more than one value; it takes one")]
    Repeated { key: String },
}

impl QueryError {
    /// The error of a value that a parameter does not take.
    pub fn value(key: &str, value: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Value { key: key.to_owned(), value: shortened(value.into()), expected: expected.into() }
    }
}

/// The characters of a client's text that an error repeats.
const REPEATED_MAX_CHARS: usize = 200;

fn shortened(text: String) -> String {
    match text.char_indices().nth(REPEATED_MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The pairs of a query string, taken out one by one. Empty values, as GET forms send them, count as absent. Blanks belong to
/// a value, because instances report such values; a parameter that cannot have them ignores them around its own.
pub struct Params {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl Params {
    /// Leaves `as_of` out: it belongs to every page and is read with the caller's reports.
    pub fn parse(query: &str) -> Self {
        let query = query.strip_prefix('?').unwrap_or(query);
        let pairs = form_urlencoded::parse(query.as_bytes())
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .filter(|(key, value)| !value.is_empty() && key != AS_OF)
            .collect();
        Self { pairs, known: Vec::new() }
    }

    /// Takes the values of `key` as text, in their order.
    pub fn texts(&mut self, key: &'static str) -> Vec<String> {
        self.known.push(key);
        let (taken, rest) = std::mem::take(&mut self.pairs).into_iter().partition(|(k, _)| k == key);
        self.pairs = rest;
        let taken: Vec<_> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// Takes the one value of `key` as text. Two that differ are an error, because either alone would be half of what was
    /// asked for.
    pub fn text(&mut self, key: &'static str) -> Result<Option<String>, QueryError> {
        one_value(key, self.texts(key))
    }

    /// Takes the value of `key` and parses it with `read`; `expected` says what it accepts.
    pub fn value<T>(
        &mut self,
        key: &'static str,
        expected: impl FnOnce() -> String,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, QueryError> {
        let Some(value) = self.text(key)? else { return Ok(None) };
        match read(&value) {
            Some(read) => Ok(Some(read)),
            None => Err(QueryError::value(key, value, expected())),
        }
    }

    /// Takes `key` as one of `choices`.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Result<Option<T>, QueryError> {
        let expected = || choices.iter().map(|(code, _)| format!("`{code}`")).collect::<Vec<_>>().join(", ");
        self.value(key, expected, |text| choices.iter().find(|(code, _)| *code == text.trim()).map(|(_, value)| *value))
    }

    /// Fails if a key is left that nothing took.
    pub fn finish(self) -> Result<(), QueryError> {
        match self.pairs.into_iter().next() {
            None => Ok(()),
            Some((key, _)) => {
                let expected = self.known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
                Err(QueryError::Key { key: shortened(key), expected })
            }
        }
    }
}

/// The one value among those of a key. Two that differ are an error.
pub fn one_value(key: &str, mut values: Vec<String>) -> Result<Option<String>, QueryError> {
    values.dedup();
    match values.len() {
        0 | 1 => Ok(values.pop()),
        _ => Err(QueryError::Repeated { key: key.to_owned() }),
    }
}

/// Parses a day in the one spelling that is written here, with a year of four digits.
pub fn day(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    (day.year() >= 1 && day.to_string() == text).then_some(day)
}

/// Writes a query string in the order of the calls, leaving out what is absent.
pub struct QueryWriter {
    pairs: form_urlencoded::Serializer<'static, String>,
}

impl Default for QueryWriter {
    fn default() -> Self {
        Self { pairs: form_urlencoded::Serializer::new(String::new()) }
    }
}

impl QueryWriter {
    pub fn text(mut self, key: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.pairs.append_pair(key, value);
        }
        self
    }

    /// The query string without a question mark; empty when nothing was written.
    pub fn finish(mut self) -> String {
        self.pairs.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_no_empty_value_and_no_second_one() {
        let mut params = Params::parse("?q=b+c&q=&q=b+c&status=&group=early+&kind=a&kind=b");
        assert_eq!(params.text("q"), Ok(Some("b c".to_owned())));
        assert_eq!(params.text("status"), Ok(None));
        assert_eq!(params.text("group"), Ok(Some("early ".to_owned())));
        let message = params.text("kind").expect_err("two values").to_string();
        assert_eq!(message, "`kind` has more than one value; it takes one");
        assert_eq!(params.finish(), Ok(()));
    }

    #[test]
    fn names_an_unknown_key() {
        let mut params = Params::parse("statsu=failed");
        assert_eq!(params.text("status"), Ok(None));
        let message = params.finish().expect_err("unknown key").to_string();
        assert_eq!(message, "`statsu` is not a parameter of this list; it takes `status`");
    }
}
