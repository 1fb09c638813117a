//! `file`: files, directories, links and their attributes; and the seed's `file`, which copies.

use std::sync::Arc;

use serde::Deserialize;

use super::{Context, Finish, Kind, Module, Plan, copy};
use crate::attributes::{self, Wanted, basename, expand, join, trimmed, with_state_diff};
use crate::change::{Before, Change, Outcome, Planned};
use crate::instant;
use crate::message::file as say;
use crate::mode::Mode;
use crate::node::{Node, NodeKind};
use crate::observe::{Answer, FileKind, Observe, Question, Stat, Stop};
use crate::options;
use crate::overlay::parent;
use crate::put::{self, Put, Source};
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind {
    normalize: Some(normalize),
    // Seed 2's `file` copies from the controller.
    files: &["src"],
    ..Kind::of::<File>("file")
};

options! {
    /// Sets the state and attributes of a path: a file, a directory with its parents, a link, or nothing.
    ///
    /// With `action`, or with `src` and `dest` and no `state`, it does what the `file` of the first `hep`
    /// was meant to: `present` copies the local file `src` to `dest` when the content differs and sets
    /// owner, group and `mod` when they differ (without `src` only these); `absent` removes the file.
    /// `mod: 644` is octal, however it is written.
    ///
    /// Example: `file: path=/srv/app state=directory owner=www-data mode="0755"`
    ///
    /// Example: `file: path=/etc/localtime src=/usr/share/zoneinfo/UTC state=link`
    ///
    /// Example: `file: src=dir.conf dest=/etc/apache2/dir.conf owner=root group=root mod=644 action=present`
    struct File {
        /// The path.
        #[serde(alias = "dest", alias = "name")]
        path: String,
        /// `file` (attributes of what is there), `directory` (made with its parents), `link`, `hard`,
        /// `touch` (an empty file where there is none, new times where there is one) or `absent`. When it is
        /// left out: what is there now, else `directory` with `recurse`, else `file`.
        #[serde(default)]
        state: Option<State>,
        /// The first `hep`'s `present` or `absent`.
        #[serde(default)]
        action: Option<Action>,
        /// What a link points to (as it is written) or a hard link shares; with `action: present` the file of
        /// the controller.
        #[serde(default)]
        src: Option<String>,
        /// Owner, by name or number.
        #[serde(default)]
        owner: Option<String>,
        /// Group, by name or number.
        #[serde(default)]
        group: Option<String>,
        /// Mode: `"0644"` or `u=rwX,g=rX,o=`. It is given to every directory that is made on the way.
        #[serde(default)]
        mode: Option<Mode>,
        /// Whether owner, group and mode are also set on all that is in the directory. Links in it are
        /// followed with `follow`, but never into directories elsewhere.
        #[serde(default)]
        recurse: bool,
        /// Whether a link may replace a file or an empty directory, and may point to nothing.
        #[serde(default)]
        force: bool,
        /// Whether attributes of a link are set on what it points to.
        #[serde(default = "yes")]
        follow: bool,
        /// `preserve`, `now`, or a time in the form of `modification_time_format`, in UTC. Without it `touch`
        /// sets the present time and other states leave it.
        #[serde(default)]
        modification_time: Option<String>,
        /// How `modification_time` is written: `%Y %m %d %H %M %S %s` and other characters as they are.
        #[serde(default = "usual_format")]
        modification_time_format: String,
        /// As `modification_time`, for the last access.
        #[serde(default)]
        access_time: Option<String>,
        /// As `modification_time_format`.
        #[serde(default = "usual_format")]
        access_time_format: String,
    }
}

/// What a path shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    File,
    Directory,
    Link,
    Hard,
    Touch,
    Absent,
}

/// The first `hep`'s states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Present,
    Absent,
}

const fn yes() -> bool {
    true
}

fn usual_format() -> String {
    "%Y%m%d%H%M.%S".to_owned()
}

