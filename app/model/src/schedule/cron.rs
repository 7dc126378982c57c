//! The six fields of a cron expression, and whether a day matches them.

use jiff::civil::{Date, Time, Weekday};
use std::ops::RangeInclusive;

/// The years that an expression can name.
const YEARS: RangeInclusive<u32> = 1970..=2199;
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// Sunday is day 1.
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    pub(super) minutes: Vec<u32>,
    pub(super) hours: Vec<u32>,
    pub(super) days: Days,
    /// All of them if it is empty.
    pub(super) months: Vec<u32>,
    pub(super) weekdays: Weekdays,
    /// All of them if it is empty.
    pub(super) years: Vec<u32>,
}

/// Days of the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Days {
    Every,
    On(Vec<u32>),
    Last,
    LastWeekday,
    /// The weekday nearest to a day, in the same month.
    NearestWeekday(u32),
}

/// Days of the week, from 1 for Sunday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Weekdays {
    Every,
    On(Vec<u32>),
    /// A weekday's occurrence of this number in the month.
    Nth(u32, u32),
    LastOf(u32),
}

impl Cron {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<String> = text.split_whitespace().map(str::to_ascii_uppercase).collect();
        let [minutes, hours, days, months, weekdays, years] = fields.as_slice() else { return None };
        Some(Self {
            minutes: numbers(minutes, 0..=59, &[])?,
            hours: numbers(hours, 0..=23, &[])?,
            days: Days::parse(days)?,
            months: if is_any(months) { Vec::new() } else { numbers(months, 1..=12, &MONTHS)? },
            weekdays: Weekdays::parse(weekdays)?,
            years: if is_any(years) { Vec::new() } else { numbers(years, YEARS, &[])? },
        })
    }

    /// Whether a day matches.
    pub fn is_on(&self, day: Date) -> bool {
        let has = |list: &[u32], value: u32| list.is_empty() || list.contains(&value);
        has(&self.years, u32::try_from(day.year()).unwrap_or_default())
            && has(&self.months, day.month().unsigned_abs().into())
            && self.days.have(day)
            && self.weekdays.have(day)
    }

    /// The times of a day that matches, in order.
    pub fn times(&self) -> impl Iterator<Item = Time> + '_ {
        self.hours.iter().flat_map(|hour| self.minutes.iter().filter_map(|minute| time(*hour, *minute)))
    }
}

fn time(hour: u32, minute: u32) -> Option<Time> {
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

fn is_any(field: &str) -> bool {
    field == "*" || field == "?"
}

impl Days {
    fn parse(field: &str) -> Option<Self> {
        match field {
            "L" => Some(Self::Last),
            "LW" | "WL" => Some(Self::LastWeekday),
            field if is_any(field) => Some(Self::Every),
            field => match field.strip_suffix('W') {
                Some(day) => number(day, &(1..=31), &[]).map(Self::NearestWeekday),
                None => numbers(field, 1..=31, &[]).map(Self::On),
            },
        }
    }

    fn have(&self, day: Date) -> bool {
        match self {
            Self::Every => true,
            Self::On(days) => days.contains(&day.day().unsigned_abs().into()),
            Self::Last => day == day.last_of_month(),
            Self::LastWeekday => day == nearest_weekday(day.last_of_month()),
            Self::NearestWeekday(nearest) => {
                // A month without this day has none.
                let of = i8::try_from(*nearest).ok().and_then(|of| Date::new(day.year(), day.month(), of).ok());
                of.is_some_and(|of| day == nearest_weekday(of))
            }
        }
    }
}

/// The weekday nearest to a day without leaving its month.
fn nearest_weekday(day: Date) -> Date {
    let moved = match day.weekday() {
        Weekday::Saturday if day.day() == 1 => 2,
        Weekday::Saturday => -1,
        Weekday::Sunday if day == day.last_of_month() => -2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    day.saturating_add(jiff::Span::new().days(moved))
}

impl Weekdays {
    fn parse(field: &str) -> Option<Self> {
        let weekday = |text: &str| number(text, &(1..=7), &WEEKDAYS);
        if is_any(field) {
            return Some(Self::Every);
        }
        if field == "L" {
            return Some(Self::On(vec![7]));
        }
        if let Some((day, nth)) = field.split_once('#') {
            return Some(Self::Nth(weekday(day)?, number(nth, &(1..=5), &[])?));
        }
        match field.strip_suffix('L') {
            Some(day) => weekday(day).map(Self::LastOf),
            None => numbers(field, 1..=7, &WEEKDAYS).map(Self::On),
        }
    }

    fn have(&self, day: Date) -> bool {
        let weekday: u32 = day.weekday().to_sunday_one_offset().unsigned_abs().into();
        match self {
            Self::Every => true,
            Self::On(weekdays) => weekdays.contains(&weekday),
            Self::Nth(of, nth) => *of == weekday && u32::from(day.day().unsigned_abs()).div_ceil(7) == *nth,
            Self::LastOf(of) => *of == weekday && day.day() + 7 > day.days_in_month(),
        }
    }
}

/// Reads a list of numbers, ranges and steps, in order and each once.
fn numbers(field: &str, all: RangeInclusive<u32>, names: &[&str]) -> Option<Vec<u32>> {
    let mut numbers: Vec<u32> = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" || (step.is_some() && range.is_empty()) => (*all.start(), *all.end()),
            Some((first, last)) => (number(first, &all, names)?, number(last, &all, names)?),
            None => {
                let first = number(range, &all, names)?;
                (first, if step.is_some() { *all.end() } else { first })
            }
        };
        if first > last {
            return None;
        }
        numbers.extend((first..=last).step_by(usize::try_from(step.unwrap_or(1)).ok()?));
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

/// Reads one number, or the name of one.
fn number(text: &str, all: &RangeInclusive<u32>, names: &[&str]) -> Option<u32> {
    let named = names.iter().zip(1..).find(|(name, _)| **name == text).map(|(_, number)| number);
    named.or_else(|| text.parse().ok()).filter(|number| all.contains(number))
}
