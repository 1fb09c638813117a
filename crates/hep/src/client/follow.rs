//! The live log of a run, followed to its end: where the line breaks it goes on behind what was seen last.

use std::time::Duration;

use hep_core::message::client as say;
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::time::Instant;

use super::Server;
use crate::cli::Failure;

/// How long to wait before a log that broke off is asked for again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a server may be away meanwhile.
const PATIENCE: Duration = Duration::from_mins(2);

/// The path of a run, or of something of it.
pub(crate) fn path(id: &str, action: &str) -> String {
    // An id is a UUID: whatever else was typed must not lead elsewhere.
    let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("/runs/{id}{action}")
}

/// Gives every entry of a run's log, once and in order, until there are no more.
pub(crate) async fn follow(
    server: &Server,
    id: &str,
    mut take: impl AsyncFnMut(Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut log = Log::default();
    let mut seen: Option<Instant> = None;
    while !log.over {
        let request = server.request(Method::GET, &path(id, "/events"));
        let request = request.header("accept", "text/event-stream");
        match server.send(request.header("last-event-id", log.last.to_string())).await {
            Ok(response) => {
                log.read(response, &mut take).await?;
                seen = Some(Instant::now());
            }
            Err(failure) if may_wait(&failure, seen) => {}
            Err(failure) => return Err(failure),
        }
        if !log.over {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Gives what a stream of events without an end tells, and asks for it again where it breaks off: as long as somebody
/// looks, and the server comes back.
pub(crate) async fn live(
    server: &Server,
    path: &str,
    mut take: impl AsyncFnMut(Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut seen: Option<Instant> = None;
    loop {
        let request = server.request(Method::GET, path).header("accept", "text/event-stream");
        match server.send(request).await {
            Ok(mut response) => {
                let mut log = Log::default();
                while let Ok(Some(chunk)) = response.chunk().await {
                    for told in log.texts(&chunk).iter().filter_map(|event| data(event)) {
                        take(told).await?;
                    }
                }
                seen = Some(Instant::now());
            }
            Err(failure) if may_wait(&failure, seen) => {}
            Err(failure) => return Err(failure),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A field of an event of a stream.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// What an event of a stream carries.
fn data(text: &str) -> Option<Value> {
    serde_json::from_str(field(text, "data")?).ok()
}

/// Whether a server that was there a while ago is only away: it is being restarted, or stands behind a proxy
/// that says so.
fn may_wait(failure: &Failure, seen: Option<Instant>) -> bool {
    let Failure::Said(message) = failure else { return false };
    let is_away = message.id == say::unreachable("", "").id
        || message.arg("status").is_some_and(|status| status.starts_with('5'));
    is_away && seen.is_some_and(|seen| seen.elapsed() < PATIENCE)
}

/// How far a log has been seen.
#[derive(Debug, Default)]
struct Log {
    last: i64,
    over: bool,
    waiting: Vec<u8>,
}

impl Log {
    /// Takes what comes until the end, or until the line breaks.
    async fn read(
        &mut self,
        mut response: Response,
        take: &mut impl AsyncFnMut(Value) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.waiting.clear();
        while let Ok(Some(chunk)) = response.chunk().await {
            for event in self.events(&chunk) {
                take(event).await?;
            }
        }
        Ok(())
    }

    /// The entries that are whole with this piece of the stream.
    fn events(&mut self, chunk: &[u8]) -> Vec<Value> {
        self.texts(chunk).iter().filter_map(|text| self.event(text)).collect()
    }

    /// The events that are whole with this piece of the stream, as they came.
    fn texts(&mut self, chunk: &[u8]) -> Vec<String> {
        // A blank line may have begun with the piece before.
        let mut at = self.waiting.len().saturating_sub(1);
        self.waiting.extend_from_slice(chunk);
        let (mut found, mut start) = (Vec::new(), 0);
        while let Some(end) = self
            .waiting
            .get(at..)
            .and_then(|rest| rest.windows(2).position(|two| two == b"\n\n").map(|end| at + end + 2))
        {
            found.push(String::from_utf8_lossy(&self.waiting[start..end]).into_owned());
            (start, at) = (end, end);
        }
        self.waiting.drain(..start);
        found
    }

    /// One event of the stream: `id`, `event` and `data`, a line each.
    fn event(&mut self, text: &str) -> Option<Value> {
        if field(text, "event") == Some("end") {
            self.over = true;
            return None;
        }
        let event = data(text)?;
        let seq = event["seq"].as_i64()?;
        if seq <= self.last {
            return None;
        }
        self.last = seq;
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_seen_once_and_to_its_end_however_it_is_cut() {
        let one = |seq: i64| format!("id: {seq}\nevent: run\ndata: {{\"seq\":{seq}}}\n\n");
        let text = format!(": alive\n\n{}{}{}event: end\ndata: {{}}\n\n", one(1), one(1), one(2));
        for size in 1..text.len() {
            let mut log = Log::default();
            let found: Vec<Value> =
                text.as_bytes().chunks(size).flat_map(|chunk| log.events(chunk)).collect();
            let numbers: Vec<_> = found.iter().map(|event| event["seq"].as_i64()).collect();
            assert_eq!((numbers, log.over), (vec![Some(1), Some(2)], true), "pieces of {size}");
        }
    }

    #[test]
    fn an_id_leads_nowhere_else() {
        assert_eq!(path("../hosts?x=1", "/cancel"), "/runs/hostsx1/cancel");
    }
}
