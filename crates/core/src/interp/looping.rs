//! The rounds of a task: what a loop goes over, the loop's variables, and all rounds as one outcome.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::machine::{Interpreter, single};
use super::running::{MOST_ROUNDS, Running, Stage};
use super::{Done, Identity, Step};
use crate::message::{Message, play as say};
use crate::observe::Stop;
use crate::program::{Over, Repeat, Task};
use crate::value::{Map, Trust, Value};
use crate::vars::{Layer, Level, Var, Vars};

/// What the loop goes over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rounds {
    /// One `Null` for a task without a loop.
    pub(super) items: Arc<Vec<Value>>,
    /// How far the items may be trusted.
    pub(super) trust: Trust,
}

/// A round that is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RoundResult {
    /// The loop's variables as the result holds them (`item`, `ansible_loop_var`, …).
    pub(super) vars: Map,
    pub(super) done: Done,
    /// The handlers to notify if the task has changed something.
    pub(super) notify: Vec<Arc<str>>,
    /// Whether its failure, or its unreachable host, is to be ignored.
    pub(super) ignored: bool,
    pub(super) no_log: bool,
}

impl Running {
    /// Evaluates the loop.
    pub(super) fn find_rounds(&mut self, machine: &mut Interpreter) -> Option<Step> {
        match self.evaluate_loop(machine) {
            Ok(rounds) => {
                let empty = rounds.items.is_empty();
                self.rounds = Some(rounds);
                self.stage = Stage::Plan;
                self.replans = 0;
                if empty {
                    self.finish_loop(machine);
                }
                None
            }
            Err(Stop::Pending) => {
                self.stage = Stage::Begin;
                self.replans += 1;
                if self.replans > MOST_ROUNDS {
                    return self.give_up();
                }
                let step = machine.ask_open(&Identity::Login, machine.options.check);
                step.or_else(|| self.give_up())
            }
            Err(stop) => {
                let done = self.unless_skipped(stop, machine);
                self.leave_loop();
                self.stage = Stage::Conclude(Box::new(done));
                None
            }
        }
    }

    /// A loop that never began is none, also in the result.
    pub(super) fn leave_loop(&mut self) {
        if self.rounds.is_none() {
            self.task = Arc::new(Task { repeat: None, ..(*self.task).clone() });
            self.rounds = Some(Rounds::single());
        }
    }

    /// A loop that cannot be evaluated does not matter where the condition is false anyway.
    fn unless_skipped(&self, stop: Stop, machine: &Interpreter) -> Done {
        let scope = machine.scope(self.vars(machine));
        match super::round::first_false(&machine.engine, &self.task.when, &scope) {
            Ok(Some(condition)) => super::round::skipped(&condition),
            _ => super::round::stopped(stop),
        }
    }

    fn evaluate_loop(&self, machine: &Interpreter) -> Result<Rounds, Stop> {
        let Some(repeat) = &self.task.repeat else { return Ok(Rounds::single()) };
        let scope = machine.scope(self.vars(machine));
        let node = machine.engine.node(&repeat.items, &scope)?;
        let trust = if super::round::has_foreign(&node) { Trust::Host } else { Trust::Operator };
        let value = node.to_value();
        match &repeat.over {
            Over::List => Rounds::from(value, trust, repeat.items.pos),
            Over::With(name) => {
                let items = crate::template::with_loop(name, &value, trust, &*scope)?;
                Ok(Rounds { items: Arc::new(items), trust })
            }
        }
    }

    // ---- variables ----------------------------------------------------------------------------------

    /// What the templates of the present round see.
    pub(super) fn vars(&self, machine: &Interpreter) -> Vars {
        let mut vars = machine.vars.with(Level::Task, self.task.vars.clone());
        for (level, layer) in machine.cursor.layers() {
            vars.push(*level, layer.clone());
        }
        if let Some(layer) = self.loop_layer() {
            vars.push(Level::Loop, layer);
        }
        vars
    }

    /// The loop's variables in the present round.
    pub(super) fn loop_layer(&self) -> Option<Arc<Layer>> {
        let repeat = self.task.repeat.as_ref()?;
        let rounds = self.rounds.as_ref()?;
        let item = rounds.items.get(self.index)?;
        let mut layer = (*single(&repeat.var, item.clone(), rounds.trust)).clone();
        let names = self.loop_names(repeat, rounds);
        layer.extend(names.into_iter().map(|(name, value, trust)| (name, Var::Data(value, trust))));
        Some(Arc::new(layer))
    }

    /// The loop's variables beside the item itself.
    fn loop_names(&self, repeat: &Repeat, rounds: &Rounds) -> Vec<(Arc<str>, Value, Trust)> {
        let own = Trust::Operator;
        let mut names = vec![("ansible_loop_var".into(), Value::Str(repeat.var.clone()), own)];
        if let Some(name) = &repeat.index_var {
            names.push((name.clone(), int(self.index), own));
            names.push(("ansible_index_var".into(), Value::Str(name.clone()), own));
        }
        if repeat.extended {
            names.push(("ansible_loop".into(), self.extended(rounds), rounds.trust));
        }
        names
    }

