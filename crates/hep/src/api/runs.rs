//! `/runs`: what happens on hosts, and its live log.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body as Bytes, Bytes as Piece};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use hep_engine::ops::follow::{Follower, Shown};
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::run::{self, Events, RetryInput, RunInput};
use hep_engine::ops::{Actor, Engine, OpError};
use hep_engine::store::host_runs::HostRun;
use hep_engine::store::runs::{Filter, Run};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::{Path, Query};
use super::answer::Answer;
use super::body::Body;
use super::caller::Caller;
use super::creation::{self, Creation, MadeBefore, OnceKey};
use super::pass::{Guard, Pass};
use super::problem::Problem;

/// How many entries are read at once.
const AT_ONCE: u32 = 500;
/// How long a live log stays silent before it says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show))
        .routes(routes!(hosts))
        .routes(routes!(events))
        .routes(routes!(output))
        .routes(routes!(cancel))
        .routes(routes!(retry))
        .routes(routes!(again))
        .routes(routes!(approve))
        .routes(routes!(reject))
}

/// Which runs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those in one of these states, with commas between them.
    state: Option<String>,
    /// Only those of this job.
    job: Option<String>,
    /// Only those that this actor asked for.
    actor: Option<String>,
    /// Only those with a part on this host.
    host: Option<String>,
    /// Only those of this kind.
    kind: Option<String>,
    /// Only those that are parts of this run.
    parent: Option<String>,
    /// Only those asked for since then, in milliseconds since 1970.
    since: Option<i64>,
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of runs, the latest first.
#[utoipa::path(get, path = "/runs", operation_id = "run_list", params(Which), responses((status = 200, body = Page<Run>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Run>>, Problem> {
    let words = which.state.as_deref().unwrap_or_default().split(',').map(str::trim);
    let states = words.filter(|word| !word.is_empty()).map(run::state).collect::<Result<_, _>>();
    let filter = Filter {
        states: states.map_err(|message| OpError::invalid("state", message))?,
        job: which.job,
        actor: which.actor,
        host: which.host,
        kind: which.kind,
        parent: which.parent,
        since_ms: which.since,
        ..Filter::default()
    };
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(run::list(&engine, &actor, filter, &paging).await?))
}

/// Asks for a run. It is on disk when this answers, and begins when a node takes it.
#[utoipa::path(post, path = "/runs", operation_id = "run_create", request_body = RunInput,
    params(OnceKey), responses((status = 202, body = Run), MadeBefore))]
async fn create(
    State(engine): State<Engine>,
    Creation { actor, said }: Creation<RunInput>,
) -> Result<Answer<Run>, Problem> {
    Ok(accepted(run::create(&engine, &actor, said).await?))
}

/// The answer to who has asked for a run.
pub(super) fn accepted(run: Run) -> Answer<Run> {
    Answer::accepted(creation::address("run", &run.id), run)
}

/// A run.
#[utoipa::path(get, path = "/runs/{id}", operation_id = "run_show", responses((status = 200, body = Run)))]
async fn show(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Answer<Run>, Problem> {
    Ok(Answer::ok(run::show(&engine, &actor, &id).await?))
}

/// Which hosts of a run.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WhichHosts {
    /// Only those in this state.
    state: Option<String>,
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of the hosts of a run, in their order.
#[utoipa::path(get, path = "/runs/{id}/hosts", operation_id = "run_hosts", params(WhichHosts),
    responses((status = 200, body = Page<HostRun>)))]
async fn hosts(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    Query(which): Query<WhichHosts>,
) -> Result<Answer<Page<HostRun>>, Problem> {
    let state = which.state.as_deref().map(run::host_state).transpose();
    let states: Vec<_> =
        state.map_err(|message| OpError::invalid("state", message))?.into_iter().collect();
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(run::hosts(&engine, &actor, &id, &states, &paging).await?))
}

/// Which part of a log.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WhichEvents {
    /// Only entries after this number; for a live log `Last-Event-ID` says the same.
    after: Option<i64>,
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
}

/// The log of a run. With `Accept: text/event-stream` it goes on while the run does: each event's `id` is the
/// number of an entry, and who connects again with `Last-Event-ID` misses nothing and gets nothing twice. The
/// last event is `end`.
#[utoipa::path(get, path = "/runs/{id}/events", operation_id = "run_events", params(WhichEvents),
    responses((status = 200, body = Events)))]
async fn events(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    pass: Pass,
    Path(id): Path<String>,
    Query(which): Query<WhichEvents>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let accepts = header(header::ACCEPT).unwrap_or_default();
    if !accepts.contains("text/event-stream") {
        let paging = Paging { limit: which.limit, cursor: None };
        let after = which.after.unwrap_or(0);
        let found = run::events(&engine, &actor, &id, after, paging.limit()?).await?;
        return Ok(Answer::ok(found).into_response());
    }
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = last.and_then(|text| text.parse().ok()).or(which.after).unwrap_or(0);
    let guard = Guard::new(&engine, pass, &actor);
    live(engine, &actor, guard, id, after).await
}

