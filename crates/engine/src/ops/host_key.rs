//! Keys of hosts: which of them are trusted. Whoever approves one names its fingerprint.

use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use hep_core::message::{Message, host_key as say};
use hep_core::rights::Verb;
use russh::keys::{HashAlg, PublicKey};
use serde_json::json;

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, chain};
use super::host::load_for;
use crate::store::host_keys::{self, HostKey, Shown, State};
use crate::store::hosts::{self, Host};
use crate::store::{Tx, register};
use crate::transport::ssh::{
    Decline, HostKeyPolicy, Limits, Pinned, Pool, Settings, SettingsSource, ShownKey, Wanted,
};

const KIND: &str = "host_key";

/// Where a key comes from.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyInput {
    /// A key that is known by other means, as a `.pub` file has it: it is trusted at once. Without it the host is
    /// asked, and what it shows waits for approval.
    #[serde(default)]
    pub public_key: Option<String>,
}

/// What an approver has seen.
#[derive(Clone, Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The fingerprint, `SHA256:…`, as the host itself or its maker says it.
    pub fingerprint: String,
}

/// The keys of a host.
pub async fn list(engine: &Engine, actor: &Actor, host: &str) -> OpResult<Vec<HostKey>> {
    let host = load_for(engine.db(), actor, Verb::View, host).await?;
    Ok(host_keys::of_host(engine.db(), &host.id).await?)
}

/// Asks a host for its key, or trusts one that is given.
pub async fn add(
    engine: &Engine,
    actor: &Actor,
    host: &str,
    said: &KeyInput,
) -> OpResult<Vec<HostKey>> {
    match &said.public_key {
        Some(text) => pin(engine, actor, host, text).await,
        None => ask(engine, actor, host).await,
    }
}

async fn pin(engine: &Engine, actor: &Actor, host: &str, text: &str) -> OpResult<Vec<HostKey>> {
    let key = shown_key(text)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let host = load_for(&tx, actor, Verb::Secrets, host).await?;
    host_keys::shown(&tx, &host.id, &key).await?;
    let keys = host_keys::of_host(&tx, &host.id).await?;
    let found = keys.iter().find(|found| found.public_key == key.public_key);
    let found = found.ok_or_else(|| OpError::not_found(KIND, &key.fingerprint))?;
    trust(&tx, actor, &host, found).await?;
    let keys = host_keys::of_host(&tx, &host.id).await?;
    tx.commit().await?;
    Ok(keys)
}

/// Asks a host for its key. Nobody logs in.
async fn ask(engine: &Engine, actor: &Actor, host: &str) -> OpResult<Vec<HostKey>> {
    let host = load_for(engine.db(), actor, Verb::Change, host).await?;
    let shown = ask_host(&host).await?;
    note(engine, &host.id, &shown).await?;
    let tx = engine.db().begin().await?;
    let detail = json!({"fingerprint": shown.fingerprint});
    actor.did(&tx, "host_key.ask", Object::from(&host), "done", Some(detail)).await?;
    tx.commit().await?;
    Ok(host_keys::of_host(engine.db(), &host.id).await?)
}

async fn ask_host(host: &Host) -> OpResult<Shown> {
    let name = &host.said.name;
    if host.said.jump.as_deref().is_some_and(|jump| !jump.is_empty() && jump != "none") {
        return Err(OpError::Conflict(say::behind_others(name)));
    }
    let told = Arc::new(Mutex::new(None));
    let hear = Arc::clone(&told);
    let pinned = Pinned::new([], move |key| {
        *hear.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
        ready(Ok(())).boxed()
    });
    let source = SettingsSource {
        config: Some("none".into()),
        policy: Some(HostKeyPolicy::Strict),
        ..SettingsSource::default()
    };
    let wanted = Wanted {
        name: name.clone(),
        address: Some(host.said.address.clone()),
        port: Some(host.said.port),
        user: Some("hep".into()),
        pinned: Some(pinned),
        jump: Some(String::new()),
        legacy_algorithms: host.said.legacy_algorithms,
        ..Wanted::default()
    };
    let unable = |why: String| OpError::Unreachable(say::not_reached(name, why));
    let settings = Settings::load(source).map_err(|message| unable(message.to_string()))?;
    let target = settings.target(&wanted).map_err(|message| unable(message.to_string()))?;
    // No key is pinned, so that it ends when the host has shown its own.
    let ended = Pool::new(Limits::default(), Arc::new(Decline)).get(&target).await;
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (told, ended) {
        (Some(key), _) => Ok(Shown {
            algorithm: key.algorithm,
            public_key: key.public_key,
            fingerprint: key.fingerprint,
        }),
        (None, Err(error)) => Err(unable(error.to_string())),
        (None, Ok(_)) => Err(OpError::Internal("a host was trusted that had no key".into())),
    }
}

