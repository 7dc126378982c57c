//! The times at which a schedule starts, in its own zone.

use jiff::{Span, Timestamp, tz::TimeZone};
use muster_model::{
    column::Columns,
    schedule::{Rule, Schedule},
};

/// The most starts of one schedule that are listed. Windows are open for an hour at least.
const STARTS_MAX: usize = 1_000;

const UTC: &str = "UTC";

/// A schedule as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Columns)]
pub struct StoredSchedule {
    pub schedule: String,
    pub schedule_timezone: String,
    /// The next execution by AWS; none of a patch policy.
    pub next_execution_at: Option<Timestamp>,
}

impl StoredSchedule {
    /// The schedule of a patch policy, which is in UTC.
    pub fn of_policy(schedule: &str) -> Self {
        Self { schedule: schedule.to_owned(), schedule_timezone: UTC.to_owned(), next_execution_at: None }
    }
}

/// Returns the starts in `from..until`, in order. If the next execution by AWS is none of them, or the schedule is written in a
/// way that is not known, only what AWS says is a start. Between `now` and the next execution there is none.
pub fn occurrences(stored: &StoredSchedule, now: Timestamp, (from, until): (Timestamp, Timestamp)) -> Vec<Timestamp> {
    let next = stored.next_execution_at;
    let is_early = |start: &Timestamp| next.is_some_and(|next| *start > now && *start < next);
    let within = |starts: Vec<Timestamp>| {
        let starts = starts.into_iter().filter(|start| (from..until).contains(start) && !is_early(start));
        starts.take(STARTS_MAX).collect()
    };
    let name = match stored.schedule_timezone.as_str() {
        "" => UTC,
        name => name,
    };
    let (Ok(zone), Some(schedule)) = (TimeZone::get(name), Schedule::parse(&stored.schedule)) else {
        return within(next.into_iter().collect());
    };
    let between = |from, until| match &schedule.rule {
        Rule::Rate(period) => next.map(|next| every(period, next, from, until)).unwrap_or_default(),
        Rule::Cron(_) | Rule::At(_) => in_zone(&schedule, &zone, from, until),
    };
    let minute = Span::new().seconds(59);
    let is_confirmed = next.is_none_or(|next| {
        let (earliest, latest) = (next.saturating_sub(minute), next.saturating_add(minute));
        let starts = between(earliest.unwrap_or(next), latest.unwrap_or(next));
        starts.iter().any(|start| start.as_second().div_euclid(60) == next.as_second().div_euclid(60))
    });
    within(if is_confirmed { between(from, until) } else { next.into_iter().collect() })
}

fn in_zone(schedule: &Schedule, zone: &TimeZone, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let starts = schedule.starts(zone.to_datetime(from).date(), zone.to_datetime(until).date());
    // A time that a change of clocks leaves out is the same time later, and may then be that of another start; of one that it
    // repeats, the first counts.
    let times = starts.filter_map(|start| zone.to_ambiguous_zoned_datetime(start).compatible().ok());
    let times = times.map(|time| time.timestamp()).filter(|start| *start >= from && *start <= until);
    let mut starts: Vec<Timestamp> = times.take(STARTS_MAX).collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// The times that are a whole number of periods before or after one of them.
fn every(period: &Span, one: Timestamp, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let seconds =
        i64::from(period.get_days()) * 86_400 + i64::from(period.get_hours()) * 3_600 + period.get_minutes() * 60;
    let first = one.as_second() + (from.as_second() - one.as_second()).div_euclid(seconds.max(1)) * seconds;
    let starts = (0i64..).map(|nth| first.saturating_add(nth.saturating_mul(seconds)));
    let starts = starts.take_while(|start| *start <= until.as_second()).take(STARTS_MAX);
    starts.filter_map(|start| Timestamp::from_second(start).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect(text)
    }

    fn starts(schedule: &str, zone: &str, next: Option<&str>) -> Vec<String> {
        let stored = StoredSchedule {
            schedule: schedule.to_owned(),
            schedule_timezone: zone.to_owned(),
            next_execution_at: next.map(at),
        };
        let range = (at("2026-10-19T00:00:00Z"), at("2026-11-02T00:00:00Z"));
        let starts = occurrences(&stored, at("2026-10-01T00:00:00Z"), range);
        starts.iter().map(|start| start.strftime("%F %R").to_string()).collect()
    }

    #[test]
    fn schedules_follow_the_clocks_of_their_zone() {
        let weekly = "cron(0 4 ? * MON *)";
        assert_eq!(starts(weekly, "Etc/UTC", None), ["2026-10-19 04:00", "2026-10-26 04:00"]);
        assert_eq!(starts(weekly, "", None), ["2026-10-19 04:00", "2026-10-26 04:00"]);
        // Summer time ends on 25 October.
        assert_eq!(starts(weekly, "Europe/Berlin", None), ["2026-10-19 02:00", "2026-10-26 03:00"]);
        // It is Monday in Auckland while it is Sunday in Greenwich.
        assert_eq!(starts(weekly, "Pacific/Auckland", None), ["2026-10-25 15:00", "2026-11-01 15:00"]);
        let repeated = starts("cron(30 2 25 10 ? *)", "Europe/Berlin", None);
        assert_eq!(repeated, ["2026-10-25 00:30"], "the hour that the end of summer time repeats counts once");
    }

    #[test]
    fn no_start_is_twice_when_clocks_change() {
        let stored = StoredSchedule {
            schedule: "cron(0,30 2,3 * * ? *)".to_owned(),
            schedule_timezone: "Europe/Berlin".to_owned(),
            next_execution_at: None,
        };
        let (from, until) = (at("2026-03-29T00:00:00Z"), at("2026-03-30T00:00:00Z"));
        let starts = occurrences(&stored, from, (from, until));
        let starts: Vec<String> = starts.iter().map(|start| start.strftime("%R").to_string()).collect();
        assert_eq!(starts, ["01:00", "01:30"], "02:00 and 03:00 are the same time on that day");
    }

    #[test]
    fn a_rate_is_counted_from_the_next_execution() {
        let next = Some("2026-11-20T06:30:00Z");
        assert_eq!(starts("rate(7 days)", "UTC", next), [""; 0], "not before it");
        let next = Some("2026-10-23T06:30:00Z");
        assert_eq!(starts("rate(7 days)", "UTC", next), ["2026-10-23 06:30", "2026-10-30 06:30"]);
        assert_eq!(starts("rate(7 days)", "UTC", None), [""; 0]);
        let earlier = starts("rate(12 hours)", "UTC", Some("2026-10-01T01:00:00Z"));
        assert_eq!((earlier.len(), earlier[0].as_str()), (28, "2026-10-19 01:00"));
    }

    #[test]
    fn what_aws_says_is_next_decides() {
        let monday = "cron(0 4 ? * MON *)";
        assert_eq!(starts(monday, "UTC", Some("2026-10-19T04:00:00Z")).len(), 2);
        assert_eq!(starts(monday, "UTC", Some("2026-10-26T04:00:00Z")), ["2026-10-26 04:00"], "it begins later");
        assert_eq!(starts(monday, "UTC", Some("2026-10-27T04:00:00Z")), ["2026-10-27 04:00"]);
        assert_eq!(starts("every Monday", "UTC", Some("2026-10-27T04:00:00Z")), ["2026-10-27 04:00"]);
        assert_eq!(starts(monday, "Mars/Olympus", Some("2026-10-27T04:00:00Z")), ["2026-10-27 04:00"]);
        assert_eq!(starts("every Monday", "UTC", None), [""; 0]);
    }
}
