//! `/repositories`: where manifests are taken from with git.

use hep_engine::ops::repository;
use hep_engine::store::repositories::{Repository, RepositoryInput};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, replace, patch, delete))
}

handlers! {
    repository: Repository named (said.name);

    /// A page of repositories, by name.
    list "/repositories" "repository_list";
    /// Makes a repository. Nothing is taken from it before a run wants something.
    create "/repositories" "repository_create" from RepositoryInput;
    /// A repository.
    show "/repositories/{name}" "repository_show";
    /// Changes a repository: what is not said is as if it had never been.
    replace "/repositories/{name}" "repository_replace" from RepositoryInput;
    /// Changes what is said of a repository (JSON Merge Patch).
    patch "/repositories/{name}" "repository_patch";
    /// Removes a repository. Jobs that name it fail from then on.
    delete "/repositories/{name}" "repository_delete";
}