/// Reads the seed's spellings: `mod`, always octal, and `src` with `dest` and no `state` as a copy.
fn normalize(pairs: &mut Vec<(Node, Node)>) -> Result<(), crate::message::Message> {
    attributes::refuse_missing_options(pairs)?;
    let has = |pairs: &[(Node, Node)], name: &str| {
        pairs.iter().any(|(key, value)| key.as_str() == Some(name) && value.kind != NodeKind::Null)
    };
    for (key, value) in pairs.iter_mut() {
        if key.as_str() == Some("mod") {
            key.kind = NodeKind::Literal("mode".into());
            if let NodeKind::Int { value: number, octal } = value.kind {
                let text = if octal { format!("{number:o}") } else { number.to_string() };
                value.kind = NodeKind::Literal(text.into());
            }
        }
    }
    let is_copy = has(pairs, "src") && has(pairs, "dest");
    if is_copy && !has(pairs, "state") && !has(pairs, "action") {
        let pos = pairs.first().map(|(key, _)| key.pos).unwrap_or_default();
        let node = |text: &str| Node { pos, kind: NodeKind::Literal(text.into()) };
        pairs.push((node("action"), node("present")));
    }
    Ok(())
}

impl Module for File {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let path = expand(&self.path, context, observe)?;
        if let Some(action) = self.action {
            if self.state.is_some() {
                return Err(say::action_and_state().into());
            }
            return self.plan_seed(action, &path, (context, observe));
        }
        let path = trimmed(&path);
        observe.expect([stat_question(path)]);
        let (owner, group) = (self.owner.as_deref(), self.group.as_deref());
        let wanted = Wanted::resolve(owner, group, self.mode.as_ref(), observe)?;
        let mut now = observe.stat(path)?;
        let mut path = path.to_owned();
        if let Some(stat) = &now
            && stat.kind == FileKind::Directory
            && self.state == Some(State::Hard)
            && let Some(src) = &self.src
        {
            path = join(&path, basename(src));
            now = observe.stat(&path)?;
        }
        let state = self.state_for(now.as_deref());
        self.check_options(state)?;
        let work = Work { file: self, wanted, path, now, changes: Vec::new() };
        match state {
            State::Absent => Ok(work.absent()),
            State::File => work.file((context, observe)),
            State::Directory => work.directory((context, observe)),
            State::Link => work.link((context, observe)),
            State::Hard => work.hard((context, observe)),
            State::Touch => work.touch((context, observe)),
        }
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        copy::finish(result, outcomes)
    }
}

fn stat_question(path: &str) -> Question {
    Question::Stat { path: path.into(), follow: false, digest: false }
}

impl File {
    /// The state that is meant: what is there, where nothing is said.
    fn state_for(&self, now: Option<&Stat>) -> State {
        let current = || match now.map(attributes::state) {
            Some("link") => State::Link,
            Some("directory") => State::Directory,
            Some("hard") => State::Hard,
            None if self.recurse => State::Directory,
            _ => State::File,
        };
        self.state.unwrap_or_else(current)
    }

    fn check_options(&self, state: State) -> Result<(), Stop> {
        if self.recurse && state != State::Directory {
            return Err(say::recurse_without_directory().into());
        }
        if self.src.is_some() && !matches!(state, State::Link | State::Hard) {
            return Err(say::src_without_link().into());
        }
        Ok(())
    }

