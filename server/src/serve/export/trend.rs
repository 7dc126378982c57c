//! `/export/trend.csv`: every figure of each day with a record.

use super::{
    cell::Cell,
    csv::{CsvFile, CsvOptions},
};
use crate::{
    query::reports::ScopedReports,
    serve::{asker::Asker, error::HttpError},
};
use app::{
    model::{filter::TrendFilter, trend::TrendDay},
    ports::Reports,
};
use axum::{extract::RawQuery, response::Response};

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

/// All days that the query string leaves.
pub async fn rows(reports: &ScopedReports, query: &str) -> Result<Vec<TrendDay>, HttpError> {
    Ok(reports.trend(TrendFilter::from_query(query)?).await?.days)
}

pub async fn export_trend(Asker(reports): Asker, RawQuery(query): RawQuery) -> Result<Response, HttpError> {
    let (options, query) = CsvOptions::split(query.as_deref().unwrap_or_default());
    Ok(FILE.respond(rows(&reports, &query).await?, options))
}
