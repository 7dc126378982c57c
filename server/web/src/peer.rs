//! The client's address and the requested host. `X-Forwarded-…` headers are used only if the access file trusts the proxy.

use super::{
    request::{ClientIp, ViaTrustedProxy, connection_ip},
    sign_in::SignIn,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, header::HOST},
    middleware::Next,
    response::Response,
};
use muster_access::network::Networks;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
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

/// The last address that is not a trusted proxy. Each proxy appends the address that it received a request from, so earlier
/// entries are set by the client. An entry that is not an address ends the search.
fn forwarded_for(headers: &HeaderMap, connection: IpAddr, trusted: &Networks) -> IpAddr {
    let mut client = connection;
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    for entry in lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',')) {
        let Some(address) = parse_address(entry.trim()) else { break };
        client = address;
        if !trusted.contains(client) {
            break;
        }
    }
    client
}

/// Some proxies append the port.
fn parse_address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use muster_access::network::Network;

    fn client(lines: &[&'static str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|text| Network::try_from(text.to_owned()).expect("a network"));
        let headers = lines.iter().map(|line| (FORWARDED_FOR, HeaderValue::from_static(line))).collect();
        forwarded_for(&headers, "10.0.0.1".parse().expect("an address"), &trusted.into_iter().collect()).to_string()
    }

    #[test]
    fn the_client_is_the_last_address_that_is_not_a_trusted_proxy() {
        for (lines, expected) in [
            (&[][..], "10.0.0.1"),
            (&["192.0.2.1"], "192.0.2.1"),
            (&["203.0.113.9, 192.0.2.1, 10.0.0.7"], "192.0.2.1"),
            (&["203.0.113.9", "192.0.2.1, 10.0.0.7"], "192.0.2.1"),
            (&["203.0.113.9, 192.0.2.1:4711"], "192.0.2.1"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
            (&["10.0.0.9,10.0.0.8"], "10.0.0.9"),
            (&["203.0.113.9, unknown, 10.0.0.7"], "10.0.0.7"),
            (&["rubbish"], "10.0.0.1"),
            (&["192.0.2.1, "], "10.0.0.1"),
        ] {
            assert_eq!(client(lines), expected, "{lines:?}");
        }
    }
}
