//! `/export/updates.csv`: Figure 12 first, then whose update it is.

use super::{
    cell::Cell,
    csv::{CsvFile, CsvOptions},
};
use crate::{
    query::{reports::ScopedReports, update_list},
    serve::{asker::Asker, error::HttpError},
};
use app::model::{filter::UpdateFilter, service_level::Due, update::UpdateRow};
use axum::{extract::RawQuery, response::Response};

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

/// All updates that the query string leaves.
pub async fn rows(reports: &ScopedReports, query: &str) -> Result<Vec<UpdateRow>, HttpError> {
    let filter = UpdateFilter::from_query(query)?;
    Ok(reports.list("updates", filter, None, update_list::updates).await?.rows)
}

pub async fn export_updates(Asker(reports): Asker, RawQuery(query): RawQuery) -> Result<Response, HttpError> {
    let (options, query) = CsvOptions::split(query.as_deref().unwrap_or_default());
    Ok(FILE.respond(rows(&reports, &query).await?, options))
}
