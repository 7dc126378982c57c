//! Errors of JSON and CSV requests: one envelope, and never more in it than the person may know. Causes are in the log.

use crate::{access::sessions::NoSession, audit::error::AuditError};
use app::{
    model::{ids::InvalidId, query_string::QueryError},
    ports::ReportError,
};
use axum::{
    Json,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// Most exports have ended by then.
const EXPORT_RETRY_SECONDS: &str = "10";

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
    /// What cannot be put on record is not done.
    AuditUnavailable,
    TooManyRows {
        rows: u64,
        rows_max: u64,
    },
    TooManyExports,
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
            Self::AuditUnavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "audit_unavailable",
                "this is done on record only, and the record cannot be written at the moment; tell the operator"
                    .to_owned(),
            ),
            Self::TooManyRows { rows, rows_max } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_many_rows",
                format!(
                    "these are {rows} rows and a file holds {rows_max}: narrow the filter, for example to one account"
                ),
            ),
            Self::TooManyExports => {
                let message = "too many exports are running; wait until one of yours has ended".to_owned();
                let answer = envelope(StatusCode::TOO_MANY_REQUESTS, "too_many_exports", message);
                return ([(RETRY_AFTER, EXPORT_RETRY_SECONDS)], answer).into_response();
            }
        };
        envelope(status, code, message)
    }
}

fn envelope(status: StatusCode, code: &'static str, message: String) -> Response {
    (status, Json(Envelope { error: Body { code, message } })).into_response()
}

impl From<AuditError> for HttpError {
    /// The audit logs its own causes.
    fn from(_: AuditError) -> Self {
        Self::AuditUnavailable
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
