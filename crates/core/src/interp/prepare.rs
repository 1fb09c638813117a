//! The keywords and options of a round, rendered before its module is planned.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::machine::Interpreter;
use super::round::{has_foreign, is_yes};
use super::running::Running;
use super::{Identity, OtherUser};
use crate::become_flags::Flags;
use crate::message::play as say;
use crate::module::Kind;
use crate::node::{Node, NodeKind};
use crate::observe::Stop;
use crate::program::Action;
use crate::template::{Engine, Scope};
use crate::value::Trust;
use crate::vars::Var;

/// How often a task with `until` is tried again where `retries` is not said, as in Ansible.
const DEFAULT_RETRIES: u32 = 3;
/// Milliseconds between tries where `delay` is not said, as in Ansible.
const DEFAULT_DELAY_MS: u64 = 5000;

/// Variables of the environment, by name.
type Variables = Vec<(Arc<str>, Arc<str>)>;

/// The keywords and options of a round, rendered.
#[expect(clippy::struct_excessive_bools, reason = "each is a keyword of its own, read by its name")]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Prepared {
    pub(super) args: Node,
    pub(super) identity: Identity,
    pub(super) environment: Variables,
    pub(super) check: bool,
    pub(super) diff: bool,
    pub(super) no_log: bool,
    pub(super) delegate: Option<Arc<str>>,
    /// The file of `include_tasks`.
    pub(super) include: Option<Arc<str>>,
    /// How often it is tried again, beside the first try.
    pub(super) retries: u32,
    pub(super) delay_ms: u64,
    /// `timeout:` of the task: how long looking and doing may take in one try.
    pub(super) timeout_ms: Option<u64>,
    /// Whether an option that names a file of the controller came from a host.
    pub(super) is_foreign: bool,
}

impl Running {
    pub(super) fn prepare(
        &self,
        machine: &Interpreter,
        scope: &Arc<dyn Scope>,
    ) -> Result<Prepared, Stop> {
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
        let seconds = |node: &Option<Node>| -> Result<Option<u64>, Stop> {
            node.as_ref().map(|node| self.seconds_ms(node, machine)).transpose()
        };
        Ok(Prepared {
            is_foreign: self.names_foreign_file(&args),
            args,
            identity: self.identity(machine, scope)?,
            environment: self.environment(engine, scope)?,
            check: flag(&task.check_mode, machine.options.check)?,
            diff: flag(&task.diff, machine.options.diff)?,
            no_log: flag(&task.no_log, false)?,
            delegate: delegate.filter(|host| !host.is_empty() && *host != machine.host),
            include,
            retries: self.retries(engine, scope)?,
            delay_ms: seconds(&task.delay)?.unwrap_or(DEFAULT_DELAY_MS),
            timeout_ms: seconds(&task.timeout)?.filter(|timeout_ms| *timeout_ms > 0),
        })
    }

    fn retries(&self, engine: &Engine, scope: &Arc<dyn Scope>) -> Result<u32, Stop> {
        let Some(node) = &self.task.retries else {
            return Ok(if self.task.until.is_empty() { 0 } else { DEFAULT_RETRIES });
        };
        let text = engine.node(node, scope)?.key_text();
        let number: Result<i64, _> = text.trim().parse();
        let number = number.map_err(|_| Stop::FailAt(node.pos, say::not_a_number(&text)))?;
        // As in Ansible, fewer than none is none.
        Ok(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
    }

    /// Whether a name of a file of the controller was computed from what a host said. Of a free-form line
    /// only the first word is the name, and that is the operator's where it holds no template.
    fn names_foreign_file(&self, args: &Node) -> bool {
        let Some(kind) = self.kind() else { return false };
        let names = || kind.files.iter().chain(kind.templates);
        let is_own = |key: &str| {
            let written = self.task.args.get(key).and_then(Node::as_str);
            let first = written.and_then(|text| text.split_whitespace().next());
            kind.free_form == Some("_raw_params")
                && first.is_some_and(|word| !word.contains("{{") && !word.contains("{%"))
        };
        names().any(|key| args.get(key).is_some_and(|node| has_foreign(node) && !is_own(key)))
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

    pub(super) fn kind(&self) -> Option<&'static Kind> {
        match &self.task.action {
            Action::Module(name) => crate::module::find(name),
            _ => None,
        }
    }

    /// Who does it. As in Ansible, its connection variables win over the keywords, and both over the
    /// command line.
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
            let chosen = authored.or_else(|| node.clone());
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
        if user == machine.login {
            return Ok(Identity::Login);
        }
        let flags = match setting(&keywords.flags, "ansible_become_flags")? {
            None => Flags::default(),
            Some(node) => Flags::read(&node.key_text())
                .map_err(|message| Stop::FailAt(self.task.pos, message))?,
        };
        Ok(Identity::User(OtherUser { name: user, flags }))
    }

    /// `environment:` of play, blocks and task, the inner ones merged over the outer.
    fn environment(&self, engine: &Engine, scope: &Arc<dyn Scope>) -> Result<Variables, Stop> {
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
