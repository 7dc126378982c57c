//! Networks of machines of which something is believed, as the access file names them.

use serde::Deserialize;
use std::net::IpAddr;

/// An address with the number of its leading bits that count: `10.0.0.0/8`, or one machine without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

/// None unless the file names some: nobody is believed then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Networks(Vec<Network>);

impl Networks {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }
}

impl FromIterator<Network> for Networks {
    fn from_iter<T: IntoIterator<Item = Network>>(networks: T) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl Network {
    fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                leading(network.to_bits().into(), 32 - self.bits) == leading(address.to_bits().into(), 32 - self.bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                leading(network.to_bits(), 128 - self.bits) == leading(address.to_bits(), 128 - self.bits)
            }
            _ => false,
        }
    }
}

/// The bits before the last so many, of which there is at least one.
fn leading(address: u128, rest: u32) -> u128 {
    address.checked_shr(rest).unwrap_or(0)
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a network such as 10.1.0.0/16 or 2001:db8::/32 (nothing may be set behind its leading \
                 bits), nor one machine's address"
            )
        };
        let (address, bits) =
            text.split_once('/').map_or((text.as_str(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (value, width) = match address {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => return Err(wrong()),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let bits = match bits {
            None => width,
            Some("0") => {
                return Err(format!("`{text}` is every address there is: name the network that the proxy is in"));
            }
            Some(bits) => bits.parse::<u32>().ok().filter(|bits| (1..=width).contains(bits)).ok_or_else(wrong)?,
        };
        let rest = width - bits;
        if leading(value, rest).checked_shl(rest) != Some(value) {
            return Err(wrong());
        }
        Ok(Self { address, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::try_from(text.to_owned()).expect("a network")
    }

    #[test]
    fn a_network_holds_the_addresses_with_its_leading_bits() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.4/31", "::ffff:192.0.2.5", "192.0.2.6"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("128.0.0.0/1", "255.1.1.1", "127.0.0.1"),
        ] {
            let holds = |address: &str| network(text).holds(address.parse().expect("an address"));
            assert!(holds(inside) && !holds(outside), "{text}");
        }
        assert!(!Networks::default().hold("127.0.0.1".parse().expect("an address")));
    }

    #[test]
    fn everybody_and_what_is_not_meant_are_refused() {
        for text in [
            "",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.1/8",
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
