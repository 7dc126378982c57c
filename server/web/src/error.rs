//! What a request is refused with: one envelope, and never more in it than the person may know. Causes are in the log.
//!
//! `readable.rs` completes it with the request's id, and makes a page of it for people.

use axum::{
    http::{
        StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use muster_access::sessions::NoSession;
use muster_audit::error::AuditError;
use muster_model::{ids::InvalidId, ports::ReportError, query_string::QueryError};
use serde::Serialize;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    BadRequest(String),
    NotFound,
    NotSignedIn,
    /// More people are signed in than the portal has room for.
    NoRoom,
    /// Another site's page had the browser send it.
    CrossSite,
    /// Asked under a name that is not the portal's.
    WrongHost,
    AddressTooLong,
    TooOften {
        wait: Duration,
    },
    /// More requests are worked on than there is room for.
    Busy,
    /// The portal's own mistake.
    Broken,
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

/// What an answer that is an error says. It stands with the answer for whoever writes it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub code: &'static str,
    pub message: String,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
}

/// When to come back where nothing tells it better.
const BUSY_WAIT: Duration = Duration::from_secs(1);
/// Most exports have ended by then.
const EXPORT_WAIT: Duration = Duration::from_secs(10);

impl Told {
    fn new(code: &'static str, message: &str) -> Self {
        Self { code, message: message.to_owned() }
    }

    /// Of an answer of which only the status is known: what libraries say of themselves stays inside.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => HttpError::NotSignedIn.told(),
            StatusCode::NOT_FOUND => HttpError::NotFound.told(),
            StatusCode::METHOD_NOT_ALLOWED => Self::new("method_not_allowed", "this address takes other methods only"),
            StatusCode::REQUEST_TIMEOUT => Self::new("too_slow", "the request took too long to arrive"),
            StatusCode::PAYLOAD_TOO_LARGE => Self::new("too_large", "the request's body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new("unsupported_media_type", "the request's body is of another type than this address takes")
            }
            StatusCode::UNPROCESSABLE_ENTITY => {
                Self::new("unprocessable", "the request's body lacks a field or has one that is not known")
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                Self::new("unavailable", "the answer took too long; ask for less, or later")
            }
            status if status.is_client_error() => Self::new("bad_request", "the request cannot be understood"),
            _ => HttpError::Broken.told(),
        }
    }

    pub fn envelope(&self, request_id: Option<&str>) -> impl IntoResponse + use<> {
        let error = Body { code: self.code, message: &self.message };
        // A structure of texts always becomes JSON.
        let text = serde_json::to_string(&Envelope { error, request_id }).unwrap_or_default();
        ([(CONTENT_TYPE, "application/json")], text)
    }
}

impl HttpError {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::AddressTooLong => StatusCode::URI_TOO_LONG,
            Self::TooOften { .. } | Self::TooManyExports => StatusCode::TOO_MANY_REQUESTS,
            Self::NoRoom | Self::Busy | Self::AuditUnavailable | Self::Unavailable { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TooManyRows { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn told(&self) -> Told {
        match self {
            Self::BadRequest(message) => Told::new("bad_request", message),
            Self::NotFound => Told::new("not_found", "there is nothing here that you may see"),
            Self::NotSignedIn => Told::new("not_signed_in", "sign in first, at /sign-in; a session may have ended"),
            Self::NoRoom => Told::new("no_room", "nobody can sign in at the moment; try again later"),
            Self::CrossSite => {
                Told::new("cross_site", "this was sent from another site's page; open the portal and do it there")
            }
            Self::WrongHost => {
                Told::new("wrong_host", "the portal has another address than the one that was asked for")
            }
            Self::AddressTooLong => Told::new("address_too_long", "the address is longer than any of the portal's"),
            Self::TooOften { .. } => Told::new("too_often", "that was too often; wait a moment"),
            Self::Busy => Told::new("busy", "too much is asked of the portal at the moment; try again"),
            Self::Broken => Told::new("broken", "the portal made a mistake; tell the operator the request's id"),
            Self::AuditUnavailable => Told::new(
                "audit_unavailable",
                "this is done on record only, and the record cannot be written at the moment; tell the operator",
            ),
            Self::TooManyRows { rows, rows_max } => Told {
                code: "too_many_rows",
                message: format!(
                    "these are {rows} rows and a file holds {rows_max}: narrow the filter, for example to one account"
                ),
            },
            Self::TooManyExports => {
                Told::new("too_many_exports", "too many exports are running; wait until one of yours has ended")
            }
            Self::Unavailable { reference } => Told {
                code: "unavailable",
                message: format!(
                    "the store did not answer; try again, and tell the operator {reference} if it stays so"
                ),
            },
        }
    }

    fn wait(&self) -> Option<Duration> {
        match self {
            Self::TooOften { wait } => Some(*wait),
            Self::Busy => Some(BUSY_WAIT),
            Self::TooManyExports => Some(EXPORT_WAIT),
            _ => None,
        }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let told = self.told();
        let mut response = (self.status(), told.envelope(None)).into_response();
        response.extensions_mut().insert(told);
        if let Some(wait) = self.wait() {
            // Rounded up: whoever comes back then is let in.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, seconds.max(1).into());
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
