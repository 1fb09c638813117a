//! One run: what it is, how far it is on which hosts, and what it says.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::instant::rfc3339;
use hep_core::run::HostState;
use hep_engine::ops::offers::{self, Offers};
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, run};
use hep_engine::store::host_runs::HostRun;
use hep_engine::store::now_ms;
use hep_engine::store::runs::Run;
use serde_json::Value;

use super::super::badge::Badge;
use super::super::fault::Fault;
use super::super::form::{Form, Query};
use super::super::frame::{Frame, Section};
use super::super::moment::Moment;
use super::super::overview::title;
use super::super::reply;
use super::super::speech::{self, Said};
use super::super::visit::{Member, Visit};
use super::super::words::Words;
use super::changes::Change;
use super::folded::Group;
use super::log::{Row, View};
use super::{changes, folded, recording};
use crate::terminal::visible;
use crate::ui::ask;

/// Hosts on a page of the grid.
const HOSTS: u32 = 60;
/// Entries that are read at once.
const ENTRIES: u32 = 100;
/// How often that is done for one page, where lines are searched for.
const READS: usize = 200;
/// Lines of a page.
const LINES: usize = 1000;
/// The states of hosts, what needs a look first.
const STATES: [HostState; 10] = [
    HostState::Failed,
    HostState::Unreachable,
    HostState::Lost,
    HostState::Running,
    HostState::Cancelling,
    HostState::NotStarted,
    HostState::Cancelled,
    HostState::Queued,
    HostState::Succeeded,
    HostState::Skipped,
];

/// How many hosts are in a state, as a link to them and as a part of the bar.
struct Count {
    badge: Badge,
    many: i64,
    href: String,
    is_chosen: bool,
    /// Where its part of the bar begins, and how long it is, of 1000.
    from: i64,
    width: i64,
}

/// A host in the grid.
struct Part {
    name: String,
    href: String,
    badge: Badge,
    why: Option<Said>,
    ended_with: String,
    took: String,
}

/// A line about the run.
struct Fact {
    label: &'static str,
    text: String,
    href: Option<String>,
}

/// The last lines of a log.
struct Tail {
    rows: Vec<Row>,
    /// Where the lines before them are.
    earlier: Option<String>,
    /// What comes next, while the run goes on.
    events: Option<String>,
    is_latest: bool,
}

/// What is shown of the output.
enum Output {
    Log(Tail),
    Folded(Vec<Group>, bool),
    Changes(Vec<Change>, bool),
}

/// A way to see the output.
struct Tab {
    text: &'static str,
    href: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "runs/show.html", blocks = ["now"])]
struct ShowPage {
    frame: Frame,
    t: Words,
    id: String,
    here: String,
    badge: Badge,
    why: Option<Said>,
    is_over: bool,
    waits: bool,
    code: String,
    facts: Vec<Fact>,
    strategy: Vec<String>,
    when: Moment,
    total: i64,
    counts: Vec<Count>,
    parts: Vec<Part>,
    all_parts: Option<String>,
    next: Option<String>,
    offers: Offers,
    tabs: Vec<Tab>,
    host: Option<String>,
    wanted: String,
    of: String,
    output: Output,
    /// Where the recording of a terminal is; it is played when it is whole.
    recording: Option<String>,
}

impl ShowPage {
    /// The results of tasks that had nothing to do.
    fn quiet(&self) -> Vec<&Change> {
        match &self.output {
            Output::Changes(changes, _) => changes.iter().filter(|one| one.is_quiet).collect(),
            Output::Log(_) | Output::Folded(..) => Vec::new(),
        }
    }
}

/// The page.
pub(super) async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    // The state first: what is over has nothing behind what is read after it.
    let run = run::show(&engine, &visit.actor, &id).await?;
    let output = match visit.is_partial {
        true => Output::Folded(Vec::new(), false),
        false => output(&engine, &visit, &query, &run).await?,
    };
    let page = page(&engine, &visit, &query, run, output).await?;
    Ok(reply::page_or(&visit, &page, &page.as_now()))
}

