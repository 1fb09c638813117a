//! Places in the file tree, reached so that no other user can lead a change somewhere else.
//!
//! The way to a path is walked one directory at a time with descriptors. A symbolic link on the way is
//! followed only where it belongs to root or to this identity and lies in directories that nobody else
//! can rearrange; then the descriptor, not the path, is what the change acts on.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hep_core::change::Before;
use hep_core::message::{Message, remote};
use hep_core::observe::Stat;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::look::{describe, hash};
use super::{Halt, LocalSystem};
use crate::account::Accounts;

/// Links after which a path is taken for a circle, as the kernel does.
const LINK_LIMIT: u32 = 40;

/// A name in an open directory.
#[derive(Debug)]
pub(super) struct Place {
    /// The directory, opened with `O_PATH`.
    pub(super) dir: OwnedFd,
    /// The name in it.
    pub(super) name: OsString,
    /// The whole path, for messages.
    pub(super) path: String,
}

/// Why a place cannot be reached.
#[derive(Debug)]
pub(super) enum Unreached {
    Errno(Errno),
    Untrusted(PathBuf),
}

impl From<Errno> for Unreached {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

/// What lies at a place, held open.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) fd: OwnedFd,
    pub(super) meta: Metadata,
    pub(super) target: Option<PathBuf>,
}

impl LocalSystem {
    /// The place of a path; with `follow`, that of what a link there finally points to. `failed` makes
    /// the message for an error of the kernel.
    pub(super) fn place(
        &self,
        path: &str,
        follow: bool,
        failed: impl Fn(&str, Errno) -> Message,
    ) -> Result<Place, Halt> {
        let path = self.expand(path)?;
        match walk(Path::new(&path), follow, self.uid) {
            Ok((dir, name)) => Ok(Place { dir, name, path }),
            Err(Unreached::Untrusted(link)) => {
                Err(Halt::Refused(remote::untrusted_link(&path, link.display())))
            }
            Err(Unreached::Errno(errno)) => Err(failed(&path, errno).into()),
        }
    }
}

impl Place {
    /// What lies there, not followed; nothing if nothing does.
    pub(super) fn hold(&self) -> Result<Option<Held>, Errno> {
        hold(&self.dir, &self.name)
    }

    /// Goes on only if what lies there is what was observed; answers with it.
    pub(super) fn expect(
        &self,
        before: &Before,
        failed: impl Fn(&str, Errno) -> Message,
    ) -> Result<Option<Held>, Halt> {
        let held = self.hold().map_err(|errno| failed(&self.path, errno))?;
        if matches!(before, Before::Any) {
            return Ok(held);
        }
        let wants_hash = matches!(before, Before::Is(stat) if stat.sha256.is_some());
        let now = held.as_ref().map(|held| held.stat(wants_hash)).transpose();
        let now = now.map_err(|errno| failed(&self.path, errno))?;
        if before.holds(now.as_ref()) {
            Ok(held)
        } else {
            Err(Halt::Refused(remote::changed_meanwhile(&self.path)))
        }
    }

    /// A name in the same directory that nothing has, for what is going to be renamed.
    pub(super) fn temporary(&self) -> OsString {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let stem = &self.name.as_bytes()[..self.name.len().min(200)];
        let mut name = b".".to_vec();
        name.extend_from_slice(stem);
        let nanos = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic).tv_nsec;
        name.extend_from_slice(format!(".hep-{}-{nanos:x}{number}", std::process::id()).as_bytes());
        OsString::from_vec(name)
    }

    /// The path of another name in the same directory.
    pub(super) fn beside(&self, name: &OsStr) -> PathBuf {
        Path::new(&self.path).with_file_name(name)
    }

    /// Makes what happened in the directory last.
    pub(super) fn sync(&self) {
        // Best effort: some file systems do not sync directories, and the rename has happened.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        if let Ok(dir) = rustix::fs::openat(&self.dir, ".", flags, Mode::empty()) {
            let _ = rustix::fs::fsync(dir);
        }
    }
}

