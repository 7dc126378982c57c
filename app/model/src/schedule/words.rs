//! What a schedule says, in words.

use super::{
    Rule, Schedule,
    cron::{Cron, Days, Weekdays},
};
use jiff::civil::Time;

/// More times of a day than these are not listed.
const TIMES_MAX: usize = 4;
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const ORDINALS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

impl Schedule {
    /// `Every Monday at 04:00`; none where it takes more than a sentence.
    pub fn words(&self) -> Option<String> {
        let rule = match &self.rule {
            Rule::Cron(cron) => words_of(cron)?,
            Rule::At(at) => format!("Once, on {}", at.strftime("%-d %b %Y at %H:%M")),
            Rule::Rate(span) => match (span.get_days(), span.get_hours(), span.get_minutes()) {
                (1, ..) | (_, 1, _) | (_, _, 1) => format!("Every {}", unit(span)),
                (days, hours, minutes) => {
                    format!("Every {} {}s", i64::from(days) + i64::from(hours) + minutes, unit(span))
                }
            },
        };
        Some(match self.offset_days {
            0 => rule,
            1 => format!("{rule}, a day later"),
            days => format!("{rule}, {days} days later"),
        })
    }
}

fn unit(span: &jiff::Span) -> &'static str {
    match (span.get_days(), span.get_hours()) {
        (0, 0) => "minute",
        (0, _) => "hour",
        _ => "day",
    }
}

fn words_of(cron: &Cron) -> Option<String> {
    let times: Vec<Time> = cron.times().take(TIMES_MAX + 1).collect();
    if times.len() > TIMES_MAX {
        return None;
    }
    let times: Vec<String> = times.iter().map(|time| time.strftime("%H:%M").to_string()).collect();
    let days = match (&cron.days, &cron.weekdays) {
        (Days::Every, Weekdays::Every) => "Every day".to_owned(),
        (Days::Every, Weekdays::On(days)) => match days.as_slice() {
            [2, 3, 4, 5, 6] => "Monday to Friday".to_owned(),
            days => format!("Every {}", listed(days.iter().filter_map(|day| name(&WEEKDAYS, *day)))),
        },
        (Days::Every, Weekdays::Nth(day, nth)) => {
            format!("On the {} {} of the month", name(&ORDINALS, *nth)?, name(&WEEKDAYS, *day)?)
        }
        (Days::Every, Weekdays::LastOf(day)) => format!("On the last {} of the month", name(&WEEKDAYS, *day)?),
        (Days::On(days), Weekdays::Every) => {
            format!("On day {} of the month", listed(days.iter().map(ToString::to_string)))
        }
        (Days::Last, Weekdays::Every) => "On the last day of the month".to_owned(),
        (Days::LastWeekday, Weekdays::Every) => "On the last working day of the month".to_owned(),
        (Days::NearestWeekday(day), Weekdays::Every) => format!("On the working day nearest to day {day} of the month"),
        _ => return None,
    };
    let months = match cron.months.as_slice() {
        [] => String::new(),
        months => format!(" in {}", listed(months.iter().filter_map(|month| name(&MONTHS, *month)))),
    };
    let years = match cron.years.as_slice() {
        [] => String::new(),
        [year] => format!(" {year}"),
        [first, .., last] => format!(" {first} to {last}"),
    };
    Some(format!("{days}{months}{years} at {}", listed(times)))
}

/// The name of a number that counts from one.
fn name(names: &[&'static str], number: u32) -> Option<String> {
    names.get(usize::try_from(number).ok()?.checked_sub(1)?).map(|name| (*name).to_owned())
}

/// `a, b and c`
fn listed(words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<String> = words.into_iter().collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_read_as_sentences() {
        for (schedule, words) in [
            ("cron(0 4 ? * MON *)", "Every Monday at 04:00"),
            ("cron(0 1 * * ? *)", "Every day at 01:00"),
            ("cron(0 4 ? * MON-FRI *)", "Monday to Friday at 04:00"),
            ("cron(0 4 ? * MON,WED,FRI *)", "Every Monday, Wednesday and Friday at 04:00"),
            ("cron(30 2 ? * 3#2 *)", "On the second Tuesday of the month at 02:30"),
            ("cron(0 2 ? * TUE#2 *) + 3 days", "On the second Tuesday of the month at 02:00, 3 days later"),
            ("cron(0 2 ? * 6L *)", "On the last Friday of the month at 02:00"),
            ("cron(0 2 1,15 * ? *)", "On day 1 and 15 of the month at 02:00"),
            ("cron(0 2 L JAN,JUL ? 2026)", "On the last day of the month in January and July 2026 at 02:00"),
            ("cron(0 0/12 * * ? *)", "Every day at 00:00 and 12:00"),
            ("rate(1 day)", "Every day"),
            ("rate(12 hours)", "Every 12 hours"),
            ("rate(30 minutes)", "Every 30 minutes"),
            ("at(2026-12-09T04:30:00)", "Once, on 9 Dec 2026 at 04:30"),
        ] {
            assert_eq!(Schedule::parse(schedule).expect(schedule).words().as_deref(), Some(words), "{schedule}");
        }
        let often = Schedule::parse("cron(0/10 * * * ? *)").expect("a schedule");
        assert_eq!(often.words(), None, "more than a sentence");
    }
}
