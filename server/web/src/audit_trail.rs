//! The extractor that records audit events of a request.
//!
//! A handler records an event before it acts on it, and fails if recording fails.

use super::{
    error::HttpError,
    request::{ClientIp, Embedded, RequestId, SignedIn},
};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};
use muster_access::principal::Principal;
use muster_audit::{
    Audit,
    event::{Event, Source},
};
use std::convert::Infallible;

/// The audit, with what the layers know about the request. May outlive the request.
#[derive(Clone)]
pub struct AuditTrail {
    audit: Audit,
    source: Source,
}

impl AuditTrail {
    /// Records an event, with caller, request id, address and embedding page.
    pub async fn record(&self, event: Event) -> Result<(), HttpError> {
        Ok(self.audit.record(event.from(self.source.clone())).await?)
    }

    /// The same with a caller whom no session names.
    pub fn of(mut self, caller: &Principal) -> Self {
        self.source.actor = Some(caller.into());
        self
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AuditTrail
where
    Audit: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let extensions = &parts.extensions;
        let source = Source {
            actor: extensions.get::<SignedIn>().map(|SignedIn(principal)| principal.into()),
            request_id: extensions.get::<RequestId>().map(|RequestId(id)| id.clone()),
            ip: extensions.get::<ClientIp>().map(|ClientIp(ip)| *ip),
            parent_origin: extensions.get::<Embedded>().map(|Embedded { parent }| parent.clone()),
        };
        Ok(Self { audit: Audit::from_ref(state), source })
    }
}
