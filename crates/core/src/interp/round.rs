//! One round of a task: its condition, its options, its plan, and what is made of the outcome.

use std::sync::Arc;

use super::machine::Interpreter;
use super::prepare::Prepared;
use super::running::Running;
use super::{Done, Elsewhere, Identity, Request};
use crate::change::{Change, Run};
use crate::message::play as say;
use crate::module::{Context, Kind, Module, OptionError, Place, Plan};
use crate::node::{Node, NodeKind};
use crate::observe::{Ask, Observe, Reply, Stop};
use crate::program::{Action, Meta};
use crate::template::{Engine, Scope};
use crate::value::{Map, Value};
use crate::vars::{Level, Var};

/// What a round needs next.
pub(super) enum Round {
    /// Nothing: this came of it.
    Over(Done),
    /// These changes.
    Apply(Plan),
    /// The controller.
    Ask(Request),
}

impl Running {
    /// Plans the round with what is known.
    pub(super) fn plan_round(&mut self, machine: &mut Interpreter) -> Result<Round, Stop> {
        let prepared = match self.prepared.clone() {
            Some(prepared) => prepared,
            None => {
                let scope = machine.scope(self.vars(machine));
                if let Some(condition) = first_false(&machine.engine, &self.task.when, &scope)? {
                    return Ok(Round::Over(skipped(&condition)));
                }
                let prepared = Arc::new(self.prepare(machine, &scope)?);
                if prepared.check && !machine.options.check {
                    // A single task's `check_mode: true` predicts from the host as it is.
                    machine.overlay = crate::overlay::Overlay::default();
                }
                self.prepared = Some(prepared.clone());
                prepared
            }
        };
        match &self.task.action {
            Action::Module(name) => {
                let kind = self.kind().ok_or_else(|| Stop::Fail(say::no_module(name)))?;
                self.plan_module(kind, &prepared, machine)
            }
            Action::External(name) if prepared.delegate.is_some() => {
                Ok(self.elsewhere(name, &prepared, None))
            }
            Action::External(name) => {
                let module = external(name, &prepared, machine)?;
                let plan = self.call_plan(&*module, &prepared, machine)?;
                Ok(round_of(plan, &prepared))
            }
            Action::IncludeTasks => self.include_tasks(&prepared),
            Action::IncludeVars => include_vars(&prepared, machine),
            Action::Meta(meta) => Ok(meta_round(*meta, machine)),
        }
    }

    // ---- modules ------------------------------------------------------------------------------------

    fn plan_module(
        &self,
        kind: &Kind,
        prepared: &Prepared,
        machine: &mut Interpreter,
    ) -> Result<Round, Stop> {
        if kind.place == Place::Controller {
            return Ok(self.elsewhere(kind.name, prepared, None));
        }
        let module = parse(kind, &prepared.args)?;
        if prepared.delegate.is_some() {
            return self.plan_delegated(kind, &*module, prepared, machine);
        }
        if prepared.check && kind.may_change {
            learn_maker(&prepared.identity, machine)?;
        }
        let plan = self.call_plan(&*module, prepared, machine)?;
        Ok(round_of(plan, prepared))
    }

    /// What needs no host (`set_fact`, `debug`, `assert`) is done here; the rest by the delegate.
    fn plan_delegated(
        &self,
        kind: &Kind,
        module: &dyn Module,
        prepared: &Prepared,
        machine: &mut Interpreter,
    ) -> Result<Round, Stop> {
        if kind.may_change {
            let text = self.text_of(module, prepared, machine)?;
            return Ok(self.elsewhere(kind.name, prepared, text));
        }
        let planned = self.call_plan(module, prepared, machine);
        let (questions, _) = machine.observe.take_open();
        match planned {
            Ok(plan) if plan.changes.is_empty() && questions.is_empty() => {
                Ok(round_of(plan, prepared))
            }
            Ok(_) | Err(Stop::Pending) => Ok(self.elsewhere(kind.name, prepared, None)),
            Err(stop) => Err(stop),
        }
    }

    /// The text of a module's template, rendered here.
    fn text_of(
        &self,
        module: &dyn Module,
        prepared: &Prepared,
        machine: &mut Interpreter,
    ) -> Result<Option<Arc<str>>, Stop> {
        self.call(prepared, machine, |context, observe| module.text(context, observe))
    }

    fn elsewhere(&self, module: &str, prepared: &Prepared, text: Option<Arc<str>>) -> Round {
        Round::Ask(Request::Task(Box::new(Elsewhere {
            task: self.task.id,
            host: prepared.delegate.clone(),
            module: module.into(),
            args: prepared.args.clone(),
            identity: prepared.identity.clone(),
            environment: prepared.environment.clone(),
            check: prepared.check,
            diff: prepared.diff,
            no_log: prepared.no_log,
            file: self.task.file,
            timeout_ms: prepared.timeout_ms,
            text,
        })))
    }

