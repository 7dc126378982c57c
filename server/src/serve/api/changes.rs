//! `/api/v1/changes`: what changed since a day, row by row.

use crate::{
    query::changes::changes,
    serve::{caller_reports::CallerReports, error::HttpError},
};
use app::model::{change::ChangeRow, filter::ChangesFilter, page::Page};
use axum::{Json, extract::RawQuery};

pub async fn list_changes(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<ChangeRow>>, HttpError> {
    let filter = ChangesFilter::from_query(query.as_deref().unwrap_or_default())?;
    let window = Some(filter.window);
    Ok(Json(reports.list("changes", filter, window, changes).await?))
}