async fn page(
    engine: &Engine,
    visit: &Visit,
    query: &Form,
    run: Run,
    output: Output,
) -> Result<ShowPage, Fault> {
    let t = visit.t;
    let (parts, next) = parts(engine, visit, query, &run).await?;
    let host = query.optional("host");
    let name = host.as_deref().map(|host| format!("host={}", reply::segment(host)));
    let frame = visit.frame_in(Section::Runs, title(&run)).below(t.nav_runs(), "/ui/runs");
    let strategy = serde_json::from_value(run.strategy.clone()).unwrap_or_default();
    let recording = recording::address(&run);
    let frame = frame.with_island("run");
    Ok(ShowPage {
        frame: if recording.is_some() { frame.with_island("terminal") } else { frame },
        recording,
        t,
        here: format!("/ui/runs/{}?{}", run.id, query.with(&[])),
        badge: Badge::of_run(t, run.state),
        why: why(t, &run),
        is_over: run.state.is_over(),
        waits: run.reason == "approval",
        code: code(&run.subject),
        facts: facts(t, &run),
        strategy: ask::strategy_words(t, &strategy),
        when: Moment::at(t, run.created_ms),
        total: run.hosts,
        counts: counts(t, query, &run),
        all_parts: query
            .optional("state")
            .map(|_| address(&run, query, &[("state", ""), ("at", "")])),
        parts,
        next: next.map(|next| address(&run, query, &[("at", &next)])),
        offers: offers::offers(engine, &visit.actor, &run).await?,
        tabs: tabs(t, query, &run),
        wanted: query.word("q"),
        of: name.unwrap_or_default(),
        host,
        output,
        id: run.id,
    })
}

fn address(run: &Run, query: &Form, other: &[(&str, &str)]) -> String {
    format!("/ui/runs/{}?{}", run.id, query.with(other))
}

fn tabs(t: Words, query: &Form, run: &Run) -> Vec<Tab> {
    let here = query.word("show");
    let tab = |word: &str, text| Tab {
        text,
        href: address(run, query, &[("show", word), ("before", "")]),
        is_here: here == word,
    };
    let mut tabs = vec![tab("", t.run_show_log()), tab("folded", t.run_show_folded())];
    if ["manifest", "copy", "verb"].contains(&run.kind.as_str()) {
        tabs.push(tab("changes", t.run_show_changes()));
    }
    tabs
}

/// Why it waits, or ended so.
fn why(t: Words, run: &Run) -> Option<Said> {
    let ours = |text: String| Some(Said { text, ..Said::default() });
    match (run.reason.as_str(), &run.cancelled_by) {
        ("approval", _) => ours(t.run_waits_for_approval().to_owned()),
        ("pause", _) => ours(t.run_pauses().to_owned()),
        ("", Some(who)) => ours(t.run_cancelled_by(visible::text(who))),
        (noted, _) => speech::reason(t.language, run.reason_message.as_ref(), noted),
    }
}

/// What is run, as who wrote it wrote it.
fn code(subject: &Value) -> String {
    let text = |name: &str| subject[name].as_str().map(str::to_owned);
    let words = || {
        let words = subject["words"].as_array()?.iter().filter_map(Value::as_str);
        Some(words.collect::<Vec<_>>().join(" "))
    };
    let verb = || {
        let parameters = &subject["parameters"];
        let said = if parameters.is_null() { String::new() } else { format!(" {parameters}") };
        Some(text("verb")? + &said)
    };
    let named = || text("manifest").or_else(|| text("entry")).or_else(|| text("dest"));
    let said = text("line").or_else(words).or_else(|| text("script")).or_else(verb).or_else(named);
    visible::text(&said.unwrap_or_default()).into_owned()
}

