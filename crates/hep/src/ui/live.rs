//! Parts of a page that follow what happens, by server-sent events. An event `parts` has the markup of those parts that
//! say something else than when they were sent last, each under its id; `anew` says that the page is to be asked for
//! once more, and `left` that whoever watches was signed out. The first event has all parts, so that who comes again
//! has missed nothing; a browser leaves alone what it has already (`web/src/live.js`).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::time::Duration;

use askama::Template;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use hep_engine::ops::Engine;

use super::form::Form;
use super::visit::Visit;
use super::words::Words;
use crate::api::{Guard, Pass};

/// How long a stream stays silent before it says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long what changes at about the same time is gathered for one event.
const GATHERED: Duration = Duration::from_millis(100);
/// How soon a browser comes back when it lost us.
const AGAIN: Duration = Duration::from_secs(1);

/// A part of a page: its id and its markup.
pub(super) type Part = (String, String);

/// What a page shows by now.
pub(super) enum Shown {
    /// These parts.
    Parts(Vec<Part>),
    /// These parts, beside others that have changed with them and that they hold.
    Whole(Vec<Part>, Vec<Part>),
    /// Something that the page has no place for.
    Anew,
}

/// A page that follows what happens.
pub(super) trait Follows: Send + 'static {
    /// Waits until the page may say something else; nothing where that can never be.
    fn changed(&mut self) -> impl Future<Output = Option<()>> + Send;
    /// What it shows now; nothing where that is not known yet.
    fn shown(&mut self) -> Option<Shown>;
}

/// What is said aloud to who does not see the page.
#[derive(Template)]
#[template(path = "part/told.html")]
struct Told<'a> {
    told: &'a str,
}

/// The part that says something aloud.
pub(super) fn told(text: &str) -> Part {
    ("told".to_owned(), Told { told: text }.render().unwrap_or_default())
}

/// What tells some things from others, in a word that an address can hold.
pub(super) fn fingerprint(of: &(impl Hash + ?Sized)) -> String {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A list: rows that follow what they are about, and others when there are others.
pub(super) struct List {
    /// What tells the rows that are on the page.
    ids: String,
    is_empty: bool,
}

impl List {
    /// The rows that a page has, as its address says (`List::seen`).
    pub(super) fn of(query: &Form) -> Self {
        let ids = query.word("seen");
        Self { is_empty: ids == Self::seen(&[]), ids }
    }

    /// What tells these rows.
    pub(super) fn seen(ids: &[&str]) -> String {
        fingerprint(ids)
    }

    /// What the page shows of these rows now; `whole` writes the part that holds them all.
    pub(super) fn shown(
        &mut self,
        t: Words,
        ids: &[&str],
        rows: Vec<Part>,
        whole: impl FnOnce() -> String,
    ) -> Shown {
        let seen = Self::seen(ids);
        let others = std::mem::replace(&mut self.ids, seen) != self.ids;
        match others {
            false => Shown::Parts(rows),
            // The page has no table, or shall have none.
            true if ids.is_empty() || self.is_empty => Shown::Anew,
            true => {
                let whole = ("rows".to_owned(), whole());
                Shown::Whole(vec![whole, told(t.live_list_changed())], rows)
            }
        }
    }
}

/// What was sent of each part.
#[derive(Default)]
struct Sent(HashMap<String, String>);

impl Sent {
    /// The markup of those that are not as they were sent last.
    fn fresh(&mut self, parts: Vec<Part>) -> String {
        let mut markup = String::new();
        for (id, text) in parts {
            let mark = fingerprint(&text);
            if self.0.insert(id, mark.clone()) != Some(mark) {
                markup.push_str(&text);
            }
        }
        markup
    }
}

/// The stream of a page, for as long as who watches it may.
pub(super) fn stream(engine: &Engine, visit: &Visit, pass: Pass, page: impl Follows) -> Response {
    let guard = Guard::new(engine, pass, &visit.actor).with_farewell(farewell());
    let start = (engine.clone(), page, Sent::default());
    let events = stream::unfold(start, |(engine, mut page, mut sent)| async move {
        loop {
            page.changed().await?;
            // A node that stops is left: whoever watches connects again.
            if engine.hub().is_closed() {
                return None;
            }
            tokio::time::sleep(GATHERED).await;
            let Some(shown) = page.shown() else { continue };
            let (name, markup) = match shown {
                Shown::Anew => ("anew", "{}".to_owned()),
                Shown::Parts(parts) => ("parts", sent.fresh(parts)),
                Shown::Whole(whole, parts) => {
                    // They go with the whole.
                    sent.fresh(parts);
                    ("parts", sent.fresh(whole))
                }
            };
            if !markup.is_empty() {
                let event = Event::default().event(name).retry(AGAIN).data(markup);
                return Some((Ok(event), (engine, page, sent)));
            }
        }
    });
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    Sse::new(guard.over(events)).keep_alive(alive).into_response()
}

/// What is said last to whoever is not let in any more.
pub(super) fn farewell() -> Event {
    Event::default().event("left").data("{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_something_else_is_sent() {
        let part = |id: &str, text: &str| (id.to_owned(), text.to_owned());
        let mut sent = Sent::default();
        assert_eq!(sent.fresh(vec![part("a", "<a1>"), part("b", "<b1>")]), "<a1><b1>");
        assert_eq!(sent.fresh(vec![part("a", "<a1>"), part("b", "<b1>")]), "");
        assert_eq!(sent.fresh(vec![part("a", "<a1>"), part("b", "<b2>")]), "<b2>");
        assert_eq!(
            sent.fresh(vec![part("b", "<b1>")]),
            "<b1>",
            "as it was, but not as it is shown"
        );
    }
}
