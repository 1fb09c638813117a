//! The log of a run while it happens: groups of rows as markup, by server-sent events.
//!
//! Each event's id says where a reader is: `57` when entry 57 was shown, `56.3` when the first three rows of entry 57
//! were. Who connects again with it misses no line and gets none twice.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use hep_engine::ops::follow::{Follower, Shown};
use hep_engine::ops::{Engine, run};
use serde_json::Value;
use tokio::time::Instant;

use super::super::fault::Fault;
use super::super::form::Query;
use super::super::live::farewell;
use super::super::visit::Member;
use super::super::words::Words;
use super::log::{Row, View};
use crate::api::{Guard, Pass};

/// Lines of one event: what a browser can take in between two frames.
const LINES: usize = 200;
/// How long lines are gathered for one event.
const GATHERED: Duration = Duration::from_millis(100);
/// How long a log stays silent before it says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How soon a browser comes back when it lost us.
const AGAIN: Duration = Duration::from_secs(1);
/// Entries that change what the head of the page says.
const TELLING: [&str; 5] = ["host", "plan", "run", "play", "batch"];

/// Where a reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    /// The last entry that was shown completely.
    after: i64,
    /// How many rows of the next one were.
    rows: usize,
}

impl Place {
    fn read(text: &str) -> Self {
        let (after, rows) = text.split_once('.').unwrap_or((text, ""));
        Self { after: after.parse().unwrap_or(0), rows: rows.parse().unwrap_or(0) }
    }
}

/// A group of rows.
#[derive(Template)]
#[template(path = "runs/rows.html")]
struct Rows {
    t: Words,
    rows: Vec<Row>,
}

/// A row that is to be sent, and where a reader is who has it.
struct Waiting {
    row: Row,
    id: String,
}

struct Live {
    follower: Follower,
    view: View,
    place: Place,
    waiting: VecDeque<Waiting>,
    /// Whether the head of the page is to be looked at again.
    tells: bool,
    /// Not before then more is looked for.
    next_ms: Instant,
    said: bool,
}

/// The events of a run's page.
pub(super) async fn events(
    State(engine): State<Engine>,
    Member(visit): Member,
    pass: Pass,
    Path(id): Path<String>,
    Query(query): Query,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let place = Place::read(last.unwrap_or(&query.word("after")));
    let follower = Follower::new(&engine, &visit.actor, &id, place.after).await?;
    let guard = Guard::new(&engine, pass, &visit.actor).with_farewell(farewell());
    let guard = guard.of(move |engine, actor| {
        let id = id.clone();
        async move { run::show(&engine, &actor, &id).await.map(drop) }
    });
    let live = Live {
        follower,
        view: View::of(&visit, &query),
        place,
        waiting: VecDeque::new(),
        tells: false,
        next_ms: Instant::now(),
        said: false,
    };
    let events = stream::unfold(live, |mut live| async {
        let event = live.next().await?;
        Some((Ok::<_, Infallible>(event), live))
    });
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    Ok(Sse::new(guard.over(events)).keep_alive(alive).into_response())
}

impl Live {
    /// The next event; none after the end, and none when the log cannot be read: who comes again goes on.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            if !self.waiting.is_empty() {
                return Some(self.lines());
            }
            if std::mem::take(&mut self.tells) {
                return Some(Sent::default().event("told").data("{}"));
            }
            tokio::time::sleep_until(self.next_ms).await;
            self.next_ms = Instant::now() + GATHERED;
            match self.follower.next().await.ok()? {
                Some(entries) => entries.iter().for_each(|entry| self.take(entry)),
                None => {
                    let first = !std::mem::replace(&mut self.said, true);
                    let ends = first && self.follower.is_over();
                    return ends.then(|| Sent::default().event("end").data("{}"));
                }
            }
        }
    }

    fn take(&mut self, entry: &Shown) {
        self.tells |= TELLING.contains(&entry.kind.as_str());
        let before = std::mem::take(&mut self.place);
        let seen = if entry.seq == before.after + 1 { before.rows } else { 0 };
        self.place = Place { after: entry.seq, rows: 0 };
        // Values of ours always can be read.
        let value: Value = serde_json::from_str(&entry.json).unwrap_or_default();
        let rows = self.view.rows(&value);
        let many = rows.len();
        for (number, row) in rows.into_iter().enumerate().skip(seen) {
            let id = match number + 1 == many {
                true => entry.seq.to_string(),
                false => format!("{}.{}", entry.seq - 1, number + 1),
            };
            self.waiting.push_back(Waiting { row, id });
        }
    }

    /// As many rows as one event has.
    fn lines(&mut self) -> Sent {
        let (mut rows, mut lines, mut id) = (Vec::new(), 0, String::new());
        while let Some(next) = self.waiting.front() {
            if !rows.is_empty() && lines + next.row.size() > LINES {
                break;
            }
            let Some(next) = self.waiting.pop_front() else { break };
            lines += next.row.size();
            id = next.id;
            rows.push(next.row);
        }
        let markup = Rows { t: self.view.t, rows }.render().unwrap_or_default();
        Sent::default().event("rows").id(id).retry(AGAIN).data(markup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_said() {
        let cases =
            [("", (0, 0)), ("57", (57, 0)), ("56.3", (56, 3)), ("x.y", (0, 0)), ("-1", (-1, 0))];
        for (text, (after, rows)) in cases {
            assert_eq!(Place::read(text), Place { after, rows }, "{text}");
        }
    }
}
