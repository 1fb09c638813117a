//! Runs: asked for, watched, stopped, repeated, approved.

use std::collections::HashSet;
use std::sync::Arc;

use hep_core::message::{Message, run as say};
use hep_core::rights::Verb;
use hep_core::run::{HostState, RunState};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Engine;
use super::actor::{Actor, ActorKind, Object};
use super::error::{OpError, OpResult};
use super::page::{Page, Paging, page};
use super::reach::Reach;
use super::run_secrets::SecretsInput;
use super::turn::{self, Start};
use crate::server::given::{self, Given, Secrets};
use crate::server::roster::Registered;
use crate::server::subject::{Strategy, Subject};
use crate::server::{QUEUED, STOP, work};
use crate::store::events::{self, Entry, Event, Output};
use crate::store::host_runs::{self, HostRun, NewHost};
use crate::store::jobs;
use crate::store::runs::{self, Counts, Filter, NewRun, Run};
use crate::store::{Db, Sql, Tx, now_ms, tokens, users};

/// What a run is called in messages.
const KIND: &str = "run";

/// What is asked for.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunInput {
    /// What is run.
    pub subject: Subject,
    /// On which hosts.
    pub selector: String,
    /// How it goes over them.
    #[serde(default)]
    pub strategy: Strategy,
    /// What it is for, in words.
    #[serde(default)]
    pub description: String,
    /// What it is given that nobody sees again.
    #[serde(default)]
    pub secrets: SecretsInput,
}

/// Where a run comes from, when not from a person.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The run of which it is a part.
    pub parent: Option<String>,
    /// The id of the job that is run.
    pub job: Option<String>,
    /// The run that it repeats.
    pub retry_of: Option<String>,
}

/// A run that is to be made, for somebody who may.
pub(super) struct Asked<'a> {
    /// What was asked for.
    pub(super) said: RunInput,
    /// Where it comes from.
    pub(super) origin: Origin,
    /// Its secrets.
    pub(super) secrets: Secrets,
    /// The register.
    pub(super) registered: &'a Registered,
    /// Its hosts.
    pub(super) names: &'a [Arc<str>],
}

/// Which hosts of a run are repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetryInput {
    /// Those whose outcome is not known too.
    pub lost: bool,
}

/// Asks for a run. It is on disk, with all its hosts, when this returns.
pub async fn create(engine: &Engine, actor: &Actor, said: RunInput) -> OpResult<Run> {
    create_from(engine, actor, said, Origin::default()).await
}

/// Asks for a run that comes from a job, a schedule or another run.
pub async fn create_from(
    engine: &Engine,
    actor: &Actor,
    mut said: RunInput,
    origin: Origin,
) -> OpResult<Run> {
    let registered = engine.registered().await?;
    let names = select(&registered, &said.selector)?;
    must_run(engine, actor, &said.subject, &names).await?;
    let secrets = std::mem::take(&mut said.secrets).of(&said.subject)?;
    let (registered, names) = (&registered, &names[..]);
    write(engine, actor, Asked { said, origin, secrets, registered, names }).await
}

/// Refuses unless they may run it on every one of these hosts.
pub(super) async fn must_run(
    engine: &Engine,
    actor: &Actor,
    subject: &Subject,
    names: &[Arc<str>],
) -> OpResult<()> {
    must_on(engine, actor, subject.right(), names).await?;
    if subject.lets_in() {
        // It gives hosts a credential, which belongs to no host.
        actor.must(Verb::Secrets, "credentials")?;
        must_on(engine, actor, Verb::Change, names).await?;
    }
    Ok(())
}

