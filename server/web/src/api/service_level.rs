//! `/api/v1/service-level`: what the page shows, in one object.

use crate::{caller_reports::CallerReports, error::HttpError};
use axum::{Json, extract::RawQuery};
use muster_model::{filter::ServiceLevelFilter, ports::Reports, service_level::ServiceLevelPage};

pub async fn show_service_level(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<ServiceLevelPage>, HttpError> {
    let filter = ServiceLevelFilter::from_query(query.as_deref().unwrap_or_default())?;
    Ok(Json(reports.service_level(filter).await?))
}
