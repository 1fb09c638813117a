//! What planned changes make of the paths of a host: the entries they make, change and take away.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::change::{Attrs, Content};
use crate::observe::{Bytes, FileKind, Stat};

/// A number of a user or group that only the host will choose (a user that is yet to be made).
pub const UNKNOWN_ID: u32 = u32::MAX;

/// A time that only applying will tell, in place of nanoseconds since 1970.
pub const UNKNOWN_TIME: i64 = i64::MIN;

/// Links followed before a path counts as a loop, as Linux has it.
const MAX_LINKS: u32 = 40;

/// Planned entries by absolute path, without `.`, `..` and planned links in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    entries: BTreeMap<Arc<str>, Entry>,
}

/// What is planned for one path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// Nothing will be there.
    Gone,
    /// This will be there, whatever was.
    Made(Made),
    /// What the host has, with this put over it.
    Patched(Patch),
    /// The same inode as this path (a hard link).
    Alias(Arc<str>),
    /// Something will be there, and why it is not known.
    Expected(Arc<str>),
}

/// A planned file, directory or link.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    /// As it will be.
    pub stat: Stat,
    /// Its content, where it is a regular file.
    pub body: Body,
}

/// What a planned file will hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    /// No regular file.
    None,
    /// These bytes.
    Bytes(Bytes),
    /// Content that is on the controller; its digest is in the stat.
    Blob,
    /// What the host has at this path.
    Host(Arc<str>),
}

/// Attributes put over what a host has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Patch {
    /// Owner, group and mode.
    pub attrs: Attrs,
    /// Time of the last change of content.
    pub mtime_ns: Option<i64>,
    /// Time of the last access.
    pub atime_ns: Option<i64>,
    /// What is made where the host has nothing (`touch`).
    pub create: Option<Box<Made>>,
}

/// What the tree says about a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found<'a> {
    /// Nothing: what the host says holds.
    Host,
    /// It is not there: taken away, or in a directory that is yet to be made.
    Absent {
        /// Whether it was taken away by name.
        removed: bool,
    },
    /// It is this.
    Made(&'a Made),
    /// It is what the host has, with this over it.
    Patched(&'a Patch),
    /// It is there; why it is not known what.
    Expected(&'a Arc<str>),
}

/// The components of a path, `.` left out.
fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

/// `dir/name`, where `dir` may be the root.
pub(crate) fn join(dir: &str, name: &str) -> String {
    if name.starts_with('/') {
        name.to_owned()
    } else if dir.ends_with('/') {
        format!("{dir}{name}")
    } else {
        format!("{dir}/{name}")
    }
}

/// The directory that holds `path`; the root holds itself.
pub(crate) fn parent(path: &str) -> &str {
    match path.trim_end_matches('/').rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}

impl Tree {
    /// The path with planned links resolved, the last component only when `follow`; nothing for a loop.
    pub(crate) fn resolve(&self, path: &str, follow: bool) -> Option<String> {
        let mut todo: Vec<String> = parts(path).rev().map(str::to_owned).collect();
        let (mut at, mut links) = (String::new(), 0);
        while let Some(part) = todo.pop() {
            if part == ".." {
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            let next = format!("{at}/{part}");
            let target = match self.entries.get(next.as_str()) {
                Some(Entry::Alias(target)) => Some(target),
                Some(Entry::Made(made)) if follow || !todo.is_empty() => made.stat.target.as_ref(),
                _ => None,
            };
            let Some(target) = target else {
                at = next;
                continue;
            };
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            if target.starts_with('/') {
                at.clear();
            }
            todo.extend(parts(target).rev().map(str::to_owned));
        }
        Some(if at.is_empty() { "/".to_owned() } else { at })
    }

    /// What is planned for a resolved path.
    pub(crate) fn find(&self, path: &str) -> Found<'_> {
        let own = self.entries.get(path);
        match own {
            Some(Entry::Gone) => return Found::Absent { removed: true },
            Some(Entry::Made(made)) => return Found::Made(made),
            Some(Entry::Expected(why)) => return Found::Expected(why),
            _ => {}
        }
        if self.is_fresh_below(parent(path)) && path != "/" {
            return Found::Absent { removed: false };
        }
        match own {
            Some(Entry::Patched(update)) => Found::Patched(update),
            _ => Found::Host,
        }
    }

    /// Whether nothing in the directory `dir` comes from the host, because it or one above is planned.
    pub(crate) fn is_fresh_below(&self, dir: &str) -> bool {
        let mut dir = dir;
        loop {
            if let Some(Entry::Gone | Entry::Made(_)) = self.entries.get(dir) {
                return true;
            }
            if dir == "/" {
                return false;
            }
            dir = parent(dir);
        }
    }

    /// Puts an entry at a resolved path. Whatever stood there or below is forgotten, but not what a hard
    /// link shares with it.
    pub(crate) fn put(&mut self, path: &str, entry: Entry) {
        self.release(path);
        self.clear_below(path);
        self.entries.insert(path.into(), entry);
    }

    /// Forgets all that is planned below a path.
    fn clear_below(&mut self, path: &str) {
        let prefix = join(path, "");
        let prefix = if prefix.ends_with('/') { prefix } else { format!("{prefix}/") };
        self.entries.retain(|key, _| !key.starts_with(&prefix) || **key == *path);
    }

    /// Lets the hard links that share an inode with `path` keep it when the name goes.
    fn release(&mut self, path: &str) {
        let shares = |entry: &Entry| matches!(entry, Entry::Alias(target) if **target == *path);
        let links: Vec<Arc<str>> =
            self.entries.iter().filter(|(_, e)| shares(e)).map(|(key, _)| key.clone()).collect();
        let Some((first, others)) = links.split_first() else {
            return;
        };
        let kept = match self.entries.get(path) {
            Some(entry @ Entry::Made(_)) => entry.clone(),
            _ => Entry::Expected(format!("`{first}` was linked to `{path}`").into()),
        };
        self.entries.insert(first.clone(), kept);
        for other in others {
            self.entries.insert(other.clone(), Entry::Alias(first.clone()));
        }
    }

    /// Changes attributes of what is planned at a resolved path, or of what the host has there.
    pub(crate) fn patch(&mut self, path: &str, update: Patch) {
        match self.entries.get_mut(path) {
            Some(Entry::Made(made)) => update.apply(&mut made.stat),
            Some(Entry::Patched(old)) => old.merge(update),
            Some(Entry::Expected(_)) => {}
            _ => {
                self.entries.insert(path.into(), Entry::Patched(update));
            }
        }
    }

    /// The planned stat of a made entry, with the number of names it has.
    pub(crate) fn stat_of(&self, path: &str, made: &Made, digest: bool) -> Stat {
        let mut stat = made.stat.clone();
        stat.nlink += self.links_to(path);
        if !digest {
            stat.sha256 = None;
        }
        stat
    }

    /// How many planned hard links share the inode of a path.
    pub(crate) fn links_to(&self, path: &str) -> u64 {
        let shares = |entry: &&Entry| matches!(entry, Entry::Alias(target) if **target == *path);
        self.entries.values().filter(shares).count() as u64
    }

    /// Everything planned below a resolved directory, by full path.
    pub(crate) fn below<'a>(
        &'a self,
        dir: &str,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Entry)> + use<'a> {
        let prefix = if dir == "/" { "/".to_owned() } else { format!("{dir}/") };
        let start: Arc<str> = prefix.as_str().into();
        self.entries
            .range(start..)
            .take_while(move |(key, _)| key.starts_with(&prefix))
            .filter(|(key, _)| &***key != "/")
    }

    /// Sets all times of a planned entry, and a number that tells its inode from others.
    #[cfg(any(test, feature = "fake"))]
    pub(crate) fn set_times(&mut self, path: &str, now_ns: i64) {
        if let Some(Entry::Made(made)) = self.entries.get_mut(path) {
            let stat = &mut made.stat;
            (stat.mtime_ns, stat.atime_ns, stat.ctime_ns) = (now_ns, now_ns, now_ns);
            (stat.dev, stat.ino) = (1, now_ns.unsigned_abs() / 1_000_000_000);
        }
    }

    /// Every planned entry.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Arc<str>, &Entry)> {
        self.entries.iter()
    }
}

