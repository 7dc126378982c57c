//! `/export/updates.csv`: Figure 12 first, then whose update it is.

use super::{
    cell::Cell,
    csv::CsvFile,
    request::ExportRequest,
    respond::{Export, respond},
};
use crate::error::HttpError;
use axum::response::Response;
use muster_model::{filter::UpdateFilter, service_level::Due, update::UpdateRow};
use muster_query::updates;

pub const FILE: CsvFile<UpdateRow> = CsvFile {
    name: "updates",
    header: &[
        "install_status",
        "description",
        "classification",
        "name",
        "severity",
        "install_time",
        "instance_id",
        "instance_name",
        "provider",
        "account_id",
        "account_name",
        "region",
        "cve_ids",
        "first_seen_at",
        "changed_at",
        "pending_since",
        "age_days",
        "released_on",
        "approved_at",
        "due_at",
        "due",
    ],
    cells: |row| {
        vec![
            Cell::text(row.install_status.code()),
            Cell::text(&row.description),
            Cell::text(&row.classification),
            Cell::text(&row.name),
            Cell::text(&row.severity),
            Cell::Time(row.install_time),
            Cell::text(row.instance_id.as_str()),
            Cell::text(&row.instance_name),
            Cell::text(row.provider.code()),
            Cell::text(row.account_id.as_str()),
            Cell::text(&row.account_name),
            Cell::text(&row.region),
            Cell::Text(row.cve_ids.join(" ")),
            Cell::time(row.first_seen_at),
            Cell::time(row.changed_at),
            Cell::Time(row.pending_since),
            Cell::Signed(row.age_days.map(i64::from)),
            Cell::Day(row.released_on),
            Cell::Time(row.approved_at),
            Cell::Time(row.due_at),
            Cell::Code(row.due.map_or("", Due::code)),
        ]
    },
};

pub const EXPORT: Export<UpdateFilter, UpdateRow> = Export {
    file: FILE,
    what: "updates",
    filter: UpdateFilter::from_query,
    instance: |_| None,
    listing: updates::list::listing,
};

pub async fn export_updates(request: ExportRequest) -> Result<Response, HttpError> {
    respond(EXPORT, request).await
}
