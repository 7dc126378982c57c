//! Days and times of the estate, all in UTC, and the wall clock for signatures and sessions.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// The time of day at which the estate stands still and is harvested.
pub const HARVEST_HOUR: i8 = 2;
pub const HARVEST_MINUTE: i8 = 40;

pub fn at(date: Date, hour: i8, minute: i8) -> Timestamp {
    TimeZone::UTC.to_timestamp(date.at(hour, minute, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub fn harvest_time(date: Date) -> Timestamp {
    at(date, HARVEST_HOUR, HARVEST_MINUTE)
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

/// The latest multiple of a period, counted from the epoch.
pub fn rounded_down(moment: Timestamp, period_seconds: i64) -> Timestamp {
    let seconds = moment.as_second().div_euclid(period_seconds) * period_seconds;
    Timestamp::from_second(seconds).unwrap_or(moment)
}

pub fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

/// The real time. Only signature dates and session expiry follow it, as the caller's clock does. Data does only in created
/// accounts, if it is wanted, and in metadata services.
pub fn wall_clock() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millisecond(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).unwrap_or(Timestamp::UNIX_EPOCH)
}
