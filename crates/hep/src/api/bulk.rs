//! `/hosts/bulk`: one change of many hosts.

use axum::extract::State;
use hep_engine::ops::bulk::{BulkInput, Changed};
use hep_engine::ops::{Engine, bulk};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::Query;
use super::answer::Answer;
use super::body::Body;
use super::caller::Caller;
use super::import::How;
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(change))
}

/// Changes many hosts at once, all of them or none. The answer says what becomes of each.
#[utoipa::path(post, path = "/hosts/bulk", operation_id = "host_bulk", params(How),
    request_body = BulkInput, responses((status = 200, body = Changed)))]
async fn change(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(how): Query<How>,
    Body(said): Body<BulkInput>,
) -> Result<Answer<Changed>, Problem> {
    Ok(Answer::ok(bulk::change(&engine, &actor, &said, how.dry_run).await?))
}
