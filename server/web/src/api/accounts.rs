//! `/api/v1/accounts`

use crate::{caller_reports::CallerReports, error::HttpError};
use axum::{Json, extract::RawQuery};
use muster_model::{account::AccountRow, filter::AccountFilter, page::Page, ports::Reports};

pub async fn list_accounts(
    CallerReports(reports): CallerReports,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<AccountRow>>, HttpError> {
    let filter = AccountFilter::from_query(query.as_deref().unwrap_or_default())?;
    Ok(Json(reports.accounts(filter).await?))
}
