//! `/export/trend.csv`: every figure of each day with a record.

use super::{
    cell::Cell,
    csv::CsvFile,
    request::ExportRequest,
    respond::{Export, respond},
};
use crate::error::HttpError;
use axum::response::Response;
use muster_model::{filter::TrendFilter, trend::TrendDay};
use muster_query::trend;

pub const FILE: CsvFile<TrendDay> = CsvFile {
    name: "trend",
    header: &[
        "day",
        "instances",
        "online_instances",
        "pending_os_updates",
        "instances_pending_os_updates",
        "pending_agent_updates",
        "run_success_percent",
        "runs_succeeded",
        "runs_total",
        "no_data",
        "stale",
        "failed",
        "pending",
        "pending_reboot",
        "up_to_date",
        "pending_critical",
        "pending_important",
        "pending_moderate",
        "pending_low",
        "pending_unrated",
    ],
    cells: |row| {
        vec![
            Cell::Day(Some(row.day)),
            Cell::Number(row.instances),
            Cell::Number(row.online_instances),
            Cell::Number(row.pending_os_updates),
            Cell::Number(row.instances_pending_os_updates),
            Cell::Number(row.pending_agent_updates),
            Cell::Decimal(row.run_success_percent),
            Cell::Known(row.runs_succeeded),
            Cell::Known(row.runs_total),
            Cell::Number(row.no_data),
            Cell::Number(row.stale),
            Cell::Number(row.failed),
            Cell::Number(row.pending),
            Cell::Number(row.pending_reboot),
            Cell::Number(row.up_to_date),
            Cell::Known(row.pending_critical),
            Cell::Known(row.pending_important),
            Cell::Known(row.pending_moderate),
            Cell::Known(row.pending_low),
            Cell::Known(row.pending_unrated),
        ]
    },
};

pub const EXPORT: Export<TrendFilter, TrendDay> = Export {
    file: FILE,
    what: "the trend",
    filter: TrendFilter::from_query,
    instance: |_| None,
    listing: trend::listing,
};

pub async fn export_trend(request: ExportRequest) -> Result<Response, HttpError> {
    respond(EXPORT, request).await
}
