//! `/enroll/v1/scripts/{version}/{file}`: the start-up scripts. An address has one content for ever.

use super::permit;
use crate::{messages::ErrorAnswer, refusal::EnrollError, scripts, service::Service};
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// A start-up script with the settings of this server filled in. Another version than the present one is not found.
#[utoipa::path(
    get,
    path = "/enroll/v1/scripts/{version}/{file}",
    params(
        ("version" = String, Path, description = "The first 16 hexadecimal digits of the script's SHA-256"),
        ("file" = String, Path, description = "`linux.sh` or `windows.ps1`")
    ),
    responses(
        (status = 200, body = String, content_type = "text/plain; charset=utf-8"),
        (status = "default", body = ErrorAnswer, description = "404 not_found; 429 rate_limited; 503 unavailable")
    )
)]
pub(super) async fn show_script(
    State(service): State<Arc<Service>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, EnrollError> {
    let Path((version, file)) = path.map_err(|_| EnrollError::NotFound)?;
    let script = scripts::ALL.iter().find(|script| script.file == file).ok_or(EnrollError::NotFound)?;
    let _held = permit(&service)?;
    let registry = service.read_registry().await.0.ok_or(EnrollError::Unavailable)?;
    let text = script.find(&version, service.config.public_url.origin(), &registry.labels);
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, text.ok_or(EnrollError::NotFound)?).into_response())
}
