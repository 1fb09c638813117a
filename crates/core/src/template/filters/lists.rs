//! Filters over lists.

use std::cmp::Ordering;

use super::Plain;
use super::text::{count, join};
use crate::message::template as say;
use crate::template::call::{self, Call, Fault, Outcome};
use crate::template::checks::refuse;
use crate::template::functions::MAX_ITEMS;
use crate::template::python;
use crate::value::Value;

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("list", |call| Ok(Value::list(call.items()?))),
    ("length", length),
    ("count", length),
    ("join", join),
    ("reverse", reverse),
    ("sort", sort),
    ("min", |call| extreme(call, Ordering::Less)),
    ("max", |call| extreme(call, Ordering::Greater)),
    ("sum", sum),
    ("flatten", flatten),
    ("zip", zip),
    ("zip_longest", zip_longest),
    ("product", product),
    ("permutations", permutations),
    ("combinations", combinations),
    ("groupby", groupby),
    ("batch", batch),
    ("slice", slice),
    ("random", random),
    ("shuffle", shuffle),
];

fn length(call: &mut Call) -> Outcome {
    Ok(match call.subject()? {
        Value::Str(text) => count(text.chars().count()),
        Value::List(items) => count(items.len()),
        Value::Map(map) => count(map.len()),
        other => {
            return Err(format!("object of type '{}' has no len()", python::kind(other)).into());
        }
    })
}

fn reverse(call: &mut Call) -> Outcome {
    if let Value::Str(text) = call.subject()? {
        return Ok(text.chars().rev().collect::<String>().into());
    }
    let mut items = call.items()?;
    items.reverse();
    Ok(Value::list(items))
}

/// The value to compare by: a member, and without regard to case unless asked for.
fn key(item: &Value, attribute: Option<&Value>, cased: bool) -> Result<Value, Fault> {
    let value = match attribute {
        Some(path) => call::path(item, path)
            .ok_or_else(|| format!("an item has no member `{}`", python::text(path)))?,
        None => item.clone(),
    };
    Ok(match value {
        Value::Str(text) if !cased => text.to_lowercase().into(),
        other => other,
    })
}

/// Sorts stably; values without an order are an error.
fn sort_by_keys(keyed: &mut [(Vec<Value>, Value)]) -> Result<(), Fault> {
    let mut wrong = None;
    keyed.sort_by(|(a, _), (b, _)| {
        for (a, b) in a.iter().zip(b) {
            match python::order(a, b) {
                Ok(Ordering::Equal) => {}
                Ok(order) => return order,
                Err(why) => {
                    wrong.get_or_insert(why);
                }
            }
        }
        Ordering::Equal
    });
    wrong.map_or(Ok(()), |why| Err(Fault::Text(why)))
}

fn sort(call: &mut Call) -> Outcome {
    let (reverse, cased) = (call.flag(1, "reverse"), call.flag(2, "case_sensitive"));
    let attributes: Vec<Value> = match call.arg(3, "attribute") {
        Some(Value::Str(paths)) => paths.split(',').map(Value::from).collect(),
        Some(other) => vec![other.clone()],
        None => vec![],
    };
    let keyed = call.items()?.into_iter().map(|item| {
        let keys = match attributes.as_slice() {
            [] => vec![key(&item, None, cased)?],
            paths => {
                paths.iter().map(|path| key(&item, Some(path), cased)).collect::<Result<_, _>>()?
            }
        };
        Ok((keys, item))
    });
    let mut keyed = keyed.collect::<Result<Vec<_>, Fault>>()?;
    if reverse {
        keyed.reverse();
    }
    sort_by_keys(&mut keyed)?;
    if reverse {
        keyed.reverse();
    }
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item).collect()))
}

fn extreme(call: &mut Call, wanted: Ordering) -> Outcome {
    let (cased, attribute) = (call.flag(1, "case_sensitive"), call.arg(2, "attribute"));
    let mut best: Option<(Value, Value)> = None;
    for item in call.items()? {
        let value = key(&item, attribute, cased)?;
        let better = match &best {
            Some((best, _)) => python::order(&value, best).map_err(Fault::Text)? == wanted,
            None => true,
        };
        if better {
            best = Some((value, item));
        }
    }
    best.map(|(_, item)| item).ok_or_else(|| "the sequence is empty".into())
}

fn sum(call: &mut Call) -> Outcome {
    let mut total = call.arg(2, "start").cloned().unwrap_or(Value::Int(0));
    let attribute = call.arg(1, "attribute").cloned();
    for item in call.items()? {
        let item = key(&item, attribute.as_ref(), true)?;
        total = plus(&total, &item)?;
    }
    Ok(total)
}

