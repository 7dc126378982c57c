//! The time machine: the day at whose end everything is shown, a parameter of every page, list and file.

use super::query_string::{QueryError, day, one_value};
use jiff::civil::Date;

/// The parameter's name.
pub const AS_OF: &str = "as_of";

/// The parameter of the day that a list of changes starts from.
pub const SINCE: &str = "since";

/// The day that a query string asks for.
pub fn as_of(query: &str) -> Result<Option<Date>, QueryError> {
    let Some(value) = value_of(query, AS_OF)? else { return Ok(None) };
    day(&value).map(Some).ok_or_else(|| not_a_day(value))
}

/// The day that a query string compares with. Anything else is left to the list's own filter, which rejects it.
pub fn since(query: &str) -> Option<Date> {
    value_of(query, SINCE).ok().flatten().and_then(|value| day(&value))
}

/// The one value of a key; an empty one is none.
fn value_of(query: &str, key: &str) -> Result<Option<String>, QueryError> {
    let query = query.strip_prefix('?').unwrap_or(query);
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == key);
    let values = pairs.map(|(_, value)| value.trim().to_owned());
    one_value(key, values.filter(|value| !value.is_empty()).collect())
}

/// The error of a day that cannot be shown.
pub fn not_a_day(value: String) -> QueryError {
    QueryError::value(AS_OF, value, "a day such as 2026-10-31 that is not in the future")
}

/// The error of a day other than the one that the caller may see.
pub fn only_that_day(day: Date, only: Date) -> QueryError {
    QueryError::value(AS_OF, day.to_string(), format!("{only}, the only day that you may see"))
}

/// The error of a day before the retention period.
pub fn no_longer_kept(key: &str, day: Date, first: Date) -> QueryError {
    QueryError::value(key, day.to_string(), format!("a day from {first} on: older history is not kept"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn parses_a_day_and_explains_anything_else() {
        assert_eq!(as_of("?status=failed&as_of=2026-10-31"), Ok(Some(date(2026, 10, 31))));
        assert_eq!(as_of("as_of=&q=as_of"), Ok(None));
        let message = as_of("as_of=yesterday").expect_err("no day").to_string();
        assert!(as_of("as_of=2026-10-31&as_of=2026-11-01").is_err());
        assert!(message.contains("`as_of=yesterday`") && message.contains("2026-10-31"), "{message}");
    }
}
