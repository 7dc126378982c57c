//! Names each request, and stands around all that is logged of it.

use super::{kind::Kind, peer::ThroughProxy, request::RequestId};
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

/// Of a name that a proxy gives.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=64;

/// The path is logged as the router has it, without the ids in it, and never the query string or headers.
pub async fn traced(mut request: Request, next: Next) -> Response {
    let id = given(&request).unwrap_or_else(made_up);
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), path, subject = field::Empty);
    let kind = Kind::of(request.uri().path());
    request.extensions_mut().insert(RequestId(id.clone()));
    let answer = async move {
        let began = Instant::now();
        let mut response = next.run(request).await;
        let (status, ms) = (response.status(), u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
        match kind {
            // Browsers and machines ask for these all the time.
            Kind::Asset | Kind::Health if !status.is_server_error() => {
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
    answer.instrument(span).await
}

/// Adds who is asking to all that is logged of the request from now on.
pub fn note_subject(principal: &Principal) {
    Span::current().record("subject", principal.identity.subject.as_str());
}

/// What a trusted proxy named it, so that one name leads through the logs of both.
fn given(request: &Request) -> Option<String> {
    request.extensions().get::<ThroughProxy>()?;
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (plain && LENGTH.contains(&id.len())).then(|| id.to_owned())
}

/// It needs to be told from others, not to be kept from anybody.
fn made_up() -> String {
    format!("{:016x}", fastrand::u64(..))
}