fn facts(t: Words, run: &Run) -> Vec<Fact> {
    let link =
        |id: &Option<String>| id.as_ref().map(|id| format!("/ui/runs/{}", reply::segment(id)));
    let fact = |label, text: &str| {
        let text = visible::text(text).into_owned();
        (!text.is_empty()).then_some(Fact { label, text, href: None })
    };
    let related = |label, id: &Option<String>| {
        link(id).map(|href| Fact { label, text: t.show_run().to_owned(), href: Some(href) })
    };
    let ends = run.ended_ms.unwrap_or_else(now_ms);
    let took = run.started_ms.map(|began| duration(ends - began)).unwrap_or_default();
    let until = run.deadline_ms.filter(|_| !run.state.is_over()).map(rfc3339).unwrap_or_default();
    let approved = run.approved_by.as_deref().unwrap_or_default();
    let all = [
        fact(t.run_who(), &run.actor),
        fact(t.runs_kind(), kind(t, &run.kind)),
        fact(t.hosts_filter(), &run.selector),
        fact(t.run_took(), &took),
        fact(t.run_until(), &until),
        fact(t.run_approver(), approved),
        fact(t.runs_job(), run.job_name.as_deref().unwrap_or_default()),
        related(t.run_parent(), &run.parent),
        related(t.run_repeats(), &run.retry_of),
        fact(t.run_node(), run.node.as_deref().unwrap_or_default()),
    ];
    all.into_iter().flatten().collect()
}

/// The word for a kind of run.
pub(super) fn kind(t: Words, kind: &str) -> &'static str {
    match kind {
        "script" => t.kind_script(),
        "manifest" => t.kind_manifest(),
        "copy" => t.kind_copy(),
        "verb" => t.kind_verb(),
        "terminal" => t.kind_terminal(),
        _ => t.kind_command(),
    }
}

/// A span of time, as everybody reads it.
fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn counts(t: Words, query: &Form, run: &Run) -> Vec<Count> {
    let chosen = query.word("state");
    let total = run.counts.values().sum::<i64>().max(1);
    let mut before = 0;
    let some = STATES.iter().filter_map(|state| Some((*state, *run.counts.get(state)?)));
    let count = |(state, many): (HostState, i64)| {
        let from = before * 1000 / total;
        before += many;
        Count {
            badge: Badge::of_part(t, state),
            many,
            href: address(run, query, &[("state", state.word()), ("at", "")]),
            is_chosen: chosen == state.word(),
            from,
            width: (before * 1000 / total - from).max(1),
        }
    };
    some.filter(|(_, many)| *many > 0).map(count).collect()
}

/// Some hosts: a page of those in a state, or of all, what needs a look first.
async fn parts(
    engine: &Engine,
    visit: &Visit,
    query: &Form,
    run: &Run,
) -> Result<(Vec<Part>, Option<String>), Fault> {
    let part = |host: HostRun| part(visit, query, run, &host);
    if let Some(word) = query.optional("state")
        && let Ok(state) = run::host_state(&word)
    {
        let paging = Paging { limit: Some(HOSTS), cursor: query.optional("at") };
        let found = run::hosts(engine, &visit.actor, &run.id, &[state], &paging).await?;
        return Ok((found.items.into_iter().map(part).collect(), found.next));
    }
    let mut parts = Vec::new();
    for some in [&STATES[..3], &STATES[3..5], &STATES[5..]] {
        let left = HOSTS.saturating_sub(u32::try_from(parts.len()).unwrap_or(HOSTS));
        if left == 0 || !some.iter().any(|state| run.counts.contains_key(state)) {
            continue;
        }
        let paging = Paging { limit: Some(left), cursor: None };
        let found = run::hosts(engine, &visit.actor, &run.id, some, &paging).await?;
        parts.extend(found.items.into_iter().map(part));
    }
    Ok((parts, None))
}

