//! What is mounted, with sizes where asking for them cannot hang.

use super::{Look, put};
use crate::value::{Map, Value};

/// File systems that live elsewhere: a server that is gone would hold the question up for ever. Those
/// that begin with `fuse` count as well.
pub const REMOTE: &[&str] =
    &["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "glusterfs", "ncpfs", "davfs"];

/// How large a file system is, as `statvfs` tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// All blocks, of [`Space::fragment`] bytes each.
    pub blocks: u64,
    /// Those that users may still fill.
    pub available: u64,
    /// Bytes of a block as they are counted.
    pub fragment: u64,
    /// Bytes of a block as they are best written.
    pub block: u64,
    /// All inodes.
    pub inodes: u64,
    /// Free inodes.
    pub free_inodes: u64,
}

pub(super) fn gather(look: &dyn Look, facts: &mut Map) {
    let table = look.text("/proc/self/mounts");
    let mounts: Vec<Value> = table.lines().filter_map(|line| mount(look, line)).collect();
    put(facts, "mounts", Value::list(mounts));
}

fn mount(look: &dyn Look, line: &str) -> Option<Value> {
    let mut words = line.split(' ').map(unescape);
    let (device, point, kind, options) =
        (words.next()?, words.next()?, words.next()?, words.next()?);
    // As Ansible: devices, and file systems of the network, which are written `server:/path`.
    if !device.starts_with(['/', '\\']) && !device.contains(":/") {
        return None;
    }
    let mut mount = Map::new();
    for (name, value) in
        [("mount", &point), ("device", &device), ("fstype", &kind), ("options", &options)]
    {
        put(&mut mount, name, value.as_str());
    }
    put(&mut mount, "dump", 0);
    put(&mut mount, "passno", 0);
    put(&mut mount, "uuid", look.uuid(&device).unwrap_or_else(|| "N/A".to_owned()));
    let is_near = !REMOTE.contains(&kind.as_str()) && !kind.starts_with("fuse");
    if let Some(space) = is_near.then(|| look.space(&point)).flatten() {
        sizes(space, &mut mount);
    }
    Some(mount.into())
}

fn sizes(space: Space, mount: &mut Map) {
    let number = |value: u64| Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    for (name, value) in [
        ("size_total", space.blocks.saturating_mul(space.fragment)),
        ("size_available", space.available.saturating_mul(space.fragment)),
        ("block_size", space.block),
        ("block_total", space.blocks),
        ("block_available", space.available),
        ("block_used", space.blocks.saturating_sub(space.available)),
        ("inode_total", space.inodes),
        ("inode_available", space.free_inodes),
        ("inode_used", space.inodes.saturating_sub(space.free_inodes)),
    ] {
        put(mount, name, number(value));
    }
}

/// A word of the kernel's table, in which blanks and the like are written as `\040`. Source: proc(5).
fn unescape(word: &str) -> String {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| *first == b'\\');
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_table() {
        for (word, meant) in [
            ("/a\\040b", "/a b"),
            ("/x\\134", "/x\\"),
            ("/\\303\\251", "/é"),
            ("/x\\9", "/x\\9"),
            ("\\", "\\"),
        ] {
            assert_eq!(unescape(word), meant);
        }
    }
}
