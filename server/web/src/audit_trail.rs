//! The extractor that records audit events of a request.
//!
//! A handler records an event before it acts on it, and fails if recording fails.

use super::{
    error::HttpError,
    request::{ClientIp, Embedded, RequestId, SignedIn},
};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{Extensions, request::Parts},
};
use muster_audit::{
    Audit,
    event::{Actor, Event},
};
use std::{convert::Infallible, net::IpAddr};

/// The audit, with what the layers know about the request. May outlive the request.
#[derive(Clone)]
pub struct AuditTrail {
    audit: Audit,
    actor: Option<Actor>,
    request_id: Option<String>,
    ip: Option<IpAddr>,
    parent_origin: Option<String>,
}

impl AuditTrail {
    pub fn new(audit: Audit, extensions: &Extensions) -> Self {
        Self {
            audit,
            actor: extensions.get::<SignedIn>().map(|SignedIn(principal)| Actor::from(principal)),
            request_id: extensions.get::<RequestId>().map(|RequestId(id)| id.clone()),
            ip: extensions.get::<ClientIp>().map(|ClientIp(ip)| *ip),
            parent_origin: extensions.get::<Embedded>().map(|Embedded { parent }| parent.clone()),
        }
    }

    /// Records an event, with caller, request id, address and embedding page.
    pub async fn record(&self, event: Event) -> Result<(), HttpError> {
        let mut event = event.by_default(self.actor.clone());
        if let Some(id) = &self.request_id {
            event = event.request_id(id);
        }
        if let Some(ip) = self.ip {
            event = event.from(ip);
        }
        if let Some(origin) = &self.parent_origin {
            event = event.parent_origin(origin);
        }
        Ok(self.audit.record(event).await?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AuditTrail
where
    Audit: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::new(Audit::from_ref(state), &parts.extensions))
    }
}
