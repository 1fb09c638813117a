//! Filters that take lists as sets. The order of the first list is kept.

use std::collections::HashSet;

use super::Plain;
use crate::template::call::{self, Call, Fault, Outcome};
use crate::template::python;
use crate::value::Value;

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("unique", unique),
    ("union", |call| operate(call, |a, b| distinct(a.iter().chain(b)))),
    ("intersect", |call| {
        operate(call, |a, b| distinct(a.iter().filter(|item| python::contains(b, item))))
    }),
    ("difference", |call| {
        operate(call, |a, b| distinct(a.iter().filter(|item| !python::contains(b, item))))
    }),
    ("symmetric_difference", |call| {
        operate(call, |a, b| {
            let only_a = a.iter().filter(|item| !python::contains(b, item));
            distinct(only_a.chain(b.iter().filter(|item| !python::contains(a, item))))
        })
    }),
];

fn operate(call: &mut Call, work: fn(&[Value], &[Value]) -> Vec<Value>) -> Outcome {
    let (a, b) = (call.items()?, call::items(call.need(1, "b")?)?);
    Ok(Value::list(work(&a, &b)))
}

/// Each value once, where it first stands.
fn distinct<'a>(items: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    let mut texts = HashSet::new();
    let mut out: Vec<Value> = Vec::new();
    for item in items {
        let new = match item {
            Value::Str(text) => texts.insert(text.clone()),
            other => !python::contains(&out, other),
        };
        if new {
            out.push(item.clone());
        }
    }
    out
}

fn unique(call: &mut Call) -> Outcome {
    let cased = call.flag(1, "case_sensitive");
    let attribute = call.arg(2, "attribute");
    let mut seen: Vec<Value> = Vec::new();
    let mut texts = HashSet::new();
    let mut out = Vec::new();
    for item in call.items()? {
        let key = match attribute {
            Some(path) => call::path(&item, path).ok_or_else(|| {
                Fault::Text(format!("an item has no member `{}`", python::text(path)))
            })?,
            None => item.clone(),
        };
        let new = match key {
            Value::Str(text) if !cased => texts.insert(text.to_lowercase()),
            Value::Str(text) => texts.insert(text.to_string()),
            other if python::contains(&seen, &other) => false,
            other => {
                seen.push(other);
                true
            }
        };
        if new {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}