fn part(visit: &Visit, query: &Form, run: &Run, host: &HostRun) -> Part {
    let t = visit.t;
    let ended_with = match (&host.signal, host.rc) {
        (Some(signal), _) => t.run_ended_by(visible::text(signal)),
        (None, Some(rc)) if rc != 0 => t.run_ended_with(rc),
        _ => String::new(),
    };
    let took = host.started_ms.zip(host.ended_ms).map(|(from, to)| duration(to - from));
    Part {
        href: address(run, query, &[("host", &host.host), ("before", ""), ("show", "")]),
        badge: Badge::of_part(t, host.state),
        why: host.error.as_ref().map(|error| visit.speech(error)),
        ended_with,
        took: took.unwrap_or_default(),
        name: visible::text(&host.host).into_owned(),
    }
}

async fn output(engine: &Engine, visit: &Visit, query: &Form, run: &Run) -> Result<Output, Fault> {
    let actor = &visit.actor;
    match query.word("show").as_str() {
        "folded" => {
            let (groups, is_all) = folded::groups(engine, actor, visit.t, run).await?;
            Ok(Output::Folded(groups, is_all))
        }
        "changes" => {
            let (changes, is_all) = changes::changes(engine, visit, run).await?;
            Ok(Output::Changes(changes, is_all))
        }
        _ => Ok(Output::Log(tail(engine, visit, query, run).await?)),
    }
}

/// The last lines, or those before an entry.
async fn tail(engine: &Engine, visit: &Visit, query: &Form, run: &Run) -> Result<Tail, Fault> {
    let view = View::of(visit, query);
    let asked: Option<i64> = query.word("before").parse().ok();
    let (mut before, mut newest, mut lines) = (asked.unwrap_or(i64::MAX), 0, 0);
    let (mut found, mut is_first) = (Vec::new(), false);
    for _ in 0..READS {
        let host = view.host.as_deref();
        let read = run::earlier(engine, &visit.actor, &run.id, host, before, ENTRIES).await?;
        is_first = read.len() < ENTRIES as usize;
        newest = newest.max(read.last().map_or(0, |event| event.seq));
        for event in read.iter().rev() {
            if lines >= LINES {
                is_first = false;
                break;
            }
            before = event.seq;
            let rows = view.rows(&serde_json::to_value(event).unwrap_or_default());
            lines += rows.iter().map(Row::size).sum::<usize>();
            found.push(rows);
        }
        if is_first || lines >= LINES {
            break;
        }
    }
    let goes_on =
        asked.is_none() && (!run.state.is_over() || newest < run.last_seq && host_is_all(&view));
    let events = || {
        let after = newest.to_string();
        let asked = query.with(&[("after", &after), ("before", ""), ("state", ""), ("at", "")]);
        format!("/ui/runs/{}/events?{asked}", run.id)
    };
    Ok(Tail {
        rows: found.into_iter().rev().flatten().collect(),
        earlier: (!is_first).then(|| address(run, query, &[("before", &before.to_string())])),
        events: goes_on.then(events),
        is_latest: asked.is_none(),
    })
}

/// Whether the newest entry of what is shown is the newest of all.
const fn host_is_all(view: &View) -> bool {
    view.host.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_said_shortly() {
        let cases =
            [(-5, "0 s"), (119_999, "119 s"), (125_000, "2 min 5 s"), (7_260_000, "2 h 1 min")];
        for (ms, text) in cases {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn what_is_run_is_shown_as_it_was_written() {
        let cases = [
            (serde_json::json!({"line": "uptime"}), "uptime"),
            (serde_json::json!({"words": ["ls", "-l"]}), "ls -l"),
            (serde_json::json!({"script": "#!/bin/sh\nid\u{1b}"}), "#!/bin/sh\nid^["),
            (serde_json::json!({"verb": "power.off", "parameters": null}), "power.off"),
            (serde_json::json!({"verb": "a", "parameters": {"b": 1}}), "a {\"b\":1}"),
            (serde_json::json!({"manifest": "site", "entry": "x"}), "site"),
        ];
        for (subject, text) in cases {
            assert_eq!(code(&subject), text);
        }
    }
}
