//! Security headers of every response, by the class of its route. `tests/it/requests/headers.rs` has golden files of them.

use super::{route_class::RouteClass, sign_in::SignIn};
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
use std::sync::Arc;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
pub const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
pub const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// For redirects and error pages, which run no script. Rendered pages set their own policy with a nonce.
const SCRIPTLESS_PAGE: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                          object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
/// For data, which must not be rendered as a document.
pub const DATA_ONLY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";
const NO_DEVICES: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
/// One year.
const HSTS: &str = "max-age=31536000";

pub async fn security_headers(State(sign_in): State<Arc<SignIn>>, request: Request, next: Next) -> Response {
    let class = RouteClass::of(request.uri().path());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name, value| drop(headers.insert(name, HeaderValue::from_static(value)));
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    if class == RouteClass::Embedded {
        return response;
    }
    set(X_FRAME_OPTIONS, "DENY");
    set(OPENER_POLICY, "same-origin");
    set(PERMISSIONS_POLICY, NO_DEVICES);
    if sign_in.public_url.is_https() {
        set(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    match class {
        RouteClass::Embedded => {}
        RouteClass::Asset => {
            set(RESOURCE_POLICY, "same-origin");
            set_default(headers, CONTENT_SECURITY_POLICY, DATA_ONLY);
            set_default(headers, CACHE_CONTROL, "no-store");
        }
        RouteClass::Data | RouteClass::Health => {
            set(CONTENT_SECURITY_POLICY, DATA_ONLY);
            set(RESOURCE_POLICY, "same-origin");
            set(REFERRER_POLICY, "no-referrer");
            set(CACHE_CONTROL, "no-store");
        }
        RouteClass::Page => {
            set(CACHE_CONTROL, "no-store");
            // Not `no-referrer`, because forms would then send the origin `null`.
            set_default(headers, REFERRER_POLICY, "same-origin");
            set_default(headers, CONTENT_SECURITY_POLICY, SCRIPTLESS_PAGE);
        }
    }
    response
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
