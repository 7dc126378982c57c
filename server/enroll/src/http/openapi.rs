//! `/enroll/v1/openapi.json`: the description of the routes, generated from their types.

use super::{operators, routes, scripts};
use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use std::sync::LazyLock;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "Muster enrollment", description = "Enrolls instances in VM Management."),
    paths(
        routes::create_challenge,
        routes::attest,
        routes::show_status,
        routes::show_health,
        scripts::show_script,
        operators::list_enrollments,
        operators::show_enrollment,
        operators::change_enrollment,
        operators::reset_enrollments,
        operators::list_accounts,
        operators::show_guide
    )
)]
struct Description;

/// A description that could not be written would be empty, which a test excludes.
static OPENAPI: LazyLock<String> = LazyLock::new(|| Description::openapi().to_pretty_json().unwrap_or_default());

pub(super) async fn show_openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI.as_str()).into_response()
}
