//! `/hosts/{name}/push-key`: the first key into a host.

use axum::extract::State;
use hep_engine::ops::Engine;
use hep_engine::ops::push_key::{self, PushKeyInput, PushedKey};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::Path;
use super::answer::Answer;
use super::body::Body;
use super::caller::Caller;
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(push))
}

/// Logs in by a password, once, lets the key of a credential in, proves that it logs in, and has it log in from
/// then on.
#[utoipa::path(post, path = "/hosts/{name}/push-key", operation_id = "host_push_key",
    request_body = PushKeyInput, responses((status = 200, body = PushedKey)))]
async fn push(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Body(said): Body<PushKeyInput>,
) -> Result<Answer<PushedKey>, Problem> {
    Ok(Answer::ok(push_key::push_key(&engine, &actor, &name, said).await?))
}
