//! Interfaces, addresses and default routes, from sysfs and one netlink question.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hep_core::value::{Map, Value};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::{put, text};

/// An address of an interface.
#[derive(Clone, Debug, PartialEq)]
struct Address {
    index: u32,
    ip: IpAddr,
    prefix: u8,
    scope: u8,
    broadcast: Option<IpAddr>,
}

/// A default route.
#[derive(Debug, PartialEq)]
struct Route {
    interface: String,
    gateway: IpAddr,
    metric: u64,
}

pub(super) fn gather(facts: &mut Map) {
    let addresses = addresses();
    let mut names: Vec<String> = fs::read_dir("/sys/class/net")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != "bonding_masters")
        .collect();
    names.sort();
    let mut by_name: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for name in &names {
        let index: u32 = text(&format!("/sys/class/net/{name}/ifindex")).parse().unwrap_or(0);
        let own: Vec<&Address> = addresses.iter().filter(|a| a.index == index).collect();
        put(facts, &name.replace(['-', ':', '.'], "_"), interface(name, &own));
        by_name.insert(name, own);
    }
    put(facts, "interfaces", names.clone());
    let seen = |v4: bool| {
        let of = |a: &&Address| a.ip.is_ipv4() == v4 && !a.ip.is_loopback();
        addresses.iter().filter(of).map(|a| a.ip.to_string()).collect::<Vec<_>>()
    };
    put(facts, "all_ipv4_addresses", seen(true));
    put(facts, "all_ipv6_addresses", seen(false));
    let route4 = best(routes4(&text("/proc/net/route")));
    let route6 = best(routes6(&text("/proc/net/ipv6_route")));
    put(facts, "default_ipv4", default_route(route4, &by_name, true));
    put(facts, "default_ipv6", default_route(route6, &by_name, false));
    put(facts, "dns", resolver(&text("/etc/resolv.conf")));
}

fn interface(name: &str, addresses: &[&Address]) -> Value {
    let at = |file: &str| text(&format!("/sys/class/net/{name}/{file}"));
    let mut map = Map::new();
    put(&mut map, "device", name);
    put(&mut map, "macaddress", at("address"));
    put(&mut map, "mtu", Value::Int(at("mtu").parse().unwrap_or(0)));
    put(&mut map, "active", at("operstate") != "down");
    put(&mut map, "type", kind(name, &at("type")));
    if let Ok(speed) = at("speed").parse::<i64>() {
        put(&mut map, "speed", Value::Int(speed));
    }
    let mut v4 = addresses.iter().filter(|a| a.ip.is_ipv4()).map(|a| details(a));
    if let Some(first) = v4.next() {
        put(&mut map, "ipv4", first);
    }
    let more: Vec<Map> = v4.collect();
    if !more.is_empty() {
        put(&mut map, "ipv4_secondaries", more);
    }
    let v6: Vec<Map> = addresses.iter().filter(|a| a.ip.is_ipv6()).map(|a| details(a)).collect();
    if !v6.is_empty() {
        put(&mut map, "ipv6", v6);
    }
    map.into()
}

fn kind(name: &str, number: &str) -> &'static str {
    let has = |below: &str| fs::symlink_metadata(format!("/sys/class/net/{name}/{below}")).is_ok();
    match number {
        "772" => "loopback",
        _ if has("bridge") => "bridge",
        _ if has("bonding") => "bonding",
        "32" => "infiniband",
        "512" => "ppp",
        "1" => "ether",
        _ => "unknown",
    }
}

fn details(address: &Address) -> Map {
    let mut map = Map::new();
    put(&mut map, "address", address.ip.to_string());
    match address.ip {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(address.prefix)).unwrap_or(0);
            put(
                &mut map,
                "broadcast",
                address.broadcast.map_or(String::new(), |ip| ip.to_string()),
            );
            put(&mut map, "netmask", Ipv4Addr::from(mask).to_string());
            put(&mut map, "network", Ipv4Addr::from(u32::from(ip) & mask).to_string());
        }
        IpAddr::V6(_) => put(
            &mut map,
            "scope",
            match address.scope {
                253 => "link",
                254 => "host",
                200 => "site",
                _ => "global",
            },
        ),
    }
    put(&mut map, "prefix", address.prefix.to_string());
    map
}

fn default_route(route: Option<Route>, by_name: &BTreeMap<&str, Vec<&Address>>, v4: bool) -> Map {
    let Some(route) = route else { return Map::new() };
    let mut map = Map::new();
    let own = by_name.get(route.interface.as_str());
    let usable = |a: &&&Address| a.ip.is_ipv4() == v4 && (v4 || a.scope == 0);
    if let Some(address) = own.and_then(|own| own.iter().find(usable)) {
        map = details(address);
    }
    let at = |file: &str| text(&format!("/sys/class/net/{}/{file}", route.interface));
    put(&mut map, "gateway", route.gateway.to_string());
    put(&mut map, "interface", route.interface.as_str());
    put(&mut map, "macaddress", at("address"));
    put(&mut map, "mtu", Value::Int(at("mtu").parse().unwrap_or(0)));
    put(&mut map, "type", kind(&route.interface, &at("type")));
    if v4 {
        put(&mut map, "alias", route.interface.as_str());
    }
    map
}

