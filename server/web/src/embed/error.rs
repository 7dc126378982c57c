//! Errors below `/embed/v1`. The codes name the kind of error, never which check failed.

use crate::error::{ErrorBody, HttpError};
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use muster_access::{assertion::AssertionError, sessions::SessionError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbedError {
    BadRequest,
    Assertion(AssertionError),
    SessionExpired,
    NotFound,
    RateLimited,
    TooManySessions,
    /// The action must be audited and cannot be.
    AuditUnavailable,
}

const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("60");

impl IntoResponse for EmbedError {
    fn into_response(self) -> Response {
        let (status, code, message) = match &self {
            Self::BadRequest => {
                (StatusCode::BAD_REQUEST, "bad_request", "The request's body or parameters are invalid.")
            }
            Self::Assertion(AssertionError::Invalid) => {
                (StatusCode::UNAUTHORIZED, "assertion_invalid", "The embedding page sent an invalid sign-in assertion.")
            }
            Self::Assertion(AssertionError::Expired { .. }) => (
                StatusCode::UNAUTHORIZED,
                "assertion_expired",
                "The sign-in assertion is expired or not yet valid. Check the clock of the embedding server.",
            ),
            Self::Assertion(AssertionError::Replayed) => (
                StatusCode::UNAUTHORIZED,
                "assertion_replayed",
                "The sign-in assertion was used before or is for another frame. Sign a new one for each nonce.",
            ),
            Self::Assertion(AssertionError::NotAllowed) => {
                (StatusCode::FORBIDDEN, "not_allowed", "The embedding page may not sign in this user.")
            }
            Self::SessionExpired => (
                StatusCode::UNAUTHORIZED,
                "session_expired",
                "The frame's session has expired. Start another one with a new assertion.",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "This does not exist, or you may not see it."),
            Self::RateLimited => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "This user started too many sessions within a minute. Try again later.",
            ),
            Self::TooManySessions | Self::Assertion(AssertionError::ReplayCacheFull) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "no_room",
                "Too many sessions are active at the moment. Try again later.",
            ),
            Self::AuditUnavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "audit_unavailable",
                "This must be recorded in the audit log, which cannot be written at the moment. Try again later.",
            ),
        };
        let server_time = match self {
            Self::Assertion(AssertionError::Expired { server_time }) => Some(server_time),
            _ => None,
        };
        let mut response = ErrorBody { server_time, ..ErrorBody::new(code, message) }.response(status);
        let headers = response.headers_mut();
        if self == Self::SessionExpired {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(RETRY_AFTER, RETRY_SECONDS);
        }
        response
    }
}

impl From<AssertionError> for EmbedError {
    fn from(error: AssertionError) -> Self {
        Self::Assertion(error)
    }
}

/// Recording an event fails in this way only.
impl From<HttpError> for EmbedError {
    fn from(_: HttpError) -> Self {
        Self::AuditUnavailable
    }
}

impl From<SessionError> for EmbedError {
    fn from(error: SessionError) -> Self {
        tracing::error!("cannot start a session or download of a frame: {error}");
        Self::TooManySessions
    }
}
