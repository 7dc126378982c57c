//! The calendar: the starts of windows and patch policies within some days.

mod next_start;
mod occurrences;

pub use next_start::next_start;

use crate::{
    builder::{AccountSelection, Context, QueryBuilder, order_by},
    listing::Listing,
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use muster_metrics::WINDOW_INSTANCES;
use muster_model::{
    calendar::{CalendarDay, CalendarGroup, CalendarRow, CalendarState, IdleWindowRow, STARTS_MAX},
    filter::CalendarFilter,
};
use muster_store::{error::StoreError, value::time};
use occurrences::{StoredSchedule, occurrences};
use std::collections::BTreeMap;

/// The groups of a day that its week shows.
const GROUPS_MAX: usize = 6;
/// The windows that patch nothing which the page shows.
const IDLE_MAX: usize = 20;

/// The days of a calendar and the zone in which they begin.
pub struct Days {
    pub zone: TimeZone,
    pub from: Date,
    pub to: Date,
}

impl Days {
    pub fn of(context: Context<'_>, filter: &CalendarFilter) -> Self {
        let zone = filter.time_zone();
        let (from, to) = filter.range(zone.to_datetime(context.now).date());
        Self { zone, from, to }
    }

    /// When the first day begins and the last one ends.
    fn bounds(&self) -> (Timestamp, Timestamp) {
        // The last days of the calendar have no timestamp any more.
        let start = |day: Date| {
            let start = self.zone.to_ambiguous_zoned_datetime(day.at(0, 0, 0, 0)).compatible();
            start.map_or(Timestamp::MAX, |start| start.timestamp())
        };
        (start(self.from), self.to.tomorrow().map_or(Timestamp::MAX, start))
    }

    fn local(&self, at: Timestamp) -> String {
        self.zone.to_datetime(at).strftime("%FT%R").to_string()
    }
}

/// Prepares the starts that match the filter.
pub fn listing<'a>(context: Context<'a>, filter: &CalendarFilter) -> Result<Listing<'a, CalendarRow>, StoreError> {
    Ok(Listing::from_rows(starts(context, filter)?))
}

/// Reads the starts that match the filter: some days' starts are a short list.
pub fn starts(context: Context<'_>, filter: &CalendarFilter) -> Result<Vec<CalendarRow>, StoreError> {
    let query = matching(context, filter)?;
    let order = format!(
        "ORDER BY {}, f.starts_at, lower(f.account_name), lower(f.name), f.account_id, f.region, f.id, f.kind
         LIMIT {STARTS_MAX}",
        order_by(&filter.order, &[])
    );
    let statement = include_str!("calendar/list.sql").replace("{order}", &order);
    let mut rows: Vec<CalendarRow> = query.read("the calendar", &statement)?;
    let days = Days::of(context, filter);
    rows.iter_mut().for_each(|row| row.local_start = days.local(row.starts_at));
    Ok(rows)
}

/// Returns every day with its starts, of which those at the same time under the same name are one group.
pub fn days(range: &Days, starts: &[CalendarRow]) -> Vec<CalendarDay> {
    let mut groups: BTreeMap<(Timestamp, &str, &'static str), CalendarGroup> = BTreeMap::new();
    for row in starts {
        let group = groups.entry((row.starts_at, &row.name, row.kind.code())).or_insert_with(|| CalendarGroup {
            starts_at: row.starts_at,
            local_start: row.local_start.clone(),
            kind: row.kind,
            name: row.name.clone(),
            entries: 0,
            instances: 0,
            pending_updates: 0,
            failed: 0,
        });
        group.entries += 1;
        group.instances += row.instances;
        group.pending_updates += row.pending_updates;
        group.failed += u64::from(matches!(row.state, CalendarState::Failed | CalendarState::Missed));
    }
    let days = range.from.series(jiff::Span::new().days(1)).take_while(|day| *day <= range.to);
    let mut days: BTreeMap<Date, CalendarDay> =
        days.map(|day| (day, CalendarDay { day, entries: 0, groups: Vec::new(), more_entries: 0 })).collect();
    for group in groups.into_values() {
        let Some(day) = days.get_mut(&range.zone.to_datetime(group.starts_at).date()) else { continue };
        day.entries += group.entries;
        match day.groups.len() < GROUPS_MAX {
            true => day.groups.push(group),
            false => day.more_entries += group.entries,
        }
    }
    days.into_values().collect()
}

/// Reads how many windows patch nothing, and the first of them.
pub fn idle(context: Context<'_>, filter: &CalendarFilter) -> Result<(u64, Vec<IdleWindowRow>), StoreError> {
    let mut query = QueryBuilder::for_instance_status(context);
    query.define(WINDOW_INSTANCES).filter_accounts(AccountSelection::from(filter));
    let rows: Vec<IdleWindowRow> = query.read("windows that patch nothing", include_str!("calendar/idle.sql"))?;
    Ok((rows.len() as u64, rows.into_iter().take(IDLE_MAX).collect()))
}

fn matching<'a>(context: Context<'a>, filter: &CalendarFilter) -> Result<QueryBuilder<'a>, StoreError> {
    let (from, until) = Days::of(context, filter).bounds();
    let mut schedules = QueryBuilder::for_regions(context);
    schedules.filter_accounts(AccountSelection::from(filter));
    let schedules: Vec<StoredSchedule> = schedules.read("schedules", include_str!("calendar/schedules.sql"))?;
    let mut query = QueryBuilder::for_calendar(context);
    query.bind_name("{occurrences}", lines(&schedules, context.now, (from, until)));
    query.bind_name("{from_at}", time(from)).bind_name("{until_at}", time(until)).bind_name("{now}", time(context.now));
    query.filter_columns(filter).search("f.name, f.id", filter.q.as_deref());
    if let Some(instance) = &filter.instance {
        query.filter_by(TARGETS_INSTANCE, instance.to_string());
    }
    Ok(query)
}

/// The entries that target an instance.
const TARGETS_INSTANCE: &str = "(f.account_id, f.region, f.id) IN (
    SELECT (m.account_id, m.region, m.id)
    FROM targeted_instance m
    JOIN instances i ON i.instance_key = m.instance_key
    WHERE i.instance_id = {}
)";

/// The starts of schedules as the definition of the calendar reads them: also those of the days before and after, to which
/// executions around midnight belong.
fn lines(schedules: &[StoredSchedule], now: Timestamp, (from, until): (Timestamp, Timestamp)) -> String {
    let day = SignedDuration::from_hours(24);
    let (from, until) = (from.saturating_sub(day).unwrap_or(from), until.saturating_add(day).unwrap_or(until));
    let lines = schedules.iter().flat_map(|stored| {
        let next = stored.next_execution_at.map_or(0, Timestamp::as_microsecond);
        let line = move |start: Timestamp| {
            let StoredSchedule { schedule, schedule_timezone, .. } = stored;
            format!("{schedule}\t{schedule_timezone}\t{next}\t{}", start.as_microsecond())
        };
        occurrences(stored, now, (from, until)).into_iter().map(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}
