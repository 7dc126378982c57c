//! `/export/accounts.csv`

use super::{
    cell::Cell,
    csv::{CsvFile, CsvOptions},
};
use crate::{
    query::{account_list, reports::ScopedReports},
    serve::{asker::Asker, error::HttpError},
};
use app::model::{account::AccountRow, filter::AccountFilter};
use axum::{extract::RawQuery, response::Response};

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

/// All accounts that the query string leaves.
pub async fn rows(reports: &ScopedReports, query: &str) -> Result<Vec<AccountRow>, HttpError> {
    let filter = AccountFilter::from_query(query)?;
    Ok(reports.list("accounts", filter, None, account_list::accounts).await?.rows)
}

pub async fn export_accounts(Asker(reports): Asker, RawQuery(query): RawQuery) -> Result<Response, HttpError> {
    let (options, query) = CsvOptions::split(query.as_deref().unwrap_or_default());
    Ok(FILE.respond(rows(&reports, &query).await?, options))
}
