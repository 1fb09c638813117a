//! `/teams`: users who get grants together.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Engine, team};
use hep_engine::store::teams::{Team, TeamInput};
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

/// Which teams.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Which {
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of teams, by name.
#[utoipa::path(get, path = "/teams", operation_id = "team_list", params(Which),
    responses((status = 200, body = Page<Team>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Team>>, Problem> {
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(team::list(&engine, &actor, &paging).await?))
}

/// Makes a team.
#[utoipa::path(post, path = "/teams", operation_id = "team_create", request_body = TeamInput,
    responses((status = 201, body = Team)))]
async fn create(
    State(engine): State<Engine>,
    Creation { actor, said }: Creation<TeamInput>,
) -> Result<Answer<Team>, Problem> {
    let team = team::create(&engine, &actor, said).await?;
    let (address, version) = (creation::address("team", &team.said.name), team.version);
    Ok(Answer::created(address, team).tagged(version))
}

/// A team.
#[utoipa::path(get, path = "/teams/{name}", operation_id = "team_show",
    responses((status = 200, body = Team)))]
async fn show(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Team>, Problem> {
    Ok(tagged(team::show(&engine, &actor, &name).await?))
}

/// Changes a team: what is not said is as if it had never been.
#[utoipa::path(put, path = "/teams/{name}", operation_id = "team_replace", request_body = TeamInput,
    responses((status = 200, body = Team)))]
async fn replace(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(said): Body<TeamInput>,
) -> Result<Answer<Team>, Problem> {
    Ok(tagged(team::update(&engine, &actor, &name, version, said).await?))
}

/// Changes what is said of a team (JSON Merge Patch).
#[utoipa::path(patch, path = "/teams/{name}", operation_id = "team_patch", request_body = Object,
    responses((status = 200, body = Team)))]
async fn patch(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(part): Body<Value>,
) -> Result<Answer<Team>, Problem> {
    Ok(tagged(team::patch(&engine, &actor, &name, version, &part).await?))
}

/// Removes a team and its grants; its users stay.
#[utoipa::path(delete, path = "/teams/{name}", operation_id = "team_delete",
    responses((status = 204)))]
async fn delete(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
) -> Result<StatusCode, Problem> {
    team::delete(&engine, &actor, &name, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(team: Team) -> Answer<Team> {
    let version = team.version;
    Answer::ok(team).tagged(version)
}
