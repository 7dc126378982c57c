//! Figures by day.

use crate::{
    builder::{Context, QueryBuilder},
    listing::Listing,
};
use duckdb::Connection;
use jiff::{civil::Date, tz::TimeZone};
use muster_model::{filter::TrendFilter, trend::TrendDay};
use muster_store::{
    error::StoreError,
    value::{day, read_day},
};

/// The days that a filter selects, and their recorded figures.
pub struct Trend {
    pub from: Date,
    pub to: Date,
    pub days: Vec<TrendDay>,
}

/// Reads the trend. Without a first day in the filter, it starts at the first day of the default range that has a
/// record.
pub fn trend(connection: &Connection, context: Context<'_>, filter: &TrendFilter) -> Result<Trend, StoreError> {
    let (from, to) = filter.range(context.now.to_zoned(TimeZone::UTC).date());
    let mut query = QueryBuilder::for_regions(context);
    query.filter_accounts(filter.into());
    let statement =
        include_str!("trend.sql").replace("{from}", &query.bind(day(from))).replace("{to}", &query.bind(day(to)));
    let days = query.rows(connection, "the trend", &statement, |row| {
        Ok(TrendDay {
            day: read_day(row, 0)?,
            instances: row.get(1)?,
            online_instances: row.get(2)?,
            pending_os_updates: row.get(3)?,
            instances_pending_os_updates: row.get(4)?,
            pending_agent_updates: row.get(5)?,
            run_success_percent: row.get(6)?,
            runs_succeeded: row.get(7)?,
            runs_total: row.get(8)?,
            no_data: row.get(9)?,
            stale: row.get(10)?,
            failed: row.get(11)?,
            pending: row.get(12)?,
            pending_reboot: row.get(13)?,
            up_to_date: row.get(14)?,
            pending_critical: row.get(15)?,
            pending_important: row.get(16)?,
            pending_moderate: row.get(17)?,
            pending_low: row.get(18)?,
            pending_unrated: row.get(19)?,
        })
    })?;
    let first = days.first().map(|day| day.day).filter(|_| filter.from.is_none());
    Ok(Trend { from: first.unwrap_or(from), to, days })
}

/// Prepares the days for an export.
pub fn listing(
    connection: &Connection,
    context: Context<'_>,
    filter: &TrendFilter,
) -> Result<Listing<TrendDay>, StoreError> {
    Ok(Listing::from_rows(trend(connection, context, filter)?.days))
}
