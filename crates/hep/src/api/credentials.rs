//! `/credentials`: how hosts are logged in to.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use hep_engine::ops::credential::{CredentialInput, CredentialPatch};
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Engine, credential};
use hep_engine::store::credentials::Credential;
use serde::Deserialize;
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

/// Which credentials.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Which {
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of credentials, by name. No secret is ever shown.
#[utoipa::path(get, path = "/credentials", operation_id = "credential_list", params(Which),
    responses((status = 200, body = Page<Credential>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Credential>>, Problem> {
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(credential::list(&engine, &actor, &paging).await?))
}

/// Makes a credential.
#[utoipa::path(post, path = "/credentials", operation_id = "credential_create",
    request_body = CredentialInput, responses((status = 201, body = Credential)))]
async fn create(
    State(engine): State<Engine>,
    Creation { actor, said }: Creation<CredentialInput>,
) -> Result<Answer<Credential>, Problem> {
    let made = credential::create(&engine, &actor, said).await?;
    let (address, version) = (creation::address("credential", &made.name), made.version);
    Ok(Answer::created(address, made).tagged(version))
}

/// A credential.
#[utoipa::path(get, path = "/credentials/{name}", operation_id = "credential_show",
    responses((status = 200, body = Credential)))]
async fn show(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Credential>, Problem> {
    Ok(tagged(credential::show(&engine, &actor, &name).await?))
}

/// Changes a credential: what is not said is as if it had never been, but for secrets, which stay.
#[utoipa::path(put, path = "/credentials/{name}", operation_id = "credential_replace",
    request_body = CredentialInput, responses((status = 200, body = Credential)))]
async fn replace(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(said): Body<CredentialInput>,
) -> Result<Answer<Credential>, Problem> {
    Ok(tagged(credential::update(&engine, &actor, &name, version, said).await?))
}

/// Changes what is said of a credential (JSON Merge Patch).
#[utoipa::path(patch, path = "/credentials/{name}", operation_id = "credential_patch",
    request_body = CredentialPatch, responses((status = 200, body = Credential)))]
async fn patch(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(said): Body<CredentialPatch>,
) -> Result<Answer<Credential>, Problem> {
    Ok(tagged(credential::patch(&engine, &actor, &name, version, said).await?))
}

/// Removes a credential that no host uses.
#[utoipa::path(delete, path = "/credentials/{name}", operation_id = "credential_delete",
    responses((status = 204)))]
async fn delete(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
) -> Result<StatusCode, Problem> {
    credential::delete(&engine, &actor, &name, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(credential: Credential) -> Answer<Credential> {
    let version = credential.version;
    Answer::ok(credential).tagged(version)
}
