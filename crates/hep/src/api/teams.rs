//! `/teams`: users who get grants together.

use hep_engine::ops::team;
use hep_engine::store::teams::{Team, TeamInput};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, replace, patch, delete))
}

handlers! {
    team: Team named (said.name);

    /// A page of teams, by name.
    list "/teams" "team_list";
    /// Makes a team.
    create "/teams" "team_create" from TeamInput;
    /// A team.
    show "/teams/{name}" "team_show";
    /// Changes a team: what is not said is as if it had never been.
    replace "/teams/{name}" "team_replace" from TeamInput;
    /// Changes what is said of a team (JSON Merge Patch).
    patch "/teams/{name}" "team_patch";
    /// Removes a team and its grants; its users stay.
    delete "/teams/{name}" "team_delete";
}
