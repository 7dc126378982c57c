//! Whether the process lives, and whether it can answer.

use super::state::ServerState;
use crate::store::error::StoreError;
use axum::{extract::State, http::StatusCode};

pub async fn show_health() -> &'static str {
    "alive\n"
}

/// Ready when the store answers.
pub async fn show_readiness(State(state): State<ServerState>) -> Result<&'static str, StatusCode> {
    let asked = state.reports.store.read("readiness", |connection| {
        connection.query_row("SELECT 1", [], |row| row.get::<_, i32>(0)).map_err(StoreError::read("readiness"))
    });
    asked.await.map(|_| "ready\n").map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}
