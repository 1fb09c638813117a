//! Tokens: how programs are let in.

use std::fmt::Write as _;

use hep_core::message::{register as say, server};
use hep_core::rights::{Grant, Verb};
use hep_core::secret::Secret;
use sha2::{Digest as _, Sha256};

use super::Engine;
use super::actor::{Actor, ActorKind, Object};
use super::error::{OpError, OpResult, on_write};
use crate::store::{now_ms, tokens, users};

/// What every token begins with, so that people and secret scanners know one when they see it.
const PREFIX: &str = "hep_";

/// A token, never to be seen again after this.
#[derive(Debug)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// The token itself.
    pub token: Secret<String>,
}

/// Makes a token for a user who may do what the user may.
pub async fn create(engine: &Engine, actor: &Actor, user: &str, name: &str) -> OpResult<Made> {
    actor.must(Verb::Administer, "tokens of others")?;
    hep_core::name::check(name).map_err(|message| OpError::invalid("name", message))?;
    let tx = engine.db().begin().await?;
    let owner = users::by_name(&tx, user).await?;
    let owner = owner.ok_or_else(|| OpError::not_found("user", user))?;
    let token = Secret::new(format!("{PREFIX}{}{}", crate::token::token(), crate::token::token()));
    let made = tokens::insert(&tx, &owner.id, name, &hash(&token), None, None, &actor.name).await;
    let id = made.map_err(|error| on_write(error, "token", name))?;
    let object = Object { kind: "token", id: Some(&id), name };
    actor.made(&tx, object).await?;
    tx.commit().await?;
    Ok(Made { id, token })
}

/// The actor whose token this is.
pub async fn actor(
    engine: &Engine,
    token: &Secret<String>,
    address: &str,
    request_id: &str,
) -> OpResult<Actor> {
    let found = tokens::by_hash(engine.db(), &hash(token)).await?;
    let valid = found
        .filter(|found| found.user_enabled && found.expires_ms.is_none_or(|end| end > now_ms()));
    let token = valid.ok_or_else(|| OpError::NotSignedIn(server::not_signed_in()))?;
    let grants = users::grants(engine.db(), &token.user_id).await?;
    let within = |grant: &Grant| grant.within(token.verbs.as_ref());
    Ok(Actor {
        kind: ActorKind::Token,
        id: Some(token.id),
        name: format!("{}/{}", token.user_name, token.name),
        address: address.to_owned(),
        request_id: request_id.to_owned(),
        grants: grants.iter().map(within).collect(),
        once: None,
    })
}

/// What the database holds in place of a token. A token is random through and through, so that one round of
/// SHA-256 is as good as a slow hash.
fn hash(token: &Secret<String>) -> String {
    Sha256::digest(token.expose()).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Makes a user with a role on everything.
pub async fn create_user(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    role: &str,
) -> OpResult<String> {
    actor.must(Verb::Administer, "users")?;
    hep_core::name::check(name).map_err(|message| OpError::invalid("name", message))?;
    let tx = engine.db().begin().await?;
    let made = users::insert(&tx, name, None, &actor.name).await;
    let id = made.map_err(|error| on_write(error, "user", name))?;
    if !users::grant(&tx, &id, role, &actor.name).await? {
        return Err(OpError::invalid("role", say::not_found("role", role)));
    }
    let object = Object { kind: "user", id: Some(&id), name };
    actor.made(&tx, object).await?;
    tx.commit().await?;
    Ok(id)
}
