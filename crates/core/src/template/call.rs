//! The arguments of a filter, test or function, as our values.

use std::sync::Arc;

use minijinja as mj;
use minijinja::value::Kwargs;

use super::session::Session;
use super::{bridge, python};
use crate::message::template as say;
use crate::observe::Stop;
use crate::value::{Map, Value};

/// Why a filter cannot do its work.
#[derive(Debug)]
pub(super) enum Fault {
    /// In words, without the filter's name.
    Text(String),
    /// It ends the evaluation as this.
    Stop(Stop),
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Fault {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// What a filter gives.
pub(super) type Outcome = Result<Value, Fault>;

/// A call of a filter, test or function by name.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    /// The positional arguments; of a filter or test the first is what it is applied to.
    pub(super) args: Vec<Value>,
    pub(super) named: Map,
    pub(super) session: &'a Arc<Session>,
}

/// Separates named from positional arguments.
pub(super) fn split(args: &[mj::Value]) -> Result<(&[mj::Value], Option<Kwargs>), mj::Error> {
    match args.split_last() {
        Some((last, rest)) if last.is_kwargs() => Ok((rest, Some(Kwargs::try_from(last.clone())?))),
        _ => Ok((args, None)),
    }
}

impl<'a> Call<'a> {
    pub(super) fn new(
        name: &'a str,
        session: &'a Arc<Session>,
        args: &[mj::Value],
    ) -> Result<Self, mj::Error> {
        let (positional, named) = split(args)?;
        let args = positional.iter().map(|arg| known(session, arg)).collect::<Result<_, _>>()?;
        let mut map = Map::new();
        if let Some(named) = named {
            for key in named.args().map(ToOwned::to_owned).collect::<Vec<_>>() {
                let value = named.get::<mj::Value>(&key)?;
                map.insert(key.into(), known(session, &value)?);
            }
        }
        Ok(Self { name, args, named: map, session })
    }

    /// What the filter is applied to.
    pub(super) fn subject(&self) -> Result<&Value, Fault> {
        self.args.first().ok_or_else(|| Fault::Text("it is applied to nothing".into()))
    }

    /// The argument at `index` (from 1), or the one called `name`. `None` counts as not given.
    pub(super) fn arg(&self, index: usize, name: &str) -> Option<&Value> {
        let value = self.args.get(index).or_else(|| self.named.get(name));
        value.filter(|value| **value != Value::Null)
    }

    pub(super) fn need(&self, index: usize, name: &str) -> Result<&Value, Fault> {
        let value = self.args.get(index).or_else(|| self.named.get(name));
        value.ok_or_else(|| Fault::Text(format!("the argument `{name}` is missing")))
    }

    pub(super) fn text(&self) -> Result<String, Fault> {
        self.subject().map(python::text)
    }

    pub(super) fn str(&self, index: usize, name: &str) -> Result<String, Fault> {
        self.need(index, name).map(python::text)
    }

    pub(super) fn str_or(&self, index: usize, name: &str, default: &str) -> String {
        self.arg(index, name).map_or_else(|| default.to_owned(), python::text)
    }

    pub(super) fn flag(&self, index: usize, name: &str) -> bool {
        self.arg(index, name).is_some_and(Value::is_truthy)
    }

    pub(super) fn int_or(&self, index: usize, name: &str, default: i64) -> Result<i64, Fault> {
        self.arg(index, name).map_or(Ok(default), |value| self.whole(value, name))
    }

    pub(super) fn int(&self, index: usize, name: &str) -> Result<i64, Fault> {
        self.need(index, name).and_then(|value| self.whole(value, name))
    }

    #[expect(clippy::unused_self, reason = "reads as the other accessors do")]
    fn whole(&self, value: &Value, name: &str) -> Result<i64, Fault> {
        match value {
            Value::Int(value) => Ok(*value),
            Value::Bool(value) => Ok(i64::from(*value)),
            other => match python::text(other).trim().parse() {
                Ok(value) => Ok(value),
                Err(_) => {
                    Err(format!("`{name}` must be a whole number, not {}", python::repr(other))
                        .into())
                }
            },
        }
    }

    /// The items of what the filter is applied to.
    pub(super) fn items(&self) -> Result<Vec<Value>, Fault> {
        items(self.subject()?)
    }

    pub(super) fn map(&self) -> Result<&Map, Fault> {
        let subject = self.subject()?;
        let wrong = || format!("it needs a dictionary, not {}", python::kind(subject));
        subject.as_map().ok_or_else(|| wrong().into())
    }

    /// The engine's error for a fault of this call.
    pub(super) fn error(&self, fault: Fault) -> mj::Error {
        error(self.session, self.name, fault)
    }
}

pub(super) fn error(session: &Session, name: &str, fault: Fault) -> mj::Error {
    match fault {
        Fault::Text(why) => session.refuse(say::filter(name, why)),
        Fault::Stop(stop) => session.fail(stop),
    }
}

/// A value all of which is known.
pub(super) fn known(session: &Arc<Session>, value: &mj::Value) -> Result<Value, mj::Error> {
    let value = bridge::take(session, value)?;
    match bridge::unknown(&value) {
        Some(why) => Err(session.fail(Stop::Unknown(why))),
        None => Ok(value),
    }
}

/// What iterating gives: items, keys, or characters.
pub(super) fn items(value: &Value) -> Result<Vec<Value>, Fault> {
    match value {
        Value::List(items) => Ok(items.to_vec()),
        Value::Map(map) => Ok(map.keys().cloned().map(Value::Str).collect()),
        Value::Str(text) => Ok(text.chars().map(|c| Value::str(c.to_string())).collect()),
        other => Err(format!("'{}' object is not iterable", python::kind(other)).into()),
    }
}

/// The member of a value at a dotted path or index, as `map(attribute='a.0.b')` reads it.
pub(super) fn path(value: &Value, path: &Value) -> Option<Value> {
    let path = python::text(path);
    let mut value = value;
    for part in path.split('.') {
        value = match value {
            Value::List(items) => items.get(part.parse::<usize>().ok()?)?,
            Value::Map(map) => map.get(part)?,
            _ => return None,
        };
    }
    Some(value.clone())
}
