//! What has been planned so far, laid over what the host says: so a later task sees a file, a user or a
//! package that an earlier task is going to bring.
//!
//! A driver answers a question so: [`Overlay::answer`], and where it says nothing, the host's answer to
//! [`Overlay::redirect`] put through [`Overlay::adjust`]. What cannot be known before something has been
//! applied is [`Answer::Unknown`], which defers the task that needs it.
//!
//! One limit: a symbolic link that is on the host already is not seen when a path that goes through it is
//! compared with planned paths; links that are planned are followed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::change::{Attrs, Before, Change, Content, Effect};
use crate::observe::{Account, Answer, Bytes, FileKind, GroupEntry, Question, Stat};

mod glob;
mod output;
mod tree;

use output::UnitState;
use tree::{Body, Entry, Found, Made, Patch, Tree, join};
pub use tree::{UNKNOWN_ID, UNKNOWN_TIME};
pub(crate) use tree::{hex, parent, sha256};

/// Where a package may put files.
const SYSTEM: &[&str] = &[
    "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/opt", "/run", "/sbin", "/srv", "/usr",
    "/var",
];

/// Who makes the planned changes: owner of new files, and the bits taken from their modes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User number.
    pub uid: u32,
    /// Number of the primary group.
    pub gid: u32,
    /// Login name.
    pub owner: Option<Arc<str>>,
    /// Name of the primary group.
    pub group: Option<Arc<str>>,
    /// Permission bits that new files do not get.
    pub umask: u32,
}

impl Default for Identity {
    fn default() -> Self {
        let root = || Some(Arc::from("root"));
        Self { uid: 0, gid: 0, owner: root(), group: root(), umask: 0o022 }
    }
}

impl Identity {
    /// The user of this account, with the usual umask.
    #[must_use]
    pub fn of(account: &Account, group: Option<&GroupEntry>) -> Self {
        Self {
            uid: account.uid,
            gid: account.gid,
            owner: Some(account.name.clone()),
            group: group.map(|entry| entry.name.clone()),
            umask: 0o022,
        }
    }
}

/// The changes planned so far, as far as later questions can see them.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    tree: Tree,
    users: BTreeMap<Arc<str>, Option<Account>>,
    groups: BTreeMap<Arc<str>, Option<GroupEntry>>,
    units: BTreeMap<Arc<str>, UnitState>,
    packages: BTreeMap<Arc<str>, bool>,
    /// Why something that is absent may be there once all has been applied.
    opaque: Option<Arc<str>>,
}