    /// What the first `hep` meant by `present` and `absent`.
    fn plan_seed(
        &self,
        action: Action,
        dest: &str,
        (context, observe): (&Context<'_>, &mut Observe),
    ) -> Result<Plan, Stop> {
        if action == Action::Absent {
            return seed_absent(trimmed(dest), observe);
        }
        observe.expect([Question::Stat { path: trimmed(dest).into(), follow: true, digest: true }]);
        let (owner, group) = (self.owner.as_deref(), self.group.as_deref());
        let file = self.src.as_deref().map(|src| copy::source_file(src, observe));
        let wanted = Wanted::resolve(owner, group, self.mode.as_ref(), observe)?;
        let now = observe.stat_with(trimmed(dest), true, true)?;
        let is_directory = now.as_ref().is_some_and(|stat| stat.kind == FileKind::Directory);
        let mut plan = Plan::default();
        let Some(file) = file.transpose()? else {
            let stat = now.ok_or_else(|| say::absent_file(dest))?;
            wanted.fix(trimmed(dest), &stat, true, &mut plan.changes);
            let tools = (context, observe);
            attributes::describe(
                trimmed(dest),
                Some(&stat),
                &plan.changes,
                tools,
                &mut plan.result,
            )?;
            plan.result.insert("dest".into(), trimmed(dest).into());
            return Ok(plan);
        };
        let src = self.src.as_deref().unwrap_or_default();
        let source = Source::of_controller(&file).ok_or_else(|| say::seed_directory(src))?;
        let dest = if is_directory || dest.ends_with('/') {
            join(dest, basename(src))
        } else {
            dest.to_owned()
        };
        let put =
            Put { wanted: &wanted, backup: false, validate: None, force: true, follow: false };
        let (dest, now) = put.plan(&dest, &source, (context, &mut *observe), &mut plan.changes)?;
        let at = (&*dest, now.as_deref());
        put::describe(at, &source, &plan.changes, (context, observe), &mut plan.result)?;
        plan.result.insert("src".into(), Value::str(file.path));
        Ok(plan)
    }

    fn times(&self, state: State) -> Result<Times, Stop> {
        let usual = if state == State::Touch { "now" } else { "preserve" };
        let read = |text: &Option<String>, format: &str| {
            Time::read(text.as_deref().unwrap_or(usual), format)
        };
        Ok(Times {
            mtime: read(&self.modification_time, &self.modification_time_format)?,
            atime: read(&self.access_time, &self.access_time_format)?,
        })
    }
}

/// Removes a file or link; a directory is left, as the first `hep` left it.
fn seed_absent(dest: &str, observe: &mut Observe) -> Result<Plan, Stop> {
    let mut plan = Plan::default();
    plan.result.insert("dest".into(), dest.into());
    match observe.stat(dest)? {
        Some(stat) if stat.kind == FileKind::Directory => {
            plan.message = Some(say::directory_left(dest));
        }
        Some(stat) => plan.changes.push(removal(dest, &stat, false)),
        None => {}
    }
    plan.result.insert("state".into(), "absent".into());
    Ok(plan)
}

fn removal(path: &str, stat: &Stat, recurse: bool) -> Planned {
    let before = Before::Is(Box::new(stat.clone()));
    let change = Change::Remove { path: path.into(), recurse, before };
    with_state_diff(change, Some(stat))
}

/// A path that is being planned.
struct Work<'a> {
    file: &'a File,
    wanted: Wanted,
    path: String,
    now: Option<Box<Stat>>,
    changes: Vec<Planned>,
}

