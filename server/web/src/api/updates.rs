//! `/api/v1/updates`

use crate::{caller_reports::CallerReports, error::HttpError};
use axum::{Json, extract::RawQuery};
use muster_model::{filter::UpdateFilter, page::Page, ports::Reports, update::UpdateRow};

pub async fn list_updates(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<UpdateRow>>, HttpError> {
    let filter = UpdateFilter::from_query(query.as_deref().unwrap_or_default())?;
    Ok(Json(reports.updates(filter).await?))
}
