//! Planned paths: what changes make of them.

use std::sync::Arc;

use super::tree::{self, Body, Entry, Found, Made, Patch, join};
use super::{Identity, Overlay, UNKNOWN_TIME, parent, sha256};
use crate::change::{Attrs, Before, Content};
use crate::observe::{Bytes, FileKind, Stat};

/// Paths: planning.
impl Overlay {
    pub(super) fn put(&mut self, path: &str, entry: Entry) {
        if let Some(path) = self.tree.resolve(parent(path), true).map(|dir| rejoin(&dir, path)) {
            self.tree.put(&path, entry);
        }
    }

    pub(super) fn patch(&mut self, path: &str, follow: bool, update: Patch) {
        if let Some(path) = self.tree.resolve(path, follow) {
            self.tree.patch(&path, update);
        }
    }

    pub(super) fn make_directory(&mut self, path: &str, attrs: &Attrs, identity: &Identity) {
        let made = new(FileKind::Directory, 0o777, &self.named(attrs), identity);
        self.put(path, Entry::Made(made));
    }

    pub(super) fn write(
        &mut self,
        path: &str,
        content: &Content,
        attrs: &Attrs,
        before: &Before,
        identity: &Identity,
    ) {
        let mut made = new(FileKind::File, 0o666, &Attrs::default(), identity);
        if let Before::Is(old) = before
            && old.kind == FileKind::File
        {
            (made.stat.mode, made.stat.uid, made.stat.gid) = (old.mode, old.uid, old.gid);
            made.stat.owner.clone_from(&old.owner);
            made.stat.group.clone_from(&old.group);
        }
        tree::apply_attrs(&mut made.stat, &self.named(attrs));
        let (body, size, digest) = self.body(content);
        made.body = body;
        made.stat.size = size;
        made.stat.sha256 = Some(digest);
        self.put(path, Entry::Made(made));
    }

    /// What a content is, followed to where it comes from when that is planned itself.
    fn body(&self, content: &Content) -> (Body, u64, Arc<str>) {
        if let Content::HostFile { path, .. } = content
            && let Some(resolved) = self.tree.resolve(path, true)
            && let Found::Made(made) = self.tree.find(&resolved)
        {
            let digest = made.stat.sha256.clone().unwrap_or_default();
            return (made.body.clone(), made.stat.size, digest);
        }
        tree::body(content)
    }

    pub(super) fn link(&mut self, path: &str, target: &Arc<str>, hard: bool, identity: &Identity) {
        if hard {
            if let Some(target) = self.tree.resolve(target, false) {
                self.put(path, Entry::Alias(target.into()));
            }
            return;
        }
        let mut made = new(FileKind::Link, 0o777, &Attrs::default(), identity);
        made.stat.mode = 0o777;
        made.stat.size = target.len() as u64;
        made.stat.target = Some(target.clone());
        self.put(path, Entry::Made(made));
    }

    pub(super) fn touch(
        &mut self,
        path: &str,
        (mtime, atime): (Option<i64>, Option<i64>),
        before: &Before,
        identity: &Identity,
    ) {
        let mut made = new(FileKind::File, 0o666, &Attrs::default(), identity);
        made.body = Body::Bytes(Bytes::default());
        made.stat.sha256 = Some(sha256(b""));
        made.stat.mtime_ns = mtime.unwrap_or(UNKNOWN_TIME);
        made.stat.atime_ns = atime.unwrap_or(UNKNOWN_TIME);
        if *before == Before::Absent {
            self.put(path, Entry::Made(made));
            return;
        }
        let update = Patch {
            mtime_ns: Some(made.stat.mtime_ns),
            atime_ns: Some(made.stat.atime_ns),
            create: Some(Box::new(made)),
            attrs: Attrs::default(),
        };
        self.patch(path, true, update);
    }

    /// Attributes with both number and name of owner and group, where a planned user or group has them.
    pub(super) fn named(&self, attrs: &Attrs) -> Attrs {
        let mut attrs = attrs.clone();
        if let Some(name) = &attrs.owner
            && attrs.uid.is_none()
        {
            attrs.uid = self.users.get(name).and_then(Option::as_ref).map(|user| user.uid);
        }
        if let Some(name) = &attrs.group
            && attrs.gid.is_none()
        {
            attrs.gid = self.groups.get(name).and_then(Option::as_ref).map(|group| group.gid);
        }
        attrs
    }
}

/// What a new file of this kind is before anything is said about it.
fn new(kind: FileKind, mode: u32, attrs: &Attrs, identity: &Identity) -> Made {
    let mut stat = Stat {
        kind,
        mode: mode & !identity.umask,
        uid: identity.uid,
        gid: identity.gid,
        owner: identity.owner.clone(),
        group: identity.group.clone(),
        size: if kind == FileKind::Directory { 4096 } else { 0 },
        mtime_ns: UNKNOWN_TIME,
        atime_ns: UNKNOWN_TIME,
        ctime_ns: UNKNOWN_TIME,
        dev: 0,
        ino: 0,
        nlink: if kind == FileKind::Directory { 2 } else { 1 },
        target: None,
        sha256: None,
    };
    tree::apply_attrs(&mut stat, attrs);
    Made { stat, body: Body::None }
}

/// The last component of `path` below the resolved directory.
fn rejoin(dir: &str, path: &str) -> String {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if name.is_empty() { "/".to_owned() } else { join(dir, name) }
}
