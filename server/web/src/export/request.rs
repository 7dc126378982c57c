//! The parts of a request that an export uses.

use super::gate::{ExportGate, Person};
use crate::{audit_trail::AuditTrail, caller_reports, error::HttpError};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{Method, request::Parts},
};
use muster_audit::Audit;
use muster_reports::{ReportSource, ScopedReports};

pub struct ExportRequest {
    pub exports: ExportGate,
    pub reports: ScopedReports,
    pub person: Person,
    pub query: String,
    /// For HEAD requests: only the number of rows is wanted.
    pub counts_only: bool,
    pub trail: AuditTrail,
}

impl<S: Send + Sync> FromRequestParts<S> for ExportRequest
where
    ExportGate: FromRef<S>,
    ReportSource: FromRef<S>,
    Audit: FromRef<S>,
{
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let principal = caller_reports::principal(parts).ok_or(HttpError::NotSignedIn)?;
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self {
            exports: ExportGate::from_ref(state),
            reports: caller_reports::reports(&ReportSource::from_ref(state), principal, &query)?,
            person: (principal.identity.issuer.clone(), principal.identity.subject.clone()),
            counts_only: parts.method == Method::HEAD,
            trail: AuditTrail::new(Audit::from_ref(state), &parts.extensions),
            query,
        })
    }
}
