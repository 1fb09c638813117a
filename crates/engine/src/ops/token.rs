//! Tokens: how programs are let in.

use hep_core::message::server;
use hep_core::name;
use hep_core::rights::{Grant, Verb, Verbs};
use hep_core::secret::Secret;
use hep_core::selector::Selector;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::actor::{Actor, ActorKind, Object};
use super::error::{OpError, OpResult, on_write};
use super::page::{Page, Paging, page};
use super::{Engine, secret_text, user};
use crate::store::tokens::{self, Insert, Token};
use crate::store::{now_ms, users};

/// What every token begins with, so that people and secret scanners know one when they see it.
const PREFIX: &str = "hep_";
/// `used_ms` is written at most this often, in milliseconds.
const USED_MS: i64 = 60_000;
const KIND: &str = "token";

impl<'a> From<&'a Token> for Object<'a> {
    fn from(token: &'a Token) -> Self {
        Self { kind: KIND, id: Some(&token.id), name: &token.name }
    }
}

/// A token to be made. It never allows more than its user may.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is called; each of a user's has a name of its own.
    pub name: String,
    /// Whose it is; one's own, when not said.
    #[serde(default)]
    pub user: Option<String>,
    /// Only these verbs: `view`, `run`, …
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub verbs: Option<Verbs>,
    /// Only these hosts, as a selector.
    #[serde(default)]
    pub selector: Option<String>,
    /// When it ends to be valid, in milliseconds since 1970.
    #[serde(default)]
    pub expires_ms: Option<i64>,
}

impl NewToken {
    /// One of a user, without limits.
    pub fn of(user: &str, name: &str) -> Self {
        let (user, name) = (Some(user.to_owned()), name.to_owned());
        Self { name, user, verbs: None, selector: None, expires_ms: None }
    }
}

/// A token, never to be seen again after this.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Made {
    /// What can be seen of it later.
    #[serde(flatten)]
    pub about: Token,
    /// The token itself.
    #[serde(serialize_with = "secret_text::tell_once")]
    #[schema(value_type = String)]
    pub token: Secret<String>,
}

/// Makes a token: one's own after signing in, that of others as an administrator. A token makes no token for
/// its own user, or else its limits would be none.
pub async fn create(engine: &Engine, actor: &Actor, new: NewToken) -> OpResult<Made> {
    let name = new.user.as_deref().or_else(|| actor.user_name());
    let name = name.ok_or_else(|| OpError::invalid("user", server::whose_token()))?.to_owned();
    if !is_own(actor, &name) {
        actor.must(Verb::Administer, "tokens of others")?;
    }
    check(&new)?;
    let tx = engine.db().begin().await?;
    let owner = user::load(&tx, &name).await?;
    let token = Secret::new(format!("{PREFIX}{}{}", crate::token::token(), crate::token::token()));
    let insert = Insert {
        user_id: &owner.id,
        name: &new.name,
        hash: &hash(&token),
        verbs: new.verbs.as_ref(),
        selector: new.selector.as_deref().unwrap_or("all"),
        expires_ms: new.expires_ms,
        by: &actor.name,
    };
    let made = tokens::insert(&tx, &insert).await;
    let id = made.map_err(|error| on_write(error, KIND, &new.name))?;
    let about = load(&tx, &id).await?;
    let detail = serde_json::json!({ "user": name, "verbs": new.verbs, "selector": new.selector });
    actor.made_as(&tx, Object::from(&about), &id, Some(detail)).await?;
    tx.commit().await?;
    Ok(Made { about, token })
}

fn check(new: &NewToken) -> OpResult<()> {
    name::check(&new.name).map_err(|message| OpError::invalid("name", message))?;
    if new.verbs.as_ref().is_some_and(Verbs::is_empty) {
        return Err(OpError::invalid("verbs", server::no_verbs()));
    }
    if let Some(selector) = new.selector.as_deref().filter(|selector| !selector.is_empty()) {
        Selector::parse(selector).map_err(|message| OpError::invalid("selector", message))?;
    }
    match new.expires_ms {
        Some(end) if end <= now_ms() => Err(OpError::invalid("expires_ms", server::past())),
        _ => Ok(()),
    }
}

/// Somebody who has signed in, about what is theirs.
fn is_own(actor: &Actor, user: &str) -> bool {
    actor.kind == ActorKind::User && actor.user_name() == Some(user)
}

/// A page of tokens: of a user, or of all.
pub async fn list(
    engine: &Engine,
    actor: &Actor,
    user: Option<&str>,
    paging: &Paging,
) -> OpResult<Page<Token>> {
    // Whoever may not see those of others sees their own.
    let own = if actor.may(Verb::Administer) { None } else { actor.user_name() };
    let user = user.or(own);
    if !user.is_some_and(|user| is_own(actor, user)) {
        actor.must(Verb::Administer, "tokens of others")?;
    }
    let limit = paging.limit()?;
    let found = tokens::list(engine.db(), user, paging.after()?.as_deref(), limit + 1).await?;
    Ok(page(found, limit, |token| &token.id))
}

/// What can be seen of a token.
pub async fn show(engine: &Engine, actor: &Actor, id: &str) -> OpResult<Token> {
    let token = load(engine.db(), id).await;
    may_touch(actor, token, id)
}

/// Ends a token.
pub async fn delete(engine: &Engine, actor: &Actor, id: &str) -> OpResult<()> {
    let tx = engine.db().begin().await?;
    let token = may_touch(actor, load(&tx, id).await, id)?;
    tokens::delete(&tx, id).await?;
    actor.did(&tx, "token.delete", Object::from(&token), "done", None).await?;
    Ok(tx.commit().await?)
}