/// Remembers what a host has shown. One that shows what is not trusted is `untrusted` until somebody decides;
/// what was trusted stays so.
async fn note(engine: &Engine, host: &str, shown: &Shown) -> OpResult<()> {
    let tx = engine.db().begin().await?;
    host_keys::shown(&tx, host, shown).await?;
    let keys = host_keys::of_host(&tx, host).await?;
    let is_pinned =
        keys.iter().any(|key| key.public_key == shown.public_key && key.state == State::Pinned);
    if !is_pinned {
        let why = say::to_be_decided(&shown.fingerprint);
        host_keys::set_untrusted(&tx, host, Some(&why)).await?;
    }
    Ok(tx.commit().await?)
}

/// What a host has shown to who wanted to reach it. Where the setting lets new hosts in, the first key is trusted;
/// an error says that it could not be.
pub(crate) async fn told(engine: &Engine, host: &str, key: ShownKey) -> Result<(), Message> {
    let shown = Shown {
        algorithm: key.algorithm,
        public_key: key.public_key,
        fingerprint: key.fingerprint,
    };
    let done = match key.accepted {
        true => let_in(engine, host, &shown).await,
        false => note(engine, host, &shown).await,
    };
    done.map_err(|error| {
        let why = match error {
            OpError::Conflict(message) => return message,
            error => chain(&error),
        };
        tracing::warn!(host = key.host, %why, "cannot keep a host's key");
        say::not_kept(key.host, why)
    })
}

/// Trusts the first key of a host, unless somebody has decided about one meanwhile.
async fn let_in(engine: &Engine, host: &str, shown: &Shown) -> OpResult<()> {
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    host_keys::shown(&tx, host, shown).await?;
    let keys = host_keys::of_host(&tx, host).await?;
    let is_shown = |key: &&HostKey| key.public_key == shown.public_key;
    let key = keys.iter().find(is_shown).ok_or_else(|| OpError::not_found(KIND, host))?;
    let decided = keys.iter().find(|key| matches!(key.state, State::Pinned | State::Revoked));
    match decided {
        // Two connections at once.
        Some(found) if found.id == key.id && found.state == State::Pinned => return Ok(()),
        Some(_) => return Err(OpError::Conflict(say::decided_meanwhile(&key.host))),
        None => {}
    }
    let found = hosts::find(&tx, host).await?;
    let found = found.ok_or_else(|| OpError::not_found("host", host))?;
    trust(&tx, &Actor::server("ssh.host_key: accept-new"), &found, key).await?;
    Ok(tx.commit().await?)
}

/// Trusts a key that a host has shown. Whoever approves says the fingerprint that they have compared.
pub async fn approve(
    engine: &Engine,
    actor: &Actor,
    host: &str,
    id: &str,
    said: &Approval,
) -> OpResult<HostKey> {
    decide(engine, actor, host, id, Some(said)).await
}

/// Never trusts a key again.
pub async fn revoke(engine: &Engine, actor: &Actor, host: &str, id: &str) -> OpResult<HostKey> {
    decide(engine, actor, host, id, None).await
}

async fn decide(
    engine: &Engine,
    actor: &Actor,
    host: &str,
    id: &str,
    approval: Option<&Approval>,
) -> OpResult<HostKey> {
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let host = load_for(&tx, actor, Verb::Secrets, host).await?;
    let found = async || -> OpResult<HostKey> {
        let key = host_keys::find(&tx, &host.id, id).await?;
        key.ok_or_else(|| OpError::not_found("host key", id))
    };
    let key = found().await?;
    match approval {
        Some(said) if said.fingerprint.trim() != key.fingerprint => {
            let message = say::other_fingerprint(&said.fingerprint, &key.fingerprint);
            return Err(OpError::invalid("fingerprint", message));
        }
        Some(_) => trust(&tx, actor, &host, &key).await?,
        None => distrust(&tx, actor, &host, &key).await?,
    }
    let key = found().await?;
    tx.commit().await?;
    Ok(key)
}

/// Pins a key in place of those of its algorithm that were.
pub(super) async fn trust(tx: &Tx, actor: &Actor, host: &Host, key: &HostKey) -> OpResult<()> {
    if key.state == State::Revoked {
        return Err(OpError::Conflict(say::revoked(&key.fingerprint)));
    }
    for other in host_keys::of_host(tx, &host.id).await? {
        if other.state == State::Pinned && other.algorithm == key.algorithm && other.id != key.id {
            host_keys::decide(tx, &other.id, State::Replaced, &actor.name).await?;
        }
    }
    host_keys::decide(tx, &key.id, State::Pinned, &actor.name).await?;
    host_keys::set_untrusted(tx, &host.id, None).await?;
    let detail = json!({"fingerprint": key.fingerprint, "algorithm": key.algorithm});
    actor.did(tx, "host_key.approve", Object::from(host), "done", Some(detail)).await
}