impl Overlay {
    /// Whether nothing is planned, so that every question can go to the host as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.entries().next().is_none()
            && self.users.is_empty()
            && self.groups.is_empty()
            && self.units.is_empty()
            && self.packages.is_empty()
            && self.opaque.is_none()
    }

    /// The answer as far as it follows from what is planned alone; nothing means: ask the host.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<Answer> {
        match question {
            Question::Stat { path, follow, digest } => self.stat(path, *follow, *digest),
            Question::Read { path, limit } => self.read(path, *limit),
            Question::List { path, recurse } => self.list(path, *recurse),
            Question::User(key) => self.user(key).map(|account| match account {
                Some(account) => Answer::User(Some(self.with_groups(account.clone()))),
                None => self.absent(Answer::User(None)),
            }),
            Question::Group(key) => self.group(key).map(|entry| match entry {
                Some(entry) => Answer::Group(Some(self.with_members(entry.clone()))),
                None => self.absent(Answer::Group(None)),
            }),
            Question::Glob { .. }
            | Question::Program(_)
            | Question::Query(_)
            | Question::Facts
            | Question::Now
            | Question::Port { .. } => None,
        }
    }

    /// The question as the host must be asked it: planned links are followed, and a planned copy of a
    /// host's file is read where it lies today.
    #[must_use]
    pub fn redirect(&self, question: &Question) -> Question {
        match question {
            Question::Stat { path, follow, digest } => Question::Stat {
                path: self.source(path, *follow),
                follow: *follow,
                digest: *digest,
            },
            Question::Read { path, limit } => {
                Question::Read { path: self.source(path, true), limit: *limit }
            }
            Question::List { path, recurse } => {
                Question::List { path: self.source(path, true), recurse: *recurse }
            }
            other => other.clone(),
        }
    }

    /// The host's answer (to the redirected question) with what is planned put over it.
    #[must_use]
    pub fn adjust(&self, question: &Question, answer: Answer) -> Answer {
        if let Answer::Failed(_) | Answer::Unknown(_) = answer {
            return answer;
        }
        match (question, answer) {
            (Question::Stat { path, follow, digest }, Answer::Stat(stat)) => {
                self.adjust_stat(path, *follow, *digest, stat)
            }
            (Question::Read { path, .. }, Answer::Content(content)) => {
                self.adjust_content(path, content)
            }
            (Question::List { path, recurse }, Answer::Entries(entries)) => {
                self.adjust_entries(path, *recurse, entries)
            }
            (Question::Glob { pattern }, Answer::Paths(paths)) => self.adjust_paths(pattern, paths),
            (Question::User(_), Answer::User(account)) => self.adjust_user(account),
            (Question::Group(_), Answer::Group(entry)) => self.adjust_group(entry),
            (Question::Program(_), answer @ Answer::Program(None)) => self.absent(answer),
            (Question::Query(query), Answer::Output(output)) => self.adjust_output(query, output),
            (_, answer) => answer,
        }
    }

    /// Puts a planned change over what is planned already.
    pub fn plan(&mut self, change: &Change, identity: &Identity) {
        match change {
            Change::WriteFile { path, content, attrs, before, .. } => {
                self.write(path, content, attrs, before, identity);
            }
            Change::SetAttrs { path, attrs, follow, .. } => {
                let update = Patch { attrs: self.named(attrs), ..Patch::default() };
                self.patch(path, *follow, update);
            }
            Change::MakeDirectory { path, attrs, .. } => {
                let made = new(FileKind::Directory, 0o777, &self.named(attrs), identity);
                self.put(path, Entry::Made(made));
            }
            Change::MakeLink { path, target, hard, .. } => self.link(path, target, *hard, identity),
            Change::Remove { path, .. } => self.put(path, Entry::Gone),
            Change::Touch { path, mtime_ns, atime_ns, before } => {
                self.touch(path, (*mtime_ns, *atime_ns), before, identity);
            }
            Change::Run(run) => run.effects.iter().for_each(|effect| self.effect(effect)),
            Change::Wait(_) => {}
        }
    }

    /// What a planned command will have done.
    fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Packages { names, installed } => {
                for name in names {
                    self.packages.insert(name.clone(), *installed);
                }
                if *installed && let Some(name) = names.first() {
                    let why = format!("package `{name}` is not installed yet");
                    self.opaque.get_or_insert_with(|| why.into());
                }
            }
            Effect::User { name, account } => {
                let account = account.as_deref().cloned();
                self.users.insert(name.clone(), account);
            }
            Effect::Group { name, entry } => {
                self.groups.insert(name.clone(), entry.clone());
            }
            Effect::Unit { name, active, file_state } => {
                let unit = self.units.entry(output::unit_name(name)).or_default();
                unit.active = active.or(unit.active);
                unit.file_state = file_state.clone().or_else(|| unit.file_state.take());
            }
            Effect::Creates(path) => {
                let why = format!("`{path}` is made by a command that has not run yet");
                self.put(path, Entry::Expected(why.into()));
            }
            Effect::Removes(path) => self.put(path, Entry::Gone),
        }
    }
}

/// Paths: planning.
impl Overlay {
    fn put(&mut self, path: &str, entry: Entry) {
        if let Some(path) = self.tree.resolve(parent(path), true).map(|dir| rejoin(&dir, path)) {
            self.tree.put(&path, entry);
        }
    }

    fn patch(&mut self, path: &str, follow: bool, update: Patch) {
        if let Some(path) = self.tree.resolve(path, follow) {
            self.tree.patch(&path, update);
        }
    }

