//! The overview: how everything is, problems first.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::watch::{self as ops_watch, Seen};
use hep_engine::ops::{Engine, host, run};
use hep_engine::store::host_list::Filter;
use hep_engine::store::hosts::Host;
use hep_engine::store::runs::{self, Run};

use super::badge::Badge;
use super::fault::Fault;
use super::frame::{Frame, Section};
use super::live::{self, Follows, Shown};
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::speech::{self, Said};
use super::visit::Member;
use super::words::Words;
use crate::api::Pass;
use crate::terminal::visible;

/// How many problems of a kind, and how many runs, are shown.
const SHOWN: u32 = 8;
/// The states of hosts, the worst first.
const STATES: [&str; 4] = ["unreachable", "untrusted", "unknown", "reachable"];
/// Those that need a look.
const TROUBLED: [&str; 2] = ["unreachable", "untrusted"];

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/", show).get("/-/events", watch)
}

/// How many hosts are in a state.
struct Count {
    badge: Badge,
    many: i64,
    href: String,
}

/// A host that needs a look.
struct Problem {
    id: String,
    name: String,
    badge: Badge,
    why: Option<Said>,
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
    pub(super) fn of(t: Words, run: &Run) -> Self {
        Self {
            what: title(run),
            badge: Badge::of_run(t, run.state),
            when: Moment::at(t, run.created_ms),
            who: visible::text(&run.actor).into_owned(),
            id: run.id.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "overview/show.html")]
struct OverviewPage {
    frame: Frame,
    t: Words,
    counts: Vec<Count>,
    problems: Vec<Problem>,
    runs: Vec<Line>,
    sees: bool,
    may_add: bool,
}

/// How many hosts are in each state.
#[derive(Template)]
#[template(path = "overview/counts.html")]
struct Counts {
    counts: Vec<Count>,
}

/// What needs a look.
#[derive(Template)]
#[template(path = "overview/problems.html")]
struct Problems {
    t: Words,
    problems: Vec<Problem>,
}

/// What was run last.
#[derive(Template)]
#[template(path = "overview/runs.html")]
struct Runs {
    t: Words,
    runs: Vec<Line>,
}

async fn show(State(engine): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    let (t, actor) = (visit.t, &visit.actor);
    let sees = visit.may_somewhere(Verb::View);
    let (mut counts, mut problems) = (Vec::new(), Vec::new());
    if sees {
        counts = self::counts(t, &host::counts(&engine, actor).await?);
        for (filter, paging) in troubled() {
            let page = host::list(&engine, actor, filter, None, &paging).await?;
            problems.extend(page.items.iter().map(|host| problem(t, host)));
        }
    }
    let page = run::list(&engine, actor, runs::Filter::default(), &some()).await?;
    let page = OverviewPage {
        frame: visit.frame_in(Section::Overview, t.overview_title()),
        t,
        counts,
        problems,
        runs: page.items.iter().map(|run| Line::of(t, run)).collect(),
        sees,
        may_add: visit.may_somewhere(Verb::Change),
    };
    Ok(reply::page(&page))
}

/// As many as are shown.
const fn some() -> Paging {
    Paging { limit: Some(SHOWN), cursor: None }
}

/// The hosts that need a look, the worst first.
fn troubled() -> [(Filter, Paging); 2] {
    TROUBLED.map(|state| {
        let filter = Filter { state: Some(state.to_owned()), ..Filter::default() };
        (filter, some())
    })
}

fn counts(t: Words, counted: &BTreeMap<String, i64>) -> Vec<Count> {
    let some = STATES.iter().filter_map(|state| Some((*state, *counted.get(*state)?)));
    let counts = some.map(|(state, many)| Count {
        badge: Badge::of_state(t, state),
        many,
        href: format!("/ui/hosts?state={state}"),
    });
    counts.collect()
}

fn problem(t: Words, host: &Host) -> Problem {
    Problem {
        id: host.id.clone(),
        name: host.said.name.clone(),
        badge: Badge::of_state(t, &host.state),
        why: speech::reason(t.language, host.state_message.as_ref(), &host.state_reason),
        since: Moment::of(t, host.state_ms),
    }
}

/// How many hosts there are by state, and those that need a look.
type SeenHosts = (Seen<BTreeMap<String, i64>>, [Seen<Page<Host>>; 2]);

/// The overview as it is from now on.
struct Now {
    t: Words,
    /// How many hosts there are by state, and those that need a look; nothing for who sees no host.
    hosts: Option<SeenHosts>,
    runs: Seen<Page<Run>>,
    /// How many hosts needed a look.
    needed: Option<i64>,
    /// Whether there was a host at all.
    had: Option<bool>,
}

async fn watch(
    State(engine): State<Engine>,
    Member(visit): Member,
    pass: Pass,
) -> Result<Response, Fault> {
    let actor = &visit.actor;
    let list = |(filter, paging): (Filter, Paging)| {
        ops_watch::hosts(&engine, actor, &filter, None, &paging)
    };
    let hosts = match visit.may_somewhere(Verb::View) {
        true => {
            let [bad, odd] = troubled();
            let counts = ops_watch::counts(&engine, actor)?;
            Some((counts, [list(bad)?, list(odd)?]))
        }
        false => None,
    };
    let runs = ops_watch::runs(&engine, actor, &runs::Filter::default(), &some());
    let now = Now { t: visit.t, hosts, runs, needed: None, had: None };
    Ok(live::stream(&engine, &visit, pass, now))
}

impl Follows for Now {
    async fn changed(&mut self) -> Option<()> {
        match &mut self.hosts {
            None => self.runs.changed().await,
            Some((counts, [bad, odd])) => tokio::select! {
                changed = counts.changed() => changed,
                changed = bad.changed() => changed,
                changed = odd.changed() => changed,
                changed = self.runs.changed() => changed,
            },
        }
    }

    fn shown(&mut self) -> Option<Shown> {
        let t = self.t;
        let mut parts = Vec::new();
        let mut part = |id: &str, markup: askama::Result<String>| {
            parts.push((id.to_owned(), markup.unwrap_or_default()));
        };
        if let Some((counts, troubled)) = &mut self.hosts {
            let counted = counts.now()?;
            let [bad, odd] = troubled.each_mut().map(Seen::now);
            let troubled = [bad?, odd?];
            let has = !counted.is_empty();
            if self.had.replace(has).is_some_and(|had| had != has) {
                return Some(Shown::Anew);
            }
            let hosts = troubled.iter().flat_map(|page| &page.items);
            let problems = hosts.map(|host| problem(t, host)).collect();
            part("now-counts", Counts { counts: self::counts(t, &counted) }.render());
            part("now-problems", Problems { t, problems }.render());
            let needed = TROUBLED.iter().filter_map(|state| counted.get(*state)).sum();
            // What was so when the page was opened need not be said aloud.
            if self.needed.replace(needed).is_some_and(|before| before != needed) {
                let (id, markup) = live::told(&t.overview_needed(needed));
                part(&id, Ok(markup));
            }
        }
        let page = self.runs.now()?;
        let runs = page.items.iter().map(|run| Line::of(t, run)).collect();
        part("now-runs", Runs { t, runs }.render());
        Some(Shown::Parts(parts))
    }
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
