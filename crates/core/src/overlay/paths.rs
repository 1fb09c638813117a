//! What questions about paths are answered once the planned paths are as planned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::tree::{Body, Entry, Found, Made, Patch, Tree, join};
use super::{Overlay, glob};
use crate::observe::{Answer, Bytes, FileKind, Stat};

/// Where a package may put files.
const SYSTEM: &[&str] = &[
    "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/opt", "/run", "/sbin", "/srv", "/usr",
    "/var",
];

/// Paths: answering.
impl Overlay {
    /// `answer`, or that it is not known, when something opaque may bring what is absent.
    pub(super) fn absent(&self, answer: Answer) -> Answer {
        self.opaque.clone().map_or(answer, Answer::Unknown)
    }

    fn absent_path(&self, path: &str, answer: Answer) -> Answer {
        if is_system(path) { self.absent(answer) } else { answer }
    }

    pub(super) fn stat(&self, path: &str, follow: bool, digest: bool) -> Option<Answer> {
        if !path.starts_with('/') {
            return None;
        }
        let Some(path) = self.tree.resolve(path, follow) else {
            return Some(Answer::Stat(None));
        };
        match self.tree.find(&path) {
            Found::Host
            | Found::Patched(_)
            | Found::Expected(_)
            | Found::Made(Made { body: Body::Host(_), .. }) => None,
            Found::Absent { removed: true } => Some(Answer::Stat(None)),
            Found::Absent { removed: false } => Some(self.absent_path(&path, Answer::Stat(None))),
            Found::Made(made) => {
                Some(Answer::Stat(Some(Box::new(self.tree.stat_of(&path, made, digest)))))
            }
        }
    }

    pub(super) fn read(&self, path: &str, limit: u64) -> Option<Answer> {
        if !path.starts_with('/') {
            return None;
        }
        let Some(path) = self.tree.resolve(path, true) else {
            return Some(Answer::Content(None));
        };
        match self.tree.find(&path) {
            Found::Host | Found::Patched(_) | Found::Made(Made { body: Body::Host(_), .. }) => None,
            Found::Expected(why) => Some(Answer::Unknown(why.clone())),
            Found::Absent { removed: true } => Some(Answer::Content(None)),
            Found::Absent { removed: false } => {
                Some(self.absent_path(&path, Answer::Content(None)))
            }
            Found::Made(made) => match &made.body {
                Body::Bytes(bytes) if bytes.0.len() as u64 > limit => {
                    Some(Answer::Failed(crate::message::file::too_large(&path, limit)))
                }
                Body::Bytes(bytes) => Some(Answer::Content(Some(bytes.clone()))),
                Body::Blob => Some(Answer::Unknown(
                    format!("the new content of `{path}` is sent when it is applied").into(),
                )),
                Body::Host(_) | Body::None => {
                    Some(Answer::Failed(crate::message::file::not_a_file(&path)))
                }
            },
        }
    }

    pub(super) fn list(&self, path: &str, recurse: bool) -> Option<Answer> {
        if !path.starts_with('/') {
            return None;
        }
        let Some(path) = self.tree.resolve(path, true) else {
            return Some(Answer::Entries(None));
        };
        match self.tree.find(&path) {
            Found::Absent { removed: false } => {
                Some(self.absent_path(&path, Answer::Entries(None)))
            }
            Found::Made(made) if made.stat.kind == FileKind::Directory => {
                Some(Answer::Entries(Some(self.merged(&path, recurse, Vec::new()))))
            }
            Found::Absent { removed: true } | Found::Made(_) => Some(Answer::Entries(None)),
            Found::Expected(why) => Some(Answer::Unknown(why.clone())),
            Found::Host | Found::Patched(_) => None,
        }
    }

    /// Where the host keeps what a planned path is about.
    pub(super) fn source(&self, path: &Arc<str>, follow: bool) -> Arc<str> {
        if !path.starts_with('/') {
            return path.clone();
        }
        let Some(resolved) = self.tree.resolve(path, follow) else {
            return path.clone();
        };
        match self.tree.find(&resolved) {
            Found::Made(Made { body: Body::Host(source), .. }) => source.clone(),
            _ if Self::is_lexically(path, &resolved) => path.clone(),
            _ => resolved.into(),
        }
    }

    /// Whether resolving changed nothing that the host could see otherwise.
    fn is_lexically(path: &str, resolved: &str) -> bool {
        Tree::default().resolve(path, false).as_deref() == Some(resolved)
    }

