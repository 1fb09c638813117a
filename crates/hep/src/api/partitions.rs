//! `/partitions`: sets of hosts isolated from one another.

use hep_engine::ops::partition;
use hep_engine::store::partitions::{Partition, PartitionInput};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, replace, patch, delete))
}

handlers! {
    partition: Partition named (said.name);

    /// A page of partitions, by name.
    list "/partitions" "partition_list";
    /// Makes a partition.
    create "/partitions" "partition_create" from PartitionInput;
    /// A partition.
    show "/partitions/{name}" "partition_show";
    /// Changes a partition: what is not said is as if it had never been.
    replace "/partitions/{name}" "partition_replace" from PartitionInput;
    /// Changes what is said of a partition (JSON Merge Patch).
    patch "/partitions/{name}" "partition_patch";
    /// Removes a partition that has no hosts, and the grants that are only for it.
    delete "/partitions/{name}" "partition_delete";
}
