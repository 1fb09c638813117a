//! A run of manifests as JSON: an object for each task and host, one for each notice when it comes, and at
//! the end one for each host.

use std::io::Write as _;

use hep_core::diff;
use hep_core::interp::{Event, Report};
use hep_core::mask::Mask;
use hep_core::message::Message;
use hep_engine::event::{HostEnd, RunEvent};
use serde_json::{Map, Value, json};

use super::{recap, word};
use crate::render::{Ended, Page, Render, masked};

/// The renderer.
pub(crate) struct Json {
    mask: Mask,
}

impl Json {
    /// Hides these secrets before they are escaped.
    pub(crate) fn new(mask: Mask) -> Self {
        Self { mask }
    }

    fn put(&self, object: Value, page: &mut Page) {
        let _ = writeln!(page.out(), "{}", masked(object, &self.mask));
    }
}

fn task(host: &str, report: &Report) -> Value {
    let texts: Vec<String> = report.diff.iter().map(diff::render).collect();
    let diff = (!texts.is_empty()).then(|| texts.concat());
    let message = report.message.as_ref().map(ToString::to_string);
    let result = (!report.no_log).then_some(&report.result);
    json!({
        "host": host,
        "task": &*report.name,
        "module": &*report.module,
        "state": word(report.state),
        "changed": report.changed,
        "diff": diff,
        "message": message,
        "duration_ms": report.duration_ms,
        "result": result,
    })
}

fn notice(host: Option<&str>, message: &Message) -> Value {
    let args: Map<String, Value> =
        message.args.iter().map(|(name, value)| (name.to_string(), json!(&**value))).collect();
    json!({ "notice": {
        "host": host,
        "id": &*message.id,
        "args": args,
        "message": message.to_string(),
    }})
}

/// A host that ended before its time: it has no task for that.
fn left(end: &HostEnd) -> Value {
    json!({
        "host": &*end.host,
        "state": end.state.word(),
        "error": end.error.as_ref().map(ToString::to_string),
    })
}

fn summary(end: &HostEnd) -> Value {
    let mut fields = Map::new();
    fields.insert("host".into(), json!(&*end.host));
    fields.insert("state".into(), json!(end.state.word()));
    for (name, count) in recap::counts(end) {
        fields.insert(name.into(), json!(count));
    }
    fields.insert("duration_ms".into(), json!(end.duration_ms));
    fields.insert("error".into(), json!(end.error.as_ref().map(ToString::to_string)));
    json!({ "summary": fields })
}

impl Render for Json {
    fn event(&mut self, event: &RunEvent, page: &mut Page) {
        match event {
            RunEvent::Task { host, event } => {
                if let Event::Finished(report) = &**event {
                    self.put(task(host, report), page);
                }
            }
            RunEvent::Left(end) => self.put(left(end), page),
            RunEvent::Note { host, message } => {
                self.put(notice(host.as_deref(), message), page);
            }
            RunEvent::Play { .. }
            | RunEvent::Batch { .. }
            | RunEvent::Line { .. }
            | RunEvent::Host(_) => {}
        }
    }

    fn finish(&mut self, ended: &Ended, page: &mut Page) {
        let mut ends: Vec<&HostEnd> = ended.values().collect();
        ends.sort_by(|a, b| a.host.cmp(&b.host));
        for end in ends {
            self.put(summary(end), page);
        }
    }
}
