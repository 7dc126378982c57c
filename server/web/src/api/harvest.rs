//! `/api/v1/harvest`

use crate::{caller_reports::CallerReports, error::HttpError};
use axum::{Json, extract::RawQuery};
use muster_model::{
    filter::HarvestFilter,
    harvest::HarvestRow,
    page::{Page, Window},
    ports::Reports,
};

pub async fn list_harvests(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<HarvestRow>>, HttpError> {
    let filter = HarvestFilter::from_query(query.as_deref().unwrap_or_default())?;
    let page = reports.harvest(filter).await?;
    let whole = Window { offset: 0, limit: u32::MAX };
    Ok(Json(Page::of(page.freshness.oldest_harvest_at, page.rows.len() as u64, page.rows, whole)))
}