    fn write(
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

    fn link(&mut self, path: &str, target: &Arc<str>, hard: bool, identity: &Identity) {
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

    fn touch(
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
    fn named(&self, attrs: &Attrs) -> Attrs {
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

/// Paths: answering.
impl Overlay {
    /// `answer`, or that it is not known, when something opaque may bring what is absent.
    fn absent(&self, answer: Answer) -> Answer {
        self.opaque.clone().map_or(answer, Answer::Unknown)
    }

    fn absent_path(&self, path: &str, answer: Answer) -> Answer {
        if is_system(path) { self.absent(answer) } else { answer }
    }

    fn stat(&self, path: &str, follow: bool, digest: bool) -> Option<Answer> {
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

    fn read(&self, path: &str, limit: u64) -> Option<Answer> {
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

    fn list(&self, path: &str, recurse: bool) -> Option<Answer> {
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
    fn source(&self, path: &Arc<str>, follow: bool) -> Arc<str> {
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

    fn adjust_stat(
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

    fn adjust_content(&self, path: &str, content: Option<Bytes>) -> Answer {
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

    fn adjust_entries(
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

    fn adjust_paths(&self, pattern: &str, paths: Vec<Arc<str>>) -> Answer {
        let stays = |path: &Arc<str>| {
            let found = self.tree.resolve(path, false);
            !found.is_some_and(|path| matches!(self.tree.find(&path), Found::Absent { .. }))
        };
        let mut all: std::collections::BTreeSet<Arc<str>> =
            paths.into_iter().filter(stays).collect();
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

/// What is planned for an entry of a database: nothing, or that it is gone or there.
type Planned<'a, T> = Option<Option<&'a T>>;

/// Users and groups.
impl Overlay {
    /// What is planned for the user with this name or number; nothing when nothing is.
    fn user(&self, key: &str) -> Planned<'_, Account> {
        if let Some(planned) = self.users.get(key) {
            return Some(planned.as_ref());
        }
        let number: u32 = key.parse().ok().filter(|number| *number != UNKNOWN_ID)?;
        self.users.values().flatten().find(|user| user.uid == number).map(Some)
    }

    /// As `user`, for groups.
    fn group(&self, key: &str) -> Planned<'_, GroupEntry> {
        if let Some(planned) = self.groups.get(key) {
            return Some(planned.as_ref());
        }
        let number: u32 = key.parse().ok().filter(|number| *number != UNKNOWN_ID)?;
        self.groups.values().flatten().find(|group| group.gid == number).map(Some)
    }

    fn adjust_user(&self, account: Option<Account>) -> Answer {
        match account {
            None => self.absent(Answer::User(None)),
            // Found by number under a name that is planned to go or to change.
            Some(account) if self.users.contains_key(&account.name) => Answer::User(None),
            Some(account) => Answer::User(Some(self.with_groups(account))),
        }
    }

    fn adjust_group(&self, entry: Option<GroupEntry>) -> Answer {
        match entry {
            None => self.absent(Answer::Group(None)),
            Some(entry) if self.groups.contains_key(&entry.name) => Answer::Group(None),
            Some(entry) => Answer::Group(Some(self.with_members(entry))),
        }
    }

    /// Without the groups that are planned to go.
    fn with_groups(&self, mut account: Account) -> Account {
        account.groups.retain(|name| !matches!(self.groups.get(name), Some(None)));
        account
    }

    /// With the members that planned users bring or take away.
    fn with_members(&self, mut entry: GroupEntry) -> GroupEntry {
        for (name, account) in &self.users {
            let is_member =
                account.as_ref().is_some_and(|account| account.groups.contains(&entry.name));
            entry.members.retain(|member| member != name);
            if is_member {
                entry.members.push(name.clone());
            }
        }
        entry
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

fn is_system(path: &str) -> bool {
    SYSTEM.iter().any(|dir| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Host;
    use crate::module_test::{line, overlaid, plan_with};
    use crate::query::Query;
    use crate::value::Value;

    /// Plans the tasks one after another over the overlay, as a check does; gives what each would change.
    fn checked(host: &Host, tasks: &[(&str, &str)]) -> (Overlay, Vec<String>) {
        let mut overlay = Overlay::default();
        let mut seen = Vec::new();
        for (module, options) in tasks {
            let kind = crate::module::find(module).unwrap();
            let options = crate::module_test::options(options);
            let ask = |question: &Question| overlaid(&overlay, host, question);
            match plan_with(&options, kind, true, &ask, host) {
                Ok(plan) => {
                    seen.extend(plan.changes.iter().map(|planned| line(&planned.change)));
                    plan.changes.iter().for_each(|p| overlay.plan(&p.change, &host.identity));
                }
                Err(stop) => seen.push(format!("{stop:?}").chars().take(7).collect()),
            }
        }
        (overlay, seen)
    }

    fn effect(effect: Effect) -> Change {
        let effects = vec![effect];
        Change::Run(Box::new(crate::change::Run { effects, ..crate::change::Run::default() }))
    }

    fn install(overlay: &mut Overlay, names: &[&str]) {
        let names = names.iter().map(|name| Arc::from(*name)).collect();
        overlay.plan(&effect(Effect::Packages { names, installed: true }), &Identity::default());
    }

    #[test]
    fn later_tasks_see_what_earlier_ones_plan() {
        let host = Host::new("source a 0644 = one\\ntwo\\n\n/old/ 0755\n/old/f 0644 = x");
        for (tasks, expected) in [
            (
                &[
                    ("file", "path: /srv/app\nstate: directory"),
                    ("copy", "src: a\ndest: /srv/app/"),
                    ("lineinfile", "path: /srv/app/a\nline: three"),
                    ("lineinfile", "path: /srv/app/a\nline: two\nstate: absent"),
                    ("file", "path: /srv/now\nsrc: app\nstate: link"),
                    ("file", "path: /srv/now/a\nmode: \"0600\""),
                    ("file", "path: /srv/app/a\nmode: \"0600\""),
                ][..],
                &[
                    "mkdir /srv",
                    "mkdir /srv/app",
                    "write /srv/app/a = \"one\\ntwo\\n\"",
                    "write /srv/app/a = \"one\\ntwo\\nthree\\n\"",
                    "write /srv/app/a = \"one\\nthree\\n\"",
                    "link /srv/now -> app",
                    "attrs /srv/now/a 0600",
                ][..],
            ),
            (
                &[
                    ("file", "path: /old\nstate: absent"),
                    ("file", "path: /old/f\nstate: absent"),
                    ("copy", "content: y\ndest: /old/f"),
                    ("file", "path: /old\nstate: directory\nmode: \"0700\""),
                    ("copy", "content: y\ndest: /old/f"),
                ],
                &["remove -r /old", "Fail(Me", "mkdir /old 0700", "write /old/f = \"y\""],
            ),
            (
                &[
                    ("file", "path: /old/f\nmode: \"0600\""),
                    ("file", "path: /old/f\nmode: u+x"),
                    ("copy", "src: /old/f\ndest: /old/g\nremote_src: true\nmode: preserve"),
                    ("lineinfile", "path: /old/g\nline: z"),
                ],
                &[
                    "attrs /old/f 0600",
                    "attrs /old/f 0700",
                    "write /old/g 0700 = copy of /old/f",
                    "write /old/g = \"x\\nz\\n\"",
                ],
            ),
        ] {
            assert_eq!(checked(&host, tasks).1, expected);
        }
    }

    #[test]
    fn a_directory_lists_what_is_planned_in_it() {
        let host = Host::new("/d/ 0755\n/d/a 0644 = 1\n/d/b 0644 = 2\n/d/s/ 0755\n/d/s/x 0644 = 3");
        let (overlay, _) = checked(
            &host,
            &[
                ("file", "path: /d/a\nstate: absent"),
                ("file", "path: /d/s\nstate: absent"),
                ("copy", "content: 3\ndest: /d/c"),
                ("file", "path: /d/b\nmode: \"0600\""),
            ],
        );
        let list = Question::List { path: "/d".into(), recurse: true };
        let Answer::Entries(Some(entries)) = overlaid(&overlay, &host, &list) else { panic!() };
        let seen: Vec<_> = entries.iter().map(|(name, stat)| (&**name, stat.mode)).collect();
        assert_eq!(seen, [("b", 0o600), ("c", 0o644)]);
        let glob =
            |pattern: &str| overlaid(&overlay, &host, &Question::Glob { pattern: pattern.into() });
        assert_eq!(glob("/d/[ac]"), Answer::Paths(vec!["/d/c".into()]));
        assert_eq!(glob("/d/s/*"), Answer::Paths(vec![]));
    }

    #[test]
    fn what_a_package_may_bring_is_unknown_and_what_is_there_is_not() {
        let host = Host::new("/etc/motd 0644 = x\npackage bash 5");
        let mut overlay = Overlay::default();
        install(&mut overlay, &["apache2"]);
        let stat = |path: &str| Question::Stat { path: path.into(), follow: false, digest: false };
        let unknown = Answer::Unknown("package `apache2` is not installed yet".into());
        for question in [
            stat("/etc/apache2/apache2.conf"),
            Question::User("www-data".into()),
            Question::Group("www-data".into()),
            Question::Program("apachectl".into()),
            Question::Query(Query::SystemdShow("apache2".into())),
            Question::Glob { pattern: "/etc/apache2/*".into() },
        ] {
            assert_eq!(overlaid(&overlay, &host, &question), unknown, "{question:?}");
        }
        assert_eq!(overlaid(&overlay, &host, &stat("/home/x")), Answer::Stat(None));
        assert!(matches!(overlaid(&overlay, &host, &stat("/etc/motd")), Answer::Stat(Some(_))));
        let names = vec!["apache2".into(), "bash".into()];
        let query = Question::Query(Query::DpkgStatus(names));
        let Answer::Output(output) = overlaid(&overlay, &host, &query) else { panic!() };
        assert_eq!(output.rc, 0);
        assert_eq!(
            output.stdout.lossy(),
            "apache2\t\t\tinstall ok installed\t\nbash\t5\tamd64\tinstall ok installed\t\n"
        );
    }

    #[test]
    fn planned_users_groups_and_units_are_there() {
        let host =
            Host::new("group adm 4\nuser bob 9:9 /home/bob adm\nunit ssh.service active enabled");
        let mut overlay = Overlay::default();
        let account = Account {
            name: "app".into(),
            uid: UNKNOWN_ID,
            gid: UNKNOWN_ID,
            gecos: "".into(),
            home: "/srv".into(),
            shell: "/bin/sh".into(),
            groups: vec!["adm".into()],
            locked: None,
            password: None,
        };
        let identity = Identity::default();
        let user = |name: &str, account| Effect::User { name: name.into(), account };
        overlay.plan(&effect(user("app", Some(Box::new(account)))), &identity);
        overlay.plan(&effect(user("bob", None)), &identity);
        let (name, active, file_state) = ("ssh".into(), Some(false), Some("disabled".into()));
        overlay.plan(&effect(Effect::Unit { name, active, file_state }), &identity);
        let ask = |question| overlaid(&overlay, &host, &question);
        assert_eq!(ask(Question::User("bob".into())), Answer::User(None));
        assert_eq!(ask(Question::User("9".into())), Answer::User(None));
        let Answer::Group(Some(adm)) = ask(Question::Group("adm".into())) else { panic!() };
        assert_eq!(adm.members, ["app".into()]);
        let Answer::Output(unit) = ask(Question::Query(Query::SystemdShow("ssh".into()))) else {
            panic!()
        };
        assert!(
            unit.stdout
                .lossy()
                .contains("ActiveState=inactive\nSubState=dead\nUnitFileState=disabled")
        );
        // A file of a user whose number is not known yet is owned by name, and then nothing is left to do.
        let kind = crate::module::find("copy").unwrap();
        let options = Value::from([("dest", "/etc/x"), ("content", "x"), ("owner", "app")]);
        let planned = plan_with(&options, kind, true, &|q| ask(q.clone()), &host).unwrap().changes;
        assert_eq!(line(&planned[0].change), "write /etc/x app: = \"x\"");
        let mut after = overlay.clone();
        after.plan(&planned[0].change, &identity);
        let ask = |question: &Question| overlaid(&after, &host, question);
        assert_eq!(plan_with(&options, kind, true, &ask, &host).unwrap().changes, []);
    }
}
