//! The keys of all hosts at once, as `known_hosts` files have them: taken from one, and written into one.

use std::fmt::Write as _;

use hep_core::rights::Verb;
use hep_core::ssh::known_hosts::{KnownHosts, lookup_name};
use serde::{Deserialize, Serialize};

use super::Engine;
use super::actor::Actor;
use super::error::{OpError, OpResult};
use super::host_key::{self, shown_key};
use super::reach::Reach;
use crate::store::host_keys::{self, HostKey, Shown, State};
use crate::store::hosts::{self, Host};
use crate::store::{Tx, register};

/// A `known_hosts` file.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownHostsInput {
    /// Its text.
    pub text: String,
    /// Whether keys take the place of others that are trusted now.
    #[serde(default)]
    pub replace: bool,
}

/// What was taken, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Taken {
    /// Whether it was done.
    pub applied: bool,
    /// The keys of hosts of the register, by host.
    pub keys: Vec<TakenKey>,
}

/// A key of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TakenKey {
    /// The host.
    pub host: String,
    /// The key's type.
    pub algorithm: String,
    /// `SHA256:` and base64.
    pub fingerprint: String,
    /// What becomes of it.
    pub what: What,
}

/// What becomes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is trusted from now on.
    Trusted,
    /// It is never trusted again.
    Revoked,
    /// Nothing: that is decided already.
    Unchanged,
    /// Nothing: another key of this type is trusted, or this one was revoked.
    Conflict,
    /// Nothing: the file has several keys of this type for the host.
    Ambiguous,
}

/// Trusts the keys that a `known_hosts` file has for hosts of the register; with `dry` nothing is done, and only
/// told. Lines with `@cert-authority` and lines for other hosts are left alone.
pub async fn import(
    engine: &Engine,
    actor: &Actor,
    said: &KnownHostsInput,
    dry: bool,
) -> OpResult<Taken> {
    actor.must_somewhere(Verb::Secrets, "keys of hosts")?;
    let mut known = KnownHosts::default();
    known.add("known_hosts", &said.text);
    let registered = engine.registered().await?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let reach = Reach::of(&tx, actor, Verb::Secrets).await?;
    let mut taken = Taken::default();
    for name in registered.inventory.hosts().keys().filter(|name| reach.has(name)) {
        let Some(seen) = registered.host(name) else { continue };
        let found = keys_of(&known, [&seen.address, name], seen.port);
        if found.is_empty() {
            continue;
        }
        // It may have gone since the register was read.
        let Some(host) = hosts::by_name(&tx, name).await? else { continue };
        for key in &found {
            let what = match is_alone(&found, key) {
                true => take(&tx, actor, &host, key, said.replace).await?,
                false => What::Ambiguous,
            };
            let Shown { algorithm, fingerprint, .. } = key.shown.clone();
            taken.keys.push(TakenKey { host: name.to_string(), algorithm, fingerprint, what });
        }
    }
    if !dry {
        tx.commit().await?;
        taken.applied = true;
    }
    Ok(taken)
}

/// A key that a file has for a host.
struct Found {
    shown: Shown,
    is_revoked: bool,
}

fn keys_of(known: &KnownHosts, names: [&str; 2], port: u16) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (line, is_revoked) in names.iter().flat_map(|name| known.keys_of(&lookup_name(name, port)))
    {
        // A type that we do not know nobody can show us.
        let Ok(shown) = shown_key(&line) else { continue };
        if !found.iter().any(|key| key.shown == shown && key.is_revoked == is_revoked) {
            found.push(Found { shown, is_revoked });
        }
    }
    found
}

/// Whether no other key of its type is to be trusted.
fn is_alone(all: &[Found], key: &Found) -> bool {
    let same = |other: &&Found| !other.is_revoked && other.shown.algorithm == key.shown.algorithm;
    key.is_revoked || all.iter().filter(same).count() == 1
}