/// Makes a run.
pub(super) async fn write(engine: &Engine, actor: &Actor, asked: Asked<'_>) -> OpResult<Run> {
    let Asked { mut said, origin, secrets, registered, names } = asked;
    let mut given = Given::to(engine, &mut said.subject).await?;
    given.secrets = secrets;
    let invalid = |message| OpError::invalid("subject", message);
    work::check(&said.subject, &given).map_err(invalid)?;
    if let Some(content) = said.subject.take_content().map_err(invalid)? {
        given.secrets.content = Some(content);
    }
    let (new_id, sealed) = given::seal_run(engine, &given.secrets)?;
    let hosts: Vec<NewHost> = names.iter().filter_map(|name| part(registered, name)).collect();
    let mut counts = Counts::new();
    for host in &hosts {
        let state = if host.skipped.is_some() { HostState::Skipped } else { HostState::Queued };
        *counts.entry(state).or_default() += 1;
    }
    let tx = engine.db().begin().await?;
    let turn = match turn::take(&tx, actor, origin.job.as_deref()).await? {
        Start::Now(turn) => turn,
        Start::Refused(message) => {
            tx.commit().await?;
            return Err(OpError::Conflict(message));
        }
    };
    let new = NewRun {
        id: Some(new_id),
        kind: said.subject.kind(),
        subject: text(&said.subject),
        description: said.description,
        selector: said.selector,
        strategy: text(&said.strategy),
        parent: origin.parent,
        job: turn.job,
        turn: turn.number,
        retry_of: origin.retry_of,
        actor: (actor.kind.word(), actor.id.clone(), actor.name.clone()),
        checks: said.subject.checks(),
        plans: said.strategy.approval,
        sealed,
        counts,
        zone: hosts.iter().filter(|host| host.skipped.is_none()).find_map(|host| host.zone.clone()),
        deadline_ms: now_ms().saturating_add(said.strategy.deadline_ms()),
    };
    let id = runs::insert(&tx, &new).await?;
    host_runs::insert(&tx, &id, &hosts).await?;
    log(&tx, &id, &json!({ "state": "queued", "by": actor.name })).await?;
    let job = new.job.as_ref().map(|(_, name)| name);
    let detail =
        json!({ "selector": new.selector, "kind": new.kind, "hosts": hosts.len(), "job": job });
    actor.made_as(&tx, object(&id), &id, Some(detail)).await?;
    tx.notify(QUEUED, &id).await?;
    let run = load(&tx, &id).await?;
    tx.commit().await?;
    turn.replaced.iter().for_each(|run| engine.hub().stop(run));
    engine.hub().queued();
    Ok(run)
}

