//! Methods of Python's types that `minijinja`'s own list does not have.

use minijinja as mj;
use minijinja::State;
use minijinja::value::ValueKind;

use super::call::{Call, Outcome};
use super::lazy::session_of;
use super::{bridge, python};
use crate::message::template as say;
use crate::value::Value;

/// Calls a method.
pub(super) fn call(
    state: &mut State,
    value: &mj::Value,
    method: &str,
    args: &[mj::Value],
) -> Result<mj::Value, mj::Error> {
    let session = session_of(state)?;
    if value.is_undefined() {
        return Err(mj::Error::from(mj::ErrorKind::UndefinedError));
    }
    let function: Option<fn(&mut Call) -> Outcome> = match value.kind() {
        ValueKind::String => text_method(method),
        ValueKind::Seq | ValueKind::Iterable => list_method(method),
        ValueKind::Map => map_method(method),
        _ => None,
    };
    let Some(function) = function else {
        if changes(value.kind(), method) {
            return Err(session.refuse(say::changing_method(method)));
        }
        return minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args);
    };
    let all: Vec<mj::Value> = std::iter::once(value).chain(args).cloned().collect();
    let mut call = Call::new(method, &session, &all)?;
    let result = function(&mut call).map_err(|fault| call.error(fault))?;
    bridge::give(&session, &result)
}

/// Methods that would change the value itself, which templates here cannot.
fn changes(kind: ValueKind, method: &str) -> bool {
    let list = matches!(kind, ValueKind::Seq | ValueKind::Iterable);
    (list && matches!(method, "append" | "extend" | "insert" | "remove" | "pop" | "sort" | "clear"))
        || (kind == ValueKind::Map
            && matches!(method, "update" | "pop" | "setdefault" | "clear" | "popitem"))
}

fn text_method(method: &str) -> Option<fn(&mut Call) -> Outcome> {
    Some(match method {
        "split" => super::filters::split,
        "rsplit" => rsplit,
        "splitlines" => super::filters::splitlines,
        "zfill" => zfill,
        "ljust" => |call| justify(call, true, false),
        "rjust" => |call| justify(call, false, true),
        "center" => |call| justify(call, true, true),
        "partition" => |call| partition(call, false),
        "rpartition" => |call| partition(call, true),
        "index" => index,
        "casefold" => |call| Ok(call.text()?.to_lowercase().into()),
        "swapcase" => swapcase,
        "removeprefix" => |call| {
            let (text, part) = (call.text()?, call.str(1, "prefix")?);
            Ok(text.strip_prefix(&part).unwrap_or(&text).into())
        },
        "removesuffix" => |call| {
            let (text, part) = (call.text()?, call.str(1, "suffix")?);
            Ok(text.strip_suffix(&part).unwrap_or(&text).into())
        },
        "title" => super::filters::title,
        "capitalize" => super::filters::capitalize,
        "expandtabs" => |call| Ok(call.text()?.replace('\t', "        ").into()),
        _ => return None,
    })
}

fn list_method(method: &str) -> Option<fn(&mut Call) -> Outcome> {
    Some(match method {
        "index" => |call| {
            let items = call.items()?;
            let item = call.need(1, "value")?;
            let found = items.iter().position(|other| python::equal(other, item));
            let found = found.and_then(|index| i64::try_from(index).ok());
            found.map(Value::Int).ok_or_else(|| "it is not in the list".into())
        },
        "copy" => |call| call.subject().cloned(),
        _ => return None,
    })
}

fn map_method(method: &str) -> Option<fn(&mut Call) -> Outcome> {
    Some(match method {
        "copy" => |call| call.subject().cloned(),
        _ => return None,
    })
}

fn rsplit(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let limit = call.int_or(2, "maxsplit", -1)?;
    let Some(separator) = call.arg(1, "sep").map(python::text) else {
        return super::filters::split(call);
    };
    let parts = match usize::try_from(limit) {
        Ok(limit) => text.rsplitn(limit + 1, &separator).collect::<Vec<_>>(),
        Err(_) => text.rsplit(&separator).collect(),
    };
    Ok(parts.into_iter().rev().map(Value::from).collect::<Vec<_>>().into())
}

fn zfill(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let width = usize::try_from(call.int(1, "width")?).unwrap_or(0).min(100_000);
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (&text[..1], digits),
        None => ("", text.as_str()),
    };
    let width = width.saturating_sub(sign.len());
    Ok(format!("{sign}{digits:0>width$}").into())
}

fn justify(call: &mut Call, right: bool, left: bool) -> Outcome {
    let text = call.text()?;
    let width = usize::try_from(call.int(1, "width")?).unwrap_or(0).min(100_000);
    let fill = call.str_or(2, "fillchar", " ");
    let missing = width.saturating_sub(text.chars().count());
    let before = match (left, right) {
        (true, true) => missing / 2 + (missing & width & 1),
        (true, false) => missing,
        _ => 0,
    };
    Ok(format!("{}{text}{}", fill.repeat(before), fill.repeat(missing - before)).into())
}

fn partition(call: &mut Call, last: bool) -> Outcome {
    let (text, separator) = (call.text()?, call.str(1, "sep")?);
    let found = if last { text.rsplit_once(&separator) } else { text.split_once(&separator) };
    let parts = match found {
        Some((before, after)) => vec![before, separator.as_str(), after],
        None if last => vec!["", "", &text],
        None => vec![&text, "", ""],
    };
    Ok(parts.into())
}

fn index(call: &mut Call) -> Outcome {
    let (text, part) = (call.text()?, call.str(1, "sub")?);
    let at = text.find(&part).ok_or("substring not found")?;
    Ok(Value::Int(i64::try_from(text[..at].chars().count()).unwrap_or(i64::MAX)))
}

fn swapcase(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let swapped = text.chars().flat_map(|c| -> Box<dyn Iterator<Item = char>> {
        if c.is_lowercase() { Box::new(c.to_uppercase()) } else { Box::new(c.to_lowercase()) }
    });
    Ok(swapped.collect::<String>().into())
}
