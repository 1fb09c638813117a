//! Whose word about where a request came from is believed.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use hep_core::message::settings as say;

use crate::cli::Failure;
use crate::settings::table::TRUSTED_PROXIES;

/// A network: its address and how many leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    bits: u128,
    length: u32,
    is_v4: bool,
}

/// The proxies that are believed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trusted(Vec<Network>);

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The address of who asked.
    pub(crate) address: IpAddr,
    /// Whether they speak HTTPS, to us or to a believed proxy.
    pub(crate) is_secure: bool,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (bits, width) = bits(address);
        let length = length.unwrap_or(width);
        (length <= width).then_some(Self { bits, length, is_v4: address.is_ipv4() })
    }

    fn holds(&self, address: IpAddr) -> bool {
        let (bits, width) = bits(address);
        self.is_v4 == address.is_ipv4()
            && (self.length == 0 || (bits ^ self.bits) >> (width - self.length) == 0)
    }
}

fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

impl Trusted {
    /// Reads the setting.
    pub(crate) fn parse(words: &[String]) -> Result<Self, Failure> {
        let networks = words.iter().map(|word| {
            let wanted = "addresses or networks such as `10.0.0.0/8`";
            Network::parse(word)
                .ok_or_else(|| say::bad_value(TRUSTED_PROXIES.name, word, wanted).into())
        });
        networks.collect::<Result<_, _>>().map(Self)
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// Where a request came from. Of the chain in `X-Forwarded-For`, the last address that no trusted proxy has;
    /// whatever stands before it, anybody can have written.
    pub(crate) fn origin(&self, peer: SocketAddr, headers: &HeaderMap) -> Origin {
        let mut origin = Origin { address: peer.ip().to_canonical(), is_secure: false };
        if !self.holds(origin.address) {
            return origin;
        }
        let last = headers.get_all("x-forwarded-proto").iter().next_back();
        origin.is_secure = last.is_some_and(|scheme| scheme == "https");
        let chain = headers.get_all("x-forwarded-for").iter();
        let chain: Vec<&str> = chain.filter_map(|value| value.to_str().ok()).collect();
        let chain = chain.join(",");
        for word in chain.rsplit(',') {
            let Ok(address) = word.trim().parse::<IpAddr>() else { break };
            origin.address = address.to_canonical();
            if !self.holds(origin.address) {
                break;
            }
        }
        origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = Trusted::parse(&["10.0.0.0/8".into(), "::1".into()]).unwrap();
        let cases = [
            ("192.0.2.9:1", "203.0.113.5", "192.0.2.9"),
            ("10.1.2.3:1", "203.0.113.5", "203.0.113.5"),
            ("10.1.2.3:1", "1.1.1.1, 203.0.113.5, 10.9.9.9", "203.0.113.5"),
            ("10.1.2.3:1", "", "10.1.2.3"),
            ("10.1.2.3:1", "nonsense", "10.1.2.3"),
            ("10.1.2.3:1", "10.4.4.4", "10.4.4.4"),
            ("[::1]:1", "2001:db8::7", "2001:db8::7"),
            ("[::ffff:10.1.1.1]:1", "203.0.113.5", "203.0.113.5"),
        ];
        for (peer, chain, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", chain.parse().unwrap());
            let origin = trusted.origin(peer.parse().unwrap(), &headers);
            assert_eq!(origin.address, expected.parse::<IpAddr>().unwrap(), "{peer} {chain}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for word in ["10.0.0.0/33", "example.org", "10.0.0.0/x", "::/129", ""] {
            assert!(Trusted::parse(&[word.to_owned()]).is_err(), "{word}");
        }
        assert!(Network::parse("0.0.0.0/0").unwrap().holds("8.8.8.8".parse().unwrap()));
    }
}
