//! `/jobs`: what is saved to be run.

use hep_engine::ops::job::{self, StartInput};
use hep_engine::store::jobs::{Job, JobInput};
use hep_engine::store::runs::Run;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, patch, delete))
        .routes(routes!(run))
}

handlers! {
    job: Job named (said.name);

    /// A page of jobs, by name.
    list "/jobs" "job_list";
    /// Saves a job.
    create "/jobs" "job_create" from JobInput;
    /// A job. Secret defaults of its parameters are not shown.
    show "/jobs/{name}" "job_show";
    /// Changes a job: what is not said is as if it had never been. A secret default stays where `kept` is said.
    replace "/jobs/{name}" "job_replace" from JobInput;
    /// Changes what is said of a job (JSON Merge Patch).
    patch "/jobs/{name}" "job_patch";
    /// Removes a job. Its runs stay.
    delete "/jobs/{name}" "job_delete";
}

/// Starts a job. The run is on disk when this answers, and begins when a node takes it; `GET /runs?job=NAME` has all
/// runs of a job.
#[utoipa::path(post, path = "/jobs/{name}/run", operation_id = "job_run", request_body = StartInput,
    params(OnceKey), responses((status = 202, body = Run), MadeBefore))]
async fn run(
    State(engine): State<Engine>,
    Path(name): Path<String>,
    Creation { actor, said }: Creation<StartInput>,
) -> Result<Answer<Run>, Problem> {
    let run = job::run(&engine, &actor, &name, said).await?;
    Ok(Answer::accepted(address_of("run", &run.id), run))
}
