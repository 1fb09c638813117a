//! Facts by the plain way: what the kernel's and the distribution's files say, under Ansible's names.
//!
//! Fewer than the executor gathers: no disks, mounts, devices, local facts or addresses of version 6.

use std::collections::HashMap;

use super::parse::Fields;
use crate::message::Message;
use crate::value::{Map, Value};

/// `facts` prints names and encoded texts, then an empty name.
pub(super) const SCRIPT: &str = r#"fact() { p0 "$1"; enc; p0 ""; }
facts() {
for f in /etc/os-release /etc/debian_version /etc/lsb-release /proc/1/comm /proc/meminfo /proc/cpuinfo /proc/uptime \
/proc/cmdline /etc/machine-id /etc/hosts /etc/resolv.conf /proc/net/route /proc/sys/crypto/fips_enabled \
/sys/class/dmi/id/product_name /sys/class/dmi/id/sys_vendor /sys/fs/selinux/enforce /run/systemd/container; do
[ -r "$f" ] && cat "$f" 2>/dev/null | fact "$f"
done
for f in /usr/bin/apt-get /usr/bin/dnf5 /usr/bin/dnf /usr/bin/yum /usr/bin/zypper /usr/bin/pacman /sbin/apk \
/usr/bin/emerge /usr/bin/xbps-install /run/systemd/system /run/openrc /etc/init.d /.dockerenv /run/.containerenv \
/sys/kernel/security/apparmor; do
[ -e "$f" ] && echo "$f"
done | fact there
for w in -s -n -r -v -m; do uname $w; done | fact uname
{ id -u; id -g; id -ur; id -gr; } | fact ids
acct passwd "$(id -u)" && printf '%s\n' "$l" | fact passwd
env | fact env
date '+%Y|%m|%A|%w|%W|%d|%H|%M|%S|%Y-%m-%d|%H:%M:%S|%Z|%Z|%z|%Y%m%dT%H%M%S|%Y%m%dT%H%M%S|%s' | fact date
date -u '+%Y-%m-%dT%H:%M:%SZ' | fact utc
{ command -v ip >/dev/null 2>&1 && ip -4 -o addr show; } 2>/dev/null | fact addresses
set +f
for f in /sys/class/net/*; do
[ -e "$f/address" ] && printf '%s %s %s %s\n' "${f##*/}" "$(cat "$f/address")" "$(cat "$f/mtu" 2>/dev/null)" "$(cat "$f/operstate" 2>/dev/null)"
done | fact links
set -f
command -v nproc >/dev/null 2>&1 && nproc | fact nproc
p0 ""
}"#;

/// The names of `date`'s words, in the order in which the script asks for them.
const DATE: [&str; 17] = [
    "year",
    "month",
    "weekday",
    "weekday_number",
    "weeknumber",
    "day",
    "hour",
    "minute",
    "second",
    "date",
    "time",
    "tz",
    "tz_dst",
    "tz_offset",
    "iso8601_basic",
    "iso8601_basic_short",
    "epoch",
];

/// `ID` of os-release with Ansible's name and family. Source: ansible-core,
/// `module_utils/facts/system/distribution.py`.
const KNOWN: &[(&str, &str, &str)] = &[
    ("debian", "Debian", "Debian"),
    ("ubuntu", "Ubuntu", "Debian"),
    ("raspbian", "Debian", "Debian"),
    ("linuxmint", "Linux Mint", "Debian"),
    ("kali", "Kali", "Debian"),
    ("devuan", "Devuan", "Debian"),
    ("rhel", "RedHat", "RedHat"),
    ("centos", "CentOS", "RedHat"),
    ("fedora", "Fedora", "RedHat"),
    ("rocky", "Rocky", "RedHat"),
    ("almalinux", "AlmaLinux", "RedHat"),
    ("ol", "OracleLinux", "RedHat"),
    ("amzn", "Amazon", "RedHat"),
    ("sles", "SLES", "Suse"),
    ("opensuse-leap", "openSUSE Leap", "Suse"),
    ("opensuse-tumbleweed", "openSUSE Tumbleweed", "Suse"),
    ("alpine", "Alpine", "Alpine"),
    ("arch", "Archlinux", "Archlinux"),
    ("gentoo", "Gentoo", "Gentoo"),
    ("void", "Void", "Void"),
    ("nixos", "NixOS", "NixOS"),
];

