//! Maintenance windows: one per patch group of a site, weekly, in UTC.

use std::sync::Arc;

use jiff::{
    Timestamp,
    civil::{Date, Weekday},
};

use super::Group;
use crate::clock;

/// How long a window stays open, and how long before its end nothing new starts.
pub const DURATION_HOURS: i64 = 3;
pub const CUTOFF_HOURS: i64 = 1;

#[derive(Clone, Debug)]
pub struct Window {
    pub id: Arc<str>,
    pub target_id: String,
    pub task_id: String,
    pub name: String,
    pub group: Group,
    pub weekday: Weekday,
    pub hour: i8,
    pub enabled: bool,
    /// Days on which it does not open, although it should.
    pub missed_days: Vec<Date>,
}

#[derive(Clone, Debug)]
pub struct WindowExecution {
    pub id: String,
    pub window_id: Arc<str>,
    pub failed: bool,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
}

impl Window {
    /// When it opens within the day that begins at the harvest time of `from`, if it does.
    pub fn opening(&self, from: Date) -> Option<Timestamp> {
        // An hour before the harvest time is on the calendar day after `from`.
        let date = if self.hour > clock::HARVEST_HOUR { from } else { clock::plus_days(from, 1) };
        let opens = self.enabled && date.weekday() == self.weekday && !self.missed_days.contains(&date);
        opens.then(|| clock::at(date, self.hour, 0))
    }

    /// The first opening after a time.
    pub fn next_opening(&self, after: Timestamp) -> Timestamp {
        let from = clock::date_of(after);
        let days = (0..=7).map(|offset| clock::plus_days(from, offset));
        days.filter(|date| date.weekday() == self.weekday)
            .map(|date| clock::at(date, self.hour, 0))
            .find(|&opening| opening > after)
            .unwrap_or(after)
    }

    pub fn schedule(&self) -> String {
        const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
        let day = DAYS[self.weekday.to_monday_zero_offset().unsigned_abs() as usize];
        format!("cron(0 {} ? * {day} *)", self.hour)
    }
}
