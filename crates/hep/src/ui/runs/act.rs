//! What can be done with a run: it is asked for once more, with what will happen and on how many hosts.

use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::run::HostState;
use hep_engine::ops::run::{self, RetryInput};
use hep_engine::ops::{Engine, OpError, OpResult, aim};
use hep_engine::store::runs::Run;

use super::super::fault::Fault;
use super::super::flash::Flash;
use super::super::form::{Form, Query};
use super::super::frame::Section;
use super::super::kept::field::Field;
use super::super::overview::title;
use super::super::reply;
use super::super::sure::Sure;
use super::super::visit::{Member, Visit};
use super::super::words::Words;

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Cancel,
    Retry,
    Again,
    Approve,
    Reject,
}

impl Deed {
    const ALL: [Self; 5] = [Self::Cancel, Self::Retry, Self::Again, Self::Approve, Self::Reject];

    const fn word(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Again => "again",
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }

    const fn title(self, t: Words) -> &'static str {
        match self {
            Self::Cancel => t.run_cancel(),
            Self::Retry => t.run_retry(),
            Self::Again => t.run_again(),
            Self::Approve => t.run_approve(),
            Self::Reject => t.run_reject(),
        }
    }
}

/// Asks whether it is meant.
pub(super) async fn ask(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    let run = run::show(&engine, &visit.actor, &id).await?;
    let asked = query.word("do");
    let deed = Deed::ALL.into_iter().find(|deed| deed.word() == asked).unwrap_or(Deed::Again);
    let frame = visit.frame_in(Section::Runs, deed.title(visit.t));
    let frame = frame.below(visit.t.nav_runs(), "/ui/runs");
    let lost = if deed == Deed::Retry { many(&run, &[HostState::Lost]) } else { 0 };
    let address = format!("/ui/runs/{}", run.id);
    let action = format!("{address}/{}", deed.word());
    let frame = frame.below(title(&run), address.clone());
    let lost = (lost > 0).then(|| lost_field(visit.t, lost));
    let page = Sure {
        about: title(&run),
        fields: lost.into_iter().collect(),
        is_danger: matches!(deed, Deed::Cancel | Deed::Reject),
        ..Sure::new(frame, visit.t, sentences(&engine, &visit, deed, &run).await?)
    };
    let page = page.by(deed.title(visit.t), action, address);
    Ok(reply::page(&page))
}

/// Also where nobody knows what came of it.
fn lost_field(t: Words, many: i64) -> Field {
    Field::tick(&Form::default(), "lost", &t.sure_retry_lost(many))
}

fn many(run: &Run, states: &[HostState]) -> i64 {
    states.iter().filter_map(|state| run.counts.get(state)).sum()
}

async fn sentences(
    engine: &Engine,
    visit: &Visit,
    deed: Deed,
    run: &Run,
) -> Result<Vec<String>, OpError> {
    use HostState::{Cancelling, Failed, NotStarted, Queued, Running, Unreachable};
    let t = visit.t;
    Ok(match deed {
        Deed::Cancel => vec![
            t.sure_cancel_running(many(run, &[Running, Cancelling])),
            t.sure_cancel_queued(many(run, &[Queued])),
            t.sure_cancel_done().to_owned(),
        ],
        Deed::Retry => {
            vec![
                t.sure_retry(many(run, &[Failed, Unreachable, NotStarted])),
                t.sure_same().to_owned(),
            ]
        }
        Deed::Again => {
            let verb = run::right(run)?;
            let found = aim::at(engine, &visit.actor, verb, &run.selector).await?;
            let now = found.hosts.len() + found.refused.len() + found.unseen;
            vec![t.sure_again(now, &run.selector), t.sure_same().to_owned()]
        }
        Deed::Approve => {
            vec![t.sure_approve(run.hosts, &run.actor), t.sure_approve_read().to_owned()]
        }
        Deed::Reject => vec![t.sure_reject().to_owned()],
    })
}

/// To the page of a run that was done something with.
fn done(visit: &Visit, made: OpResult<Run>, text: &str) -> Result<Response, Fault> {
    let run = made?;
    let to = format!("/ui/runs/{}", run.id);
    Ok(reply::go_and_say(visit, &to, Flash::done(text)))
}

/// Stops it.
pub(super) async fn cancel(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    done(&visit, run::cancel(&engine, &visit.actor, &id).await, visit.t.run_cancel_done())
}

/// Repeats it where it did not go well.
pub(super) async fn retry(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let said = RetryInput { lost: form.is_on("lost") };
    done(&visit, run::retry(&engine, &visit.actor, &id, &said).await, visit.t.run_retry_done())
}

/// Runs the same again.
pub(super) async fn again(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    done(&visit, run::again(&engine, &visit.actor, &id).await, visit.t.run_again_done())
}

/// Lets it go on.
pub(super) async fn approve(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    done(&visit, run::approve(&engine, &visit.actor, &id).await, visit.t.run_approve_done())
}

/// Ends it.
pub(super) async fn reject(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    done(&visit, run::reject(&engine, &visit.actor, &id).await, visit.t.run_reject_done())
}
