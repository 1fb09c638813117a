//! Templates and expressions, by `minijinja` with Ansible's filters, tests and lookups.
//!
//! What a host said is data: only texts of [`NodeKind::Str`] are ever parsed. Every evaluation keeps the
//! least trust of what it read, and ends when it touches something that is not known yet.

mod bridge;
mod call;
mod checks;
mod filters;
mod functions;
mod lazy;
mod lookups;
mod machine;
mod methods;
mod python;
mod scan;
mod session;
mod source;
#[cfg(test)]
mod tests;
mod with;

use std::collections::BTreeSet;
use std::sync::Arc;

use machine::Machine;
use minijinja as mj;
use session::Session;
use source::{Mode, Use};

use crate::message::{Message, template as say};
use crate::node::{Node, NodeKind, Pos};
use crate::observe::{Ask, Stop};
use crate::value::{Trust, Value};
use crate::vars::Vars;

pub use with::with_loop;

/// A value that an evaluation gave, and how far it may be trusted: as far as the least trusted variable
/// that was read on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The value, of its native type.
    pub value: Value,
    /// The least trust of all that was read.
    pub trust: Trust,
}

/// What an evaluation sees: the variables, and the replies to lookups that only the controller can do.
pub trait Scope: Send + Sync {
    /// The variables of the task.
    fn vars(&self) -> &Vars;
    /// The controller's reply to a lookup; `Stop::Pending` once it has been recorded as asked.
    fn lookup(&self, ask: Ask) -> Result<Evaluated, Stop>;
}

/// The variables that a tree's templates name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The names that are not set by the template itself.
    pub names: BTreeSet<String>,
    /// Whether variables may also be read by computed names (`vars[…]`, `hostvars`, a lookup).
    pub dynamic: bool,
}

/// The template engine. One for a run: it keeps what it has parsed.
#[derive(Debug, Default)]
pub struct Engine {
    machine: Arc<Machine>,
}

impl Engine {
    /// Renders every template in a tree. Positions stay; a text that is one `{{ … }}` and nothing else
    /// gives the value's native type; results become literals, or `Foreign` where anything read came from
    /// a host, or `Secret` where they hold a secret; `Literal`, `Secret` and `Foreign` texts stay as they
    /// are. A value that is `omit` is left out of its mapping or list; alone it becomes nothing.
    pub fn node(&self, node: &Node, scope: &Arc<dyn Scope>) -> Result<Node, Stop> {
        if !node.has_template() {
            return Ok(node.clone());
        }
        let open = Session::open(&self.machine, scope);
        let rendered = self.tree(node, &open.0)?;
        Ok(rendered.unwrap_or(Node { pos: node.pos, kind: NodeKind::Null }))
    }