type Tools<'a, 'b> = (&'a Context<'b>, &'a mut Observe);

impl Work<'_> {
    fn absent(mut self) -> Plan {
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

    fn file(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
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

    fn directory(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
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
            other => return Err(crate::observe::mismatch(&other)),
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

    fn link(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
        let path = self.path.clone();
        let current = self.now.as_ref().and_then(|stat| stat.target.clone());
        let src = match self.file.src.as_deref() {
            // As in Python, `~name` of nobody stays as it is.
            Some(src) if src.starts_with('~') => match expand(src, context, observe) {
                Ok(path) => Some(path.into()),
                Err(Stop::Fail(_)) => Some(src.into()),
                Err(stop) => return Err(stop),
            },
            src => src.map(Arc::from),
        };
        let Some(src) = src.or_else(|| current.clone()) else {
            return Err(say::link_without_src(&path).into());
        };
        if src.is_empty() || src.contains('\0') {
            return Err(say::link_without_src(&path).into());
        }
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

    /// Attributes of a link's target, or with `follow: no` owner and group of the link.
    fn link_attributes(&mut self, target: Option<&Stat>) -> Result<(), Stop> {
        let is_new = self.changes.iter().any(|p| matches!(p.change, Change::MakeLink { .. }));
        match (self.file.follow, target) {
            (true, Some(stat)) => self.wanted.fix(&self.path, stat, true, &mut self.changes),
            (true, None) => {}
            (false, _) if is_new => {
                let mut attrs = self.wanted.of_new(FileKind::Link);
                attrs.mode = None;
                if attrs != crate::change::Attrs::default() {
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

    fn hard(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
        let path = self.path.clone();
        let src = match &self.file.src {
            Some(src) => Some(expand(src, context, observe)?),
            None if self.now.as_ref().is_some_and(|stat| stat.nlink > 1) => None,
            None => return Err(say::link_without_src(&path).into()),
        };
        if let Some(src) = &src {
            let (target, stat) = if self.file.follow {
                attributes::follow(src, false, observe)?
            } else {
                (src.clone(), observe.stat(src)?)
            };
            let Some(stat) = stat else {
                return Err(say::no_link_target(&path, src).into());
            };
            let same = |now: &Stat| now.ino == stat.ino && now.dev == stat.dev && now.ino != 0;
            if !self.now.as_deref().is_some_and(same) {
                self.replace("hard link", observe)?;
                let is_directory = |stat: &&Stat| stat.kind != FileKind::Directory;
                let before = self.now.as_deref().filter(is_directory);
                let change = Change::MakeLink {
                    path: (*path).into(),
                    target: target.into(),
                    hard: true,
                    before: Before::of(before),
                };
                self.changes.push(Planned { change, diff: None });
            }
            self.wanted.fix(&path, &stat, false, &mut self.changes);
            self.now = Some(stat);
        } else if let Some(stat) = &self.now {
            self.wanted.fix(&path, stat, false, &mut self.changes);
        }
        self.set_times(State::Hard)?;
        let mut plan = self.done("dest", (context, observe))?;
        plan.result.insert("state".into(), "hard".into());
        plan.result.insert("src".into(), Value::from(src));
        Ok(plan)
    }

    fn touch(mut self, (context, observe): Tools<'_, '_>) -> Result<Plan, Stop> {
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

/// What a task says about the two times of a file.
struct Times {
    mtime: Time,
    atime: Time,
}

/// What a task says about one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    Preserve,
    Now,
    /// Nanoseconds since 1970.
    At(i64),
}

impl Time {
    fn read(text: &str, format: &str) -> Result<Self, Stop> {
        match text {
            "preserve" => Ok(Self::Preserve),
            "now" => Ok(Self::Now),
            text => {
                let at = instant::parse(text, format);
                at.map(Self::At).ok_or_else(|| say::bad_time(text, format).into())
            }
        }
    }

    /// In place of this time; nothing means now.
    const fn of(self, old_ns: i64) -> Option<i64> {
        match self {
            Self::Preserve => Some(old_ns),
            Self::Now => None,
            Self::At(ns) => Some(ns),
        }
    }

    /// Of a new file; nothing means now.
    const fn of_new(self) -> Option<i64> {
        match self {
            Self::At(ns) => Some(ns),
            Self::Preserve | Self::Now => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::memory::Host;
    use crate::module_test::{Case, Expect, check, check_all, options};

    fn case(name: &'static str, host: &str, opts: &str, expect: Expect) -> Case {
        Case { name, host: Host::new(host), module: "file", options: options(opts), expect }
    }

    #[test]
    fn files_and_directories() {
        check_all(&[
            case(
                "attributes",
                "/f 0600 = x",
                "path: /f\nmode: \"0644\"",
                Expect::changes("attrs /f 0644")
                    .result("mode", "0644")
                    .result("state", "file")
                    .result("path", "/f"),
            ),
            case(
                "all is well",
                "/f 0600 = x",
                "path: /f\nmode: u=rw,go=\nowner: root\ngroup: \"0\"",
                Expect::nothing(),
            ),
            case(
                "a number without a user",
                "/f 0600 = x",
                "path: /f\nowner: \"77\"",
                Expect::changes("attrs /f 77:").result("uid", 77_i64),
            ),
            case(
                "chown keeps set-user-id",
                "user joe 5:0 /\n/f 4755 = x",
                "path: /f\nowner: joe",
                Expect::changes("attrs /f 4755 joe:"),
            ),
            case("not there", "", "path: /f\nstate: file", Expect::error("does not exist")),
            case("not there, nothing said", "", "path: /f", Expect::error("does not exist")),
            case("is a directory", "/d/ 0755", "path: /d\nstate: file", Expect::error("directory")),
            case(
                "through a link",
                "/f 0600 = x\n/l -> f",
                "path: /l\nstate: file\nmode: \"0644\"",
                Expect::changes("attrs /f 0644").result("path", "/f"),
            ),
            case(
                "a directory",
                "",
                "path: /d\nstate: directory",
                Expect::changes("mkdir /d").result("state", "directory"),
            ),
            case(
                "with its parents",
                "",
                "path: /a/b/c\nstate: directory\nmode: \"0750\"",
                Expect::changes("mkdir /a 0750\nmkdir /a/b 0750\nmkdir /a/b/c 0750")
                    .result("mode", "0750"),
            ),
            case(
                "parents that are there",
                "/a/ 0755",
                "path: /a/b/\nstate: directory\nmode: u=rwx,go=",
                Expect::changes("mkdir /a/b 0700"),
            ),
            case(
                "a directory that is there",
                "/a/ 0755",
                "path: /a\nstate: directory\nmode: \"0700\"",
                Expect::changes("attrs /a 0700"),
            ),
            case(
                "a file in the way",
                "/a 0644 = x",
                "path: /a/b\nstate: directory",
                Expect::error("`/a`"),
            ),
            case(
                "a file is no directory",
                "/a 0644 = x",
                "path: /a\nstate: directory",
                Expect::error("file"),
            ),
            case(
                "recursive",
                "user joe 5:0 /\n/a/ 0755\n/a/f 0644 = x\n/a/d/ 0700\n/a/d/x 0755 = y\n/a/l -> f",
                "path: /a\nrecurse: true\nstate: directory\nowner: joe\nmode: u=rwX,go=rX",
                Expect::changes(
                    "attrs /a joe:\nattrs /a/d 0755 joe:\nattrs /a/d/x joe:\nattrs /a/f joe:\nattrs /a/l joe:",
                ),
            ),
            case(
                "recursive but no directory",
                "/f 0644 = x",
                "path: /f\nrecurse: true",
                Expect::error("recurse"),
            ),
            case(
                "src without a link",
                "/f 0644 = x",
                "path: /f\nsrc: y\nstate: file",
                Expect::error("src"),
            ),
            case("relative", "", "path: f\nstate: directory", Expect::error("absolute")),
            case("SELinux", "", "path: /f\nsetype: etc_t", Expect::error("setype")),
        ]);
    }

    #[test]
    fn absence_and_times() {
        check_all(&[
            case(
                "a file",
                "/f 0644 = x",
                "path: /f\nstate: absent",
                Expect::changes("remove /f").result("state", "absent").result("path", "/f"),
            ),
            case(
                "a tree",
                "/d/ 0755\n/d/f 0644 = x",
                "path: /d\nstate: absent",
                Expect::changes("remove -r /d"),
            ),
            case(
                "a link",
                "/d/ 0755\n/l -> d",
                "path: /l\nstate: absent",
                Expect::changes("remove /l"),
            ),
            case(
                "nothing",
                "",
                "path: /f\nstate: absent",
                Expect::nothing().result("state", "absent"),
            ),
            case(
                "touch a new file",
                "",
                "path: /f\nstate: touch\nmode: \"0600\"\nmodification_time: preserve\naccess_time: preserve",
                Expect::changes("touch /f\nattrs /f 0600").file("/f", "").result("dest", "/f"),
            ),
            case(
                "touch again",
                "/f 0644 = x",
                "path: /f\nstate: touch",
                Expect::changes("touch /f").file("/f", "x").repeats(),
            ),
            case(
                "a time",
                "/f 0644 = x",
                "path: /f\nmodification_time: \"202601020304.05\"",
                Expect::changes("touch /f"),
            ),
            case(
                "a wrong time",
                "/f 0644 = x",
                "path: /f\nmodification_time: soon",
                Expect::error("soon"),
            ),
        ]);
    }

    #[test]
    fn links() {
        check_all(&[
            case(
                "new",
                "/t 0644 = x",
                "path: /l\nsrc: /t\nstate: link",
                Expect::changes("link /l -> /t")
                    .result("dest", "/l")
                    .result("src", "/t")
                    .result("state", "link"),
            ),
            case(
                "relative",
                "/etc/t 0644 = x",
                "path: /etc/l\nsrc: t\nstate: link",
                Expect::changes("link /etc/l -> t"),
            ),
            case(
                "as it is",
                "/t 0644 = x\n/l -> /t",
                "path: /l\nsrc: /t\nstate: link",
                Expect::nothing(),
            ),
            case(
                "elsewhere",
                "/t 0644 = x\n/l -> /s",
                "path: /l\nsrc: /t\nstate: link",
                Expect::changes("link /l -> /t"),
            ),
            case("to nothing", "", "path: /l\nsrc: /t\nstate: link", Expect::error("/t")),
            case(
                "to nothing by force",
                "",
                "path: /l\nsrc: /t\nstate: link\nforce: true",
                Expect::changes("link /l -> /t"),
            ),
            case(
                "in place of a file",
                "/t 0644 = x\n/l 0644 = y",
                "path: /l\nsrc: /t\nstate: link",
                Expect::error("force"),
            ),
            case(
                "in place of a file by force",
                "/t 0644 = x\n/l 0644 = y",
                "path: /l\nsrc: /t\nstate: link\nforce: true",
                Expect::changes("link /l -> /t"),
            ),
            case(
                "in place of an empty directory",
                "/t 0644 = x\n/l/ 0755",
                "path: /l\nsrc: /t\nstate: link\nforce: true",
                Expect::changes("remove /l\nlink /l -> /t"),
            ),
            case(
                "in place of a full directory",
                "/t 0644 = x\n/l/ 0755\n/l/f 0644 = x",
                "path: /l\nsrc: /t\nstate: link\nforce: true",
                Expect::error("not empty"),
            ),
            case(
                "attributes of the target",
                "/t 0644 = x",
                "path: /l\nsrc: /t\nstate: link\nmode: \"0600\"",
                Expect::changes("link /l -> /t\nattrs /l 0600"),
            ),
            case(
                "attributes of the link",
                "user joe 5:0 /\n/t 0644 = x",
                "path: /l\nsrc: /t\nstate: link\nowner: joe\nfollow: false",
                Expect::changes("link /l -> /t\nattrs /l joe:"),
            ),
            case(
                "nothing said",
                "/t 0644 = x\n/l -> /t",
                "path: /l",
                Expect::nothing().result("state", "link"),
            ),
            case("without src", "", "path: /l\nstate: link", Expect::error("src")),
            case(
                "hard",
                "/t 0644 = x",
                "path: /h\nsrc: /t\nstate: hard",
                Expect::changes("hard /h => /t").file("/h", "x").result("state", "hard"),
            ),
            case(
                "hard as it is",
                "/t 0644 = x\n/h => /t",
                "path: /h\nsrc: /t\nstate: hard",
                Expect::nothing(),
            ),
            case(
                "hard in place of a file",
                "/t 0644 = x\n/h 0644 = y",
                "path: /h\nsrc: /t\nstate: hard",
                Expect::error("force"),
            ),
            case(
                "hard into a directory",
                "/t 0644 = x\n/d/ 0755",
                "path: /d\nsrc: /t\nstate: hard",
                Expect::changes("hard /d/t => /t"),
            ),
            case("hard to nothing", "", "path: /h\nsrc: /t\nstate: hard", Expect::error("/t")),
        ]);
    }

    #[test]
    fn the_seed() {
        let seed = "source dir.conf 0640 = x";
        check_all(&[
            case(
                "present",
                seed,
                "src: dir.conf\ndest: /etc/dir.conf\nowner: root\ngroup: root\nmod: 644\naction: present",
                Expect::changes("write /etc/dir.conf 0644 root:root = \"x\"")
                    .result("mode", "0644"),
            ),
            case(
                "without action",
                seed,
                "src: dir.conf\ndest: /etc/dir.conf\nmod: 644",
                Expect::changes("write /etc/dir.conf 0644 = \"x\""),
            ),
            case(
                "only what differs",
                &format!("{seed}\n/etc/dir.conf 0600 = x"),
                "src: dir.conf\ndest: /etc/dir.conf\nmod: \"0644\"",
                Expect::changes("attrs /etc/dir.conf 0644"),
            ),
            case(
                "without src",
                "/etc/x 0600 = x",
                "dest: /etc/x\nmod: 777\naction: present",
                Expect::changes("attrs /etc/x 0777"),
            ),
            case(
                "without src and file",
                "",
                "dest: /etc/x\nmod: 777\naction: present",
                Expect::error("does not exist"),
            ),
            case(
                "absent",
                "/etc/x 0600 = x",
                "src: y\ndest: /etc/x\naction: absent",
                Expect::changes("remove /etc/x"),
            ),
            case("absent already", "", "dest: /etc/x\naction: absent", Expect::nothing()),
            case("absent leaves directories", "", "dest: /etc\naction: absent", Expect::nothing()),
            case(
                "action and state",
                "",
                "dest: /etc\naction: absent\nstate: absent",
                Expect::error("action"),
            ),
        ]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_name_works(name in "[^/\0]{1,20}", target in "[^\0]{1,20}") {
            prop_assume!(name != "." && name != "..");
            let options = Value::from([
                ("path", Value::from(format!("/etc/{name}"))), ("src", Value::from(target)),
                ("state", "link".into()), ("force", true.into()),
            ]);
            check(&Case { name: "any", host: Host::default(), module: "file", options, expect: Expect::any() });
        }
    }
}
