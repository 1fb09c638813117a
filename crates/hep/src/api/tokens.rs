//! `/tokens`: how programs are let in.

use axum::extract::State;
use axum::http::StatusCode;
use hep_engine::ops::Engine;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::token::{self, Made, NewToken};
use hep_engine::store::tokens::Token;
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

/// Which tokens.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those of this user.
    user: Option<String>,
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of tokens: of all users for administrators, else one's own.
#[utoipa::path(get, path = "/tokens", operation_id = "token_list", params(Which),
    responses((status = 200, body = Page<Token>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Token>>, Problem> {
    let Which { user, limit, cursor } = which;
    let paging = Paging { limit, cursor };
    Ok(Answer::ok(token::list(&engine, &actor, user.as_deref(), &paging).await?))
}

/// Makes a token, and tells it: now and never again.
#[utoipa::path(post, path = "/tokens", operation_id = "token_create", request_body = NewToken,
    params(OnceKey), responses((status = 201, body = Made), MadeBefore))]
async fn create(
    State(engine): State<Engine>,
    Creation { actor, said: new }: Creation<NewToken>,
) -> Result<Answer<Made>, Problem> {
    let made = token::create(&engine, &actor, new).await?;
    Ok(Answer::created(creation::address("token", &made.about.id), made))
}

/// What can be seen of a token.
#[utoipa::path(get, path = "/tokens/{id}", operation_id = "token_show",
    responses((status = 200, body = Token)))]
async fn show(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Answer<Token>, Problem> {
    Ok(Answer::ok(token::show(&engine, &actor, &id).await?))
}

/// Ends a token.
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "token_delete",
    responses((status = 204)))]
async fn delete(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    token::delete(&engine, &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
