//! Values that are computed member by member: what the operator wrote, `vars` and `hostvars`.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{self as mj, State};

use super::bridge;
use super::session::{Missing, Session};
use crate::node::{Node, NodeKind};
use crate::observe::Ask;
use crate::value::Value;
use crate::vars::{Layer, Level, Var};

/// A part of a variable's definition.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) layer: Arc<Layer>,
    pub(super) level: Level,
    pub(super) name: Arc<str>,
    /// Indices of members, from the outermost.
    pub(super) path: Arc<[usize]>,
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.layer, &other.layer) && self.name == other.name && self.path == other.path
    }
}

impl Place {
    /// Whether this is the whole definition of `name`.
    pub(super) fn is_whole(&self, name: &str) -> bool {
        self.path.is_empty() && *self.name == *name
    }

    fn child(&self, index: usize) -> Self {
        let path = self.path.iter().copied().chain([index]).collect();
        Self { path, ..self.clone() }
    }

    fn node(&self) -> Option<&Node> {
        let Some(Var::Authored(node)) = self.layer.get(&self.name) else { return None };
        self.path.iter().try_fold(node, |node, index| match &node.kind {
            NodeKind::List(items) => items.get(*index),
            NodeKind::Map(entries) => entries.get(*index).map(|(_, value)| value),
            _ => None,
        })
    }

    /// How a person would write it: `users.0.name`.
    pub(super) fn label(&self) -> String {
        let mut label = self.name.to_string();
        let Some(Var::Authored(root)) = self.layer.get(&self.name) else { return label };
        let mut node = root;
        for index in self.path.iter() {
            let (key, next) = match &node.kind {
                NodeKind::List(items) => (index.to_string(), items.get(*index)),
                NodeKind::Map(entries) => match entries.get(*index) {
                    Some((key, value)) => (key.key_text().to_string(), Some(value)),
                    None => return label,
                },
                _ => return label,
            };
            label = format!("{label}.{key}");
            match next {
                Some(next) => node = next,
                None => return label,
            }
        }
        label
    }
}

/// A list or mapping that the operator wrote; its members are rendered when they are reached.
pub(super) struct Lazy {
    session: Arc<Session>,
    place: Place,
}

impl std::fmt::Debug for Lazy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place.label())
    }
}

impl Lazy {
    pub(super) fn value(session: &Arc<Session>, place: Place) -> mj::Value {
        mj::Value::from_object(Self { session: session.clone(), place })
    }

    fn member(&self, index: usize) -> Option<mj::Value> {
        let place = self.place.child(index);
        let node = place.node()?;
        Some(self.session.authored(node, &place).unwrap_or_else(mj::Value::from))
    }

    /// The whole as a datum.
    pub(super) fn force(&self) -> Result<Value, mj::Error> {
        let session = &self.session;
        session.within(&self.place, || match self.place.node().map(|node| &node.kind) {
            Some(NodeKind::List(items)) => {
                let items = (0..items.len()).filter_map(|index| self.member(index));
                let items = items.map(|item| bridge::take_member(session, &item));
                items.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>().map(Value::list)
            }
            Some(NodeKind::Map(entries)) => {
                let members = entries
                    .iter()
                    .enumerate()
                    .filter_map(|(index, (key, _))| Some((key.key_text(), self.member(index)?)));
                let members = members.filter_map(|(key, value)| {
                    bridge::take_member(session, &value).map(|v| Some((key, v?))).transpose()
                });
                members.collect::<Result<_, _>>().map(Value::map)
            }
            _ => Ok(Value::Null),
        })
    }
}