    fn call_plan(
        &self,
        module: &dyn Module,
        prepared: &Prepared,
        machine: &mut Interpreter,
    ) -> Result<Plan, Stop> {
        self.call(prepared, machine, |context, observe| module.plan(context, observe))
    }

    /// Lets a module plan; what a host said chooses no file of the controller.
    fn call<T>(
        &self,
        prepared: &Prepared,
        machine: &mut Interpreter,
        act: impl FnOnce(&Context<'_>, &mut Observe) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let mut observe = std::mem::take(&mut machine.observe);
        machine.replies.seal(prepared.is_foreign);
        let made = self.call_with(prepared, machine, |context| act(context, &mut observe));
        machine.replies.seal(false);
        machine.observe = observe;
        made
    }

    fn call_with<T>(
        &self,
        prepared: &Prepared,
        machine: &Interpreter,
        act: impl FnOnce(&Context<'_>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let scope = machine.scope(self.vars(machine));
        let render = |name: &str, text: &str| -> Result<Value, Stop> {
            Ok(machine.engine.text(name, text, &scope)?.value)
        };
        let user = match &prepared.identity {
            Identity::Login => &machine.login,
            Identity::User(user) => &user.name,
        };
        let context = Context {
            check: prepared.check,
            again: !self.applied.is_empty(),
            diff: prepared.diff,
            user,
            environment: &prepared.environment,
            pos: self.task.pos,
            verbosity: machine.options.verbosity,
            render: &render,
        };
        act(&context)
    }

    /// The module of the present round, to complete its result.
    pub(super) fn module(&self, machine: &Interpreter) -> Result<Box<dyn Module>, Stop> {
        let Some(prepared) = &self.prepared else {
            return Err(Stop::Fail(say::no_module(self.action_name())));
        };
        match &self.task.action {
            Action::External(name) => external(name, prepared, machine),
            _ => {
                let kind = self.kind();
                let kind = kind.ok_or_else(|| Stop::Fail(say::no_module(self.action_name())))?;
                parse(kind, &prepared.args)
            }
        }
    }

    fn include_tasks(&self, prepared: &Prepared) -> Result<Round, Stop> {
        let node = prepared.args.get("file").unwrap_or(&prepared.args);
        if let NodeKind::Foreign(text) = &node.kind {
            return Err(Stop::FailAt(self.task.pos, say::foreign_path(text)));
        }
        let file = node.as_str().unwrap_or_default().into();
        Ok(Round::Ask(Request::Include { task: self.task.id, file }))
    }
}

/// In check mode the overlay must know who the planned files would belong to.
fn learn_maker(identity: &Identity, machine: &mut Interpreter) -> Result<(), Stop> {
    if machine.makers.contains_key(identity) {
        return Ok(());
    }
    let user = match identity {
        Identity::Login => machine.login.clone(),
        Identity::User(user) => user.name.clone(),
    };
    let Some(account) = machine.observe.user(&user)? else { return Ok(()) };
    let group = machine.observe.group(&account.gid.to_string())?;
    let maker = crate::overlay::Identity::of(&account, group.as_ref());
    machine.makers.insert(identity.clone(), maker);
    Ok(())
}

fn include_vars(prepared: &Prepared, machine: &mut Interpreter) -> Result<Round, Stop> {
    let node = prepared.args.get("file").unwrap_or(&prepared.args);
    if let NodeKind::Foreign(text) = &node.kind {
        return Err(Stop::FailAt(node.pos, say::foreign_path(text)));
    }
    let path: Arc<str> = node.as_str().unwrap_or_default().into();
    let Reply::Vars(tree) = machine.replies.get(Ask::VarsFile(path))? else {
        return Err(Stop::Fail(say::wrong_answer("Reply")));
    };
    let into = prepared.args.get("name").and_then(Node::as_str).map(Arc::from);
    let mut facts = Map::new();
    if let Some(name) = into {
        facts.insert(Arc::clone(&name), tree.to_value());
        machine.vars.set(Level::IncludeVars, name, Var::Authored(tree));
    } else if let NodeKind::Map(entries) = tree.kind {
        for (key, value) in entries {
            facts.insert(key.key_text(), value.to_value());
            machine.vars.set(Level::IncludeVars, key.key_text(), Var::Authored(value));
        }
    }
    let result = Map::from([(Arc::from("ansible_facts"), Value::map(facts))]);
    Ok(Round::Over(Done { result, ..Done::default() }))
}

/// The executable of the operator's `modules/` that has this name.
fn external(
    name: &Arc<str>,
    prepared: &Prepared,
    machine: &Interpreter,
) -> Result<Box<dyn Module>, Stop> {
    let path: Arc<str> = format!("modules/{name}").into();
    match machine.replies.get(Ask::File(path))? {
        Reply::File(file) => Ok(Box::new(crate::external::External::new(
            name.clone(),
            file,
            prepared.args.to_value(),
            machine.host.clone(),
        ))),
        _ => Err(Stop::Fail(say::wrong_answer("Reply"))),
    }
}

fn meta_round(meta: Meta, machine: &mut Interpreter) -> Round {
    match meta {
        Meta::FlushHandlers => machine.flush_handlers(),
        Meta::EndHost => machine.end(),
        Meta::ClearFacts => machine.vars.clear(Level::Facts),
        Meta::EndPlay | Meta::EndBatch => return Round::Ask(Request::End { meta }),
        Meta::ClearHostErrors => return Round::Ask(Request::ClearErrors),
        // In a check nothing has happened that a new login would see.
        Meta::ResetConnection if !machine.options.check => return Round::Ask(Request::Reset),
        Meta::Noop | Meta::ResetConnection => {}
    }
    Round::Over(Done::default())
}

/// What is to be done with a plan.
fn round_of(mut plan: Plan, prepared: &Prepared) -> Round {
    if plan.skipped.is_some() || (plan.failed.is_some() && plan.changes.is_empty()) {
        return Round::Over(Done {
            skipped: plan.skipped,
            failed: plan.failed,
            facts: plan.facts,
            changed: plan.changed.unwrap_or(false),
            result: plan.result,
            message: plan.message,
            ..Done::default()
        });
    }
    for planned in &mut plan.changes {
        match &mut planned.change {
            Change::Run(run) => with_keywords(run, prepared),
            Change::Wait(wait) => {
                let most = prepared.timeout_ms.unwrap_or(u64::MAX);
                wait.timeout_ms = wait.timeout_ms.min(most);
            }
            _ => {}
        }
    }
    Round::Apply(plan)
}

/// Every program gets the task's environment, its own variables winning, and the task's `timeout`.
fn with_keywords(run: &mut Run, prepared: &Prepared) {
    if !prepared.environment.is_empty() {
        let own = std::mem::take(&mut run.env);
        run.env = prepared.environment.iter().cloned().chain(own).collect();
    }
    if let Some(most) = prepared.timeout_ms {
        run.timeout_ms = Some(run.timeout_ms.map_or(most, |timeout_ms| timeout_ms.min(most)));
    }
}

fn parse(kind: &Kind, args: &Node) -> Result<Box<dyn Module>, Stop> {
    kind.parse(args).map_err(|error: OptionError| match error.unknown {
        Some(why) => Stop::Unknown(why),
        None => Stop::FailAt(error.pos, error.message),
    })
}

/// The first condition that does not hold.
pub(super) fn first_false(
    engine: &Engine,
    conditions: &[Node],
    scope: &Arc<dyn Scope>,
) -> Result<Option<Node>, Stop> {
    for node in conditions {
        if !engine.condition(node, scope)? {
            return Ok(Some(node.clone()));
        }
    }
    Ok(None)
}

/// Whether all of these hold.
pub(super) fn all_hold(
    engine: &Engine,
    conditions: &[Node],
    scope: &Arc<dyn Scope>,
) -> Result<bool, Stop> {
    Ok(first_false(engine, conditions, scope)?.is_none())
}

/// Whether a rendered keyword means yes, as Ansible reads booleans.
pub(super) fn is_yes(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Bool(value) => *value,
        NodeKind::Int { value, .. } => *value != 0,
        _ => node.as_str().is_some_and(|text| {
            ["yes", "true", "on", "y", "t", "1"].contains(&text.to_ascii_lowercase().as_str())
        }),
    }
}

/// Whether anything in the tree came from a host.
pub(super) fn has_foreign(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Foreign(_) => true,
        NodeKind::List(items) => items.iter().any(has_foreign),
        NodeKind::Map(entries) => entries.iter().any(|(k, v)| has_foreign(k) || has_foreign(v)),
        _ => false,
    }
}

/// The kind of a value, for messages.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::List(_) => "list",
        Value::Map(_) => "mapping",
        Value::Unknown(_) => "value that is not known yet",
    }
}

/// A task whose condition is false.
pub(super) fn skipped(condition: &Node) -> Done {
    let result = Map::from([
        (Arc::from("skip_reason"), Value::from("Conditional result was False")),
        (Arc::from("false_condition"), condition.to_value()),
    ]);
    let message = say::condition_false(condition.key_text());
    Done { skipped: Some(message), result, ..Done::default() }
}

/// A task whose planning stopped.
pub(super) fn stopped(stop: Stop) -> Done {
    match stop {
        Stop::Unknown(why) => Done { deferred: Some(why), ..Done::default() },
        Stop::Fail(message) => Done { failed: Some(message), ..Done::default() },
        Stop::FailAt(pos, message) => {
            Done { failed: Some(message), failed_at: Some(pos), ..Done::default() }
        }
        Stop::Pending => Done { failed: Some(say::endless_planning(0)), ..Done::default() },
    }
}
