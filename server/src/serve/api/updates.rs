//! `/api/v1/updates`

use crate::serve::{caller_reports::CallerReports, error::HttpError};
use app::{
    model::{filter::UpdateFilter, page::Page, update::UpdateRow},
    ports::Reports,
};
use axum::{Json, extract::RawQuery};

pub async fn list_updates(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<UpdateRow>>, HttpError> {
    let filter = UpdateFilter::from_query(query.as_deref().unwrap_or_default())?;
    Ok(Json(reports.updates(filter).await?))
}
