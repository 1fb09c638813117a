//! `/groups`: named sets of hosts.

use hep_engine::ops::group::{self, Membership};
use hep_engine::store::groups::{Group, GroupInput};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, patch, delete))
        .routes(routes!(change_hosts))
}

handlers! {
    group: Group named (said.name);

    /// A page of groups, by name.
    list "/groups" "group_list";
    /// Makes a group.
    create "/groups" "group_create" from GroupInput;
    /// A group.
    show "/groups/{name}" "group_show";
    /// Changes a group: what is not said is as if it had never been, but for its hosts, which stay.
    replace "/groups/{name}" "group_replace" from GroupInput;
    /// Changes what is said of a group (JSON Merge Patch).
    patch "/groups/{name}" "group_patch";
    /// Removes a group. Its hosts and the groups within it stay.
    delete "/groups/{name}" "group_delete";
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