    pub(super) fn adjust_stat(
        &self,
        path: &Arc<str>,
        follow: bool,
        digest: bool,
        stat: Option<Box<Stat>>,
    ) -> Answer {
        let Some(resolved) = self.tree.resolve(path, follow).filter(|_| path.starts_with('/'))
        else {
            return Answer::Stat(stat);
        };
        let links = self.tree.links_to(&resolved);
        let stat = stat.map(|mut stat| {
            stat.nlink += links;
            stat
        });
        match (self.tree.find(&resolved), stat) {
            (Found::Made(made), host) => {
                let mut planned = self.tree.stat_of(&resolved, made, digest);
                planned.size = host.map_or(planned.size, |stat| stat.size);
                Answer::Stat(Some(Box::new(planned)))
            }
            (Found::Patched(update), Some(mut stat)) => {
                update.apply(&mut stat);
                Answer::Stat(Some(stat))
            }
            (Found::Patched(Patch { create: Some(made), .. }), None) => {
                Answer::Stat(Some(Box::new(self.tree.stat_of(&resolved, made, digest))))
            }
            (Found::Expected(why), None) => Answer::Unknown(why.clone()),
            (_, None) => self.absent_path(&resolved, Answer::Stat(None)),
            (_, stat) => Answer::Stat(stat),
        }
    }

    pub(super) fn adjust_content(&self, path: &str, content: Option<Bytes>) -> Answer {
        match (self.tree.resolve(path, true), content) {
            (Some(resolved), None) => match self.tree.find(&resolved) {
                Found::Patched(Patch { create: Some(_), .. }) => {
                    Answer::Content(Some(Bytes::default()))
                }
                _ => self.absent_path(&resolved, Answer::Content(None)),
            },
            (_, content) => Answer::Content(content),
        }
    }

    pub(super) fn adjust_entries(
        &self,
        path: &str,
        recurse: bool,
        entries: Option<Vec<(Arc<str>, Stat)>>,
    ) -> Answer {
        let Some(resolved) = self.tree.resolve(path, true) else {
            return Answer::Entries(entries);
        };
        match entries {
            None => self.absent_path(&resolved, Answer::Entries(None)),
            Some(entries) => Answer::Entries(Some(self.merged(&resolved, recurse, entries))),
        }
    }

    /// A directory's entries as the host has them, with planned ones put in and taken out.
    fn merged(
        &self,
        dir: &str,
        recurse: bool,
        entries: Vec<(Arc<str>, Stat)>,
    ) -> Vec<(Arc<str>, Stat)> {
        let mut all: BTreeMap<Arc<str>, Stat> = BTreeMap::new();
        for (name, mut stat) in entries {
            let path = join(dir, &name);
            match self.tree.find(&path) {
                Found::Host | Found::Expected(_) => {}
                Found::Patched(update) => update.apply(&mut stat),
                Found::Absent { .. } => continue,
                Found::Made(made) => stat = self.tree.stat_of(&path, made, false),
            }
            all.insert(name, stat);
        }
        for (path, _) in self.tree.below(dir) {
            let name = path[dir.len()..].trim_start_matches('/');
            if (recurse || !name.contains('/'))
                && let Some(stat) = self.planned(path)
            {
                all.insert(name.into(), stat);
            }
        }
        all.into_iter().collect()
    }

    /// What is planned at a resolved path, where that alone says all of it.
    fn planned(&self, path: &str) -> Option<Stat> {
        let resolved = self.tree.resolve(path, false)?;
        match self.tree.find(&resolved) {
            Found::Made(made) => Some(self.tree.stat_of(&resolved, made, false)),
            Found::Patched(Patch { create: Some(made), .. }) => Some(made.stat.clone()),
            _ => None,
        }
    }

    pub(super) fn adjust_paths(&self, pattern: &str, paths: Vec<Arc<str>>) -> Answer {
        let stays = |path: &Arc<str>| {
            let found = self.tree.resolve(path, false);
            !found.is_some_and(|path| matches!(self.tree.find(&path), Found::Absent { .. }))
        };
        let mut all: BTreeSet<Arc<str>> = paths.into_iter().filter(stays).collect();
        let is_there = |path: &str, entry: &Entry| match entry {
            Entry::Gone => false,
            Entry::Patched(update) => update.create.is_some(),
            Entry::Made(_) | Entry::Alias(_) | Entry::Expected(_) => !path.is_empty(),
        };
        let planned = self.tree.entries().filter(|(path, entry)| is_there(path, entry));
        all.extend(planned.map(|(path, _)| path.clone()).filter(|p| glob::matches(pattern, p)));
        let answer = Answer::Paths(all.into_iter().collect());
        match &answer {
            Answer::Paths(paths) if paths.is_empty() => self.absent_path(pattern, answer),
            _ => answer,
        }
    }

    /// Sets all times of a planned entry (a host in memory knows them).
    #[cfg(any(test, feature = "fake"))]
    pub(crate) fn set_times(&mut self, path: &str, now_ns: i64) {
        if let Some(path) = self.tree.resolve(path, false) {
            self.tree.set_times(&path, now_ns);
        }
    }

    /// Every path that is planned to be made, changed or taken away.
    #[must_use]
    pub fn paths(&self) -> Vec<Arc<str>> {
        self.tree.entries().map(|(path, _)| path.clone()).collect()
    }
}

fn is_system(path: &str) -> bool {
    SYSTEM.iter().any(|dir| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/')))
}
