//! `/import`: inventories that become the register.

use axum::extract::State;
use hep_engine::ops::import::{ImportInput, Imported};
use hep_engine::ops::{Engine, import};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::Query;
use super::answer::Answer;
use super::body::Body;
use super::caller::Caller;
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(run))
}

/// How.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    /// Only tell what would happen.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// Imports an inventory of any format but executables, all of it or nothing. Passwords and keys in it become
/// credentials.
#[utoipa::path(post, path = "/import", operation_id = "register_import", params(How),
    request_body = ImportInput, responses((status = 200, body = Imported)))]
async fn run(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(how): Query<How>,
    Body(said): Body<ImportInput>,
) -> Result<Answer<Imported>, Problem> {
    Ok(Answer::ok(import::texts(&engine, &actor, &said, how.dry_run).await?))
}
