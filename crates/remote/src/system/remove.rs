//! `Remove`: by descriptor, never through a link, never into another file system.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;

use hep_core::change::{Before, Deed};
use hep_core::message::{Message, remote};
use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;

use super::place::{Held, hold};
use super::{Halt, LocalSystem, why};

impl LocalSystem {
    pub(super) fn remove(&self, path: &str, recurse: bool, before: &Before) -> Result<Deed, Halt> {
        let place = self.place(path, false, cannot_remove)?;
        let Some(held) = place.hold().map_err(|errno| cannot_remove(&place.path, errno))? else {
            // Gone already: nothing of what was observed is lost by agreeing.
            return match before {
                Before::Absent | Before::Any => Ok(Deed::default()),
                Before::Is(_) => Err(Halt::Refused(remote::changed_meanwhile(&place.path))),
            };
        };
        place.expect(before, cannot_remove)?;
        let failed = |errno| Halt::from(cannot_remove(&place.path, errno));
        if held.meta.is_dir() {
            if let Some(mount) = mount_below(&held) {
                return Err(remote::is_mount(mount).into());
            }
            if recurse {
                empty(held.fd, held.meta.dev()).map_err(failed)?;
            }
            rustix::fs::unlinkat(&place.dir, &place.name, AtFlags::REMOVEDIR).map_err(failed)?;
        } else {
            rustix::fs::unlinkat(&place.dir, &place.name, AtFlags::empty()).map_err(failed)?;
        }
        place.sync();
        Ok(Deed::default())
    }
}

fn cannot_remove(path: &str, errno: Errno) -> Message {
    match errno {
        Errno::ROFS => remote::read_only(path),
        Errno::XDEV => remote::is_mount(path),
        errno => remote::cannot_remove(path, why(errno)),
    }
}

/// Removes everything in a directory. A directory of another device ends it: something was mounted there
/// in the meantime.
fn empty(dir: OwnedFd, dev: u64) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let readable = rustix::fs::openat(&dir, ".", flags, Mode::empty())?;
    drop(dir);
    // Names first: removing while reading skips entries on some file systems.
    for name in names(&readable)? {
        remove_entry(&readable, &name, dev)?;
    }
    Ok(())
}

fn names(dir: &OwnedFd) -> Result<Vec<OsString>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(OsString::from_vec(name));
        }
    }
    Ok(names)
}

fn remove_entry(dir: impl AsFd, name: &OsStr, dev: u64) -> Result<(), Errno> {
    let Some(held) = hold(&dir, name)? else { return Ok(()) };
    if !held.meta.is_dir() {
        return ignore_gone(rustix::fs::unlinkat(&dir, name, AtFlags::empty()));
    }
    if held.meta.dev() != dev {
        return Err(Errno::XDEV);
    }
    empty(held.fd, dev)?;
    ignore_gone(rustix::fs::unlinkat(&dir, name, AtFlags::REMOVEDIR))
}

fn ignore_gone(result: Result<(), Errno>) -> Result<(), Errno> {
    if result == Err(Errno::NOENT) { Ok(()) } else { result }
}

/// A mount point at or below a directory. Bind mounts have the same device, so the kernel's table is
/// asked before anything is removed.
fn mount_below(held: &Held) -> Option<String> {
    let real = fs::read_link(held.link()).ok()?;
    let table = fs::read("/proc/self/mountinfo").ok()?;
    let points = table
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.split(|byte| *byte == b' ').nth(4).map(unescape));
    let mut below = points.filter(|point| std::path::Path::new(point).starts_with(&real));
    below.next().map(|point| point.to_string_lossy().into_owned())
}

/// Undoes the octal escapes (`\040`) of the kernel's tables.
pub(super) fn unescape(text: &[u8]) -> OsString {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let code = tail.get(..3).filter(|_| *byte == b'\\');
        let code =
            code.and_then(|digits| u8::from_str_radix(OsStr::from_bytes(digits).to_str()?, 8).ok());
        out.push(code.unwrap_or(*byte));
        rest = if code.is_some() { &tail[3..] } else { tail };
    }
    OsString::from_vec(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn escapes() {
        for (text, name) in [(r"/a\040b", "/a b"), (r"/a\", r"/a\"), (r"/a\09x", r"/a\09x")] {
            assert_eq!(super::unescape(text.as_bytes()), name);
        }
    }
}
