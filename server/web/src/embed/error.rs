//! Errors below `/embed/v1`, in the envelope of all others. The codes are for programs and say which kind, never which
//! check.

use crate::error::HttpError;
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use muster_access::{assertion::AssertionError, sessions::NoSession};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbedError {
    BadRequest,
    Assertion(AssertionError),
    SessionExpired,
    NotFound,
    TooMany,
    NoRoom,
    /// What cannot be put on record is not done.
    AuditUnavailable,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Body {
    code: &'static str,
    message: String,
    /// For a parent whose clock is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_time: Option<Timestamp>,
}

const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("60");

impl EmbedError {
    /// The status, and the envelope with the request's id where it is known.
    fn told(&self, request_id: Option<&str>) -> (StatusCode, impl IntoResponse + use<>) {
        let (status, code, message) = match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad_request", "this is not what is asked here".to_owned()),
            Self::Assertion(error) => {
                let (status, code) = match error {
                    AssertionError::Invalid => (StatusCode::UNAUTHORIZED, "assertion_invalid"),
                    AssertionError::Expired { .. } => (StatusCode::UNAUTHORIZED, "assertion_expired"),
                    AssertionError::Replayed => (StatusCode::UNAUTHORIZED, "assertion_replayed"),
                    AssertionError::NotAllowed => (StatusCode::FORBIDDEN, "not_allowed"),
                    AssertionError::NoRoom => (StatusCode::SERVICE_UNAVAILABLE, "no_room"),
                };
                (status, code, error.to_string())
            }
            Self::SessionExpired => {
                let message = "the frame's session has ended: start one with a new assertion".to_owned();
                (StatusCode::UNAUTHORIZED, "session_expired", message)
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "there is nothing here that you may see".to_owned()),
            Self::TooMany => {
                let message = "this user has started too many sessions within a minute".to_owned();
                (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
            }
            Self::NoRoom => {
                let message = "no session can be started at the moment; try again later".to_owned();
                (StatusCode::SERVICE_UNAVAILABLE, "no_room", message)
            }
            Self::AuditUnavailable => {
                let message = "nothing is done that cannot be recorded; try again later".to_owned();
                (StatusCode::SERVICE_UNAVAILABLE, "audit_unavailable", message)
            }
        };
        let server_time = match self {
            Self::Assertion(AssertionError::Expired { server_time }) => Some(*server_time),
            _ => None,
        };
        let envelope = Envelope { error: Body { code, message, server_time }, request_id };
        // A structure of texts always becomes JSON.
        let text = serde_json::to_string(&envelope).unwrap_or_default();
        (status, ([(CONTENT_TYPE, "application/json")], text))
    }
}

/// Puts the request's id into an answer of ours that is an error.
pub fn name_request(response: &mut Response, id: &str) {
    if let Some(error) = response.extensions().get::<EmbedError>() {
        *response.body_mut() = error.told(Some(id)).1.into_response().into_body();
    }
}

impl IntoResponse for EmbedError {
    fn into_response(self) -> Response {
        let (status, envelope) = self.told(None);
        let mut response = (status, envelope).into_response();
        let headers = response.headers_mut();
        if self == Self::SessionExpired {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(RETRY_AFTER, RETRY_SECONDS);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AssertionError> for EmbedError {
    fn from(error: AssertionError) -> Self {
        Self::Assertion(error)
    }
}

/// All that recording can end with.
impl From<HttpError> for EmbedError {
    fn from(_: HttpError) -> Self {
        Self::AuditUnavailable
    }
}

impl From<NoSession> for EmbedError {
    fn from(error: NoSession) -> Self {
        tracing::error!("no frame can start a session: {error}");
        Self::NoRoom
    }
}
