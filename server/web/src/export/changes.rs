//! `/export/changes.csv`: what changed since a day, row by row.

use super::{
    cell::Cell,
    csv::CsvFile,
    request::ExportRequest,
    respond::{Export, respond},
};
use crate::error::HttpError;
use axum::response::Response;
use muster_model::{change::ChangeRow, filter::ChangesFilter, update::UpdateState};
use muster_query::changes;

pub const FILE: CsvFile<ChangeRow> = CsvFile {
    name: "changes",
    header: &[
        "kind",
        "happened_at",
        "description",
        "name",
        "severity",
        "from_state",
        "to_state",
        "instance_id",
        "instance_name",
        "provider",
        "account_id",
        "account_name",
        "customer_id",
        "region",
    ],
    cells: |row| {
        let state = |state: &Option<UpdateState>| Cell::text(state.as_ref().map_or("", UpdateState::code));
        vec![
            Cell::text(row.kind.code()),
            Cell::Time(row.happened_at),
            Cell::text(&row.description),
            Cell::text(&row.name),
            Cell::text(&row.severity),
            state(&row.from_state),
            state(&row.to_state),
            Cell::text(row.instance_id.as_str()),
            Cell::text(&row.instance_name),
            Cell::text(row.provider.code()),
            Cell::text(row.account_id.as_str()),
            Cell::text(&row.account_name),
            Cell::text(&row.customer_id),
            Cell::text(&row.region),
        ]
    },
};

pub const EXPORT: Export<ChangesFilter, ChangeRow> = Export {
    file: FILE,
    what: "changes",
    filter: ChangesFilter::from_query,
    instance: |_| None,
    listing: changes::listing,
};

pub async fn export_changes(request: ExportRequest) -> Result<Response, HttpError> {
    respond(EXPORT, request).await
}
