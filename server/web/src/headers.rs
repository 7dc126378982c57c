//! The headers that every answer has, by the kind of what is asked for. `tests/it/request_headers.rs` holds them in golden files.

use super::{kind::Kind, state::ServerState};
use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::Response,
};

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// What runs no script at all: redirects, pages about errors. Pages of the view bring their own, with a nonce.
const STILL_PAGE: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                          object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
/// Data is no document, whatever a machine has put into it.
pub(super) const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";
const NO_DEVICES: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
/// A year, which is what browsers ask of those that mean it.
const HTTPS_ONLY: &str = "max-age=31536000";

pub async fn protected(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let kind = Kind::of(request.uri().path());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name, value| drop(headers.insert(name, HeaderValue::from_static(value)));
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    if kind == Kind::Embedded {
        return response;
    }
    set(X_FRAME_OPTIONS, "DENY");
    set(OPENER_POLICY, "same-origin");
    set(PERMISSIONS_POLICY, NO_DEVICES);
    if state.sign_in.public_url.is_https() {
        set(STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    match kind {
        Kind::Embedded => {}
        Kind::Asset => {
            set(RESOURCE_POLICY, "same-origin");
            unless_set(headers, CONTENT_SECURITY_POLICY, NO_PAGE);
            unless_set(headers, CACHE_CONTROL, "no-store");
        }
        Kind::Data | Kind::Health => {
            set(CONTENT_SECURITY_POLICY, NO_PAGE);
            set(RESOURCE_POLICY, "same-origin");
            set(REFERRER_POLICY, "no-referrer");
            set(CACHE_CONTROL, "no-store");
        }
        Kind::Page => {
            set(CACHE_CONTROL, "no-store");
            // Not `no-referrer`: then the forms of these pages would come from the origin `null`.
            unless_set(headers, REFERRER_POLICY, "same-origin");
            unless_set(headers, CONTENT_SECURITY_POLICY, STILL_PAGE);
        }
    }
    response
}

fn unless_set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
