//! What was done to a host: its runs, and for administrators the audit log of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, audit, run};
use hep_engine::store::audit::Filter as Lines;
use hep_engine::store::runs::Filter as Runs;

use super::{Head, Place, Tab, place};
use crate::terminal::visible;
use crate::ui::fault::Fault;
use crate::ui::frame::Frame;
use crate::ui::moment::Moment;
use crate::ui::overview::Line;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

/// How many of each are shown.
const SHOWN: u32 = 30;

/// The pages of this tab.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/{name}/history", show)
}

/// A line of the audit log.
struct Note {
    when: Moment,
    who: String,
    what: String,
    outcome: String,
}

#[derive(Template)]
#[template(path = "host/history.html")]
struct HistoryPage {
    frame: Frame,
    t: Words,
    head: Head,
    runs: Vec<Line>,
    notes: Option<Vec<Note>>,
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let Place { host, head, frame } = place(&engine, &visit, &name, Tab::History).await?;
    let filter = Runs { host: Some(host.said.name.clone()), ..Runs::default() };
    let paging = Paging { limit: Some(SHOWN), cursor: None };
    let found = run::list(&engine, &visit.actor, filter, &paging).await?;
    let runs = found.items.iter().map(|run| Line::of(visit.t, run)).collect();
    let notes = match visit.actor.may(Verb::Administer) {
        true => Some(notes(&engine, &visit, &host.said.name).await?),
        false => None,
    };
    Ok(reply::page(&HistoryPage { frame, t: visit.t, head, runs, notes }))
}

async fn notes(engine: &Engine, visit: &Visit, name: &str) -> Result<Vec<Note>, Fault> {
    let filter = Lines {
        object_kind: Some("host".to_owned()),
        object: Some(name.to_owned()),
        ..Lines::default()
    };
    let paging = Paging { limit: Some(SHOWN), cursor: None };
    let found = audit::list(engine, &visit.actor, &filter, &paging).await?;
    let notes = found.items.into_iter().map(|entry| Note {
        when: Moment::at(visit.t, entry.at_ms),
        who: visible::text(&entry.actor_name).into_owned(),
        what: visible::text(&entry.verb).into_owned(),
        outcome: entry.outcome,
    });
    Ok(notes.collect())
}
