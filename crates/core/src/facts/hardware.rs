//! Processors, memory, disks, what kind of machine it is.

use std::collections::{BTreeSet, HashMap};

use super::{Look, put};
use crate::value::{Map, Value};

pub(super) fn gather(look: &dyn Look, facts: &mut Map) {
    processors(facts, &look.text("/proc/cpuinfo"), &look.text("/proc/self/status"));
    memory(facts, &look.text("/proc/meminfo"));
    let uptime = look.text("/proc/uptime");
    let seconds = uptime.split(['.', ' ']).next().and_then(|word| word.parse().ok());
    put(facts, "uptime_seconds", Value::Int(seconds.unwrap_or(0)));
    machine(look, facts);
    virtualization(look, facts);
    devices(look, facts);
}

fn number(text: &str) -> Option<i64> {
    text.split_whitespace().next()?.parse().ok()
}

/// How many processors a process may use: the bits of `Cpus_allowed`. Source: proc(5).
fn usable(status: &str) -> Option<i64> {
    let mut lines = status.lines().filter_map(|line| line.strip_prefix("Cpus_allowed:"));
    let digits = lines.next()?.chars().filter_map(|digit| digit.to_digit(16));
    Some(digits.map(|digit| i64::from(digit.count_ones())).sum()).filter(|count| *count > 0)
}

fn processors(facts: &mut Map, cpuinfo: &str, status: &str) {
    let mut list: Vec<Value> = Vec::new();
    let (mut sockets, mut cores, mut threads) = (BTreeSet::new(), 1, 0);
    let mut siblings = 1;
    for (name, value) in cpuinfo.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.trim() {
            "processor" => {
                threads += 1;
                list.push(value.into());
            }
            "vendor_id" | "model name" | "Model Name" => list.push(value.into()),
            "physical id" => {
                sockets.insert(value.to_owned());
            }
            "cpu cores" => cores = number(value).unwrap_or(1).max(1),
            "siblings" => siblings = number(value).unwrap_or(1).max(1),
            _ => {}
        }
    }
    // Without topology (ARM, some guests) every thread counts as a processor of one core.
    let known = !sockets.is_empty();
    let sockets = if known { i64::try_from(sockets.len()).unwrap_or(1) } else { threads };
    let per_core = if known { (siblings / cores).max(1) } else { 1 };
    let cores = if known { cores } else { 1 };
    put(facts, "processor", Value::list(list));
    put(facts, "processor_count", Value::Int(sockets));
    put(facts, "processor_cores", Value::Int(cores));
    put(facts, "processor_threads_per_core", Value::Int(per_core));
    put(facts, "processor_vcpus", Value::Int(sockets * cores * per_core));
    put(facts, "processor_nproc", Value::Int(usable(status).unwrap_or(threads)));
}

fn memory(facts: &mut Map, meminfo: &str) {
    let lines = meminfo.lines().filter_map(|line| line.split_once(':'));
    let values: HashMap<&str, i64> =
        lines.filter_map(|(name, value)| Some((name, number(value)? / 1024))).collect();
    let get = |name: &str| values.get(name).copied().unwrap_or(0);
    for (fact, name) in [
        ("memtotal_mb", "MemTotal"),
        ("memfree_mb", "MemFree"),
        ("swaptotal_mb", "SwapTotal"),
        ("swapfree_mb", "SwapFree"),
    ] {
        put(facts, fact, Value::Int(get(name)));
    }
    let pair = |total: i64, free: i64| {
        Value::from([("total", total), ("free", free), ("used", total - free)])
    };
    let (total, free) = (get("MemTotal"), get("MemFree"));
    let without_cache = free + get("Buffers") + get("Cached");
    let nocache = Value::from([("free", without_cache), ("used", total - without_cache)]);
    let swap = Value::from([
        ("total", get("SwapTotal")),
        ("free", get("SwapFree")),
        ("used", get("SwapTotal") - get("SwapFree")),
        ("cached", get("SwapCached")),
    ]);
    let all = Value::from([("real", pair(total, free)), ("nocache", nocache), ("swap", swap)]);
    put(facts, "memory_mb", all);
}

fn machine(look: &dyn Look, facts: &mut Map) {
    for (fact, file) in [
        ("product_name", "product_name"),
        ("product_version", "product_version"),
        ("product_serial", "product_serial"),
        ("product_uuid", "product_uuid"),
        ("system_vendor", "sys_vendor"),
        ("bios_vendor", "bios_vendor"),
        ("bios_version", "bios_version"),
        ("bios_date", "bios_date"),
        ("board_name", "board_name"),
        ("board_vendor", "board_vendor"),
        ("chassis_vendor", "chassis_vendor"),
    ] {
        let value = look.text(&format!("/sys/class/dmi/id/{file}"));
        put(
            facts,
            fact,
            if value.trim().is_empty() { "NA".into() } else { value.trim().to_owned() },
        );
    }
}

/// Type and role. Source: ansible-core, `module_utils/facts/virtual/linux.py`, the common cases.
fn virtualization(look: &dyn Look, facts: &mut Map) {
    let (kind, role) = container(look).map_or_else(|| guest_or_host(look), |kind| (kind, "guest"));
    put(facts, "virtualization_type", kind.as_str());
    put(facts, "virtualization_role", role);
    let list = |wanted: &str| {
        let list: Vec<&str> = if role == wanted { vec![kind.as_str()] } else { vec![] };
        Value::from(list)
    };
    put(facts, "virtualization_tech_guest", list("guest"));
    put(facts, "virtualization_tech_host", list("host"));
}

