//! The paths of ALF: `/ping/` for everybody, `/host/` and `/host/{id}` for those who may. In JSON with ALF's own
//! keys, in XML by our mapping.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use hep_engine::ops::page::{MOST, Paging};
use hep_engine::ops::{Engine, host};
use hep_engine::store::host_list::Filter;
use hep_engine::store::hosts::{Host, HostInput};
use serde::{Deserialize, Serialize};

use super::address::Path;
use super::answer::Answer;
use super::body::Body;
use super::caller::Caller;
use super::problem::Problem;

/// A host as ALF writes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AlfHost {
    id: String,
    hostname: String,
    port: u16,
    username: String,
    tasks: Vec<String>,
}

/// A host as ALF is told of it; the password that it took in XML belongs into a credential.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AlfInput {
    hostname: String,
    #[serde(default)]
    port: u16,
    #[serde(default)]
    username: String,
}

impl From<Host> for AlfHost {
    fn from(host: Host) -> Self {
        Self {
            id: host.id,
            hostname: host.said.address,
            port: host.said.port,
            username: host.said.user.unwrap_or_default(),
            tasks: Vec::new(),
        }
    }
}

/// The routes, with and without the slash at the end.
pub(super) fn router() -> Router<Engine> {
    let hosts = get(list).post(create);
    Router::new()
        .route("/ping/", get(async || "pong"))
        .route("/ping", get(async || "pong"))
        .route("/host/", hosts.clone())
        .route("/host", hosts)
        .route("/host/{id}", get(show))
}

async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
) -> Result<Answer<Vec<AlfHost>>, Problem> {
    let mut paging = Paging { limit: Some(MOST), cursor: None };
    let mut hosts = Vec::new();
    loop {
        let page = host::list(&engine, &actor, Filter::default(), None, &paging).await?;
        hosts.extend(page.items.into_iter().map(AlfHost::from));
        match page.next {
            Some(next) => paging.cursor = Some(next),
            None => return Ok(Answer::ok(hosts)),
        }
    }
}

async fn show(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Answer<AlfHost>, Problem> {
    Ok(Answer::ok(host::show(&engine, &actor, &id).await?.into()))
}

/// The name of a host that ALF makes is its address.
async fn create(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Body(said): Body<AlfInput>,
) -> Result<(StatusCode, Answer<AlfHost>), Problem> {
    let user = Some(said.username).filter(|user| !user.is_empty());
    let port = if said.port == 0 { 22 } else { said.port };
    let input = HostInput { port, user, ..HostInput::named(&said.hostname) };
    let host = host::create(&engine, &actor, input).await?;
    Ok((StatusCode::CREATED, Answer::ok(host.into())))
}
