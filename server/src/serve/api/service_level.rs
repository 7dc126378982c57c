//! `/api/v1/service-level`: what the page shows, in one object.

use crate::serve::{caller_reports::CallerReports, error::HttpError};
use app::{
    model::{filter::ServiceLevelFilter, service_level::ServiceLevelPage},
    ports::Reports,
};
use axum::{Json, extract::RawQuery};

pub async fn show_service_level(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<ServiceLevelPage>, HttpError> {
    let filter = ServiceLevelFilter::from_query(query.as_deref().unwrap_or_default())?;
    Ok(Json(reports.service_level(filter).await?))
}
