//! The JSON of error responses, `{"error": {"code": …, "message": …}, "request_id": …}`.

use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;

/// The `error` of an error response. Also attached to the response, for the layers that log and render it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorBody {
    /// For programs. Codes never change.
    pub code: &'static str,
    pub message: String,
    /// For clients whose clock may be wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_time: Option<Timestamp>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: &'a ErrorBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl ErrorBody {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), server_time: None }
    }

    pub fn envelope(&self, request_id: Option<&str>) -> impl IntoResponse + use<> {
        // A structure of texts always becomes JSON.
        let text = serde_json::to_string(&Envelope { error: self, request_id }).unwrap_or_default();
        ([(CONTENT_TYPE, "application/json")], text)
    }

    pub fn response(self, status: StatusCode) -> Response {
        let mut response = (status, self.envelope(None)).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
