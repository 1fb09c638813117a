//! Which distribution, and what manages its packages and services.

use std::collections::HashMap;

use super::{Look, put};
use crate::value::{Map, Value};

/// Names and families as Ansible has them. Source: ansible-core, `module_utils/facts/system/distribution.py`
/// (`OS_FAMILY_MAP`); the first word is `ID` of os-release.
const KNOWN: &[(&str, &str, &str)] = &[
    ("debian", "Debian", "Debian"),
    ("ubuntu", "Ubuntu", "Debian"),
    ("raspbian", "Debian", "Debian"),
    ("linuxmint", "Linux Mint", "Debian"),
    ("kali", "Kali", "Debian"),
    ("devuan", "Devuan", "Debian"),
    ("pop", "Pop!_OS", "Debian"),
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
    ("manjaro", "Manjaro", "Archlinux"),
    ("gentoo", "Gentoo", "Gentoo"),
    ("void", "Void", "Void"),
    ("nixos", "NixOS", "NixOS"),
];

/// Programs of package managers, in the order in which they decide. Source: ansible-core,
/// `module_utils/facts/system/pkg_mgr.py`.
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

pub(super) fn gather(look: &dyn Look, facts: &mut Map) {
    let release = os_release(&look.text("/etc/os-release"));
    let field = |name: &str| release.get(name).map_or("", String::as_str);
    let id = field("ID");
    let known = KNOWN.iter().find(|(key, ..)| *key == id);
    let (name, family) = known.map_or_else(
        || (field("NAME").to_owned(), family_like(field("ID_LIKE"), field("NAME"))),
        |(_, name, family)| ((*name).to_owned(), (*family).to_owned()),
    );
    let version = version(&name, field("VERSION_ID"), &look.text("/etc/debian_version"));
    let major = version.split('.').next().unwrap_or("").to_owned();
    let codename = codename(field("VERSION_CODENAME"), field("VERSION"));
    put(facts, "distribution", name.as_str());
    put(facts, "os_family", family.as_str());
    put(facts, "distribution_version", version.as_str());
    put(facts, "distribution_major_version", major.as_str());
    put(facts, "distribution_release", codename.as_str());
    put(facts, "distribution_file_path", "/etc/os-release");
    put(facts, "distribution_file_variety", name.as_str());
    put(facts, "distribution_file_parsed", true);
    put(facts, "pkg_mgr", package_manager(look, &family));
    put(facts, "service_mgr", service_manager(look));
    lsb(look, facts, &name, field("VERSION_ID"), &codename, field("PRETTY_NAME"));
}

/// `NAME=value` lines with shell quoting. Source: os-release(5).
fn os_release(text: &str) -> HashMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
    let unquoted = pairs.map(|(name, value)| {
        let value = value.trim_matches(['"', '\'']).replace("\\\"", "\"").replace("\\$", "$");
        (name.to_owned(), value)
    });
    unquoted.collect()
}

fn family_like(like: &str, name: &str) -> String {
    let mut words = like.split_whitespace();
    let family = words.find_map(|word| KNOWN.iter().find(|(id, ..)| *id == word));
    family.map_or_else(|| name.to_owned(), |(.., family)| (*family).to_owned())
}

/// Debian's point release stands in a file of its own; testing has none at all.
fn version(name: &str, id: &str, debian: &str) -> String {
    let is_number = debian.starts_with(|c: char| c.is_ascii_digit());
    match name {
        "Debian" if is_number => debian.to_owned(),
        _ if id.is_empty() => debian.split('/').next().unwrap_or("").to_owned(),
        _ => id.to_owned(),
    }
}

fn codename(codename: &str, version: &str) -> String {
    if !codename.is_empty() {
        return codename.to_owned();
    }
    let inner = version.split_once('(').and_then(|(_, rest)| rest.split(')').next());
    inner.map_or_else(|| "NA".to_owned(), str::to_owned)
}

fn package_manager(look: &dyn Look, family: &str) -> &'static str {
    if family == "Debian" && look.exists("/usr/bin/apt-get") {
        return "apt";
    }
    MANAGERS.iter().find(|(path, _)| look.exists(path)).map_or("unknown", |(_, name)| name)
}

/// Source: ansible-core, `module_utils/facts/system/service_mgr.py`.
fn service_manager(look: &dyn Look) -> String {
    let first = look.text("/proc/1/comm");
    match first.as_str() {
        "systemd" => "systemd".into(),
        "runit-init" => "runit".into(),
        "s6-svscan" => "s6".into(),
        "openrc-init" => "openrc".into(),
        _ if look.exists("/run/systemd/system") => "systemd".into(),
        _ if look.exists("/run/openrc") => "openrc".into(),
        _ if look.exists("/sbin/upstart") => "upstart".into(),
        _ if look.exists("/etc/init.d") => "sysvinit".into(),
        _ => "service".into(),
    }
}

fn lsb(
    look: &dyn Look,
    facts: &mut Map,
    name: &str,
    version: &str,
    codename: &str,
    description: &str,
) {
    let own = os_release(&look.text("/etc/lsb-release"));
    let field = |name: &str, other: &str| own.get(name).map_or(other, String::as_str).to_owned();
    let release = field("DISTRIB_RELEASE", version);
    let lsb = Value::from([
        ("id", field("DISTRIB_ID", name)),
        ("major_release", release.split('.').next().unwrap_or("").to_owned()),
        ("codename", field("DISTRIB_CODENAME", codename)),
        ("description", field("DISTRIB_DESCRIPTION", description)),
        ("release", release),
    ]);
    put(facts, "lsb", lsb);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_codenames() {
        assert_eq!(version("Debian", "12", "12.7"), "12.7");
        assert_eq!(version("Debian", "12", "bookworm/sid"), "12");
        assert_eq!(version("Debian", "", "trixie/sid"), "trixie");
        assert_eq!(version("Ubuntu", "24.04", "trixie/sid"), "24.04");
        assert_eq!(codename("", "9 (Plow)"), "Plow");
        assert_eq!(codename("bookworm", ""), "bookworm");
        assert_eq!(family_like("rhel centos fedora", "X"), "RedHat");
        let read = os_release("NAME=\"Debian GNU/Linux\"\nID=debian\n# x\n");
        assert_eq!(read["NAME"], "Debian GNU/Linux");
    }
}
