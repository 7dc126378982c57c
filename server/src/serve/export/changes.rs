//! `/export/changes.csv`: what changed since a day, row by row.

use super::{
    cell::Cell,
    csv::{CsvFile, CsvOptions},
};
use crate::{
    query::{changes::changes, reports::ScopedReports},
    serve::{asker::Asker, error::HttpError},
};
use app::model::{change::ChangeRow, filter::ChangesFilter, update::UpdateState};
use axum::{extract::RawQuery, response::Response};

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

/// Every change that the query string leaves.
pub async fn rows(reports: &ScopedReports, query: &str) -> Result<Vec<ChangeRow>, HttpError> {
    let filter = ChangesFilter::from_query(query)?;
    Ok(reports.list("changes", filter, None, changes).await?.rows)
}

pub async fn export_changes(Asker(reports): Asker, RawQuery(query): RawQuery) -> Result<Response, HttpError> {
    let (options, query) = CsvOptions::split(query.as_deref().unwrap_or_default());
    Ok(FILE.respond(rows(&reports, &query).await?, options))
}
