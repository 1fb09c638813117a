//! What `with_*` goes over.

use std::sync::Arc;

use super::call::Fault;
use super::filters;
use super::lookups::question;
use super::{Scope, python};
use crate::message::template as say;
use crate::observe::Stop;
use crate::value::{Map, Trust, Value};

/// The items of a loop `with_NAME: items`, already rendered.
///
/// `fileglob`, `first_found`, `lines`, `file` and the other lookups of the controller are asked through
/// the scope; `trust` is that of `items`, and none of them is asked for what a host said.
pub fn with_loop(
    name: &str,
    items: &Value,
    trust: Trust,
    scope: &dyn Scope,
) -> Result<Vec<Value>, Stop> {
    let asked = matches!(
        name,
        "fileglob"
            | "first_found"
            | "lines"
            | "file"
            | "env"
            | "pipe"
            | "url"
            | "ini"
            | "csvfile"
            | "template"
            | "password"
            | "inventory_hostnames"
            | "filetree"
    );
    if let Some(why) = super::bridge::unknown(items) {
        return Err(Stop::Unknown(why));
    }
    if !asked {
        return pure(name, items).map_err(|fault| match fault {
            Fault::Text(why) => Stop::Fail(say::lookup(name, why)),
            Fault::Stop(stop) => stop,
        });
    }
    if trust == Trust::Host {
        return Err(Stop::Fail(say::host_argument(name)));
    }
    let terms = match items {
        Value::List(terms) => terms.to_vec(),
        one => vec![one.clone()],
    };
    match scope.lookup(question(name, &terms, &Map::new()))?.value {
        Value::List(found) => Ok(found.to_vec()),
        Value::Unknown(why) => Err(Stop::Unknown(why)),
        one => Ok(vec![one]),
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::List(items) => items.to_vec(),
        one => vec![one.clone()],
    }
}

/// The lookups that only rearrange their terms.
pub(super) fn pure(name: &str, terms: &Value) -> Result<Vec<Value>, Fault> {
    let terms_list = list(terms);
    Ok(match name {
        "items" => terms_list.iter().flat_map(list).collect(),
        "list" => terms_list,
        "flattened" => {
            let mut out = Vec::new();
            filters::flatten(&terms_list, &mut out);
            out
        }
        "dict" => dict(terms)?,
        "sequence" => {
            let mut out = Vec::new();
            for term in &terms_list {
                out.extend(sequence(&python::text(term))?);
            }
            out
        }
        "nested" | "cartesian" => {
            let columns: Vec<Vec<Value>> = terms_list.iter().map(list).collect();
            if columns.is_empty() {
                return Err("it needs at least one list".into());
            }
            filters::cross(&columns)?.into_iter().map(Value::list).collect()
        }
        "together" => together(&terms_list)?,
        "indexed_items" => {
            let flat = terms_list.iter().flat_map(list).enumerate();
            flat.map(|(index, item)| Value::list(vec![filters::count(index), item])).collect()
        }
        "subelements" => subelements(&terms_list)?,
        "random_choice" => {
            let why = "it gives another result each time";
            return Err(Fault::Stop(Stop::Fail(say::refused("with_random_choice", why))));
        }
        other => {
            let known = [
                "items",
                "list",
                "flattened",
                "dict",
                "sequence",
                "nested",
                "together",
                "indexed_items",
                "subelements",
                "fileglob",
                "first_found",
                "lines",
            ];
            let near = super::machine::suggestion(other, known.into_iter());
            return Err(Fault::Stop(Stop::Fail(say::unknown_lookup(other, near))));
        }
    })
}

fn dict(value: &Value) -> Result<Vec<Value>, Fault> {
    let map = match value {
        Value::Map(map) => map,
        Value::List(items) => {
            let maps = items.iter().map(dict).collect::<Result<Vec<_>, _>>()?;
            return Ok(maps.into_iter().flatten().collect());
        }
        other => return Err(format!("it expects a dictionary, not {}", python::kind(other)).into()),
    };
    let entry = |(key, value): (&Arc<str>, &Value)| {
        Value::from([("key", Value::Str(key.clone())), ("value", value.clone())])
    };
    Ok(map.iter().map(entry).collect())
}

