//! Networks of trusted proxies, as the access file names them.

use ipnet::{IpNet, Ipv6Net};
use serde::Deserialize;
use std::net::{IpAddr, Ipv6Addr};

/// A network such as `10.0.0.0/8`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

/// Empty unless the access file names networks: no address is trusted then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Network>")]
pub struct Networks(Vec<Network>);

/// The shortest prefixes of networks that one organization has: 10.0.0.0/8, and fc00::/7 of private IPv6 addresses.
const IPV4_PREFIX_MIN: u8 = 8;
const IPV6_PREFIX_MIN: u8 = 16;
const IPV6_PRIVATE: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7);

impl Networks {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|Network(network)| network.contains(&address.to_canonical()))
    }
}

impl FromIterator<Network> for Networks {
    fn from_iter<T: IntoIterator<Item = Network>>(networks: T) -> Self {
        Self(networks.into_iter().collect())
    }
}

/// Together, networks must not trust everybody either.
impl TryFrom<Vec<Network>> for Networks {
    type Error = String;

    fn try_from(networks: Vec<Network>) -> Result<Self, String> {
        let together = IpNet::aggregate(&networks.iter().map(|Network(network)| *network).collect());
        let is_too_large = |network: &&IpNet| match network {
            IpNet::V4(network) => network.prefix_len() < IPV4_PREFIX_MIN,
            IpNet::V6(network) => network.prefix_len() < IPV6_PREFIX_MIN && !IPV6_PRIVATE.contains(network),
        };
        match together.iter().find(is_too_large) {
            Some(network) => Err(format!(
                "together they contain all of {network}, which no proxy has to itself; name only the networks of the proxy"
            )),
            None => Ok(Self(networks)),
        }
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // The standard library's parser, because the other one accepts octets with leading zeros.
        let address = text.split('/').next().and_then(|address| address.parse::<IpAddr>().ok());
        let network = if text.contains('/') { address.and(text.parse().ok()) } else { address.map(IpNet::from) };
        let is_mapped = |network: &IpNet| network.addr().to_canonical() != network.addr();
        match network.filter(|network| *network == network.trunc() && !is_mapped(network)) {
            Some(network) if network.prefix_len() == 0 => {
                Err(format!("`{text}` contains every address; name the network of the proxy"))
            }
            Some(network) => Ok(Self(network)),
            None => Err(format!(
                "`{text}` is neither an address nor a network such as 10.1.0.0/16 or 2001:db8::/32 without host bits"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_the_addresses_with_its_prefix() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.4/31", "::ffff:192.0.2.5", "192.0.2.6"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("128.0.0.0/1", "255.1.1.1", "127.0.0.1"),
        ] {
            let network = Network::try_from(text.to_owned()).expect("a network");
            let networks = Networks::from_iter([network]);
            let contains = |address: &str| networks.contains(address.parse().expect("an address"));
            assert!(contains(inside) && !contains(outside), "{text}");
        }
        assert!(!Networks::default().contains("127.0.0.1".parse().expect("an address")));
    }

    #[test]
    fn rejects_networks_that_trust_everybody_together() {
        let networks = |texts: &[&str]| {
            let networks = texts.iter().map(|text| Network::try_from((*text).to_owned()).expect("a network"));
            Networks::try_from(networks.collect::<Vec<_>>())
        };
        for good in [
            &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "127.0.0.1", "::1"][..],
            &["10.0.0.0/8", "10.0.0.0/9"],
            &[],
        ] {
            assert!(networks(good).is_ok(), "{good:?}");
        }
        for bad in [
            &["0.0.0.0/1", "128.0.0.0/1"][..],
            &["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1"],
            &["128.0.0.0/1"],
            &["::/1", "8000::/1"],
            &["10.0.0.0/8", "2000::/3"],
        ] {
            let message = networks(bad).expect_err("everybody");
            assert!(message.contains("contain all of"), "{message}");
        }
        // Every way to split all addresses into networks of one length.
        for prefix in 1..8_u32 {
            let all: Vec<String> =
                (0..1_u32 << prefix).map(|i| format!("{}.0.0.0/{prefix}", i << (8 - prefix))).collect();
            assert!(networks(&all.iter().map(String::as_str).collect::<Vec<_>>()).is_err(), "{prefix}");
        }
    }

    #[test]
    fn rejects_networks_of_all_addresses_and_malformed_ones() {
        for text in [
            "",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.1/8",
            "010.0.0.0/8",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/",
            "localhost",
            "::ffff:10.0.0.1",
            "*",
            "10.0.0.0/08x",
        ] {
            assert!(Network::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