/// Package managers by their program, in the order in which they decide.
const MANAGERS: &[(&str, &str)] = &[
    ("/usr/bin/dnf5", "dnf5"),
    ("/usr/bin/dnf", "dnf"),
    ("/usr/bin/yum", "yum"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/bin/pacman", "pacman"),
    ("/sbin/apk", "apk"),
    ("/usr/bin/emerge", "portage"),
    ("/usr/bin/xbps-install", "xbps"),
    ("/usr/bin/apt-get", "apt"),
];

/// What was gathered.
struct Told(HashMap<String, String>);

impl Told {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim_end_matches(['\n', '\0']))
    }

    fn line(&self, name: &str, at: usize) -> &str {
        self.get(name).lines().nth(at).unwrap_or("")
    }

    fn is_there(&self, path: &str) -> bool {
        self.get("there").lines().any(|line| line == path)
    }
}

/// Reads what the script printed.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Value, Message> {
    let mut told = HashMap::new();
    loop {
        let name = fields.lossy()?;
        if name.is_empty() {
            break;
        }
        let text = fields.decoded()?;
        told.insert(name, String::from_utf8_lossy(&text).into_owned());
    }
    for _ in 0..5 {
        fields.next()?;
    }
    let told = Told(told);
    let mut facts = Map::new();
    names(&told, &mut facts);
    identity(&told, &mut facts);
    distribution(&told, &mut facts);
    memory(&told, &mut facts);
    processors(&told, &mut facts);
    machine(&told, &mut facts);
    network(&told, &mut facts);
    date(&told, &mut facts);
    put(&mut facts, "gather_subset", vec!["min"]);
    Ok(Value::map(facts))
}

fn put(facts: &mut Map, name: &str, value: impl Into<Value>) {
    facts.insert(name.into(), value.into());
}

fn names(told: &Told, facts: &mut Map) {
    let [system, node, release, version, machine] =
        [0, 1, 2, 3, 4].map(|at| told.line("uname", at));
    for (name, value) in [
        ("system", system),
        ("nodename", node),
        ("hostname", node.split('.').next().unwrap_or("")),
        ("kernel", release),
        ("kernel_version", version),
        ("machine", machine),
        ("architecture", machine),
        ("userspace_architecture", machine),
        ("machine_id", told.get("/etc/machine-id")),
    ] {
        put(facts, name, value);
    }
    put(facts, "userspace_bits", if machine.contains("64") { "64" } else { "32" });
    let full = full_name(node, told.get("/etc/hosts"));
    put(facts, "domain", full.split_once('.').map_or("", |(_, domain)| domain));
    put(facts, "fqdn", full.as_str());
    let mut words = Map::new();
    for word in told.get("/proc/cmdline").split_whitespace() {
        match word.split_once('=') {
            Some((name, value)) => put(&mut words, name, value),
            None => put(&mut words, word, true),
        }
    }
    put(facts, "cmdline", words.clone());
    put(facts, "proc_cmdline", words);
}

fn full_name(node: &str, hosts: &str) -> String {
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or(""));
    let mut qualified = lines.filter_map(|line| {
        let names: Vec<&str> = line.split_whitespace().skip(1).collect();
        let long = names.iter().find(|name| name.starts_with(&format!("{node}.")));
        long.filter(|_| names.contains(&node)).map(|name| (*name).to_owned())
    });
    if node.contains('.') {
        return node.to_owned();
    }
    qualified.next().unwrap_or_else(|| node.to_owned())
}

