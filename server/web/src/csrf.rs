//! Protection against cross-site requests: requests that change something must come from the portal's own pages.

use super::{error::HttpError, sign_in::SignIn};
use axum::{
    extract::{Request, State},
    http::{
        Method,
        header::{HOST, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// Checks `Sec-Fetch-Site`, or `Origin` if a browser does not send it. No other origin is trusted.
pub fn csrf_layer() -> CsrfLayer<impl Fn(ProtectionError) -> Response + Clone> {
    CsrfLayer::new().with_rejection_response(|_: ProtectionError| HttpError::CrossSite.into_response())
}

/// Requires every `Origin` header to be exactly our own. The layer ignores it if `Sec-Fetch-Site` is present, and ignores
/// its scheme. `null`, sent by sandboxed frames and after redirects, is refused.
pub async fn require_own_origin(State(sign_in): State<Arc<SignIn>>, request: Request, next: Next) -> Response {
    let is_read = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    let mut origins = request.headers().get_all(ORIGIN).iter();
    // `require_own_host` has checked the host.
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let public_url = &sign_in.public_url;
    let scheme = if public_url.is_https() { "https" } else { "http" };
    let is_own =
        |origin: &str| origin == public_url.origin() || host.is_some_and(|host| origin == format!("{scheme}://{host}"));
    if is_read || origins.all(|origin| origin.to_str().is_ok_and(is_own)) {
        return next.run(request).await;
    }
    HttpError::CrossSite.into_response()
}
