//! `/export/runs.csv?instance=…`: one instance's result of every run.

use super::{
    cell::Cell,
    csv::CsvFile,
    request::ExportRequest,
    respond::{Export, respond},
};
use crate::error::HttpError;
use axum::response::Response;
use muster_model::{filter::HistoryFilter, run::InvocationRow};
use muster_query::instances;

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

pub const EXPORT: Export<HistoryFilter, InvocationRow> = Export {
    file: FILE,
    what: "runs",
    filter: HistoryFilter::from_export_query,
    instance: |filter| Some(filter.instance.clone()),
    listing: instances::runs::listing,
};

pub async fn export_runs(request: ExportRequest) -> Result<Response, HttpError> {
    respond(EXPORT, request).await
}
