//! The turns of a job's runs: whether one may start while others have not ended.

use hep_core::message::{Message, job as say};
use serde_json::json;

use super::actor::{Actor, Object};
use super::error::{OpError, OpResult};
use super::run::stop;
use crate::store::Tx;
use crate::store::jobs::{self, Concurrency};

/// Runs of a job that may wait for their turn.
const MOST_WAITING: usize = 100;

/// Whether a run may be made.
pub(super) enum Start {
    /// It may.
    Now(Turn),
    /// The job's rule refuses it. That is noted in the transaction, which is to be committed.
    Refused(Message),
}

/// The place of a run among those of its job.
#[derive(Default)]
pub(super) struct Turn {
    /// The job: id and name.
    pub(super) job: Option<(String, String)>,
    /// Its number, and whether it waits for the end of those before it.
    pub(super) number: Option<(i64, bool)>,
    /// The runs that were stopped for it.
    pub(super) replaced: Vec<String>,
}

/// Takes the next turn of a job, and with it the job until the transaction ends, so that two starts at once see
/// each other. A run of no job has none.
pub(super) async fn take(tx: &Tx, actor: &Actor, job: Option<&str>) -> OpResult<Start> {
    let Some(id) = job else { return Ok(Start::Now(Turn::default())) };
    let Some((turn, rule, name)) = jobs::take_turn(tx, id).await? else {
        return Err(OpError::not_found("job", id));
    };
    let open = match rule {
        Concurrency::Allow => Vec::new(),
        Concurrency::Skip | Concurrency::Queue | Concurrency::Replace => {
            jobs::open_runs(tx, id).await?
        }
    };
    let job = Some((id.to_owned(), name.clone()));
    let number = Some((turn, matches!(rule, Concurrency::Queue | Concurrency::Replace)));
    match (rule, open.first()) {
        (Concurrency::Skip, Some(run)) => {
            let object = Object { kind: "job", id: Some(id), name: &name };
            actor.did(tx, "job.run", object, "skipped", Some(json!({ "run": run }))).await?;
            Ok(Start::Refused(say::busy(&name, run)))
        }
        (Concurrency::Queue, _) if open.len() >= MOST_WAITING => {
            Ok(Start::Refused(say::too_many_waiting(&name, MOST_WAITING)))
        }
        (Concurrency::Replace, _) => {
            for run in &open {
                stop(tx, run, &actor.name).await?;
            }
            Ok(Start::Now(Turn { job, number, replaced: open }))
        }
        _ => Ok(Start::Now(Turn { job, number, replaced: Vec::new() })),
    }
}
