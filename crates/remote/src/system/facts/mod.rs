//! Facts about the host, under Ansible's names without their `ansible_` prefix.
//!
//! Everything is read from files of the kernel and the distribution; only the time zone and executable
//! local facts cost a process. Nothing here may take long: no file system of the network is asked.

mod date;
mod distribution;
mod hardware;
mod local;
mod mounts;
mod network;
mod security;

use std::fs;

use hep_core::value::{Map, Value};

use super::LocalSystem;
use crate::account::Accounts;

/// Everything that can be found out.
pub(super) fn gather(system: &LocalSystem, accounts: &Accounts) -> Value {
    let mut facts = Map::new();
    names(&mut facts);
    identity(system, accounts, &mut facts);
    distribution::gather(&mut facts);
    hardware::gather(&mut facts);
    mounts::gather(&mut facts);
    network::gather(&mut facts);
    security::gather(&mut facts);
    date::gather(&mut facts);
    local::gather(&mut facts);
    put(&mut facts, "gather_subset", vec!["all"]);
    Value::map(facts)
}

fn put(facts: &mut Map, name: &str, value: impl Into<Value>) {
    facts.insert(name.into(), value.into());
}

/// A small text file, without the newline at its end; empty if it is not there.
fn text(path: &str) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.trim_end_matches(['\n', '\0']).to_owned()
}

fn exists(path: &str) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn names(facts: &mut Map) {
    let uname = rustix::system::uname();
    let word = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let node = word(uname.nodename());
    put(facts, "system", word(uname.sysname()));
    put(facts, "kernel", word(uname.release()));
    put(facts, "kernel_version", word(uname.version()));
    put(facts, "machine", word(uname.machine()));
    put(facts, "architecture", word(uname.machine()));
    put(facts, "userspace_architecture", word(uname.machine()));
    put(facts, "userspace_bits", if cfg!(target_pointer_width = "64") { "64" } else { "32" });
    put(facts, "nodename", node.as_str());
    put(facts, "hostname", node.split('.').next().unwrap_or(""));
    let full = full_name(&node, &text("/etc/hosts"));
    put(facts, "domain", full.split_once('.').map_or("", |(_, domain)| domain));
    put(facts, "fqdn", full);
    put(facts, "machine_id", text("/etc/machine-id"));
    put(facts, "cmdline", command_line(&text("/proc/cmdline")));
    put(facts, "proc_cmdline", command_line(&text("/proc/cmdline")));
}

/// The host's name with its domain, from the hosts file; asking DNS could take long.
fn full_name(node: &str, hosts: &str) -> String {
    if node.contains('.') {
        return node.to_owned();
    }
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or(""));
    let mut matching = lines.filter_map(|line| {
        let names: Vec<&str> = line.split_whitespace().skip(1).collect();
        let qualified = names.iter().find(|name| name.starts_with(&format!("{node}.")));
        qualified.filter(|_| names.contains(&node)).map(|name| (*name).to_owned())
    });
    matching.next().unwrap_or_else(|| node.to_owned())
}

/// `a=b c` as a mapping, a word without `=` being true.
fn command_line(line: &str) -> Value {
    let mut map = Map::new();
    for word in line.split_whitespace() {
        match word.split_once('=') {
            Some((name, value)) => put(&mut map, name, value),
            None => put(&mut map, word, true),
        }
    }
    map.into()
}

fn identity(system: &LocalSystem, accounts: &Accounts, facts: &mut Map) {
    let number = |id: u32| Value::Int(id.into());
    put(facts, "user_id", system.user.as_str());
    put(facts, "user_uid", number(system.uid));
    put(facts, "user_gid", number(system.gid));
    put(facts, "real_user_id", number(rustix::process::getuid().as_raw()));
    put(facts, "effective_user_id", number(system.uid));
    put(facts, "real_group_id", number(rustix::process::getgid().as_raw()));
    put(facts, "effective_group_id", number(system.gid));
    put(facts, "user_dir", system.home.as_str());
    if let Some(account) = accounts.user(&system.uid.to_string()) {
        put(facts, "user_gecos", &*account.gecos);
        put(facts, "user_shell", &*account.shell);
    }
    let mut env = Map::new();
    for (name, value) in std::env::vars_os() {
        put(&mut env, &name.to_string_lossy(), value.to_string_lossy().into_owned());
    }
    put(facts, "env", env);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names() {
        let hosts = "127.0.0.1 localhost\n127.0.1.1 web.example.org web # x\n";
        assert_eq!(full_name("web", hosts), "web.example.org");
        assert_eq!(full_name("db", hosts), "db");
        assert_eq!(full_name("db.lan", hosts), "db.lan");
    }

    #[test]
    fn every_promised_fact_is_there() {
        let facts = gather(&LocalSystem::new(), &Accounts::new());
        for name in [
            "distribution",
            "distribution_version",
            "distribution_release",
            "distribution_major_version",
            "os_family",
            "pkg_mgr",
            "service_mgr",
            "hostname",
            "fqdn",
            "nodename",
            "domain",
            "kernel",
            "architecture",
            "machine",
            "processor_vcpus",
            "processor_cores",
            "processor_count",
            "memtotal_mb",
            "memfree_mb",
            "swaptotal_mb",
            "default_ipv4",
            "default_ipv6",
            "all_ipv4_addresses",
            "all_ipv6_addresses",
            "interfaces",
            "lo",
            "mounts",
            "devices",
            "date_time",
            "env",
            "user_id",
            "user_uid",
            "user_gid",
            "user_dir",
            "user_shell",
            "virtualization_type",
            "virtualization_role",
            "selinux",
            "apparmor",
            "lsb",
            "cmdline",
            "uptime_seconds",
            "system",
            "local",
            "is_chroot",
        ] {
            assert!(facts.get(name).is_some(), "{name} is missing");
        }
        assert!(facts.get("python").is_none());
        let lo = facts.get("lo").and_then(|lo| lo.get("ipv4")?.get("address"));
        assert_eq!(lo.and_then(Value::as_str), Some("127.0.0.1"));
    }
}
