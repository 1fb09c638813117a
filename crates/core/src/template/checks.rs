//! Tests: what may stand after `is`.

use minijinja as mj;
use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, State};

use super::bridge;
use super::call::{self, Call, Fault};
use super::lazy::session_of;
use super::{filters, python};
use crate::message::template as say;
use crate::observe::Stop;
use crate::value::Value;

type Check = fn(&mut Call) -> Result<bool, Fault>;

/// Tests of values that are known and defined.
const CHECKS: &[(&str, Check)] = &[
    ("failed", |call| flag(call, "failed")),
    ("failure", |call| flag(call, "failed")),
    ("succeeded", |call| flag(call, "failed").map(|failed| !failed)),
    ("success", |call| flag(call, "failed").map(|failed| !failed)),
    ("successful", |call| flag(call, "failed").map(|failed| !failed)),
    ("reachable", |call| flag(call, "unreachable").map(|lost| !lost)),
    ("unreachable", |call| flag(call, "unreachable")),
    ("timedout", timed_out),
    ("changed", changed),
    ("change", changed),
    ("skipped", |call| flag(call, "skipped")),
    ("skip", |call| flag(call, "skipped")),
    ("started", |call| is_async(call, "started")),
    ("finished", |call| is_async(call, "finished")),
    ("match", |call| filters::matches(call, "match")),
    ("search", |call| filters::matches(call, "search")),
    ("regex", |call| {
        let kind = call.str_or(4, "match_type", "search");
        filters::matches(call, &kind)
    }),
    ("version", filters::version),
    ("version_compare", filters::version),
    ("contains", contains),
    ("in", within),
    ("any", |call| Ok(call.items()?.iter().any(Value::is_truthy))),
    ("all", |call| Ok(call.items()?.iter().all(Value::is_truthy))),
    ("truthy", |call| truthy(call)),
    ("falsy", |call| truthy(call).map(|truthy| !truthy)),
    ("subset", |call| subset(call, false)),
    ("issubset", |call| subset(call, false)),
    ("superset", |call| subset(call, true)),
    ("issuperset", |call| subset(call, true)),
    ("nan", |call| Ok(matches!(call.subject()?, Value::Float(number) if number.is_nan()))),
    ("isnan", |call| Ok(matches!(call.subject()?, Value::Float(number) if number.is_nan()))),
    ("abs", |call| Ok(call.text()?.starts_with('/'))),
    ("is_abs", |call| Ok(call.text()?.starts_with('/'))),
    ("vault_encrypted", |call| Ok(call.text()?.starts_with("$ANSIBLE_VAULT;"))),
    ("url", |call| filters::is_url(call)),
    ("uri", |call| filters::is_uri(call)),
    ("urn", |call| filters::is_urn(call)),
    ("boolean", |call| Ok(matches!(call.subject()?, Value::Bool(_)))),
    ("true", |call| Ok(matches!(call.subject()?, Value::Bool(true)))),
    ("false", |call| Ok(matches!(call.subject()?, Value::Bool(false)))),
    ("number", |call| Ok(python::number(call.subject()?).is_some())),
    ("integer", |call| Ok(matches!(call.subject()?, Value::Int(_)))),
    ("float", |call| Ok(matches!(call.subject()?, Value::Float(_)))),
    ("string", |call| Ok(matches!(call.subject()?, Value::Str(_)))),
    ("mapping", |call| Ok(matches!(call.subject()?, Value::Map(_)))),
    ("sequence", |call| {
        Ok(matches!(call.subject()?, Value::List(_) | Value::Map(_) | Value::Str(_)))
    }),
    ("iterable", |call| {
        Ok(matches!(call.subject()?, Value::List(_) | Value::Map(_) | Value::Str(_)))
    }),
    ("none", |call| Ok(matches!(call.subject()?, Value::Null))),
    ("odd", |call| Ok(call.int(0, "value")? % 2 != 0)),
    ("even", |call| Ok(call.int(0, "value")? % 2 == 0)),
    ("divisibleby", |call| match call.int(1, "num")? {
        0 => Err("division by zero".into()),
        by => Ok(call.int(0, "value")?.wrapping_rem(by) == 0),
    }),
    ("lower", |call| cased(call, str::to_lowercase)),
    ("upper", |call| cased(call, str::to_uppercase)),
    ("sameas", |call| Ok(same(call.subject()?, call.need(1, "other")?))),
    ("startingwith", |call| Ok(call.text()?.starts_with(&call.str(1, "other")?))),
    ("endingwith", |call| Ok(call.text()?.ends_with(&call.str(1, "other")?))),
    ("eq", equal),
    ("equalto", equal),
    ("==", equal),
    ("ne", |call| equal(call).map(|equal| !equal)),
    ("!=", |call| equal(call).map(|equal| !equal)),
    ("lt", |call| order(call).map(std::cmp::Ordering::is_lt)),
    ("lessthan", |call| order(call).map(std::cmp::Ordering::is_lt)),
    ("<", |call| order(call).map(std::cmp::Ordering::is_lt)),
    ("le", |call| order(call).map(std::cmp::Ordering::is_le)),
    ("<=", |call| order(call).map(std::cmp::Ordering::is_le)),
    ("gt", |call| order(call).map(std::cmp::Ordering::is_gt)),
    ("greaterthan", |call| order(call).map(std::cmp::Ordering::is_gt)),
    (">", |call| order(call).map(std::cmp::Ordering::is_gt)),
    ("ge", |call| order(call).map(std::cmp::Ordering::is_ge)),
    (">=", |call| order(call).map(std::cmp::Ordering::is_ge)),
    ("filter", |call| Ok(filters::is_known(&call.text()?))),
    ("test", |call| Ok(is_known(&call.text()?))),
    ("callable", |_| Ok(false)),
    ("escaped", |_| Ok(false)),
];

