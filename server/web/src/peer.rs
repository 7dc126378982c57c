//! Which machine sent a request, and which host it asked for. A proxy is believed only where the access file trusts it.

use super::{request::Peer, state::ServerState};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, header::HOST},
    middleware::Next,
    response::Response,
};
use muster_access::network::Networks;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// What only a proxy may say. None of it goes any further: what was believed is in the request's own place by then.
const OF_PROXIES: [HeaderName; 6] = [
    FORWARDED_FOR,
    FORWARDED_HOST,
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("forwarded"),
];

/// Of a request that came through no connection.
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Stands with requests whose connection is a trusted proxy's.
#[derive(Clone, Copy, Debug)]
pub struct ThroughProxy;

pub async fn note_peer(State(state): State<ServerState>, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let connection = connection.map_or(NOWHERE, |ConnectInfo(address)| address.ip().to_canonical());
    let trusted = &state.sign_in.trusted_proxies;
    let mut peer = connection;
    if trusted.hold(connection) {
        peer = behind_proxies(request.headers(), connection, trusted);
        request.extensions_mut().insert(ThroughProxy);
        if let Some(host) = request.headers().get(FORWARDED_HOST).cloned() {
            request.headers_mut().insert(HOST, host);
        }
    }
    for header in OF_PROXIES {
        request.headers_mut().remove(header);
    }
    request.extensions_mut().insert(Peer(peer));
    next.run(request).await
}

/// Each proxy adds at the end whom it heard from, so the last address that is no trusted proxy's is the sender; whatever
/// stands before it is the sender's own word. What is no address ends the search.
fn behind_proxies(headers: &HeaderMap, connection: IpAddr, trusted: &Networks) -> IpAddr {
    let mut peer = connection;
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    for heard in lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',')) {
        let Some(address) = address(heard.trim()) else { break };
        peer = address;
        if !trusted.hold(peer) {
            break;
        }
    }
    peer
}

/// Some proxies write the port too.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use muster_access::network::Network;

    fn peer(lines: &[&'static str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|text| Network::try_from(text.to_owned()).expect("a network"));
        let headers = lines.iter().map(|line| (FORWARDED_FOR, HeaderValue::from_static(line))).collect();
        behind_proxies(&headers, "10.0.0.1".parse().expect("an address"), &trusted.into_iter().collect()).to_string()
    }

    #[test]
    fn the_last_address_that_is_no_proxy_s_is_the_sender() {
        for (lines, sender) in [
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
            assert_eq!(peer(lines), sender, "{lines:?}");
        }
    }
}
