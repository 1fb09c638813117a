//! `/known-hosts`: the keys of all hosts, as the file of that name has them.

use axum::extract::State;
use hep_engine::ops::known_hosts::{KnownHostsInput, Taken};
use hep_engine::ops::{Engine, known_hosts};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::Query;
use super::answer::Answer;
use super::body::Body;
use super::caller::Caller;
use super::import::How;
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(export, import))
}

/// The keys that are trusted or revoked, of the hosts that you may see: a `known_hosts` file.
#[utoipa::path(get, path = "/known-hosts", operation_id = "known_hosts_export",
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn export(State(engine): State<Engine>, Caller(actor): Caller) -> Result<String, Problem> {
    Ok(known_hosts::export(&engine, &actor).await?)
}

/// Trusts the keys that a `known_hosts` file has for hosts of the register.
#[utoipa::path(post, path = "/known-hosts", operation_id = "known_hosts_import", params(How),
    request_body = KnownHostsInput, responses((status = 200, body = Taken)))]
async fn import(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(how): Query<How>,
    Body(said): Body<KnownHostsInput>,
) -> Result<Answer<Taken>, Problem> {
    Ok(Answer::ok(known_hosts::import(&engine, &actor, &said, how.dry_run).await?))
}
