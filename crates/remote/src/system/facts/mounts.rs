//! What is mounted, with sizes where asking for them cannot hang.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use hep_core::value::{Map, Value};

use super::super::remove::unescape;
use super::put;

/// File systems that live elsewhere: a server that is gone would hold the question up for ever.
const REMOTE: &[&str] =
    &["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "glusterfs", "ncpfs", "davfs"];

pub(super) fn gather(facts: &mut Map) {
    let table = fs::read("/proc/self/mounts").unwrap_or_default();
    let uuids = uuids();
    let lines = table.split(|byte| *byte == b'\n');
    let mounts: Vec<Value> = lines.filter_map(|line| mount(line, &uuids)).collect();
    put(facts, "mounts", Value::list(mounts));
}

fn mount(line: &[u8], uuids: &HashMap<PathBuf, String>) -> Option<Value> {
    let mut words =
        line.split(|byte| *byte == b' ').map(|word| unescape(word).to_string_lossy().into_owned());
    let (device, point, kind, options) =
        (words.next()?, words.next()?, words.next()?, words.next()?);
    // As Ansible: devices, and file systems of the network, which are written `server:/path`.
    if !device.starts_with(['/', '\\']) && !device.contains(":/") {
        return None;
    }
    let mut mount = Map::new();
    put(&mut mount, "mount", point.as_str());
    put(&mut mount, "device", device.as_str());
    put(&mut mount, "fstype", kind.as_str());
    put(&mut mount, "options", options);
    put(&mut mount, "dump", 0);
    put(&mut mount, "passno", 0);
    let real = fs::canonicalize(&device).unwrap_or_else(|_| PathBuf::from(&device));
    put(&mut mount, "uuid", uuids.get(&real).map_or("N/A", String::as_str));
    if !REMOTE.contains(&kind.as_str()) && !kind.starts_with("fuse") {
        sizes(&point, &mut mount);
    }
    Some(mount.into())
}

fn sizes(point: &str, mount: &mut Map) {
    let Ok(space) = rustix::fs::statvfs(point) else { return };
    let number = |value: u64| Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    for (name, value) in [
        ("size_total", space.f_blocks.saturating_mul(space.f_frsize)),
        ("size_available", space.f_bavail.saturating_mul(space.f_frsize)),
        ("block_size", space.f_bsize),
        ("block_total", space.f_blocks),
        ("block_available", space.f_bavail),
        ("block_used", space.f_blocks.saturating_sub(space.f_bavail)),
        ("inode_total", space.f_files),
        ("inode_available", space.f_favail),
        ("inode_used", space.f_files.saturating_sub(space.f_favail)),
    ] {
        put(mount, name, number(value));
    }
}

fn uuids() -> HashMap<PathBuf, String> {
    let entries = fs::read_dir("/dev/disk/by-uuid").into_iter().flatten().flatten();
    let pairs = entries.filter_map(|entry| {
        Some((fs::canonicalize(entry.path()).ok()?, entry.file_name().into_string().ok()?))
    });
    pairs.collect()
}
