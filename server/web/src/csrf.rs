//! Nobody else's page can make a browser change anything here: what is not just read comes from a page of the portal's.

use super::{error::HttpError, state::ServerState};
use axum::{
    extract::{Request, State},
    http::{
        Method,
        header::{HOST, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// Goes by `Sec-Fetch-Site`, and by `Origin` where a browser does not send that. No origin is trusted beside our own.
pub fn same_site_only() -> CsrfLayer<impl Fn(ProtectionError) -> Response + Clone> {
    CsrfLayer::new().with_rejection_response(|_: ProtectionError| HttpError::CrossSite.into_response())
}

/// Stricter than the layer, which takes `Sec-Fetch-Site` for the whole truth and overlooks the scheme: an origin that is
/// named is ours to the letter. `null` is what sandboxed frames and redirects from elsewhere have; it is nobody's.
pub async fn no_other_origin(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    let mut origins = request.headers().get_all(ORIGIN).iter();
    // The host was found to be ours before.
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let scheme = if state.sign_in.public_url.is_https() { "https" } else { "http" };
    let ours = |origin: &str| {
        origin == state.sign_in.public_url.origin() || host.is_some_and(|host| origin == format!("{scheme}://{host}"))
    };
    if reads || origins.all(|origin| origin.to_str().is_ok_and(ours)) {
        return next.run(request).await;
    }
    HttpError::CrossSite.into_response()
}