fn plus(a: &Value, b: &Value) -> Outcome {
    let whole = |value: &Value| match value {
        Value::Int(value) => Some(*value),
        Value::Bool(value) => Some(i64::from(*value)),
        _ => None,
    };
    if let (Some(a), Some(b)) = (whole(a), whole(b)) {
        return Ok(Value::Int(a.saturating_add(b)));
    }
    if let (Some(a), Some(b)) = (python::number(a), python::number(b)) {
        return Ok(Value::Float(a + b));
    }
    if let (Value::List(a), Value::List(b)) = (a, b) {
        return Ok(Value::list(a.iter().chain(b.iter()).cloned().collect()));
    }
    let (a, b) = (python::kind(a), python::kind(b));
    Err(format!("unsupported types to add: '{a}' and '{b}'").into())
}

fn flatten(call: &mut Call) -> Outcome {
    let levels = match call.arg(1, "levels") {
        Some(_) => Some(call.int(1, "levels")?),
        None => None,
    };
    let nulls = call.arg(2, "skip_nulls").is_some_and(|skip| !skip.is_truthy());
    let mut out = Vec::new();
    flatten_into(&call.items()?, levels, nulls, &mut out);
    Ok(Value::list(out))
}

pub(super) fn flatten_into(
    items: &[Value],
    levels: Option<i64>,
    nulls: bool,
    out: &mut Vec<Value>,
) {
    for item in items {
        match item {
            Value::Null if !nulls => {}
            Value::Str(text) if !nulls && matches!(&**text, "None" | "null") => {}
            Value::List(inner) if levels.is_none_or(|levels| levels >= 1) => {
                flatten_into(inner, levels.map(|levels| levels - 1), nulls, out);
            }
            other => out.push(other.clone()),
        }
    }
}

fn columns(call: &Call) -> Result<Vec<Vec<Value>>, Fault> {
    call.args.iter().map(call::items).collect()
}

pub(in crate::template) fn zip(call: &mut Call) -> Outcome {
    let columns = columns(call)?;
    let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
    let row = |index: usize| Value::list(columns.iter().map(|c| c[index].clone()).collect());
    Ok(Value::list((0..rows).map(row).collect()))
}

fn zip_longest(call: &mut Call) -> Outcome {
    let fill = call.named.get("fillvalue").cloned().unwrap_or_default();
    let columns = columns(call)?;
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |index: usize| {
        let cells = columns.iter().map(|c| c.get(index).unwrap_or(&fill).clone());
        Value::list(cells.collect())
    };
    Ok(Value::list((0..rows).map(row).collect()))
}

/// Pairs of key and value as a mapping, for `dict(…)`.
pub(in crate::template) fn pairs(value: &Value) -> Result<crate::value::Map, Fault> {
    let mut map = super::text::empty();
    for pair in call::items(value)? {
        let pair = call::items(&pair)?;
        let [key, value] = pair.as_slice() else {
            return Err("a dictionary is made of pairs".into());
        };
        map.insert(python::text(key).into(), value.clone());
    }
    Ok(map)
}

fn table(rows: Vec<Vec<Value>>) -> Value {
    Value::list(rows.into_iter().map(Value::list).collect())
}

fn too_many() -> Fault {
    Fault::Text(format!("it would make more than {MAX_ITEMS} items"))
}

/// Every row of one item from each column; the last column changes fastest.
pub(in crate::template) fn cross(columns: &[Vec<Value>]) -> Result<Vec<Vec<Value>>, Fault> {
    let size = columns.iter().try_fold(1_usize, |size, column| size.checked_mul(column.len()));
    if size.is_none_or(|size| size > MAX_ITEMS) {
        return Err(too_many());
    }
    Ok(columns.iter().fold(vec![vec![]], |rows, column| {
        let extend = |row: Vec<Value>| {
            column.iter().map(move |item| row.iter().cloned().chain([item.clone()]).collect())
        };
        rows.into_iter().flat_map(extend).collect()
    }))
}

fn product(call: &mut Call) -> Outcome {
    let repeat = usize::try_from(call.int_or(usize::MAX, "repeat", 1)?).unwrap_or(0).min(64);
    let columns = columns(call)?;
    let columns: Vec<_> = (0..repeat).flat_map(|_| columns.iter().cloned()).collect();
    Ok(table(cross(&columns)?))
}

fn permutations(call: &mut Call) -> Outcome {
    arrangements(call, |row, next| !row.contains(&next))
}

fn combinations(call: &mut Call) -> Outcome {
    arrangements(call, |row, next| row.last().is_none_or(|last| *last < next))
}

