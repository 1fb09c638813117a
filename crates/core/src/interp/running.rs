//! One task on its way: gates, rounds of a loop, tries, planning, applying, the end.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::machine::{Interpreter, single};
use super::round::{Prepared, Round};
use super::{Control, Done, Event, Identity, Request, Step};
use crate::change::{Change, Deed, Outcome, Until, Wait};
use crate::message::play as say;
use crate::module::{Plan, Then};
use crate::observe::Stop;
use crate::program::{Action, Item, Over, Task};
use crate::value::{Map, Trust, Value};
use crate::vars::{Layer, Level, Vars};

/// A module that never finishes planning is broken; so many rounds are more than any needs.
const MOST_ROUNDS: u32 = 64;

/// The task that is being done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Running {
    pub(super) task: Arc<Task>,
    pub(super) handler: bool,
    pub(super) name: Arc<str>,
    pub(super) rounds: Option<Rounds>,
    pub(super) index: usize,
    pub(super) results: Vec<(Value, Done)>,
    pub(super) prepared: Option<Prepared>,
    /// Steps that includes brought, pushed when the task is over.
    pub(super) included: Vec<(Vec<Item>, Option<Arc<Layer>>)>,
    tries: u32,
    stage: Stage,
    gate: Gate,
    /// Accumulated over `Then::Again`.
    pub(super) applied: Vec<(Change, Outcome)>,
    diffs: Vec<crate::change::Diff>,
    replans: u32,
    /// The answer of `run_once`'s other host: taken instead of doing it.
    pub(super) once_result: Option<Box<Done>>,
    pub(super) is_once: bool,
}