fn container(look: &dyn Look) -> Option<String> {
    if look.exists("/.dockerenv") || look.exists("/.dockerinit") {
        return Some("docker".into());
    }
    if look.exists("/run/.containerenv") {
        return Some("podman".into());
    }
    let environment = look.text("/proc/1/environ");
    let named = environment.split(['\0', '\n']).find_map(|word| word.strip_prefix("container="));
    let named = named.map_or_else(|| look.text("/run/systemd/container"), str::to_owned);
    let cgroup = look.text("/proc/1/cgroup");
    match named.as_str() {
        "" if cgroup.contains("docker") => Some("docker".into()),
        "" if cgroup.contains("/lxc/") => Some("lxc".into()),
        "" if look.exists("/proc/vz") && !look.exists("/proc/lve") => Some("openvz".into()),
        "" => None,
        "systemd-nspawn" => Some("systemd-nspawn".into()),
        other => Some(other.to_owned()),
    }
}

fn guest_or_host(look: &dyn Look) -> (String, &'static str) {
    let dmi = |file: &str| look.text(&format!("/sys/class/dmi/id/{file}"));
    let (product, vendor) = (dmi("product_name"), dmi("sys_vendor"));
    let guests = [
        ("KVM", "kvm"),
        ("QEMU", "kvm"),
        ("VirtualBox", "virtualbox"),
        ("VMware", "VMware"),
        ("Virtual Machine", "VirtualPC"),
        ("OpenStack", "openstack"),
        ("RHEV", "RHEV"),
        ("oVirt", "oVirt"),
        ("Amazon EC2", "kvm"),
        ("Google", "kvm"),
        ("DigitalOcean", "kvm"),
        ("Hetzner", "kvm"),
    ];
    let found = guests.iter().find(|(mark, _)| product.contains(mark) || vendor.contains(mark));
    if let Some((_, kind)) = found {
        return ((*kind).to_owned(), "guest");
    }
    if look.exists("/proc/xen") {
        return ("xen".into(), "guest");
    }
    let cpuinfo = look.text("/proc/cpuinfo");
    if cpuinfo.contains(" hypervisor") {
        return ("kvm".into(), "guest");
    }
    if look.text("/proc/modules").lines().any(|line| line.starts_with("kvm ")) {
        return ("kvm".into(), "host");
    }
    ("NA".into(), "NA")
}

fn devices(look: &dyn Look, facts: &mut Map) {
    let mut devices = Map::new();
    let names = look.names("/sys/block");
    for name in names.iter().filter(|name| !name.starts_with("ram")) {
        let at = |file: &str| look.text(&format!("/sys/block/{name}/{file}"));
        let sectors: u64 = at("size").parse().unwrap_or(0);
        let mut device = Map::new();
        put(&mut device, "model", at("device/model").trim());
        put(&mut device, "vendor", at("device/vendor").trim());
        put(&mut device, "removable", at("removable"));
        put(&mut device, "rotational", at("queue/rotational"));
        put(&mut device, "sectors", Value::Int(i64::try_from(sectors).unwrap_or(i64::MAX)));
        put(&mut device, "sectorsize", at("queue/logical_block_size"));
        put(&mut device, "size", human(sectors.saturating_mul(512)));
        put(&mut device, "partitions", partitions(look, name));
        put(&mut devices, name, device);
    }
    put(facts, "devices", devices);
}

fn partitions(look: &dyn Look, device: &str) -> Map {
    let mut found = Map::new();
    for name in look.names(&format!("/sys/block/{device}")) {
        if name.starts_with(device) {
            let at = |file: &str| look.text(&format!("/sys/block/{device}/{name}/{file}"));
            let sectors: u64 = at("size").parse().unwrap_or(0);
            let partition = Value::from([
                ("start", at("start")),
                ("sectors", sectors.to_string()),
                ("size", human(sectors.saturating_mul(512))),
            ]);
            put(&mut found, &name, partition);
        }
    }
    found
}

fn human(bytes: u64) -> String {
    let units = ["Bytes", "KB", "MB", "GB", "TB", "PB"];
    let mut unit = 0;
    let mut scale: u64 = 1;
    while unit + 1 < units.len() && bytes / scale >= 1024 {
        scale *= 1024;
        unit += 1;
    }
    let hundredths = u128::from(bytes) * 100 / u128::from(scale);
    format!("{}.{:02} {}", hundredths / 100, hundredths % 100, units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_counted() {
        let one = "processor : 0\nphysical id : 0\nsiblings : 4\ncpu cores : 2\n\nprocessor : 1\nphysical id : 0\nsiblings : 4\ncpu cores : 2\n";
        let arm = "processor : 0\n\nprocessor : 1\n";
        for (cpuinfo, expected) in [(one, [1, 2, 2, 4]), (arm, [2, 1, 1, 2])] {
            let mut facts = Map::new();
            processors(&mut facts, cpuinfo, "");
            let names = ["count", "cores", "threads_per_core", "vcpus"];
            let found = names.map(|name| facts.get(format!("processor_{name}").as_str()).cloned());
            assert_eq!(found, expected.map(|n| Some(Value::Int(n))));
        }
    }

    #[test]
    fn processors_that_may_be_used() {
        for (status, count) in [
            ("Cpus_allowed:\tff", Some(8)),
            ("x\nCpus_allowed:\t1,80000000\nCpus_allowed_list:\t31-32", Some(2)),
            ("", None),
        ] {
            assert_eq!(usable(status), count, "{status}");
        }
    }

    #[test]
    fn sizes() {
        for (bytes, shown) in [(0, "0.00 Bytes"), (1536, "1.50 KB"), (10 << 30, "10.00 GB")] {
            assert_eq!(human(bytes), shown);
        }
    }
}
