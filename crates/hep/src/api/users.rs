//! `/users`: who may sign in.

use hep_engine::ops::session;
use hep_engine::ops::user::{self, NewPassword, NewUser};
use hep_engine::store::sessions::Session;
use hep_engine::store::users::{Filter, User, UserInput};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Access;
use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, patch, delete))
        .routes(routes!(set_password))
        .routes(routes!(unlock))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
}

/// Which users.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those whose name, full name or mail address holds this.
    q: Option<String>,
    /// Only those of this team.
    team: Option<String>,
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of users, by name.
#[utoipa::path(get, path = "/users", operation_id = "user_list", params(Which),
    responses((status = 200, body = Page<User>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<User>>, Problem> {
    let filter = Filter { text: which.q, team: which.team, ..Filter::default() };
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(user::list(&engine, &actor, filter, &paging).await?))
}

/// Makes a user.
#[utoipa::path(post, path = "/users", operation_id = "user_create", request_body = NewUser,
    params(OnceKey), responses((status = 201, body = User), MadeBefore))]
async fn create(
    State(engine): State<Engine>,
    Creation { actor, said }: Creation<NewUser>,
) -> Result<Answer<User>, Problem> {
    let user = user::create(&engine, &actor, said).await?;
    let address = format!("{}/users/{}", super::ROOT, user.said.name);
    let version = user.version;
    Ok(Answer::created(address, user).tagged(version))
}

handlers! {
    user: User named (said.name);

    /// A user. Everybody may see themselves.
    show "/users/{name}" "user_show";
    /// Changes a user: what is not said is as if it had never been.
    replace "/users/{name}" "user_replace" from UserInput;
    /// Changes what is said of a user (JSON Merge Patch); `{"enabled": false}` lets them in no more.
    patch "/users/{name}" "user_patch";
    /// Removes a user, with tokens, sessions and grants.
    delete "/users/{name}" "user_delete";
}

/// Sets a password, and ends the user's other sessions. Whoever sets their own gives the one before it too.
#[utoipa::path(put, path = "/users/{name}/password", operation_id = "user_set_password",
    request_body = NewPassword, responses((status = 204)))]
async fn set_password(
    State(engine): State<Engine>,
    access: Access,
    Path(name): Path<String>,
    Body(new): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    let session = access.session.as_ref().map(|(id, _)| id.as_str());
    user::set_password(&engine, &access.actor, &name, session, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the wait of a user who has given too many wrong passwords.
#[utoipa::path(post, path = "/users/{name}/unlock", operation_id = "user_unlock",
    responses((status = 204)))]
async fn unlock(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    user::unlock(&engine, &actor, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The sessions of a user, the newest first.
#[utoipa::path(get, path = "/users/{name}/sessions", operation_id = "user_sessions",
    responses((status = 200, body = Vec<Session>)))]
async fn sessions(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Vec<Session>>, Problem> {
    Ok(Answer::ok(session::list(&engine, &actor, &name).await?))
}

/// Ends a session of a user.
#[utoipa::path(delete, path = "/users/{name}/sessions/{id}", operation_id = "user_end_session",
    responses((status = 204)))]
async fn end_session(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path((name, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    session::end(&engine, &actor, &name, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
