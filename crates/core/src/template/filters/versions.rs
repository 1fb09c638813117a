//! Comparison of versions.

use std::cmp::Ordering;

use super::Plain;
use crate::template::call::{Call, Fault};
use crate::value::Value;

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("version_compare", |call| version(call).map(Value::Bool)),
    ("version", |call| version(call).map(Value::Bool)),
];

/// A part of a version in Python's `LooseVersion`.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Number(u128),
    Word(String),
}

/// `LooseVersion`: runs of digits and of letters, points between.
fn loose(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let digits = c.is_ascii_digit();
        let letters = c.is_ascii_lowercase();
        let same = |d: char| match (digits, letters) {
            (true, _) => d.is_ascii_digit(),
            (_, true) => d.is_ascii_lowercase(),
            _ => !d.is_ascii_digit() && !d.is_ascii_lowercase() && d != '.',
        };
        if c == '.' {
            rest = &rest[1..];
            continue;
        }
        let end = rest.find(|d| !same(d)).unwrap_or(rest.len());
        let run = &rest[..end];
        parts.push(match run.parse() {
            Ok(number) if digits => Part::Number(number),
            _ => Part::Word(run.to_owned()),
        });
        rest = &rest[end..];
    }
    parts
}

fn compare_loose(a: &str, b: &str) -> Result<Ordering, Fault> {
    let (a, b) = (loose(a), loose(b));
    for (a, b) in a.iter().zip(&b) {
        let order = match (a, b) {
            (Part::Number(a), Part::Number(b)) => a.cmp(b),
            (Part::Word(a), Part::Word(b)) => a.cmp(b),
            _ => {
                return Err("'<' not supported between instances of 'int' and 'str'".into());
            }
        };
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
    Ok(a.len().cmp(&b.len()))
}

/// Three numbers, and a suffix that stands before none.
fn numbers(text: &str, most: usize) -> Option<Vec<u64>> {
    let parts: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| parts.len() <= most && parts.len() >= 2)
}

/// `StrictVersion`: `1.2`, `1.2.3`, with `a1` or `b1` behind.
fn compare_strict(a: &str, b: &str) -> Result<Ordering, Fault> {
    let parse = |text: &str| {
        let at = text.find(['a', 'b']).unwrap_or(text.len());
        let (head, tail) = text.split_at(at);
        let mut parts = numbers(head, 3)?;
        parts.resize(3, 0);
        let pre = match tail.chars().next() {
            Some(kind) => Some((kind, tail[1..].parse::<u64>().ok()?)),
            None => None,
        };
        Some((parts, pre.is_none(), pre))
    };
    let wrong = |text: &str| Fault::Text(format!("invalid version number '{text}'"));
    Ok(parse(a).ok_or_else(|| wrong(a))?.cmp(&parse(b).ok_or_else(|| wrong(b))?))
}

/// Semantic versions 2.0.0.
fn compare_semantic(a: &str, b: &str) -> Result<Ordering, Fault> {
    let parse = |text: &str| {
        let text = text.split('+').next().unwrap_or_default();
        let (core, pre) = match text.split_once('-') {
            Some((core, pre)) => (core, Some(pre.to_owned())),
            None => (text, None),
        };
        let numbers = numbers(core, 3).filter(|numbers| numbers.len() == 3)?;
        Some((numbers, pre))
    };
    let wrong = |text: &str| Fault::Text(format!("invalid semantic version '{text}'"));
    let (a, b) = (parse(a).ok_or_else(|| wrong(a))?, parse(b).ok_or_else(|| wrong(b))?);
    Ok(a.0.cmp(&b.0).then_with(|| match (&a.1, &b.1) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => pre_release(a, b),
    }))
}

fn pre_release(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

pub(in crate::template) fn version(call: &mut Call) -> Result<bool, Fault> {
    let (value, other) = (call.text()?, call.str(1, "version")?);
    let operator = call.str_or(2, "operator", "eq");
    if value.is_empty() || value == "None" {
        return Err("the version to compare is empty".into());
    }
    if other.is_empty() {
        return Err("the version to compare with is empty".into());
    }
    let strict = call.flag(3, "strict");
    let kind = call.str_or(4, "version_type", if strict { "strict" } else { "loose" });
    let order = match kind.as_str() {
        "loose" => compare_loose(&value, &other)?,
        "strict" => compare_strict(&value, &other)?,
        "semver" | "semantic" => compare_semantic(&value, &other)?,
        "pep440" => return Err("version_type pep440 is not supported; use loose or semver".into()),
        other => return Err(format!("invalid version type ({other})").into()),
    };
    Ok(match operator.as_str() {
        "==" | "=" | "eq" => order.is_eq(),
        "!=" | "<>" | "ne" => order.is_ne(),
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        other => return Err(format!("invalid operator type ({other})").into()),
    })
}
