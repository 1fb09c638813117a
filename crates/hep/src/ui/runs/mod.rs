//! Runs: the list, one run while it happens and afterwards, what can be done with it, and asking for one.

mod act;
mod aimed;
mod changes;
mod folded;
mod given;
mod list;
mod live;
mod log;
mod new;
mod recording;
#[cfg(test)]
mod runs_test;
mod show;
mod text;
mod wake;

use super::pages::Pages;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new()
        .get("/runs", list::show)
        .get("/runs/-/events", list::watch)
        .get("/runs/{id}", show::show)
        .get("/runs/{id}/events", live::events)
        .get("/runs/{id}/text", text::show)
        .get("/runs/{id}/recording.cast", recording::show)
        .get("/runs/{id}/sure", act::ask)
        .post("/runs/{id}/cancel", act::cancel)
        .post("/runs/{id}/retry", act::retry)
        .post("/runs/{id}/again", act::again)
        .post("/runs/{id}/approve", act::approve)
        .post("/runs/{id}/reject", act::reject)
        .get("/run", new::show)
        .post("/run", new::check)
        .post("/run/go", new::go)
        .post("/run/back", new::back)
}
