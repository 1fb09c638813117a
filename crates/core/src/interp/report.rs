//! The end of a task: `changed_when` and its like, `register`, `notify`, the report, and a failure's way.

use std::sync::Arc;

use super::machine::{Interpreter, single};
use super::round::{all_hold, has_foreign, is_yes, stopped};
use super::running::Running;
use super::{Done, Event, Report, State};
use crate::message::play as say;
use crate::node::{Node, NodeKind};
use crate::observe::Stop;
use crate::template::Scope;
use crate::value::{Map, Trust, Value};
use crate::vars::Level;

impl Running {
    /// Whether `changed_when`, `failed_when` or `until` has something to say.
    pub(super) fn has_conditions(&self) -> bool {
        let task = &self.task;
        !(task.changed_when.is_empty() && task.failed_when.is_empty() && task.until.is_empty())
    }

    /// Applies `changed_when`, `failed_when` and `until`, in this order, as Ansible's task executor does;
    /// false when the round must be tried again.
    pub(super) fn judge(&self, done: &mut Done, machine: &Interpreter) -> Result<bool, Stop> {
        let retries = self.prepared.as_ref().map_or(0, |p| p.retries);
        if retries > 0 {
            let attempt = Value::Int((self.tries + 1).into());
            done.result.insert("attempts".into(), attempt);
        }
        self.judge_change(done, machine)?;
        if retries == 0 {
            return Ok(true);
        }
        if self.task.until.is_empty() {
            return Ok(done.failed.is_none());
        }
        all_hold(&machine.engine, &self.task.until, &self.result_scope(done, machine))
    }

    fn judge_change(&self, done: &mut Done, machine: &Interpreter) -> Result<(), Stop> {
        let task = &self.task;
        if !task.changed_when.is_empty() {
            let scope = self.result_scope(done, machine);
            match all_hold(&machine.engine, &task.changed_when, &scope) {
                Ok(changed) => done.changed = changed,
                Err(stop) => return fail_condition(done, "changed_when_result", stop),
            }
        }
        if task.failed_when.is_empty() {
            return Ok(());
        }
        let scope = self.result_scope(done, machine);
        match all_hold(&machine.engine, &task.failed_when, &scope) {
            Ok(failed) => {
                let conditions: Vec<Arc<str>> =
                    task.failed_when.iter().map(Node::key_text).collect();
                let message = done.failed.take();
                let why = || say::failed_when(conditions.join(" and "));
                done.failed = failed.then(|| message.unwrap_or_else(why));
                done.result.insert("failed_when_result".into(), Value::Bool(failed));
                Ok(())
            }
            Err(stop) => fail_condition(done, "failed_when_result", stop),
        }
    }

    fn result_scope(&self, done: &Done, machine: &Interpreter) -> Arc<dyn Scope> {
        let mut vars = self.vars(machine);
        if let Some(name) = &self.task.register {
            vars.push(Level::Set, single(name, Value::map(self.seen(done)), Trust::Host));
        }
        machine.scope(vars)
    }

    /// A number of seconds, as milliseconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
    pub(super) fn seconds_ms(&self, node: &Node, machine: &Interpreter) -> Result<u64, Stop> {
        let scope = machine.scope(self.vars(machine));
        let text = machine.engine.node(node, &scope)?.key_text();
        let seconds: Result<f64, _> = text.trim().parse();
        let seconds = seconds.ok().filter(|seconds| seconds.is_finite());
        let seconds = seconds.ok_or_else(|| Stop::FailAt(node.pos, say::not_a_number(&text)))?;
        Ok((seconds.clamp(0.0, 1e9) * 1000.0) as u64)
    }

    /// `loop_control.break_when`; one that cannot be evaluated fails the round and ends the loop.
    pub(super) fn breaks(&self, done: &mut Done, machine: &Interpreter) -> bool {
        let Some(repeat) = &self.task.repeat else { return false };
        if repeat.break_when.is_empty() {
            return false;
        }
        let scope = self.result_scope(done, machine);
        all_hold(&machine.engine, &repeat.break_when, &scope).unwrap_or_else(|stop| {
            let stopped = stopped(stop);
            done.failed = stopped.failed;
            done.deferred = stopped.deferred;
            true
        })
    }