impl Held {
    /// As an answer to a question would describe it.
    pub(super) fn stat(&self, digest: bool) -> Result<Stat, Errno> {
        let mut stat = describe(&self.meta, self.target.as_deref(), &Accounts::new());
        if digest && self.meta.is_file() {
            let mut file = self.reopen(OFlags::RDONLY | OFlags::NONBLOCK)?;
            let hash =
                hash(&mut file).map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
            stat.sha256 = Some(hash.into());
        }
        Ok(stat)
    }

    /// The same file with another access, whatever its name is now.
    pub(super) fn reopen(&self, flags: OFlags) -> Result<File, Errno> {
        let fd = rustix::fs::open(self.link(), flags | OFlags::CLOEXEC, Mode::empty())?;
        Ok(File::from(fd))
    }

    /// A path that means this very file, by the kernel's own link to the descriptor.
    pub(super) fn link(&self) -> String {
        format!("/proc/self/fd/{}", self.fd.as_raw_fd())
    }
}

/// Opens what lies at a name without following or reading it.
pub(super) fn hold(dir: impl AsFd, name: &OsStr) -> Result<Option<Held>, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = match rustix::fs::openat(dir, name, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno),
    };
    let (fd, meta) = metadata(fd)?;
    let target = if meta.is_symlink() { Some(target(&fd)?) } else { None };
    Ok(Some(Held { fd, meta, target }))
}

fn metadata(fd: OwnedFd) -> Result<(OwnedFd, Metadata), Errno> {
    let file = File::from(fd);
    let meta = file.metadata().map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
    Ok((file.into(), meta))
}

fn target(link: &OwnedFd) -> Result<PathBuf, Errno> {
    let bytes = rustix::fs::readlinkat(link, "", Vec::new())?.into_bytes();
    Ok(PathBuf::from(OsString::from_vec(bytes)))
}

fn walk(path: &Path, follow: bool, uid: u32) -> Result<(OwnedFd, OsString), Unreached> {
    let mut todo: VecDeque<OsString> = parts(path);
    let (mut dir, mut trusted) = root(uid)?;
    let mut here = PathBuf::from("/");
    let mut links = 0;
    loop {
        let Some(name) = todo.pop_front() else { return Ok((dir, ".".into())) };
        let last = todo.is_empty();
        if last && !follow {
            return Ok((dir, name));
        }
        let Some(held) = hold(&dir, &name)? else {
            return if last { Ok((dir, name)) } else { Err(Errno::NOENT.into()) };
        };
        if let Some(target) = &held.target {
            links += 1;
            if links > LINK_LIMIT {
                return Err(Errno::LOOP.into());
            }
            if !trusted || !is_ours(held.meta.uid(), uid) {
                return Err(Unreached::Untrusted(here.join(name)));
            }
            if target.is_absolute() {
                (dir, trusted) = root(uid)?;
                here = PathBuf::from("/");
            }
            for part in parts(target).into_iter().rev() {
                todo.push_front(part);
            }
        } else if last {
            return Ok((dir, name));
        } else if held.meta.is_dir() {
            trusted = trusted && is_trusted(&held.meta, uid);
            here.push(&name);
            dir = held.fd;
        } else {
            return Err(Errno::NOTDIR.into());
        }
    }
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    names.collect()
}

fn root(uid: u32) -> Result<(OwnedFd, bool), Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let (fd, meta) = metadata(rustix::fs::open("/", flags, Mode::empty())?)?;
    Ok((fd, is_trusted(&meta, uid)))
}

const fn is_ours(owner: u32, uid: u32) -> bool {
    owner == 0 || owner == uid
}

/// Whether nobody but root, this identity and a group they chose can rename what is in a directory.
fn is_trusted(meta: &Metadata, uid: u32) -> bool {
    is_ours(meta.uid(), uid) && (meta.mode() & 0o002 == 0 || meta.mode() & 0o1000 != 0)
}

/// Removes a name, whatever it is but a directory; errors do not matter.
pub(super) fn forget(dir: impl AsFd, name: &OsStr) {
    let _ = rustix::fs::unlinkat(dir, name, AtFlags::empty());
}
