//! Schedules as Systems Manager writes them: `cron(…)`, `rate(…)` and `at(…)`, of windows also with an offset in days.
//!
//! Its cron has six fields, minutes to years, with the extensions of Quartz (`?`, `L`, `W`, `#`) and Sunday as day 1. Which
//! days and times of day a schedule names is decided here; a time zone makes times of them.

mod cron;
mod words;

pub use cron::Cron;

use jiff::{
    Span,
    civil::{Date, DateTime},
};

/// The longest offset that a window can have, in days.
const OFFSET_DAYS_MAX: i64 = 6;

#[derive(Clone, Debug)]
pub struct Schedule {
    pub rule: Rule,
    /// Days that pass between the moment that the rule names and the start.
    pub offset_days: i64,
}

#[derive(Clone, Debug)]
pub enum Rule {
    Cron(Box<Cron>),
    /// The period.
    Rate(Span),
    /// Once.
    At(DateTime),
}

impl Schedule {
    /// Reads a schedule; none if it is written in a way that is not known.
    pub fn parse(text: &str) -> Option<Self> {
        let (rule, offset) = match text.split_once(" + ") {
            Some((rule, offset)) => (rule, offset_days(offset)?),
            None => (text, 0),
        };
        Some(Self { rule: Rule::parse(rule.trim())?, offset_days: offset })
    }

    /// The starts within some days, in the zone of the schedule, in order. None of a rate: it depends on when it began.
    pub fn starts(&self, from: Date, to: Date) -> impl Iterator<Item = DateTime> {
        let offset = Span::new().days(self.offset_days);
        let (cron, once) = match &self.rule {
            Rule::Cron(cron) => (Some(cron), None),
            Rule::At(at) => (None, Some(at.saturating_add(offset)).filter(|start| (from..=to).contains(&start.date()))),
            Rule::Rate(_) => (None, None),
        };
        let last = to.saturating_sub(offset);
        let of_cron = cron.into_iter().flat_map(move |cron| {
            let days = from.saturating_sub(offset).series(Span::new().days(1));
            let days = days.take_while(move |day| *day <= last).filter(|day| cron.is_on(*day));
            days.flat_map(|day| cron.times().map(move |time| day.to_datetime(time)))
        });
        once.into_iter().chain(of_cron.map(move |start| start.saturating_add(offset)))
    }
}

/// Reads `1 day` or `3 days`.
fn offset_days(text: &str) -> Option<i64> {
    let (days, unit) = text.trim().split_once(' ')?;
    let days: i64 = days.parse().ok()?;
    (["day", "days"].contains(&unit) && (1..=OFFSET_DAYS_MAX).contains(&days)).then_some(days)
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('(')?;
        let inner = rest.strip_suffix(')')?.trim();
        match kind.to_ascii_lowercase().as_str() {
            "cron" => Some(Self::Cron(Box::new(Cron::parse(inner)?))),
            "rate" => Self::rate(inner),
            // Seconds may be left out.
            "at" => inner.trim_end_matches('Z').parse().ok().map(Self::At),
            _ => None,
        }
    }

    fn rate(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once(' ')?;
        let count: i32 = count.parse().ok().filter(|count| *count > 0)?;
        let span = Span::new();
        match unit.trim().trim_end_matches('s') {
            "minute" => Some(Self::Rate(span.minutes(count))),
            "hour" => Some(Self::Rate(span.hours(count))),
            "day" => Some(Self::Rate(span.days(count))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(schedule: &str, from: &str, to: &str) -> Vec<String> {
        let schedule = Schedule::parse(schedule).expect(schedule);
        let day = |text: &str| text.parse().expect(text);
        schedule.starts(day(from), day(to)).map(|start| start.strftime("%F %R").to_string()).collect()
    }

    #[test]
    fn names_the_starts_of_some_days() {
        let month = ("2026-12-01", "2026-12-31");
        for (schedule, expected) in [
            (
                "cron(0 4 ? * MON *)",
                vec!["2026-12-07 04:00", "2026-12-14 04:00", "2026-12-21 04:00", "2026-12-28 04:00"],
            ),
            ("cron(30 23 ? * TUE#2 *)", vec!["2026-12-08 23:30"]),
            ("cron(0 2 ? * TUE#2 *) + 3 days", vec!["2026-12-11 02:00"]),
            // Three days after the last Monday of November.
            ("cron(0 2 ? NOV 2L *) + 3 days", vec!["2026-12-03 02:00"]),
            ("cron(0 2 L * ? *)", vec!["2026-12-31 02:00"]),
            ("cron(0 2 LW * ? 2026)", vec!["2026-12-31 02:00"]),
            // The weekday nearest to Saturday 5 December.
            ("cron(15 6 5W * ? *)", vec!["2026-12-04 06:15"]),
            ("cron(0 12,18 24 12 ? *)", vec!["2026-12-24 12:00", "2026-12-24 18:00"]),
            ("cron(0 0/12 1 * ? *)", vec!["2026-12-01 00:00", "2026-12-01 12:00"]),
            ("cron(0 2 ? * 6L 2027)", vec![]),
            ("at(2026-12-09T04:30)", vec!["2026-12-09 04:30"]),
            ("at(2026-12-09T04:30:00Z)", vec!["2026-12-09 04:30"]),
            ("rate(7 days)", vec![]),
        ] {
            assert_eq!(starts(schedule, month.0, month.1), expected, "{schedule}");
        }
        assert_eq!(starts("cron(0 1 * * ? *)", "2026-12-30", "2027-01-01").len(), 3);
    }

    #[test]
    fn what_is_not_a_schedule_is_none() {
        for text in [
            "",
            "cron()",
            "cron(0 4 ? * MON)",
            "cron(0 4 ? * MON * *)",
            "cron(60 4 ? * MON *)",
            "cron(0 24 ? * MON *)",
            "cron(0 4 0 * ? *)",
            "cron(0 4 ? * 8 *)",
            "cron(0 4 ? * MON#6 *)",
            "cron(0 4 ? 13 MON *)",
            "cron(0 4/0 ? * MON *)",
            "cron(0 5-4 ? * MON *)",
            "cron(ü 4 ? * MÖN *)",
            "cron(0 4 ? * MON *) + 9 days",
            "cron(0 4 ? * MON *) + x",
            "rate(0 days)",
            "rate(-1 day)",
            "rate(3 fortnights)",
            "at(tomorrow)",
            "every Monday",
        ] {
            assert!(Schedule::parse(text).is_none(), "{text}");
        }
    }
}
