//! The security headers of every response below `/embed`. `X-Frame-Options` cannot name an origin, so it is not sent.

use super::state::Embed;
use crate::current::Current;
use crate::headers::{DATA_ONLY, PERMISSIONS_POLICY, RESOURCE_POLICY};
use axum::{
    Router,
    extract::State,
    http::{
        HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    middleware::map_response_with_state,
    response::Response,
};

/// Allows our own scripts and styles. The shell has no inline script, so there is no nonce that could leak. Widths of bars
/// are style attributes.
const FRAME_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                        style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
                        base-uri 'none'; form-action 'self'; object-src 'none'";
const DATA_POLICY: HeaderValue = HeaderValue::from_static(DATA_ONLY);

/// The pages that are configured at the moment may frame the shell. Without any, no page may.
pub fn with_shell_headers<S: Clone + Send + Sync + 'static>(router: Router<S>, embed: Current<Embed>) -> Router<S> {
    router.layer(map_response_with_state(embed, set_shell_headers))
}

async fn set_shell_headers(State(embed): State<Current<Embed>>, response: Response) -> Response {
    let origins = embed.get().origins();
    let ancestors = if origins.is_empty() { "'none'" } else { &origins };
    let policy = HeaderValue::try_from(format!("{FRAME_POLICY}; frame-ancestors {ancestors}"));
    set_headers(State((policy.unwrap_or(DATA_POLICY), None)), response).await
}

pub fn with_data_headers<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(map_response_with_state((DATA_POLICY, Some(HeaderValue::from_static("same-origin"))), set_headers))
}

/// The content security policy and the resource policy of a route.
type Policies = (HeaderValue, Option<HeaderValue>);

/// Replaces the headers that pages and files have outside a frame.
async fn set_headers(State((content, resource)): State<Policies>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), microphone=(), geolocation=()"));
    headers.remove(X_FRAME_OPTIONS);
    headers.remove(SET_COOKIE);
    headers.insert(CONTENT_SECURITY_POLICY, content);
    if let Some(policy) = resource {
        headers.insert(RESOURCE_POLICY, policy);
    }
    response
}
