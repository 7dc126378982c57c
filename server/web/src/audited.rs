//! From a request to a line of the audit.
//!
//! Whatever is done for somebody is recorded first, and not done when that fails.

use super::{
    embed::Embedded,
    error::HttpError,
    request::{Peer, RequestId},
    sign_in::identify::SignedIn,
    state::ServerState,
};
use axum::http::Extensions;
use muster_audit::{
    Audit,
    event::{Actor, Event},
};
use std::net::IpAddr;

/// What the layers noted of a request, for lines that may be written after it too.
#[derive(Clone)]
pub struct Trail {
    audit: Audit,
    actor: Option<Actor>,
    request_id: Option<String>,
    ip: Option<IpAddr>,
    parent: Option<String>,
}

impl Trail {
    pub fn of(state: &ServerState, extensions: &Extensions) -> Self {
        Self {
            audit: state.audit.clone(),
            actor: extensions.get::<SignedIn>().map(|SignedIn(principal)| Actor::from(principal)),
            request_id: extensions.get::<RequestId>().map(|RequestId(id)| id.clone()),
            ip: extensions.get::<Peer>().map(|Peer(ip)| *ip),
            parent: extensions.get::<Embedded>().map(|Embedded { parent }| parent.clone()),
        }
    }

    /// Records an event of this request.
    pub async fn record(&self, event: Event) -> Result<(), HttpError> {
        let mut event = event.by_default(self.actor.clone());
        if let Some(id) = &self.request_id {
            event = event.in_request(id);
        }
        if let Some(ip) = self.ip {
            event = event.from(ip);
        }
        if let Some(parent) = &self.parent {
            event = event.within(parent);
        }
        Ok(self.audit.record(event).await?)
    }
}

/// Records an event of a request, with whatever its layers noted: who, which request, from where.
pub async fn record(state: &ServerState, extensions: &Extensions, event: Event) -> Result<(), HttpError> {
    Trail::of(state, extensions).record(event).await
}
