//! `/nodes`: the servers that work with the database.

use axum::extract::State;
use hep_engine::ops::page::Page;
use hep_engine::ops::{Engine, node};
use hep_engine::store::nodes::Node;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Answer;
use super::caller::Caller;
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list))
}

/// All nodes, by name.
#[utoipa::path(get, path = "/nodes", operation_id = "nodes_list",
    responses((status = 200, body = Page<Node>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
) -> Result<Answer<Page<Node>>, Problem> {
    let items = node::list(&engine, &actor).await?;
    Ok(Answer::ok(Page { items, next: None }))
}
