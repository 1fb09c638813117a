//! One task on its way: its gates, its stages, and what the driver's answers mean to it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::applying::Applying;
use super::exact::Exact;
use super::looping::{RoundResult, Rounds};
use super::machine::{Interpreter, is_for_all};
use super::prepare::Prepared;
use super::round::is_yes;
use super::{Control, Done, Event, Request, Step};
use crate::change::{Change, Outcome};
use crate::message::{Message, play as say};
use crate::program::{Action, Item, Task};
use crate::value::{Map, Value};
use crate::vars::{Layer, Level, Var};

/// A module that never finishes planning is broken; so many rounds are more than any needs.
pub(super) const MOST_ROUNDS: u32 = 64;

/// A task whose changes are refused so often has a rival on the host that will not stop.
const MOST_REFUSALS: u32 = 3;

/// The task that is being done.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, read by its name")]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Running {
    pub(super) task: Arc<Task>,
    pub(super) handler: bool,
    pub(super) name: Arc<str>,
    pub(super) rounds: Option<Rounds>,
    pub(super) index: usize,
    pub(super) results: Vec<RoundResult>,
    pub(super) prepared: Option<Arc<Prepared>>,
    /// Steps that includes brought, pushed when the task is over.
    pub(super) included: Vec<Included>,
    pub(super) tries: u32,
    pub(super) stage: Stage,
    gate: Gate,
    /// What was done in this round, over all plannings of it (`Then::Again`).
    pub(super) applied: Vec<(Change, Outcome)>,
    pub(super) diffs: Vec<crate::change::Diff>,
    /// How often this round was planned, or its loop or conditions evaluated.
    pub(super) replans: u32,
    /// How often a change was refused because the host had moved on.
    refusals: u32,
    /// Whether what was observed is no longer true.
    pub(super) is_stale: bool,
    /// How many diffs there were before the change that is handed out.
    pub(super) diffs_before: usize,
    /// The answer of `run_once`'s other host: taken instead of doing it.
    once_result: Option<Box<Done>>,
    pub(super) is_once: bool,
    /// Whether it was told that the task begins here.
    is_told: bool,
    pub(super) exact: Exact,
    /// How long looking and doing took in this try, in milliseconds: what `timeout` counts.
    #[serde(default)]
    pub(super) spent_ms: u64,
}

