//! The overview: how everything is, problems first.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, host, run};
use hep_engine::store::host_list::Filter;
use hep_engine::store::hosts::Host;
use hep_engine::store::runs::{self, Run};

use super::badge::Badge;
use super::fault::Fault;
use super::frame::{Frame, Section};
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::visit::{Member, Visit};
use super::words::Words;
use crate::terminal::visible;

/// How many problems of a kind, and how many runs, are shown.
const SHOWN: u32 = 8;
/// The states of hosts, the worst first.
const STATES: [&str; 4] = ["unreachable", "untrusted", "unknown", "reachable"];

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/", show)
}

/// How many hosts are in a state.
struct Count {
    badge: Badge,
    many: i64,
    href: String,
}

/// A host that needs a look.
struct Problem {
    name: String,
    badge: Badge,
    why: String,
    since: Option<Moment>,
}

/// A run in a short list (`part/runs.html`).
pub(super) struct Line {
    pub(super) id: String,
    pub(super) what: String,
    pub(super) badge: Badge,
    pub(super) who: String,
    pub(super) when: Moment,
}

impl Line {
    /// The line of a run.
    pub(super) fn of(t: Words, run: Run) -> Self {
        Self {
            what: title(&run),
            badge: Badge::of_run(t, run.state),
            when: Moment::at(t, run.created_ms),
            who: run.actor,
            id: run.id,
        }
    }
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    t: Words,
    counts: Vec<Count>,
    problems: Vec<Problem>,
    runs: Vec<Line>,
    sees: bool,
    may_add: bool,
}

async fn show(State(engine): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    let sees = visit.may_somewhere(Verb::View);
    let (counts, problems) = match sees {
        true => (counts(&engine, &visit).await?, problems(&engine, &visit).await?),
        false => (Vec::new(), Vec::new()),
    };
    let page = OverviewPage {
        frame: visit.frame_in(Section::Overview, visit.t.overview_title()),
        t: visit.t,
        counts,
        problems,
        runs: latest(&engine, &visit).await?,
        sees,
        may_add: visit.may_somewhere(Verb::Change),
    };
    Ok(reply::page(&page))
}

async fn counts(engine: &Engine, visit: &Visit) -> Result<Vec<Count>, Fault> {
    let counted = host::counts(engine, &visit.actor).await?;
    let some = STATES.iter().filter_map(|state| Some((*state, *counted.get(*state)?)));
    let counts = some.map(|(state, many)| Count {
        badge: Badge::of_state(visit.t, state),
        many,
        href: format!("/ui/hosts?state={state}"),
    });
    Ok(counts.collect())
}

async fn problems(engine: &Engine, visit: &Visit) -> Result<Vec<Problem>, Fault> {
    let mut problems = Vec::new();
    for state in ["unreachable", "untrusted"] {
        let filter = Filter { state: Some(state.to_owned()), ..Filter::default() };
        let paging = Paging { limit: Some(SHOWN), cursor: None };
        let page = host::list(engine, &visit.actor, filter, None, &paging).await?;
        problems.extend(page.items.iter().map(|host| problem(visit.t, host)));
    }
    Ok(problems)
}

fn problem(t: Words, host: &Host) -> Problem {
    Problem {
        name: host.said.name.clone(),
        badge: Badge::of_state(t, &host.state),
        why: visible::text(&host.state_reason).into_owned(),
        since: Moment::of(t, host.state_ms),
    }
}

async fn latest(engine: &Engine, visit: &Visit) -> Result<Vec<Line>, Fault> {
    let paging = Paging { limit: Some(SHOWN), cursor: None };
    let page = run::list(engine, &visit.actor, runs::Filter::default(), &paging).await?;
    Ok(page.items.into_iter().map(|run| Line::of(visit.t, run)).collect())
}

/// What a run is, in a line: its description, its job, or what it runs.
pub(crate) fn title(run: &Run) -> String {
    let text = |name: &str| run.subject.get(name).and_then(|value| value.as_str());
    let words = || {
        let words = run.subject.get("words")?.as_array()?;
        Some(words.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(" "))
    };
    let said = Some(run.description.as_str()).filter(|text| !text.is_empty());
    let said = said.or(run.job_name.as_deref()).or_else(|| text("line")).or_else(|| text("verb"));
    let said = said.or_else(|| text("manifest")).or_else(|| text("entry")).or_else(|| text("dest"));
    let said = said.map(str::to_owned).or_else(words).unwrap_or_else(|| run.kind.clone());
    let line: String = said.lines().next().unwrap_or_default().chars().take(120).collect();
    visible::text(&line).into_owned()
}
