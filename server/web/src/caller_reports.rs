//! The extractor for a caller's reports: the one place where a request gets a scope.

use super::{error::HttpError, request::SignedIn};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use muster_access::principal::Principal;
use muster_model::{past, query_string::QueryError};
use muster_reports::{ReportSource, ScopedReports};

/// The reports that the caller may see.
pub struct CallerReports(pub ScopedReports);

/// The reports of a principal, as of the day in the query string if there is one.
pub fn reports(source: &ReportSource, principal: &Principal, query: &str) -> Result<ScopedReports, QueryError> {
    source.for_caller(principal).as_of(past::as_of(query)?)?.compared_with(past::since(query))
}

/// The caller, as authentication found it.
pub fn principal(parts: &Parts) -> Option<&Principal> {
    parts.extensions.get::<SignedIn>().map(|SignedIn(principal)| principal)
}

impl<S: Send + Sync> FromRequestParts<S> for CallerReports
where
    ReportSource: FromRef<S>,
{
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let principal = principal(parts).ok_or(HttpError::NotSignedIn)?;
        let source = ReportSource::from_ref(state);
        Ok(Self(reports(&source, principal, parts.uri.query().unwrap_or_default())?))
    }
}
