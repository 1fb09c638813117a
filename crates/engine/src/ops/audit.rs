//! The audit log: reading it, taking it out, and the lines of what was denied or failed.

use std::fmt::Write as _;

use hep_core::instant;
use hep_core::message::{Message, server as say};
use hep_core::rights::Verb;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult};
use super::page::{Page, Paging, page};
use crate::store::audit::{self, Entry, Filter};

/// Lines of one export at most.
pub const EXPORT_MOST: u32 = 10_000;

/// In which form the log is taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A JSON object a line.
    #[default]
    Json,
    /// RFC 5424, a message a line.
    Syslog,
}

/// A part of the log, taken out.
#[derive(Clone, Debug)]
pub struct Export {
    /// The lines, each with its end.
    pub text: String,
    /// After which line the next part begins, if there may be more.
    pub next: Option<String>,
}

/// A page of the log, the newest first.
pub async fn list(
    engine: &Engine,
    actor: &Actor,
    filter: &Filter,
    paging: &Paging,
) -> OpResult<Page<Entry>> {
    actor.must(Verb::Administer, "the audit log")?;
    let limit = paging.limit()?;
    let before = paging.after()?;
    let found = audit::newest(engine.db(), filter, before.as_deref(), limit + 1).await?;
    Ok(page(found, limit, |entry| &entry.id))
}

/// A part of the log, the oldest first, after a line.
pub async fn export(
    engine: &Engine,
    actor: &Actor,
    filter: &Filter,
    format: Format,
    after: Option<&str>,
    limit: u32,
) -> OpResult<Export> {
    actor.must(Verb::Administer, "the audit log")?;
    if !(1..=EXPORT_MOST).contains(&limit) {
        return Err(OpError::invalid("limit", say::bad_limit(limit, EXPORT_MOST)));
    }
    let found = audit::oldest(engine.db(), filter, after, limit).await?;
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let more = found.len() == limit as usize;
    let next = found.last().filter(|_| more).map(|last| last.id.clone());
    let line = |entry: &Entry| match format {
        Format::Json => serde_json::to_string(entry).unwrap_or_default() + "\n",
        Format::Syslog => syslog(entry, &host) + "\n",
    };
    Ok(Export { text: found.iter().map(line).collect(), next })
}

/// Writes that an actor was denied something, by which call. Outside of what was denied, which has ended.
pub async fn denied(engine: &Engine, actor: &Actor, call: &str, why: &Message) -> OpResult<()> {
    let object = Object { kind: "", id: None, name: why.arg("what").unwrap_or_default() };
    let right = why.arg("verb").map(|verb| serde_json::json!({ "right": verb }));
    actor.did(engine.db(), call, object, "denied", right).await
}

/// Writes that a call which was to change something failed: what it was to do is not done. Outside of the call, whose
/// transaction has gone with it.
pub async fn failed(engine: &Engine, actor: &Actor, call: &str, why: &Message) -> OpResult<()> {
    let name = why.arg("name").unwrap_or_default();
    let object = Object { kind: "", id: None, name };
    // Not its text, which may show what was sent.
    let detail = serde_json::json!({ "code": why.id });
    actor.did(engine.db(), call, object, "failed", Some(detail)).await
}

/// A line as RFC 5424 has it: facility 13 (log audit); notice, or warning of what was not done. The parts are
/// structured data under the enterprise number that documentation is to use (RFC 5612).
fn syslog(entry: &Entry, host: &str) -> String {
    let priority = 13 * 8 + if entry.outcome == "done" { 5 } else { 4 };
    let parts = [
        ("id", entry.id.as_str()),
        ("actor_kind", &entry.actor_kind),
        ("actor", &entry.actor_name),
        ("address", &entry.address),
        ("request", &entry.request_id),
        ("verb", &entry.verb),
        ("object_kind", &entry.object_kind),
        ("object_id", entry.object_id.as_deref().unwrap_or_default()),
        ("object", &entry.object_name),
        ("outcome", &entry.outcome),
    ];
    let mut data = String::new();
    for (name, value) in parts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(data, " {name}=\"{}\"", escaped(value));
    }
    let when = instant::rfc3339(entry.at_ms);
    let host = word(host, 255);
    let Entry { actor_name, verb, object_name, outcome, .. } = entry;
    let text = format!("{actor_name} {verb} {object_name} {outcome}");
    let text = text.replace(char::is_control, " ");
    format!("<{priority}>1 {when} {host} hep - audit [audit@32473{data}] \u{feff}{text}")
}

/// A value of structured data (section 6.3.3), on one line.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\' | ']') {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

/// A word of the header: printable ASCII.
fn word(text: &str, most: usize) -> String {
    let word: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
    if word.is_empty() { "-".to_owned() } else { word }
}

/// Which outcome is meant, where one is.
pub fn outcome(text: Option<String>) -> OpResult<Option<String>> {
    match text {
        Some(text) if !["done", "denied", "failed"].contains(&text.as_str()) => {
            Err(OpError::invalid("outcome", hep_core::message::server::bad_outcome(text)))
        }
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::*;

    fn entry() -> Entry {
        Entry {
            id: "1".into(),
            at_ms: 1_769_850_487_654,
            actor_kind: "user".into(),
            actor_id: Some("2".into()),
            actor_name: "ana".into(),
            address: "::1".into(),
            request_id: String::new(),
            verb: "host.create".into(),
            object_kind: "host".into(),
            object_id: None,
            object_name: "a\"]\\\nb".into(),
            outcome: "done".into(),
            detail: None,
        }
    }

    #[test]
    fn a_syslog_line_is_one_line_whatever_it_holds() {
        let expected = "<109>1 2026-01-31T09:08:07.654Z node hep - audit [audit@32473 id=\"1\" \
             actor_kind=\"user\" actor=\"ana\" address=\"::1\" verb=\"host.create\" \
             object_kind=\"host\" object=\"a\\\"\\]\\\\ b\" outcome=\"done\"] \
             \u{feff}ana host.create a\"]\\ b done";
        assert_eq!(syslog(&entry(), "no de"), expected);
        let denied = Entry { outcome: "denied".into(), ..entry() };
        assert!(syslog(&denied, "").starts_with("<108>1 2026-01-31T09:08:07.654Z - hep - audit ["));
    }

    #[tokio::test]
    async fn an_export_goes_on_where_it_ended() {
        on_both(|engine| async move {
            let root = Actor::command_line("test");
            for call in ["a", "b", "c"] {
                let why = say::denied("change", call);
                denied(&engine, &root, call, &why).await.unwrap();
            }
            let filter = Filter::default();
            let part = async |format, after: Option<&str>, limit| {
                export(&engine, &root, &filter, format, after, limit).await.unwrap()
            };
            let first = part(Format::Json, None, 2).await;
            let rest = part(Format::Json, first.next.as_deref(), 2).await;
            let lines = [first.text, rest.text].concat();
            let verbs: Vec<String> = lines
                .lines()
                .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
                .map(|line| line["verb"].as_str().unwrap().to_owned())
                .collect();
            assert!(verbs == ["a", "b", "c"] && rest.next.is_none(), "{lines}");
            assert_eq!(part(Format::Syslog, None, 9).await.text.lines().count(), 3);
            let nobody = Actor { grants: Vec::new(), ..root.clone() };
            let refused = list(&engine, &nobody, &filter, &Paging::default()).await;
            assert!(matches!(refused, Err(OpError::Denied(_))));
        })
        .await;
    }
}
