//! What every server function needs: the caller's reports, and the response, whose status says how the request went.

use super::RpcError;
use crate::{
    model::{Filter, InvalidId, OfInstance, PatchFilter, query_string::QueryError},
    ports::{EnrollmentRef, InvalidRequest, ReportError, ReportsRef},
};
use http::{StatusCode, header::RETRY_AFTER};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

pub struct RequestContext {
    pub reports: ReportsRef,
    /// None if no enrollment server is configured.
    pub enrollment: Option<EnrollmentRef>,
    response: Option<ResponseOptions>,
}

impl RequestContext {
    /// Takes both from the Leptos context; call it before awaiting anything. Missing reports are an error, not a panic.
    pub fn from_request() -> Result<Self, RpcError> {
        let response = use_context::<ResponseOptions>();
        match (use_context::<ReportsRef>(), use_context::<InvalidRequest>()) {
            (_, Some(InvalidRequest(reason))) => Err(with_status(&response, RpcError::BadRequest(reason))),
            (Some(reports), None) => Ok(Self { reports, enrollment: use_context(), response }),
            (None, None) => {
                let error = RpcError::Transport("no reports were provided to this request".to_owned());
                Err(with_status(&response, error))
            }
        }
    }

    /// What the enrollment server says: not found, if none is configured.
    pub fn enrollment(&self) -> Result<EnrollmentRef, RpcError> {
        self.enrollment.clone().ok_or_else(|| with_status(&self.response, RpcError::NotFound))
    }

    /// A filter as it was parsed from the query string.
    pub fn filter<T>(&self, parsed: Result<T, QueryError>) -> Result<T, RpcError> {
        parsed.map_err(|error| with_status(&self.response, RpcError::BadRequest(error.to_string())))
    }

    /// An id from a path: a malformed id is not found, like an unknown one.
    pub fn id<T>(&self, parsed: Result<T, InvalidId>) -> Result<T, RpcError> {
        parsed.map_err(|_| with_status(&self.response, RpcError::NotFound))
    }

    /// The filter of one of an instance's lists.
    pub fn instance_list<F: Filter>(&self, instance: &str, query: &str) -> Result<OfInstance<F>, RpcError> {
        self.filter(OfInstance::from_query(self.id(instance.parse())?, query))
    }

    /// The filter of a patch's page: a malformed name is not found, like an unknown one.
    pub fn patch(&self, name: &str, query: &str) -> Result<PatchFilter, RpcError> {
        let filter = self.filter(PatchFilter::of_name(name, query))?;
        filter.ok_or_else(|| with_status(&self.response, RpcError::NotFound))
    }

    pub fn respond<T>(&self, report: Result<T, ReportError>) -> Result<T, RpcError> {
        report.map_err(|error| {
            let error = match error {
                ReportError::NotFound => RpcError::NotFound,
                ReportError::Busy { retry_after_seconds } => RpcError::Busy { retry_after_seconds },
                ReportError::Unavailable { reference } => RpcError::Unavailable { reference },
            };
            with_status(&self.response, error)
        })
    }
}

/// Gives the response the error's status and headers: the page's own while it renders, the server function's over HTTP.
fn with_status(response: &Option<ResponseOptions>, error: RpcError) -> RpcError {
    if let Some(response) = response {
        response.set_status(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        if let RpcError::Busy { retry_after_seconds } = error {
            response.insert_header(RETRY_AFTER, retry_after_seconds.into());
        }
    }
    error
}

/// Sets the response's status for an error that occurs before a server function runs.
pub fn set_status(error: &RpcError) {
    with_status(&use_context::<ResponseOptions>(), error.clone());
}
