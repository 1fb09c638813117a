//! Filters over mappings.

use std::sync::Arc;

use super::Plain;
use super::lists::flatten_into;
use crate::template::call::{self, Call, Fault, Outcome};
use crate::template::python;
use crate::value::{Map, Value};

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("dict2items", dict2items),
    ("items2dict", items2dict),
    ("combine", combine),
    ("subelements", subelements),
    ("dictsort", dictsort),
    ("items", |call| {
        let pairs = call.map()?.iter().map(|(key, value)| pair(key, value));
        Ok(Value::list(pairs.collect()))
    }),
    ("rekey_on_member", rekey),
];

fn pair(key: &Arc<str>, value: &Value) -> Value {
    Value::list(vec![Value::Str(key.clone()), value.clone()])
}

fn dict2items(call: &mut Call) -> Outcome {
    let key_name = call.str_or(1, "key_name", "key");
    let value_name = call.str_or(2, "value_name", "value");
    let entries = call.map()?.iter().map(|(key, value)| {
        let key = Value::Str(key.clone());
        Value::from([(key_name.as_str(), key), (value_name.as_str(), value.clone())])
    });
    Ok(Value::list(entries.collect()))
}

fn items2dict(call: &mut Call) -> Outcome {
    let key_name = call.str_or(1, "key_name", "key");
    let value_name = call.str_or(2, "value_name", "value");
    let Value::List(items) = call.subject()? else {
        return Err(format!("it needs a list, not {}", python::kind(call.subject()?)).into());
    };
    let mut map = Map::new();
    for item in items.iter() {
        let entry = (item.get(&key_name), item.get(&value_name));
        let (Some(key), Some(value)) = entry else {
            return Err(format!(
                "each item must have the keys '{key_name}' and '{value_name}', got {}",
                python::repr(item)
            )
            .into());
        };
        map.insert(python::text(key).into(), value.clone());
    }
    Ok(Value::map(map))
}

/// What becomes of two lists.
#[derive(Clone, Copy)]
enum Lists {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendNew,
    PrependNew,
}

fn combine(call: &mut Call) -> Outcome {
    let recursive = call.named.get("recursive").is_some_and(Value::is_truthy);
    let lists = match call.named.get("list_merge").and_then(Value::as_str).unwrap_or("replace") {
        "replace" => Lists::Replace,
        "keep" => Lists::Keep,
        "append" => Lists::Append,
        "prepend" => Lists::Prepend,
        "append_rp" => Lists::AppendNew,
        "prepend_rp" => Lists::PrependNew,
        other => return Err(format!("list_merge cannot be '{other}'").into()),
    };
    let extra = call.named.keys().find(|key| !matches!(&***key, "recursive" | "list_merge"));
    if let Some(extra) = extra {
        return Err(format!("there is no argument `{extra}`").into());
    }
    let mut parts = Vec::new();
    flatten_into(&call.args, Some(1), false, &mut parts);
    let Some((first, rest)) = parts.split_first() else { return Ok(Value::map(Map::new())) };
    rest.iter().try_fold(first.clone(), |low, high| match (&low, high) {
        (Value::Map(low), Value::Map(high)) => Ok(merge(low, high, recursive, lists)),
        (Value::Map(_), other) | (other, _) => {
            Err(format!("it combines dictionaries, not a {}", python::kind(other)).into())
        }
    })
}