fn together(columns: &[Value]) -> Result<Vec<Value>, Fault> {
    if columns.is_empty() {
        return Err("it needs at least one list".into());
    }
    let columns: Vec<Vec<Value>> = columns.iter().map(list).collect();
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |column: &Vec<Value>, row: usize| column.get(row).cloned().unwrap_or_default();
    let row = |row| Value::list(columns.iter().map(|column| cell(column, row)).collect());
    Ok((0..rows).map(row).collect())
}

fn subelements(terms: &[Value]) -> Result<Vec<Value>, Fault> {
    let [elements, path, flags @ ..] = terms else {
        return Err("it needs a list of dictionaries and the name of a list in them".into());
    };
    let path: Vec<String> = python::text(path).split('.').map(ToOwned::to_owned).collect();
    let skip = flags.iter().any(|flags| flags.get("skip_missing").is_some_and(Value::is_truthy));
    filters::with_subelements(elements, &path, skip)
}

/// `start=0 end=10 stride=2 format=%02x`, `count=4`, `5`, `2-10/2`, `4:host%02d`.
fn sequence(term: &str) -> Result<Vec<Value>, Fault> {
    let plan = match shortcut(term.trim()) {
        Some(plan) => plan,
        None => options(term)?,
    };
    let Plan { start, end, count, stride, format } = plan;
    let end = match (end, count) {
        (Some(_), Some(_)) => return Err("count and end cannot both be given".into()),
        (None, None) => return Err("count or end must be given".into()),
        (Some(end), None) => end,
        (None, Some(0)) => return Ok(vec![]),
        (None, Some(count)) => count
            .checked_mul(stride)
            .and_then(|length| start.checked_add(length - 1))
            .ok_or("count is too large")?,
    };
    if stride > 0 && end < start {
        return Err("to count backwards make stride negative".into());
    }
    if stride < 0 && end > start {
        return Err("to count forward don't make stride negative".into());
    }
    if stride == 0 {
        return Ok(vec![]);
    }
    if format.matches('%').count() != 1 {
        return Err(format!("bad formatting string: {format}").into());
    }
    let mut numbers = Vec::new();
    let mut next = start;
    while (stride > 0 && next <= end) || (stride < 0 && next >= end) {
        if numbers.len() >= super::functions::MAX_ITEMS {
            return Err("the sequence is too long".into());
        }
        let text = filters::percent(&format, &[Value::Int(next)], None)?;
        numbers.push(Value::from(text));
        let Some(after) = next.checked_add(stride) else { break };
        next = after;
    }
    Ok(numbers)
}

struct Plan {
    start: i64,
    end: Option<i64>,
    count: Option<i64>,
    stride: i64,
    format: String,
}

/// A number as Python's `int(text, 0)`, and in the old octal form.
fn number(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let lower = digits.to_lowercase();
    let value = match lower.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16),
        None if lower.len() > 1 && lower.starts_with('0') => {
            i64::from_str_radix(lower.trim_start_matches("0o"), 8)
        }
        None => lower.parse(),
    };
    value.ok().map(|value| sign * value)
}

fn shortcut(term: &str) -> Option<Plan> {
    let (range, format) =
        term.split_once(':').map_or((term, "%d"), |(range, format)| (range, format));
    let (range, stride) = match range.split_once('/') {
        Some((range, stride)) => (range, number(stride)?),
        None => (range, 1),
    };
    let (start, end) = match range.split_once('-') {
        Some((start, end)) => (number(start)?, number(end)?),
        None => (1, number(range)?),
    };
    Some(Plan { start, end: Some(end), count: None, stride, format: format.to_owned() })
}

fn options(term: &str) -> Result<Plan, Fault> {
    let mut plan = Plan { start: 1, end: None, count: None, stride: 1, format: "%d".into() };
    for word in term.split_whitespace() {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("cannot read '{word}'"))?;
        let value = value.trim_matches(['"', '\'']);
        let whole = || {
            number(value)
                .ok_or_else(|| Fault::Text(format!("can't parse {key}={value} as a number")))
        };
        match key {
            "start" => plan.start = whole()?,
            "end" => plan.end = Some(whole()?),
            "count" => plan.count = Some(whole()?),
            "stride" => plan.stride = whole()?,
            "format" => value.clone_into(&mut plan.format),
            other => return Err(format!("unrecognized argument '{other}'").into()),
        }
    }
    Ok(plan)
}
