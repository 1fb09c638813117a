//! Host verbs: what can be asked of hosts by name, and what they answer.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use hep_core::verb::packages::Package;
use hep_core::verb::processes::Process;
use hep_core::verb::services::Service;
use hep_core::verb::status::Status;
use hep_engine::ops::verb::{self, Facts, Known, WakeInput, Woken};
use hep_engine::ops::{Engine, host};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::{Path, Query};
use super::answer::Answer;
use super::body::Body;
use super::caller::Caller;
use super::pass::{Guard, Pass};
use super::problem::Problem;

/// How long a live view stays silent before it says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(wake))
        .routes(routes!(status))
        .routes(routes!(watch))
        .routes(routes!(facts))
        .routes(routes!(processes))
        .routes(routes!(services))
        .routes(routes!(packages))
}

/// The host verbs. One is done by a run: `POST /runs` with `{"kind": "verb", "verb": NAME, …}` as its subject.
#[utoipa::path(get, path = "/verbs", operation_id = "verb_list", responses((status = 200, body = [Known])))]
async fn list(Caller(_): Caller) -> Answer<Vec<Known>> {
    Answer::ok(verb::list())
}

/// Wakes machines that are switched off, by a packet from this node or from other hosts.
#[utoipa::path(post, path = "/wake", operation_id = "host_wake", request_body = WakeInput, responses((status = 200, body = Woken)))]
async fn wake(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Body(said): Body<WakeInput>,
) -> Result<Answer<Woken>, Problem> {
    Ok(Answer::ok(verb::wake(&engine, &actor, &said).await?))
}

/// How closely is looked.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Depth {
    /// Whether to leave out what takes a second: updates, services, whether a reboot is needed.
    #[serde(default)]
    live: bool,
}

/// How a host is, at this moment.
#[utoipa::path(get, path = "/hosts/{name}/status", operation_id = "host_status", params(Depth), responses((status = 200, body = Status)))]
async fn status(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Query(depth): Query<Depth>,
) -> Result<Answer<Status>, Problem> {
    Ok(Answer::ok(verb::status(&engine, &actor, &name, depth.live).await?))
}

/// How a host is, every two seconds, as server-sent events `status`: `{"status": …}`, or `{"error": …}` while
/// it cannot be reached.
#[utoipa::path(get, path = "/hosts/{name}/status/events", operation_id = "host_watch",
    responses((status = 200, content_type = "text/event-stream")))]
async fn watch(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    pass: Pass,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let mut seen = verb::watch(&engine, &actor, &name).await?;
    let now = seen.borrow_and_update().clone();
    let first: VecDeque<_> = now.into_iter().collect();
    let guard = Guard::new(&engine, pass, &actor).of(move |engine, actor| {
        let name = name.clone();
        async move { host::show(&engine, &actor, &name).await.map(drop) }
    });
    let events = stream::unfold((engine, seen, first), |(engine, mut seen, mut first)| async {
        let json = loop {
            if let Some(json) = first.pop_front() {
                break json;
            }
            seen.changed().await.ok()?;
            first.extend(seen.borrow_and_update().clone());
        };
        // A node that stops is left: whoever watches connects again.
        let event = Event::default().event("status").data(&*json);
        (!engine.hub().is_closed()).then_some((Ok::<_, Infallible>(event), (engine, seen, first)))
    });
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    Ok(Sse::new(guard.over(events)).keep_alive(alive).into_response())
}

/// What a host is, as it was when its facts were last taken.
#[utoipa::path(get, path = "/hosts/{name}/facts", operation_id = "host_facts", responses((status = 200, body = Facts)))]
async fn facts(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Facts>, Problem> {
    Ok(Answer::ok(verb::facts(&engine, &actor, &name).await?))
}

/// The processes of a host.
#[utoipa::path(get, path = "/hosts/{name}/processes", operation_id = "host_processes", responses((status = 200, body = [Process])))]
async fn processes(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Vec<Process>>, Problem> {
    Ok(Answer::ok(verb::processes(&engine, &actor, &name).await?))
}

/// The services of a host.
#[utoipa::path(get, path = "/hosts/{name}/services", operation_id = "host_services", responses((status = 200, body = [Service])))]
async fn services(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Vec<Service>>, Problem> {
    Ok(Answer::ok(verb::services(&engine, &actor, &name).await?))
}

/// Which packages.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Words to search for among those that could be installed; without it, all that are installed.
    q: Option<String>,
}

/// The packages of a host, or those that it could have.
#[utoipa::path(get, path = "/hosts/{name}/packages", operation_id = "host_packages", params(Which), responses((status = 200, body = [Package])))]
async fn packages(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Query(which): Query<Which>,
) -> Result<Answer<Vec<Package>>, Problem> {
    Ok(Answer::ok(verb::packages(&engine, &actor, &name, which.q.as_deref()).await?))
}