    /// `loop_control.label`, or the item itself. What cannot be evaluated fails the round: the item is not
    /// shown in its place, because a label may be there to hide it.
    pub(super) fn label(&self, done: &mut Done, machine: &Interpreter) -> Value {
        let item = || self.item().cloned().unwrap_or_default();
        let label = self.task.repeat.as_ref().and_then(|repeat| repeat.label.as_ref());
        let Some(label) = label else { return item() };
        let scope = self.result_scope(done, machine);
        match machine.engine.node(label, &scope) {
            Ok(node) => node.to_value(),
            Err(stop) => {
                let stopped = stopped(stop);
                done.failed = done.failed.take().or(stopped.failed);
                Value::Null
            }
        }
    }

    /// Sets what a round's facts say at once: the next round of the loop sees them.
    pub(super) fn keep_facts(&self, done: &Done, machine: &mut Interpreter) {
        if let Some(why) = &done.deferred {
            self.forget_variables(why, machine);
        }
        if done.facts.is_empty() {
            return;
        }
        let sets = self.kind().is_some_and(|kind| kind.sets_variables);
        if let Some(host) = self.delegate_of_facts() {
            let (task, facts) = (self.task.id, done.facts.clone());
            machine.queue.push_back(Event::Delegated { task, host, facts, sets });
            return;
        }
        if !sets {
            machine.set_facts(&done.facts);
            return;
        }
        let foreign = self.prepared.as_ref().is_none_or(|p| has_foreign(&p.args));
        let trust = if foreign { Trust::Host } else { Trust::Operator };
        for (name, value) in &done.facts {
            machine.set_var(Level::Set, name.clone(), value.clone(), trust);
        }
    }

    /// The host whose facts a task finds, where they are not this one's.
    fn delegate_of_facts(&self) -> Option<Arc<str>> {
        let prepared = self.prepared.as_ref().filter(|_| self.task.delegate_facts);
        prepared.and_then(|prepared| prepared.delegate.clone())
    }

    /// What a deferred `set_fact` would set is not known from here on.
    fn forget_variables(&self, why: &Arc<str>, machine: &mut Interpreter) {
        let sets_variables = self.kind().is_some_and(|kind| kind.sets_variables);
        let NodeKind::Map(entries) = &self.task.args.kind else { return };
        for (name, _) in entries.iter().filter(|_| sets_variables) {
            let unknown = Value::Unknown(why.clone());
            machine.set_var(Level::Set, name.key_text(), unknown, Trust::Host);
        }
    }

    /// Ends the task: registers, notifies, reports, and lets a failure take its way.
    pub(super) fn finish(&mut self, machine: &mut Interpreter) {
        let mut done = self.combined();
        let included = std::mem::take(&mut self.included);
        if done.changed && done.failed.is_none() && done.deferred.is_none() {
            self.notify_handlers(&mut done, machine);
        }
        self.register(&done, machine);
        if self.is_meta() && done.failed.is_none() {
            return;
        }
        if done.failed.is_none() && !done.unreachable {
            done.failed = self.did_less();
        }
        let state = self.state(&done, machine);
        count(&mut machine.summary, state, &done);
        let report = self.report(None, state, &done, machine);
        machine.queue.push_back(Event::Finished(Box::new(report)));
        for (items, layers) in included.into_iter().rev() {
            machine.options.barriers |= crate::program::wants_barriers(&items);
            machine.cursor.push(items, layers);
        }
        if matches!(state, State::Failed | State::Rescued | State::Unreachable) {
            self.leave_failed(&done, machine);
        }
    }

    pub(super) fn register(&self, done: &Done, machine: &mut Interpreter) {
        if let Some(name) = &self.task.register {
            let value = match &done.deferred {
                Some(why) => Value::Unknown(why.clone()),
                None => result_value(done),
            };
            machine.set_var(Level::Set, name.clone(), value, Trust::Host);
        }
    }

