//! Records refusals that unauthenticated clients can cause at will: the first of each kind per minute with its client, the
//! others as a count, so that many requests do not cause many lines. Requests are refused even if recording fails.

use super::{audit_trail::AuditTrail, error::ErrorBody, request::connection_ip, sign_in::SignIn};
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use muster_audit::event::{Action, Event, Outcome};
pub use muster_audit::refusal_counts::RefusalCounts;
use std::sync::Arc;

/// The error codes that are recorded.
const RECORDED_CODES: [&str; 3] = ["cross_site", "wrong_host", "too_often"];
/// Headers of the authenticating proxy were sent by another client. They are ignored.
const FORGED_PROXY_HEADERS: &str = "not_the_proxy";

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
