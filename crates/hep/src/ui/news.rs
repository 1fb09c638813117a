//! News of a run that a page has begun: they follow it to its end, and then say what came of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::response::Response;
use hep_core::run::{HostState, RunState};
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, run};
use hep_engine::store::host_runs::HostRun;
use hep_engine::store::runs::Run;

use super::ansi::{self, Span};
use super::badge::Badge;
use super::fault::Fault;
use super::overview::title;
use super::pages::Pages;
use super::reply;
use super::speech::Said;
use super::visit::{Member, Visit};
use super::words::Words;

/// How many hosts that did not succeed are shown.
const SHOWN: u32 = 5;
/// How many pieces of output are shown of each.
const PIECES: u32 = 20;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/runs/{id}/-/news", show)
}

/// A host that did not succeed.
struct Failed {
    host: String,
    why: Option<Said>,
    output: Vec<Vec<Span>>,
}

#[derive(Template)]
#[template(path = "news.html")]
struct News {
    t: Words,
    id: String,
    text: String,
    badge: Badge,
    tone: &'static str,
    is_over: bool,
    failed: Vec<Failed>,
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let run = run::show(&engine, &visit.actor, &id).await?;
    if !visit.is_partial {
        return Ok(reply::go(&format!("/ui/runs/{}", reply::segment(&run.id))));
    }
    let failed = match run.state.is_over() && run.state != RunState::Succeeded {
        true => failed(&engine, &visit, &run).await?,
        false => Vec::new(),
    };
    let news = News {
        t: visit.t,
        text: title(&run),
        badge: Badge::of_run(visit.t, run.state),
        tone: tone(run.state),
        is_over: run.state.is_over(),
        failed,
        id: run.id,
    };
    let mut response = reply::page(&news);
    if news.is_over {
        // Lists of what the run has changed look again.
        let done = HeaderValue::from_static("{\"hep-done\":{\"target\":\"body\"}}");
        response.headers_mut().insert("hx-trigger", done);
    }
    Ok(response)
}

const fn tone(state: RunState) -> &'static str {
    match state {
        RunState::Succeeded => "pf-m-success",
        RunState::Failed | RunState::Lost => "pf-m-danger",
        RunState::Cancelled | RunState::Rejected | RunState::Expired => "pf-m-warning",
        _ => "pf-m-info",
    }
}

async fn failed(engine: &Engine, visit: &Visit, run: &Run) -> Result<Vec<Failed>, Fault> {
    let states = [HostState::Failed, HostState::Unreachable, HostState::Lost];
    let paging = Paging { limit: Some(SHOWN), cursor: None };
    let hosts = run::hosts(engine, &visit.actor, &run.id, &states, &paging).await?;
    let mut failed = Vec::new();
    for host in hosts.items {
        failed.push(one(engine, visit, run, host).await?);
    }
    Ok(failed)
}

async fn one(engine: &Engine, visit: &Visit, run: &Run, host: HostRun) -> Result<Failed, Fault> {
    let (id, name) = (&run.id, Some(host.host.as_str()));
    let output = run::output(engine, &visit.actor, id, name, 0, PIECES).await?;
    let bytes: Vec<u8> = output.into_iter().flat_map(|piece| piece.body).collect();
    Ok(Failed {
        why: host.error.map(|error| visit.speech(&error)),
        output: ansi::lines(&String::from_utf8_lossy(&bytes)),
        host: host.host,
    })
}
