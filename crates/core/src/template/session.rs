//! One evaluation: what it reads, how far that may be trusted, and why it stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja as mj;

use super::bridge;
use super::lazy::{Lazy, Place};
use super::machine::Machine;
use super::{Evaluated, Scope};
use crate::message::{Message, template as say};
use crate::node::{Node, NodeKind};
use crate::observe::{Ask, Stop};
use crate::value::{Trust, Value};
use crate::vars::{Layer, Level, Var, Vars};

/// How deep definitions may refer to one another. Each level is a native call of the engine.
const MAX_NESTING: usize = 40;
/// Marks an error of the engine that carries one of ours, by number.
const CARRIED: &str = "\u{1}stop:";

/// The state of one evaluation, shared by all values that it hands to the engine.
pub(super) struct Session {
    pub(super) machine: Arc<Machine>,
    pub(super) scope: Arc<dyn Scope>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Variables read so far. Emptied at the end: the values refer back to the session.
    cache: HashMap<Arc<str>, (mj::Value, Trust)>,
    trust: Trust,
    secrets: Vec<Arc<str>>,
    stops: Vec<Stop>,
    /// A member that is not known was looked at.
    touched: Option<Arc<str>>,
    /// The definitions being evaluated, outermost first.
    stack: Vec<Place>,
    /// What was last looked for and not found, for the message.
    missing: Option<Missing>,
    emitted: Emitted,
}

