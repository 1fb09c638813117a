//! `/hosts`: the hosts of the register.

use hep_core::message::register as say;
use hep_engine::ops::{OpError, host};
use hep_engine::store::host_list::{Filter, Sort};
use hep_engine::store::hosts::{Host, HostInput};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, replace, patch, delete))
}

/// Which hosts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those of this partition.
    partition: Option<String>,
    /// Only those with this label: `NAME=VALUE`.
    label: Option<String>,
    /// Only those in this state; with `problem` those at which somebody should look.
    state: Option<String>,
    /// Only those whose name, address or notes hold this.
    q: Option<String>,
    /// Only those that this selector names: `web*,@db:!env=test`.
    selector: Option<String>,
    /// Only those that this group names itself; `selector=@NAME` has those of the groups within it too.
    group: Option<String>,
    /// Only those that log in with this credential.
    credential: Option<String>,
    /// Only those that runs may use (`true`), or may not.
    enabled: Option<bool>,
    /// Only those in maintenance (`true`), or not in it.
    maintenance: Option<bool>,
    /// `name`, `address`, `partition`, `os`, `state`, `seen` or `created`; with `-` before it the other way round.
    sort: Option<String>,
    /// How many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of hosts, by name.
#[utoipa::path(get, path = "/hosts", operation_id = "host_list", params(Which),
    responses((status = 200, body = Page<Host>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Host>>, Problem> {
    let label = which.label.as_deref().map(|label| label.split_once('=').unwrap_or((label, "")));
    let sort = which.sort.as_deref().map_or(Ok(Sort::default()), |text| {
        Sort::read(text).ok_or_else(|| OpError::invalid("sort", say::bad_sort(text)))
    })?;
    let filter = Filter {
        partition: which.partition,
        label: label.map(|(name, value)| (name.to_owned(), value.to_owned())),
        state: which.state,
        text: which.q,
        group: which.group,
        credential: which.credential,
        enabled: which.enabled,
        maintenance: which.maintenance,
        sort,
        ..Filter::default()
    };
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(host::list(&engine, &actor, filter, which.selector.as_deref(), &paging).await?))
}

handlers! {
    host: Host named (said.name);

    /// Adds a host.
    create "/hosts" "host_create" from HostInput;
    /// A host.
    show "/hosts/{name}" "host_show";
    /// Changes a host: what is not said is as if it had never been.
    replace "/hosts/{name}" "host_replace" from HostInput;
    /// Changes what is said of a host (JSON Merge Patch).
    patch "/hosts/{name}" "host_patch";
    /// Takes a host out of the register. Nothing happens to the machine.
    delete "/hosts/{name}" "host_delete";
}
