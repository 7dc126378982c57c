//! The parts of a request that an export needs.

use super::gate::Person;
use crate::{asker, audited::Trail, error::HttpError, state::ServerState};
use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};
use muster_reports::ScopedReports;

pub struct ExportRequest {
    pub state: ServerState,
    pub reports: ScopedReports,
    pub person: Person,
    pub query: String,
    /// Whether only the number of rows is wanted.
    pub counts_only: bool,
    pub trail: Trail,
}

impl FromRequestParts<ServerState> for ExportRequest {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &ServerState) -> Result<Self, HttpError> {
        let principal = asker::principal(parts).ok_or(HttpError::NotSignedIn)?;
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self {
            reports: asker::reports(state, principal, &query)?,
            person: (principal.identity.issuer.clone(), principal.identity.subject.clone()),
            counts_only: parts.method == Method::HEAD,
            trail: Trail::of(state, &parts.extensions),
            state: state.clone(),
            query,
        })
    }
}
