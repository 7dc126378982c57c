//! The headers of every answer below `/embed`, each exactly as it is here: who may frame the shell, and that nothing
//! is kept or told on. `X-Frame-Options` cannot name an origin, so it is not sent.

use super::error::name_request;
use crate::{headers::NO_PAGE, request::RequestId, state::ServerState};
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
use std::collections::BTreeSet;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What may run in the frame: our own scripts and styles by their addresses. The shell has no inline script, so there
/// is no nonce that could leak. Widths of bars are style attributes.
const OWN_ONLY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                        style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
                        base-uri 'none'; form-action 'self'; object-src 'none'";
/// For what is data and no document.
const NOTHING: HeaderValue = HeaderValue::from_static(NO_PAGE);

/// The shell's policy, with the pages that may frame it; nobody may where none is configured.
pub fn policy(origins: &BTreeSet<&str>) -> HeaderValue {
    let origins = match origins.is_empty() {
        true => "'none'".to_owned(),
        false => origins.iter().copied().collect::<Vec<_>>().join(" "),
    };
    HeaderValue::try_from(format!("{OWN_ONLY}; frame-ancestors {origins}")).unwrap_or(NOTHING)
}

pub fn of_shell(router: Router<ServerState>, state: &ServerState) -> Router<ServerState> {
    router.layer(from_fn_with_state(state.clone(), shell_headers))
}

pub fn of_data(router: Router<ServerState>) -> Router<ServerState> {
    router.layer(from_fn(data_headers))
}

async fn shell_headers(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    common(headers);
    headers.insert(CONTENT_SECURITY_POLICY, state.embed.frame_ancestors.clone());
    response
}

async fn data_headers(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    if let Some(RequestId(id)) = id {
        name_request(&mut response, &id);
    }
    let headers = response.headers_mut();
    common(headers);
    headers.insert(CONTENT_SECURITY_POLICY, NOTHING);
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Replaces what pages and files say of themselves elsewhere.
fn common(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), microphone=(), geolocation=()"));
    headers.remove(X_FRAME_OPTIONS);
    headers.remove(SET_COOKIE);
}
