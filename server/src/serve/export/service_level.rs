//! `/export/service_level.csv`: the accounts of the service-level page.

use super::{
    cell::Cell,
    csv::{CsvFile, CsvOptions},
};
use crate::{
    query::reports::ScopedReports,
    serve::{asker::Asker, error::HttpError},
};
use app::{
    model::{filter::ServiceLevelFilter, service_level::AccountServiceRow},
    ports::Reports,
};
use axum::{extract::RawQuery, response::Response};

pub const FILE: CsvFile<AccountServiceRow> = CsvFile {
    name: "service_level",
    header: &[
        "provider",
        "account_id",
        "account_name",
        "customer_id",
        "customer_name",
        "open",
        "overdue",
        "due_soon",
        "oldest_pending_since",
        "patch_time_updates",
        "patch_time_installed",
        "patch_time_gone",
        "patch_time_open",
        "patch_time_median_days",
        "patch_time_p90_days",
    ],
    cells: |row| {
        vec![
            Cell::text(row.provider.code()),
            Cell::text(row.account_id.as_str()),
            Cell::text(&row.account_name),
            Cell::text(&row.customer_id),
            Cell::text(&row.customer_name),
            Cell::Number(row.due.open),
            Cell::Number(row.due.overdue),
            Cell::Number(row.due.due_soon),
            Cell::Time(row.due.oldest_pending_since),
            Cell::Number(row.times.updates),
            Cell::Number(row.times.installed),
            Cell::Number(row.times.gone),
            Cell::Number(row.times.open),
            Cell::Decimal(row.times.median_days),
            Cell::Decimal(row.times.p90_days),
        ]
    },
};

/// All accounts that the query string leaves.
pub async fn rows(reports: &ScopedReports, query: &str) -> Result<Vec<AccountServiceRow>, HttpError> {
    Ok(reports.service_level(ServiceLevelFilter::from_query(query)?).await?.accounts)
}

pub async fn export_service_level(Asker(reports): Asker, RawQuery(query): RawQuery) -> Result<Response, HttpError> {
    let (options, query) = CsvOptions::split(query.as_deref().unwrap_or_default());
    Ok(FILE.respond(rows(&reports, &query).await?, options))
}
