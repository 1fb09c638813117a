//! `/groups`: named sets of hosts.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use hep_engine::ops::group::Membership;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Engine, group};
use hep_engine::store::groups::{Group, GroupInput};
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
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, patch, delete))
        .routes(routes!(change_hosts))
}

/// Which groups.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Which {
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of groups, by name.
#[utoipa::path(get, path = "/groups", operation_id = "group_list", params(Which),
    responses((status = 200, body = Page<Group>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Group>>, Problem> {
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(group::list(&engine, &actor, &paging).await?))
}

/// Makes a group.
#[utoipa::path(post, path = "/groups", operation_id = "group_create",
    request_body = GroupInput, responses((status = 201, body = Group)))]
async fn create(
    State(engine): State<Engine>,
    Creation { actor, said }: Creation<GroupInput>,
) -> Result<Answer<Group>, Problem> {
    let made = group::create(&engine, &actor, said).await?;
    let (address, version) = (creation::address("group", &made.said.name), made.version);
    Ok(Answer::created(address, made).tagged(version))
}

/// A group.
#[utoipa::path(get, path = "/groups/{name}", operation_id = "group_show",
    responses((status = 200, body = Group)))]
async fn show(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Group>, Problem> {
    Ok(tagged(group::show(&engine, &actor, &name).await?))
}

/// Changes a group: what is not said is as if it had never been, but for its hosts, which stay.
#[utoipa::path(put, path = "/groups/{name}", operation_id = "group_replace",
    request_body = GroupInput, responses((status = 200, body = Group)))]
async fn replace(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(said): Body<GroupInput>,
) -> Result<Answer<Group>, Problem> {
    Ok(tagged(group::update(&engine, &actor, &name, version, said).await?))
}

/// Changes what is said of a group (JSON Merge Patch).
#[utoipa::path(patch, path = "/groups/{name}", operation_id = "group_patch",
    request_body = Object, responses((status = 200, body = Group)))]
async fn patch(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(part): Body<Value>,
) -> Result<Answer<Group>, Problem> {
    Ok(tagged(group::patch(&engine, &actor, &name, version, &part).await?))
}

/// Puts hosts into a group and takes others out.
#[utoipa::path(post, path = "/groups/{name}/hosts", operation_id = "group_hosts",
    request_body = Membership, responses((status = 200, body = Group)))]
async fn change_hosts(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Body(wanted): Body<Membership>,
) -> Result<Answer<Group>, Problem> {
    Ok(tagged(group::change_hosts(&engine, &actor, &name, &wanted).await?))
}

/// Removes a group. Its hosts and the groups within it stay.
#[utoipa::path(delete, path = "/groups/{name}", operation_id = "group_delete",
    responses((status = 204)))]
async fn delete(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
) -> Result<StatusCode, Problem> {
    group::delete(&engine, &actor, &name, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(group: Group) -> Answer<Group> {
    let version = group.version;
    Answer::ok(group).tagged(version)
}
