//! What changes do to a host in memory.

use std::sync::Arc;

use super::{Host, Program, Unit, fake, full_name};
use crate::change::{Attrs, Before, Change, Content, Deed, Effect, Outcome, Run, Until, Wait};
use crate::observe::{Account, Answer, Bytes, FileKind, GroupEntry, Question, Stat};
use crate::overlay::{UNKNOWN_ID, parent, sha256};

/// Changes.
impl Host {
    /// Applies one change, or refuses it because what was observed is no longer true.
    pub fn apply(&mut self, change: &Change) -> Outcome {
        match change {
            Change::Run(run) => self.run(run),
            Change::Wait(wait) => self.wait(wait),
            change => self.apply_path(change),
        }
    }

    /// Applies changes in order; the first that fails ends them.
    pub fn apply_all(&mut self, changes: &[crate::change::Planned]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for planned in changes {
            outcomes.push(self.apply(&planned.change));
            if !matches!(outcomes.last(), Some(Outcome::Done(_))) {
                break;
            }
        }
        outcomes
    }

    fn stat(&self, path: &str, follow: bool) -> Option<Box<Stat>> {
        match self.answer(&Question::Stat { path: path.into(), follow, digest: true }) {
            Answer::Stat(stat) => stat,
            _ => None,
        }
    }

    fn apply_path(&mut self, change: &Change) -> Outcome {
        let path = change.path().unwrap_or_default();
        assert!(path.starts_with('/'), "a change's path is absolute: {change:?}");
        let (follow, before) = match change {
            Change::WriteFile { before, .. }
            | Change::MakeDirectory { before, .. }
            | Change::MakeLink { before, .. }
            | Change::Remove { before, .. } => (false, before),
            Change::Touch { before, .. } => (true, before),
            Change::SetAttrs { follow, before, .. } => (*follow, before),
            Change::Run(_) | Change::Wait(_) => (false, &Before::Any),
        };
        let now = self.stat(path, follow);
        if !before.holds(now.as_deref()) {
            return Outcome::Refused(fake("moved_on", path));
        }
        match self.obstacle(change, now.as_deref()) {
            Some(why) => Outcome::Failed(fake(why, path), Deed::default()),
            None => self.done(change, now.as_deref()),
        }
    }

