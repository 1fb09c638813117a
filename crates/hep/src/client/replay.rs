//! Entries of a server's log as the events that they were: the same renderers show them.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hep_core::diff;
use hep_core::frame::Stream;
use hep_core::interp::{Event, Report};
use hep_core::message::{self, Message, client as say};
use hep_core::run::HostState;
use hep_engine::event::{HostEnd, RunEvent};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The events of an entry; none where it is about the run itself.
pub(crate) fn events(entry: &Value) -> Vec<RunEvent> {
    let host = entry["host"].as_str().map(Arc::<str>::from);
    let data = &entry["data"];
    match (entry["kind"].as_str().unwrap_or_default(), host) {
        ("output", Some(host)) => lines(&host, entry),
        ("task", Some(host)) => {
            let event = task(data).map(Box::new);
            event.map(|event| RunEvent::Task { host, event }).into_iter().collect()
        }
        ("host", Some(host)) => ended(&host, data),
        ("note", host) => {
            message(data).map(|message| RunEvent::Note { host, message }).into_iter().collect()
        }
        ("play", _) => {
            let name = text(&data["name"]);
            vec![RunEvent::Play { name, hosts: Arc::new(names(&data["hosts"])) }]
        }
        _ => Vec::new(),
    }
}

/// A message as a log tells it: its arguments by name.
pub(crate) fn message(data: &Value) -> Option<Message> {
    let id = data["id"].as_str()?;
    if message::entry(id).is_none() {
        // Of a newer server.
        return data["text"].as_str().map(say::told);
    }
    let args = data["args"].as_object().into_iter().flatten();
    let arg = |(name, value): (&String, &Value)| {
        (Cow::Owned(name.clone()), value.as_str().unwrap_or_default().to_owned())
    };
    Some(Message { id: Cow::Owned(id.to_owned()), args: args.map(arg).collect() })
}

/// How a host ended that a list of a run's hosts tells of.
pub(crate) fn of_list(host: &Value) -> Option<HostEnd> {
    let ms = |name: &str| host[name].as_i64();
    let duration = ms("ended_ms").zip(ms("started_ms")).map_or(0, |(end, start)| end - start);
    Some(HostEnd {
        host: host["host"].as_str()?.into(),
        state: read(&host["state"])?,
        rc: read(&host["rc"]),
        signal: read(&host["signal"]),
        duration_ms: u64::try_from(duration).unwrap_or(0),
        error: read(&host["error"]),
        summary: read(&host["summary"]),
    })
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

fn text(value: &Value) -> Arc<str> {
    value.as_str().unwrap_or_default().into()
}

fn names(value: &Value) -> Vec<Arc<str>> {
    value.as_array().into_iter().flatten().map(text).collect()
}

/// The lines of a chunk; its end is a piece of a line where no newline closes it.
fn lines(host: &Arc<str>, entry: &Value) -> Vec<RunEvent> {
    let stream = if entry["stream"] == "stderr" { Stream::Err } else { Stream::Out };
    let raw = entry["base64"].as_str().and_then(|text| STANDARD.decode(text).ok());
    let bytes = Bytes::from(
        raw.unwrap_or_else(|| entry["text"].as_str().unwrap_or_default().as_bytes().to_vec()),
    );
    let mut found = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let newline = bytes[start..].iter().position(|byte| *byte == b'\n');
        let end = newline.map_or(bytes.len(), |at| start + at);
        let line = bytes.slice(start..end);
        let partial = newline.is_none();
        found.push(RunEvent::Line { host: host.clone(), stream, line, partial });
        start = end + 1;
    }
    found
}

fn task(data: &Value) -> Option<Event> {
    let number = || read::<u32>(&data["task"]);
    Some(match data["event"].as_str()? {
        "started" => Event::Started { task: number()?, name: text(&data["name"]) },
        "item" => Event::Item(Box::new(report(data)?)),
        "finished" => Event::Finished(Box::new(report(data)?)),
        "retry" => Event::Retry { task: number()?, left: read(&data["left"])? },
        "notified" => Event::Notified { handlers: names(&data["handlers"]) },
        _ => return None,
    })
}

