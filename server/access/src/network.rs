//! Networks of trusted proxies, as the access file names them.

use ipnet::IpNet;
use serde::Deserialize;
use std::net::IpAddr;

/// A network such as `10.0.0.0/8`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

/// Empty unless the access file names networks: no address is trusted then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Networks(Vec<Network>);

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
