//! `/grants`: who has which role, on which hosts.

use axum::extract::State;
use axum::http::StatusCode;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Engine, grant};
use hep_engine::store::grants::{Filter, GrantInput, Granted};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::{Path, Query};
use super::answer::Answer;
use super::caller::Caller;
use super::creation::{self, Creation, MadeBefore, OnceKey};
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, delete))
}

/// Which grants.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those of this user, without those of teams.
    user: Option<String>,
    /// Only those of this team.
    team: Option<String>,
    /// Only those of this role.
    role: Option<String>,
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of grants, in the order in which they were given.
#[utoipa::path(get, path = "/grants", operation_id = "grant_list", params(Which),
    responses((status = 200, body = Page<Granted>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Granted>>, Problem> {
    let Which { user, team, role, limit, cursor } = which;
    let filter = Filter { user, team, role, after: None };
    Ok(Answer::ok(grant::list(&engine, &actor, filter, &Paging { limit, cursor }).await?))
}

/// Gives a role to a user or a team.
#[utoipa::path(post, path = "/grants", operation_id = "grant_create", request_body = GrantInput,
    params(OnceKey), responses((status = 201, body = Granted), MadeBefore))]
async fn create(
    State(engine): State<Engine>,
    Creation { actor, said }: Creation<GrantInput>,
) -> Result<Answer<Granted>, Problem> {
    let made = grant::create(&engine, &actor, said).await?;
    Ok(Answer::created(creation::address("grant", &made.id), made))
}

/// A grant.
#[utoipa::path(get, path = "/grants/{id}", operation_id = "grant_show",
    responses((status = 200, body = Granted)))]
async fn show(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Answer<Granted>, Problem> {
    Ok(Answer::ok(grant::show(&engine, &actor, &id).await?))
}

/// Takes a role away.
#[utoipa::path(delete, path = "/grants/{id}", operation_id = "grant_delete",
    responses((status = 204)))]
async fn delete(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    grant::delete(&engine, &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