    /// Why the system would refuse it.
    fn obstacle(&self, change: &Change, now: Option<&Stat>) -> Option<&'static str> {
        let path = change.path().unwrap_or_default();
        let parent = self.stat(parent(path), true);
        if self.read_only {
            return Some("read_only");
        }
        if parent.is_none_or(|stat| stat.kind != FileKind::Directory) {
            return Some("no_parent");
        }
        let is_directory = now.is_some_and(|stat| stat.kind == FileKind::Directory);
        match change {
            Change::WriteFile { content, .. } => match self.bytes(content) {
                None => Some("no_content"),
                Some(_) if is_directory => Some("is_a_directory"),
                Some(bytes) if self.disk_free.is_some_and(|free| free < bytes.0.len() as u64) => {
                    Some("disk_full")
                }
                Some(_) => None,
            },
            Change::MakeDirectory { .. } if now.is_some() => Some("exists"),
            Change::MakeLink { .. } if is_directory => Some("is_a_directory"),
            Change::MakeLink { hard: true, target, .. } if self.stat(target, false).is_none() => {
                Some("no_target")
            }
            Change::SetAttrs { .. } | Change::Remove { .. } if now.is_none() => Some("not_there"),
            Change::Remove { recurse: false, .. } if is_directory => {
                let prefix = format!("{path}/");
                self.paths()
                    .iter()
                    .any(|p| p.starts_with(&prefix) && self.stat(p, false).is_some())
                    .then_some("not_empty")
            }
            _ => None,
        }
    }

    fn bytes(&self, content: &Content) -> Option<Bytes> {
        match content {
            Content::Inline(bytes) => Some(bytes.clone()),
            Content::Blob { sha256, .. } => self.blobs.get(sha256).cloned(),
            Content::HostFile { path, sha256: expected } => {
                let read = Question::Read { path: path.clone(), limit: u64::MAX };
                match self.answer(&read) {
                    Answer::Content(Some(bytes)) if sha256(&bytes.0) == *expected => Some(bytes),
                    _ => None,
                }
            }
        }
    }

    fn done(&mut self, change: &Change, now: Option<&Stat>) -> Outcome {
        let mut deed = Deed::default();
        let mut change = change.clone();
        if let Change::WriteFile { path, content, attrs: _, before, backup, validate } = &mut change
        {
            if let Some(argv) = validate
                && let Outcome::Failed(message, deed) =
                    self.run(&Run { argv: argv.clone(), ..Run::default() })
            {
                return Outcome::Failed(message, deed);
            }
            if let Some(bytes) = self.bytes(content) {
                *content = Content::Inline(bytes);
            }
            if *backup && now.is_some() {
                deed.backup = Some(self.keep(path));
            }
            *before = Before::of(now);
        }
        if let Change::Touch { before, .. } = &mut change {
            *before = Before::of(now);
        }
        self.fold(&change);
        Outcome::Done(deed)
    }

    /// Keeps a file beside itself, as Ansible names it.
    fn keep(&mut self, path: &str) -> Arc<str> {
        let kept: Arc<str> = format!("{path}.4711.2026-01-01@00:00:00~").into();
        let content = self.text(path).unwrap_or_default();
        let before = Before::of(self.stat(path, false).as_deref());
        self.fold(&Change::WriteFile {
            path: kept.clone(),
            content: Content::Inline(content.into()),
            attrs: Attrs::default(),
            before,
            backup: false,
            validate: None,
        });
        kept
    }

    /// Puts a change into the state, with names, numbers and times that a real host would choose.
    pub(super) fn fold(&mut self, change: &Change) {
        self.now_ns += 1_000_000_000;
        let mut change = change.clone();
        match &mut change {
            Change::WriteFile { attrs, .. }
            | Change::SetAttrs { attrs, .. }
            | Change::MakeDirectory { attrs, .. } => self.resolve(attrs),
            Change::Touch { mtime_ns, atime_ns, .. } => {
                mtime_ns.get_or_insert(self.now_ns);
                atime_ns.get_or_insert(self.now_ns);
            }
            _ => {}
        }
        self.state.plan(&change, &self.identity);
        if let Change::WriteFile { path, .. }
        | Change::MakeDirectory { path, .. }
        | Change::MakeLink { path, hard: false, .. } = &change
        {
            self.state.set_times(path, self.now_ns);
        }
    }

    /// Both name and number of owner and group, from the databases.
    fn resolve(&self, attrs: &mut Attrs) {
        let key = attrs.uid.map(|uid| uid.to_string().into()).or_else(|| attrs.owner.clone());
        if let Some(key) = key {
            match self.answer(&Question::User(key.clone())) {
                Answer::User(Some(user)) => {
                    (attrs.uid, attrs.owner) = (Some(user.uid), Some(user.name));
                }
                _ => assert!(attrs.uid.is_some(), "there is no user {key:?}"),
            }
        }
        let key = attrs.gid.map(|gid| gid.to_string().into()).or_else(|| attrs.group.clone());
        if let Some(key) = key {
            match self.answer(&Question::Group(key.clone())) {
                Answer::Group(Some(group)) => {
                    (attrs.gid, attrs.group) = (Some(group.gid), Some(group.name));
                }
                _ => assert!(attrs.gid.is_some(), "there is no group {key:?}"),
            }
        }
    }

    /// Runs a program: by its line in the table, or, where the plan says what it will have done, as that.
    fn run(&mut self, run: &Run) -> Outcome {
        self.ran.push(run.argv.clone());
        let scripted = self.programs.iter().find(|program| run.argv.starts_with(&program.argv));
        let program = match scripted {
            Some(program) => program.clone(),
            None if run.effects.is_empty() => Program { rc: 127, ..Program::default() },
            None => Program::default(),
        };
        let deed = Deed {
            rc: Some(program.rc),
            stdout: program.stdout.into(),
            stderr: program.stderr.into(),
            start_ms: self.now_ns / 1_000_000,
            ..Deed::default()
        };
        if program.rc == 0 {
            let effects = program.effects.unwrap_or_else(|| run.effects.clone());
            for effect in &effects {
                self.effect(effect);
            }
        }
        if program.rc == 0 || run.any_rc {
            Outcome::Done(deed)
        } else {
            let line = crate::quote::line(&run.argv);
            Outcome::Failed(fake("program_failed", line), deed)
        }
    }

    fn wait(&mut self, wait: &Wait) -> Outcome {
        let holds = match &wait.until {
            Until::Elapsed | Until::Drained { .. } => true,
            Until::Port { port, open, .. } => self.ports.contains(port) == *open,
            Until::Path { path, present, .. } => self.stat(path, true).is_some() == *present,
        };
        if holds {
            Outcome::Done(Deed::default())
        } else {
            Outcome::Failed(fake("timed_out", format!("{:?}", wait.until)), Deed::default())
        }
    }

    /// Makes something so, as the program that was run would.
    pub fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Packages { names, installed } => {
                for name in names {
                    if *installed {
                        self.packages.entry(name.clone()).or_insert_with(|| "1.0".into());
                    } else {
                        self.packages.remove(name);
                    }
                }
            }
            Effect::Unit { name, active, file_state } => {
                let new = Unit { active: false, file_state: "disabled".into() };
                let unit = self.units.entry(full_name(name)).or_insert(new);
                unit.active = active.unwrap_or(unit.active);
                unit.file_state = file_state.clone().unwrap_or_else(|| unit.file_state.clone());
            }
            Effect::Creates(path) => {
                let before = Before::Absent;
                let (mtime_ns, atime_ns) = (None, None);
                self.fold(&Change::Touch { path: path.clone(), mtime_ns, atime_ns, before });
            }
            Effect::User { name, account: Some(account) } => self.add_account(name, account),
            Effect::Group { name, entry: Some(entry) } if entry.gid == UNKNOWN_ID => {
                let gid = self.free_id(Host::has_group);
                let entry = Some(GroupEntry { gid, ..entry.clone() });
                self.plan_effect(Effect::Group { name: name.clone(), entry });
            }
            effect => self.plan_effect(effect.clone()),
        }
    }

    /// A new account, with the numbers that `useradd` would choose (and a group of its own).
    fn add_account(&mut self, name: &Arc<str>, account: &Account) {
        let mut account = account.clone();
        if account.uid == UNKNOWN_ID {
            account.uid = self.free_id(Host::has_user);
        }
        if account.gid == UNKNOWN_ID {
            account.gid =
                if let Answer::Group(Some(group)) = self.answer(&Question::Group(name.clone())) {
                    group.gid
                } else {
                    let gid = self.free_id(Host::has_group);
                    self.add_group(name, gid);
                    gid
                };
        }
        let account = Some(Box::new(account));
        self.plan_effect(Effect::User { name: name.clone(), account });
    }

    fn plan_effect(&mut self, effect: Effect) {
        let run = Run { effects: vec![effect], ..Run::default() };
        self.state.plan(&Change::Run(Box::new(run)), &self.identity);
    }

    fn has_user(&self, id: u32) -> bool {
        self.answer(&Question::User(id.to_string().into())) != Answer::User(None)
    }

    fn has_group(&self, id: u32) -> bool {
        self.answer(&Question::Group(id.to_string().into())) != Answer::Group(None)
    }

    fn free_id(&self, taken: impl Fn(&Self, u32) -> bool) -> u32 {
        (1000..60_000).find(|id| !taken(self, *id)).unwrap_or(60_000)
    }
}
