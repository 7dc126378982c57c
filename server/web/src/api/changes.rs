//! `/api/v1/changes`: what changed since a day, row by row.

use crate::{asker::Asker, error::HttpError};
use axum::{Json, extract::RawQuery};
use muster_model::{change::ChangeRow, filter::ChangesFilter, page::Page};
use muster_query::changes::changes;

pub async fn list_changes(
    Asker(reports): Asker,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<ChangeRow>>, HttpError> {
    let filter = ChangesFilter::from_query(query.as_deref().unwrap_or_default())?;
    let window = Some(filter.window);
    Ok(Json(reports.list("changes", filter, window, changes).await?))
}
