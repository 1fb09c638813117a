//! The end of a task: `changed_when` and its like, `register`, `notify`, the report, and a failure's way.

use std::sync::Arc;

use super::machine::{Interpreter, single};
use super::round::{all_hold, first_false, has_foreign, is_yes};
use super::running::Running;
use super::{Done, Event, Report, State};
use crate::message::play as say;
use crate::node::Node;
use crate::observe::Stop;
use crate::program::Action;
use crate::template::Scope;
use crate::value::{Map, Trust, Value};
use crate::vars::Level;

/// How often a task with `until` is tried where `retries` is not said.
const DEFAULT_RETRIES: u32 = 3;

impl Running {
    /// Applies `failed_when`, `changed_when` and `until`; false when the round must be tried again.
    pub(super) fn judge(&self, done: &mut Done, machine: &Interpreter) -> Result<bool, Stop> {
        let task = &self.task;
        let engine = &machine.engine;
        if !task.failed_when.is_empty() {
            let scope = self.result_scope(done, machine);
            let failed = all_hold(engine, &task.failed_when, &scope)?;
            let conditions: Vec<Arc<str>> = task.failed_when.iter().map(Node::key_text).collect();
            let message = done.failed.take();
            done.failed = failed
                .then(|| message.unwrap_or_else(|| say::failed_when(conditions.join(" and "))));
            done.result.insert("failed_when_result".into(), Value::Bool(failed));
        }
        if !task.changed_when.is_empty() {
            let scope = self.result_scope(done, machine);
            done.changed = all_hold(engine, &task.changed_when, &scope)?;
        }
        if !task.until.is_empty() {
            let scope = self.result_scope(done, machine);
            return Ok(first_false(engine, &task.until, &scope)?.is_none());
        }
        Ok(done.failed.is_none() || task.retries.is_none())
    }

    fn result_scope(&self, done: &Done, machine: &Interpreter) -> Arc<dyn Scope> {
        let mut vars = self.vars(machine);
        if let Some(name) = &self.task.register {
            vars.push(Level::Set, single(name, result_value(done), Trust::Host));
        }
        machine.scope(vars)
    }