/// Never trusts a key again.
pub(super) async fn distrust(tx: &Tx, actor: &Actor, host: &Host, key: &HostKey) -> OpResult<()> {
    host_keys::decide(tx, &key.id, State::Revoked, &actor.name).await?;
    let detail = json!({"fingerprint": key.fingerprint});
    actor.did(tx, "host_key.revoke", Object::from(host), "done", Some(detail)).await
}

/// A key from a text of somebody's.
pub(super) fn shown_key(text: &str) -> OpResult<Shown> {
    let fault = |error| OpError::invalid("public_key", say::bad_key(error));
    let mut key = PublicKey::from_openssh(text.trim()).map_err(fault)?;
    key.set_comment("");
    Ok(Shown {
        algorithm: key.algorithm().as_str().to_owned(),
        public_key: key.to_openssh().map_err(fault)?.trim_end().to_owned(),
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::host;
    use super::super::testing::on_both;
    use super::*;
    use crate::credential::{generate, inspect};
    use crate::store::hosts::HostInput;

    fn new_key() -> Shown {
        shown_key(&inspect(&generate("c").unwrap(), None).unwrap().public_key).unwrap()
    }

    #[tokio::test]
    async fn a_key_is_trusted_once_somebody_has_compared_it() {
        on_both(|engine| {
            Box::pin(async move {
                let me = Actor::command_line("test");
                let web = host::create(&engine, &me, HostInput::named("web")).await.unwrap();
                let state = async || host::show(&engine, &me, "web").await.unwrap().state;
                let (first, second) = (new_key(), new_key());
                note(&engine, &web.id, &first).await.unwrap();
                assert_eq!(state().await, "untrusted");
                let id = list(&engine, &me, "web").await.unwrap()[0].id.clone();
                let wrong = Approval { fingerprint: second.fingerprint.clone() };
                let refused = approve(&engine, &me, "web", &id, &wrong).await;
                assert!(matches!(
                    refused,
                    Err(OpError::Invalid { field: Some("fingerprint"), .. })
                ));
                let right = Approval { fingerprint: first.fingerprint.clone() };
                let key = approve(&engine, &me, "web", &id, &right).await.unwrap();
                assert_eq!((key.state, state().await.as_str()), (State::Pinned, "unknown"));
                note(&engine, &web.id, &first).await.unwrap();
                assert_eq!(state().await, "unknown");
                // Another key: the one before stays trusted until somebody decides.
                note(&engine, &web.id, &second).await.unwrap();
                assert_eq!(state().await, "untrusted");
                let states = async || -> Vec<State> {
                    list(&engine, &me, "web").await.unwrap().iter().map(|key| key.state).collect()
                };
                assert_eq!(states().await, [State::Pinned, State::Offered]);
                let given =
                    KeyInput { public_key: Some(format!("{} root@web", second.public_key)) };
                Box::pin(add(&engine, &me, "web", &given)).await.unwrap();
                assert_eq!(states().await, [State::Replaced, State::Pinned]);
                revoke(&engine, &me, "web", &id).await.unwrap();
                let again = approve(&engine, &me, "web", &id, &right).await;
                assert!(matches!(again, Err(OpError::Conflict(_))), "{again:?}");
                let bad = KeyInput { public_key: Some("ssh-ed25519 x".into()) };
                assert!(matches!(
                    add(&engine, &me, "web", &bad).await,
                    Err(OpError::Invalid { .. })
                ));
            })
        })
        .await;
    }

    #[tokio::test]
    async fn a_host_that_cannot_be_asked_is_said() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            // Bound and dropped: nobody listens there.
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = free.local_addr().unwrap().port();
            drop(free);
            let said = HostInput { address: "127.0.0.1".into(), port, ..HostInput::named("web") };
            host::create(&engine, &me, said).await.unwrap();
            let behind = HostInput { jump: Some("web".into()), ..HostInput::named("db") };
            host::create(&engine, &me, behind).await.unwrap();
            let refused = add(&engine, &me, "web", &KeyInput::default()).await;
            assert!(matches!(refused, Err(OpError::Unreachable(_))), "{refused:?}");
            let refused = add(&engine, &me, "db", &KeyInput::default()).await;
            assert!(matches!(refused, Err(OpError::Conflict(_))), "{refused:?}");
        })
        .await;
    }
}
