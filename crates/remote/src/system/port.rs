//! Reaching TCP ports from the host, with names resolved without libc.

use std::fs;
use std::io::Read;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use super::command;

/// Whether a connection is accepted within the time.
pub(super) fn is_open(host: &str, port: u16, timeout_ms: u64) -> bool {
    connect(host, port, timeout_ms).is_some()
}

/// A connection to the first address that accepts one.
pub(super) fn connect(host: &str, port: u16, timeout_ms: u64) -> Option<TcpStream> {
    let timeout = Duration::from_millis(timeout_ms.max(1));
    let addresses = resolve(host);
    addresses
        .iter()
        .find_map(|ip| TcpStream::connect_timeout(&SocketAddr::new(*ip, port), timeout).ok())
}

/// What the other side sends first, up to 64 KiB or the end of the time.
pub(super) fn banner(
    stream: &mut TcpStream,
    timeout_ms: u64,
    enough: &dyn Fn(&str) -> bool,
) -> String {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(timeout_ms.max(1))));
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    while bytes.len() < 64 << 10 {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(size) => bytes.extend_from_slice(&buffer[..size]),
        }
        if enough(&String::from_utf8_lossy(&bytes)) {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn resolve(host: &str) -> Vec<IpAddr> {
    if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
        return vec![ip];
    }
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let known = in_hosts(&hosts, host);
    if !known.is_empty() || host.starts_with('-') {
        return known;
    }
    let text = command::look(&["getent", "ahosts", host]).unwrap_or_default();
    let mut found: Vec<IpAddr> = Vec::new();
    for ip in text.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()) {
        if !found.contains(&ip) {
            found.push(ip);
        }
    }
    found
}

fn in_hosts(text: &str, host: &str) -> Vec<IpAddr> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or(""));
    let matching = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let ip = words.next()?.parse().ok()?;
        words.any(|name| name.eq_ignore_ascii_case(host)).then_some(ip)
    });
    matching.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_file() {
        let text = "127.0.0.1 localhost\n::1 localhost ip6 # x web\n10.0.0.1 Web web.example\n";
        assert_eq!(in_hosts(text, "web"), ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(in_hosts(text, "localhost").len(), 2);
    }

    #[test]
    fn an_open_port_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(is_open("127.0.0.1", port, 1000));
        drop(listener);
        assert!(!is_open("127.0.0.1", port, 1000));
    }
}
