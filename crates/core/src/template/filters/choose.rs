//! Filters that must see undefined values, or that apply other filters and tests.

use std::sync::Arc;

use minijinja as mj;
use minijinja::State;
use minijinja::value::{Kwargs, ValueKind};

use super::Raw;
use crate::message::template as say;
use crate::template::call::{self, Fault, split};
use crate::template::lazy::session_of;
use crate::template::session::{Missing, Session};
use crate::template::{bridge, plain, python};

pub(super) const FILTERS: &[(&str, Raw)] = &[
    ("default", default),
    ("d", default),
    ("mandatory", mandatory),
    ("ternary", ternary),
    ("extract", extract),
    ("map", map),
    ("select", |state, args| filter_items(state, args, true, false)),
    ("reject", |state, args| filter_items(state, args, false, false)),
    ("selectattr", |state, args| filter_items(state, args, true, true)),
    ("rejectattr", |state, args| filter_items(state, args, false, true)),
    ("attr", attr),
    ("type_debug", type_debug),
    ("first", |state, args| end(state, args, false)),
    ("last", |state, args| end(state, args, true)),
];

type Answer = Result<mj::Value, mj::Error>;

fn arg(args: &[mj::Value], named: Option<&Kwargs>, index: usize, name: &str) -> Option<mj::Value> {
    let named = || named.and_then(|named| named.get::<Option<mj::Value>>(name).ok().flatten());
    args.get(index).cloned().or_else(named)
}

/// Ends the evaluation where a value is an error in disguise.
fn valid(session: &Session, value: mj::Value) -> Answer {
    match value.kind() {
        ValueKind::Invalid => Err(bridge::invalid(session, &value)),
        _ => Ok(value),
    }
}

fn default(state: &mut State, args: &[mj::Value]) -> Answer {
    let session = session_of(state)?;
    let (args, named) = split(args)?;
    let value = valid(&session, args.first().cloned().unwrap_or_default())?;
    let boolean = arg(args, named.as_ref(), 2, "boolean").is_some_and(|flag| flag.is_true());
    if !(value.is_undefined() || (boolean && !value.is_true())) {
        return Ok(value);
    }
    let default = arg(args, named.as_ref(), 1, "default_value");
    valid(&session, default.unwrap_or_else(|| mj::Value::from("")))
}

fn mandatory(state: &mut State, args: &[mj::Value]) -> Answer {
    let session = session_of(state)?;
    let (args, named) = split(args)?;
    let value = valid(&session, args.first().cloned().unwrap_or_default())?;
    if !value.is_undefined() {
        return Ok(value);
    }
    let name = match session.missing() {
        Some(Missing::Variable(name)) => format!("`{name}`"),
        Some(Missing::Member(_, name)) => format!("`{name}`"),
        _ => String::new(),
    };
    let why = arg(args, named.as_ref(), 1, "msg").map(|msg| msg.to_string());
    Err(session.refuse(say::mandatory(name, why.unwrap_or_else(|| "it has no value".into()))))
}

fn ternary(state: &mut State, args: &[mj::Value]) -> Answer {
    let session = session_of(state)?;
    let (args, named) = split(args)?;
    let named = named.as_ref();
    let value = valid(&session, args.first().cloned().unwrap_or_default())?;
    if value.is_undefined() {
        return Err(mj::Error::from(mj::ErrorKind::UndefinedError));
    }
    let none = arg(args, named, 3, "none_val").filter(|none| !none.is_none());
    if let (true, Some(none)) = (value.is_none(), none) {
        return Ok(none);
    }
    let (index, name) = if value.is_true() { (1, "true_val") } else { (2, "false_val") };
    let chosen = arg(args, named, index, name);
    let chosen = chosen.ok_or_else(|| plain(format!("`ternary` needs `{name}`")))?;
    valid(&session, chosen)
}

/// One access, as `a.b` and `a['b']` mean it: undefined stays undefined.
pub(super) fn attr(state: &mut State, args: &[mj::Value]) -> Answer {
    let session = session_of(state)?;
    let [value, key, ..] = args else { return Err(plain("`attr` needs a name")) };
    access(&session, value, key)
}

