//! `/views`: lists of the page that people keep with their filter, columns and order.

use hep_engine::ops::view;
use hep_engine::store::views::{View, ViewInput};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, replace, patch, delete))
}

handlers! {
    view: View named (id);

    /// A page of one's own views and those that everybody has, by name.
    list "/views" "view_list";
    /// Keeps a view, for oneself or for everybody.
    create "/views" "view_create" from ViewInput;
    /// A view, by its id or its name.
    show "/views/{name}" "view_show";
    /// Changes a view: what is not said is as if it had never been.
    replace "/views/{name}" "view_replace" from ViewInput;
    /// Changes what is said of a view (JSON Merge Patch).
    patch "/views/{name}" "view_patch";
    /// Removes a view. What it shows stays.
    delete "/views/{name}" "view_delete";
}
