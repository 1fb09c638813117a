//! The REST API: `/api/v1`. A door: it parses, calls an operation and renders. One file a noun.

mod answer;
mod body;
mod caller;
mod hosts;
mod problem;

pub(crate) use self::caller::REQUEST;
use axum::Router;
use hep_engine::ops::Engine;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

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
    OpenApiRouter::with_openapi(Description::openapi()).nest(ROOT, hosts::routes())
}

/// The API as a service.
pub(crate) fn router(engine: Engine) -> Router {
    let (router, _) = routes().split_for_parts();
    router.with_state(engine)
}