/// Stops a run, whoever has it; whether it had not ended.
pub(super) async fn stop(tx: &Tx, id: &str, by: &str) -> OpResult<bool> {
    // A node may take it between the two.
    for _ in 0..2 {
        if runs::ask_to_stop(tx, id, by).await? {
            tx.notify(STOP, id).await?;
            return Ok(true);
        }
        if end_in(tx, id, RunState::Cancelled, by).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What serde writes; values of ours always can be.
pub(super) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn object(id: &str) -> Object<'_> {
    Object { kind: KIND, id: Some(id), name: id }
}

/// A host's part of a new run.
fn part(registered: &Registered, name: &Arc<str>) -> Option<NewHost> {
    let host = registered.host(name)?;
    let in_maintenance = host.maintenance_until_ms.is_some_and(|until| until > now_ms());
    let skipped = match (host.enabled, in_maintenance) {
        (false, _) => Some(say::disabled(name)),
        (true, true) => Some(say::maintenance(name)),
        (true, false) => None,
    };
    let (id, name, zone) = (host.id.clone(), host.name.clone(), host.zone.clone());
    Some(NewHost { id, name, zone, skipped })
}

/// Refuses unless they may do it on every one of these hosts.
pub(crate) async fn must_on(
    engine: &Engine,
    actor: &Actor,
    verb: Verb,
    names: &[Arc<str>],
) -> OpResult<()> {
    let reach = Reach::now(engine, actor, verb).await?;
    match names.iter().find(|name| !reach.has(name)) {
        Some(host) => Err(OpError::Denied(say::denied_host(verb.word(), host))),
        None => Ok(()),
    }
}

/// Writes into the log of a run that nobody coordinates, in the same transaction as what it tells of.
pub(super) async fn log(tx: &Tx, id: &str, body: &serde_json::Value) -> OpResult<()> {
    if let Some(seq) = runs::take_number(tx, id).await? {
        let body = body.to_string().into_bytes();
        let entry = Entry { at_ms: now_ms(), kind: "run", host: None, stream: None, body };
        events::append(tx, id, seq, vec![entry]).await?;
    }
    Ok(())
}

/// A page of the runs that the actor may see, the latest first.
pub async fn list(
    engine: &Engine,
    actor: &Actor,
    mut filter: Filter,
    paging: &Paging,
) -> OpResult<Page<Run>> {
    if !actor.may(Verb::View) {
        // Who may see some hosts only sees what they asked for themselves.
        match &actor.id {
            Some(id) => filter.actor_id = Some(id.clone()),
            None => filter.actor = Some(actor.name.clone()),
        }
    }
    let limit = paging.limit()?;
    filter.before = paging.after()?;
    let found = runs::list(engine.db(), &filter, limit + 1).await?;
    Ok(page(found, limit, |run| &run.id))
}

/// A run.
pub async fn show(engine: &Engine, actor: &Actor, id: &str) -> OpResult<Run> {
    let run = load(engine.db(), id).await?;
    may_see(engine, actor, &run).await?;
    Ok(run)
}

async fn load(from: &dyn Sql, id: &str) -> OpResult<Run> {
    let run = runs::by_id(from, id).await?;
    run.ok_or_else(|| not_found(id))
}

pub(super) fn not_found(id: &str) -> OpError {
    OpError::not_found(KIND, id)
}

/// Whether they asked for it, whatever they were called then: names can be another's by now.
fn is_of(run: &Run, actor: &Actor) -> bool {
    match &run.actor_id {
        Some(id) => run.actor_kind == actor.kind.word() && actor.id.as_ref() == Some(id),
        None => actor.id.is_none() && run.actor == actor.name,
    }
}

/// A run is seen by who asked for it, and by who may see all its hosts.
async fn may_see(engine: &Engine, actor: &Actor, run: &Run) -> OpResult<()> {
    if actor.may(Verb::View) || is_of(run, actor) {
        return Ok(());
    }
    let names = names(engine.db(), &run.id).await?;
    let seen = must_on(engine, actor, Verb::View, &names).await;
    // Who may not see it is not told that it is there.
    seen.map_err(|_| OpError::not_found(KIND, &run.id))
}

pub(super) async fn names(from: &dyn Sql, id: &str) -> OpResult<Vec<Arc<str>>> {
    let hosts = host_runs::list(from, id, &[], None, i64::from(u32::MAX)).await?;
    Ok(hosts.into_iter().map(|host| host.host.into()).collect())
}

/// A page of a run's hosts, in their order.
pub async fn hosts(
    engine: &Engine,
    actor: &Actor,
    id: &str,
    states: &[HostState],
    paging: &Paging,
) -> OpResult<Page<HostRun>> {
    show(engine, actor, id).await?;
    let limit = paging.limit()?;
    let after = paging.after()?;
    let bad = || OpError::invalid("cursor", hep_core::message::server::bad_cursor());
    let after = after.map(|text| text.parse::<i64>().map_err(|_| bad())).transpose()?;
    let found = host_runs::list(engine.db(), id, states, after, i64::from(limit) + 1).await?;
    let keyed: Vec<(String, HostRun)> =
        found.into_iter().map(|host| (host.position.to_string(), host)).collect();
    let paged = page(keyed, limit, |(key, _)| key);
    let items = paged.items.into_iter().map(|(_, host)| host).collect();
    Ok(Page { items, next: paged.next })
}

/// A piece of a run's log.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Events {
    /// The entries, in their order.
    pub items: Vec<Event>,
    /// The number of the last of them: where to go on.
    pub last: i64,
    /// Whether the run has ended and nothing will follow.
    pub over: bool,
}

/// The log of a run after a number.
pub async fn events(
    engine: &Engine,
    actor: &Actor,
    id: &str,
    after: i64,
    limit: u32,
) -> OpResult<Events> {
    // The state first: what is over has nothing behind what is read after it.
    let run = show(engine, actor, id).await?;
    let items = events::after(engine.db(), id, after, limit).await?;
    let last = items.last().map_or(after, |event| event.seq);
    let over = run.state.is_over() && last >= run.last_seq;
    Ok(Events { items, last, over })
}

/// The last entries of a run's log before a number, of one host or of all, in their order.
pub async fn earlier(
    engine: &Engine,
    actor: &Actor,
    id: &str,
    host: Option<&str>,
    before: i64,
    limit: u32,
) -> OpResult<Vec<Event>> {
    show(engine, actor, id).await?;
    Ok(events::before(engine.db(), id, host, before, limit).await?)
}

/// The part of a run on one host, by its name.
pub async fn host(engine: &Engine, actor: &Actor, id: &str, name: &str) -> OpResult<HostRun> {
    show(engine, actor, id).await?;
    let found = host_runs::by_name(engine.db(), id, name).await?;
    found.ok_or_else(|| OpError::not_found("host", name))
}

/// The output of a run after an entry, of one host or of all.
pub async fn output(
    engine: &Engine,
    actor: &Actor,
    id: &str,
    host: Option<&str>,
    after: i64,
    limit: u32,
) -> OpResult<Vec<Output>> {
    show(engine, actor, id).await?;
    Ok(events::output(engine.db(), id, host, after, limit).await?)
}

