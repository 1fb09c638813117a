//! `/hosts/{name}/keys`: which keys of a host are trusted.

use axum::extract::State;
use hep_engine::ops::host_key::{Approval, KeyInput};
use hep_engine::ops::{Engine, host_key};
use hep_engine::store::host_keys::HostKey;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::Path;
use super::answer::Answer;
use super::body::Body;
use super::caller::Caller;
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(approve)).routes(routes!(revoke))
}

/// The keys that a host has shown, and what was decided about them.
#[utoipa::path(get, path = "/hosts/{name}/keys", operation_id = "host_key_list",
    responses((status = 200, body = Vec<HostKey>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Vec<HostKey>>, Problem> {
    Ok(Answer::ok(host_key::list(&engine, &actor, &name).await?))
}

/// Asks the host for its key, which then waits for approval; or trusts the key that is given.
#[utoipa::path(post, path = "/hosts/{name}/keys", operation_id = "host_key_add",
    request_body = KeyInput, responses((status = 200, body = Vec<HostKey>)))]
async fn add(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Body(said): Body<KeyInput>,
) -> Result<Answer<Vec<HostKey>>, Problem> {
    Ok(Answer::ok(host_key::add(&engine, &actor, &name, &said).await?))
}

/// Trusts a key that a host has shown.
#[utoipa::path(post, path = "/hosts/{name}/keys/{id}/approve", operation_id = "host_key_approve",
    request_body = Approval, responses((status = 200, body = HostKey)))]
async fn approve(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path((name, id)): Path<(String, String)>,
    Body(said): Body<Approval>,
) -> Result<Answer<HostKey>, Problem> {
    Ok(Answer::ok(host_key::approve(&engine, &actor, &name, &id, &said).await?))
}

/// Never trusts a key again.
#[utoipa::path(post, path = "/hosts/{name}/keys/{id}/revoke", operation_id = "host_key_revoke",
    responses((status = 200, body = HostKey)))]
async fn revoke(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path((name, id)): Path<(String, String)>,
) -> Result<Answer<HostKey>, Problem> {
    Ok(Answer::ok(host_key::revoke(&engine, &actor, &name, &id).await?))
}
