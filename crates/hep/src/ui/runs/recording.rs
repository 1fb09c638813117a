//! What a terminal showed, with its times: an asciicast (version 2), which the page plays and other programs too.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::stream;
use hep_engine::ops::{Actor, Engine, OpError, run};
use hep_engine::server::subject::Subject;
use hep_engine::server::terminal::Size;
use hep_engine::store::events::Event;
use hep_engine::store::runs::Run;
use serde_json::json;

use super::super::fault::Fault;
use super::super::reply;
use super::super::visit::{Member, Visit};
use crate::client::replay;
use crate::terminal::visible;

/// How many entries are read at once.
const AT_ONCE: u32 = 500;

/// Where the recording of a terminal is; nothing of other runs.
pub(super) fn address(run: &Run) -> Option<String> {
    size(run).map(|_| format!("/ui/runs/{}/recording.cast", reply::segment(&run.id)))
}

/// How large a terminal was when it was opened.
fn size(run: &Run) -> Option<Size> {
    match serde_json::from_value(run.subject.clone()).ok()? {
        Subject::Terminal(size) => Some(size),
        _ => None,
    }
}

/// The recording as a file.
pub(super) async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let run = run::show(&engine, &visit.actor, &id).await?;
    let size = size(&run).ok_or_else(|| Fault::from(OpError::not_found("recording", &id)))?;
    let name = format!("attachment; filename=\"terminal-{}.cast\"", reply::segment(&id));
    let headers = [
        // No browser takes it for a page.
        (header::CONTENT_TYPE, "application/x-asciicast".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, lines(engine, &visit, &run, &size)).into_response())
}

/// All lines, read as they are sent.
fn lines(engine: Engine, visit: &Visit, run: &Run, size: &Size) -> Body {
    let head = json!({
        "version": 2,
        "width": size.columns,
        "height": size.rows,
        "timestamp": run.created_ms / 1000,
        "title": visible::text(&run.selector),
    });
    let cast = Cast { began_ms: run.started_ms.unwrap_or(run.created_ms), part: Vec::new() };
    let start = Some((format!("{head}\n"), 0_i64, cast));
    let (actor, id) = (visit.actor.clone(), run.id.clone());
    let pieces = stream::try_unfold(start, move |state| {
        let (engine, actor, id) = (engine.clone(), actor.clone(), id.clone());
        async move {
            let Some((mut text, after, mut cast)) = state else { return Ok(None) };
            let found = more(&engine, &actor, &id, after).await?;
            let last = found.last().map(|event| event.seq);
            for event in &found {
                text.extend(cast.line(event));
            }
            Ok::<_, std::io::Error>(Some((
                Bytes::from(text),
                last.map(|last| (String::new(), last, cast)),
            )))
        }
    });
    Body::from_stream(pieces)
}

async fn more(engine: &Engine, actor: &Actor, id: &str, after: i64) -> std::io::Result<Vec<Event>> {
    let found = run::events(engine, actor, id, after, AT_ONCE).await;
    Ok(found.map_err(|error| std::io::Error::other(error.to_string()))?.items)
}

/// A recording on its way.
struct Cast {
    began_ms: i64,
    /// The beginning of a letter whose end is in the next entry.
    part: Vec<u8>,
}

impl Cast {
    /// The line of an entry; nothing of one that is about the run.
    fn line(&mut self, event: &Event) -> Option<String> {
        let data = || event.data.as_ref();
        let (code, text) = match event.kind.as_str() {
            "output" => ("o", self.letters(event)),
            "resize" => ("r", format!("{}x{}", data()?["columns"], data()?["rows"])),
            "note" => ("m", visible::text(&replay::message(data()?)?.to_string()).into_owned()),
            _ => return None,
        };
        let ms = (event.at_ms - self.began_ms).max(0);
        let seconds = serde_json::Number::from_f64(f64::from(u32::try_from(ms).ok()?) / 1000.0);
        (!text.is_empty()).then(|| format!("{}\n", json!([seconds, code, text])))
    }

    /// Output as text. Packets end anywhere, also within a letter.
    fn letters(&mut self, event: &Event) -> String {
        let raw = event.base64.as_ref().and_then(|text| STANDARD.decode(text).ok());
        let raw = raw.unwrap_or_else(|| event.text.clone().unwrap_or_default().into_bytes());
        self.part.extend_from_slice(&raw);
        let whole = match std::str::from_utf8(&self.part) {
            // Not over yet.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            // What is no text at all is shown as that.
            Ok(_) | Err(_) => self.part.len(),
        };
        let rest = self.part.split_off(whole);
        let text = String::from_utf8_lossy(&self.part).into_owned();
        self.part = rest;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(at_ms: i64, bytes: &[u8]) -> Event {
        let is_text = std::str::from_utf8(bytes).is_ok();
        Event {
            seq: 1,
            at_ms,
            kind: "output".into(),
            host: Some("h".into()),
            stream: Some("stdout".into()),
            text: Some(String::from_utf8_lossy(bytes).into_owned()),
            base64: (!is_text).then(|| STANDARD.encode(bytes)),
            data: None,
        }
    }

    fn other(kind: &str, data: serde_json::Value) -> Event {
        let (text, base64) = (None, None);
        Event { kind: kind.into(), text, base64, data: Some(data), ..output(2_500, b"") }
    }

    #[test]
    fn entries_are_lines_with_their_times() {
        let note = json!({"id": "run.cut", "args": {"bytes": "7"}, "text": ""});
        let cases: &[(&[Event], &str)] = &[
            (&[output(1_000, b"a\x1b[1m")], "[0.0,\"o\",\"a\\u001b[1m\"]\n"),
            (&[output(900, b"early")], "[0.0,\"o\",\"early\"]\n"),
            (&[output(2_000, b"\xc3"), output(3_250, b"\xa9x")], "[2.25,\"o\",\"\u{e9}x\"]\n"),
            (&[output(1_000, b"\xff!")], "[0.0,\"o\",\"\u{fffd}!\"]\n"),
            (&[other("resize", json!({"columns": 80, "rows": 24}))], "[1.5,\"r\",\"80x24\"]\n"),
            (&[other("run", json!({"state": "running"})), other("host", json!({}))], ""),
        ];
        for (events, expected) in cases {
            let mut cast = Cast { began_ms: 1_000, part: Vec::new() };
            let text: String = events.iter().filter_map(|event| cast.line(event)).collect();
            assert_eq!(text, *expected);
        }
        let mut cast = Cast { began_ms: 1_000, part: Vec::new() };
        let line = cast.line(&other("note", note)).unwrap();
        assert!(line.starts_with("[1.5,\"m\",\"7 bytes of output were left out"), "{line}");
    }
}
