//! Files under `/export`: whole lists with the query strings of their pages, as CSV or JSON lines.
//!
//! A file is never in memory as a whole: a thread reads rows and waits for the receiver ([`rows`]), with a few pieces
//! between the two ([`download`]).

pub mod cell;
pub mod csv;
pub mod download;
pub mod gate;
pub mod lists;
pub mod options;
pub mod request;
pub mod respond;
pub mod rows;

use super::state::ServerState;
use axum::{Router, routing::get};
use request::ExportRequest;
use respond::respond;

/// For the portal itself, and for the download tokens of its frame.
pub fn routes() -> Router<ServerState> {
    Router::new()
        .route("/export/accounts.csv", get(|request: ExportRequest| respond(lists::ACCOUNTS, request)))
        .route("/export/changes.csv", get(|request: ExportRequest| respond(lists::CHANGES, request)))
        .route("/export/history.csv", get(|request: ExportRequest| respond(lists::HISTORY, request)))
        .route("/export/instances.csv", get(|request: ExportRequest| respond(lists::INSTANCES, request)))
        .route("/export/runs.csv", get(|request: ExportRequest| respond(lists::RUNS, request)))
        .route("/export/service_level.csv", get(|request: ExportRequest| respond(lists::SERVICE_LEVEL, request)))
        .route("/export/trend.csv", get(|request: ExportRequest| respond(lists::TREND, request)))
        .route("/export/updates.csv", get(|request: ExportRequest| respond(lists::UPDATES, request)))
}