/// Rows of `r` different indices of which each next one is allowed after those before.
fn arrangements(call: &mut Call, allowed: fn(&[usize], usize) -> bool) -> Outcome {
    let items = call.items()?;
    let size = call.int_or(1, "r", i64::try_from(items.len()).unwrap_or(i64::MAX))?;
    let size = usize::try_from(size).map_err(|_| Fault::Text("r must not be negative".into()))?;
    let mut rows: Vec<Vec<usize>> = vec![vec![]];
    for _ in 0..size {
        let mut next = Vec::new();
        for row in &rows {
            for index in (0..items.len()).filter(|index| allowed(row, *index)) {
                next.push(row.iter().copied().chain([index]).collect());
            }
            if next.len() > MAX_ITEMS {
                return Err(too_many());
            }
        }
        rows = next;
    }
    let row = |row: Vec<usize>| row.into_iter().map(|index| items[index].clone()).collect();
    Ok(table(rows.into_iter().map(row).collect()))
}

fn groupby(call: &mut Call) -> Outcome {
    let path = call.need(1, "attribute")?.clone();
    let default = call.arg(2, "default").cloned();
    let cased = call.flag(3, "case_sensitive");
    let mut keyed = Vec::new();
    for item in call.items()? {
        let group = call::path(&item, &path).or_else(|| default.clone());
        let group =
            group.ok_or_else(|| format!("an item has no member `{}`", python::text(&path)))?;
        keyed.push((vec![key(&group, None, cased)?], Value::list(vec![group, item])));
    }
    sort_by_keys(&mut keyed)?;
    let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
    for (keys, pair) in keyed {
        let Some([group, item]) = pair.as_list() else { continue };
        let same = groups.last().is_some_and(|(last, ..)| python::equal(last, &keys[0]));
        match groups.last_mut().filter(|_| same) {
            Some((_, _, items)) => items.push(item.clone()),
            None => groups.push((keys[0].clone(), group.clone(), vec![item.clone()])),
        }
    }
    let groups = groups.into_iter();
    let groups = groups.map(|(_, group, items)| Value::list(vec![group, Value::list(items)]));
    Ok(Value::list(groups.collect()))
}

fn batch(call: &mut Call) -> Outcome {
    let size = usize::try_from(call.int(1, "linecount")?).unwrap_or(0).max(1);
    let items = call.items()?;
    let fill = call.arg(2, "fill_with");
    let rows = items.chunks(size).map(|row| {
        let missing = size - row.len();
        let fill = fill.into_iter().flat_map(|fill| std::iter::repeat_n(fill, missing));
        Value::list(row.iter().chain(fill).cloned().collect())
    });
    Ok(Value::list(rows.collect()))
}

fn slice(call: &mut Call) -> Outcome {
    let slices = usize::try_from(call.int(1, "slices")?).unwrap_or(0).clamp(1, MAX_ITEMS);
    let items = call.items()?;
    let (each, more) = (items.len() / slices, items.len() % slices);
    let fill = call.arg(2, "fill_with");
    let mut at = 0;
    let rows = (0..slices).map(|index| {
        let size = each + usize::from(index < more);
        let mut row = items[at..at + size].to_vec();
        at += size;
        if more > 0 && index >= more {
            row.extend(fill.cloned());
        }
        Value::list(row)
    });
    Ok(Value::list(rows.collect()))
}

fn random(call: &mut Call) -> Outcome {
    let Some(seed) = call.arg(3, "seed") else { return Err(refuse(say::no_seed("random"))) };
    let mut source = super::random::Twister::seeded(seed);
    if let Value::Int(end) = call.subject()? {
        let (start, step) = (call.int_or(1, "start", 0)?, call.int_or(2, "step", 1)?);
        let width = end.checked_sub(start).filter(|width| *width > 0 && step > 0);
        let width = width.ok_or("it has nothing to choose from")?;
        let choices = width.div_euclid(step) + i64::from(width.rem_euclid(step) != 0);
        let chosen = source.below(u64::try_from(choices).unwrap_or(1));
        return Ok(Value::Int(start + step * i64::try_from(chosen).unwrap_or(0)));
    }
    let items = call.items()?;
    if items.is_empty() {
        return Err("it has nothing to choose from".into());
    }
    let chosen = source.below(items.len() as u64);
    Ok(items[usize::try_from(chosen).unwrap_or(0)].clone())
}

fn shuffle(call: &mut Call) -> Outcome {
    let Some(seed) = call.arg(1, "seed") else { return Err(refuse(say::no_seed("shuffle"))) };
    let mut source = super::random::Twister::seeded(seed);
    let mut items = call.items()?;
    for last in (1..items.len()).rev() {
        let other = source.below(last as u64 + 1);
        items.swap(last, usize::try_from(other).unwrap_or(0));
    }
    Ok(Value::list(items))
}
