//! Terminals: a shell on a host, for a person who says the password again. It is recorded; see `server/terminal`.

use hep_core::message::{server, terminal as say, verb as verb_say};
use hep_core::rights::Verb;
use hep_core::run::HostState;
use hep_core::secret::Secret;
use serde_json::json;

use super::Engine;
use super::actor::{Actor, ActorKind, Object};
use super::error::{OpError, OpResult};
use super::token::hash;
use super::{host, run, session};
use crate::server::subject::{Strategy, Subject};
use crate::server::terminal::{Limits, Size, Standing, Terminal, Terminals};
use crate::store::host_runs::{self, NewHost};
use crate::store::hosts::Host;
use crate::store::runs::{self, Counts, NewRun, Run};
use crate::store::{Sql, Tx, now_ms, terminals, users};

/// How long a ticket is good, in milliseconds: as long as a page takes to open.
const TICKET_MS: i64 = 60_000;

/// What terminals may here; nothing where this process has none.
pub fn limits(engine: &Engine) -> Option<Limits> {
    engine.terminals().map(|terminals| terminals.limits)
}

/// Refuses unless they may open a terminal on a host.
pub async fn must(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Host> {
    host::load_for(engine.db(), actor, Verb::Terminal, name).await
}

/// Lets somebody who says the password again open one terminal on a host, soon and in this session: what brings that
/// about. The password counts like one at the sign-in, for a session that was stolen must not guess it.
pub async fn allow(
    engine: &Engine,
    actor: &Actor,
    session: &str,
    name: &str,
    password: Secret<String>,
) -> OpResult<Secret<String>> {
    let host = must(engine, actor, name).await?;
    let (user, id) = person(actor)?;
    must_be_enabled(&host)?;
    let terminals = of_node(engine)?;
    must_have_room(engine.db(), terminals, id).await?;
    match session::prove(engine, user, password, &actor.address).await {
        Ok(true) => {}
        Ok(false) => return Err(OpError::invalid("password", server::wrong_password())),
        Err(error @ OpError::TooOften { .. }) => {
            let detail = Some(json!({ "locked": true }));
            let object = Object::from(&host);
            actor.did(engine.db(), "terminal.allow", object, "denied", detail).await?;
            return Err(error);
        }
        Err(error) => return Err(error),
    }
    let ticket = Secret::new(format!("{}{}", crate::token::token(), crate::token::token()));
    let tx = engine.db().begin().await?;
    terminals::allow(&tx, &hash(&ticket), session, &host.id, now_ms() + TICKET_MS).await?;
    actor.did(&tx, "terminal.allow", Object::from(&host), "done", None).await?;
    tx.commit().await?;
    Ok(ticket)
}

/// Opens a terminal by a ticket, which is used up. Its run is on disk when this returns; the host is reached afterwards.
pub async fn open(
    engine: &Engine,
    actor: &Actor,
    session: &str,
    name: &str,
    ticket: &Secret<String>,
    size: Size,
) -> OpResult<Terminal> {
    let host = must(engine, actor, name).await?;
    let (_, user) = person(actor)?;
    must_be_enabled(&host)?;
    let terminals = of_node(engine)?;
    let (place, size) = (terminals.place()?, size.sane());
    let tx = engine.db().begin().await?;
    // It also has those who open two at once see each other.
    users::seen(&tx, user).await?;
    let bad = || OpError::Denied(say::bad_ticket());
    if !terminals::take(&tx, &hash(ticket), session, &host.id).await? {
        return Err(bad());
    }
    must_have_room(&tx, terminals, user).await?;
    let known = terminals::standing(&tx, session).await?.ok_or_else(bad)?;
    let longest = i64::try_from(terminals.limits.longest.as_millis()).unwrap_or(i64::MAX);
    let run = write(&tx, actor, &host, &size, longest).await?;
    let run = terminals::hold(&tx, &run, place.node()).await?.ok_or_else(bad)?;
    actor.did(&tx, "terminal.open", Object::from(&host), "done", Some(of_run(&run))).await?;
    tx.commit().await?;
    let standing = Standing {
        actor: actor.clone(),
        user: user.to_owned(),
        session: session.to_owned(),
        password: known.password,
        host: host.said.name,
        host_id: host.id,
    };
    Ok(place.begin(run, size, standing))
}

fn of_run(run: &Run) -> serde_json::Value {
    json!({ "run": run.id })
}

fn of_node(engine: &Engine) -> OpResult<&Terminals> {
    let terminals = engine.terminals().map(|terminals| &**terminals);
    terminals.ok_or_else(|| OpError::Unavailable(verb_say::no_node()))
}

/// The name and the id of a person: a token has no password to be asked for.
fn person(actor: &Actor) -> OpResult<(&str, &str)> {
    let is_user = actor.kind == ActorKind::User;
    let named = actor.user_name().zip(actor.id.as_deref()).filter(|_| is_user);
    named.ok_or_else(|| OpError::Denied(say::only_people()))
}

/// Refuses who has as many as anybody may have.
async fn must_have_room(from: &dyn Sql, terminals: &Terminals, user: &str) -> OpResult<()> {
    let (most, open) = (terminals.limits.most, terminals::open(from, user).await?);
    match usize::try_from(open).is_ok_and(|open| open < most) {
        true => Ok(()),
        false => Err(OpError::Conflict(say::too_many(most))),
    }
}

fn must_be_enabled(host: &Host) -> OpResult<()> {
    match host.said.enabled {
        true => Ok(()),
        false => Err(OpError::Conflict(say::disabled(&host.said.name))),
    }
}

/// Makes the run; its id.
async fn write(tx: &Tx, actor: &Actor, host: &Host, size: &Size, most_ms: i64) -> OpResult<String> {
    let part = NewHost {
        id: host.id.clone(),
        name: host.said.name.clone(),
        zone: host.said.zone.clone(),
        skipped: None,
    };
    let subject = Subject::Terminal(size.clone());
    let new = NewRun {
        kind: subject.kind(),
        subject: run::text(&subject),
        selector: host.said.name.clone(),
        strategy: run::text(&Strategy::default()),
        actor: (actor.kind.word(), actor.id.clone(), actor.name.clone()),
        counts: Counts::from([(HostState::Queued, 1)]),
        deadline_ms: now_ms().saturating_add(most_ms),
        ..NewRun::default()
    };
    let id = runs::insert(tx, &new).await?;
    host_runs::insert(tx, &id, &[part]).await?;
    run::log(tx, &id, &json!({ "state": "running", "by": actor.name })).await?;
    Ok(id)
}
