//! `/roles`: sets of verbs.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Engine, role};
use hep_engine::store::roles::{Role, RoleInput};
use serde::Deserialize;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Answer;
use super::body::{Body, Version};
use super::caller::Caller;
use super::creation::{self, Creation};
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, replace, patch, delete))
}

/// Which roles.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Which {
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of roles, by name.
#[utoipa::path(get, path = "/roles", operation_id = "role_list", params(Which),
    responses((status = 200, body = Page<Role>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Role>>, Problem> {
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(role::list(&engine, &actor, &paging).await?))
}

/// Makes a role.
#[utoipa::path(post, path = "/roles", operation_id = "role_create", request_body = RoleInput,
    responses((status = 201, body = Role)))]
async fn create(
    State(engine): State<Engine>,
    Creation { actor, said }: Creation<RoleInput>,
) -> Result<Answer<Role>, Problem> {
    let role = role::create(&engine, &actor, said).await?;
    let (address, version) = (creation::address("role", &role.said.name), role.version);
    Ok(Answer::created(address, role).tagged(version))
}

/// A role.
#[utoipa::path(get, path = "/roles/{name}", operation_id = "role_show",
    responses((status = 200, body = Role)))]
async fn show(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Role>, Problem> {
    Ok(tagged(role::show(&engine, &actor, &name).await?))
}

/// Changes a role: what is not said is as if it had never been.
#[utoipa::path(put, path = "/roles/{name}", operation_id = "role_replace", request_body = RoleInput,
    responses((status = 200, body = Role)))]
async fn replace(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(said): Body<RoleInput>,
) -> Result<Answer<Role>, Problem> {
    Ok(tagged(role::update(&engine, &actor, &name, version, said).await?))
}

/// Changes what is said of a role (JSON Merge Patch).
#[utoipa::path(patch, path = "/roles/{name}", operation_id = "role_patch", request_body = Object,
    responses((status = 200, body = Role)))]
async fn patch(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(part): Body<Value>,
) -> Result<Answer<Role>, Problem> {
    Ok(tagged(role::patch(&engine, &actor, &name, version, &part).await?))
}

/// Removes a role of your own, and takes it from all who have it.
#[utoipa::path(delete, path = "/roles/{name}", operation_id = "role_delete",
    responses((status = 204)))]
async fn delete(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
) -> Result<StatusCode, Problem> {
    role::delete(&engine, &actor, &name, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(role: Role) -> Answer<Role> {
    let version = role.version;
    Answer::ok(role).tagged(version)
}
