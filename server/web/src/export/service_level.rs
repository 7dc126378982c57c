//! `/export/service_level.csv`: the accounts of the service-level page.

use super::{
    cell::Cell,
    csv::CsvFile,
    request::ExportRequest,
    respond::{Export, respond},
};
use crate::error::HttpError;
use axum::response::Response;
use muster_model::{filter::ServiceLevelFilter, service_level::AccountServiceRow};
use muster_query::service_level;

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

pub const EXPORT: Export<ServiceLevelFilter, AccountServiceRow> = Export {
    file: FILE,
    what: "the service level",
    filter: ServiceLevelFilter::from_query,
    instance: |_| None,
    listing: service_level::listing,
};

pub async fn export_service_level(request: ExportRequest) -> Result<Response, HttpError> {
    respond(EXPORT, request).await
}
