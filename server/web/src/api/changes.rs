//! `/api/v1/changes`: what changed since a day, row by row.

use crate::{caller_reports::CallerReports, error::HttpError};
use axum::{Json, extract::RawQuery};
use muster_model::{change::ChangeRow, filter::ChangesFilter, page::Page};
use muster_query::changes;

pub async fn list_changes(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<ChangeRow>>, HttpError> {
    let filter = ChangesFilter::from_query(query.as_deref().unwrap_or_default())?;
    Ok(Json(reports.list("changes", filter.window, filter, changes::listing).await?))
}
