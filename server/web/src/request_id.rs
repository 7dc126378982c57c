//! Request ids, and the log span and line of each request.

use super::{
    request::{RequestId, ViaTrustedProxy},
    route_class::RouteClass,
};
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use muster_access::principal::Principal;
use std::time::Instant;
use tracing::{Instrument, Span, field};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The length of a request id that is accepted from a trusted proxy, in bytes.
const ID_BYTES: std::ops::RangeInclusive<usize> = 8..=64;

/// Logs the router's pattern instead of the path, and never the query string or headers.
pub async fn trace_request(mut request: Request, next: Next) -> Response {
    let id = proxy_id(&request).unwrap_or_else(new_id);
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), path, subject = field::Empty);
    let class = RouteClass::of(request.uri().path());
    request.extensions_mut().insert(RequestId(id.clone()));
    let traced = async move {
        let started = Instant::now();
        let mut response = next.run(request).await;
        let (status, ms) = (response.status(), u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
        match class {
            // Frequent and uninteresting.
            RouteClass::Asset | RouteClass::Health if !status.is_server_error() => {
                tracing::debug!(status = status.as_u16(), ms, "answered");
            }
            _ if status.is_server_error() => tracing::warn!(status = status.as_u16(), ms, "answered"),
            _ => tracing::info!(status = status.as_u16(), ms, "answered"),
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    };
    traced.instrument(span).await
}

/// Adds the caller to the request's log span.
pub fn record_subject(principal: &Principal) {
    Span::current().record("subject", principal.identity.subject.as_str());
}

/// The id from a trusted proxy, so that its logs and ours can be correlated.
fn proxy_id(request: &Request) -> Option<String> {
    request.extensions().get::<ViaTrustedProxy>()?;
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (is_plain && ID_BYTES.contains(&id.len())).then(|| id.to_owned())
}

/// Unique, but not secret.
fn new_id() -> String {
    format!("{:016x}", fastrand::u64(..))
}
