//! The first way into a host: a password, once, or what logs in now, lets a key in; from then on the key logs in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt as _;
use hep_core::frame::Stream;
use hep_core::inventory::Host;
use hep_core::message::{Message, credential as say, register as register_say, run as run_say};
use hep_core::run::HostState;
use hep_core::secret::Secret;
use hep_core::verb::login::PushKey;
use serde_json::json;

use super::roster::Registered;
use super::runner::Runner;
use crate::cancel::Cancel;
use crate::credential::Held;
use crate::event::{Events, HostEnd, RunEvent};
use crate::exec::{self, Command, Script};
use crate::fleet::{Fleet, HostLogin, Keeper, Overrides};
use crate::ops::actor::{Actor, Object};
use crate::ops::error::{OpError, OpResult, written};
use crate::ops::{Engine, credential, host};
use crate::store::credentials::{self, Credential, Kind};
use crate::store::{hosts, register};
use crate::transport::ssh::HeldKey;

/// How long each of the two logins may take, with what is done there.
const PATIENCE: Duration = Duration::from_secs(30);
/// Lets a key in.
const SCRIPT: &str = include_str!("push_key.sh");

/// A key that is to be let in.
#[derive(Clone, Debug)]
pub(super) struct KeyWork {
    /// Which, and for whom.
    pub(super) said: PushKey,
    /// The password that logs in this once; without it the hosts' own credentials do.
    pub(super) password: Option<Secret<String>>,
}

/// The credential of this name, which has a key that a host can let in; `field` is where it was named.
pub(crate) async fn key_of(
    engine: &Engine,
    name: &str,
    field: &'static str,
) -> OpResult<(Credential, String)> {
    let found = credentials::find(engine.db(), name).await?;
    let key = found
        .ok_or_else(|| OpError::invalid(field, register_say::not_found("credential", name)))?;
    match (key.kind, key.public_key.clone()) {
        (Kind::Key | Kind::Certificate, Some(public)) => Ok((key, public)),
        _ => Err(OpError::invalid(field, say::no_key_in(&key.name))),
    }
}

impl Runner {
    /// Lets a key into hosts: logs in as they are logged in to now, adds it, proves that it logs in, and has it log
    /// in from then on. Of a host where anything of this fails the register stays as it is.
    pub(super) async fn push_key(
        &self,
        work: &KeyWork,
        hosts: Vec<Host>,
        events: Events,
        cancel: Cancel,
    ) -> Result<(), Message> {
        let engine = &self.node.engine;
        let found = key_of(engine, &work.said.credential, "credential").await;
        let (key, public) = found.map_err(OpError::told)?;
        let held = credential::held(engine, &key).await.map_err(OpError::told)?;
        let registered = self.registered().await?;
        let before = registered.keeper(engine);
        let pushing = Pushing { runner: self, work, key, public, held, registered, before, cancel };
        let hosts = futures::stream::iter(hosts);
        let (pushing, events) = (&pushing, &events);
        hosts
            .for_each_concurrent(self.forks(), |host| async move {
                let began = Instant::now();
                let mut end = pushing.host(&host, events).await;
                end.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                // Who listens goes on to the end.
                let _ = events.send(RunEvent::Host(Box::new(end))).await;
            })
            .await;
        Ok(())
    }
}

/// A key on its way into hosts.
struct Pushing<'a> {
    runner: &'a Runner,
    work: &'a KeyWork,
    key: Credential,
    public: String,
    held: Held,
    registered: Arc<Registered>,
    before: Keeper,
    cancel: Cancel,
}

type Reached = Result<HostLogin, Message>;