/// Whether they may steer a run: who asked for it, and who may run on all its hosts.
pub(super) async fn may_steer(engine: &Engine, actor: &Actor, run: &Run) -> OpResult<()> {
    if actor.may(Verb::Run) || is_of(run, actor) {
        return Ok(());
    }
    may_see(engine, actor, run).await?;
    must_on(engine, actor, Verb::Run, &names(engine.db(), &run.id).await?).await
}

/// Stops a run: at once where nobody coordinates it, else by whoever does.
pub async fn cancel(engine: &Engine, actor: &Actor, id: &str) -> OpResult<Run> {
    let run = load(engine.db(), id).await?;
    may_steer(engine, actor, &run).await?;
    let tx = engine.db().begin().await?;
    if !stop(&tx, id, &actor.name).await? {
        let run = load(&tx, id).await?;
        return Err(OpError::Conflict(say::is_over(id, run.state.word())));
    }
    actor.did(&tx, "run.cancel", object(id), "done", None).await?;
    let run = load(&tx, id).await?;
    tx.commit().await?;
    engine.hub().stop(id);
    engine.hub().grew(id, run.last_seq);
    Ok(run)
}

/// Ends a run that no node holds, with its hosts; whether there was one.
pub(crate) async fn end_unheld(db: &Db, id: &str, state: RunState, by: &str) -> OpResult<bool> {
    let tx = db.begin().await?;
    let ended = end_in(&tx, id, state, by).await?;
    tx.commit().await?;
    Ok(ended)
}

async fn end_in(tx: &Tx, id: &str, state: RunState, by: &str) -> OpResult<bool> {
    if !runs::end_unheld(tx, id, state, by).await? {
        return Ok(false);
    }
    host_runs::end_queued(tx, id, HostState::NotStarted).await?;
    let counts = host_runs::count(tx, id).await?;
    runs::set_counts(tx, id, &counts).await?;
    log(tx, id, &json!({ "state": state.word(), "by": by })).await?;
    Ok(true)
}

/// Repeats a run on the hosts that failed, were unreachable or were not begun, with the same options; on those
/// whose outcome is not known only when that is asked for.
pub async fn retry(engine: &Engine, actor: &Actor, id: &str, said: &RetryInput) -> OpResult<Run> {
    let run = show(engine, actor, id).await?;
    if !run.state.is_over() {
        return Err(OpError::Conflict(say::not_over(id)));
    }
    let mut wanted = vec![HostState::Failed, HostState::Unreachable, HostState::NotStarted];
    if said.lost {
        wanted.push(HostState::Lost);
    }
    let hosts = host_runs::list(engine.db(), id, &wanted, None, i64::from(u32::MAX)).await?;
    let registered = engine.registered().await?;
    let names: HashSet<String> = hosts.into_iter().map(|host| host.host).collect();
    let names: Vec<Arc<str>> =
        registered.inventory.hosts().keys().filter(|n| names.contains(&***n)).cloned().collect();
    if names.is_empty() {
        return Err(OpError::Conflict(say::nothing_to_retry(id)));
    }
    let origin =
        Origin { parent: run.parent.clone(), job: run.job.clone(), retry_of: Some(run.id.clone()) };
    repeat(engine, actor, &run, origin, (&registered, &names)).await
}

/// Runs the same again, on the hosts that its selector names now.
pub async fn again(engine: &Engine, actor: &Actor, id: &str) -> OpResult<Run> {
    let run = show(engine, actor, id).await?;
    let origin = Origin { job: run.job.clone(), ..Origin::default() };
    let registered = engine.registered().await?;
    let names = select(&registered, &run.selector)?;
    repeat(engine, actor, &run, origin, (&registered, &names)).await
}

/// Makes a run like another one, with its secrets. Who may run its job may repeat it.
async fn repeat(
    engine: &Engine,
    actor: &Actor,
    run: &Run,
    mut origin: Origin,
    (registered, names): (&Registered, &[Arc<str>]),
) -> OpResult<Run> {
    let said = input(run)?;
    let mut may = must_run(engine, actor, &said.subject, names).await;
    if let Some(job) = origin.job.take() {
        // Of a job that is gone there is only what was run.
        origin.job = jobs::find(engine.db(), &job).await?.map(|job| job.id);
        if may.is_err() && origin.job.is_some() {
            may = must_on(engine, actor, Verb::RunJobs, names).await;
        }
    }
    may?;
    let secrets = given::open(engine, "runs", &run.id, run.sealed.as_deref());
    let secrets = secrets.map_err(OpError::Unavailable)?;
    write(engine, actor, Asked { said, origin, secrets, registered, names }).await
}

