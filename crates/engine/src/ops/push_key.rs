//! The first way into a host: a password, once, which lets a key in; from then on the key logs in.

use std::sync::Arc;
use std::time::Duration;

use hep_core::message::{Message, credential as say, verb as verbs};
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::actor::{Actor, Object};
use super::error::{OpError, OpResult};
use super::verb::answer;
use super::{Engine, credential, host};
use crate::credential::{self as part, Held};
use crate::exec::{Command, Script};
use crate::fleet::{HostLogin, Keeper};
use crate::server::roster::Registered;
use crate::store::credentials::{self, Credential, Kind};
use crate::store::hosts::{self, Host};
use crate::store::register;
use crate::transport::ssh::HeldKey;

/// How long each of the two logins may take, with what is done there.
const PATIENCE: Duration = Duration::from_secs(30);
/// Lets a key in.
const SCRIPT: &str = include_str!("push_key.sh");

/// Which key, and how to log in until it does.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushKeyInput {
    /// The credential whose key is let in, and which logs in from then on.
    pub credential: String,
    /// The login, where the host has another one in the register or none.
    #[serde(default)]
    pub user: Option<String>,
    /// The password that logs in this once, and is not kept; without it the host's own credential logs in.
    #[serde(default, deserialize_with = "part::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub password: Option<Secret<String>>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PushedKey {
    /// The host.
    pub host: String,
    /// The credential that logs in now.
    pub credential: String,
    /// The fingerprint of its key.
    pub fingerprint: String,
    /// Whether the host did not have the key yet.
    pub added: bool,
}

/// Logs in as the host is logged in to now, lets the key of a credential in, proves that it logs in, and has it log
/// in from then on. Where anything of this fails the register stays as it is.
pub async fn push_key(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    said: PushKeyInput,
) -> OpResult<PushedKey> {
    actor.must(Verb::Secrets, "credentials")?;
    let host = host::load_for(engine.db(), actor, Verb::Change, name).await?;
    let found = credentials::find(engine.db(), &said.credential).await?;
    let key = found.ok_or_else(|| OpError::not_found("credential", &said.credential))?;
    let (Kind::Key | Kind::Certificate, Some(public_key)) = (key.kind, &key.public_key) else {
        return Err(OpError::invalid("credential", say::no_key_in(&key.name)));
    };
    let held = credential::held(engine, &key).await?;
    let registered = engine.registered().await?;
    let before = registered.keeper(engine);
    let way = Way { engine, registered: &registered, host: &host };
    let first = Arc::new(first_login(before(&host.said.name), &said));
    let public = public_key.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let comment = format!("hep:{}", key.name);
    let out = way.run(login_of(&host, &before, first), &[&public, &comment]).await?;
    let proof = Arc::new(proof(before(&host.said.name), &said, &key, held));
    let proven = way.run(login_of(&host, &before, proof), &[&public, &comment]).await;
    proven.map_err(|error| match error {
        OpError::Unreachable(why) => {
            OpError::Unreachable(say::key_not_taken(&host.said.name, &key.name, why))
        }
        other => other,
    })?;
    let added = out.trim() == "added";
    keep(engine, actor, &host, (&key, said.user), added).await?;
    Ok(PushedKey {
        host: host.said.name.clone(),
        fingerprint: key.fingerprint.clone().unwrap_or_default(),
        credential: key.name,
        added,
    })
}

type Reached = Result<HostLogin, Message>;

/// The login that is there: a password that was said, or the host's own credential.
fn first_login(own: Reached, said: &PushKeyInput) -> Reached {
    let mut login = own?;
    login.user = said.user.clone().or(login.user);
    if let Some(password) = &said.password {
        login.held.clear();
        login.password = Some(password.clone());
        login.stamp = crate::token::token();
    }
    Ok(login)
}

/// The login by the key, and by nothing else, over a connection of its own.
fn proof(own: Reached, said: &PushKeyInput, key: &Credential, held: Held) -> Reached {
    let login = own?;
    let private = held.private_key.ok_or_else(|| say::no_key_in(&key.name))?;
    let held = HeldKey {
        name: key.name.clone(),
        private,
        passphrase: held.passphrase,
        certificate: key.certificate.clone(),
    };
    Ok(HostLogin {
        user: said.user.clone().or_else(|| key.user.clone()).or(login.user),
        held: vec![Arc::new(held)],
        only_held: true,
        password: None,
        become_password: None,
        stamp: crate::token::token(),
        ..login
    })
}

/// Reaches one host in this way, and those on the way there as ever.
fn login_of(host: &Host, others: &Keeper, login: Arc<Reached>) -> Keeper {
    let (host, others) = (host.said.name.clone(), Arc::clone(others));
    Arc::new(move |name| if name == host { (*login).clone() } else { others(name) })
}

struct Way<'a> {
    engine: &'a Engine,
    registered: &'a Registered,
    host: &'a Host,
}

impl Way<'_> {
    async fn run(&self, keeper: Keeper, words: &[&str]) -> OpResult<String> {
        let means = self.engine.means();
        let means = means.ok_or_else(|| OpError::Unavailable(verbs::no_node()))?;
        let fleet = means.fleet_by(self.registered, keeper);
        let command = Command {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            script: Some(Script { content: SCRIPT.as_bytes().to_vec() }),
            ..Command::default()
        };
        let name = self.host.said.name.as_str().into();
        answer(fleet, name, command, PATIENCE).await.map_err(OpError::Unreachable)
    }
}

/// Has the credential log in from now on. What the one before it held for sudo stays where it is.
async fn keep(
    engine: &Engine,
    actor: &Actor,
    host: &Host,
    (key, user): (&Credential, Option<String>),
    added: bool,
) -> OpResult<()> {
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let before = host::load_for(&tx, actor, Verb::Change, &host.id).await?;
    let mut after = before.said.clone();
    after.user = user.or(after.user);
    if after.become_credential.is_none() {
        after.become_credential = after.credential.take().filter(|name| *name != key.name);
    }
    after.credential = Some(key.name.clone());
    let refers = host::references(&tx, actor, Some(&before), &after).await?;
    let by = &actor.name;
    if !hosts::update(&tx, &before.id, before.version, &after, &refers, by).await? {
        let message = hep_core::message::register::changed_meanwhile("host", &before.said.name);
        return Err(OpError::Stale(message));
    }
    let detail = json!({"credential": key.name, "fingerprint": key.fingerprint, "added": added});
    actor.did(&tx, "host.push_key", Object::from(&before), "done", Some(detail)).await?;
    Ok(tx.commit().await?)
}