fn report(data: &Value) -> Option<Report> {
    let diff = data["diff"].as_str().map(diff::rendered);
    Some(Report {
        task: read(&data["task"])?,
        pos: read(&data["pos"]).unwrap_or_default(),
        name: text(&data["name"]),
        module: text(&data["module"]),
        item: data.get("item").and_then(read),
        state: read(&data["state"])?,
        changed: data["changed"] == true,
        result: read(&data["result"]).unwrap_or_default(),
        diff: diff.into_iter().collect(),
        changes: Vec::new(),
        planned: Vec::new(),
        message: message(&data["message"]),
        handler: data["handler"] == true,
        no_log: data["no_log"] == true,
        duration_ms: read(&data["duration_ms"]).unwrap_or_default(),
    })
}

/// A host that was not reached, or is lost, left before its time; that is told first, as in a run of our own.
fn ended(host: &Arc<str>, data: &Value) -> Vec<RunEvent> {
    let Some(state) = read::<HostState>(&data["state"]) else { return Vec::new() };
    let end = HostEnd {
        host: host.clone(),
        state,
        rc: read(&data["rc"]),
        signal: read(&data["signal"]),
        duration_ms: read(&data["duration_ms"]).unwrap_or_default(),
        error: message(&data["error"]),
        summary: read(&data["summary"]),
    };
    let mut found = Vec::new();
    if end.error.is_some() && matches!(state, HostState::Unreachable | HostState::Lost) {
        found.push(RunEvent::Left(Box::new(end.clone())));
    }
    found.push(RunEvent::Host(Box::new(end)));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(entry: &Value) -> Vec<String> {
        let show = |event: RunEvent| match event {
            RunEvent::Line { host, stream, line, partial } => {
                format!("{host} {stream:?} {line:?} {partial}")
            }
            RunEvent::Task { host, event } => match *event {
                Event::Finished(report) => {
                    let diff: String = report.diff.iter().map(diff::render).collect();
                    format!("{host} {:?} {diff:?} {}", report.state, report.no_log)
                }
                other => format!("{host} {other:?}"),
            },
            RunEvent::Note { message, .. } => message.to_string(),
            RunEvent::Left(end) => format!("left {}", end.host),
            RunEvent::Host(end) => format!("{} {:?} {:?}", end.host, end.state, end.rc),
            other => format!("{other:?}"),
        };
        events(entry).into_iter().map(show).collect()
    }

    #[test]
    fn entries_become_what_they_were() {
        let cases: [(Value, &[&str]); 7] = [
            (
                json!({"kind": "output", "host": "a", "stream": "stdout", "text": "x\n\ny"}),
                &["a Out b\"x\" false", "a Out b\"\" false", "a Out b\"y\" true"],
            ),
            (
                json!({"kind": "output", "host": "a", "stream": "stderr", "text": "\u{fffd}\n",
                    "base64": "/wo="}),
                &["a Err b\"\\xff\" false"],
            ),
            (
                json!({"kind": "host", "host": "a", "data": {"state": "failed", "rc": 3}}),
                &["a Failed Some(3)"],
            ),
            (
                json!({"kind": "host", "host": "a", "data": {"state": "unreachable",
                    "error": {"id": "run.host_gone", "args": {"host": "a"}, "text": "…"}}}),
                &["left a", "a Unreachable None"],
            ),
            (
                json!({"kind": "task", "host": "a", "data": {"event": "finished", "task": 1,
                    "name": "n", "module": "copy", "state": "changed", "changed": true,
                    "diff": "--- a\n+++ b\n", "no_log": true}}),
                &["a Changed \"--- a\\n+++ b\\n\" true"],
            ),
            (
                json!({"kind": "note", "data": {"id": "of.the_future", "args": {}, "text": "new"}}),
                &["new"],
            ),
            (json!({"kind": "run", "data": {"state": "running"}}), &[]),
        ];
        for (entry, expected) in cases {
            assert_eq!(shown(&entry), expected, "{entry}");
        }
    }
}
