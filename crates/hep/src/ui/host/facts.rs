//! What a host is: its facts as they were last taken, and taking them anew.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_engine::ops::{Engine, OpError, verb};
use serde_json::Value;

use super::{Head, Place, Tab, address, place};
use crate::terminal::visible;
use crate::ui::act::{Act, begin};
use crate::ui::fault::Fault;
use crate::ui::form::Query;
use crate::ui::frame::Frame;
use crate::ui::moment::Moment;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::visit::Member;
use crate::ui::words::Words;

/// The pages of this tab.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/{name}/facts", show).post("/hosts/{name}/facts", take)
}

#[derive(Template)]
#[template(path = "host/facts.html")]
struct FactsPage {
    frame: Frame,
    t: Words,
    head: Head,
    facts: Vec<(String, String)>,
    taken: Option<Moment>,
    text: String,
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    let Place { host, head, frame } = place(&engine, &visit, &name, Tab::Facts).await?;
    let known = match verb::facts(&engine, &visit.actor, &host.said.name).await {
        Ok(known) => Some(known),
        Err(OpError::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let text = query.word("text");
    let facts = known.iter().flat_map(|known| lines(&known.facts));
    let facts = facts.filter(|(name, _)| name.contains(&text)).collect();
    let taken = known.map(|known| Moment::at(visit.t, known.at_ms));
    Ok(reply::page(&FactsPage { frame, t: visit.t, head, facts, taken, text }))
}

/// Each fact as a line: what is no text as JSON.
fn lines(facts: &Value) -> Vec<(String, String)> {
    let all = facts.as_object().into_iter().flatten();
    let line = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(_) | Value::Object(_) => {
                serde_json::to_string_pretty(value).unwrap_or_default()
            }
            value => value.to_string(),
        };
        let name = name.strip_prefix("ansible_").unwrap_or(name);
        (visible::text(name).into_owned(), visible::text(&text).into_owned())
    };
    all.map(line).collect()
}

async fn take(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let text = visit.t.facts_begun(&name);
    let act = Act { selector: &name, verb: "facts", parameters: Value::Null, text };
    begin(&engine, &visit, act, &format!("{}/facts", address(&name))).await
}
