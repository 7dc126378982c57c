//! Days and moments of the estate, all in UTC, and the one look at the wall clock that signatures need.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// The estate stands still at this time of day: the daily harvest moment.
pub const TICK_HOUR: i8 = 2;
pub const TICK_MINUTE: i8 = 40;

pub fn at(date: Date, hour: i8, minute: i8) -> Timestamp {
    TimeZone::UTC.to_timestamp(date.at(hour, minute, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub fn tick(date: Date) -> Timestamp {
    at(date, TICK_HOUR, TICK_MINUTE)
}

pub fn date_of(moment: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(moment).date()
}

pub fn plus_days(date: Date, days: i64) -> Date {
    date.saturating_add(jiff::Span::new().days(days.clamp(-100_000, 100_000)))
}

pub fn days_between(from: Date, to: Date) -> i64 {
    (at(to, 0, 0).as_second() - at(from, 0, 0).as_second()) / 86_400
}

pub fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

/// The real time: only for what is about the caller's clock (signature dates, session expiry), never for the data.
pub fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millisecond(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).unwrap_or(Timestamp::UNIX_EPOCH)
}
