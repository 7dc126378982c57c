//! `/export/history.csv?instance=…`: every transition of one instance.

use super::{
    cell::Cell,
    csv::{CsvFile, CsvOptions},
};
use crate::{
    query::{reports::ScopedReports, transition_list},
    serve::{asker::Asker, error::HttpError},
};
use app::{
    model::{filter::HistoryFilter, transition::TransitionRow, update::UpdateState},
    ports::Reports,
};
use axum::{extract::RawQuery, response::Response};

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

/// All transitions of the instance that the query string names.
pub async fn rows(reports: &ScopedReports, query: &str) -> Result<Vec<TransitionRow>, HttpError> {
    let filter = HistoryFilter::from_export_query(query)?;
    reports.instance(filter.instance.clone()).await?;
    Ok(reports.list("the history", filter, None, transition_list::history).await?.rows)
}

pub async fn export_history(Asker(reports): Asker, RawQuery(query): RawQuery) -> Result<Response, HttpError> {
    let (options, query) = CsvOptions::split(query.as_deref().unwrap_or_default());
    Ok(FILE.respond(rows(&reports, &query).await?, options))
}
