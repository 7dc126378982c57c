//! Networks by their address and the length of their prefix, such as `10.0.0.0/8` or `::1`.

use serde::Deserialize;
use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Of an IPv4 address that a socket for both shows as an IPv6 one, the IPv4 one counts.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.as_str(), None),
        };
        let wrong = || format!("`{text}` is not an address or a network such as 10.0.0.0/8");
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = prefix.map_or(Ok(longest), str::parse).map_err(|_| wrong())?;
        match prefix {
            0 => Err(format!("`{text}` is every address there is: name the network that the proxy is in")),
            prefix if prefix > longest => Err(wrong()),
            prefix => Ok(Self { address, prefix }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        let network = Network::try_from(network.to_owned()).expect(network);
        network.contains(address.parse().expect(address))
    }

    #[test]
    fn a_network_holds_the_addresses_with_its_prefix() {
        assert!(holds("10.1.0.0/16", "10.1.255.255") && !holds("10.1.0.0/16", "10.2.0.0"));
        assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
        assert!(holds("10.1.0.0/16", "::ffff:10.1.2.3") && !holds("10.1.0.0/16", "::10.1.2.3"));
        assert!(holds("fd00::/8", "fdff::1") && !holds("fd00::/8", "fe00::1") && !holds("::1", "127.0.0.1"));
        assert!(holds("192.168.1.77/24", "192.168.1.2"));
    }

    #[test]
    fn what_is_no_network_or_every_address_is_refused() {
        for text in
            ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "proxy.example", "::/0", "0.0.0.0/0", "::1/129", "1/2/3"]
        {
            assert!(Network::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
