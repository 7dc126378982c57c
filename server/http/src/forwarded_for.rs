//! The client of a request that came through trusted proxies.

use axum::http::{HeaderMap, HeaderName};
use muster_access::network::Networks;
use std::net::{IpAddr, SocketAddr};

pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The last address that is not a trusted proxy. Each proxy appends the address that it received a request from, so earlier
/// entries are set by the client. An entry that is not an address ends the search.
pub fn forwarded_for(headers: &HeaderMap, connection: IpAddr, trusted: &Networks) -> IpAddr {
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