/// Something that is not there.
#[derive(Clone, Debug)]
pub(super) enum Missing {
    /// A variable.
    Variable(Arc<str>),
    /// A member of a value of this type.
    Member(&'static str, String),
    /// Said by `undef(hint=…)`.
    Hint(String),
}

/// What a template has printed by `{{ }}`, to give the native type where it was all of it.
#[derive(Default)]
pub(super) struct Emitted {
    count: usize,
    bytes: usize,
    last: Option<mj::Value>,
}

impl Emitted {
    /// Whether nothing was printed.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The only value printed, if it is all of `output`.
    pub(super) fn whole(self, output: &str) -> Option<mj::Value> {
        self.last.filter(|_| self.count == 1 && self.bytes == output.len())
    }
}

/// Ends a session: breaks the circle between it and the values it has cached.
pub(super) struct Open(pub(super) Arc<Session>);

impl Drop for Open {
    fn drop(&mut self) {
        let cache = std::mem::take(&mut self.0.lock().cache);
        drop(cache);
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl Session {
    pub(super) fn open(machine: &Arc<Machine>, scope: &Arc<dyn Scope>) -> Open {
        let (machine, scope) = (machine.clone(), scope.clone());
        Open(Arc::new(Self { machine, scope, inner: Mutex::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn vars(&self) -> &Vars {
        self.scope.vars()
    }

    /// Notes that something of this trust was read.
    pub(super) fn read(&self, trust: Trust) {
        let mut inner = self.lock();
        inner.trust = inner.trust.max(trust);
    }

    pub(super) fn trust(&self) -> Trust {
        self.lock().trust
    }

    /// Begins to count trust anew (for the next text of a tree); gives what it was.
    pub(super) fn reset_trust(&self, to: Trust) -> Trust {
        std::mem::replace(&mut self.lock().trust, to)
    }

    pub(super) fn secret(&self, text: &Arc<str>) {
        self.lock().secrets.push(text.clone());
    }

    pub(super) fn holds_secret(&self, text: &str) -> bool {
        let inner = self.lock();
        inner.secrets.iter().any(|secret| !secret.is_empty() && text.contains(&**secret))
    }

    pub(super) fn touch(&self, why: &Arc<str>) {
        self.lock().touched.get_or_insert_with(|| why.clone());
    }

    pub(super) fn touched(&self) -> Option<Arc<str>> {
        self.lock().touched.clone()
    }

    pub(super) fn miss(&self, missing: Missing) {
        self.lock().missing = Some(missing);
    }

    pub(super) fn missing(&self) -> Option<Missing> {
        self.lock().missing.clone()
    }

    pub(super) fn emit(&self, value: &mj::Value, bytes: usize) {
        let mut inner = self.lock();
        inner.emitted.count += 1;
        inner.emitted.bytes += bytes;
        inner.emitted.last = Some(value.clone());
    }

    pub(super) fn swap_emitted(&self, with: Emitted) -> Emitted {
        std::mem::replace(&mut self.lock().emitted, with)
    }

    /// An error of the engine that carries `stop`.
    pub(super) fn fail(&self, stop: Stop) -> mj::Error {
        let mut inner = self.lock();
        inner.stops.push(stop);
        let number = inner.stops.len() - 1;
        mj::Error::new(mj::ErrorKind::InvalidOperation, format!("{CARRIED}{number};"))
    }

    pub(super) fn refuse(&self, message: Message) -> mj::Error {
        self.fail(Stop::Fail(message))
    }

    /// The stop that an error of the engine carries, if one of ours is in it.
    pub(super) fn carried(&self, error: &mj::Error) -> Option<Stop> {
        let own = error.detail().and_then(|detail| self.carried_in(detail));
        own.or_else(|| {
            let mut source = std::error::Error::source(error);
            while let Some(inner) = source {
                if let Some(stop) = self.carried_in(&inner.to_string()) {
                    return Some(stop);
                }
                source = inner.source();
            }
            None
        })
    }

    /// The same for a text, such as an invalid value shows.
    pub(super) fn carried_in(&self, text: &str) -> Option<Stop> {
        let (_, tail) = text.split_once(CARRIED)?;
        let (number, _) = tail.split_once(';')?;
        self.lock().stops.get(number.parse::<usize>().ok()?).cloned()
    }

    /// The value of a variable, or nothing where it is not defined.
    pub(super) fn variable(self: &Arc<Self>, name: &str) -> Option<mj::Value> {
        let cached = self.lock().cache.get(name).cloned();
        if let Some((value, trust)) = cached {
            self.read(trust);
            return Some(value);
        }
        let Some((level, layer, var)) = self.find(name) else {
            let special = self.special(name);
            if special.is_none() {
                self.miss(Missing::Variable(name.into()));
            }
            return special;
        };
        let before = self.reset_trust(Trust::Operator);
        let own_name = self.lock().stack.last().is_some_and(|top| top.is_whole(name));
        let value = self.evaluate(name, level, layer, var);
        let trust = self.reset_trust(before);
        self.read(trust);
        match value {
            Ok(value) if own_name => Some(value),
            Ok(value) => {
                self.lock().cache.insert(name.into(), (value.clone(), trust));
                Some(value)
            }
            Err(error) => Some(mj::Value::from(error)),
        }
    }

    /// The highest layer that has the variable; below the definition that is being evaluated, where
    /// that one names itself.
    fn find(&self, name: &str) -> Option<(Level, &Arc<Layer>, &Var)> {
        let below = {
            let inner = self.lock();
            inner.stack.last().filter(|top| top.is_whole(name)).map(|top| top.level)
        };
        let layers = self.scope.vars().layers().iter().rev();
        layers
            .filter(|(level, _)| below.is_none_or(|below| *level < below))
            .find_map(|(level, layer)| layer.get(name).map(|var| (*level, layer, var)))
    }

    fn evaluate(
        self: &Arc<Self>,
        name: &str,
        level: Level,
        layer: &Arc<Layer>,
        var: &Var,
    ) -> Result<mj::Value, mj::Error> {
        match var {
            Var::Data(value, trust) => {
                self.read(*trust);
                bridge::give(self, value)
            }
            Var::Authored(node) => {
                let place =
                    Place { layer: layer.clone(), level, name: name.into(), path: [].into() };
                self.authored(node, &place)
            }
        }
    }

    /// The value of a node that the operator wrote, its templates rendered when they are reached.
    pub(super) fn authored(
        self: &Arc<Self>,
        node: &Node,
        place: &Place,
    ) -> Result<mj::Value, mj::Error> {
        match &node.kind {
            NodeKind::Str(text) if node.is_template() => {
                self.within(place, || self.machine.scalar(self, text))
            }
            NodeKind::List(_) | NodeKind::Map(_) => Ok(Lazy::value(self, place.clone())),
            NodeKind::Secret(text) => {
                self.secret(text);
                Ok(mj::Value::from(text.clone()))
            }
            NodeKind::Foreign(text) => {
                self.read(Trust::Host);
                Ok(mj::Value::from(text.clone()))
            }
            _ => bridge::give(self, &node.to_value()),
        }
    }

    /// Runs `work` as part of the definition at `place`; an endless definition is an error.
    pub(super) fn within<T>(
        &self,
        place: &Place,
        work: impl FnOnce() -> Result<T, mj::Error>,
    ) -> Result<T, mj::Error> {
        let mut inner = self.lock();
        let looped = inner.stack.iter().position(|other| other == place);
        let circle = looped.map(|from| {
            let names = inner.stack[from..].iter().map(Place::label);
            names.chain([place.label()]).collect::<Vec<_>>().join(" -> ")
        });
        let deep = inner.stack.len() >= MAX_NESTING;
        if circle.is_none() && !deep {
            inner.stack.push(place.clone());
        }
        drop(inner);
        if let Some(circle) = circle {
            return Err(self.refuse(say::endless(circle)));
        }
        if deep {
            return Err(self.refuse(say::too_deep(place.label(), MAX_NESTING)));
        }
        let result = work();
        self.lock().stack.pop();
        result
    }

    fn special(self: &Arc<Self>, name: &str) -> Option<mj::Value> {
        match name {
            "omit" => Some(bridge::omit()),
            "vars" => Some(super::lazy::all_variables(self)),
            "hostvars" => Some(super::lazy::hosts(self)),
            _ => None,
        }
    }

    /// Asks the controller.
    pub(super) fn ask(&self, ask: Ask) -> Result<Value, Stop> {
        let Evaluated { value, trust } = self.scope.lookup(ask)?;
        self.read(trust);
        Ok(value)
    }
}
