//! Our values as the engine's, and back. Lists and mappings are wrapped, never copied.

use std::fmt;
use std::sync::Arc;

use minijinja as mj;
use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};

use super::lazy::Lazy;
use super::python;
use super::session::Session;
use crate::observe::Stop;
use crate::value::{Map, Value};

/// How deep values may be nested that templates build.
const MAX_DEPTH: usize = 100;

/// A value for the engine. What is not known cannot be given: the evaluation ends.
pub(super) fn give(session: &Arc<Session>, value: &Value) -> Result<mj::Value, mj::Error> {
    Ok(match value {
        Value::Null => mj::Value::from(()),
        Value::Bool(value) => mj::Value::from(*value),
        Value::Int(value) => mj::Value::from(*value),
        Value::Float(value) => mj::Value::from(*value),
        Value::Str(text) => mj::Value::from(text.clone()),
        Value::List(items) => {
            mj::Value::from_object(Items { items: items.clone(), session: session.clone() })
        }
        Value::Map(map) => {
            mj::Value::from_object(Entries { map: map.clone(), session: session.clone() })
        }
        Value::Unknown(why) => return Err(session.fail(Stop::Unknown(why.clone()))),
    })
}

/// A member for the engine; looking at one that is not known is noted, because comparisons of the
/// engine cannot fail.
fn member(session: &Arc<Session>, value: &Value) -> mj::Value {
    if let Value::Unknown(why) = value {
        session.touch(why);
    }
    give(session, value).unwrap_or_else(mj::Value::from)
}

struct Items {
    items: Arc<Vec<Value>>,
    session: Arc<Session>,
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("list")
    }
}

impl Object for Items {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &mj::Value) -> Option<mj::Value> {
        let item = self.items.get(key.as_usize()?)?;
        Some(member(&self.session, item))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.items.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        render(&self.session, Ok(Value::List(self.items.clone())), f)
    }
}

struct Entries {
    map: Arc<Map>,
    session: Arc<Session>,
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dict")
    }
}

impl Object for Entries {
    fn get_value(self: &Arc<Self>, key: &mj::Value) -> Option<mj::Value> {
        match key.as_str() {
            Some(key) => self.get_value_by_str(key),
            None if key.is_number() || key.kind() == ValueKind::Bool => {
                self.get_value_by_str(&key.to_string())
            }
            None => None,
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<mj::Value> {
        self.map.get(key).map(|value| member(&self.session, value))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.map.keys().map(|key| mj::Value::from(key.clone())).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.map.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        render(&self.session, Ok(Value::Map(self.map.clone())), f)
    }
}

/// Writes a value as Python shows it; what is not known in it is noted.
pub(super) fn render(
    session: &Session,
    value: Result<Value, mj::Error>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match value {
        Ok(value) => {
            if let Some(why) = unknown(&value) {
                session.touch(&why);
            }
            f.write_str(&python::repr(&value))
        }
        Err(error) => {
            if let Some(Stop::Unknown(why)) = session.carried(&error) {
                session.touch(&why);
            }
            Err(fmt::Error)
        }
    }
}

/// Why something in this value is not known.
pub(super) fn unknown(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Unknown(why) => Some(why.clone()),
        Value::List(items) => items.iter().find_map(unknown),
        Value::Map(map) => map.values().find_map(unknown),
        _ => None,
    }
}

/// The special value `omit`.
#[derive(Debug)]
struct Omit;

impl Object for Omit {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

pub(super) fn omit() -> mj::Value {
    mj::Value::from_object(Omit)
}

pub(super) fn is_omit(value: &mj::Value) -> bool {
    value.downcast_object_ref::<Omit>().is_some()
}

/// The engine's value as ours; undefined and `omit` are errors.
pub(super) fn take(session: &Arc<Session>, value: &mj::Value) -> Result<Value, mj::Error> {
    match take_at(session, value, 0)? {
        Some(value) => Ok(value),
        None => Err(session.refuse(crate::message::template::omit_used())),
    }
}

/// The same for a member: nothing where it is `omit`.
pub(super) fn take_member(
    session: &Arc<Session>,
    value: &mj::Value,
) -> Result<Option<Value>, mj::Error> {
    take_at(session, value, 0)
}

fn take_at(
    session: &Arc<Session>,
    value: &mj::Value,
    depth: usize,
) -> Result<Option<Value>, mj::Error> {
    if depth > MAX_DEPTH {
        return Err(session.refuse(crate::message::template::nested(MAX_DEPTH)));
    }
    Ok(Some(match value.kind() {
        ValueKind::Undefined => return Err(mj::Error::from(mj::ErrorKind::UndefinedError)),
        ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => number(value),
        ValueKind::String => Value::Str(value.to_str().unwrap_or_default()),
        ValueKind::Bytes => Value::str(value.to_string()),
        ValueKind::Invalid => return Err(invalid(session, value)),
        ValueKind::Map => map(session, value, depth)?,
        ValueKind::Seq | ValueKind::Iterable => list(session, value, depth)?,
        _ if is_omit(value) => return Ok(None),
        _ => Value::str(value.to_string()),
    }))
}

fn number(value: &mj::Value) -> Value {
    match value.as_i64().filter(|_| value.is_integer()) {
        Some(int) => Value::Int(int),
        None => Value::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN)),
    }
}

/// The error inside of an invalid value.
pub(super) fn invalid(session: &Session, value: &mj::Value) -> mj::Error {
    let shown = value.to_string();
    match session.carried_in(&shown) {
        Some(stop) => session.fail(stop),
        None if shown.contains("undefined value") => mj::Error::from(mj::ErrorKind::UndefinedError),
        None => mj::Error::new(mj::ErrorKind::InvalidOperation, shown),
    }
}

fn map(session: &Arc<Session>, value: &mj::Value, depth: usize) -> Result<Value, mj::Error> {
    if let Some(entries) = value.downcast_object_ref::<Entries>() {
        return Ok(Value::Map(entries.map.clone()));
    }
    if let Some(lazy) = value.downcast_object_ref::<Lazy>() {
        return lazy.force();
    }
    let pairs = value.as_object().and_then(mj::value::DynObject::try_iter_pairs);
    let mut map = Map::new();
    for (key, value) in pairs.into_iter().flatten() {
        if let Some(value) = take_at(session, &value, depth + 1)? {
            map.insert(key_text(session, &key)?, value);
        }
    }
    Ok(Value::map(map))
}

fn key_text(session: &Arc<Session>, key: &mj::Value) -> Result<Arc<str>, mj::Error> {
    match key.to_str() {
        Some(text) => Ok(text),
        None => take(session, key).map(|key| python::text(&key).into()),
    }
}

fn list(session: &Arc<Session>, value: &mj::Value, depth: usize) -> Result<Value, mj::Error> {
    if let Some(items) = value.downcast_object_ref::<Items>() {
        return Ok(Value::List(items.items.clone()));
    }
    if let Some(lazy) = value.downcast_object_ref::<Lazy>() {
        return lazy.force();
    }
    let mut items = Vec::new();
    for item in value.try_iter()? {
        items.extend(take_at(session, &item, depth + 1)?);
    }
    Ok(Value::list(items))
}

/// The text that `{{ value }}` prints.
pub(super) fn printed(session: &Arc<Session>, value: &mj::Value) -> Result<String, mj::Error> {
    let value = take(session, value)?;
    match unknown(&value) {
        Some(why) => Err(session.fail(Stop::Unknown(why))),
        None => Ok(python::text(&value)),
    }
}
