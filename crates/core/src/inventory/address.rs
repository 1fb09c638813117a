//! Host names with a port: `name:22`, `10.0.0.1:22`, `[fe80::1]:22`; a bare IPv6 address has none.

// `core::net` is data and parsing only; nothing here can open a socket.
use core::net::Ipv6Addr;

/// Whether this is an IPv6 address, with or without a zone (`fe80::1%eth0`).
#[must_use]
pub fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').map_or((text, None), |(a, z)| (a, Some(z)));
    let zone_is_name = |zone: &str| {
        !zone.is_empty() && zone.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    zone.is_none_or(zone_is_name) && address.parse::<Ipv6Addr>().is_ok()
}

/// The host pattern without its port, and the port as it was written; brackets around an address go.
///
/// The port is what stands after the last `:` outside brackets, if that is digits only, or nothing (which
/// the caller refuses).
#[must_use]
pub fn split_port(text: &str) -> (&str, Option<&str>) {
    if let Some((inside, rest)) = text.strip_prefix('[').and_then(|tail| tail.split_once(']')) {
        if rest.is_empty() && is_ipv6(inside) {
            return (inside, None);
        }
        if let Some(port) = rest.strip_prefix(':')
            && (is_ipv6(inside) || super::range::items(inside).is_err())
        {
            return (inside, Some(port));
        }
    }
    if is_ipv6(text) {
        return (text, None);
    }
    match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && closed(host) => {
            (host, Some(port))
        }
        _ => (text, None),
    }
}

/// Whether no bracket is left open.
fn closed(text: &str) -> bool {
    text.rfind('[').is_none_or(|open| text[open..].contains(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_found_and_addresses_survive() {
        let cases = [
            ("web1", "web1", None),
            ("web1:2222", "web1", Some("2222")),
            ("web[1:5]", "web[1:5]", None),
            ("web[1:5]:22", "web[1:5]", Some("22")),
            ("[1:5]:22", "[1:5]", Some("22")),
            ("fe80::1", "fe80::1", None),
            ("fe80::1%eth0", "fe80::1%eth0", None),
            ("[fe80::1]", "fe80::1", None),
            ("[fe80::1]:22", "fe80::1", Some("22")),
            ("[web1]:22", "web1", Some("22")),
            ("web1:", "web1", Some("")),
            ("2001:db8::1:22", "2001:db8::1:22", None),
            ("a:b", "a:b", None),
        ];
        for (text, host, port) in cases {
            assert_eq!(split_port(text), (host, port), "{text}");
        }
    }
}