/// A log that goes on.
struct Live {
    follower: Follower,
    read: VecDeque<Arc<Shown>>,
    said: bool,
}

async fn live(
    engine: Engine,
    actor: &Actor,
    guard: Guard,
    id: String,
    after: i64,
) -> Result<Response, Problem> {
    let follower = Follower::new(&engine, actor, &id, after).await?;
    let live = Live { follower, read: VecDeque::new(), said: false };
    let events = stream::unfold(live, |mut live| async {
        let event = live.next().await?;
        Some((Ok::<_, Infallible>(event), live))
    });
    let guard = guard.of(move |engine, actor| {
        let id = id.clone();
        async move { run::show(&engine, &actor, &id).await.map(drop) }
    });
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    Ok(Sse::new(guard.over(events)).keep_alive(alive).into_response())
}

impl Live {
    /// The next event; none after the end, and none when the log cannot be read: who connects again goes on.
    async fn next(&mut self) -> Option<Sent> {
        if self.read.is_empty() {
            self.read = self.follower.next().await.ok()?.unwrap_or_default().into();
        }
        if let Some(entry) = self.read.pop_front() {
            let sent = Sent::default().id(entry.seq.to_string()).event(&entry.kind);
            return Some(sent.data(&entry.json));
        }
        let first = !std::mem::replace(&mut self.said, true);
        (first && self.follower.is_over()).then(|| Sent::default().event("end").data("{}"))
    }
}

/// Which output.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WhichOutput {
    /// Only that of this host; without it that of all, each piece after the name of its host.
    host: Option<String>,
}

/// The output of a run as text.
#[utoipa::path(get, path = "/runs/{id}/output", operation_id = "run_output", params(WhichOutput),
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn output(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    Query(which): Query<WhichOutput>,
) -> Result<Response, Problem> {
    run::show(&engine, &actor, &id).await?;
    let name = format!("attachment; filename=\"run-{id}.txt\"");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, text(engine, actor, id, which.host)).into_response())
}

/// The output of a run as it is read from the database: of one host, or of all with their names between.
pub(crate) fn text(engine: Engine, actor: Actor, id: String, host: Option<String>) -> Bytes {
    let start = (engine, actor, id, host, 0_i64);
    let pieces = stream::try_unfold(start, |(engine, actor, id, host, after)| async move {
        let found = run::output(&engine, &actor, &id, host.as_deref(), after, AT_ONCE).await;
        let found = found.map_err(|error| std::io::Error::other(error.to_string()))?;
        let Some(last) = found.last().map(|piece| piece.seq) else { return Ok(None) };
        let mut text = Vec::new();
        for piece in found {
            if host.is_none() {
                text.extend_from_slice(format!("== {} ==\n", piece.host).as_bytes());
            }
            text.extend_from_slice(&piece.body);
            if host.is_none() && !piece.body.ends_with(b"\n") {
                text.push(b'\n');
            }
        }
        Ok::<_, std::io::Error>(Some((Piece::from(text), (engine, actor, id, host, last))))
    });
    Bytes::from_stream(pieces)
}

/// Stops a run. Whoever coordinates it ends what runs on the hosts.
#[utoipa::path(post, path = "/runs/{id}/cancel", operation_id = "run_cancel", responses((status = 202, body = Run)))]
async fn cancel(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Answer<Run>, Problem> {
    Ok(accepted(run::cancel(&engine, &actor, &id).await?))
}

/// Repeats a run on the hosts that failed, were unreachable or were not begun.
#[utoipa::path(post, path = "/runs/{id}/retry", operation_id = "run_retry", request_body = RetryInput,
    responses((status = 202, body = Run)))]
async fn retry(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    Body(said): Body<RetryInput>,
) -> Result<Answer<Run>, Problem> {
    Ok(accepted(run::retry(&engine, &actor, &id, &said).await?))
}

/// Runs the same again on the hosts that its selector names now.
#[utoipa::path(post, path = "/runs/{id}/again", operation_id = "run_again", responses((status = 202, body = Run)))]
async fn again(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Answer<Run>, Problem> {
    Ok(accepted(run::again(&engine, &actor, &id).await?))
}

/// Approves what a run has planned: it goes on.
#[utoipa::path(post, path = "/runs/{id}/approve", operation_id = "run_approve", responses((status = 202, body = Run)))]
async fn approve(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Answer<Run>, Problem> {
    Ok(accepted(run::approve(&engine, &actor, &id).await?))
}

/// Refuses what a run has planned: it ends.
#[utoipa::path(post, path = "/runs/{id}/reject", operation_id = "run_reject", responses((status = 202, body = Run)))]
async fn reject(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Answer<Run>, Problem> {
    Ok(accepted(run::reject(&engine, &actor, &id).await?))
}
