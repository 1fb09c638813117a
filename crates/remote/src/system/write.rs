//! `WriteFile`: the new file is made whole beside the old one, then takes its name.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hep_core::change::{Attrs, Before, Content, Deed};
use hep_core::instant::civil;
use hep_core::message::{Message, remote};
use rustix::fs::{Gid, Mode, OFlags, Uid};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::clock::{self, now_ms};
use super::directory::Owner;
use super::look::{hex, open_regular};
use super::place::{Held, Place, forget};
use super::{Halt, Host, LocalSystem, command, why};

/// Seconds that a validation command may take.
const VALIDATE_SECONDS: u64 = 300;

/// What is to be written and how.
pub(super) struct Order<'a> {
    pub(super) content: &'a Content,
    pub(super) attrs: &'a Attrs,
    pub(super) before: &'a Before,
    pub(super) backup: bool,
    pub(super) validate: &'a Option<Vec<Arc<str>>>,
}

/// A file under its temporary name, removed unless it took its own.
struct Temporary<'a> {
    place: &'a Place,
    name: OsString,
    file: File,
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        forget(&self.place.dir, &self.name);
    }
}

/// Why writing failed, by what a person can do about it.
pub(super) fn failed(path: &str, errno: Errno) -> Message {
    match errno {
        Errno::NOSPC | Errno::DQUOT => remote::disk_full(path),
        Errno::ROFS => remote::read_only(path),
        Errno::NOENT | Errno::NOTDIR => remote::no_parent(path),
        Errno::ISDIR => remote::is_directory(path),
        errno => remote::cannot_write(path, why(errno)),
    }
}

fn io_failed(path: &str, error: &io::Error) -> Message {
    Errno::from_io_error(error)
        .map_or_else(|| remote::cannot_write(path, error), |errno| failed(path, errno))
}

impl LocalSystem {
    pub(super) fn write_file(
        &self,
        path: &str,
        order: &Order<'_>,
        host: &mut dyn Host,
    ) -> Result<Deed, Halt> {
        let place = self.place(path, false, failed)?;
        let old = place.expect(order.before, failed)?;
        if old.as_ref().is_some_and(|old| old.meta.is_dir()) {
            return Err(remote::is_directory(&place.path).into());
        }
        let owner = Owner::of(order.attrs)?;
        let mut new = create(&place)?;
        fill(self, &mut new.file, order.content, &place.path, host)?;
        self.dress(&new, old.as_ref(), owner, order.attrs.mode)?;
        new.file.sync_all().map_err(|error| io_failed(&place.path, &error))?;
        if let Some(argv) = order.validate {
            validate(&new, argv, host)?;
        }
        // What was there may have changed while the content came over the line.
        let old = place.expect(order.before, failed)?;
        let backup = match old.filter(|old| order.backup && old.meta.is_file()) {
            Some(old) => Some(keep(&place, &old)?),
            None => None,
        };
        if let Err(errno) = rustix::fs::renameat(&place.dir, &new.name, &place.dir, &place.name) {
            backup.inspect(|name| forget(&place.dir, name));
            return Err(failed(&place.path, errno).into());
        }
        place.sync();
        let backup = backup.map(|name| place.beside(&name).to_string_lossy().into());
        Ok(Deed { backup, ..Deed::default() })
    }

    /// Gives the new file its owner, mode and, where the old one had them, extended attributes.
    fn dress(
        &self,
        new: &Temporary<'_>,
        old: Option<&Held>,
        owner: Owner,
        mode: Option<u32>,
    ) -> Result<(), Halt> {
        let old = old.filter(|old| old.meta.is_file());
        let path = &new.place.path;
        let refused = |errno| Halt::from(remote::cannot_set(path, why(errno)));
        owner.give(&new.file).map_err(refused)?;
        let mut kept = old.map_or(0o666 & !self.umask, |old| old.meta.mode() & 0o7777);
        if let Some(old) = old {
            let uid = owner.uid.is_none().then(|| Uid::from_raw(old.meta.uid()));
            let gid = owner.gid.is_none().then(|| Gid::from_raw(old.meta.gid()));
            // Only root can give files away; a set-id bit must not be left to another owner.
            let lost = [(uid, None), (None, gid)]
                .into_iter()
                .any(|(uid, gid)| rustix::fs::fchown(&new.file, uid, gid).is_err());
            if lost {
                kept &= 0o1777;
            }
            copy_attributes(old, &new.file, mode.is_none());
        }
        let mode = Mode::from_raw_mode(mode.unwrap_or(kept));
        rustix::fs::fchmod(&new.file, mode).map_err(refused)
    }
}

fn create(place: &Place) -> Result<Temporary<'_>, Halt> {
    let name = place.temporary();
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(&place.dir, &name, flags, Mode::from_raw_mode(0o600));
    let fd = fd.map_err(|errno| failed(&place.path, errno))?;
    Ok(Temporary { place, name, file: File::from(fd) })
}

