//! Records refusals that unauthenticated clients can cause at will: the first of each kind per minute with its client, the
//! others as a count, so that many requests do not cause many lines. Requests are refused even if recording fails.

use super::{audit_trail::AuditTrail, error::ErrorBody, request::connection_ip, sign_in::SignIn};
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use muster_audit::{
    Audit,
    event::{Action, Event, Outcome},
};
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc};

/// The error codes that are recorded.
const RECORDED_CODES: [&str; 3] = ["cross_site", "wrong_host", "too_often"];
/// Headers of the authenticating proxy were sent by another client. They are ignored.
const FORGED_PROXY_HEADERS: &str = "not_the_proxy";

/// Counts refusals of each kind since the one that was recorded.
#[derive(Default)]
pub struct RefusalCounts(Mutex<BTreeMap<&'static str, u64>>);

impl RefusalCounts {
    /// Whether this refusal is the first of its kind in this minute. Others are counted.
    fn is_first(&self, kind: &'static str) -> bool {
        let mut counts = self.0.lock();
        let is_first = !counts.contains_key(kind);
        *counts.entry(kind).or_default() += u64::from(!is_first);
        is_first
    }

    fn add(&self, kind: &'static str, count: u64) {
        *self.0.lock().entry(kind).or_default() += count;
    }

    /// Records the counts and resets them, once a minute. A count that cannot be recorded is kept.
    pub async fn record(&self, audit: &Audit) {
        for kind in [&RECORDED_CODES[..], &[FORGED_PROXY_HEADERS]].concat() {
            let Some(more) = self.0.lock().remove(kind).filter(|more| *more > 0) else { continue };
            let event = Event::new(Action::RequestRefused, Outcome::Refused).object(kind);
            if audit.record(event.detail(&format!("{more} more within a minute"))).await.is_err() {
                self.add(kind, more);
            }
        }
    }
}

pub async fn record_refusals(
    State(counts): State<Arc<RefusalCounts>>,
    State(sign_in): State<Arc<SignIn>>,
    trail: AuditTrail,
    request: Request,
    next: Next,
) -> Response {
    let is_forged = sign_in.has_forged_proxy_headers(request.headers(), connection_ip(request.extensions()));
    // The router's pattern, without the client's own text.
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let route = format!("{} {path}", request.method());
    let response = next.run(request).await;
    let code = response.extensions().get::<ErrorBody>().map(|error| error.code);
    let code = code.filter(|code| RECORDED_CODES.contains(code));
    for kind in is_forged.then_some(FORGED_PROXY_HEADERS).into_iter().chain(code) {
        let event = Event::new(Action::RequestRefused, Outcome::Refused).object(kind).detail(&route);
        if counts.is_first(kind) && trail.record(event).await.is_err() {
            counts.add(kind, 1);
        }
    }
    response
}
