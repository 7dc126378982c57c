//! Figures by day.

use crate::{
    builder::{Context, QueryBuilder},
    listing::Listing,
};
use jiff::{civil::Date, tz::TimeZone};
use muster_model::{filter::TrendFilter, trend::TrendDay};
use muster_store::{error::StoreError, value::day};

/// The days that a filter selects, and their recorded figures.
pub struct Trend {
    pub from: Date,
    pub to: Date,
    pub days: Vec<TrendDay>,
}

/// Reads the trend. Without a first day in the filter, it starts at the first day of the default range that has a
/// record.
pub fn trend(context: Context<'_>, filter: &TrendFilter) -> Result<Trend, StoreError> {
    let (from, to) = filter.range(context.now.to_zoned_datetime(TimeZone::UTC).date());
    let mut query = QueryBuilder::for_regions(context);
    query.filter_accounts(filter.into());
    let statement =
        include_str!("trend.sql").replace("{from}", &query.bind(day(from))).replace("{to}", &query.bind(day(to)));
    let days: Vec<TrendDay> = query.read("the trend", &statement)?;
    let first = days.first().map(|day| day.day).filter(|_| filter.from.is_none());
    Ok(Trend { from: first.unwrap_or(from), to, days })
}

/// Prepares the days for an export.
pub fn listing<'a>(context: Context<'a>, filter: &TrendFilter) -> Result<Listing<'a, TrendDay>, StoreError> {
    Ok(Listing::from_rows(trend(context, filter)?.days))
}
