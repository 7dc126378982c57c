//! Error responses: one JSON envelope, which never says more than the caller may know. Causes are logged.
//!
//! `error_pages.rs` adds the request id, and renders a page for people.

use axum::{
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use muster_access::sessions::SessionError;
use muster_audit::error::AuditError;
pub use muster_http::error_body::ErrorBody;
use muster_model::{enrollment_page::EnrollmentOutage, ids::InvalidId, ports::ReportError, query_string::QueryError};
use std::time::Duration;

/// Each error with the message that the caller gets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    #[error("{0}")]
    BadRequest(String),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("This does not exist, or you may not see it.")]
    NotFound,
    #[error("Sign in at /sign-in. Your session may have expired.")]
    NotSignedIn,
    #[error("Too many people are signed in at the moment. Try again later.")]
    TooManySessions,
    /// The request was caused by another site's page.
    #[error("The request came from another site's page. Open the portal and try again there.")]
    CrossSite,
    /// The request names another host.
    #[error("The portal does not serve the requested host.")]
    WrongHost,
    #[error("The URL is too long.")]
    UriTooLong,
    #[error("Too many requests. Wait a moment and try again.")]
    RateLimited { retry_after: Duration },
    /// Too many requests are running, or too many reads of the caller wait.
    #[error(
        "Too many requests are waiting, which may be your own. Try again in {} s, with fewer at once.",
        whole_seconds(*retry_after)
    )]
    Overloaded { retry_after: Duration },
    /// A bug in the portal.
    #[error("The portal failed because of a bug. Tell the operator the request id.")]
    Internal,
    #[error("The store did not respond. Try again; if it keeps failing, tell the operator {reference}.")]
    Unavailable { reference: String },
    #[error("Nothing is known of enrollments: {0}. Try again; if it keeps failing, tell the operator.")]
    EnrollmentUnavailable(EnrollmentOutage),
    /// The action must be audited and cannot be.
    #[error("This must be recorded in the audit log, which cannot be written at the moment. Tell the operator.")]
    AuditUnavailable,
    #[error(
        "The export would have {rows} rows, the limit is {rows_max}. Narrow the filter, for example to one account."
    )]
    TooManyRows { rows: u64, rows_max: u64 },
    #[error("Too many exports are running. Wait until one of yours has ended.")]
    TooManyExports,
}

/// Most exports end within this time.
const EXPORT_RETRY_AFTER: Duration = Duration::from_secs(10);

/// For a response of a library, whose own message is not disclosed.
pub fn body_of_status(status: StatusCode) -> ErrorBody {
    let (code, message) = match status {
        StatusCode::UNAUTHORIZED => return HttpError::NotSignedIn.body(),
        StatusCode::NOT_FOUND => return HttpError::NotFound.body(),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "This URL does not support the request's method."),
        StatusCode::REQUEST_TIMEOUT => ("too_slow", "The request took too long to arrive."),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The request's body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ("unsupported_media_type", "This URL does not support the content type of the request's body.")
        }
        StatusCode::UNPROCESSABLE_ENTITY => {
            ("unprocessable", "The request's body lacks a field or has an unknown one.")
        }
        StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "The request took too long. Narrow it, or try again later."),
        status if status.is_client_error() => ("bad_request", "The request is malformed."),
        _ => return HttpError::Internal.body(),
    };
    ErrorBody::new(code, message)
}

impl HttpError {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest(_) | Self::Query(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::NotSignedIn => (StatusCode::UNAUTHORIZED, "not_signed_in"),
            Self::TooManySessions => (StatusCode::SERVICE_UNAVAILABLE, "no_room"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site"),
            Self::WrongHost => (StatusCode::MISDIRECTED_REQUEST, "wrong_host"),
            Self::UriTooLong => (StatusCode::URI_TOO_LONG, "address_too_long"),
            Self::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_often"),
            Self::Overloaded { .. } => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "broken"),
            Self::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::EnrollmentUnavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "enrollment_unavailable"),
            Self::AuditUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "audit_unavailable"),
            Self::TooManyRows { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_many_rows"),
            Self::TooManyExports => (StatusCode::TOO_MANY_REQUESTS, "too_many_exports"),
        }
    }

    fn body(&self) -> ErrorBody {
        ErrorBody::new(self.status_and_code().1, self.to_string())
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Overloaded { retry_after } => Some(*retry_after),
            Self::TooManyExports => Some(EXPORT_RETRY_AFTER),
            _ => None,
        }
    }
}

/// Rounded up, so that a retry after this time is not too early.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = self.body().response(self.status_and_code().0);
        if let Some(retry_after) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, whole_seconds(retry_after).into());
        }
        response
    }
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
            ReportError::Busy { retry_after_seconds } => {
                Self::Overloaded { retry_after: Duration::from_secs(retry_after_seconds) }
            }
            ReportError::Unavailable { reference } => Self::Unavailable { reference },
        }
    }
}

/// A malformed id is not found, like one that does not exist.
impl From<InvalidId> for HttpError {
    fn from(_: InvalidId) -> Self {
        Self::NotFound
    }
}

impl From<SessionError> for HttpError {
    fn from(error: SessionError) -> Self {
        tracing::error!("cannot start a session: {error}");
        Self::TooManySessions
    }
}
