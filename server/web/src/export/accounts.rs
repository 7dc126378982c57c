//! `/export/accounts.csv`

use super::{
    cell::Cell,
    csv::CsvFile,
    request::ExportRequest,
    respond::{Export, respond},
};
use crate::error::HttpError;
use axum::response::Response;
use muster_model::{account::AccountRow, filter::AccountFilter};
use muster_query::accounts;

pub const FILE: CsvFile<AccountRow> = CsvFile {
    name: "accounts",
    header: &[
        "provider",
        "account_id",
        "account_name",
        "customer_name",
        "instances",
        "online_instances",
        "pending_os_updates",
        "instances_pending_os_updates",
        "pending_agent_updates",
        "run_success_percent",
        "runs_succeeded",
        "runs_total",
        "last_scan_at",
        "last_harvest_at",
    ],
    cells: |row| {
        vec![
            Cell::text(row.provider.code()),
            Cell::text(row.account_id.as_str()),
            Cell::text(&row.account_name),
            Cell::text(&row.customer_name),
            Cell::Number(row.instances),
            Cell::Number(row.online_instances),
            Cell::Number(row.pending_os_updates),
            Cell::Number(row.instances_pending_os_updates),
            Cell::Number(row.pending_agent_updates),
            Cell::Decimal(row.run_success_percent),
            Cell::Number(row.runs_succeeded),
            Cell::Number(row.runs_total),
            Cell::Time(row.last_scan_at),
            Cell::Time(row.last_harvest_at),
        ]
    },
};

pub const EXPORT: Export<AccountFilter, AccountRow> = Export {
    file: FILE,
    what: "accounts",
    filter: AccountFilter::from_query,
    instance: |_| None,
    listing: accounts::list::listing,
};

pub async fn export_accounts(request: ExportRequest) -> Result<Response, HttpError> {
    respond(EXPORT, request).await
}