    fn tree(&self, node: &Node, session: &Arc<Session>) -> Result<Option<Node>, Stop> {
        let kind = match &node.kind {
            NodeKind::Str(text) if node.is_template() => {
                return self.template(node, text, session);
            }
            NodeKind::List(items) => {
                let items = items.iter().map(|item| self.tree(item, session));
                NodeKind::List(items.filter_map(Result::transpose).collect::<Result<_, _>>()?)
            }
            NodeKind::Map(entries) => {
                let mut rendered = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let key = self.tree(key, session)?;
                    let value = self.tree(value, session)?;
                    rendered.extend(key.zip(value));
                }
                NodeKind::Map(rendered)
            }
            other => other.clone(),
        };
        Ok(Some(Node { pos: node.pos, kind }))
    }

    fn template(
        &self,
        node: &Node,
        text: &str,
        session: &Arc<Session>,
    ) -> Result<Option<Node>, Stop> {
        session.reset_trust(Trust::Operator);
        let place = |stop| at(node.pos, stop);
        let value = self.machine.scalar(session, text);
        let value = value.and_then(|value| bridge::take_member(session, &value));
        let value = value.map_err(|error| place(machine::stop(session, text, &error)))?;
        if let Some(why) = session.touched() {
            return Err(Stop::Unknown(why));
        }
        let Some(value) = value else { return Ok(None) };
        let mut rendered = Node::from_value(&value, node.pos);
        mark(&mut rendered, session);
        Ok(Some(rendered))
    }

    /// Evaluates a bare expression, as `when:` has it, to whatever it gives. A text that is one template
    /// is rendered first, as Ansible does; what comes out is an expression again unless it came from a host.
    pub fn expr(&self, node: &Node, scope: &Arc<dyn Scope>) -> Result<Evaluated, Stop> {
        let text = match &node.kind {
            NodeKind::Str(text) => text,
            NodeKind::Literal(text) | NodeKind::Secret(text) | NodeKind::Foreign(text) => {
                return Err(at(node.pos, Stop::Fail(say::untrusted_condition(text))));
            }
            _ => return Ok(Evaluated { value: node.to_value(), trust: Trust::Operator }),
        };
        self.expression(text, scope).map_err(|stop| at(node.pos, stop))
    }

    fn expression(&self, text: &str, scope: &Arc<dyn Scope>) -> Result<Evaluated, Stop> {
        let open = Session::open(&self.machine, scope);
        let session = &open.0;
        if !is_template(text) {
            return self.evaluate(session, Mode::Expression, text);
        }
        let first = self.evaluate(session, Mode::Scalar, text)?;
        match &first.value {
            Value::Str(inner) if first.trust == Trust::Host => {
                Err(Stop::Fail(say::untrusted_condition(machine::shorten(inner))))
            }
            Value::Str(inner) => self.evaluate(session, Mode::Expression, inner),
            _ => Ok(first),
        }
    }

    fn evaluate(&self, session: &Arc<Session>, mode: Mode, text: &str) -> Result<Evaluated, Stop> {
        if text.trim().is_empty() {
            return Ok(Evaluated { value: Value::Null, trust: Trust::Operator });
        }
        let value = self.machine.run(session, &self.machine.unit(mode, text));
        let value = value.and_then(|value| bridge::take(session, &value));
        let value = value.map_err(|error| machine::stop(session, text, &error))?;
        match session.touched() {
            Some(why) => Err(Stop::Unknown(why)),
            None => Ok(Evaluated { value, trust: session.trust() }),
        }
    }

    /// Whether a condition holds. Nothing at all holds; anything else than true or false is an error, as
    /// ansible-core 2.19 has it.
    pub fn condition(&self, node: &Node, scope: &Arc<dyn Scope>) -> Result<bool, Stop> {
        let result = self.expr(node, scope)?.value;
        match &result {
            Value::Bool(holds) => Ok(*holds),
            Value::Null if node.as_str().is_none_or(|text| text.trim().is_empty()) => Ok(true),
            Value::Unknown(why) => Err(Stop::Unknown(why.clone())),
            other => {
                let shown = machine::shorten(&python::repr(other));
                let text = machine::shorten(node.as_str().unwrap_or_default());
                let message = say::not_boolean(text, python::kind(other), shown);
                Err(at(node.pos, Stop::Fail(message)))
            }
        }
    }

    /// Renders a template file's text (`trim_blocks`, and a last newline kept, as the module `template`
    /// does). `name` is for messages.
    pub fn text(&self, name: &str, text: &str, scope: &Arc<dyn Scope>) -> Result<Evaluated, Stop> {
        let open = Session::open(&self.machine, scope);
        let session = &open.0;
        let value = self.machine.run(session, &self.machine.unit(Mode::File, text));
        let printed = value.and_then(|value| {
            if value.is_none() { Ok(String::new()) } else { bridge::printed(session, &value) }
        });
        let printed = printed.map_err(|error| match machine::stop(session, text, &error) {
            Stop::Fail(message) => {
                let line = error.line().map(|line| format!(":{line}")).unwrap_or_default();
                Stop::Fail(say::in_file(format!("{name}{line}"), message))
            }
            other => other,
        })?;
        match session.touched() {
            Some(why) => Err(Stop::Unknown(why)),
            None => Ok(Evaluated { value: Value::str(printed), trust: session.trust() }),
        }
    }

    /// Looks for errors that need no variables: syntax, and unknown filters and tests. The place is the
    /// file's where the text begins there; inside of a text of several lines it is the line after.
    pub fn check(&self, node: &Node) -> Result<(), (Pos, Message)> {
        match &node.kind {
            NodeKind::Str(text) if node.is_template() => {
                self.check_text(Mode::Scalar, text, node.pos)
            }
            NodeKind::List(items) => items.iter().try_for_each(|item| self.check(item)),
            NodeKind::Map(entries) => entries.iter().try_for_each(|(key, value)| {
                self.check(key)?;
                self.check(value)
            }),
            _ => Ok(()),
        }
    }

    /// The same for a bare expression, as `when:` has it.
    pub fn check_expr(&self, node: &Node) -> Result<(), (Pos, Message)> {
        match &node.kind {
            NodeKind::Str(text) if !is_template(text) && !text.trim().is_empty() => {
                self.check_text(Mode::Expression, text, node.pos)
            }
            _ => self.check(node),
        }
    }

    fn check_text(&self, mode: Mode, text: &str, pos: Pos) -> Result<(), (Pos, Message)> {
        let unit = self.machine.unit(mode, text);
        if let Some(bad) = unit.bad() {
            let column = bad.column.max(1);
            return Err((inside(text, pos, bad.line, column), bad.message.clone()));
        }
        for (byte, used) in unit.uses.iter() {
            let message = match used {
                Use::Filter(name) if !filters::is_known(name) => {
                    let near = machine::suggestion(name, filters::names());
                    say::unknown_filter(name, near)
                }
                Use::Test(name) if !checks::is_known(name) => {
                    let near = machine::suggestion(name, checks::names());
                    say::unknown_test(name, near)
                }
                _ => continue,
            };
            let (line, column) = scan::place(text, *byte);
            return Err((inside(text, pos, line, column), message));
        }
        Ok(())
    }

    /// The variables that the templates of a tree name.
    pub fn names(&self, node: &Node) -> Names {
        let mut names = Names::default();
        self.collect(node, Mode::Scalar, &mut names);
        names
    }

    /// The variables that a bare expression names.
    pub fn names_expr(&self, node: &Node) -> Names {
        let mut names = Names::default();
        self.collect(node, Mode::Expression, &mut names);
        names
    }

    fn collect(&self, node: &Node, mode: Mode, out: &mut Names) {
        match &node.kind {
            NodeKind::Str(text) if node.is_template() || mode == Mode::Expression => {
                let mode = if node.is_template() { Mode::Scalar } else { mode };
                let unit = self.machine.unit(mode, text);
                out.dynamic |= unit.dynamic;
                out.names.extend(unit.names.iter().cloned());
            }
            NodeKind::List(items) => items.iter().for_each(|item| self.collect(item, mode, out)),
            NodeKind::Map(entries) => {
                for (key, value) in entries {
                    self.collect(key, Mode::Scalar, out);
                    self.collect(value, Mode::Scalar, out);
                }
            }
            _ => {}
        }
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Gives a failure its place.
fn at(pos: Pos, stop: Stop) -> Stop {
    match stop {
        Stop::Fail(message) => Stop::FailAt(pos, message),
        other => other,
    }
}

/// The place in the file of a place in a scalar's text. A text of several lines is taken for a block
/// scalar, which begins on the line after its mark.
fn inside(text: &str, pos: Pos, line: u32, column: u32) -> Pos {
    if pos.line == 0 {
        return pos;
    }
    if text.contains('\n') {
        return Pos { line: pos.line + line, col: column, ..pos };
    }
    Pos { col: pos.col + column - 1, ..pos }
}

/// Says of every text in a result what it came from.
fn mark(node: &mut Node, session: &Session) {
    match &mut node.kind {
        NodeKind::Literal(text) => {
            let text = text.clone();
            if session.holds_secret(&text) {
                node.kind = NodeKind::Secret(text);
            } else if session.trust() == Trust::Host {
                node.kind = NodeKind::Foreign(text);
            }
        }
        NodeKind::List(items) => items.iter_mut().for_each(|item| mark(item, session)),
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                mark(key, session);
                mark(value, session);
            }
        }
        _ => {}
    }
}

/// An error of the engine without one of ours in it.
fn plain(why: impl Into<String>) -> mj::Error {
    mj::Error::new(mj::ErrorKind::InvalidOperation, why.into())
}
