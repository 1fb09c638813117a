//! `/hosts/{name}/push-key`: the first key into a host.

use axum::extract::State;
use hep_engine::ops::Engine;
use hep_engine::ops::push_key::{self, PushKeyInput};
use hep_engine::store::runs::Run;
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

/// Asks for a run of the host verb `login.push_key`: it logs in by a password, once, lets the key of a credential in,
/// proves that it logs in, and has it log in from then on.
#[utoipa::path(post, path = "/hosts/{name}/push-key", operation_id = "host_push_key",
    request_body = PushKeyInput, responses((status = 202, body = Run)))]
async fn push(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Body(said): Body<PushKeyInput>,
) -> Result<Answer<Run>, Problem> {
    Ok(super::runs::accepted(push_key::push_key(&engine, &actor, &name, said).await?))
}