fn identity(told: &Told, facts: &mut Map) {
    let id = |at: usize| Value::Int(told.line("ids", at).parse().unwrap_or(-1));
    let account: Vec<&str> = told.line("passwd", 0).split(':').collect();
    let field = |at: usize| account.get(at).copied().unwrap_or("");
    let user = if account.len() > 1 { field(0) } else { told.line("ids", 0) };
    put(facts, "user_id", user);
    for (name, value) in [
        ("user_uid", id(0)),
        ("user_gid", id(1)),
        ("real_user_id", id(2)),
        ("effective_user_id", id(0)),
        ("real_group_id", id(3)),
        ("effective_group_id", id(1)),
    ] {
        put(facts, name, value);
    }
    put(facts, "user_dir", field(5));
    put(facts, "user_gecos", field(4));
    put(facts, "user_shell", field(6));
    let mut env = Map::new();
    for (name, value) in told.get("env").lines().filter_map(|line| line.split_once('=')) {
        // Those that the script itself sets are not the host's.
        if !matches!(name, "LC_ALL" | "LANGUAGE" | "_") {
            put(&mut env, name, value);
        }
    }
    put(facts, "env", env);
}

/// `NAME=value` lines with shell quoting. Source: os-release(5).
fn release(text: &str) -> HashMap<&str, String> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
    pairs.map(|(name, value)| (name, value.trim_matches(['"', '\'']).to_owned())).collect()
}

fn distribution(told: &Told, facts: &mut Map) {
    let os = release(told.get("/etc/os-release"));
    let field = |name: &str| os.get(name).map_or("", String::as_str);
    let find = |id: &str| KNOWN.iter().find(|(known, ..)| *known == id);
    let like = || field("ID_LIKE").split_whitespace().find_map(find);
    let (name, family) = match find(field("ID")) {
        Some((_, name, family)) => (*name, *family),
        None => (field("NAME"), like().map_or(field("NAME"), |(.., family)| *family)),
    };
    let point = told.get("/etc/debian_version");
    let has_point = name == "Debian" && point.starts_with(|c: char| c.is_ascii_digit());
    let version = match field("VERSION_ID") {
        _ if has_point => point,
        "" => point.split('/').next().unwrap_or(""),
        id => id,
    };
    let inner = field("VERSION").split_once('(').and_then(|(_, rest)| rest.split(')').next());
    let codename = match field("VERSION_CODENAME") {
        "" => inner.unwrap_or("NA"),
        codename => codename,
    };
    let manager = MANAGERS.iter().find(|(path, _)| told.is_there(path));
    let apt = family == "Debian" && told.is_there("/usr/bin/apt-get");
    for (fact, value) in [
        ("distribution", name),
        ("os_family", family),
        ("distribution_version", version),
        ("distribution_major_version", version.split('.').next().unwrap_or("")),
        ("distribution_release", codename),
        ("distribution_file_path", "/etc/os-release"),
        ("distribution_file_variety", name),
        ("pkg_mgr", if apt { "apt" } else { manager.map_or("unknown", |(_, name)| name) }),
        ("service_mgr", service_manager(told)),
    ] {
        put(facts, fact, value);
    }
    put(facts, "distribution_file_parsed", true);
    let lsb = release(told.get("/etc/lsb-release"));
    let field = |key: &str, other: &str| lsb.get(key).map_or(other, String::as_str).to_owned();
    let number = field("DISTRIB_RELEASE", field_of(&os, "VERSION_ID"));
    let lsb = Value::from([
        ("id", field("DISTRIB_ID", name)),
        ("major_release", number.split('.').next().unwrap_or("").to_owned()),
        ("codename", field("DISTRIB_CODENAME", codename)),
        ("description", field("DISTRIB_DESCRIPTION", field_of(&os, "PRETTY_NAME"))),
        ("release", number),
    ]);
    put(facts, "lsb", lsb);
}

fn field_of<'a>(os: &'a HashMap<&str, String>, name: &str) -> &'a str {
    os.get(name).map_or("", String::as_str)
}

/// Source: ansible-core, `module_utils/facts/system/service_mgr.py`.
fn service_manager(told: &Told) -> &str {
    match told.get("/proc/1/comm") {
        "systemd" => "systemd",
        "runit-init" => "runit",
        "s6-svscan" => "s6",
        "openrc-init" => "openrc",
        _ if told.is_there("/run/systemd/system") => "systemd",
        _ if told.is_there("/run/openrc") => "openrc",
        _ if told.is_there("/etc/init.d") => "sysvinit",
        _ => "service",
    }
}

