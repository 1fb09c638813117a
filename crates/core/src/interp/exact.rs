//! Exactly a plan: what tasks plan is told by digest, and where a plan was saved before, a task that would
//! do anything else is refused before it acts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::machine::Interpreter;
use super::running::{Running, Stage};
use super::{Done, Elsewhere};
use crate::change::{Before, Change};
use crate::message::{Message, plan as say};
use crate::node::Node;
use crate::observe::{FileKind, Stat};
use crate::program::{Action, Task};

/// What a host's part of a play may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Its tasks in their order; each is used up by the task that it is of.
    pub tasks: Vec<ExpectedTask>,
    /// Whether tasks that are not among them may do what they want: what deferred tasks bring about.
    pub others: bool,
}

/// What a task may do. Numbers of tasks are given as files are included, so a task is known by its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedTask {
    /// Its line in its file.
    pub line: u32,
    /// Its column.
    pub col: u32,
    /// The module, or the keyword.
    pub module: Arc<str>,
    /// Whether it is a handler.
    pub handler: bool,
    /// Digests of what it plans, in order; nothing where it could not be predicted and may do anything.
    pub digests: Option<Vec<Arc<str>>>,
}

/// How far a task has come along its part of a saved plan.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Exact {
    /// Digests of what it planned.
    pub(super) planned: Vec<Arc<str>>,
    /// How many of them belong to earlier rounds of its loop.
    earlier: usize,
    /// What they must be; nothing lets everything pass.
    expected: Option<Vec<Arc<str>>>,
}

impl Interpreter {
    /// What a task that begins now may do, taken from what is expected of the host.
    pub(super) fn expect(&mut self, task: &Task, handler: bool, module: &str) -> Exact {
        let Some(expected) = &mut self.options.expected else { return Exact::default() };
        let is_it = |known: &ExpectedTask| {
            (known.line, known.col, known.handler) == (task.pos.line, task.pos.col, handler)
                && *known.module == *module
        };
        let digests = match expected.tasks.iter().position(is_it) {
            Some(at) => expected.tasks.remove(at).digests,
            None => (!expected.others).then(Vec::new),
        };
        Exact { expected: digests, ..Exact::default() }
    }
}

impl Running {
    /// Notes what the round is about to do; false where that is not what was planned, and the task fails
    /// whatever `ignore_errors` and its like say.
    pub(super) fn admits<'a>(
        &mut self,
        changes: impl Iterator<Item = &'a Change>,
        machine: &Interpreter,
    ) -> bool {
        let wanted = machine.options.digests || machine.options.expected.is_some();
        let Some(prepared) = self.prepared.clone().filter(|_| wanted) else { return true };
        let digest = match &self.task.action {
            // Its program is told whether it is to predict only: what it gets otherwise is the same.
            Action::External(name) => digest(&(name, &prepared.identity, bare(&prepared.args))),
            _ => {
                let changes: Vec<Change> = changes.map(canonical).collect();
                if changes.is_empty() {
                    return true;
                }
                digest(&(&prepared.identity, changes))
            }
        };
        self.admits_digest(digest)
    }

    /// As [`Self::admits`], for what somebody else shall do.
    pub(super) fn admits_elsewhere(&mut self, task: &Elsewhere, machine: &Interpreter) -> bool {
        if !machine.options.digests && machine.options.expected.is_none() {
            return true;
        }
        let args = bare(&task.args);
        self.admits_digest(digest(&(
            &task.host,
            &task.module,
            args,
            &task.identity,
            &task.environment,
            &task.text,
        )))
    }

    fn admits_digest(&mut self, digest: Arc<str>) -> bool {
        let at = self.exact.planned.len();
        let expected = self.exact.expected.as_ref();
        if expected.is_some_and(|digests| digests.get(at) != Some(&digest)) {
            let message = match expected.is_some_and(|digests| at < digests.len()) {
                true => say::does_otherwise(),
                false => say::does_more(),
            };
            self.refuse(message);
            return false;
        }
        self.exact.planned.push(digest);
        true
    }

    fn refuse(&mut self, message: Message) {
        let task = Arc::make_mut(&mut self.task);
        task.failed_when.clear();
        task.changed_when.clear();
        task.until.clear();
        task.retries = None;
        task.ignore_errors = None;
        // The rounds that follow are no part of the plan either.
        self.exact.expected = Some(vec![]);
        self.stage = Stage::Conclude(Box::new(Done { failed: Some(message), ..Done::default() }));
    }

    /// The round is tried again: it may plan the same once more.
    pub(super) fn forget_planned(&mut self) {
        self.exact.planned.truncate(self.exact.earlier);
    }

    /// What was planned last was not tried, and is planned anew.
    pub(super) fn take_back_planned(&mut self) {
        self.exact.planned.pop();
    }

    /// The round is over.
    pub(super) fn keep_planned(&mut self) {
        self.exact.earlier = self.exact.planned.len();
    }

    /// Why the task has not done all that was planned.
    pub(super) fn did_less(&self) -> Option<Message> {
        let expected = self.exact.expected.as_ref()?;
        (expected.len() > self.exact.planned.len()).then(say::does_less)
    }
}

/// A change as plans are compared: without what may differ while the meaning is the same ([`Before::holds`])
/// and without predictions.
#[must_use]
pub fn canonical(change: &Change) -> Change {
    let mut change = change.clone();
    match &mut change {
        Change::WriteFile { before, .. }
        | Change::SetAttrs { before, .. }
        | Change::MakeDirectory { before, .. }
        | Change::MakeLink { before, .. }
        | Change::Remove { before, .. }
        | Change::Touch { before, .. } => {
            if let Before::Is(stat) = before {
                **stat = canonical_stat(stat);
            }
        }
        Change::Run(run) => run.effects.clear(),
        Change::Wait(_) => {}
    }
    change
}

fn canonical_stat(stat: &Stat) -> Stat {
    let is_file = stat.kind == FileKind::File;
    Stat {
        mode: if stat.kind == FileKind::Link { 0 } else { stat.mode },
        owner: None,
        group: None,
        size: if is_file { stat.size } else { 0 },
        mtime_ns: 0,
        atime_ns: 0,
        ctime_ns: 0,
        dev: 0,
        ino: 0,
        nlink: 0,
        ..stat.clone()
    }
}

/// SHA-256 of a datum's JSON, in lower-case hexadecimal.
#[must_use]
pub fn digest(datum: &impl Serialize) -> Arc<str> {
    // Data of ours has text keys only, so it is always JSON.
    let bytes = serde_json::to_vec(datum).unwrap_or_default();
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(&bytes) {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
    }
    text.into()
}

/// Options without their places.
fn bare(args: &Node) -> serde_json::Value {
    serde_json::to_value(args.to_value()).unwrap_or_default()
}