fn access(session: &Arc<Session>, value: &mj::Value, key: &mj::Value) -> Answer {
    match value.kind() {
        ValueKind::Undefined => return Ok(mj::Value::UNDEFINED),
        ValueKind::Invalid => return Err(bridge::invalid(session, value)),
        _ => {}
    }
    if key.is_undefined() {
        return Err(mj::Error::from(mj::ErrorKind::UndefinedError));
    }
    let found = valid(session, value.get_item(key)?)?;
    if found.is_undefined() {
        let kind = match value.kind() {
            ValueKind::Map => "dict",
            ValueKind::Seq | ValueKind::Iterable => "list",
            ValueKind::String => "str",
            ValueKind::None => "NoneType",
            ValueKind::Bool => "bool",
            _ => "number",
        };
        session.miss(Missing::Member(kind, key.to_string()));
    }
    Ok(found)
}

/// `a % b`: a text is formatted, numbers give the remainder.
pub(super) fn modulo(state: &mut State, args: &[mj::Value]) -> Answer {
    let session = session_of(state)?;
    let [left, right] = args else { return Err(plain("`%` needs two sides")) };
    let Some(format) = left.as_str() else {
        return remainder(&session, left, right);
    };
    let right = bridge::take(&session, right)?;
    let is_map = matches!(right, crate::value::Value::Map(_));
    let tuple = args[1].is_tuple();
    let list = match (tuple, &right) {
        (true, crate::value::Value::List(items)) => items.to_vec(),
        _ => vec![right.clone()],
    };
    let map = is_map.then_some(&right);
    let text = super::text::percent(format, &list, map);
    text.map(mj::Value::from).map_err(|why| call::error(&session, "%", Fault::Text(why)))
}

fn remainder(session: &Arc<Session>, left: &mj::Value, right: &mj::Value) -> Answer {
    let (left, right) = (bridge::take(session, left)?, bridge::take(session, right)?);
    super::numbers::remainder(&left, &right)
        .map_err(|why| call::error(session, "%", Fault::Text(why)))
        .and_then(|value| bridge::give(session, &value))
}

fn extract(state: &mut State, args: &[mj::Value]) -> Answer {
    let session = session_of(state)?;
    let (args, named) = split(args)?;
    let (Some(item), Some(container)) = (args.first(), arg(args, named.as_ref(), 1, "container"))
    else {
        return Err(plain("`extract` needs a container"));
    };
    let mut value = access(&session, &container, item)?;
    let more = arg(args, named.as_ref(), 2, "morekeys").filter(|more| !more.is_none());
    let keys: Vec<mj::Value> = match more {
        Some(more) if more.kind() == ValueKind::Seq => more.try_iter()?.collect(),
        Some(more) => vec![more],
        None => vec![],
    };
    for key in &keys {
        value = access(&session, &value, key)?;
    }
    Ok(value)
}

/// The items of what a filter is applied to.
fn items(session: &Session, args: &[mj::Value]) -> Result<Vec<mj::Value>, mj::Error> {
    let value = valid(session, args.first().cloned().unwrap_or_default())?;
    if value.is_undefined() {
        return Err(mj::Error::from(mj::ErrorKind::UndefinedError));
    }
    if value.is_none() {
        return Err(plain("'NoneType' object is not iterable"));
    }
    value.try_iter()?.map(|item| valid(session, item)).collect()
}

/// The member at a dotted path.
fn member(session: &Arc<Session>, value: &mj::Value, path: &mj::Value) -> Answer {
    let path = path.to_string();
    path.split('.').try_fold(value.clone(), |value, part| match part.parse::<i64>() {
        Ok(index) => access(session, &value, &mj::Value::from(index)),
        Err(_) => access(session, &value, &mj::Value::from(part)),
    })
}

