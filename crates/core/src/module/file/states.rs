//! Planning a path into each state that it can have.

use std::sync::Arc;

use super::times::Time;
use super::{File, State, removal};
use crate::attributes::{self, Wanted, expand, join, with_state_diff};
use crate::change::{Attrs, Before, Change, Planned};
use crate::message::file as say;
use crate::module::{Context, Plan};
use crate::observe::{self, Answer, FileKind, Observe, Question, Stat, Stop};
use crate::overlay::parent;
use crate::value::{Map, Value};

/// A path that is being planned.
pub(super) struct Work<'a> {
    pub(super) file: &'a File,
    pub(super) wanted: Wanted,
    pub(super) path: String,
    pub(super) now: Option<Box<Stat>>,
    pub(super) changes: Vec<Planned>,
}

type Tools<'a, 'b> = (&'a Context<'b>, &'a mut Observe);

impl Work<'_> {
    pub(super) fn absent(mut self) -> Plan {
        if let Some(stat) = &self.now {
            let recurse = stat.kind == FileKind::Directory;
            self.changes.push(removal(&self.path, stat, recurse));
        }
        let result = Map::from_iter([
            ("path".into(), Value::str(self.path)),
            ("state".into(), "absent".into()),
        ]);
        Plan { changes: self.changes, result, ..Plan::default() }
    }

    /// Goes on with what a link points to, where links are followed.
    fn follow(&mut self, observe: &mut Observe) -> Result<(), Stop> {
        if self.file.follow && self.now.as_ref().is_some_and(|stat| stat.kind == FileKind::Link) {
            (self.path, self.now) = attributes::follow(&self.path, false, observe)?;
        }
        Ok(())
    }

    pub(super) fn file(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
        self.follow(observe)?;
        match self.now.as_deref() {
            None => return Err(say::absent_file(&self.path).into()),
            Some(stat) if matches!(stat.kind, FileKind::Directory | FileKind::Link) => {
                return Err(say::not_the_state(&self.path, attributes::state(stat), "file").into());
            }
            Some(stat) => self.wanted.fix(&self.path, stat, false, &mut self.changes),
        }
        self.set_times(State::File)?;
        self.done("path", (context, observe))
    }

    pub(super) fn directory(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
        self.follow(observe)?;
        match self.now.clone() {
            None => {
                let (path, changes) = (&self.path, &mut self.changes);
                attributes::make_directories(path, &self.wanted, observe, changes)?;
            }
            Some(stat) if stat.kind == FileKind::Directory => {
                self.wanted.fix(&self.path, &stat, false, &mut self.changes);
                if self.file.recurse && !self.wanted.is_empty() {
                    self.recurse(observe)?;
                }
            }
            Some(stat) => {
                let state = attributes::state(&stat);
                return Err(say::not_the_state(&self.path, state, "directory").into());
            }
        }
        self.set_times(State::Directory)?;
        self.done("path", (context, observe))
    }

    /// Attributes of all that is in the directory.
    fn recurse(&mut self, observe: &mut Observe) -> Result<(), Stop> {
        let list = Question::List { path: (*self.path).into(), recurse: true };
        let entries = match observe.ask(list)? {
            Answer::Entries(entries) => entries.unwrap_or_default(),
            other => return Err(observe::mismatch(&other)),
        };
        let follows = |stat: &Stat| self.file.follow && stat.kind == FileKind::Link;
        let target =
            |path: String| Question::Stat { path: path.into(), follow: true, digest: false };
        let links = entries.iter().filter(|(_, stat)| follows(stat));
        observe.expect(links.map(|(name, _)| target(join(&self.path, name))));
        for (name, stat) in &entries {
            let path = join(&self.path, name);
            self.wanted.fix(&path, stat, false, &mut self.changes);
            if follows(stat)
                && let Some(target) = observe.stat_with(&path, true, false)?
                && !entries.iter().any(|(_, other)| other.ino == target.ino && other.ino != 0)
            {
                self.wanted.fix(&path, &target, true, &mut self.changes);
            }
        }
        Ok(())
    }

    pub(super) fn link(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
        let path = self.path.clone();
        let current = self.now.as_ref().and_then(|stat| stat.target.clone());
        let src = self.link_target((context, &mut *observe))?.or_else(|| current.clone());
        let src = src.filter(|src| !src.is_empty() && !src.contains('\0'));
        let src = src.ok_or_else(|| say::link_without_src(&path))?;
        let is_directory = self.now.as_ref().is_some_and(|stat| stat.kind == FileKind::Directory);
        let base = if is_directory { &path } else { parent(&path) };
        let target = join(base, &src);
        let there = observe.stat_with(&target, true, false)?;
        if !self.file.force && self.file.src.is_some() && there.is_none() {
            return Err(say::no_link_target(&path, &target).into());
        }
        if current.as_ref() != Some(&src) {
            self.replace("link", observe)?;
            let before = if is_directory { None } else { self.now.as_deref() };
            let change = Change::MakeLink {
                path: (*path).into(),
                target: src.clone(),
                hard: false,
                before: Before::of(before),
            };
            self.changes.push(with_state_diff(change, before));
        }
        self.link_attributes(there.as_deref())?;
        let mut plan = self.done("dest", (context, observe))?;
        plan.result.insert("src".into(), Value::str(src));
        Ok(plan)
    }

    /// What the task says that a link points to.
    fn link_target(&self, (context, observe): Tools<'_, '_>) -> Result<Option<Arc<str>>, Stop> {
        let Some(src) = self.file.src.as_deref() else { return Ok(None) };
        if !src.starts_with('~') {
            return Ok(Some(src.into()));
        }
        match expand(src, context, observe) {
            Ok(path) => Ok(Some(path.into())),
            // As in Python, `~name` of nobody stays as it is.
            Err(Stop::Fail(_)) => Ok(Some(src.into())),
            Err(stop) => Err(stop),
        }
    }

    /// Attributes of a link's target, or with `follow: no` owner and group of the link.
    fn link_attributes(&mut self, target: Option<&Stat>) -> Result<(), Stop> {
        let is_new = self.changes.iter().any(|p| matches!(p.change, Change::MakeLink { .. }));
        match (self.file.follow, target) {
            (true, Some(stat)) => self.wanted.fix(&self.path, stat, true, &mut self.changes),
            (true, None) => {}
            (false, _) if is_new => {
                let mut attrs = self.wanted.of_new(FileKind::Link);
                attrs.mode = None;
                if attrs != Attrs::default() {
                    let (path, before) = ((*self.path).into(), Before::Any);
                    let change = Change::SetAttrs { path, attrs, follow: false, before };
                    self.changes.push(Planned { change, diff: None });
                }
            }
            (false, _) => {
                if let Some(stat) = &self.now {
                    self.wanted.fix(&self.path, stat, false, &mut self.changes);
                }
            }
        }
        self.set_times(State::Link)
    }

    /// Makes way for a link: a file or an empty directory may be replaced only with `force`.
    fn replace(&mut self, new: &str, observe: &mut Observe) -> Result<(), Stop> {
        let Some(stat) = self.now.as_deref().filter(|stat| stat.kind != FileKind::Link) else {
            return Ok(());
        };
        if !self.file.force {
            return Err(say::refuse_to_replace(&self.path, attributes::state(stat), new).into());
        }
        if stat.kind == FileKind::Directory {
            let list = Question::List { path: (*self.path).into(), recurse: false };
            if let Answer::Entries(Some(entries)) = observe.ask(list)?
                && !entries.is_empty()
            {
                return Err(say::directory_not_empty(&self.path).into());
            }
            self.changes.push(removal(&self.path, stat, false));
        }
        Ok(())
    }

    pub(super) fn hard(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
        let path = self.path.clone();
        let src = match &self.file.src {
            Some(src) => Some(expand(src, context, observe)?),
            None if self.now.as_ref().is_some_and(|stat| stat.nlink > 1) => None,
            None => return Err(say::link_without_src(&path).into()),
        };
        if let Some(src) = &src {
            self.now = Some(self.share(src, observe)?);
        }
        if let Some(stat) = &self.now {
            self.wanted.fix(&path, stat, false, &mut self.changes);
        }
        self.set_times(State::Hard)?;
        let mut plan = self.done("dest", (context, observe))?;
        plan.result.insert("state".into(), "hard".into());
        plan.result.insert("src".into(), Value::from(src));
        Ok(plan)
    }

    /// Makes the path a name of the file `src`, which is described.
    fn share(&mut self, src: &str, observe: &mut Observe) -> Result<Box<Stat>, Stop> {
        let (target, stat) = if self.file.follow {
            attributes::follow(src, false, observe)?
        } else {
            (src.to_owned(), observe.stat(src)?)
        };
        let stat = stat.ok_or_else(|| say::no_link_target(&self.path, src))?;
        let same = |now: &Stat| now.ino == stat.ino && now.dev == stat.dev && now.ino != 0;
        if !self.now.as_deref().is_some_and(same) {
            self.replace("hard link", observe)?;
            // A directory that makes way is gone by then.
            let stays = |stat: &&Stat| stat.kind != FileKind::Directory;
            let before = Before::of(self.now.as_deref().filter(stays));
            let (path, target) = ((*self.path).into(), target.into());
            let change = Change::MakeLink { path, target, hard: true, before };
            self.changes.push(Planned { change, diff: None });
        }
        Ok(stat)
    }

    pub(super) fn touch(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
        let times = self.file.times(State::Touch)?;
        self.follow(observe)?;
        let path: Arc<str> = (*self.path).into();
        if let Some(stat) = self.now.clone() {
            self.wanted.fix(&path, &stat, false, &mut self.changes);
            self.set_times(State::Touch)?;
        } else {
            let (mtime_ns, atime_ns) = (times.mtime.of_new(), times.atime.of_new());
            let change =
                Change::Touch { path: path.clone(), mtime_ns, atime_ns, before: Before::Absent };
            self.changes.push(with_state_diff(change, None));
            if !self.wanted.is_empty() {
                let attrs = self.wanted.of_new(FileKind::File);
                let change = Change::SetAttrs { path, attrs, follow: false, before: Before::Any };
                self.changes.push(Planned { change, diff: None });
            }
        }
        self.done("dest", (context, observe))
    }

    /// Sets the times that the task names, where they differ.
    fn set_times(&mut self, state: State) -> Result<(), Stop> {
        let times = self.file.times(state)?;
        if times.mtime == Time::Preserve && times.atime == Time::Preserve {
            return Ok(());
        }
        let (mtime_ns, atime_ns, before) = match &self.now {
            None => (times.mtime.of_new(), times.atime.of_new(), Before::Any),
            Some(stat) => {
                let (mtime, atime) = (times.mtime.of(stat.mtime_ns), times.atime.of(stat.atime_ns));
                if mtime == Some(stat.mtime_ns) && atime == Some(stat.atime_ns) {
                    return Ok(());
                }
                (mtime, atime, Before::Any)
            }
        };
        let path = (*self.path).into();
        let change = Change::Touch { path, mtime_ns, atime_ns, before };
        self.changes.push(Planned { change, diff: None });
        Ok(())
    }

    fn done(self, key: &str, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
        let mut result = Map::new();
        let tools = (context, observe);
        attributes::describe(&self.path, self.now.as_deref(), &self.changes, tools, &mut result)?;
        result.insert(key.into(), Value::str(self.path));
        Ok(Plan { changes: self.changes, result, ..Plan::default() })
    }
}
