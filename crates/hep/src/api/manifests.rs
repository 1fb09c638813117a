//! `/manifests`: manifests that are kept in the server, with their history.

use hep_engine::ops::manifest::{self, Difference, Manifest, ManifestInput};
use hep_engine::store::manifests::{Outline, Revision};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, patch, delete))
        .routes(routes!(history))
        .routes(routes!(revision))
        .routes(routes!(difference))
        .routes(routes!(restore))
}

handlers! {
    manifest: Manifest named (said.name);

    /// Makes a manifest. It is kept only if it could be run.
    create "/manifests" "manifest_create" from ManifestInput;
    /// A manifest with the files of its newest revision.
    show "/manifests/{name}" "manifest_show";
    /// Changes a manifest: what is not said is as if it had never been. Other files are a new revision.
    replace "/manifests/{name}" "manifest_replace" from ManifestInput;
    /// Changes what is said of a manifest (JSON Merge Patch): a file that is `null` goes, one that is not named stays.
    patch "/manifests/{name}" "manifest_patch";
    /// Removes a manifest with its history.
    delete "/manifests/{name}" "manifest_delete";
}

/// Which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of manifests, by name, without their files.
#[utoipa::path(get, path = "/manifests", operation_id = "manifest_list", params(Which),
    responses((status = 200, body = Page<Outline>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Outline>>, Problem> {
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(manifest::list(&engine, &actor, &paging).await?))
}

/// A page of the revisions of a manifest, the newest first, without what is in their files.
#[utoipa::path(get, path = "/manifests/{name}/revisions", operation_id = "manifest_history",
    params(Which), responses((status = 200, body = Page<Revision>)))]
async fn history(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Revision>>, Problem> {
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(manifest::history(&engine, &actor, &name, &paging).await?))
}

/// A manifest as it was at a revision.
#[utoipa::path(get, path = "/manifests/{name}/revisions/{number}", operation_id = "manifest_revision",
    responses((status = 200, body = Manifest)))]
async fn revision(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path((name, number)): Path<(String, i64)>,
) -> Result<Answer<Manifest>, Problem> {
    Ok(Answer::ok(manifest::show_revision(&engine, &actor, &name, number).await?))
}

/// Why a revision is restored.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RestoreInput {
    /// What the new revision says of itself.
    #[serde(default)]
    message: String,
}

/// Makes the files of a revision those of a new one.
#[utoipa::path(post, path = "/manifests/{name}/revisions/{number}/restore",
    operation_id = "manifest_restore", request_body = RestoreInput,
    params(IfMatch), responses((status = 200, body = Manifest)))]
async fn restore(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path((name, number)): Path<(String, String)>,
    Version(version): Version,
    Body(said): Body<RestoreInput>,
) -> Result<Answer<Manifest>, Problem> {
    // What is no number is no revision, for who may ask.
    let what = (number.parse().unwrap_or_default(), said.message);
    Ok(tagged(manifest::restore(&engine, &actor, &name, version, what).await?))
}

/// Which revisions are compared.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WhichTwo {
    /// The revision before; the one before the other when not said.
    from: Option<i64>,
    /// The revision after; the newest when not said.
    to: Option<i64>,
}

/// What differs between two revisions of a manifest.
#[utoipa::path(get, path = "/manifests/{name}/diff", operation_id = "manifest_diff",
    params(WhichTwo), responses((status = 200, body = Difference)))]
async fn difference(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Query(which): Query<WhichTwo>,
) -> Result<Answer<Difference>, Problem> {
    let which = (which.from, which.to);
    Ok(Answer::ok(manifest::difference(&engine, &actor, &name, which).await?))
}