impl Pushing<'_> {
    async fn host(&self, host: &Host, events: &Events) -> HostEnd {
        let end = |state, error| HostEnd {
            host: host.name.clone(),
            state,
            rc: None,
            signal: None,
            duration_ms: 0,
            error,
            summary: None,
        };
        if !self.runner.gate().lets(&host.name).await {
            return end(HostState::NotStarted, None);
        }
        let added = match self.run(host, self.first_login(&host.name)).await {
            Ok(said) => said == "added",
            Err(failed) => return *failed,
        };
        if let Err(failed) = self.run(host, self.proof(&host.name)).await {
            return match failed.error {
                Some(why) if failed.state == HostState::Unreachable => {
                    let why = say::key_not_taken(&host.name, &self.key.name, why);
                    end(HostState::Failed, Some(why))
                }
                _ => *failed,
            };
        }
        if let Err(error) = self.keep(&host.name, added).await {
            return end(HostState::Failed, Some(error.told()));
        }
        let word = if added { "added" } else { "there already" };
        let fingerprint = self.key.fingerprint.as_deref().unwrap_or_default();
        let line = Bytes::from(format!("{word}: {fingerprint}"));
        let (host_name, stream) = (host.name.clone(), Stream::Out);
        let _ = events.send(RunEvent::Line { host: host_name, stream, line, partial: false }).await;
        end(HostState::Succeeded, None)
    }

    /// What the script said, by a login; how it ended where it did not come to its end.
    async fn run(&self, host: &Host, login: Reached) -> Result<String, Box<HostEnd>> {
        let fleet = self.fleet(&host.name, login);
        let public = self.public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        let command = Command {
            words: vec![public, format!("hep:{}", self.key.name)],
            script: Some(Script { content: SCRIPT.as_bytes().to_vec() }),
            ..Command::default()
        };
        let cancel = self.cancel.clone();
        let said = exec::capture(fleet, host.clone(), command, PATIENCE, cancel).await;
        match said {
            Some(said) if said.is_fine() => Ok(said.stdout.trim().to_owned()),
            Some(said) => Err(Box::new(said.end)),
            None => Err(Box::new(HostEnd {
                host: host.name.clone(),
                state: HostState::Lost,
                rc: None,
                signal: None,
                duration_ms: 0,
                error: Some(run_say::node_gone()),
                summary: None,
            })),
        }
    }

    /// Reaches one host by a login, and those on the way there as ever.
    fn fleet(&self, host: &str, login: Reached) -> Arc<Fleet> {
        let (host, others) = (host.to_owned(), Arc::clone(&self.before));
        let keeper: Keeper =
            Arc::new(move |name| if name == host { login.clone() } else { others(name) });
        let node = &self.runner.node;
        let overrides = Overrides { keys: node.keys.clone(), ..Overrides::default() };
        let (settings, pool) = (Arc::clone(&node.settings), Arc::clone(&node.pool));
        let inventory = Arc::clone(&self.registered.inventory);
        Arc::new(Fleet::of_register(inventory, settings, pool, overrides, keeper))
    }

    /// The login that is there: a password that was said, or the host's own credential.
    fn first_login(&self, host: &str) -> Reached {
        let mut login = (self.before)(host)?;
        login.user = self.work.said.user.clone().or(login.user);
        if let Some(password) = &self.work.password {
            login.held.clear();
            login.password = Some(password.clone());
            login.stamp = crate::token::token();
        }
        Ok(login)
    }

    /// The login by the key, and by nothing else, over a connection of its own.
    fn proof(&self, host: &str) -> Reached {
        let login = (self.before)(host)?;
        let held = self.held.clone();
        let private = held.private_key.ok_or_else(|| say::no_key_in(&self.key.name))?;
        let held = HeldKey {
            name: self.key.name.clone(),
            private,
            passphrase: held.passphrase,
            certificate: self.key.certificate.clone(),
        };
        let said = self.work.said.user.clone();
        Ok(HostLogin {
            user: said.or_else(|| self.key.user.clone()).or(login.user),
            held: vec![Arc::new(held)],
            only_held: true,
            password: None,
            become_password: None,
            stamp: crate::token::token(),
            ..login
        })
    }

    /// Has the credential log in from now on. What the one before it held for sudo stays where it is.
    async fn keep(&self, name: &str, added: bool) -> OpResult<()> {
        let (engine, run, key) = (&self.runner.node.engine, &self.runner.run, &self.key);
        // That they may was looked at when they asked for the run.
        let actor = Actor::of_run(run);
        let tx = engine.db().begin().await?;
        register::change(&tx).await?;
        let before = hosts::by_name(&tx, name).await?;
        let before = before.ok_or_else(|| OpError::not_found("host", name))?;
        let mut after = before.said.clone();
        after.user = self.work.said.user.clone().or(after.user);
        if after.become_credential.is_none() {
            after.become_credential = after.credential.take().filter(|name| *name != key.name);
        }
        after.credential = Some(key.name.clone());
        let refers = host::references(&tx, &actor, Some(&before), &after).await?;
        let version = before.version;
        let done = hosts::update(&tx, &before.id, version, &after, &refers, &actor.name).await;
        written(done, "host", name, name)?;
        let detail = json!({"credential": key.name, "fingerprint": key.fingerprint,
            "added": added, "run": run.id});
        actor.did(&tx, "host.push_key", Object::from(&before), "done", Some(detail)).await?;
        Ok(tx.commit().await?)
    }
}