    /// The end of a task that was cancelled.
    pub(super) fn tell_cancelled(&self, done: &Done, machine: &mut Interpreter) {
        let mut report = self.report(Some(Value::Null), State::Failed, done, machine);
        report.item = None;
        machine.queue.push_back(Event::Finished(Box::new(report)));
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

    /// The handlers that a round would notify: their names may depend on the loop's item.
    pub(super) fn names_to_notify(
        &self,
        done: &Done,
        machine: &Interpreter,
    ) -> Result<Vec<Arc<str>>, Stop> {
        let mut names: Vec<Arc<str>> = Vec::new();
        if self.task.notify.is_empty() || done.skipped.is_some() || done.failed.is_some() {
            return Ok(names);
        }
        let scope = machine.scope(self.vars(machine));
        for node in &self.task.notify {
            let node = machine.engine.node(node, &scope)?;
            match &node.kind {
                NodeKind::List(items) => names.extend(items.iter().map(Node::key_text)),
                _ => names.push(node.key_text()),
            }
        }
        Ok(names)
    }

    fn notify_handlers(&self, done: &mut Done, machine: &mut Interpreter) {
        let scope = machine.scope(self.vars(machine));
        let mut names: Vec<Arc<str>> = Vec::new();
        for name in self.results.iter().flat_map(|round| &round.notify) {
            if !names.contains(name) {
                names.push(name.clone());
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

    /// Whether a keyword says yes; one that cannot be evaluated does not.
    pub(super) fn says(&self, node: Option<&Node>, machine: &Interpreter) -> bool {
        let scope = machine.scope(self.vars(machine));
        node.is_some_and(|n| machine.engine.node(n, &scope).is_ok_and(|node| is_yes(&node)))
    }

    fn state(&self, done: &Done, machine: &Interpreter) -> State {
        let is_bad = |done: &Done| done.failed.is_some() || done.unreachable;
        let bad: Vec<bool> =
            self.results.iter().filter(|r| is_bad(&r.done)).map(|r| r.ignored).collect();
        let is_ignored = !bad.is_empty() && !bad.contains(&false);
        if done.unreachable {
            return if is_ignored { State::Ignored } else { State::Unreachable };
        }
        if done.failed.is_none() {
            return plain_state(done);
        }
        if is_ignored {
            State::Ignored
        } else if machine.cursor.is_rescued() {
            State::Rescued
        } else {
            State::Failed
        }
    }

    /// The report of one round of a loop.
    pub(super) fn item_report(&self, label: Value, done: &Done, machine: &Interpreter) -> Report {
        self.report(Some(label), plain_state(done), done, machine)
    }

    fn report(
        &self,
        item: Option<Value>,
        state: State,
        done: &Done,
        machine: &Interpreter,
    ) -> Report {
        // Of all rounds together: a single one that is withheld withholds them.
        let no_log = match self.results.is_empty() || item.is_some() {
            true => self.withholds(machine),
            false => self.results.iter().any(|round| round.no_log),
        };
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
            planned: self.exact.planned.clone(),
            message,
            handler: self.handler,
            no_log,
            duration_ms: 0,
        }
    }

    /// Whether `no_log` holds for the present round; one that cannot be evaluated withholds.
    pub(super) fn withholds(&self, machine: &Interpreter) -> bool {
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

/// How a round ended, before anything ignores or rescues it.
const fn plain_state(done: &Done) -> State {
    if done.failed.is_some() {
        State::Failed
    } else if done.deferred.is_some() {
        State::Deferred
    } else if done.skipped.is_some() {
        State::Skipped
    } else if done.changed {
        State::Changed
    } else {
        State::Ok
    }
}

/// A condition that cannot be evaluated is the task's failure; its result stays and says which it was.
fn fail_condition(done: &mut Done, key: &str, stop: Stop) -> Result<(), Stop> {
    match stop {
        Stop::Pending | Stop::Unknown(_) => return Err(stop),
        Stop::Fail(message) => done.failed = Some(message),
        Stop::FailAt(pos, message) => {
            done.failed = Some(message);
            done.failed_at = Some(pos);
        }
    }
    let text = done.failed.as_ref().map(ToString::to_string);
    done.result.insert(key.into(), Value::from(text));
    Ok(())
}

/// What `register` sees of an outcome, in Ansible's shape: a skipped task does not say `failed`, a loop
/// says it only when it did, and says `skipped` always.
pub(super) fn result_map(done: &Done) -> Map {
    let mut map = done.result.clone();
    map.insert("changed".into(), Value::Bool(done.changed));
    let is_loop_or_skipped = map.contains_key("skipped") || done.skipped.is_some();
    if done.failed.is_some() || !is_loop_or_skipped {
        map.insert("failed".into(), Value::Bool(done.failed.is_some()));
    }
    if done.skipped.is_some() {
        map.insert("skipped".into(), Value::Bool(true));
    }
    if done.unreachable {
        map.insert("unreachable".into(), Value::Bool(true));
    }
    if let Some(message) = &done.failed
        && !map.contains_key("msg")
    {
        map.insert("msg".into(), Value::from(message.to_string()));
    }
    map
}

fn result_value(done: &Done) -> Value {
    Value::map(result_map(done))
}
