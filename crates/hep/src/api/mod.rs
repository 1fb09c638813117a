//! The REST API: `/api/v1`. A door: it parses, calls an operation and renders. One file a noun.

mod alf;
mod answer;
mod body;
mod caller;
mod creation;
mod credentials;
mod docs;
mod groups;
mod hosts;
mod loose;
mod negotiate;
mod partitions;
mod problem;
mod runs;
mod xml;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use hep_core::message::api as say;
use hep_engine::ops::Engine;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use self::caller::{REQUEST, current_request};
pub(crate) use self::negotiate::xml_for_those_who_ask;
pub(crate) use self::problem::Problem;

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
    let nouns = [
        credentials::routes(),
        groups::routes(),
        hosts::routes(),
        partitions::routes(),
        runs::routes(),
    ];
    let nouns = nouns.into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge);
    OpenApiRouter::with_openapi(Description::openapi()).nest(ROOT, nouns)
}

/// The API as a service; `alf` is whether ALF's own paths answer too.
pub(crate) fn router(engine: Engine, alf: bool) -> Router {
    let (mut router, document) = routes().split_for_parts();
    if alf {
        router = router.merge(alf::router());
    }
    router
        .method_not_allowed_fallback(no_such_method)
        .fallback(no_such_call)
        .with_state(engine)
        .merge(docs::router(&document))
}

async fn no_such_call(request: Request) -> Problem {
    let message = say::no_such_call(request.method(), request.uri().path());
    Problem::new(StatusCode::NOT_FOUND, &message)
}

async fn no_such_method(request: Request) -> Problem {
    let message = say::no_such_call(request.method(), request.uri().path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, &message)
}