fn memory(told: &Told, facts: &mut Map) {
    let lines = told.get("/proc/meminfo").lines().filter_map(|line| line.split_once(':'));
    let sizes: HashMap<&str, i64> = lines
        .filter_map(|(name, size)| {
            Some((name, size.split_whitespace().next()?.parse::<i64>().ok()? / 1024))
        })
        .collect();
    for (fact, name) in [
        ("memtotal_mb", "MemTotal"),
        ("memfree_mb", "MemFree"),
        ("swaptotal_mb", "SwapTotal"),
        ("swapfree_mb", "SwapFree"),
    ] {
        put(facts, fact, Value::Int(sizes.get(name).copied().unwrap_or(0)));
    }
    let uptime = told.get("/proc/uptime").split(['.', ' ']).next().unwrap_or("");
    put(facts, "uptime_seconds", Value::Int(uptime.parse().unwrap_or(0)));
}

fn processors(told: &Told, facts: &mut Map) {
    let pairs = || {
        let lines = told.get("/proc/cpuinfo").lines().filter_map(|line| line.split_once(':'));
        lines.map(|(name, value)| (name.trim(), value.trim()))
    };
    let count = |size: usize| Value::Int(i64::try_from(size).unwrap_or(i64::MAX));
    let number = |wanted: &str| {
        let mut values = pairs().filter(|(name, _)| *name == wanted);
        values.next().and_then(|(_, value)| value.parse::<usize>().ok()).unwrap_or(1).max(1)
    };
    let threads = pairs().filter(|(name, _)| *name == "processor").count();
    let sockets: std::collections::BTreeSet<&str> =
        pairs().filter(|(name, _)| *name == "physical id").map(|(_, value)| value).collect();
    // Without topology every thread counts as a processor of one core.
    let (sockets, cores, per_core) = match sockets.len() {
        0 => (threads, 1, 1),
        known => (known, number("cpu cores"), (number("siblings") / number("cpu cores")).max(1)),
    };
    put(facts, "processor_count", count(sockets));
    put(facts, "processor_cores", count(cores));
    put(facts, "processor_threads_per_core", count(per_core));
    let vcpus = sockets.saturating_mul(cores).saturating_mul(per_core);
    put(facts, "processor_vcpus", count(vcpus));
    put(facts, "processor_nproc", count(told.get("nproc").parse().unwrap_or(threads)));
    let list =
        pairs().filter(|(name, _)| matches!(*name, "processor" | "vendor_id" | "model name"));
    put(facts, "processor", list.map(|(_, value)| value).collect::<Vec<_>>());
}

fn machine(told: &Told, facts: &mut Map) {
    let named = |path: &str| match told.get(path).trim() {
        "" => "NA".to_owned(),
        text => text.to_owned(),
    };
    let product = named("/sys/class/dmi/id/product_name");
    let vendor = named("/sys/class/dmi/id/sys_vendor");
    let container = told.get("/run/systemd/container");
    let (kind, role) = match () {
        () if told.is_there("/.dockerenv") => ("docker", "guest"),
        () if told.is_there("/run/.containerenv") => ("podman", "guest"),
        () if !container.is_empty() => (container, "guest"),
        () if product.contains("VirtualBox") => ("virtualbox", "guest"),
        () if product.contains("VMware") => ("VMware", "guest"),
        () if told.get("/proc/cpuinfo").contains(" hypervisor") => ("kvm", "guest"),
        () => ("NA", "NA"),
    };
    put(facts, "virtualization_type", kind);
    put(facts, "virtualization_role", role);
    put(facts, "product_name", product);
    put(facts, "system_vendor", vendor);
    put(facts, "fips", told.get("/proc/sys/crypto/fips_enabled") == "1");
    let on = |on: bool| if on { "enabled" } else { "disabled" };
    let apparmor = told.is_there("/sys/kernel/security/apparmor");
    put(facts, "apparmor", Value::from([("status", on(apparmor))]));
    let selinux = told.0.contains_key("/sys/fs/selinux/enforce");
    put(facts, "selinux", Value::from([("status", on(selinux))]));
}

