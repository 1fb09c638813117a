//! `/partitions`: sets of hosts isolated from one another.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Engine, partition};
use hep_engine::store::partitions::{Partition, PartitionInput};
use serde::Deserialize;
use serde_json::Value;
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

/// Which partitions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct Which {
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of partitions, by name.
#[utoipa::path(get, path = "/partitions", operation_id = "partition_list", params(Which),
    responses((status = 200, body = Page<Partition>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Partition>>, Problem> {
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(partition::list(&engine, &actor, &paging).await?))
}

/// Makes a partition.
#[utoipa::path(post, path = "/partitions", operation_id = "partition_create",
    request_body = PartitionInput, responses((status = 201, body = Partition)))]
async fn create(
    State(engine): State<Engine>,
    Creation { actor, said }: Creation<PartitionInput>,
) -> Result<Answer<Partition>, Problem> {
    let made = partition::create(&engine, &actor, said).await?;
    let (address, version) = (creation::address("partition", &made.said.name), made.version);
    Ok(Answer::created(address, made).tagged(version))
}

/// A partition.
#[utoipa::path(get, path = "/partitions/{name}", operation_id = "partition_show",
    responses((status = 200, body = Partition)))]
async fn show(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
) -> Result<Answer<Partition>, Problem> {
    Ok(tagged(partition::show(&engine, &actor, &name).await?))
}

/// Changes a partition: what is not said is as if it had never been.
#[utoipa::path(put, path = "/partitions/{name}", operation_id = "partition_replace",
    request_body = PartitionInput, responses((status = 200, body = Partition)))]
async fn replace(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(said): Body<PartitionInput>,
) -> Result<Answer<Partition>, Problem> {
    Ok(tagged(partition::update(&engine, &actor, &name, version, said).await?))
}

/// Changes what is said of a partition (JSON Merge Patch).
#[utoipa::path(patch, path = "/partitions/{name}", operation_id = "partition_patch",
    request_body = Object, responses((status = 200, body = Partition)))]
async fn patch(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
    Body(part): Body<Value>,
) -> Result<Answer<Partition>, Problem> {
    Ok(tagged(partition::patch(&engine, &actor, &name, version, &part).await?))
}

/// Removes a partition that has no hosts, and the grants that are only for it.
#[utoipa::path(delete, path = "/partitions/{name}", operation_id = "partition_delete",
    responses((status = 204)))]
async fn delete(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Path(name): Path<String>,
    Version(version): Version,
) -> Result<StatusCode, Problem> {
    partition::delete(&engine, &actor, &name, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn tagged(partition: Partition) -> Answer<Partition> {
    let version = partition.version;
    Answer::ok(partition).tagged(version)
}
