//! From a request to the reports of whoever sent it: the one place where the two meet.

use super::{error::HttpError, sign_in::identify::SignedIn, state::ServerState};
use axum::{extract::FromRequestParts, http::request::Parts};
use muster_access::principal::Principal;
use muster_model::{past, query_string::QueryError};
use muster_reports::ScopedReports;

/// The reports of the person asking.
pub struct Asker(pub ScopedReports);

/// As they are, or as they were at the end of the day that the query string asks for.
pub fn reports(state: &ServerState, principal: &Principal, query: &str) -> Result<ScopedReports, QueryError> {
    state.reports.for_scope(principal.scope()).as_of(past::as_of(query)?)?.compared_with(past::since(query))
}

/// Who sent a request, as the layer in front of every route found out.
pub fn principal(parts: &Parts) -> Option<&Principal> {
    parts.extensions.get::<SignedIn>().map(|SignedIn(principal)| principal)
}

impl FromRequestParts<ServerState> for Asker {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Self, HttpError> {
        let principal = principal(parts).ok_or(HttpError::NotSignedIn)?;
        Ok(Self(reports(state, principal, parts.uri.query().unwrap_or_default())?))
    }
}
