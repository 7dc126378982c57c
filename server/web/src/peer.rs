//! The client's address and the requested host. `X-Forwarded-…` headers are used only if the access file trusts the proxy.

use super::{
    request::{ClientIp, ViaTrustedProxy, connection_ip},
    sign_in::SignIn,
};
use axum::{
    extract::{Request, State},
    http::{HeaderName, header::HOST},
    middleware::Next,
    response::Response,
};
use muster_http::forwarded_for::{FORWARDED_FOR, forwarded_for};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Headers of proxies, removed from every request once the trusted ones have been applied.
const PROXY_HEADERS: [HeaderName; 6] = [
    FORWARDED_FOR,
    FORWARDED_HOST,
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("forwarded"),
];

/// The address of a request without a connection, as in tests.
const NO_CONNECTION: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

pub async fn resolve_client_ip(State(sign_in): State<Arc<SignIn>>, mut request: Request, next: Next) -> Response {
    let connection = connection_ip(request.extensions()).map_or(NO_CONNECTION, |address| address.to_canonical());
    let trusted = &sign_in.trusted_proxies;
    let mut client = connection;
    if trusted.contains(connection) {
        client = forwarded_for(request.headers(), connection, trusted);
        request.extensions_mut().insert(ViaTrustedProxy);
        if let Some(host) = request.headers().get(FORWARDED_HOST).cloned() {
            request.headers_mut().insert(HOST, host);
        }
    }
    for header in PROXY_HEADERS {
        request.headers_mut().remove(header);
    }
    request.extensions_mut().insert(ClientIp(client));
    next.run(request).await
}
