//! Interfaces, addresses and default routes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Look, put};
use crate::value::{Map, Value};

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The number of its interface.
    pub index: u32,
    /// The address.
    pub ip: IpAddr,
    /// Bits of the network.
    pub prefix: u8,
    /// How far it is valid: 0 everywhere, 200 in the site, 253 on the link, 254 on the host. Source:
    /// rtnetlink(7).
    pub scope: u8,
    /// For all hosts of the network.
    pub broadcast: Option<IpAddr>,
}

/// A default route.
#[derive(Debug, PartialEq)]
struct Route {
    interface: String,
    gateway: IpAddr,
    metric: u64,
}

pub(super) fn gather(look: &dyn Look, addresses: &[Address], facts: &mut Map) {
    let mut names = look.names("/sys/class/net");
    names.retain(|name| name != "bonding_masters");
    let mut by_name: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for name in &names {
        let index: u32 = look.text(&format!("/sys/class/net/{name}/ifindex")).parse().unwrap_or(0);
        let own: Vec<&Address> = addresses.iter().filter(|a| a.index == index).collect();
        put(facts, &name.replace(['-', ':', '.'], "_"), interface(look, name, &own));
        by_name.insert(name, own);
    }
    put(facts, "interfaces", names.clone());
    let seen = |v4: bool| {
        let of = |a: &&Address| a.ip.is_ipv4() == v4 && !a.ip.is_loopback();
        addresses.iter().filter(of).map(|a| a.ip.to_string()).collect::<Vec<_>>()
    };
    put(facts, "all_ipv4_addresses", seen(true));
    put(facts, "all_ipv6_addresses", seen(false));
    let route4 = best(routes4(&look.text("/proc/net/route")));
    let route6 = best(routes6(&look.text("/proc/net/ipv6_route")));
    put(facts, "default_ipv4", default_route(look, route4, &by_name, true));
    put(facts, "default_ipv6", default_route(look, route6, &by_name, false));
    put(facts, "dns", resolver(&look.text("/etc/resolv.conf")));
}

fn interface(look: &dyn Look, name: &str, addresses: &[&Address]) -> Value {
    let at = |file: &str| look.text(&format!("/sys/class/net/{name}/{file}"));
    let mut map = Map::new();
    put(&mut map, "device", name);
    put(&mut map, "macaddress", at("address"));
    put(&mut map, "mtu", Value::Int(at("mtu").parse().unwrap_or(0)));
    put(&mut map, "active", at("operstate") != "down");
    put(&mut map, "type", kind(look, name, &at("type")));
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

fn kind(look: &dyn Look, name: &str, number: &str) -> &'static str {
    let has = |below: &str| look.exists(&format!("/sys/class/net/{name}/{below}"));
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

fn default_route(
    look: &dyn Look,
    route: Option<Route>,
    by_name: &BTreeMap<&str, Vec<&Address>>,
    v4: bool,
) -> Map {
    let Some(route) = route else { return Map::new() };
    let mut map = Map::new();
    let own = by_name.get(route.interface.as_str());
    let usable = |a: &&&Address| a.ip.is_ipv4() == v4 && (v4 || a.scope == 0);
    if let Some(address) = own.and_then(|own| own.iter().find(usable)) {
        map = details(address);
    }
    let at = |file: &str| look.text(&format!("/sys/class/net/{}/{file}", route.interface));
    put(&mut map, "gateway", route.gateway.to_string());
    put(&mut map, "interface", route.interface.as_str());
    put(&mut map, "macaddress", at("address"));
    put(&mut map, "mtu", Value::Int(at("mtu").parse().unwrap_or(0)));
    put(&mut map, "type", kind(look, &route.interface, &at("type")));
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
        let gateway = IpAddr::V4(Ipv4Addr::from(number(2)?.to_le_bytes()));
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

#[cfg(test)]
mod tests {
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
}