impl Object for Lazy {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.place.node().map(|node| &node.kind) {
            Some(NodeKind::List(_)) => ObjectRepr::Seq,
            _ => ObjectRepr::Map,
        }
    }

    fn get_value(self: &Arc<Self>, key: &mj::Value) -> Option<mj::Value> {
        match &self.place.node()?.kind {
            NodeKind::List(_) => self.member(key.as_usize()?),
            NodeKind::Map(_) => match key.as_str() {
                Some(key) => self.get_value_by_str(key),
                None => self.get_value_by_str(&key.to_string()),
            },
            _ => None,
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<mj::Value> {
        let NodeKind::Map(entries) = &self.place.node()?.kind else { return None };
        let index = entries.iter().position(|(k, _)| match k.as_str() {
            Some(text) => text == key,
            None => *k.key_text() == *key,
        })?;
        self.member(index)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.place.node().map(|node| &node.kind) {
            Some(NodeKind::List(items)) => Enumerator::Seq(items.len()),
            Some(NodeKind::Map(entries)) => Enumerator::Values(
                entries.iter().map(|(key, _)| mj::Value::from(key.key_text())).collect(),
            ),
            _ => Enumerator::Empty,
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        bridge::render(&self.session, self.force(), f)
    }
}

/// The special variable `vars`: every variable by name.
struct AllVariables(Arc<Session>);

pub(super) fn all_variables(session: &Arc<Session>) -> mj::Value {
    mj::Value::from_object(AllVariables(session.clone()))
}

impl std::fmt::Debug for AllVariables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("vars")
    }
}

impl Object for AllVariables {
    fn get_value(self: &Arc<Self>, key: &mj::Value) -> Option<mj::Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<mj::Value> {
        self.0.variable(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.vars().names().into_iter().map(mj::Value::from).collect())
    }
}

/// The special variable `hostvars`: the variables of every host by its name.
struct Hosts(Arc<Session>);

pub(super) fn hosts(session: &Arc<Session>) -> mj::Value {
    mj::Value::from_object(Hosts(session.clone()))
}

impl std::fmt::Debug for Hosts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hostvars")
    }
}

impl Hosts {
    /// The names of all hosts, where `groups` tells them.
    fn names(&self) -> Option<Vec<mj::Value>> {
        let all = self.0.variable("groups")?.get_attr("all").ok()?;
        Some(all.try_iter().ok()?.collect())
    }
}

impl Object for Hosts {
    fn get_value(self: &Arc<Self>, key: &mj::Value) -> Option<mj::Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<mj::Value> {
        let session = &self.0;
        let own = session.variable("inventory_hostname");
        if own.as_ref().and_then(mj::Value::as_str) == Some(key) {
            return Some(all_variables(session));
        }
        if self.names().is_some_and(|names| !names.iter().any(|name| name.as_str() == Some(key))) {
            session.miss(Missing::Member("hostvars", key.into()));
            return None;
        }
        let answer = session.ask(Ask::HostVars(key.into()));
        let value = answer.map_err(|stop| session.fail(stop));
        Some(value.and_then(|value| bridge::give(session, &value)).unwrap_or_else(mj::Value::from))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names().unwrap_or_default())
    }
}

/// What the engine sees as its context: every variable, found when it is named.
pub(super) struct Root(pub(super) Arc<Session>);

/// The name under which filters find the session.
const SESSION: &str = "\u{1}session";

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("variables")
    }
}

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &mj::Value) -> Option<mj::Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<mj::Value> {
        if key == SESSION {
            return Some(mj::Value::from_dyn_object(self.clone()));
        }
        if super::functions::is_function(key) {
            let own = self.0.vars().get(key).is_some();
            return own.then(|| self.0.variable(key)).flatten();
        }
        self.0.variable(key)
    }
}

/// The session that an evaluation belongs to.
pub(super) fn session_of(state: &State<'_, '_>) -> Result<Arc<Session>, mj::Error> {
    let root = state.lookup(SESSION);
    let root = root.as_ref().and_then(mj::Value::downcast_object_ref::<Root>);
    root.map(|root| root.0.clone()).ok_or_else(|| {
        mj::Error::new(mj::ErrorKind::InvalidOperation, "no variables in this evaluation")
    })
}