/// What the loop goes over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rounds {
    /// One `Null` for a task without a loop.
    pub(super) items: Arc<Vec<Value>>,
    /// How far the items may be trusted.
    pub(super) trust: Trust,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Gate {
    #[default]
    Barrier,
    Once,
    Slot,
    Open,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
enum Stage {
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
    /// Waiting before another try.
    Delay,
    /// The controller is told what `run_once` gave.
    TellOnce,
    /// Nothing is left to do.
    Over,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Applying {
    #[serde(skip)]
    plan: Plan,
    next: usize,
    outcomes: Vec<Outcome>,
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
            once_result: None,
            is_once: false,
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
                self.stage = Stage::Over;
                self.finish(machine);
                None
            }
            Stage::Elsewhere | Stage::Over => {
                self.stage = Stage::Over;
                None
            }
        }
    }

    /// The controller's answer to what was asked.
    pub(super) fn control(&mut self, control: Control, machine: &mut Interpreter) {
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
            (Gate::Open, Control::Result(done)) => self.stage = Stage::Conclude(done),
            (Gate::Open, Control::Items(items)) => {
                let layer = self.loop_layer();
                self.included.push((items, layer));
                let included = self.prepared.as_ref().and_then(|p| p.include.clone());
                let result = Map::from([(Arc::from("include"), Value::from(included))]);
                self.stage = Stage::Conclude(Box::new(Done { result, ..Done::default() }));
            }
            (_, Control::Failed(message)) => self.stop_with(message, false),
            (_, Control::Unreachable(message)) => self.stop_with(message, true),
            // After `OnceDone`: the stage says what follows.
            (Gate::Open, Control::Go) => {}
            (_, Control::Stop) => machine.end(),
            (_, Control::Result(_) | Control::Items(_)) => {
                self.stop_with(say::wrong_answer("Control"), false);
            }
        }
    }

    fn stop_with(&mut self, message: crate::message::Message, unreachable: bool) {
        self.gate = Gate::Open;
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
        match &mut self.stage {
            Stage::Apply(applying) => {
                if let Some(planned) = applying.plan.changes.get(applying.next) {
                    self.applied.push((planned.change.clone(), outcome.clone()));
                }
                applying.outcomes.push(outcome);
                applying.next += 1;
            }
            // The end of a delay between tries.
            _ => self.stage = Stage::Plan,
        }
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
            self.rounds = Some(Rounds::single());
            self.take_over(*done, machine);
            return None;
        }
        self.find_rounds(machine)
    }

    fn introduce(&mut self, machine: &mut Interpreter) {
        let scope = machine.scope(self.vars(machine));
        let rendered = self.task.name.as_ref().map(|node| {
            let rendered = machine.engine.node(node, &scope).unwrap_or_else(|_| node.clone());
            rendered.as_str().map(Arc::from)
        });
        // What the name's rendering asked for is not worth a round trip.
        machine.replies.take_asked();
        self.name = rendered.flatten().unwrap_or_else(|| self.action_name());
        if !matches!(self.task.action, Action::Meta(_)) {
            let event = Event::Started { task: self.task.id, name: self.name.clone() };
            machine.queue.push_back(event);
        }
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
        let Some(node) = &self.task.run_once else { return false };
        let scope = machine.scope(self.vars(machine));
        machine.engine.node(node, &scope).is_ok_and(|node| super::round::is_yes(&node))
    }

    /// Evaluates the loop.
    fn find_rounds(&mut self, machine: &mut Interpreter) -> Option<Step> {
        match self.evaluate_loop(machine) {
            Ok(rounds) => {
                let empty = rounds.items.is_empty();
                self.rounds = Some(rounds);
                self.stage = Stage::Plan;
                if empty {
                    self.finish_loop(machine);
                }
                None
            }
            Err(Stop::Pending) => {
                self.stage = Stage::Begin;
                let step = machine.ask_open(&Identity::Login, machine.options.check);
                step.or_else(|| self.give_up(machine, MOST_ROUNDS))
            }
            Err(stop) => {
                self.rounds = Some(Rounds::single());
                let done = self.unless_skipped(stop, machine);
                self.stage = Stage::Conclude(Box::new(done));
                None
            }
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
        let value = match &repeat.over {
            Over::List => value,
            Over::With(name) => {
                let items = crate::template::with_loop(name, &value, trust, &*scope)?;
                return Ok(Rounds { items: Arc::new(items), trust });
            }
        };
        Rounds::from(value, trust, repeat.items.pos)
    }

    // ---- variables ----------------------------------------------------------------------------------

    /// What the templates of the present round see.
    pub(super) fn vars(&self, machine: &Interpreter) -> Vars {
        let mut vars = machine.vars.with(Level::Task, self.task.vars.clone());
        for layer in machine.cursor.layers() {
            vars.push(Level::Loop, layer.clone());
        }
        if let Some(layer) = self.loop_layer() {
            vars.push(Level::Loop, layer);
        }
        vars
    }

    /// The loop's variables in the present round.
    fn loop_layer(&self) -> Option<Arc<Layer>> {
        use crate::vars::Var;
        let repeat = self.task.repeat.as_ref()?;
        let rounds = self.rounds.as_ref()?;
        let item = rounds.items.get(self.index)?;
        let mut layer = (*single(&repeat.var, item.clone(), rounds.trust)).clone();
        let data = |value: Value| Var::Data(value, Trust::Operator);
        layer.insert("ansible_loop_var".into(), data(Value::Str(repeat.var.clone())));
        if let Some(name) = &repeat.index_var {
            layer.insert(name.clone(), data(int(self.index)));
        }
        if repeat.extended {
            layer.insert("ansible_loop".into(), Var::Data(self.extended(rounds), rounds.trust));
        }
        Some(Arc::new(layer))
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

    // ---- planning and applying ----------------------------------------------------------------------

    fn plan(&mut self, machine: &mut Interpreter) -> Option<Step> {
        self.replans += 1;
        if self.replans > MOST_ROUNDS {
            return self.give_up(machine, MOST_ROUNDS);
        }
        match self.plan_round(machine) {
            Ok(Round::Over(done)) => {
                self.stage = Stage::Conclude(Box::new(done));
                None
            }
            Ok(Round::Apply(plan)) => {
                let applying = Applying { plan, next: 0, outcomes: vec![] };
                self.stage = Stage::Apply(Box::new(applying));
                None
            }
            Ok(Round::Ask(request)) => {
                self.stage = Stage::Elsewhere;
                Some(Step::Ask(request))
            }
            Err(Stop::Pending) => self.ask_pending(machine),
            Err(stop) => {
                self.stage = Stage::Conclude(Box::new(super::round::stopped(stop)));
                None
            }
        }
    }

    fn ask_pending(&mut self, machine: &mut Interpreter) -> Option<Step> {
        self.stage = Stage::Plan;
        let prepared = self.prepared.as_ref();
        let identity = prepared.map(|p| p.identity.clone()).unwrap_or_default();
        let check = prepared.map_or(machine.options.check, |p| p.check);
        let step = machine.ask_open(&identity, check);
        if let (Some(Step::Ask(Request::Asks { asks, .. })), Some(prepared)) = (&step, prepared)
            && let Err(stop) = machine.refuse_foreign(&prepared.args, asks)
        {
            self.stage = Stage::Conclude(Box::new(super::round::stopped(stop)));
            return None;
        }
        step
    }

    fn give_up(&mut self, _machine: &mut Interpreter, rounds: u32) -> Option<Step> {
        let done = Done { failed: Some(say::endless_planning(rounds)), ..Done::default() };
        self.stage = Stage::Conclude(Box::new(done));
        None
    }

    fn apply(&mut self, mut applying: Applying, machine: &mut Interpreter) -> Option<Step> {
        let Some(prepared) = self.prepared.as_ref() else {
            return self.give_up(machine, self.replans);
        };
        let ended = applying.outcomes.iter().any(|o| !matches!(o, Outcome::Done(_)));
        if !ended && let Some(planned) = applying.plan.changes.get(applying.next) {
            self.diffs.extend(planned.diff.clone().filter(|_| prepared.diff));
            if prepared.check && !applying.plan.claimed {
                let maker = machine.makers.get(&prepared.identity).cloned().unwrap_or_default();
                machine.overlay.plan(&planned.change, &maker);
                self.applied.push((planned.change.clone(), Outcome::Done(Deed::default())));
                applying.next += 1;
                self.stage = Stage::Apply(Box::new(applying));
                return None;
            }
            let step = Step::Apply {
                identity: prepared.identity.clone(),
                task: self.task.id,
                no_log: prepared.no_log,
                change: planned.change.clone(),
            };
            self.stage = Stage::Apply(Box::new(applying));
            return Some(step);
        }
        if !applying.plan.changes.is_empty() {
            machine.observe.forget();
        }
        if applying.plan.then == Then::Again && !ended && !applying.plan.changes.is_empty() {
            self.stage = Stage::Plan;
            return None;
        }
        let done = self.finish_module(applying.plan, &applying.outcomes, machine);
        self.stage = Stage::Conclude(Box::new(done));
        None
    }

    /// Lets the module complete its result.
    fn finish_module(&self, plan: Plan, outcomes: &[Outcome], machine: &Interpreter) -> Done {
        let check = !plan.claimed && self.prepared.as_ref().is_some_and(|p| p.check);
        let mut done = Done {
            facts: plan.facts,
            skipped: plan.skipped,
            message: plan.message,
            diff: self.diffs.clone(),
            changes: self.applied.iter().map(|(change, _)| change.clone()).collect(),
            ..Done::default()
        };
        let finish = match self.module(machine) {
            Ok(module) if !check => module.finish(plan.result, outcomes),
            Ok(_) => crate::module::Finish { result: plan.result, failed: None, changed: None },
            Err(stop) => return super::round::stopped(stop),
        };
        done.result = finish.result;
        done.failed = finish.failed;
        let changed = !self.applied.is_empty();
        done.changed = finish.changed.or(plan.changed).unwrap_or(changed);
        done
    }

    // ---- the end of a round -------------------------------------------------------------------------

    fn conclude(&mut self, mut done: Done, machine: &mut Interpreter) -> Option<Step> {
        self.stage = Stage::Conclude(Box::new(Done::default()));
        if done.deferred.is_none() && done.skipped.is_none() && !done.unreachable {
            match self.judge(&mut done, machine) {
                Ok(true) => {}
                Ok(false) => return self.try_again(machine, done),
                Err(Stop::Pending) => {
                    self.stage = Stage::Conclude(Box::new(done));
                    let step = machine.ask_open(&Identity::Login, machine.options.check);
                    return step.or_else(|| self.give_up(machine, self.replans));
                }
                Err(stop) => done = super::round::stopped(stop),
            }
        }
        self.end_round(done, machine);
        None
    }

    fn try_again(&mut self, machine: &mut Interpreter, done: Done) -> Option<Step> {
        self.tries += 1;
        let left = self.retries(machine).saturating_sub(self.tries);
        if left == 0 {
            let mut done = done;
            done.failed = done.failed.or_else(|| Some(say::until_failed(self.tries)));
            done.result.insert("attempts".into(), Value::Int(self.tries.into()));
            self.end_round(done, machine);
            return None;
        }
        machine.queue.push_back(Event::Retry { task: self.task.id, left });
        machine.observe.forget();
        self.reset_round();
        if machine.options.check {
            self.stage = Stage::Plan;
            return None;
        }
        self.stage = Stage::Delay;
        let default =
            crate::node::Node::bare(crate::node::NodeKind::Int { value: 5, octal: false });
        let delay = self.task.delay.clone().unwrap_or(default);
        Some(self.wait(self.seconds_ms(&delay, machine)))
    }

    fn reset_round(&mut self) {
        self.prepared = None;
        self.applied.clear();
        self.diffs.clear();
        self.replans = 0;
    }

    /// Files the round's outcome and goes to the next, or to the task's end.
    pub(super) fn end_round(&mut self, done: Done, machine: &mut Interpreter) {
        let item = self.rounds.as_ref().and_then(|r| r.items.get(self.index)).cloned();
        let item = item.unwrap_or_default();
        if self.task.repeat.is_some() {
            let report = self.item_report(&item, &done, machine);
            machine.queue.push_back(Event::Item(Box::new(report)));
        }
        self.keep_facts(&done, machine);
        let stop = self.breaks(&done, machine);
        self.results.push((item, done));
        self.index += 1;
        self.tries = 0;
        self.reset_round();
        machine.observe.forget();
        let count = self.rounds.as_ref().map_or(0, |rounds| rounds.items.len());
        if self.index < count && !stop {
            self.stage = Stage::Plan;
            self.pause_between(machine);
        } else {
            self.finish_loop(machine);
        }
    }

    /// `loop_control.pause`.
    fn pause_between(&mut self, machine: &mut Interpreter) {
        let pause = self.task.repeat.as_ref().and_then(|repeat| repeat.pause.as_ref());
        let wait_ms = pause.map_or(0, |node| self.seconds_ms(node, machine));
        if wait_ms > 0 && !machine.options.check {
            self.stage = Stage::Delay;
            machine.hold(self.wait(wait_ms));
        }
    }

    fn wait(&self, wait_ms: u64) -> Step {
        Step::Apply {
            identity: Identity::Login,
            task: self.task.id,
            no_log: true,
            change: Change::Wait(Wait {
                until: Until::Elapsed,
                delay_ms: 0,
                sleep_ms: wait_ms,
                timeout_ms: wait_ms,
            }),
        }
    }

    fn finish_loop(&mut self, machine: &mut Interpreter) {
        if self.is_once {
            self.stage = Stage::TellOnce;
            let result = Box::new(self.combined());
            machine.hold(Step::Ask(Request::OnceDone { task: self.task.id, result }));
        } else {
            self.stage = Stage::Over;
            self.finish(machine);
        }
    }

    /// The result of another host's `run_once`.
    fn take_over(&mut self, done: Done, machine: &mut Interpreter) {
        self.results.push((Value::Null, done));
        self.task = Arc::new(Task { repeat: None, ..(*self.task).clone() });
        self.stage = Stage::Over;
        self.finish(machine);
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
