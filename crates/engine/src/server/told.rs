//! What the engine tells of a run, as its log keeps it.

use hep_core::diff;
use hep_core::interp::{Event, Report, State};
use hep_core::message::Message;
use serde_json::{Value, json};

use crate::event::HostEnd;
use crate::store::host_runs::End;

/// A message: its id and arguments for programs, its text for people.
pub(crate) fn message(message: &Message) -> Value {
    let args: serde_json::Map<String, Value> =
        message.args.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
    json!({ "id": message.id, "args": args, "text": message.to_string() })
}

/// What is kept of a task's event; nothing of variables, which are the engine's own.
pub(crate) fn task(event: &Event) -> Option<Value> {
    Some(match event {
        Event::Started { task, name } => json!({ "event": "started", "task": task, "name": name }),
        Event::Item(done) => report("item", done),
        Event::Finished(done) => report("finished", done),
        Event::Retry { task, left } => json!({ "event": "retry", "task": task, "left": left }),
        Event::Notified { handlers } => json!({ "event": "notified", "handlers": handlers }),
        Event::Var { .. } | Event::Delegated { .. } => return None,
    })
}

fn report(event: &str, done: &Report) -> Value {
    let diffs: Vec<String> = done.diff.iter().map(diff::render).collect();
    let mut body = json!({
        "event": event,
        "task": done.task,
        "name": done.name,
        "module": done.module,
        "state": done.state,
        "changed": done.changed,
        "duration_ms": done.duration_ms,
    });
    let more = [
        ("item", done.item.as_ref().map(|item| json!(item))),
        ("message", done.message.as_ref().map(message)),
        ("diff", (!diffs.is_empty()).then(|| json!(diffs.concat()))),
        ("result", (!done.no_log && !done.result.is_empty()).then(|| json!(done.result))),
        ("no_log", done.no_log.then_some(json!(true))),
        ("pos", is_bad(done.state).then(|| json!(done.pos))),
        ("handler", done.handler.then_some(json!(true))),
    ];
    for (name, value) in more {
        if let (Some(value), Some(map)) = (value, body.as_object_mut()) {
            map.insert(name.into(), value);
        }
    }
    body
}

/// Whether the place in the manifest is worth telling.
const fn is_bad(state: State) -> bool {
    matches!(state, State::Failed | State::Unreachable | State::Rescued | State::Ignored)
}

/// A host's end, as its row keeps it.
pub(crate) fn end(position: i64, told: &HostEnd) -> End {
    End {
        position,
        state: told.state,
        rc: told.rc.map(i64::from),
        signal: told.signal.clone(),
        error: told.error.clone(),
        summary: told.summary.as_ref().map(|summary| json!(summary)),
    }
}

/// A host's end, as the log tells it.
pub(crate) fn host(end: &End, duration_ms: u64) -> Value {
    json!({
        "state": end.state,
        "rc": end.rc,
        "signal": end.signal,
        "duration_ms": duration_ms,
        "error": end.error.as_ref().map(message),
        "summary": end.summary,
    })
}