async fn load(from: &dyn crate::store::Sql, id: &str) -> OpResult<Token> {
    let token = tokens::by_id(from, id).await?;
    token.ok_or_else(|| OpError::not_found(KIND, id))
}

/// A token of others is not there for whoever is no administrator.
fn may_touch(actor: &Actor, token: OpResult<Token>, id: &str) -> OpResult<Token> {
    let token = token?;
    if is_own(actor, &token.user) || actor.may(Verb::Administer) {
        return Ok(token);
    }
    Err(OpError::not_found(KIND, id))
}

/// The actor whose token this is.
pub async fn actor(
    engine: &Engine,
    token: &Secret<String>,
    address: &str,
    request_id: &str,
) -> OpResult<Actor> {
    let found = tokens::by_hash(engine.db(), &hash(token)).await?;
    let valid = found.filter(|found| {
        found.user_enabled && found.token.expires_ms.is_none_or(|end| end > now_ms())
    });
    let key = valid.ok_or_else(|| OpError::NotSignedIn(server::bad_token()))?;
    let token = key.token;
    if token.used_ms.is_none_or(|used| used < now_ms() - USED_MS) {
        super::note_use(tokens::used(engine.db(), &token.id).await);
    }
    let grants = users::grants(engine.db(), &key.user_id).await?;
    let within = |grant: &Grant| grant.within(token.verbs.as_ref(), &token.selector);
    Ok(Actor {
        kind: ActorKind::Token,
        name: format!("{}/{}", token.user, token.name),
        id: Some(token.id.clone()),
        address: address.to_owned(),
        request_id: request_id.to_owned(),
        grants: grants.iter().map(within).collect(),
        once: None,
    })
}

/// What the database holds in place of a token. A token is random through and through, so that one round of
/// SHA-256 is as good as a slow hash.
pub(super) fn hash(token: &Secret<String>) -> String {
    crate::token::hex(&Sha256::digest(token.expose()))
}

#[cfg(test)]
mod tests {
    use super::super::patch::Edit;
    use super::super::testing::on_both;
    use super::*;

    fn person(name: &str) -> Actor {
        let grants = Vec::new();
        Actor { kind: ActorKind::User, grants, ..Actor::command_line(name) }
    }

    async fn make(engine: &Engine, name: &str, role: &str) {
        let new = serde_json::json!({ "name": name, "role": role });
        let new = serde_json::from_value(new).unwrap();
        user::create(engine, &Actor::command_line("test"), new).await.unwrap();
    }

    #[tokio::test]
    async fn a_token_never_allows_more_than_its_limits() {
        on_both(|engine| async move {
            make(&engine, "ana", "admin").await;
            let limits = [
                (NewToken::of("ana", "whole"), true, true),
                (
                    NewToken { verbs: Some([Verb::View].into()), ..NewToken::of("ana", "see") },
                    false,
                    true,
                ),
                (
                    NewToken { selector: Some("web*".into()), ..NewToken::of("ana", "web") },
                    false,
                    false,
                ),
            ];
            for (new, runs, sees) in limits {
                let made = create(&engine, &person("ana"), new).await.unwrap();
                assert!(made.token.expose().starts_with(PREFIX));
                let actor = actor(&engine, &made.token, "", "").await.unwrap();
                assert_eq!((actor.may(Verb::Run), actor.may(Verb::View)), (runs, sees));
                assert!(load(engine.db(), &made.about.id).await.unwrap().used_ms.is_some());
                // A token makes none, not even one like itself, unless it administers everything.
                let again = create(&engine, &actor, NewToken::of("ana", "more")).await;
                assert_eq!(again.is_ok(), actor.may(Verb::Administer), "{again:?}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_token_ends_with_its_time_its_user_and_its_owner() {
        on_both(|engine| async move {
            make(&engine, "ana", "operator").await;
            make(&engine, "bob", "operator").await;
            make(&engine, "eve", "admin").await;
            let (ana, bob) = (person("ana"), person("bob"));
            let past = NewToken { expires_ms: Some(1), ..NewToken::of("ana", "x") };
            assert!(matches!(create(&engine, &ana, past).await, Err(OpError::Invalid { .. })));
            let others = create(&engine, &bob, NewToken::of("ana", "x")).await;
            assert!(matches!(others, Err(OpError::Denied(_))), "{others:?}");
            let made = create(&engine, &ana, NewToken::of("ana", "ci")).await.unwrap();
            let id = &made.about.id;
            let is_in = async || actor(&engine, &made.token, "", "").await.is_ok();
            assert!(is_in().await);
            assert!(matches!(delete(&engine, &bob, id).await, Err(OpError::NotFound(_))));
            assert!(matches!(show(&engine, &bob, id).await, Err(OpError::NotFound(_))));
            let seen = async |who: &Actor, of| {
                let page = list(&engine, who, of, &Paging::default()).await;
                page.map_or(99, |page| page.items.len())
            };
            assert_eq!((seen(&ana, None).await, seen(&bob, None).await), (1, 0));
            assert_eq!(seen(&bob, Some("ana")).await, 99);
            let off = serde_json::json!({ "enabled": false });
            let root = Actor::command_line("test");
            user::change(&engine, &root, "ana", None, Edit::Part(&off)).await.unwrap();
            assert!(!is_in().await);
            let on = serde_json::json!({ "enabled": true });
            user::change(&engine, &root, "ana", None, Edit::Part(&on)).await.unwrap();
            assert!(is_in().await);
            delete(&engine, &ana, id).await.unwrap();
            assert!(!is_in().await);
        })
        .await;
    }
}