fn map(state: &mut State, args: &[mj::Value]) -> Answer {
    let session = session_of(state)?;
    let all = args;
    let (args, named) = split(all)?;
    let items = items(&session, args)?;
    let attribute = named.as_ref().and_then(|n| n.get::<Option<mj::Value>>("attribute").ok()?);
    let mapped = if let Some(attribute) = attribute {
        let default = named.as_ref().and_then(|n| n.get::<Option<mj::Value>>("default").ok()?);
        let found = items.iter().map(|item| {
            let found = member(&session, item, &attribute)?;
            Ok(if found.is_undefined() { default.clone().unwrap_or_default() } else { found })
        });
        found.collect::<Result<Vec<_>, mj::Error>>()?
    } else {
        let Some(name) = args.get(1).and_then(mj::Value::as_str) else {
            return Err(plain("`map` needs a filter's name, or `attribute=`"));
        };
        let name = known_filter(&session, name)?;
        let mut mapped = Vec::with_capacity(items.len());
        for item in items {
            let call: Vec<_> = std::iter::once(item).chain(all[2..].iter().cloned()).collect();
            mapped.push(state.apply_filter(name, &call)?);
        }
        mapped
    };
    Ok(mj::Value::from(mapped))
}

fn short(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.").unwrap_or(name)
}

fn known_filter<'a>(session: &Session, name: &'a str) -> Result<&'a str, mj::Error> {
    let name = short(name);
    if super::is_known(name) {
        return Ok(name);
    }
    let near = crate::template::machine::suggestion(name, super::names());
    Err(session.refuse(say::unknown_filter(name, near)))
}

fn known_test<'a>(session: &Session, name: &'a str) -> Result<&'a str, mj::Error> {
    let name = short(name);
    if crate::template::checks::is_known(name) {
        return Ok(name);
    }
    let near = crate::template::machine::suggestion(name, crate::template::checks::names());
    Err(session.refuse(say::unknown_test(name, near)))
}

/// `select`, `reject` and their forms for a member.
fn filter_items(state: &mut State, args: &[mj::Value], keep: bool, by_member: bool) -> Answer {
    let session = session_of(state)?;
    let items = items(&session, args)?;
    let mut rest = &args[1..];
    let mut path = None;
    if by_member {
        let Some((first, after)) = rest.split_first() else {
            return Err(plain("the member's name is missing"));
        };
        path = Some(first.clone());
        rest = after;
    }
    let test = match rest.split_first() {
        Some((name, rest)) => {
            let name = name.as_str().ok_or_else(|| plain("a test's name must be a text"))?;
            Some((known_test(&session, name)?, rest))
        }
        None => None,
    };
    let mut kept = Vec::new();
    for item in items {
        let value = match &path {
            Some(path) => member(&session, &item, path)?,
            None => item.clone(),
        };
        let holds = match test {
            Some((name, rest)) => {
                let call: Vec<_> = std::iter::once(value).chain(rest.iter().cloned()).collect();
                state.perform_test(name, &call)?
            }
            None if value.is_undefined() => {
                return Err(mj::Error::from(mj::ErrorKind::UndefinedError));
            }
            None => value.is_true(),
        };
        if holds == keep {
            kept.push(item);
        }
    }
    Ok(mj::Value::from(kept))
}

fn type_debug(state: &mut State, args: &[mj::Value]) -> Answer {
    let session = session_of(state)?;
    let value = valid(&session, args.first().cloned().unwrap_or_default())?;
    if value.is_undefined() {
        return Ok(mj::Value::from("UndefinedMarker"));
    }
    if value.is_tuple() {
        return Ok(mj::Value::from("tuple"));
    }
    Ok(mj::Value::from(python::kind(&bridge::take(&session, &value)?)))
}

/// The first or last item; undefined where there is none.
fn end(state: &mut State, args: &[mj::Value], last: bool) -> Answer {
    let session = session_of(state)?;
    let items = items(&session, args)?;
    let item = if last { items.last() } else { items.first() };
    if item.is_none() {
        session.miss(Missing::Hint("the sequence is empty".into()));
    }
    Ok(item.cloned().unwrap_or_default())
}
