//! Lookups: those that only rearrange their arguments here, the others by asking the controller.

use std::sync::Arc;

use super::call::{Call, Fault, Outcome};
use super::checks::refuse;
use super::{bridge, machine, python, with};
use crate::message::template as say;
use crate::observe::{Ask, Stop};
use crate::value::{Map, Trust, Value};

/// Lookups that the controller answers.
const ASKED: &[&str] = &[
    "config",
    "csvfile",
    "env",
    "file",
    "fileglob",
    "filetree",
    "first_found",
    "ini",
    "inventory_hostnames",
    "lines",
    "password",
    "pipe",
    "template",
    "unvault",
    "url",
];
/// Lookups that are computed here.
const PURE: &[&str] = &[
    "vars",
    "varnames",
    "dict",
    "items",
    "list",
    "sequence",
    "nested",
    "together",
    "subelements",
    "indexed_items",
    "flattened",
    "cartesian",
];

/// `lookup(…)`: texts joined by commas, unless a list is wanted.
pub(super) fn lookup(call: &mut Call) -> Outcome {
    let wanted = call.named.shift_remove("wantlist").is_some_and(|wanted| wanted.is_truthy());
    let found = run(call)?;
    if wanted {
        return Ok(Value::list(found));
    }
    Ok(match found.as_slice() {
        [] => Value::list(vec![]),
        [one] => one.clone(),
        many if many.iter().all(|item| item.as_str().is_some()) => {
            many.iter().map(python::text).collect::<Vec<_>>().join(",").into()
        }
        _ => Value::list(found),
    })
}

/// `query(…)`: always a list.
pub(super) fn query(call: &mut Call) -> Outcome {
    call.named.shift_remove("wantlist");
    run(call).map(Value::list)
}

fn run(call: &mut Call) -> Result<Vec<Value>, Fault> {
    let full = call.str(0, "name")?;
    let name = ["ansible.builtin.", "ansible.legacy."]
        .iter()
        .find_map(|prefix| full.strip_prefix(prefix))
        .unwrap_or(&full)
        .to_owned();
    let errors = call.named.shift_remove("errors").map(|errors| python::text(&errors));
    let terms = call.args.get(1..).unwrap_or_default().to_vec();
    let result = dispatch(call, &name, &terms);
    match result {
        Err(Fault::Text(_) | Fault::Stop(Stop::Fail(_) | Stop::FailAt(..)))
            if matches!(errors.as_deref(), Some("ignore" | "warn")) =>
        {
            Ok(vec![])
        }
        Err(Fault::Text(why)) => Err(refuse(say::lookup(&name, why))),
        other => other,
    }
}

fn dispatch(call: &mut Call, name: &str, terms: &[Value]) -> Result<Vec<Value>, Fault> {
    match name {
        "vars" => vars(call, terms),
        "varnames" => names(call, terms),
        "random_choice" => {
            let why = "it gives another result each time; use `| random(seed=…)`";
            Err(refuse(say::refused("lookup('random_choice')", why)))
        }
        "subelements" => {
            let named = std::mem::take(&mut call.named);
            let flags = Value::map(named);
            with::pure(name, &Value::list(terms.iter().cloned().chain([flags]).collect()))
        }
        "dict" => {
            let mut all = Vec::new();
            for term in terms {
                all.extend(with::pure(name, term)?);
            }
            Ok(all)
        }
        "sequence" if terms.is_empty() => {
            let options =
                call.named.iter().map(|(key, value)| format!("{key}={}", python::text(value)));
            let options = options.collect::<Vec<_>>().join(" ");
            with::pure(name, &Value::from(vec![options]))
        }
        _ if PURE.contains(&name) => with::pure(name, &Value::list(terms.to_vec())),
        _ if ASKED.contains(&name) => ask(call, name, terms),
        _ => {
            let known = ASKED.iter().chain(PURE).copied();
            Err(refuse(say::unknown_lookup(name, machine::suggestion(name, known))))
        }
    }
}

/// Asks the controller, if nothing of the arguments can have come from a host.
fn ask(call: &Call, name: &str, terms: &[Value]) -> Result<Vec<Value>, Fault> {
    if call.session.trust() == Trust::Host {
        return Err(refuse(say::host_argument(name)));
    }
    let ask = question(name, terms, &call.named);
    match call.session.ask(ask).map_err(Fault::Stop)? {
        Value::List(items) => Ok(items.to_vec()),
        Value::Unknown(why) => Err(Fault::Stop(Stop::Unknown(why))),
        one => Ok(vec![one]),
    }
}

/// A lookup as a question: `{"terms": […], "options": {…}}`.
pub(super) fn question(name: &str, terms: &[Value], options: &Map) -> Ask {
    let args = Value::from([
        ("terms", Value::list(terms.to_vec())),
        ("options", Value::map(options.clone())),
    ]);
    let args = serde_json::to_string(&args).unwrap_or_default();
    Ask::Lookup { plugin: name.into(), args: args.into() }
}

fn vars(call: &mut Call, terms: &[Value]) -> Result<Vec<Value>, Fault> {
    let mut found = Vec::new();
    for term in terms {
        let name = python::text(term);
        let value = call.session.variable(&name);
        let value = if let Some(value) = value.filter(|value| !value.is_undefined()) {
            bridge::take(call.session, &value)
                .map_err(|error| Fault::Stop(machine::stop(call.session, &name, &error)))?
        } else {
            let text = format!("lookup('vars', '{name}')");
            let default = call.named.get("default").cloned();
            default.ok_or_else(|| refuse(machine::undefined_message(call.session, &text)))?
        };
        if let Some(why) = bridge::unknown(&value) {
            return Err(Fault::Stop(Stop::Unknown(why)));
        }
        found.push(value);
    }
    Ok(found)
}

fn names(call: &Call, terms: &[Value]) -> Result<Vec<Value>, Fault> {
    let all = call.session.vars().names();
    let mut found: Vec<Arc<str>> = Vec::new();
    for term in terms {
        let pattern = python::text(term);
        for name in &all {
            let mut test = Call {
                name: "search",
                args: vec![Value::Str(name.clone()), Value::from(pattern.as_str())],
                named: Map::new(),
                session: call.session,
            };
            if super::filters::matches(&mut test, "search")? && !found.contains(name) {
                found.push(name.clone());
            }
        }
    }
    Ok(found.into_iter().map(Value::Str).collect())
}
