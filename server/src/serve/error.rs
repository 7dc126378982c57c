//! Errors of JSON and CSV requests: one envelope, and never more in it than the person may know. Causes are in the log.

use crate::access::sessions::NoSession;
use app::{
    model::{ids::InvalidId, query_string::QueryError},
    ports::ReportError,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    BadRequest(String),
    NotFound,
    NotSignedIn,
    /// More people are signed in than the portal has room for.
    NoRoom,
    Unavailable {
        reference: String,
    },
}

#[derive(Serialize)]
struct Envelope {
    error: Body,
}

#[derive(Serialize)]
struct Body {
    code: &'static str,
    message: String,
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::BadRequest(message) => (StatusCode::BAD_REQUEST, "bad_request", message),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "there is nothing here that you may see".to_owned()),
            Self::NotSignedIn => (
                StatusCode::UNAUTHORIZED,
                "not_signed_in",
                "sign in first, at /sign-in; a session may have ended".to_owned(),
            ),
            Self::NoRoom => (
                StatusCode::SERVICE_UNAVAILABLE,
                "no_room",
                "nobody can sign in at the moment; try again later".to_owned(),
            ),
            Self::Unavailable { reference } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                format!("the store did not answer; try again, and tell the operator {reference} if it stays so"),
            ),
        };
        (status, Json(Envelope { error: Body { code, message } })).into_response()
    }
}

impl From<ReportError> for HttpError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NotFound => Self::NotFound,
            ReportError::Unavailable { reference } => Self::Unavailable { reference },
        }
    }
}

impl From<QueryError> for HttpError {
    fn from(error: QueryError) -> Self {
        Self::BadRequest(error.to_string())
    }
}

/// An id that cannot exist is not found, like one that does not.
impl From<InvalidId> for HttpError {
    fn from(_: InvalidId) -> Self {
        Self::NotFound
    }
}

impl From<NoSession> for HttpError {
    fn from(error: NoSession) -> Self {
        tracing::error!("nobody can sign in: {error}");
        Self::NoRoom
    }
}