/// Steps of a file, and the variables that they see beside their own.
pub(super) type Included = (Vec<Item>, Vec<(Level, Arc<Layer>)>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Gate {
    #[default]
    Barrier,
    Once,
    Slot,
    Open,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) enum Stage {
    /// Not begun: gates, then the loop's items.
    #[default]
    Begin,
    /// A round is being planned.
    Plan,
    /// Its changes are being applied.
    Apply(Box<Applying>),
    /// Somebody else does it.
    Elsewhere,
    /// The round has an outcome.
    Conclude(Box<Done>),
    /// Waiting before another try or round.
    Delay,
    /// The controller is told what `run_once` gave.
    TellOnce,
    /// Nothing is left to do.
    Over,
}

impl Running {
    pub(super) fn new(task: Arc<Task>, handler: bool) -> Self {
        Self {
            task,
            handler,
            name: "".into(),
            rounds: None,
            index: 0,
            results: vec![],
            prepared: None,
            included: vec![],
            tries: 0,
            stage: Stage::Begin,
            gate: Gate::Barrier,
            applied: vec![],
            diffs: vec![],
            replans: 0,
            refusals: 0,
            is_stale: false,
            diffs_before: 0,
            once_result: None,
            is_once: false,
            is_told: false,
            exact: Exact::default(),
            spent_ms: 0,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Makes progress. A step when the driver is needed; nothing when it should be called again.
    pub(super) fn drive(&mut self, machine: &mut Interpreter) -> Option<Step> {
        match std::mem::take(&mut self.stage) {
            Stage::Begin => self.begin(machine),
            Stage::Plan => self.plan(machine),
            Stage::Apply(applying) => self.apply(*applying, machine),
            Stage::Conclude(done) => self.conclude(*done, machine),
            Stage::Delay => {
                self.stage = Stage::Plan;
                None
            }
            Stage::TellOnce => {
                self.end_task(machine);
                None
            }
            // The driver went on without the answer.
            Stage::Elsewhere => {
                self.stop_with(say::wrong_answer("Next"), false);
                None
            }
            Stage::Over => {
                self.stage = Stage::Over;
                None
            }
        }
    }

    /// The controller's answer to what was asked.
    pub(super) fn control(&mut self, control: Control) {
        match (self.gate, control) {
            (Gate::Barrier | Gate::Slot, Control::Go) => self.pass_gate(),
            (Gate::Once, Control::Go) => {
                self.is_once = true;
                self.pass_gate();
            }
            (Gate::Once, Control::Result(done)) => {
                self.once_result = Some(done);
                self.gate = Gate::Open;
            }
            (Gate::Open, Control::Result(done)) if matches!(self.stage, Stage::Elsewhere) => {
                self.stage = Stage::Conclude(done);
            }
            // `ClearErrors` and `Reset`.
            (Gate::Open, Control::Go) if matches!(self.stage, Stage::Elsewhere) => {
                self.stage = Stage::Conclude(Box::default());
            }
            (Gate::Open, Control::Items(items)) if matches!(self.stage, Stage::Elsewhere) => {
                self.take_items(items);
            }
            (_, Control::Failed(message)) => self.stop_with(message, false),
            (_, Control::Unreachable(message)) => self.stop_with(message, true),
            // After `OnceDone`: the stage says what follows.
            (Gate::Open, Control::Go) if matches!(self.stage, Stage::TellOnce) => {}
            (
                _,
                Control::Go
                | Control::Stop
                | Control::Abort { .. }
                | Control::Result(_)
                | Control::Items(_),
            ) => {
                self.stop_with(say::wrong_answer("Control"), false);
            }
        }
    }

    /// The steps that an include brought, to be done when its task is over.
    fn take_items(&mut self, items: Vec<Item>) {
        // Its own variables only: those around it are the steps' already, on their level.
        let around = self.task.inherit.as_ref().map(|around| around.vars.clone());
        let is_own = |name: &Arc<str>, var: &Var| {
            around.as_ref().is_none_or(|around| around.get(name) != Some(var))
        };
        let own = self.task.vars.iter().filter(|(name, var)| is_own(name, var));
        let own: Layer = own.map(|(name, var)| (name.clone(), var.clone())).collect();
        let mut layers = vec![(Level::Include, Arc::new(own))];
        layers.extend(self.loop_layer().map(|layer| (Level::Loop, layer)));
        self.included.push((items, layers));
        let included = self.prepared.as_ref().and_then(|p| p.include.clone());
        let result = Map::from([(Arc::from("include"), Value::from(included))]);
        self.stage = Stage::Conclude(Box::new(Done { result, ..Done::default() }));
    }

    pub(super) fn stop_with(&mut self, message: Message, unreachable: bool) {
        self.gate = Gate::Open;
        self.leave_loop();
        let done = Done { failed: Some(message), unreachable, ..Done::default() };
        self.stage = Stage::Conclude(Box::new(done));
    }

    fn pass_gate(&mut self) {
        self.gate = match self.gate {
            Gate::Barrier => Gate::Once,
            Gate::Once => Gate::Slot,
            Gate::Slot | Gate::Open => Gate::Open,
        };
    }

    /// What came of the change that was handed out.
    pub(super) fn outcome(&mut self, outcome: Outcome) {
        let outcome = self.in_time(outcome);
        match &mut self.stage {
            Stage::Apply(_) if outcome == Outcome::Late => self.look_anew(),
            // Somebody else was there first. Nothing was done, so it is looked at anew, but not for ever.
            Stage::Apply(_)
                if matches!(outcome, Outcome::Refused(_)) && self.refusals < MOST_REFUSALS =>
            {
                self.refusals += 1;
                self.look_anew();
            }
            Stage::Apply(applying) => {
                if let Some(change) = applying.take_outcome(&outcome) {
                    self.applied.push((change, outcome));
                }
            }
            Stage::Delay => self.stage = Stage::Plan,
            _ => self.stop_with(say::wrong_answer("Outcome"), false),
        }
    }

    /// The change that was handed out was not tried: the host may have moved on.
    fn look_anew(&mut self) {
        self.is_stale = true;
        self.take_back_planned();
        self.diffs.truncate(self.diffs_before);
        self.stage = Stage::Plan;
    }

    // ---- the beginning ------------------------------------------------------------------------------

    fn begin(&mut self, machine: &mut Interpreter) -> Option<Step> {
        if self.name.is_empty() {
            self.introduce(machine);
        }
        while self.gate != Gate::Open {
            if let Some(request) = self.gate_request(machine) {
                self.stage = Stage::Begin;
                return Some(Step::Ask(request));
            }
            self.pass_gate();
        }
        if let Some(done) = self.once_result.take() {
            self.take_over(*done, machine);
            return None;
        }
        if !self.is_told && !self.is_meta() {
            self.is_told = true;
            let event = Event::Started { task: self.task.id, name: self.name.clone() };
            machine.queue.push_back(event);
        }
        self.find_rounds(machine)
    }

    /// Whether it was told to have begun.
    pub(super) const fn is_told(&self) -> bool {
        self.is_told
    }

    fn introduce(&mut self, machine: &mut Interpreter) {
        let scope = machine.scope(self.vars(machine));
        let rendered = self.task.name.as_ref().map(|node| {
            let rendered = machine.engine.node(node, &scope).unwrap_or_else(|_| node.clone());
            rendered.as_str().map(Arc::from)
        });
        // What the name's rendering asked for is not worth a round trip.
        machine.replies.take_asked();
        let rendered = rendered.flatten().filter(|name: &Arc<str>| !name.is_empty());
        self.name = rendered.unwrap_or_else(|| self.action_name());
    }

    pub(super) fn is_meta(&self) -> bool {
        matches!(self.task.action, Action::Meta(_))
    }

    pub(super) fn action_name(&self) -> Arc<str> {
        match &self.task.action {
            Action::Module(name) | Action::External(name) => name.clone(),
            Action::IncludeTasks => "include_tasks".into(),
            Action::IncludeVars => "include_vars".into(),
            Action::Meta(_) => "meta".into(),
        }
    }

    fn gate_request(&mut self, machine: &mut Interpreter) -> Option<Request> {
        let task = self.task.id;
        match self.gate {
            Gate::Barrier => machine.takes_barrier(&self.task).then_some(Request::Barrier { task }),
            Gate::Once => self.is_run_once(machine).then_some(Request::Once { task }),
            Gate::Slot => {
                let limit = self.task.throttle;
                (limit > 0).then_some(Request::Slot { task, limit })
            }
            Gate::Open => None,
        }
    }

    fn is_run_once(&self, machine: &Interpreter) -> bool {
        if is_for_all(&self.task) {
            return true;
        }
        let Some(node) = &self.task.run_once else { return false };
        let scope = machine.scope(self.vars(machine));
        machine.engine.node(node, &scope).is_ok_and(|node| is_yes(&node))
    }

    // ---- the end ------------------------------------------------------------------------------------

    /// Every round is over.
    pub(super) fn finish_loop(&mut self, machine: &mut Interpreter) {
        if self.is_once {
            self.stage = Stage::TellOnce;
            let result = Box::new(self.combined());
            machine.hold(Step::Ask(Request::OnceDone { task: self.task.id, result }));
        } else {
            self.end_task(machine);
        }
    }

    fn end_task(&mut self, machine: &mut Interpreter) {
        self.stage = Stage::Over;
        self.finish(machine);
    }

    /// The result of another host's `run_once`: its facts and what it registered are this host's too. It is
    /// not counted here, and as in Ansible its failure ends the play for all.
    fn take_over(&mut self, done: Done, machine: &mut Interpreter) {
        self.keep_facts(&done, machine);
        self.leave_loop();
        self.register(&done, machine);
        let is_bad = done.failed.is_some() || done.unreachable;
        self.file_result(done, machine);
        let is_ignored = self.results.iter().all(|round| round.ignored);
        self.stage = Stage::Over;
        if is_bad && !is_ignored {
            machine.abort(false);
        }
    }
}
