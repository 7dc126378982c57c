//! The security headers of every response below `/embed`. `X-Frame-Options` cannot name an origin, so it is not sent.

use crate::headers::DATA_ONLY;
use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Allows our own scripts and styles. The shell has no inline script, so there is no nonce that could leak. Widths of bars
/// are style attributes.
const FRAME_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                        style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
                        base-uri 'none'; form-action 'self'; object-src 'none'";
const DATA_POLICY: HeaderValue = HeaderValue::from_static(DATA_ONLY);

/// `origins` are the pages that may frame the shell, separated by spaces. Without any, no page may.
pub fn with_shell_headers<S: Clone + Send + Sync + 'static>(router: Router<S>, origins: &str) -> Router<S> {
    let ancestors = if origins.is_empty() { "'none'" } else { origins };
    let policy = HeaderValue::try_from(format!("{FRAME_POLICY}; frame-ancestors {ancestors}"));
    router.layer(from_fn_with_state(policy.unwrap_or(DATA_POLICY), shell_headers))
}

pub fn with_data_headers<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(from_fn(data_headers))
}

async fn shell_headers(State(policy): State<HeaderValue>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    set_common(headers);
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    response
}

async fn data_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    set_common(headers);
    headers.insert(CONTENT_SECURITY_POLICY, DATA_POLICY);
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Replaces the headers that pages and files have outside a frame.
fn set_common(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), microphone=(), geolocation=()"));
    headers.remove(X_FRAME_OPTIONS);
    headers.remove(SET_COOKIE);
}
