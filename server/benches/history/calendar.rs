//! The days of a data set. Its last day is the present one, because `muster serve` reads the real clock: in an older data set
//! everything would be stale.

use jiff::Timestamp;

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;
const HARVEST_HOUR: i64 = 6;
/// The time of day by which all accounts are harvested.
const HARVESTED_BY_SECONDS: i64 = HARVEST_HOUR * HOUR + 30 * MINUTE;
const NOON_HOUR: i64 = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub first_midnight: Timestamp,
}

impl Calendar {
    /// From 2026-01-01 on.
    pub const DEFAULT: Self = Self { first_midnight: Timestamp::constant(1_767_225_600, 0) };

    /// The last day is today, or yesterday if today's harvests would be in the future.
    pub fn ending(now: Timestamp, days: i64) -> Self {
        let last_day = (now.as_second() - HARVESTED_BY_SECONDS).div_euclid(DAY_SECONDS);
        Self { first_midnight: seconds((last_day - days + 1) * DAY_SECONDS) }
    }

    pub fn at(self, day: i64, second: i64) -> Timestamp {
        seconds(self.first_midnight.as_second() + day * DAY_SECONDS + second)
    }

    /// When the harvest of an account begins; accounts are harvested one after another.
    pub fn harvest_at(self, day: i64, account: usize) -> Timestamp {
        self.at(day, HARVEST_HOUR * HOUR + account as i64)
    }

    /// The time of day at which pages are queried inside the process.
    pub fn noon(self, day: i64) -> Timestamp {
        self.at(day, NOON_HOUR * HOUR)
    }
}

fn seconds(since_epoch: i64) -> Timestamp {
    Timestamp::from_second(since_epoch).unwrap_or(Timestamp::MAX)
}
