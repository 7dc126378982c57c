//! Liveness and readiness.

use axum::{extract::State, http::StatusCode};
use muster_audit::Audit;
use muster_reports::ReportSource;
use muster_store::error::StoreError;
use std::time::Duration;

pub async fn show_health() -> &'static str {
    "alive\n"
}

const STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// Ready if the store responds and the audit log can be written.
pub async fn show_readiness(
    State(source): State<ReportSource>,
    State(audit): State<Audit>,
) -> Result<&'static str, (StatusCode, &'static str)> {
    let read = source.store.read("readiness", |connection| {
        connection.query_row("SELECT 1", [], |row| row.get::<_, i32>(0)).map_err(StoreError::read("readiness"))
    });
    let answer = tokio::time::timeout(STORE_TIMEOUT, read).await;
    if !matches!(answer, Ok(Ok(_))) {
        return Err((StatusCode::SERVICE_UNAVAILABLE, "the store does not respond\n"));
    }
    audit.check().await.map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, "the audit log cannot be written\n"))?;
    Ok("ready\n")
}
