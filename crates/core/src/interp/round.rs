//! One round of a task: its condition, its options, its plan, and what is made of the outcome.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::machine::Interpreter;
use super::running::Running;
use super::{Done, Elsewhere, Identity, Request};
use crate::change::Change;
use crate::message::play as say;
use crate::module::{Context, Kind, Module, OptionError, Place, Plan};
use crate::node::{Node, NodeKind};
use crate::observe::{Ask, Reply, Stop};
use crate::program::{Action, Meta};
use crate::template::{Engine, Scope};
use crate::value::{Map, Trust, Value};
use crate::vars::{Level, Var};

/// The keywords and options of a round, rendered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Prepared {
    pub(super) args: Node,
    pub(super) identity: Identity,
    pub(super) environment: Vec<(Arc<str>, Arc<str>)>,
    pub(super) check: bool,
    pub(super) diff: bool,
    pub(super) no_log: bool,
    pub(super) delegate: Option<Arc<str>>,
    /// The file of `include_tasks`.
    pub(super) include: Option<Arc<str>>,
}

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
        if self.prepared.is_none() {
            let scope = machine.scope(self.vars(machine));
            if let Some(condition) = first_false(&machine.engine, &self.task.when, &scope)? {
                return Ok(Round::Over(skipped(&condition)));
            }
            self.prepared = Some(self.prepare(machine, &scope)?);
        }
        let Some(prepared) = self.prepared.clone() else {
            return Err(Stop::Fail(say::endless_planning(0)));
        };
        match self.task.action.clone() {
            Action::Module(name) => self.plan_module(&name, prepared, machine),
            Action::External(name) => {
                let plan = self.plan_external(&name, &prepared, machine)?;
                Ok(Round::Apply(with_environment(plan, &prepared.environment)))
            }
            Action::IncludeTasks => self.include_tasks(&prepared),
            Action::IncludeVars => include_vars(&prepared, machine),
            Action::Meta(meta) => Ok(meta_round(meta, machine)),
        }
    }

    fn prepare(&self, machine: &Interpreter, scope: &Arc<dyn Scope>) -> Result<Prepared, Stop> {
        let engine = &machine.engine;
        let task = &self.task;
        let flag = |node: &Option<Node>, otherwise: bool| -> Result<bool, Stop> {
            node.as_ref().map_or(Ok(otherwise), |n| Ok(is_yes(&engine.node(n, scope)?)))
        };
        let delegate = match &task.delegate_to {
            Some(node) => Some(delegate_name(&engine.node(node, scope)?)?),
            None => None,
        };
        let args = self.render_args(engine, scope)?;
        let include = args.get("file").and_then(|node| node.as_str().map(Arc::from));
        Ok(Prepared {
            args,
            identity: self.identity(machine, scope)?,
            environment: self.environment(engine, scope)?,
            check: flag(&task.check_mode, machine.options.check)?,
            diff: flag(&task.diff, machine.options.diff)?,
            no_log: flag(&task.no_log, false)?,
            delegate: delegate.filter(|host| *host != machine.host),
            include,
        })
    }

    /// Renders the options; those that are expressions are handed over as `{expr, value}`.
    fn render_args(&self, engine: &Engine, scope: &Arc<dyn Scope>) -> Result<Node, Stop> {
        let kind = self.kind();
        let expressions = kind.map_or(&[][..], |kind| kind.expressions);
        let NodeKind::Map(entries) = &self.task.args.kind else {
            return engine.node(&self.task.args, scope);
        };
        if !entries.iter().any(|(key, _)| key.as_str().is_some_and(|k| expressions.contains(&k))) {
            return engine.node(&self.task.args, scope);
        }
        let mut rendered = Vec::new();
        for (key, value) in entries {
            if key.as_str().is_some_and(|key| expressions.contains(&key)) {
                rendered.push((key.clone(), evaluate(engine, value, scope)?));
            } else {
                let one = NodeKind::Map(vec![(key.clone(), value.clone())]);
                let node = engine.node(&Node { pos: self.task.args.pos, kind: one }, scope)?;
                if let NodeKind::Map(pairs) = node.kind {
                    rendered.extend(pairs);
                }
            }
        }
        Ok(Node { pos: self.task.args.pos, kind: NodeKind::Map(rendered) })
    }

    fn kind(&self) -> Option<&'static Kind> {
        match &self.task.action {
            Action::Module(name) => crate::module::find(name),
            _ => None,
        }
    }

    /// Who does it: keywords first, then Ansible's variables, then the command line.
    fn identity(&self, machine: &Interpreter, scope: &Arc<dyn Scope>) -> Result<Identity, Stop> {
        let keywords = &self.task.r#become;
        let setting = |node: &Option<Node>, variable: &str| -> Result<Option<Node>, Stop> {
            let authored = match scope.vars().get(variable) {
                Some(Var::Authored(node)) => Some(node.clone()),
                Some(Var::Data(value, Trust::Operator)) => {
                    Some(Node::from_value(value, self.task.pos))
                }
                // A host's facts do not choose who acts on it.
                Some(Var::Data(_, Trust::Host)) | None => None,
            };
            let chosen = node.clone().or(authored);
            chosen.map(|node| machine.engine.node(&node, scope)).transpose()
        };
        let active = setting(&keywords.active, "ansible_become")?;
        if !active.map_or(machine.options.r#become, |node| is_yes(&node)) {
            return Ok(Identity::Login);
        }
        let method = setting(&keywords.method, "ansible_become_method")?;
        let method = method.and_then(|node| node.as_str().map(str::to_owned));
        if let Some(method) = method.filter(|method| !method.ends_with("sudo")) {
            return Err(Stop::FailAt(self.task.pos, say::unknown_method(method)));
        }
        let user = setting(&keywords.user, "ansible_become_user")?;
        let user = user.and_then(|node| node.as_str().map(Arc::from));
        let user = user.or_else(|| machine.options.become_user.clone());
        let user = user.unwrap_or_else(|| "root".into());
        Ok(if user == machine.login { Identity::Login } else { Identity::User(user) })
    }

    fn environment(
        &self,
        engine: &Engine,
        scope: &Arc<dyn Scope>,
    ) -> Result<Vec<(Arc<str>, Arc<str>)>, Stop> {
        let mut all: indexmap::IndexMap<Arc<str>, Arc<str>> = indexmap::IndexMap::new();
        for node in &self.task.environment {
            let rendered = engine.node(node, scope)?;
            let maps = match &rendered.kind {
                NodeKind::List(items) => items.iter().collect(),
                _ => vec![&rendered],
            };
            for map in maps {
                if let NodeKind::Map(entries) = &map.kind {
                    all.extend(entries.iter().map(|(k, v)| (k.key_text(), v.key_text())));
                }
            }
        }
        Ok(all.into_iter().collect())
    }

    // ---- modules ------------------------------------------------------------------------------------

    fn plan_module(
        &self,
        name: &Arc<str>,
        prepared: Prepared,
        machine: &mut Interpreter,
    ) -> Result<Round, Stop> {
        let kind = self.kind().ok_or_else(|| Stop::Fail(say::no_module(name)))?;
        if prepared.delegate.is_some() || kind.place == Place::Controller {
            return Ok(Round::Ask(Request::Task(Box::new(Elsewhere {
                task: self.task.id,
                host: prepared.delegate,
                module: kind.name.into(),
                args: prepared.args,
                identity: prepared.identity,
                environment: prepared.environment,
                check: prepared.check,
                diff: prepared.diff,
                no_log: prepared.no_log,
                file: self.task.file,
            }))));
        }
        let module = parse(kind, &prepared.args)?;
        if prepared.check && kind.may_change {
            learn_maker(&prepared.identity, machine)?;
        }
        let mut observe = std::mem::take(&mut machine.observe);
        let plan = self.call_plan(&*module, &prepared, machine, &mut observe);
        machine.observe = observe;
        let plan = plan?;
        if plan.skipped.is_some() || plan.failed.is_some() {
            return Ok(Round::Over(Done {
                skipped: plan.skipped,
                failed: plan.failed,
                result: plan.result,
                message: plan.message,
                ..Done::default()
            }));
        }
        Ok(Round::Apply(with_environment(plan, &prepared.environment)))
    }

    fn call_plan(
        &self,
        module: &dyn Module,
        prepared: &Prepared,
        machine: &Interpreter,
        observe: &mut crate::observe::Observe,
    ) -> Result<Plan, Stop> {
        let scope = machine.scope(self.vars(machine));
        let render = |name: &str, text: &str| -> Result<Value, Stop> {
            Ok(machine.engine.text(name, text, &scope)?.value)
        };
        let user = match &prepared.identity {
            Identity::Login => &machine.login,
            Identity::User(user) => user,
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
        module.plan(&context, observe)
    }

    /// The module of the present round, to complete its result.
    pub(super) fn module(&self, machine: &Interpreter) -> Result<Box<dyn Module>, Stop> {
        let Some(prepared) = &self.prepared else {
            return Err(Stop::Fail(say::no_module(self.action_name())));
        };
        match &self.task.action {
            Action::External(name) => self.external(name, prepared, machine),
            _ => {
                let kind = self.kind();
                let kind = kind.ok_or_else(|| Stop::Fail(say::no_module(self.action_name())))?;
                parse(kind, &prepared.args)
            }
        }
    }

    fn external(
        &self,
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

    fn plan_external(
        &self,
        name: &Arc<str>,
        prepared: &Prepared,
        machine: &mut Interpreter,
    ) -> Result<Plan, Stop> {
        let module = self.external(name, prepared, machine)?;
        let mut observe = std::mem::take(&mut machine.observe);
        let plan = self.call_plan(&*module, prepared, machine, &mut observe);
        machine.observe = observe;
        plan
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
        Identity::User(user) => user.clone(),
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

fn meta_round(meta: Meta, machine: &mut Interpreter) -> Round {
    match meta {
        Meta::FlushHandlers => machine.flush_handlers(),
        Meta::EndHost => machine.end(),
        Meta::ClearFacts => machine.vars.clear(Level::Facts),
        Meta::EndPlay | Meta::EndBatch => return Round::Ask(Request::End { meta }),
        // The controller's connection outlives a play's wishes: a new login sees new groups only after
        // `reboot` or in the next run. Failed hosts have left the play and cannot come back within it.
        Meta::Noop | Meta::ClearHostErrors | Meta::ResetConnection => {}
    }
    Round::Over(Done::default())
}

/// Every program of the plan gets the task's environment, its own variables winning.
fn with_environment(mut plan: Plan, environment: &[(Arc<str>, Arc<str>)]) -> Plan {
    for planned in &mut plan.changes {
        if let Change::Run(run) = &mut planned.change {
            let own = std::mem::take(&mut run.env);
            run.env = environment.iter().cloned().chain(own).collect();
        }
    }
    plan
}

fn parse(kind: &Kind, args: &Node) -> Result<Box<dyn Module>, Stop> {
    kind.parse(args).map_err(|error: OptionError| match error.unknown {
        Some(why) => Stop::Unknown(why),
        None => Stop::FailAt(error.pos, error.message),
    })
}

/// `{expr, value}` for an expression, a list of them for a list.
fn evaluate(engine: &Engine, node: &Node, scope: &Arc<dyn Scope>) -> Result<Node, Stop> {
    if let NodeKind::List(items) = &node.kind {
        let items: Result<Vec<Node>, Stop> =
            items.iter().map(|item| evaluate(engine, item, scope)).collect();
        return Ok(Node { pos: node.pos, kind: NodeKind::List(items?) });
    }
    let evaluated = engine.expr(node, scope)?;
    let text = node.key_text();
    let value = Node::from_value(&evaluated.value, node.pos);
    let literal = |text: Arc<str>| Node { pos: node.pos, kind: NodeKind::Literal(text) };
    let pairs = vec![(literal("expr".into()), literal(text)), (literal("value".into()), value)];
    Ok(Node { pos: node.pos, kind: NodeKind::Map(pairs) })
}

fn delegate_name(node: &Node) -> Result<Arc<str>, Stop> {
    match &node.kind {
        NodeKind::Foreign(text) => Err(Stop::FailAt(node.pos, say::foreign_delegate(text))),
        _ => Ok(node.key_text()),
    }
}

/// The first condition that does not hold.
pub(super) fn first_false(
    engine: &Engine,
    conditions: &[Node],
    scope: &Arc<dyn Scope>,
) -> Result<Option<Arc<str>>, Stop> {
    for node in conditions {
        if !engine.condition(node, scope)? {
            return Ok(Some(node.key_text()));
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
pub(super) fn skipped(condition: &str) -> Done {
    let result = Map::from([
        (Arc::from("skip_reason"), Value::from("Conditional result was False")),
        (Arc::from("false_condition"), Value::from(condition)),
    ]);
    Done { skipped: Some(say::condition_false(condition)), result, ..Done::default() }
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
