//! Times as UTC text. Ages are relative to the portal's clock in the data, never to the browser's.

use super::plural;
use jiff::{Timestamp, civil::Date};

/// `23 Nov 2026`
pub fn day(at: Timestamp) -> String {
    at.strftime("%-d %b %Y").to_string()
}

/// `23 Nov 2026`
pub fn date(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// The value of a date input: `2026-11-23`
pub fn date_input(at: Timestamp) -> String {
    at.strftime("%F").to_string()
}

/// `02:40`
pub fn time_of_day(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

/// `23 Nov 2026, 02:40 UTC`
pub fn date_time(at: Timestamp) -> String {
    format!("{} UTC", date_time_short(at))
}

/// `23 Nov 2026, 02:40`, under a heading that says UTC.
pub fn date_time_short(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M").to_string()
}

/// The `datetime` attribute: `2026-11-23T02:40:00Z`
pub fn rfc3339(at: Timestamp) -> String {
    at.strftime("%FT%TZ").to_string()
}

/// The time between `at` and `now` in the largest whole unit: `3 minutes ago`.
pub fn age(now: Timestamp, at: Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    let span = span(seconds.unsigned_abs());
    match seconds {
        -59..=59 => "just now".to_owned(),
        60.. => format!("{span} ago"),
        _ => format!("in {span}"),
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..60 => plural(seconds, "second", "seconds"),
        60..3_600 => plural(seconds / 60, "minute", "minutes"),
        3_600..172_800 => plural(seconds / 3_600, "hour", "hours"),
        172_800..5_184_000 => plural(seconds / 86_400, "day", "days"),
        5_184_000..63_072_000 => plural(seconds / 2_592_000, "month", "months"),
        _ => plural(seconds / 31_536_000, "year", "years"),
    }
}

/// A duration: `240 ms`, `3.4 s`, `2 min 5 s`.
pub fn duration_ms(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect(text)
    }

    #[test]
    fn times_are_utc_text() {
        let time = at("2026-11-03T02:05:09Z");
        assert_eq!(date_time(time), "3 Nov 2026, 02:05 UTC");
        assert_eq!(date_time_short(time), "3 Nov 2026, 02:05");
        assert_eq!(day(at("2026-01-31T23:59:59-05:00")), "1 Feb 2026");
        assert_eq!(rfc3339(time), "2026-11-03T02:05:09Z");
    }

    #[test]
    fn ages_use_the_largest_whole_unit() {
        let now = at("2026-11-23T02:40:00Z");
        for (then, text) in [
            ("2026-11-23T02:39:30Z", "just now"),
            ("2026-11-23T02:37:00Z", "3 minutes ago"),
            ("2026-11-23T01:40:00Z", "1 hour ago"),
            ("2026-11-21T18:05:00Z", "32 hours ago"),
            ("2026-11-20T02:40:00Z", "3 days ago"),
            ("2026-08-20T02:40:00Z", "3 months ago"),
            ("2024-03-14T02:40:00Z", "2 years ago"),
            ("2026-11-23T02:45:00Z", "in 5 minutes"),
        ] {
            assert_eq!(age(now, at(then)), text);
        }
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(duration_ms(240), "240 ms");
        assert_eq!(duration_ms(3_450), "3.4 s");
        assert_eq!(duration_ms(125_000), "2 min 5 s");
    }
}
