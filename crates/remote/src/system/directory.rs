//! `MakeDirectory`, `SetAttrs` and `Touch`: acting on a descriptor, so that no link can lead elsewhere.

use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use hep_core::change::{Attrs, Before, Deed};
use hep_core::message::{Message, remote};
use rustix::fs::{AtFlags, Gid, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, Uid};
use rustix::io::Errno;

use super::place::{Held, Place};
use super::{Halt, LocalSystem, why};
use crate::account::Accounts;

/// Owner and group as numbers, names resolved when the change is applied.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owner {
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
}

impl Owner {
    pub(super) fn of(attrs: &Attrs) -> Result<Self, Message> {
        let accounts = Accounts::new();
        let uid = match (&attrs.uid, &attrs.owner) {
            (None, Some(name)) => {
                Some(accounts.user(name).ok_or_else(|| remote::no_user(name))?.uid)
            }
            (uid, _) => *uid,
        };
        let gid = match (&attrs.gid, &attrs.group) {
            (None, Some(name)) => {
                Some(accounts.group(name).ok_or_else(|| remote::no_group(name))?.gid)
            }
            (gid, _) => *gid,
        };
        Ok(Self { uid, gid })
    }

    /// Gives an open file to its owner, if there is one to give it to.
    pub(super) fn give(self, file: impl AsFd) -> Result<(), Errno> {
        if self.uid.is_none() && self.gid.is_none() {
            return Ok(());
        }
        let (uid, gid) = (self.uid.map(Uid::from_raw), self.gid.map(Gid::from_raw));
        rustix::fs::chownat(file, "", uid, gid, AtFlags::EMPTY_PATH)
    }
}

fn cannot_set(path: &str, errno: Errno) -> Message {
    match errno {
        Errno::ROFS => remote::read_only(path),
        errno => remote::cannot_set(path, why(errno)),
    }
}

fn cannot_make(path: &str, errno: Errno) -> Message {
    match errno {
        Errno::NOSPC | Errno::DQUOT => remote::disk_full(path),
        Errno::ROFS => remote::read_only(path),
        Errno::NOENT | Errno::NOTDIR => remote::no_parent(path),
        errno => remote::cannot_make(path, why(errno)),
    }
}

fn cannot_touch(path: &str, errno: Errno) -> Message {
    match errno {
        Errno::NOSPC | Errno::DQUOT => remote::disk_full(path),
        Errno::ROFS => remote::read_only(path),
        Errno::NOENT | Errno::NOTDIR => remote::no_parent(path),
        errno => remote::cannot_touch(path, why(errno)),
    }
}

/// Owner first: giving a file away clears its set-id bits.
fn dress(held: &Held, owner: Owner, mode: Option<u32>) -> Result<(), Errno> {
    owner.give(&held.fd)?;
    match mode {
        // A link has no mode of its own.
        Some(mode) if !held.meta.is_symlink() => {
            rustix::fs::chmod(held.link(), Mode::from_raw_mode(mode & 0o7777))
        }
        _ => Ok(()),
    }
}

impl LocalSystem {
    pub(super) fn set_attrs(
        &self,
        path: &str,
        attrs: &Attrs,
        follow: bool,
        before: &Before,
    ) -> Result<Deed, Halt> {
        let place = self.place(path, follow, cannot_set)?;
        let held = place.expect(before, cannot_set)?;
        let held = held.ok_or_else(|| cannot_set(&place.path, Errno::NOENT))?;
        let owner = Owner::of(attrs)?;
        let mode = attrs.mode.or_else(|| kept_set_id(&held, owner));
        dress(&held, owner, mode).map_err(|errno| cannot_set(&place.path, errno))?;
        Ok(Deed::default())
    }

    pub(super) fn make_directory(
        &self,
        path: &str,
        attrs: &Attrs,
        before: &Before,
    ) -> Result<Deed, Halt> {
        let place = self.place(path, false, cannot_make)?;
        let owner = Owner::of(attrs)?;
        // A `Remove` before this one may have taken away what `before` names.
        if place.hold().map_err(|errno| cannot_make(&place.path, errno))?.is_some() {
            place.expect(before, cannot_make)?;
        }
        match rustix::fs::mkdirat(&place.dir, &place.name, Mode::from_raw_mode(0o700)) {
            Ok(()) => {}
            // Somebody made it since it was looked at, a moment ago.
            Err(Errno::EXIST) => {
                return Err(Halt::Refused(remote::changed_meanwhile(&place.path)));
            }
            Err(errno) => return Err(cannot_make(&place.path, errno).into()),
        }
        let made = self.finish_directory(&place, owner, attrs.mode);
        if made.is_err() {
            let _ = rustix::fs::unlinkat(&place.dir, &place.name, AtFlags::REMOVEDIR);
        }
        made.map_err(|errno| cannot_set(&place.path, errno))?;
        place.sync();
        Ok(Deed::default())
    }

    fn finish_directory(
        &self,
        place: &Place,
        owner: Owner,
        mode: Option<u32>,
    ) -> Result<(), Errno> {
        let held = place.hold()?.filter(|held| held.meta.is_dir()).ok_or(Errno::NOENT)?;
        // A directory that is not ours came between: leave it alone.
        if held.meta.uid() != self.uid {
            return Err(Errno::EXIST);
        }
        // A set-group-id parent hands its bit down; an explicit mode alone takes it away.
        let inherited = held.meta.mode() & 0o2000;
        dress(&held, owner, Some(mode.unwrap_or(0o777 & !self.umask | inherited)))
    }

    pub(super) fn touch(
        &self,
        path: &str,
        mtime_ns: Option<i64>,
        atime_ns: Option<i64>,
        before: &Before,
    ) -> Result<Deed, Halt> {
        let place = self.place(path, false, cannot_touch)?;
        let held = place.expect(before, cannot_touch)?;
        let failed = |errno| Halt::from(cannot_touch(&place.path, errno));
        let held = match held {
            Some(held) => held,
            None => self.make_empty(&place).map_err(failed)?,
        };
        let times = Timestamps { last_access: time(atime_ns), last_modification: time(mtime_ns) };
        let done = if held.meta.is_symlink() {
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            rustix::fs::utimensat(&place.dir, &place.name, &times, flags)
        } else {
            rustix::fs::utimensat(rustix::fs::CWD, held.link(), &times, AtFlags::empty())
        };
        done.map_err(failed)?;
        Ok(Deed::default())
    }

    fn make_empty(&self, place: &Place) -> Result<Held, Errno> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o666 & !self.umask);
        drop(rustix::fs::openat(&place.dir, &place.name, flags, mode)?);
        place.hold()?.ok_or(Errno::NOENT)
    }
}

/// The mode to put back when only the owner of a file with set-id bits changes: who gives it away
/// without naming a mode wants the mode as it is.
fn kept_set_id(held: &Held, owner: Owner) -> Option<u32> {
    let mode = held.meta.mode() & 0o7777;
    let changes = owner.uid.is_some() || owner.gid.is_some();
    (changes && held.meta.is_file() && mode & 0o6000 != 0).then_some(mode)
}

fn time(ns: Option<i64>) -> Timespec {
    ns.map_or(Timespec { tv_sec: 0, tv_nsec: UTIME_NOW }, |ns| Timespec {
        tv_sec: ns.div_euclid(1_000_000_000),
        tv_nsec: ns.rem_euclid(1_000_000_000),
    })
}
