//! A round of a task on its way: planning, applying, trying again, and its end.

use serde::{Deserialize, Serialize};

use super::machine::Interpreter;
use super::round::{Round, stopped};
use super::running::{MOST_ROUNDS, Running, Stage};
use super::{Done, Event, Identity, Request, Step};
use crate::change::{Change, Deed, Outcome, Until, Wait};
use crate::message::{Message, play as say};
use crate::module::{Finish, Plan, Then};
use crate::observe::Stop;
use crate::value::{Map, Value};

/// A plan whose changes are being handed out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Applying {
    /// Not part of a snapshot: none is taken while a change is being applied.
    #[serde(skip)]
    plan: Plan,
    next: usize,
    /// Whether a change failed, so that the rest is left undone.
    ended: bool,
}

impl Applying {
    /// Takes what came of the change handed out last, and gives that change.
    pub(super) fn take_outcome(&mut self, outcome: &Outcome) -> Option<Change> {
        let change = self.plan.changes.get(self.next).map(|planned| planned.change.clone());
        self.next += 1;
        self.ended |= !matches!(outcome, Outcome::Done(_));
        change
    }
}

impl Running {
    // ---- planning -----------------------------------------------------------------------------------

    pub(super) fn plan(&mut self, machine: &mut Interpreter) -> Option<Step> {
        self.replans += 1;
        if self.replans > MOST_ROUNDS {
            return self.give_up();
        }
        if std::mem::take(&mut self.is_stale) {
            machine.observe.forget();
        }
        match self.plan_round(machine) {
            Ok(Round::Over(done)) => self.stage = Stage::Conclude(Box::new(done)),
            Ok(Round::Apply(plan)) => {
                if !self.admits(plan.changes.iter().map(|planned| &planned.change), machine) {
                    return None;
                }
                let applying = Applying { plan, next: 0, ended: false };
                self.stage = Stage::Apply(Box::new(applying));
            }
            Ok(Round::Ask(request)) => {
                if let Request::Task(task) = &request
                    && !self.admits_elsewhere(task, machine)
                {
                    return None;
                }
                self.stage = Stage::Elsewhere;
                return Some(Step::Ask(request));
            }
            Err(Stop::Pending) => match self.out_of_time() {
                Some(message) => self.stop_late(message),
                None => return self.ask_pending(machine),
            },
            Err(stop) => {
                let done = self.with_applied(stopped(stop));
                self.stage = Stage::Conclude(Box::new(done));
            }
        }
        None
    }

    /// The time is up: what was done stays, the rest is left.
    fn stop_late(&mut self, message: Message) {
        let failed = Done { failed: Some(message), ..Done::default() };
        self.stage = Stage::Conclude(Box::new(self.with_applied(failed)));
    }

    fn ask_pending(&mut self, machine: &mut Interpreter) -> Option<Step> {
        self.stage = Stage::Plan;
        let prepared = self.prepared.as_ref();
        let identity = prepared.map(|p| p.identity.clone()).unwrap_or_default();
        let check = prepared.map_or(machine.options.check, |p| p.check);
        machine.ask_open(&identity, check)
    }

    pub(super) fn give_up(&mut self) -> Option<Step> {
        self.leave_loop();
        let failed = Some(say::endless_planning(MOST_ROUNDS));
        let done = self.with_applied(Done { failed, ..Done::default() });
        self.stage = Stage::Conclude(Box::new(done));
        None
    }

    // ---- applying -----------------------------------------------------------------------------------

    pub(super) fn apply(
        &mut self,
        mut applying: Applying,
        machine: &mut Interpreter,
    ) -> Option<Step> {
        let Some(prepared) = self.prepared.clone() else { return self.give_up() };
        while !applying.ended
            && let Some(planned) = applying.plan.changes.get(applying.next)
        {
            if let Some(message) = self.out_of_time() {
                self.stop_late(message);
                return None;
            }
            self.diffs_before = self.diffs.len();
            self.diffs.extend(planned.diff.clone().filter(|_| prepared.diff));
            if !prepared.check {
                let step = Step::Apply {
                    identity: prepared.identity.clone(),
                    task: self.task.id,
                    no_log: prepared.no_log,
                    change: self.capped(&planned.change, &prepared),
                };
                self.stage = Stage::Apply(Box::new(applying));
                return Some(step);
            }
            let maker = machine.makers.get(&prepared.identity).cloned().unwrap_or_default();
            machine.overlay.plan(&planned.change, &maker);
            self.applied.push((planned.change.clone(), Outcome::Done(Deed::default())));
            applying.next += 1;
        }
        let has_changes = !applying.plan.changes.is_empty();
        if has_changes {
            machine.observe.forget();
        }
        if applying.plan.then == Then::Again && !applying.ended && has_changes {
            self.stage = Stage::Plan;
            return None;
        }
        let done = self.finish_module(applying.plan, machine);
        self.stage = Stage::Conclude(Box::new(done));
        None
    }