/// Tests that would look at the controller's files.
const REFUSED: &[&str] = &[
    "file",
    "is_file",
    "directory",
    "is_dir",
    "link",
    "is_link",
    "exists",
    "link_exists",
    "mount",
    "is_mount",
    "same_file",
    "is_same_file",
    "vaulted_file",
];

/// The names of all tests.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ["defined", "undefined"].into_iter().chain(CHECKS.iter().map(|(name, _)| *name))
}

/// Whether there is such a test.
pub(super) fn is_known(name: &str) -> bool {
    names().any(|known| known == name) || REFUSED.contains(&name)
}

/// Adds all tests.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_test("defined", |state: &mut State, value: mj::Value| defined(state, &value));
    environment.add_test("undefined", |state: &mut State, value: mj::Value| {
        defined(state, &value).map(|defined| !defined)
    });
    for (name, check) in CHECKS {
        environment.add_test(*name, move |state: &mut State, args: Rest<ValueOrKwargs>| {
            let session = session_of(state)?;
            let mut call = Call::new(name, &session, &args.into_values())?;
            check(&mut call).map_err(|fault| call.error(fault))
        });
    }
    for name in REFUSED {
        environment.add_test(*name, move |state: &mut State, _: Rest<ValueOrKwargs>| {
            let session = session_of(state)?;
            Err::<bool, _>(session.refuse(say::controller_file(*name)))
        });
    }
}

/// Whether a value is there at all. That something is not known does not say whether it is.
fn defined(state: &State, value: &mj::Value) -> Result<bool, mj::Error> {
    if value.kind() == ValueKind::Invalid {
        return Err(bridge::invalid(&*session_of(state)?, value));
    }
    Ok(!value.is_undefined())
}

fn flag(call: &Call, key: &str) -> Result<bool, Fault> {
    let Value::Map(result) = call.subject()? else {
        return Err("it expects a task's result, a dictionary".into());
    };
    Ok(result.get(key).is_some_and(Value::is_truthy))
}

fn timed_out(call: &mut Call) -> Result<bool, Fault> {
    let period = call.map()?.get("timedout").and_then(|out| out.get("period")).cloned();
    Ok(period.is_some_and(|period| period.is_truthy()))
}

fn changed(call: &mut Call) -> Result<bool, Fault> {
    let Value::Map(result) = call.subject()? else {
        return Err("it expects a task's result, a dictionary".into());
    };
    if let Some(changed) = result.get("changed") {
        return Ok(changed.is_truthy());
    }
    let results = result.get("results").and_then(Value::as_list).unwrap_or_default();
    Ok(results.iter().any(|result| result.get("changed").is_some_and(Value::is_truthy)))
}

fn is_async(call: &mut Call, key: &str) -> Result<bool, Fault> {
    Ok(call.map()?.get(key).is_none_or(Value::is_truthy))
}

fn contains(call: &mut Call) -> Result<bool, Fault> {
    let item = call.need(1, "value")?.clone();
    holds(call.subject()?, &item)
}

fn within(call: &mut Call) -> Result<bool, Fault> {
    holds(call.need(1, "seq")?, call.subject()?)
}

fn holds(container: &Value, item: &Value) -> Result<bool, Fault> {
    match (container, item) {
        (Value::Str(text), Value::Str(part)) => Ok(text.contains(&**part)),
        (Value::Map(map), key) => Ok(map.contains_key(&*python::text(key))),
        (Value::List(items), item) => Ok(python::contains(items, item)),
        (other, _) => Err(format!("a {} contains nothing", python::kind(other)).into()),
    }
}

fn truthy(call: &mut Call) -> Result<bool, Fault> {
    let subject = call.subject()?;
    if call.flag(1, "convert_bool")
        && let Some(converted) = filters::to_bool(subject)
    {
        return Ok(converted);
    }
    Ok(subject.is_truthy())
}

fn subset(call: &mut Call, reverse: bool) -> Result<bool, Fault> {
    let (a, b) = (call.items()?, call::items(call.need(1, "b")?)?);
    let (small, large) = if reverse { (b, a) } else { (a, b) };
    Ok(small.iter().all(|item| python::contains(&large, item)))
}

fn cased(call: &mut Call, change: fn(&str) -> String) -> Result<bool, Fault> {
    let text = call.text()?;
    Ok(change(&text) == text && text.chars().any(char::is_alphabetic))
}

fn same(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b) && python::equal(a, b)
}

fn equal(call: &mut Call) -> Result<bool, Fault> {
    Ok(python::equal(call.subject()?, call.need(1, "other")?))
}

fn order(call: &mut Call) -> Result<std::cmp::Ordering, Fault> {
    python::order(call.subject()?, call.need(1, "other")?).map_err(Fault::Text)
}

/// Ends an evaluation with a message.
pub(super) fn refuse(message: crate::message::Message) -> Fault {
    Fault::Stop(Stop::Fail(message))
}