fn best(routes: Vec<Route>) -> Option<Route> {
    routes.into_iter().min_by_key(|route| route.metric)
}

/// Default routes of `/proc/net/route`: little-endian hexadecimal on the machines we run on.
fn routes4(text: &str) -> Vec<Route> {
    let lines = text.lines().skip(1);
    let routes = lines.filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| u32::from_str_radix(words.get(at)?, 16).ok();
        let is_default = number(1)? == 0 && number(7)? == 0;
        let gateway = IpAddr::V4(Ipv4Addr::from(number(2)?.to_ne_bytes()));
        let metric = words.get(6)?.parse().ok()?;
        is_default.then(|| Route { interface: words[0].into(), gateway, metric })
    });
    routes.collect()
}

/// Default routes of `/proc/net/ipv6_route`; the unreachable ones stand on `lo`.
fn routes6(text: &str) -> Vec<Route> {
    let routes = text.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_default = *words.first()? == "0".repeat(32) && *words.get(1)? == "00";
        let gateway = u128::from_str_radix(words.get(4)?, 16).ok()?;
        let metric = u64::from_str_radix(words.get(5)?, 16).ok()?;
        let interface = words.get(9)?;
        let usable = is_default && *interface != "lo";
        let gateway = IpAddr::V6(Ipv6Addr::from(gateway));
        usable.then(|| Route { interface: (*interface).into(), gateway, metric })
    });
    routes.collect()
}

fn resolver(text: &str) -> Value {
    let mut servers: Vec<&str> = Vec::new();
    let mut search: Vec<&str> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => servers.extend(words.next()),
            Some("search" | "domain") => search = words.collect(),
            _ => {}
        }
    }
    Value::from([("nameservers", Value::from(servers)), ("search", Value::from(search))])
}

/// All addresses of all interfaces, asked of the kernel by netlink. Source: rtnetlink(7).
fn addresses() -> Vec<Address> {
    ask_kernel().unwrap_or_default()
}

fn ask_kernel() -> Result<Vec<Address>, rustix::io::Errno> {
    const GETADDR: u16 = 22;
    const REQUEST_DUMP: u16 = 0x301;
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let mut request = Vec::with_capacity(24);
    request.extend_from_slice(&24_u32.to_ne_bytes());
    request.extend_from_slice(&GETADDR.to_ne_bytes());
    request.extend_from_slice(&REQUEST_DUMP.to_ne_bytes());
    request.extend_from_slice(&[0; 16]);
    rustix::net::send(&socket, &request, SendFlags::empty())?;
    let mut found = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let (size, _) = rustix::net::recv(&socket, &mut buffer[..], RecvFlags::empty())?;
        if size == 0 || read_messages(&buffer[..size], &mut found) {
            return Ok(found);
        }
    }
}

/// Reads the messages of one datagram; true after the last.
fn read_messages(mut bytes: &[u8], found: &mut Vec<Address>) -> bool {
    const NEWADDR: u16 = 20;
    const ERROR: u16 = 2;
    const DONE: u16 = 3;
    while let Some((length, kind)) = u32_at(bytes, 0).zip(u16_at(bytes, 4)) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if kind == DONE || kind == ERROR || length < 16 {
            return true;
        }
        let Some(message) = bytes.get(..length) else { return true };
        if kind == NEWADDR {
            found.extend(read_address(&message[16..]));
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    false
}

fn read_address(body: &[u8]) -> Option<Address> {
    const ADDRESS: u16 = 1;
    const LOCAL: u16 = 2;
    const BROADCAST: u16 = 4;
    let (prefix, scope, index) = (*body.get(1)?, *body.get(3)?, u32_at(body, 4)?);
    let (mut address, mut local, mut broadcast) = (None, None, None);
    let mut rest = body.get(8..)?;
    while let Some((length, kind)) = u16_at(rest, 0).zip(u16_at(rest, 2)) {
        let length = usize::from(length);
        let Some(payload) = rest.get(4..length) else { break };
        match kind {
            ADDRESS => address = ip(payload),
            LOCAL => local = ip(payload),
            BROADCAST => broadcast = ip(payload),
            _ => {}
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    // On a point-to-point link `ADDRESS` is the other side.
    Some(Address { index, ip: local.or(address)?, prefix, scope, broadcast })
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn default_routes() {
        let v4 = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
            eth0 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n\
            eth1 00000000 010300C0 0003 0 0 50 00000000 0 0 0\n\
            eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n";
        let route = best(routes4(v4)).unwrap();
        assert_eq!(
            (route.interface.as_str(), route.gateway.to_string().as_str()),
            ("eth1", "192.0.3.1")
        );
        let zero = "0".repeat(32);
        let v6 = format!(
            "{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 0 0 00000003 eth0\n\
             {zero} 00 {zero} 00 {zero} ffffffff 0 0 00200200 lo\n"
        );
        let route = best(routes6(&v6)).unwrap();
        assert_eq!(
            (route.interface.as_str(), route.gateway.to_string().as_str()),
            ("eth0", "fe80::1")
        );
    }

    proptest! {
        #[test]
        fn kernel_messages_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut found = vec![];
            read_messages(&bytes, &mut found);
            let _ = read_address(&bytes);
        }
    }
}
