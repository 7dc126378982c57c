//! The time machine: the day at whose end everything is shown, a parameter of every page, list and file.

use super::query_string::{QueryError, day};
use jiff::civil::Date;

/// The parameter's name.
pub const AS_OF: &str = "as_of";

/// The day that a query string asks for. Of a repeated one the last counts.
pub fn as_of(query: &str) -> Result<Option<Date>, QueryError> {
    let query = query.strip_prefix('?').unwrap_or(query);
    let value = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == AS_OF).last();
    let Some(value) = value.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    day(&value).map(Some).ok_or_else(|| not_a_day(value))
}

/// The error of a day that cannot be shown.
pub fn not_a_day(value: String) -> QueryError {
    QueryError::Value {
        key: AS_OF.to_owned(),
        value,
        expected: "a day such as 2026-10-31 that is not to come".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_is_read_and_anything_else_is_an_error_that_says_what_it_takes() {
        assert_eq!(as_of("?status=failed&as_of=2026-10-31"), Ok(Some(date(2026, 10, 31))));
        assert_eq!(as_of("as_of=&q=as_of"), Ok(None));
        let message = as_of("as_of=yesterday").expect_err("no day").to_string();
        assert!(message.contains("`as_of=yesterday`") && message.contains("2026-10-31"), "{message}");
    }
}
