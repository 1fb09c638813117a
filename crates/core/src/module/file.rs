//! `file`: files, directories, links and their attributes; and the seed's `file`, which copies.

use serde::Deserialize;

use super::{Context, Finish, Kind, Module, Plan, copy};
use crate::attributes::{self, Wanted, basename, expand, join, trimmed, with_state_diff};
use crate::change::{Before, Change, Outcome, Planned};
use crate::message::file as say;
use crate::mode::Mode;
use crate::node::{Node, NodeKind};
use crate::observe::{FileKind, Observe, Question, Stat, Stop};
use crate::options;
use crate::put::{self, Put, Source};
use crate::value::{Map, Value};

use states::Work;
use times::{Time, Times};

mod states;
#[cfg(test)]
mod tests;
mod times;

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