/// Writes the content, from wherever it is, and checks that it is the one that was named.
pub(super) fn fill(
    system: &LocalSystem,
    file: &mut File,
    content: &Content,
    path: &str,
    host: &mut dyn Host,
) -> Result<(), Halt> {
    match content {
        Content::Inline(bytes) => {
            file.write_all(&bytes.0).map_err(|error| io_failed(path, &error).into())
        }
        Content::Blob { sha256, size } => {
            let from = match host.blob(sha256, *size) {
                Ok(from) => from,
                Err(_) if host.cancel().is_raised() => return Err(Halt::Cancelled),
                Err(message) => return Err(message.into()),
            };
            let found = pour(from, file, path, path)?;
            if *found == **sha256 { Ok(()) } else { Err(remote::blob_damaged(sha256).into()) }
        }
        Content::HostFile { path: source, sha256 } => {
            let source = system.expand(source)?;
            let from = open_regular(Path::new(&source), true);
            let from = from.map_err(|error| remote::cannot_read(&source, why(error)))?;
            let found = pour(from, file, &source, path)?;
            let same = *found == **sha256;
            if same { Ok(()) } else { Err(Halt::Refused(remote::content_differs(path))) }
        }
    }
}

/// Copies to the end; answers with the SHA-256 of what was copied.
fn pour(mut from: File, to: &mut File, source: &str, path: &str) -> Result<String, Halt> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        let size = match from.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(size) => size,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(remote::cannot_read(source, why(error)).into()),
        };
        hasher.update(&buffer[..size]);
        to.write_all(&buffer[..size]).map_err(|error| io_failed(path, &error))?;
    }
}

/// Access lists, labels and users' own attributes; not those that are bound to the old content.
fn copy_attributes(old: &Held, new: &File, with_acl: bool) {
    let Ok(from) = old.reopen(OFlags::RDONLY | OFlags::NONBLOCK) else { return };
    let mut names = vec![0; 16 << 10];
    let Ok(size) = rustix::fs::flistxattr(&from, &mut names) else { return };
    for name in names[..size].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let is_acl = name == b"system.posix_acl_access";
        let wanted = (is_acl && with_acl)
            || name == b"security.selinux"
            || name == b"security.SMACK64"
            || name.starts_with(b"user.");
        let mut value = vec![0; 64 << 10];
        if wanted && let Ok(size) = rustix::fs::fgetxattr(&from, name, &mut value) {
            let flags = rustix::fs::XattrFlags::empty();
            // Best effort: a label that policy refuses falls back to the directory's.
            let _ = rustix::fs::fsetxattr(new, name, &value[..size], flags);
        }
    }
}

fn validate(new: &Temporary<'_>, argv: &[Arc<str>], host: &mut dyn Host) -> Result<(), Halt> {
    let line = hep_core::quote::line(argv);
    if !argv.iter().any(|word| word.contains("%s")) {
        return Err(remote::validate_no_place(line).into());
    }
    let path = &new.place.path;
    let file = new.place.beside(&new.name);
    let spec = command::Spec {
        argv: argv.iter().map(|word| word.replace("%s", &file.to_string_lossy()).into()).collect(),
        timeout: Some(Duration::from_secs(VALIDATE_SECONDS)),
        keep: 16 << 10,
        ..command::Spec::default()
    };
    let ended = command::run(&spec, Some(&host.cancel()), &mut |_, _| {});
    let ended = ended.map_err(|error| remote::validate_failed(path, &line, why(error)))?;
    if ended.how == command::How::Cancelled {
        return Err(Halt::Cancelled);
    }
    if ended.rc == 0 && ended.how == command::How::Exited {
        return Ok(());
    }
    let mut said = ended.err.into_bytes();
    said.extend(ended.out.into_bytes());
    let said = String::from_utf8_lossy(&said);
    Err(remote::validate_failed(path, line, format!("status {}: {}", ended.rc, said.trim())).into())
}

/// Copies the old file beside itself, with owner, mode and times; answers with the name.
fn keep(place: &Place, old: &Held) -> Result<OsString, Halt> {
    let mut name = place.name.clone();
    name.push(format!(".{}.{}~", std::process::id(), stamp(local(now_ms() / 1000))));
    let copied = copy(place, old, &name);
    if copied.is_err() {
        forget(&place.dir, &name);
    }
    copied.map_err(|errno| failed(&place.beside(&name).to_string_lossy(), errno))?;
    Ok(name)
}

fn copy(place: &Place, old: &Held, name: &OsStr) -> Result<(), Errno> {
    let plain = |error: io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let mut from = old.reopen(OFlags::RDONLY)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(&place.dir, name, flags, Mode::from_raw_mode(0o600))?;
    let mut to = File::from(fd);
    io::copy(&mut from, &mut to).map_err(plain)?;
    let (uid, gid) = (Uid::from_raw(old.meta.uid()), Gid::from_raw(old.meta.gid()));
    let given = rustix::fs::fchown(&to, Some(uid), Some(gid)).is_ok();
    let mode = old.meta.mode() & if given { 0o7777 } else { 0o1777 };
    rustix::fs::fchmod(&to, Mode::from_raw_mode(mode))?;
    to.sync_all().map_err(plain)?;
    let modified = old.meta.modified().and_then(|time| to.set_modified(time));
    modified.map_err(plain)
}

/// An instant in local time, as a name wants it.
fn local(seconds: i64) -> i64 {
    let tz = std::env::var("TZ").ok();
    seconds + i64::from(clock::zone(tz.as_deref()).ahead(seconds))
}

/// `2026-01-31@23:59:59`, as the backups of Ansible are named.
fn stamp(seconds: i64) -> String {
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(day);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}@{hour:02}:{minute:02}:{:02}", second % 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "1970-01-01@00:00:00"),
            (951_782_400, "2000-02-29@00:00:00"),
            (1_798_761_599, "2026-12-31@23:59:59"),
        ] {
            assert_eq!(super::stamp(seconds), text);
        }
    }
}