async fn take(tx: &Tx, actor: &Actor, host: &Host, key: &Found, replace: bool) -> OpResult<What> {
    let keys = host_keys::of_host(tx, &host.id).await?;
    let is_it = |known: &&HostKey| known.public_key == key.shown.public_key;
    let before = keys.iter().find(is_it).map(|known| known.state);
    let others = keys.iter().any(|known| {
        known.state == State::Pinned && known.algorithm == key.shown.algorithm && !is_it(&known)
    });
    let what = match (key.is_revoked, before) {
        (true, Some(State::Revoked)) | (false, Some(State::Pinned)) => What::Unchanged,
        (true, _) => What::Revoked,
        (false, Some(State::Revoked)) => What::Conflict,
        (false, _) if others && !replace => What::Conflict,
        (false, _) => What::Trusted,
    };
    if matches!(what, What::Unchanged | What::Conflict) {
        return Ok(what);
    }
    host_keys::shown(tx, &host.id, &key.shown).await?;
    let keys = host_keys::of_host(tx, &host.id).await?;
    let known = keys.iter().find(is_it);
    let known = known.ok_or_else(|| OpError::not_found("host key", &key.shown.fingerprint))?;
    match what {
        What::Revoked => host_key::distrust(tx, actor, host, known).await?,
        _ => host_key::trust(tx, actor, host, known).await?,
    }
    Ok(what)
}

/// The keys that are trusted or revoked, of the hosts that the actor may see, as a `known_hosts` file.
pub async fn export(engine: &Engine, actor: &Actor) -> OpResult<String> {
    actor.must_somewhere(Verb::View, "hosts")?;
    let reach = Reach::now(engine, actor, Verb::View).await?;
    let registered = engine.registered().await?;
    let mut text = String::new();
    for name in registered.inventory.hosts().keys().filter(|name| reach.has(name)) {
        let Some(host) = registered.host(name) else { continue };
        let address = lookup_name(&host.address, host.port);
        for key in registered.keys(host) {
            let mark = if key.revoked { "@revoked " } else { "" };
            let _ = writeln!(text, "{mark}{address} {}", key.public_key);
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::host;
    use super::super::testing::on_both;
    use super::*;
    use crate::credential::{generate, inspect};

    fn new_key() -> String {
        let key = inspect(&generate("c").unwrap(), None).unwrap().public_key;
        key.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    fn whats(taken: &Taken) -> Vec<(&str, What)> {
        taken.keys.iter().map(|key| (key.host.as_str(), key.what)).collect()
    }

    #[tokio::test]
    async fn keys_are_taken_from_a_file_and_written_into_one() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            for said in [
                json!({"name": "web", "address": "192.0.2.1", "port": 2222}),
                json!({"name": "db", "address": "192.0.2.2"}),
                json!({"name": "mail"}),
            ] {
                host::create(&engine, &me, serde_json::from_value(said).unwrap()).await.unwrap();
            }
            let [web, db, bad, other, third] = [(); 5].map(|()| new_key());
            let text = format!(
                "[192.0.2.1]:2222 {web}\ndb,192.0.2.2 {db}\n@revoked db {bad}\nmail {other}\n\
                 mail {third}\n@cert-authority * {third}\nnobody {web}\njunk\n"
            );
            let said = KnownHostsInput { text, replace: false };
            let preview = import(&engine, &me, &said, true).await.unwrap();
            assert_eq!(export(&engine, &me).await.unwrap(), "");
            let done = import(&engine, &me, &said, false).await.unwrap();
            assert_eq!(Taken { applied: true, ..preview }, done);
            let ambiguous = ("mail", What::Ambiguous);
            let expected = [
                ("db", What::Trusted),
                ("db", What::Revoked),
                ambiguous,
                ambiguous,
                ("web", What::Trusted),
            ];
            assert_eq!(whats(&done), expected);
            let again = import(&engine, &me, &said, false).await.unwrap();
            assert!(again.keys.iter().all(|key| key.host == "mail" || key.what == What::Unchanged));
            let mut lines: Vec<String> =
                export(&engine, &me).await.unwrap().lines().map(Into::into).collect();
            lines.sort();
            let mut expected = vec![
                format!("192.0.2.2 {db}"),
                format!("@revoked 192.0.2.2 {bad}"),
                format!("[192.0.2.1]:2222 {web}"),
            ];
            expected.sort();
            assert_eq!(lines, expected);
            // Another key for a host whose key is trusted, and one that was revoked.
            let text = format!("[web]:2222 {other}\ndb {bad}\n");
            let said = |replace| KnownHostsInput { text: text.clone(), replace };
            let conflict = import(&engine, &me, &said(false), false).await.unwrap();
            assert_eq!(whats(&conflict), [("db", What::Conflict), ("web", What::Conflict)]);
            let taken = import(&engine, &me, &said(true), false).await.unwrap();
            assert_eq!(whats(&taken), [("db", What::Conflict), ("web", What::Trusted)]);
        })
        .await;
    }
}
