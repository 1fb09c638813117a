//! The list of runs.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::rights::Verb;
use hep_core::run::HostState;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::watch::{self as ops_watch, Seen};
use hep_engine::ops::{Engine, OpError, run};
use hep_engine::store::now_ms;
use hep_engine::store::runs::{Filter, Run};

use super::super::badge::Badge;
use super::super::fault::Fault;
use super::super::form::{Form, Query};
use super::super::frame::{Frame, Section};
use super::super::live::{self, Follows, List, Shown};
use super::super::moment::Moment;
use super::super::overview::title;
use super::super::reply;
use super::super::views::Beside;
use super::super::visit::{Member, Visit};
use super::super::words::Words;
use super::show::kind;
use crate::api::Pass;
use crate::terminal::visible;

/// How many runs a page has.
const MANY: u32 = 50;
/// The states that can be chosen.
const STATES: [&str; 10] = [
    "running",
    "waiting",
    "queued",
    "cancelling",
    "failed",
    "lost",
    "succeeded",
    "cancelled",
    "rejected",
    "expired",
];
/// The kinds.
const KINDS: [&str; 6] = ["command", "script", "manifest", "copy", "verb", "terminal"];
/// How far back, in hours.
const SPANS: [i64; 4] = [1, 24, 24 * 7, 24 * 30];
const HOUR_MS: i64 = 3_600_000;
/// What a view keeps of the list.
const KEPT: [&str; 7] = ["state", "kind", "who", "host", "job", "since", "parent"];

/// Something to choose.
struct Choice {
    word: String,
    title: String,
    is_chosen: bool,
}

/// A run.
struct Line {
    id: String,
    what: String,
    kind: &'static str,
    badge: Badge,
    who: String,
    when: Moment,
    hosts: i64,
    /// How many hosts it did not go well on.
    bad: i64,
}

#[derive(Template)]
#[template(path = "runs/list.html", blocks = ["list"])]
struct ListPage {
    frame: Frame,
    t: Words,
    states: Vec<Choice>,
    kinds: Vec<Choice>,
    spans: Vec<Choice>,
    who: String,
    host: String,
    job: String,
    lines: Vec<Line>,
    next: Option<String>,
    first: Option<String>,
    is_filtered: bool,
    may_run: bool,
    views: Beside,
    /// Where what changes in it comes from.
    live: String,
}

/// The lines.
#[derive(Template)]
#[template(path = "runs/lines.html")]
struct Lines {
    t: Words,
    lines: Vec<Line>,
}

/// One of them.
#[derive(Template)]
#[template(path = "runs/row.html")]
struct OneLine {
    t: Words,
    run: Line,
}

/// The page.
pub(super) async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    let page = page(&engine, &visit, &query).await?;
    Ok(reply::page_or(&visit, &page, &page.as_list()))
}

async fn page(engine: &Engine, visit: &Visit, query: &Form) -> Result<ListPage, Fault> {
    let t = visit.t;
    let found = run::list(engine, &visit.actor, filter(query)?, &paging(query)).await?;
    let seen = List::seen(&ids(&found));
    let address = |cursor: &str| format!("/ui/runs?{}", query.with(&[("cursor", cursor)]));
    let state = |word: &str| run::state(word).map_or("", |state| Badge::of_run(t, state).text);
    Ok(ListPage {
        frame: visit.frame_in(Section::Runs, t.nav_runs()),
        t,
        states: choices(&STATES, &query.word("state"), |word| state(word).to_owned()),
        kinds: choices(&KINDS, &query.word("kind"), |word| kind(t, word).to_owned()),
        spans: spans(t, &query.word("since")),
        who: query.word("who"),
        host: query.word("host"),
        job: query.word("job"),
        lines: found.items.iter().map(|run| line(t, run)).collect(),
        next: found.next.map(|next| address(&next)),
        first: query.optional("cursor").map(|_| address("")),
        is_filtered: KEPT.iter().any(|name| query.is_on(name)),
        live: format!("/ui/runs/-/events?{}", query.with(&[("seen", &seen)])),
        may_run: visit.may_somewhere(Verb::Run),
        views: Beside::of(engine, visit, "runs", (query, &KEPT)).await?,
    })
}

fn paging(query: &Form) -> Paging {
    Paging { limit: Some(MANY), cursor: query.optional("cursor") }
}

/// The ids of the runs on a page, in their order.
fn ids(page: &Page<Run>) -> Vec<&str> {
    page.items.iter().map(|run| run.id.as_str()).collect()
}

/// The list as it is from now on.
struct Now {
    t: Words,
    seen: Seen<Page<Run>>,
    list: List,
}

/// What changes in the list.
pub(super) async fn watch(
    State(engine): State<Engine>,
    Member(visit): Member,
    pass: Pass,
    Query(query): Query,
) -> Result<Response, Fault> {
    let seen = ops_watch::runs(&engine, &visit.actor, &filter(&query)?, &paging(&query));
    let now = Now { t: visit.t, seen, list: List::of(&query) };
    Ok(live::stream(&engine, &visit, pass, now))
}

impl Follows for Now {
    async fn changed(&mut self) -> Option<()> {
        self.seen.changed().await
    }

    fn shown(&mut self) -> Option<Shown> {
        let page = self.seen.now()?;
        let t = self.t;
        let one = |run: &Run| {
            let markup = OneLine { t, run: line(t, run) }.render().unwrap_or_default();
            (format!("run-{}", run.id), markup)
        };
        let rows = page.items.iter().map(one).collect();
        Some(self.list.shown(t, &ids(&page), rows, || {
            let lines = page.items.iter().map(|run| line(t, run)).collect();
            Lines { t, lines }.render().unwrap_or_default()
        }))
    }
}

fn filter(query: &Form) -> Result<Filter, OpError> {
    let state = query.optional("state").map(|word| run::state(&word)).transpose();
    let hours: Option<i64> = query.word("since").parse().ok();
    Ok(Filter {
        states: state.map_err(|message| OpError::invalid("state", message))?.into_iter().collect(),
        job: query.optional("job"),
        actor: query.optional("who"),
        host: query.optional("host"),
        kind: query.optional("kind"),
        parent: query.optional("parent"),
        since_ms: hours.map(|hours| now_ms().saturating_sub(hours.saturating_mul(HOUR_MS))),
        ..Filter::default()
    })
}

fn choices(words: &[&str], chosen: &str, title: impl Fn(&str) -> String) -> Vec<Choice> {
    let choice = |word: &&str| Choice {
        word: (*word).to_owned(),
        title: title(word),
        is_chosen: *word == chosen,
    };
    words.iter().map(choice).collect()
}

fn spans(t: Words, chosen: &str) -> Vec<Choice> {
    let span = |hours: i64| Choice {
        word: hours.to_string(),
        title: if hours < 48 { t.runs_hours(hours) } else { t.runs_days(hours / 24) },
        is_chosen: hours.to_string() == chosen,
    };
    SPANS.into_iter().map(span).collect()
}

fn line(t: Words, run: &Run) -> Line {
    let bad = [HostState::Failed, HostState::Unreachable, HostState::Lost];
    Line {
        what: title(run),
        kind: kind(t, &run.kind),
        badge: Badge::of_run(t, run.state),
        when: Moment::at(t, run.created_ms),
        hosts: run.hosts,
        bad: bad.iter().filter_map(|state| run.counts.get(state)).sum(),
        who: visible::text(&run.actor).into_owned(),
        id: run.id.clone(),
    }
}
