//! The REST API: `/api/v1`. A door: it parses, calls an operation and renders. One file a noun.

mod address;
mod alf;
mod answer;
mod audit;
mod body;
mod bulk;
mod caller;
mod creation;
mod credentials;
mod docs;
mod document;
mod grants;
mod groups;
mod handlers;
mod host_keys;
#[cfg(test)]
mod hostile_test;
mod hosts;
mod import;
mod jobs;
mod known_hosts;
mod loose;
mod manifests;
mod negotiate;
mod nodes;
mod partitions;
mod pass;
mod problem;
mod push_key;
mod repositories;
#[cfg(test)]
mod rights_test;
mod roles;
mod runs;
#[cfg(test)]
mod session_test;
mod sessions;
mod setup;
mod teams;
mod tokens;
mod users;
mod verbs;
mod views;
mod xml;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::{Router, middleware};
use hep_core::message::api as say;
use hep_engine::ops::Engine;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use self::caller::{
    REQUEST, current_request, is_encrypted, note_refused, origin, seen, session_cookie,
};
pub(crate) use self::negotiate::xml_for_those_who_ask;
pub(crate) use self::pass::{Guard, Pass};
pub(crate) use self::problem::{Problem, Refusal};
pub(crate) use self::runs::text as run_text;
pub(crate) use self::sessions::{end_session, set_session};

/// Where the API lies.
pub(crate) const ROOT: &str = "/api/v1";

/// What describes the API.
#[derive(OpenApi)]
#[openapi(info(
    title = "Hephaestus",
    description = "Runs fleets of Linux servers over SSH. Everything that happens is a run."
))]
struct Description;

/// The routes, and what describes them.
fn routes() -> OpenApiRouter<Engine> {
    let all = OpenApiRouter::new()
        .merge(audit::routes())
        .merge(bulk::routes())
        .merge(credentials::routes())
        .merge(grants::routes())
        .merge(groups::routes())
        .merge(host_keys::routes())
        .merge(hosts::routes())
        .merge(import::routes())
        .merge(jobs::routes())
        .merge(known_hosts::routes())
        .merge(manifests::routes())
        .merge(nodes::routes())
        .merge(partitions::routes())
        .merge(push_key::routes())
        .merge(repositories::routes())
        .merge(roles::routes())
        .merge(runs::routes())
        .merge(sessions::routes())
        .merge(setup::routes())
        .merge(teams::routes())
        .merge(tokens::routes())
        .merge(users::routes())
        .merge(verbs::routes())
        .merge(views::routes());
    OpenApiRouter::with_openapi(Description::openapi()).nest(ROOT, all)
}

/// What describes the API.
#[cfg(test)]
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    document::complete(routes().split_for_parts().1)
}

/// The API as a service; `alf` is whether ALF's own paths answer too.
pub(crate) fn router(engine: Engine, alf: bool) -> Router {
    let (mut router, document) = routes().split_for_parts();
    let noted = middleware::from_fn_with_state(engine.clone(), caller::note_refused);
    if alf {
        router = router.merge(alf::router());
    }
    router
        .method_not_allowed_fallback(no_such_method)
        .fallback(no_such_call)
        .layer(noted)
        .with_state(engine)
        .merge(docs::router(&document::complete(document)))
}

async fn no_such_call(request: Request) -> Problem {
    let message = say::no_such_call(request.method(), request.uri().path());
    Problem::new(StatusCode::NOT_FOUND, &message)
}

async fn no_such_method(request: Request) -> Problem {
    let message = say::no_such_call(request.method(), request.uri().path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, &message)
}
