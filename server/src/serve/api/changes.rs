//! `/api/v1/changes`: what changed since a day, row by row.

use crate::{
    query::changes,
    serve::{asker::Asker, error::HttpError},
};
use app::model::{change::ChangeRow, filter::ChangesFilter, page::Page};
use axum::{Json, extract::RawQuery};

pub async fn list_changes(
    Asker(reports): Asker,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<ChangeRow>>, HttpError> {
    let filter = ChangesFilter::from_query(query.as_deref().unwrap_or_default())?;
    Ok(Json(reports.list("changes", filter.window, filter, changes::listing).await?))
}
