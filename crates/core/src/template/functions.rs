//! Global functions.

use minijinja as mj;
use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, State};

use super::call::{self, Call, Fault, Outcome};
use super::lazy::session_of;
use super::lookups;
use super::session::Missing;
use crate::message::template as say;
use crate::observe::Stop;
use crate::value::Value;

/// The longest list that `range` and the combining filters make.
pub(super) const MAX_ITEMS: usize = 1_000_000;

const NAMES: &[&str] =
    &["lookup", "query", "q", "range", "dict", "namespace", "now", "undef", "lipsum", "zip"];

/// Whether this is a function, which a variable of that name hides.
pub(super) fn is_function(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Adds all functions.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_global("namespace", mj::Value::from_function(mj::functions::namespace));
    environment.add_function("undef", undef);
    for (name, function) in [
        ("lookup", lookups::lookup as fn(&mut Call) -> Outcome),
        ("query", lookups::query),
        ("q", lookups::query),
        ("range", range),
        ("dict", dict),
        ("zip", super::filters::zip),
        ("now", now),
        ("lipsum", lipsum),
    ] {
        environment.add_function(name, move |state: &mut State, args: Rest<ValueOrKwargs>| {
            let session = session_of(state)?;
            let mut call = Call::new(name, &session, &args.into_values())?;
            let value = function(&mut call).map_err(|fault| call.error(fault))?;
            super::bridge::give(&session, &value)
        });
    }
}

fn undef(state: &mut State, args: Rest<ValueOrKwargs>) -> Result<mj::Value, mj::Error> {
    let session = session_of(state)?;
    let args = args.into_values();
    let (positional, named) = call::split(&args)?;
    let named = named.and_then(|named| named.get::<Option<String>>("hint").ok().flatten());
    let hint = positional.first().map(ToString::to_string).or(named);
    session.miss(Missing::Hint(
        hint.unwrap_or_else(|| "Mandatory variable has not been overridden".into()),
    ));
    Ok(mj::Value::UNDEFINED)
}

fn range(call: &mut Call) -> Outcome {
    let first = call.int(0, "start")?;
    let (start, end) = match call.args.get(1) {
        Some(_) => (first, call.int(1, "stop")?),
        None => (0, first),
    };
    let step = call.int_or(2, "step", 1)?;
    if step == 0 {
        return Err("the step must not be 0".into());
    }
    let mut items = Vec::new();
    let mut next = start;
    while if step > 0 { next < end } else { next > end } {
        if items.len() >= MAX_ITEMS {
            return Err(format!("it would make more than {MAX_ITEMS} numbers").into());
        }
        items.push(Value::Int(next));
        next = next.saturating_add(step);
        if next == i64::MAX || next == i64::MIN {
            break;
        }
    }
    Ok(Value::list(items))
}

fn dict(call: &mut Call) -> Outcome {
    let mut map = match call.args.first() {
        None => crate::value::Map::new(),
        Some(Value::Map(map)) => (**map).clone(),
        Some(pairs) => super::filters::pairs(pairs)?,
    };
    map.extend(std::mem::take(&mut call.named));
    Ok(Value::map(map))
}

fn now(_: &mut Call) -> Outcome {
    Err(Fault::Stop(Stop::Fail(say::no_clock())))
}

fn lipsum(_: &mut Call) -> Outcome {
    Err(Fault::Stop(Stop::Fail(say::refused("lipsum", "it makes random text"))))
}