    /// Lets the module complete its result from all that was done in this round.
    fn finish_module(&self, plan: Plan, machine: &Interpreter) -> Done {
        let check = self.prepared.as_ref().is_some_and(|p| p.check);
        let outcomes: Vec<Outcome> = self.applied.iter().map(|(_, o)| o.clone()).collect();
        let finish = if check || outcomes.is_empty() {
            Finish { result: plan.result, failed: None, changed: None }
        } else {
            match self.module(machine) {
                Ok(module) => module.finish(plan.result, &outcomes),
                Err(stop) => return self.with_applied(stopped(stop)),
            }
        };
        let mut done = self.with_applied(Done {
            result: finish.result,
            facts: plan.facts,
            failed: finish.failed.or(plan.failed),
            skipped: plan.skipped,
            message: plan.message,
            ..Done::default()
        });
        done.changed = finish.changed.or(plan.changed).unwrap_or(done.changed);
        done
    }

    /// Adds what was done before the round ended, however it ended.
    fn with_applied(&self, mut done: Done) -> Done {
        done.diff.clone_from(&self.diffs);
        let tried = self.applied.iter().filter(|(_, o)| !matches!(o, Outcome::Refused(_)));
        done.changes = tried.map(|(change, _)| change.clone()).collect();
        done.changed |= self.applied.iter().any(|(_, o)| matches!(o, Outcome::Done(_)));
        done
    }

    /// Cancelled in the middle: tells what was done until then.
    pub(super) fn cancel(&mut self, machine: &mut Interpreter) {
        if self.is_over() || !self.is_told() {
            return;
        }
        let done = Done { failed: Some(say::cancelled()), ..Done::default() };
        let done = self.with_applied(done);
        self.tell_cancelled(&done, machine);
    }

    // ---- the end of a round -------------------------------------------------------------------------

    pub(super) fn conclude(&mut self, done: Done, machine: &mut Interpreter) -> Option<Step> {
        // As in Ansible, what failed before the module was called is not for `failed_when` to judge.
        let is_judged = self.prepared.is_some()
            && done.deferred.is_none()
            && done.skipped.is_none()
            && !done.unreachable;
        if !is_judged {
            self.end_round(done, machine);
            return None;
        }
        let mut judged = done;
        let before = self.has_conditions().then(|| judged.clone());
        match self.judge(&mut judged, machine) {
            Ok(true) => self.end_round(judged, machine),
            Ok(false) => return self.try_again(machine, judged),
            Err(Stop::Pending) => {
                self.replans += 1;
                if self.replans > MOST_ROUNDS {
                    self.end_round(stopped(Stop::Pending), machine);
                    return None;
                }
                self.stage = Stage::Conclude(Box::new(before.unwrap_or(judged)));
                let step = machine.ask_open(&Identity::Login, machine.options.check);
                return step.or_else(|| self.give_up());
            }
            Err(stop) => {
                let failed = stopped(stop);
                judged.failed = failed.failed;
                judged.failed_at = failed.failed_at;
                judged.deferred = failed.deferred;
                self.end_round(judged, machine);
            }
        }
        None
    }

    fn try_again(&mut self, machine: &mut Interpreter, mut done: Done) -> Option<Step> {
        let (retries, delay_ms) =
            self.prepared.as_ref().map_or((0, 0), |p| (p.retries, p.delay_ms));
        self.tries += 1;
        if self.tries > retries {
            done.failed = done.failed.or_else(|| Some(say::until_failed(self.tries)));
            done.result.insert("attempts".into(), Value::Int(retries.into()));
            self.end_round(done, machine);
            return None;
        }
        let left = retries + 1 - self.tries;
        machine.queue.push_back(Event::Retry { task: self.task.id, left });
        machine.observe.forget();
        self.forget_round();
        self.forget_planned();
        self.stage = Stage::Plan;
        if machine.options.check || delay_ms == 0 {
            return None;
        }
        self.stage = Stage::Delay;
        Some(self.wait(delay_ms))
    }

    fn forget_round(&mut self) {
        self.applied.clear();
        self.diffs.clear();
        self.replans = 0;
        self.spent_ms = 0;
    }

    /// Files the round's outcome and goes to the next, or to the task's end.
    pub(super) fn end_round(&mut self, mut done: Done, machine: &mut Interpreter) {
        self.keep_facts(&done, machine);
        let label = self.label(&mut done, machine);
        let stop = self.breaks(&mut done, machine);
        if self.task.repeat.is_some() {
            let report = self.item_report(label, &done, machine);
            machine.queue.push_back(Event::Item(Box::new(report)));
        }
        self.file_result(done, machine);
        self.index += 1;
        self.tries = 0;
        self.prepared = None;
        self.forget_round();
        self.keep_planned();
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
        let wait_ms = pause.map_or(Ok(0), |node| self.seconds_ms(node, machine));
        match wait_ms {
            Ok(0) => {}
            Ok(_) if machine.options.check => {}
            Ok(wait_ms) => {
                self.stage = Stage::Delay;
                machine.hold(self.wait(wait_ms));
            }
            Err(stop) => self.stage = Stage::Conclude(Box::new(stopped(stop))),
        }
    }

    /// Waiting is a change, so that the driver alone has a clock and a cancel can end it.
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

    /// What `register` sees of an outcome that is not filed yet.
    pub(super) fn seen(&self, done: &Done) -> Map {
        let mut map = super::report::result_map(done);
        if let (Some(repeat), Some(item)) = (&self.task.repeat, self.item()) {
            map.insert(repeat.var.clone(), item.clone());
        }
        map
    }
}
