//! `/export/runs.csv?instance=…`: one instance's result of every run.

use super::{
    cell::Cell,
    csv::{CsvFile, CsvOptions},
};
use crate::{
    query::{reports::ScopedReports, run_list},
    serve::{asker::Asker, error::HttpError},
};
use app::{
    model::{filter::HistoryFilter, run::InvocationRow},
    ports::Reports,
};
use axum::{extract::RawQuery, response::Response};

pub const FILE: CsvFile<InvocationRow> = CsvFile {
    name: "runs",
    header: &[
        "requested_at",
        "finished_at",
        "operation",
        "status",
        "status_details",
        "response_code",
        "command_id",
        "document_name",
        "instance_id",
        "instance_name",
        "provider",
        "account_id",
        "account_name",
        "region",
        "contradicts_state",
    ],
    cells: |row| {
        vec![
            Cell::time(row.requested_at),
            Cell::Time(row.finished_at),
            Cell::text(&row.operation),
            Cell::text(&row.status),
            Cell::text(&row.status_details),
            Cell::Signed(row.response_code),
            Cell::text(&row.command_id),
            Cell::text(&row.document_name),
            Cell::text(row.instance_id.as_str()),
            Cell::text(&row.instance_name),
            Cell::text(row.provider.code()),
            Cell::text(row.account_id.as_str()),
            Cell::text(&row.account_name),
            Cell::text(&row.region),
            Cell::Flag(row.contradicts_state),
        ]
    },
};

/// All results of the instance that the query string names.
pub async fn rows(reports: &ScopedReports, query: &str) -> Result<Vec<InvocationRow>, HttpError> {
    let filter = HistoryFilter::from_export_query(query)?;
    reports.instance(filter.instance.clone()).await?;
    Ok(reports.list("runs", filter, None, run_list::runs).await?.rows)
}

pub async fn export_runs(Asker(reports): Asker, RawQuery(query): RawQuery) -> Result<Response, HttpError> {
    let (options, query) = CsvOptions::split(query.as_deref().unwrap_or_default());
    Ok(FILE.respond(rows(&reports, &query).await?, options))
}
