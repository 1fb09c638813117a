//! What a host would do now against what it would have done when the plan was made.

use serde_json::Value as Json;

use super::{HostPlan, PlannedTask};
use crate::message::{Message, plan as say};

/// The first difference of two plans of a host; nothing where they are the same.
#[must_use]
pub fn difference(plan: &HostPlan, now: &HostPlan) -> Option<Message> {
    for name in plan.secrets.keys().chain(now.secrets.keys()) {
        if plan.secrets.get(name) != now.secrets.get(name) {
            return Some(say::host_secret(name));
        }
    }
    if plan.vars != now.vars {
        return Some(say::host_vars());
    }
    tasks(&plan.tasks, &now.tasks)
}

fn tasks(plan: &[PlannedTask], now: &[PlannedTask]) -> Option<Message> {
    for (index, was) in plan.iter().enumerate() {
        let Some(is) = now.get(index) else { return Some(say::moved_task(&was.name, "over")) };
        let place = |task: &PlannedTask| (task.play, task.line, task.col, task.handler);
        if place(was) != place(is) || was.module != is.module {
            return Some(say::moved_task(&was.name, format!("`{}`", is.name)));
        }
        if was.state != is.state {
            return Some(say::moved_state(&was.name, word(was), word(is)));
        }
        if was.digest != is.digest {
            return Some(changes(was, is));
        }
    }
    let more = now.get(plan.len())?;
    Some(say::moved_task("(none)", format!("`{}`", more.name)))
}

/// A state as it is written in plans.
fn word(task: &PlannedTask) -> String {
    let json = serde_json::to_value(task.state).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// Where the changes of a task differ first.
fn changes(was: &PlannedTask, is: &PlannedTask) -> Message {
    let (a, b) = (Json::from(was.changes.clone()), Json::from(is.changes.clone()));
    match leaf("", Some(&a), Some(&b)) {
        Some((place, a, b)) => say::moved_change(&was.name, place, a, b),
        None => say::moved_hidden(&was.name),
    }
}

type Leaf = (String, String, String);

fn leaf(place: &str, a: Option<&Json>, b: Option<&Json>) -> Option<Leaf> {
    let under = |name: &str| match place {
        "" => name.to_owned(),
        _ => format!("{place}.{name}"),
    };
    match (a, b) {
        (Some(Json::Object(a)), Some(Json::Object(b))) => a
            .keys()
            .chain(b.keys().filter(|name| !a.contains_key(*name)))
            .find_map(|name| leaf(&under(name), a.get(name), b.get(name))),
        (Some(Json::Array(a)), Some(Json::Array(b))) => (0..a.len().max(b.len()))
            .find_map(|at| leaf(&under(&(at + 1).to_string()), a.get(at), b.get(at))),
        (a, b) => (a != b).then(|| (place.to_owned(), short(place, a), short(place, b))),
    }
}

/// A value in a sentence; permission bits in octal.
fn short(place: &str, value: Option<&Json>) -> String {
    let Some(value) = value else { return "nothing".into() };
    if place.rsplit_once('.').is_some_and(|(_, last)| last == "mode")
        && let Some(mode) = value.as_u64()
    {
        return format!("{mode:04o}");
    }
    let text = value.to_string();
    match text.char_indices().nth(120) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
