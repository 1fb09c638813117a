//! `/roles`: sets of verbs.

use hep_engine::ops::role;
use hep_engine::store::roles::{Role, RoleInput};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, replace, patch, delete))
}

handlers! {
    role: Role named (said.name);

    /// A page of roles, by name.
    list "/roles" "role_list";
    /// Makes a role.
    create "/roles" "role_create" from RoleInput;
    /// A role.
    show "/roles/{name}" "role_show";
    /// Changes a role: what is not said is as if it had never been.
    replace "/roles/{name}" "role_replace" from RoleInput;
    /// Changes what is said of a role (JSON Merge Patch).
    patch "/roles/{name}" "role_patch";
    /// Removes a role of your own, and takes it from all who have it.
    delete "/roles/{name}" "role_delete";
}
