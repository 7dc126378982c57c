//! What every server function needs: the asker's reports, and the response whose status tells how it went.

use super::RpcError;
use crate::{
    model::{ids::InvalidId, query_string::QueryError},
    ports::{Refused, ReportError, ReportsRef},
};
use http::StatusCode;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

pub struct Desk {
    pub reports: ReportsRef,
    response: Option<ResponseOptions>,
}

impl Desk {
    /// Takes both from the context before anything is awaited. Reports that nobody provided are an error, not a panic.
    pub fn open() -> Result<Self, RpcError> {
        let response = use_context::<ResponseOptions>();
        match (use_context::<ReportsRef>(), use_context::<Refused>()) {
            (_, Some(Refused(why))) => Err(refuse(&response, RpcError::BadRequest(why))),
            (Some(reports), None) => Ok(Self { reports, response }),
            (None, None) => {
                Err(refuse(&response, RpcError::Transport("no reports were provided to this request".to_owned())))
            }
        }
    }

    /// A filter as the query string gave it.
    pub fn filter<T>(&self, read: Result<T, QueryError>) -> Result<T, RpcError> {
        read.map_err(|error| refuse(&self.response, RpcError::BadRequest(error.to_string())))
    }

    /// An id from a path: one that cannot exist is not found, like one that does not.
    pub fn id<T>(&self, read: Result<T, InvalidId>) -> Result<T, RpcError> {
        read.map_err(|_| refuse(&self.response, RpcError::NotFound))
    }

    pub fn answer<T>(&self, report: Result<T, ReportError>) -> Result<T, RpcError> {
        report.map_err(|error| {
            let error = match error {
                ReportError::NotFound => RpcError::NotFound,
                ReportError::Unavailable { reference } => RpcError::Unavailable { reference },
            };
            refuse(&self.response, error)
        })
    }
}

/// Gives the response the error's status: the page's own while it renders, the answer's over HTTP.
fn refuse(response: &Option<ResponseOptions>, error: RpcError) -> RpcError {
    if let Some(response) = response {
        response.set_status(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    }
    error
}

/// The same for an error of the way to a server function.
pub fn tell(error: &RpcError) {
    refuse(&use_context::<ResponseOptions>(), error.clone());
}