    pub(super) fn retries(&self, machine: &Interpreter) -> u32 {
        let Some(node) = &self.task.retries else { return DEFAULT_RETRIES };
        let scope = machine.scope(self.vars(machine));
        let rendered = machine.engine.node(node, &scope).map(|node| node.key_text());
        rendered.ok().and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_RETRIES)
    }

    /// A number of seconds, as milliseconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
    pub(super) fn seconds_ms(&self, node: &Node, machine: &Interpreter) -> u64 {
        let scope = machine.scope(self.vars(machine));
        let rendered = machine.engine.node(node, &scope).map(|node| node.key_text());
        let seconds: f64 = rendered.ok().and_then(|text| text.parse().ok()).unwrap_or(0.0);
        (seconds.clamp(0.0, 1e9) * 1000.0) as u64
    }

    /// `loop_control.break_when`.
    pub(super) fn breaks(&self, done: &Done, machine: &Interpreter) -> bool {
        let Some(repeat) = &self.task.repeat else { return false };
        !repeat.break_when.is_empty()
            && all_hold(&machine.engine, &repeat.break_when, &self.result_scope(done, machine))
                .unwrap_or(false)
    }

    /// Sets what a round's facts say at once: the next round of the loop sees them.
    pub(super) fn keep_facts(&self, done: &Done, machine: &mut Interpreter) {
        if done.facts.is_empty() {
            return;
        }
        let sets_variables = match &self.task.action {
            Action::Module(name) => crate::module::find(name).is_some_and(|k| k.sets_variables),
            _ => false,
        };
        if !sets_variables {
            machine.set_facts(&done.facts);
            return;
        }
        let foreign = self.prepared.as_ref().is_none_or(|p| has_foreign(&p.args));
        let trust = if foreign { Trust::Host } else { Trust::Operator };
        for (name, value) in &done.facts {
            machine.set_var(Level::Set, name.clone(), value.clone(), trust);
        }
    }

    /// The task's outcome over all rounds.
    pub(super) fn combined(&self) -> Done {
        if self.task.repeat.is_none() {
            return self.results.first().map(|(_, done)| done.clone()).unwrap_or_default();
        }
        let all = self.results.len();
        let failed = self.results.iter().filter(|(_, done)| done.failed.is_some()).count();
        let items = self.results.iter().map(|(item, done)| {
            let mut map = result_map(done);
            let var = self.task.repeat.as_ref().map_or("item".into(), |r| r.var.clone());
            map.insert("ansible_loop_var".into(), Value::Str(var.clone()));
            map.insert(var, item.clone());
            Value::map(map)
        });
        let results = Value::list(items.collect());
        let every =
            |test: fn(&Done) -> bool| all > 0 && self.results.iter().all(|(_, done)| test(done));
        let any = |test: fn(&Done) -> bool| self.results.iter().any(|(_, done)| test(done));
        let first = |pick: fn(&Done) -> Option<crate::message::Message>| {
            self.results.iter().find_map(|(_, done)| pick(done))
        };
        let message = (failed > 1).then(|| say::items_failed(failed, all));
        Done {
            result: Map::from([
                (Arc::from("results"), results),
                (Arc::from("msg"), Value::from("All items completed")),
            ]),
            facts: Map::new(),
            changed: any(|done| done.changed),
            failed: (failed > 0).then_some(()).and(message.or_else(|| first(|d| d.failed.clone()))),
            failed_at: self.results.iter().find_map(|(_, done)| done.failed_at),
            skipped: if all == 0 {
                Some(say::no_items())
            } else {
                every(|done| done.skipped.is_some()).then(|| first(|d| d.skipped.clone())).flatten()
            },
            deferred: self.results.iter().find_map(|(_, done)| done.deferred.clone()),
            diff: self.results.iter().flat_map(|(_, done)| done.diff.clone()).collect(),
            changes: self.results.iter().flat_map(|(_, done)| done.changes.clone()).collect(),
            message: None,
            unreachable: any(|done| done.unreachable),
        }
    }

    /// Ends the task: registers, notifies, reports, and lets a failure take its way.
    pub(super) fn finish(&mut self, machine: &mut Interpreter) {
        let mut done = self.combined();
        let included = std::mem::take(&mut self.included);
        if let Some(name) = &self.task.register {
            let value = match &done.deferred {
                Some(why) => Value::Unknown(why.clone()),
                None => result_value(&done),
            };
            machine.set_var(Level::Set, name.clone(), value, Trust::Host);
        }
        if done.changed && done.failed.is_none() && done.deferred.is_none() {
            self.notify_handlers(&mut done, machine);
        }
        if matches!(self.task.action, Action::Meta(_)) && done.failed.is_none() {
            return;
        }
        let state = self.state(&done, machine);
        count(&mut machine.summary, state, &done);
        let report = self.report(None, state, &done, machine);
        machine.queue.push_back(Event::Finished(Box::new(report)));
        for (items, layer) in included.into_iter().rev() {
            machine.cursor.push(items, layer);
        }
        if matches!(state, State::Failed | State::Rescued | State::Unreachable) {
            self.leave_failed(&done, machine);
        }
    }

    fn leave_failed(&self, done: &Done, machine: &mut Interpreter) {
        let task = Value::from([
            ("name", Value::Str(self.name.clone())),
            ("action", Value::Str(self.action_name())),
        ]);
        let facts = [("ansible_failed_task", task), ("ansible_failed_result", result_value(done))];
        for (name, value) in facts {
            machine.set_var(Level::Set, name.into(), value, Trust::Host);
        }
        machine.fail();
    }

    fn notify_handlers(&self, done: &mut Done, machine: &mut Interpreter) {
        let scope = machine.scope(self.vars(machine));
        let mut names: Vec<Arc<str>> = Vec::new();
        for node in &self.task.notify {
            match machine.engine.node(node, &scope) {
                Ok(node) => match &node.kind {
                    crate::node::NodeKind::List(items) => {
                        names.extend(items.iter().map(Node::key_text));
                    }
                    _ => names.push(node.key_text()),
                },
                Err(stop) => done.failed = super::round::stopped(stop).failed,
            }
        }
        for name in &names {
            if !machine.notify(name, &scope) {
                done.failed = Some(say::no_such_handler(name));
            }
        }
        if !names.is_empty() && done.failed.is_none() {
            machine.queue.push_back(Event::Notified { handlers: names });
        }
    }

    fn state(&self, done: &Done, machine: &Interpreter) -> State {
        let scope = machine.scope(self.vars(machine));
        let says = |node: &Option<Node>| {
            node.as_ref()
                .is_some_and(|n| machine.engine.node(n, &scope).is_ok_and(|node| is_yes(&node)))
        };
        if done.unreachable {
            let ignored = says(&self.task.ignore_unreachable);
            return if ignored { State::Ignored } else { State::Unreachable };
        }
        if done.failed.is_some() {
            return if says(&self.task.ignore_errors) {
                State::Ignored
            } else if machine.cursor.is_rescued() {
                State::Rescued
            } else {
                State::Failed
            };
        }
        if done.deferred.is_some() {
            State::Deferred
        } else if done.skipped.is_some() {
            State::Skipped
        } else if done.changed {
            State::Changed
        } else {
            State::Ok
        }
    }

    /// The report of one round of a loop.
    pub(super) fn item_report(&self, item: &Value, done: &Done, machine: &Interpreter) -> Report {
        let label = self.task.repeat.as_ref().and_then(|repeat| repeat.label.as_ref());
        let scope = machine.scope(self.vars(machine));
        let shown = label.and_then(|node| machine.engine.node(node, &scope).ok());
        let shown = shown.map_or_else(|| item.clone(), |node| node.to_value());
        let state = if done.failed.is_some() {
            State::Failed
        } else if done.deferred.is_some() {
            State::Deferred
        } else if done.skipped.is_some() {
            State::Skipped
        } else if done.changed {
            State::Changed
        } else {
            State::Ok
        };
        self.report(Some(shown), state, done, machine)
    }

    fn report(
        &self,
        item: Option<Value>,
        state: State,
        done: &Done,
        machine: &Interpreter,
    ) -> Report {
        let no_log = self.withholds(machine);
        let (result, diff, changes, message) = if no_log {
            (Map::new(), vec![], vec![], None)
        } else {
            let message = done.failed.clone().or_else(|| done.skipped.clone());
            let message = message.or_else(|| done.message.clone());
            let message = message.or_else(|| done.deferred.as_ref().map(say::deferred));
            (result_map(done), done.diff.clone(), done.changes.clone(), message)
        };
        Report {
            task: self.task.id,
            pos: done.failed_at.unwrap_or(self.task.pos),
            name: self.name.clone(),
            module: self.action_name(),
            item: if no_log {
                item.map(|_| Value::from("(item withheld by no_log)"))
            } else {
                item
            },
            state,
            changed: done.changed,
            result,
            diff,
            changes,
            message,
            handler: self.handler,
            no_log,
            duration_ms: 0,
        }
    }

    /// Whether `no_log` holds; one that cannot be evaluated withholds.
    fn withholds(&self, machine: &Interpreter) -> bool {
        if let Some(prepared) = &self.prepared {
            return prepared.no_log;
        }
        let Some(node) = &self.task.no_log else { return false };
        let scope = machine.scope(self.vars(machine));
        machine.engine.node(node, &scope).map_or(true, |node| is_yes(&node))
    }
}

fn count(summary: &mut super::Summary, state: State, done: &Done) {
    match state {
        State::Ok => summary.ok += 1,
        State::Changed => summary.changed += 1,
        State::Failed => summary.failed += 1,
        State::Skipped => summary.skipped += 1,
        State::Unreachable => summary.unreachable += 1,
        State::Rescued => summary.rescued += 1,
        State::Ignored => {
            summary.ignored += 1;
            summary.changed += u32::from(done.changed);
        }
        State::Deferred => summary.deferred += 1,
    }
}

/// What `register` sees of an outcome.
pub(super) fn result_map(done: &Done) -> Map {
    let mut map = done.result.clone();
    map.insert("changed".into(), Value::Bool(done.changed));
    map.insert("failed".into(), Value::Bool(done.failed.is_some()));
    if done.skipped.is_some() {
        map.insert("skipped".into(), Value::Bool(true));
    }
    if done.unreachable {
        map.insert("unreachable".into(), Value::Bool(true));
    }
    if let Some(message) = done.failed.as_ref().or(done.message.as_ref())
        && !map.contains_key("msg")
    {
        map.insert("msg".into(), Value::from(message.to_string()));
    }
    map
}

fn result_value(done: &Done) -> Value {
    Value::map(result_map(done))
}