/// An interface's address: name, address, prefix and broadcast.
fn addresses(text: &str) -> Vec<(&str, &str, u32, &str)> {
    let lines = text.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |word: &str| {
            let at = words.iter().position(|other| *other == word)?;
            words.get(at + 1).copied()
        };
        let (address, prefix) = after("inet")?.split_once('/')?;
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
        Some((*words.get(1)?, address, prefix, after("brd").unwrap_or("")))
    });
    lines.collect()
}

fn network(told: &Told, facts: &mut Map) {
    let known = addresses(told.get("addresses"));
    let mut interfaces = Vec::new();
    for line in told.get("links").lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, mac, mtu, state] = words[..] else { continue };
        let mut link = Map::new();
        put(&mut link, "device", name);
        put(&mut link, "macaddress", mac);
        put(&mut link, "mtu", Value::Int(mtu.parse().unwrap_or(0)));
        put(&mut link, "active", state != "down");
        let mut own = known.iter().filter(|(of, ..)| *of == name).map(address);
        if let Some(first) = own.next() {
            put(&mut link, "ipv4", first);
        }
        let more: Vec<Map> = own.collect();
        if !more.is_empty() {
            put(&mut link, "ipv4_secondaries", more);
        }
        put(facts, &name.replace(['-', ':', '.'], "_"), link);
        interfaces.push(name);
    }
    put(facts, "interfaces", interfaces);
    let all = known.iter().filter(|(_, address, ..)| !address.starts_with("127."));
    put(facts, "all_ipv4_addresses", all.map(|(_, address, ..)| *address).collect::<Vec<_>>());
    put(facts, "default_ipv4", default_route(told, &known));
    let words = |wanted: &str| {
        let lines = told.get("/etc/resolv.conf").lines().map(str::split_whitespace);
        let mut matching =
            lines.filter_map(|mut words| (words.next() == Some(wanted)).then_some(words));
        matching.by_ref().flatten().collect::<Vec<_>>()
    };
    let dns = [("nameservers", words("nameserver")), ("search", words("search"))];
    put(facts, "dns", Value::from(dns));
}

fn address((_, address, prefix, broadcast): &(&str, &str, u32, &str)) -> Map {
    let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
    let number = address.parse::<std::net::Ipv4Addr>().map_or(0, u32::from);
    let dotted = |number: u32| std::net::Ipv4Addr::from(number).to_string();
    let mut map = Map::new();
    put(&mut map, "address", *address);
    put(&mut map, "broadcast", *broadcast);
    put(&mut map, "netmask", dotted(mask));
    put(&mut map, "network", dotted(number & mask));
    put(&mut map, "prefix", prefix.to_string());
    map
}

/// The default route with the lowest metric, from the kernel's table: little-endian hexadecimal.
fn default_route(told: &Told, known: &[(&str, &str, u32, &str)]) -> Map {
    let routes = told.get("/proc/net/route").lines().skip(1).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| u32::from_str_radix(words.get(at)?, 16).ok();
        let is_default = number(1)? == 0 && number(7)? == 0;
        let metric: u64 = words.get(6)?.parse().ok()?;
        is_default.then_some((metric, *words.first()?, number(2)?))
    });
    let Some((_, name, gateway)) = routes.min() else { return Map::new() };
    let own = known.iter().find(|(of, ..)| *of == name);
    let mut map = own.map_or_else(Map::new, address);
    put(&mut map, "gateway", std::net::Ipv4Addr::from(gateway.to_le_bytes()).to_string());
    put(&mut map, "interface", name);
    put(&mut map, "alias", name);
    let mut links = told.get("links").lines().filter_map(|line| line.split_once(' '));
    if let Some((_, rest)) = links.find(|(of, _)| *of == name) {
        put(&mut map, "macaddress", rest.split(' ').next().unwrap_or(""));
    }
    map
}

fn date(told: &Told, facts: &mut Map) {
    let mut date = Map::new();
    for (name, value) in DATE.iter().zip(told.get("date").split('|')) {
        put(&mut date, name, value);
    }
    let utc = told.get("utc");
    put(&mut date, "iso8601", utc);
    put(&mut date, "iso8601_micro", format!("{}.000000Z", utc.trim_end_matches('Z')));
    let seconds = date.get("epoch").cloned().unwrap_or_default();
    put(&mut date, "epoch_int", seconds);
    put(facts, "date_time", date);
}
