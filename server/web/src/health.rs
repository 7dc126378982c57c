//! Whether the process lives, and whether it can answer.

use super::state::ServerState;
use axum::{extract::State, http::StatusCode};
use muster_store::error::StoreError;
use std::time::Duration;

pub async fn show_health() -> &'static str {
    "alive\n"
}

/// A store that is asked for nothing answers at once.
const STORE_TIME_MAX: Duration = Duration::from_secs(5);

/// Ready when the store answers and the audit can be written.
pub async fn show_readiness(State(state): State<ServerState>) -> Result<&'static str, (StatusCode, &'static str)> {
    let asked = state.reports.store.read_within(STORE_TIME_MAX, "readiness", |connection| {
        connection.query_row("SELECT 1", [], |row| row.get::<_, i32>(0)).map_err(StoreError::read("readiness"))
    });
    asked.await.map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n"))?;
    state.audit.check().await.map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, "the audit cannot be written\n"))?;
    Ok("ready\n")
}
