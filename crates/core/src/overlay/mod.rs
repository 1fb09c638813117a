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

use crate::change::{Change, Effect};
use crate::observe::{Account, Answer, GroupEntry, Question};

mod accounts;
mod entries;
mod glob;
mod output;
mod paths;
#[cfg(test)]
mod tests;
mod tree;

use output::UnitState;
use tree::{Entry, Patch, Tree};
pub use tree::{UNKNOWN_ID, UNKNOWN_TIME};
pub(crate) use tree::{hex, parent, sha256};

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
                self.make_directory(path, attrs, identity);
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