/// The hosts of a selector; at least one.
pub(super) fn select(registered: &Registered, selector: &str) -> OpResult<Vec<Arc<str>>> {
    let invalid = |message| OpError::invalid("selector", message);
    let names = registered.select(selector).map_err(invalid)?;
    if names.is_empty() { Err(invalid(say::no_host(selector))) } else { Ok(names) }
}

/// The right that a run needs on each of its hosts.
pub fn right(run: &Run) -> OpResult<Verb> {
    Ok(input(run)?.subject.right())
}

/// A run as it was asked for.
pub(super) fn input(run: &Run) -> OpResult<RunInput> {
    let internal = |error: serde_json::Error| OpError::Internal(error.to_string());
    Ok(RunInput {
        subject: serde_json::from_value(run.subject.clone()).map_err(internal)?,
        selector: run.selector.clone(),
        strategy: serde_json::from_value(run.strategy.clone()).map_err(internal)?,
        description: run.description.clone(),
        secrets: SecretsInput::default(),
    })
}

/// Lets a run go on that waits for an approval. Four eyes: nobody approves what they asked for themselves.
pub async fn approve(engine: &Engine, actor: &Actor, id: &str) -> OpResult<Run> {
    let run = decide(engine, actor, id).await?;
    if asker(engine, &run).await? == whose(&actor.name) {
        return Err(OpError::Denied(say::own_approval()));
    }
    let tx = engine.db().begin().await?;
    if !runs::approve(&tx, id, &actor.name).await? {
        return Err(OpError::Conflict(say::not_waiting(id)));
    }
    log(&tx, id, &json!({ "state": "queued", "approved_by": actor.name })).await?;
    actor.did(&tx, "run.approve", object(id), "done", None).await?;
    tx.notify(QUEUED, id).await?;
    let run = load(&tx, id).await?;
    tx.commit().await?;
    engine.hub().queued();
    engine.hub().grew(id, run.last_seq);
    Ok(run)
}

/// The person who asked for a run, as they are called now: another name since makes nobody somebody else.
pub(super) async fn asker(engine: &Engine, run: &Run) -> OpResult<String> {
    let id = run.actor_id.as_deref().unwrap_or_default();
    let now = match Actor::of_run(run).kind {
        ActorKind::User => users::by_id(engine.db(), id).await?.map(|user| user.said.name),
        ActorKind::Token => tokens::by_id(engine.db(), id).await?.map(|token| token.user),
        _ => None,
    };
    Ok(now.unwrap_or_else(|| whose(&run.actor).to_owned()))
}

/// The person behind a name: that of a token is `USER/TOKEN`.
pub(super) fn whose(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// Refuses what a run has planned: it ends.
pub async fn reject(engine: &Engine, actor: &Actor, id: &str) -> OpResult<Run> {
    decide(engine, actor, id).await?;
    let tx = engine.db().begin().await?;
    if !end_in(&tx, id, RunState::Rejected, &actor.name).await? {
        return Err(OpError::Conflict(say::not_waiting(id)));
    }
    actor.did(&tx, "run.reject", object(id), "done", None).await?;
    let run = load(&tx, id).await?;
    tx.commit().await?;
    engine.hub().grew(id, run.last_seq);
    Ok(run)
}

/// A run that waits for an approval, for who may decide.
async fn decide(engine: &Engine, actor: &Actor, id: &str) -> OpResult<Run> {
    let run = show(engine, actor, id).await?;
    must_run(engine, actor, &input(&run)?.subject, &names(engine.db(), id).await?).await?;
    if run.state != RunState::Waiting || run.reason != "approval" {
        return Err(OpError::Conflict(say::not_waiting(id)));
    }
    Ok(run)
}

/// A state as people write it.
pub fn state(word: &str) -> Result<RunState, Message> {
    let value = serde_json::Value::String(word.to_owned());
    serde_json::from_value(value).map_err(|_| say::bad_state(word))
}

/// A host's state as people write it.
pub fn host_state(word: &str) -> Result<HostState, Message> {
    let value = serde_json::Value::String(word.to_owned());
    serde_json::from_value(value).map_err(|_| say::bad_state(word))
}

#[cfg(test)]
#[path = "run_test.rs"]
mod tests;
