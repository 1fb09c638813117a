//! `/setup`: the first administrator, by the link that the server printed.

use axum::extract::State;
use axum::response::Response;
use hep_engine::ops::Engine;
use hep_engine::ops::session::Me;
use hep_engine::ops::setup::{self, Setup};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Body;
use super::problem::Problem;
use super::sessions::{Stranger, welcome};

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(create))
}

/// Makes the first administrator and signs them in. Works once, with the token that `hep serve` printed.
#[utoipa::path(post, path = "/setup", operation_id = "setup_create", request_body = Setup,
    security(()), responses((status = 201, body = Me)))]
async fn create(
    State(engine): State<Engine>,
    stranger: Stranger,
    Body(said): Body<Setup>,
) -> Result<Response, Problem> {
    let signed = setup::setup(&engine, said, &stranger.from).await?;
    Ok(welcome(&signed, stranger.encrypted))
}