fn merge(low: &Map, high: &Map, recursive: bool, lists: Lists) -> Value {
    let mut merged = low.clone();
    for (key, value) in high {
        let value = match (merged.get(key), value) {
            (Some(Value::Map(low)), Value::Map(high)) if recursive => {
                merge(low, high, recursive, lists)
            }
            (Some(Value::List(low)), Value::List(high)) => merge_lists(low, high, lists),
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    Value::map(merged)
}

fn merge_lists(low: &[Value], high: &[Value], lists: Lists) -> Value {
    let joined = |a: &[Value], b: &[Value]| Value::list(a.iter().chain(b).cloned().collect());
    let without = || -> Vec<Value> {
        low.iter().filter(|item| !python::contains(high, item)).cloned().collect()
    };
    match lists {
        Lists::Replace => Value::list(high.to_vec()),
        Lists::Keep => Value::list(low.to_vec()),
        Lists::Append => joined(low, high),
        Lists::Prepend => joined(high, low),
        Lists::AppendNew => joined(&without(), high),
        Lists::PrependNew => joined(high, &without()),
    }
}

fn subelements(call: &mut Call) -> Outcome {
    let path = match call.need(1, "subelements")? {
        Value::List(path) => path.iter().map(python::text).collect(),
        Value::Str(path) => path.split('.').map(ToOwned::to_owned).collect::<Vec<_>>(),
        _ => return Err("subelements must be a list or a string".into()),
    };
    let skip = call.flag(2, "skip_missing");
    with_subelements(call.subject()?, &path, skip).map(Value::list)
}

/// Pairs of an element and each of the items of its list at `path`.
pub(in crate::template) fn with_subelements(
    value: &Value,
    path: &[String],
    skip: bool,
) -> Result<Vec<Value>, Fault> {
    let elements = match value {
        Value::Map(map) => map.values().cloned().collect(),
        Value::List(items) => items.to_vec(),
        _ => return Err("it needs a list of dictionaries, or a dictionary of them".into()),
    };
    let mut pairs = Vec::new();
    for element in elements {
        let mut found = Some(&element);
        for part in path {
            let Some(here) = found else { break };
            if here.as_map().is_none() {
                return Err(format!(
                    "the key {part} should point to a dictionary, got '{}'",
                    python::repr(here)
                )
                .into());
            }
            found = here.get(part);
            if found.is_none() && !skip {
                return Err(format!("could not find '{part}' in {}", python::repr(here)).into());
            }
        }
        let items = match found {
            Some(Value::List(items)) => items.as_slice(),
            Some(other) => {
                return Err(format!("it should be a list, got '{}'", python::repr(other)).into());
            }
            None => &[],
        };
        pairs.extend(items.iter().map(|item| Value::list(vec![element.clone(), item.clone()])));
    }
    Ok(pairs)
}

fn dictsort(call: &mut Call) -> Outcome {
    let cased = call.flag(1, "case_sensitive");
    let by_value = match call.str_or(2, "by", "key").as_str() {
        "key" => false,
        "value" => true,
        _ => return Err("it sorts by key or by value".into()),
    };
    let mut entries: Vec<(Arc<str>, Value)> =
        call.map()?.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut wrong = None;
    entries.sort_by(|a, b| {
        let folded = |entry: &(Arc<str>, Value)| {
            let value = if by_value { entry.1.clone() } else { Value::Str(entry.0.clone()) };
            match value {
                Value::Str(text) if !cased => Value::from(text.to_lowercase()),
                other => other,
            }
        };
        python::order(&folded(a), &folded(b)).unwrap_or_else(|why| {
            wrong.get_or_insert(why);
            std::cmp::Ordering::Equal
        })
    });
    if let Some(why) = wrong {
        return Err(why.into());
    }
    if call.flag(3, "reverse") {
        entries.reverse();
    }
    Ok(Value::list(entries.iter().map(|(key, value)| pair(key, value)).collect()))
}

fn rekey(call: &mut Call) -> Outcome {
    let member = call.str(1, "key")?;
    let overwrite = match call.str_or(2, "duplicates", "error").as_str() {
        "error" => false,
        "overwrite" => true,
        other => return Err(format!("duplicates cannot be '{other}'").into()),
    };
    let items = match call.subject()? {
        Value::Map(map) => map.values().cloned().collect(),
        other => call::items(other)?,
    };
    let mut map = Map::new();
    for item in items {
        let key = item.get(&member).ok_or_else(|| format!("the key '{member}' was not found"))?;
        let key: Arc<str> = python::text(key).into();
        if map.contains_key(&key) && !overwrite {
            return Err(format!("the key '{key}' is not unique").into());
        }
        map.insert(key, item);
    }
    Ok(Value::map(map))
}
