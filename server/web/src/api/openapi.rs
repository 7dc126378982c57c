//! `/api/openapi.json`: the description of the JSON and CSV routes. A test holds it against the router.

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};

pub const OPENAPI: &str = include_str!("openapi.json");

pub async fn show_openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}
