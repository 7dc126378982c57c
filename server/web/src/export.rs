//! Files under `/export`: the pages' lists, whole, with the pages' query strings; CSV, or the rows of JSON a line each.
//!
//! Rows go from the store to whoever asks without ever being together: a thread that waits for whoever reads ([`rows`]),
//! a few pieces on the way ([`download`]).

pub mod accounts;
pub mod cell;
pub mod changes;
pub mod csv;
pub mod download;
pub mod gate;
pub mod history;
pub mod instances;
pub mod options;
pub mod request;
pub mod respond;
pub mod rows;
pub mod runs;
pub mod service_level;
pub mod trend;
pub mod updates;

use super::state::ServerState;
use axum::{Router, routing::get};

/// For the portal itself, and for the tickets of its frame.
pub fn routes() -> Router<ServerState> {
    Router::new()
        .route("/export/accounts.csv", get(accounts::export_accounts))
        .route("/export/changes.csv", get(changes::export_changes))
        .route("/export/history.csv", get(history::export_history))
        .route("/export/instances.csv", get(instances::export_instances))
        .route("/export/runs.csv", get(runs::export_runs))
        .route("/export/service_level.csv", get(service_level::export_service_level))
        .route("/export/trend.csv", get(trend::export_trend))
        .route("/export/updates.csv", get(updates::export_updates))
}
