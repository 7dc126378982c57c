//! Requests must name the portal's own host. This prevents DNS rebinding and links to hosts from a forged header.

use super::{error::HttpError, route_class::RouteClass, sign_in::SignIn};
use axum::{
    extract::{Request, State},
    http::{
        HeaderValue, Version,
        header::{CONNECTION, HOST},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use muster_access::public_url::{PublicUrl, normalize_origin};
use std::sync::Arc;

/// Refuses a request without the host that HTTP/1.1 requires. The accept loop adds it, because only there a request is one of
/// a client.
pub async fn require_host_header(request: Request, next: Next) -> Response {
    if request.version() == Version::HTTP_11 && !request.headers().contains_key(HOST) {
        let mut response = HttpError::BadRequest("The request has no Host header.".to_owned()).into_response();
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    next.run(request).await
}

/// A request of HTTP/1.0 without a host passes: it is not from a browser.
pub async fn require_own_host(State(sign_in): State<Arc<SignIn>>, request: Request, next: Next) -> Response {
    let public_url = &sign_in.public_url;
    let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let headers = request.headers().get_all(HOST).iter().map(|host| host.as_bytes());
    let mut hosts = target.into_iter().chain(headers);
    // Health checks use the machine's address.
    if RouteClass::of(request.uri().path()) == RouteClass::Health || hosts.all(|host| is_own(public_url, host)) {
        return next.run(request).await;
    }
    HttpError::WrongHost.into_response()
}

/// With http the portal is on loopback (`access/public_url.rs`), which has two names.
fn is_own(own: &PublicUrl, host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let scheme = if own.is_https() { "https" } else { "http" };
    let Ok(origin) = normalize_origin(&format!("{scheme}://{host}")) else { return false };
    let without_alias = |origin: &str| origin.replacen("//localhost", "//127.0.0.1", 1);
    !host.ends_with('/')
        && (origin == own.origin() || (!own.is_https() && without_alias(&origin) == without_alias(own.origin())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(url: &str, host: &str) -> bool {
        is_own(&PublicUrl::try_from(url.to_owned()).expect("an origin"), host.as_bytes())
    }

    #[test]
    fn accepts_the_public_host_only() {
        for host in ["vmm.example", "VMM.Example", "vmm.example:443"] {
            assert!(accepts("https://vmm.example", host), "{host}");
        }
        for host in [
            "",
            "evil.test",
            "vmm.example.evil.test",
            "vmm.example:8443",
            "vmm.example:80",
            "vmm.example/",
            "vmm.example.",
            "x@vmm.example",
            "127.0.0.1",
            "vmm.example,evil.test",
            "vmm.example evil.test",
        ] {
            assert!(!accepts("https://vmm.example", host), "{host}");
        }
        for host in ["127.0.0.1:8080", "localhost:8080"] {
            assert!(accepts("http://127.0.0.1:8080", host) && accepts("http://localhost:8080", host), "{host}");
        }
        assert!(
            !accepts("http://127.0.0.1:8080", "evil.test:8080") && !accepts("http://127.0.0.1:8080", "127.0.0.1:8081")
        );
    }
}