    fn extended(&self, rounds: &Rounds) -> Value {
        let (index, length) = (self.index, rounds.items.len());
        let mut map = Map::new();
        for (name, value) in [
            ("index", int(index + 1)),
            ("index0", int(index)),
            ("revindex", int(length - index)),
            ("revindex0", int(length - index - 1)),
            ("first", Value::Bool(index == 0)),
            ("last", Value::Bool(index + 1 == length)),
            ("length", int(length)),
            ("allitems", Value::List(rounds.items.clone())),
        ] {
            map.insert(name.into(), value);
        }
        if let Some(item) = rounds.items.get(index + 1) {
            map.insert("nextitem".into(), item.clone());
        }
        if let Some(item) = index.checked_sub(1).and_then(|i| rounds.items.get(i)) {
            map.insert("previtem".into(), item.clone());
        }
        Value::map(map)
    }

    /// The item of the present round; nothing without a loop.
    pub(super) fn item(&self) -> Option<&Value> {
        self.task.repeat.as_ref()?;
        self.rounds.as_ref()?.items.get(self.index)
    }

    // ---- results ------------------------------------------------------------------------------------

    /// Keeps what came of the present round, with those keywords that may differ from round to round.
    pub(super) fn file_result(&mut self, mut done: Done, machine: &Interpreter) {
        let keyword = if done.unreachable {
            self.task.ignore_unreachable.as_ref()
        } else {
            self.task.ignore_errors.as_ref()
        };
        let is_bad = done.unreachable || done.failed.is_some();
        let ignored = is_bad && self.says(keyword, machine);
        let notify = match self.names_to_notify(&done, machine) {
            Ok(names) => names,
            Err(stop) => {
                done.failed = super::round::stopped(stop).failed;
                vec![]
            }
        };
        let mut vars = Map::new();
        if let (Some(repeat), Some(rounds), Some(item)) =
            (&self.task.repeat, &self.rounds, self.item())
        {
            vars.insert(repeat.var.clone(), item.clone());
            let names = self.loop_names(repeat, rounds);
            vars.extend(names.into_iter().map(|(name, value, _)| (name, value)));
        }
        let no_log = self.withholds(machine);
        self.results.push(RoundResult { vars, done, notify, ignored, no_log });
    }

    /// The task's outcome over all rounds, in the shape of Ansible's `_run_loop`.
    pub(super) fn combined(&self) -> Done {
        if self.task.repeat.is_none() {
            return self.results.first().map(|round| round.done.clone()).unwrap_or_default();
        }
        let dones = || self.results.iter().map(|round| &round.done);
        let all = self.results.len();
        let failed = dones().filter(|done| done.failed.is_some()).count();
        let is_skipped = dones().all(|done| done.skipped.is_some());
        let message: Option<Message> = match failed {
            0 => None,
            1 => dones().find_map(|done| done.failed.clone()),
            _ => Some(say::items_failed(failed, all)),
        };
        let skipped = match all {
            0 => Some(say::no_items()),
            _ if is_skipped => dones().find_map(|done| done.skipped.clone()),
            _ => None,
        };
        Done {
            result: self.combined_result(failed > 0, is_skipped),
            facts: dones().flat_map(|done| done.facts.clone()).collect(),
            changed: dones().any(|done| done.changed),
            failed: message,
            failed_at: dones().find_map(|done| done.failed_at),
            skipped,
            deferred: dones().find_map(|done| done.deferred.clone()),
            diff: dones().flat_map(|done| done.diff.clone()).collect(),
            changes: dones().flat_map(|done| done.changes.clone()).collect(),
            message: None,
            unreachable: dones().any(|done| done.unreachable),
        }
    }

    fn combined_result(&self, failed: bool, skipped: bool) -> Map {
        let items = self.results.iter().map(|round| {
            let mut map = super::report::result_map(&round.done);
            map.extend(round.vars.clone());
            Value::map(map)
        });
        let mut result = Map::from([
            (Arc::from("results"), Value::list(items.collect())),
            (Arc::from("skipped"), Value::Bool(skipped)),
        ]);
        let (key, text) = if self.results.is_empty() {
            ("skipped_reason", "No items in the list")
        } else if failed {
            ("msg", "One or more items failed")
        } else if skipped {
            ("msg", "All items skipped")
        } else {
            ("msg", "All items completed")
        };
        result.insert(key.into(), text.into());
        result
    }
}

impl Rounds {
    pub(super) fn single() -> Self {
        Self { items: Arc::new(vec![Value::Null]), trust: Trust::Operator }
    }

    fn from(value: Value, trust: Trust, pos: crate::node::Pos) -> Result<Self, Stop> {
        match value {
            Value::List(items) => Ok(Self { items, trust }),
            Value::Unknown(why) => Err(Stop::Unknown(why)),
            other => Err(Stop::FailAt(pos, say::not_a_list(super::round::kind_of(&other)))),
        }
    }
}

/// A count as a value.
fn int(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}
