//! Looking at files and directories.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use hep_core::message::{Message, remote};
use hep_core::observe::{Bytes, FileKind, Stat};
use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::{LocalSystem, why};
use crate::account::Accounts;

/// Entries after which a listing is refused.
const ENTRY_LIMIT: usize = 200_000;

/// Stats by relative path.
type Entries = Vec<(Arc<str>, Stat)>;

impl LocalSystem {
    pub(super) fn stat(
        &self,
        path: &str,
        follow: bool,
        digest: bool,
        accounts: &Accounts,
    ) -> Result<Option<Stat>, Message> {
        let path = self.expand(path)?;
        let at = Path::new(&path);
        let meta = if follow { fs::metadata(at) } else { fs::symlink_metadata(at) };
        let meta = match meta {
            Ok(meta) => meta,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(remote::cannot_look(path, why(error))),
        };
        let target = meta.is_symlink().then(|| fs::read_link(at)).and_then(Result::ok);
        let mut stat = describe(&meta, target.as_deref(), accounts);
        if digest && meta.is_file() {
            let hash = open_regular(at, follow).and_then(|mut file| hash(&mut file));
            stat.sha256 = Some(hash.map_err(|e| remote::cannot_read(path, why(e)))?.into());
        }
        Ok(Some(stat))
    }

    pub(super) fn read(&self, path: &str, limit: u64) -> Result<Option<Bytes>, Message> {
        let path = self.expand(path)?;
        let file = match open_regular(Path::new(&path), true) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                return Err(remote::not_a_file(path));
            }
            Err(error) => return Err(remote::cannot_read(path, why(error))),
        };
        let mut bytes = Vec::new();
        let taken = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        taken.map_err(|error| remote::cannot_read(&path, why(error)))?;
        if bytes.len() as u64 > limit {
            return Err(remote::too_large(path, limit));
        }
        Ok(Some(bytes.into()))
    }

    pub(super) fn list(
        &self,
        path: &str,
        recurse: bool,
        accounts: &Accounts,
    ) -> Result<Option<Entries>, Message> {
        let path = self.expand(path)?;
        let mut found = Vec::new();
        let mut todo = vec![String::new()];
        while let Some(below) = todo.pop() {
            let dir = if below.is_empty() { path.clone() } else { format!("{path}/{below}") };
            let entries = match fs::read_dir(&dir) {
                Ok(entries) => entries,
                Err(error) if below.is_empty() && is_absent(&error) => return Ok(None),
                // Removed between the listing above it and now.
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(remote::cannot_list(dir, why(error))),
            };
            for entry in entries {
                let entry = entry.map_err(|error| remote::cannot_list(&dir, why(error)))?;
                let name = entry.file_name();
                let name = name.to_str().ok_or_else(|| remote::not_utf8(&dir))?;
                let name = if below.is_empty() { name.into() } else { format!("{below}/{name}") };
                let Ok(meta) = entry.metadata() else { continue };
                let target = meta.is_symlink().then(|| fs::read_link(entry.path()));
                let stat = describe(&meta, target.and_then(Result::ok).as_deref(), accounts);
                if recurse && meta.is_dir() {
                    todo.push(name.clone());
                }
                found.push((Arc::from(name), stat));
                if found.len() > ENTRY_LIMIT {
                    return Err(remote::too_many_entries(path, ENTRY_LIMIT));
                }
            }
        }
        found.sort_by(|(a, _): &(Arc<str>, Stat), (b, _)| a.as_bytes().cmp(b.as_bytes()));
        Ok(Some(found))
    }
}

/// Whether the error only says that nothing is there.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Opens a regular file for reading, never waiting for a pipe or a device; anything else is
/// `InvalidInput`.
pub(super) fn open_regular(path: &Path, follow: bool) -> io::Result<File> {
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if !follow {
        flags |= OFlags::NOFOLLOW;
    }
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(ErrorKind::InvalidInput.into()) }
}

/// SHA-256 of what is left to read, in lower-case hexadecimal.
pub(crate) fn hash(from: &mut impl Read) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(size) => hasher.update(&buffer[..size]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What `meta` says, with names.
pub(super) fn describe(meta: &Metadata, target: Option<&Path>, accounts: &Accounts) -> Stat {
    let nanos = |secs: i64, nanos: i64| secs.saturating_mul(1_000_000_000).saturating_add(nanos);
    Stat {
        kind: kind(meta),
        mode: meta.mode() & 0o7777,
        uid: meta.uid(),
        gid: meta.gid(),
        owner: accounts.user_name(meta.uid()),
        group: accounts.group_name(meta.gid()),
        size: meta.size(),
        mtime_ns: nanos(meta.mtime(), meta.mtime_nsec()),
        atime_ns: nanos(meta.atime(), meta.atime_nsec()),
        ctime_ns: nanos(meta.ctime(), meta.ctime_nsec()),
        dev: meta.dev(),
        ino: meta.ino(),
        nlink: meta.nlink(),
        target: target.map(|target| target.to_string_lossy().into()),
        sha256: None,
    }
}

fn kind(meta: &Metadata) -> FileKind {
    let kind = meta.file_type();
    match () {
        () if kind.is_dir() => FileKind::Directory,
        () if kind.is_symlink() => FileKind::Link,
        () if kind.is_char_device() => FileKind::CharDevice,
        () if kind.is_block_device() => FileKind::BlockDevice,
        () if kind.is_fifo() => FileKind::Fifo,
        () if kind.is_socket() => FileKind::Socket,
        () => FileKind::File,
    }
}
