//! `/export/history.csv?instance=…`: every transition of one instance.

use super::{
    cell::Cell,
    csv::CsvFile,
    request::ExportRequest,
    respond::{Export, respond},
};
use crate::error::HttpError;
use axum::response::Response;
use muster_model::{filter::HistoryFilter, transition::TransitionRow, update::UpdateState};
use muster_query::instances;

pub const FILE: CsvFile<TransitionRow> = CsvFile {
    name: "history",
    header: &[
        "happened_at",
        "seen_at",
        "from_state",
        "to_state",
        "description",
        "name",
        "classification",
        "severity",
        "operation",
        "baseline_id",
        "snapshot_id",
        "command_id",
        "instance_id",
        "instance_name",
        "provider",
        "account_id",
        "account_name",
        "region",
        "kind",
        "baseline_name",
        "previous_baseline_id",
    ],
    cells: |row| {
        let state = |state: &Option<UpdateState>| Cell::text(state.as_ref().map_or("", UpdateState::code));
        vec![
            Cell::time(row.happened_at),
            Cell::time(row.seen_at),
            state(&row.from_state),
            state(&row.to_state),
            Cell::text(&row.description),
            Cell::text(&row.name),
            Cell::text(&row.classification),
            Cell::text(&row.severity),
            Cell::text(&row.operation),
            Cell::text(&row.baseline_id),
            Cell::text(&row.snapshot_id),
            Cell::text(row.command_id.as_deref().unwrap_or_default()),
            Cell::text(row.instance_id.as_str()),
            Cell::text(&row.instance_name),
            Cell::text(row.provider.code()),
            Cell::text(row.account_id.as_str()),
            Cell::text(&row.account_name),
            Cell::text(&row.region),
            Cell::Code(row.kind.code()),
            Cell::text(row.baseline_name.as_deref().unwrap_or_default()),
            Cell::text(row.previous_baseline_id.as_deref().unwrap_or_default()),
        ]
    },
};

pub const EXPORT: Export<HistoryFilter, TransitionRow> = Export {
    file: FILE,
    what: "the history",
    filter: HistoryFilter::from_export_query,
    instance: |filter| Some(filter.instance.clone()),
    listing: instances::history::listing,
};

pub async fn export_history(request: ExportRequest) -> Result<Response, HttpError> {
    respond(EXPORT, request).await
}
