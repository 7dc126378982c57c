//! Errors below `/embed/v1`. The codes name the kind of error, never which check failed.

use crate::error::{ErrorBody, HttpError};
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use muster_access::{assertion::AssertionError, sessions::SessionError};

/// Each error with the message that the frame gets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    #[error("The request's body or parameters are invalid.")]
    BadRequest,
    #[error("The embedding page sent an invalid sign-in assertion.")]
    InvalidAssertion,
    #[error("The sign-in assertion is expired or not yet valid. Check the clock of the embedding server.")]
    ExpiredAssertion { server_time: Timestamp },
    #[error("The sign-in assertion was used before or is for another frame. Sign a new one for each nonce.")]
    ReplayedAssertion,
    #[error("The embedding page may not sign in this user.")]
    NotAllowed,
    #[error("The frame's session has expired. Start another one with a new assertion.")]
    SessionExpired,
    #[error("This does not exist, or you may not see it.")]
    NotFound,
    #[error("This user started too many sessions within a minute. Try again later.")]
    RateLimited,
    #[error("Too many sessions are active at the moment. Try again later.")]
    TooManySessions,
    /// The action must be audited and cannot be.
    #[error("This must be recorded in the audit log, which cannot be written at the moment. Try again later.")]
    AuditUnavailable,
}

const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("60");

impl IntoResponse for EmbedError {
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::InvalidAssertion => (StatusCode::UNAUTHORIZED, "assertion_invalid"),
            Self::ExpiredAssertion { .. } => (StatusCode::UNAUTHORIZED, "assertion_expired"),
            Self::ReplayedAssertion => (StatusCode::UNAUTHORIZED, "assertion_replayed"),
            Self::NotAllowed => (StatusCode::FORBIDDEN, "not_allowed"),
            Self::SessionExpired => (StatusCode::UNAUTHORIZED, "session_expired"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::TooManySessions => (StatusCode::SERVICE_UNAVAILABLE, "no_room"),
            Self::AuditUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "audit_unavailable"),
        };
        let mut body = ErrorBody::new(code, self.to_string());
        if let Self::ExpiredAssertion { server_time } = self {
            body.server_time = Some(server_time);
        }
        let mut response = body.response(status);
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
        match error {
            AssertionError::Invalid => Self::InvalidAssertion,
            AssertionError::Expired { server_time } => Self::ExpiredAssertion { server_time },
            AssertionError::Replayed => Self::ReplayedAssertion,
            AssertionError::NotAllowed => Self::NotAllowed,
            AssertionError::ReplayCacheFull => Self::TooManySessions,
        }
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
