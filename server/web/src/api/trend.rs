//! `/api/v1/trend`: every figure of each day with a record.

use crate::{caller_reports::CallerReports, error::HttpError};
use axum::{Json, extract::RawQuery};
use muster_model::{
    filter::TrendFilter,
    page::{Page, Window},
    ports::Reports,
    trend::TrendDay,
};

pub async fn show_trend(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<TrendDay>>, HttpError> {
    let filter = TrendFilter::from_query(query.as_deref().unwrap_or_default())?;
    let page = reports.trend(filter).await?;
    let whole = Window { offset: 0, limit: u32::MAX };
    Ok(Json(Page::of(page.freshness.oldest_harvest_at, page.days.len() as u64, page.days, whole)))
}