impl Patch {
    /// Puts this over a stat.
    pub(crate) fn apply(&self, stat: &mut Stat) {
        apply_attrs(stat, &self.attrs);
        stat.mtime_ns = self.mtime_ns.unwrap_or(stat.mtime_ns);
        stat.atime_ns = self.atime_ns.unwrap_or(stat.atime_ns);
    }

    fn merge(&mut self, newer: Self) {
        if let Some(made) = &mut self.create {
            newer.apply(&mut made.stat);
        }
        let (old, new) = (&mut self.attrs, newer.attrs);
        if new.uid.is_some() || new.owner.is_some() {
            (old.uid, old.owner) = (new.uid, new.owner);
        }
        if new.gid.is_some() || new.group.is_some() {
            (old.gid, old.group) = (new.gid, new.group);
        }
        old.mode = new.mode.or(old.mode);
        self.mtime_ns = newer.mtime_ns.or(self.mtime_ns);
        self.atime_ns = newer.atime_ns.or(self.atime_ns);
        self.create = newer.create.or_else(|| self.create.take());
    }
}

/// Puts owner, group and mode over a stat; a name without a number leaves the number unknown.
pub(crate) fn apply_attrs(stat: &mut Stat, attrs: &Attrs) {
    if attrs.uid.is_some() || attrs.owner.is_some() {
        stat.uid = attrs.uid.unwrap_or(UNKNOWN_ID);
        stat.owner.clone_from(&attrs.owner);
    }
    if attrs.gid.is_some() || attrs.group.is_some() {
        stat.gid = attrs.gid.unwrap_or(UNKNOWN_ID);
        stat.group.clone_from(&attrs.group);
    }
    if stat.kind != FileKind::Link {
        stat.mode = attrs.mode.unwrap_or(stat.mode);
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> Arc<str> {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(bytes);
    hex(&digest).into()
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The body of planned content, with its size and digest as far as they are known.
pub(crate) fn body(content: &Content) -> (Body, u64, Arc<str>) {
    match content {
        Content::Inline(bytes) => {
            (Body::Bytes(bytes.clone()), bytes.0.len() as u64, sha256(&bytes.0))
        }
        Content::Blob { sha256, size } => (Body::Blob, *size, sha256.clone()),
        Content::HostFile { path, sha256 } => (Body::Host(path.clone()), 0, sha256.clone()),
    }
}
