//! Sessions: how people are let in, by name and password, and how guessing is slowed down.

use std::net::IpAddr;

use hep_core::message::server;
use hep_core::rights::{Grant, Verb, may_everywhere, may_somewhere};
use hep_core::secret::Secret;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, ActorKind, Object};
use super::error::{OpError, OpResult};
use super::token::hash;
use super::{Engine, secret_text, user};
use crate::password;
use crate::store::guesses::{self, By};
use crate::store::sessions::{self, Begin, Session};
use crate::store::{now_ms, users};

/// A session ends when nobody has used it for so long, in milliseconds.
const IDLE_MS: i64 = 12 * 3_600_000;
/// A session ends after so long in any case, in milliseconds.
const WHOLE_MS: i64 = 7 * 86_400_000;
/// `used_ms` is written at most this often, in milliseconds.
const USED_MS: i64 = 60_000;
/// Wrong passwords for one name before each further one has to wait.
const FREE_BY_USER: i64 = 5;
/// Wrong passwords from one address before each further one has to wait.
const FREE_BY_ADDRESS: i64 = 20;
/// The first wait, in milliseconds.
const FIRST_WAIT_MS: i64 = 30_000;
/// The longest wait, in milliseconds.
const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// Guesses are forgotten after so long without another, in milliseconds.
const REMEMBERED_MS: i64 = 86_400_000;

/// Who wants in.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The user.
    pub name: String,
    /// The password.
    #[serde(deserialize_with = "secret_text::read")]
    #[schema(value_type = String, format = Password, write_only)]
    pub password: Secret<String>,
}

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The address.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
    /// The request.
    pub request_id: String,
}

/// A session that has begun.
#[derive(Debug)]
pub struct SignedIn {
    /// What the browser brings back as a cookie.
    pub cookie: Secret<String>,
    /// How long the browser keeps it, in seconds.
    pub seconds: i64,
    /// What the caller is told.
    pub me: Me,
}

/// Who one is.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Me {
    /// `user` or `token`.
    pub kind: String,
    /// The name; of a token `USER/TOKEN`.
    pub name: String,
    /// What one may do to everything.
    pub everywhere: Vec<String>,
    /// What one may do to some hosts at least.
    pub somewhere: Vec<String>,
    /// What calls that change something must bring back as `X-CSRF-Token`, where a cookie lets in.
    pub csrf: Option<String>,
}

/// Who an actor is.
pub fn me(actor: &Actor, csrf: Option<&str>) -> Me {
    let words = |may: fn(&[Grant], Verb) -> bool| -> Vec<String> {
        let verbs = Verb::ALL.into_iter().filter(|verb| may(&actor.grants, *verb));
        verbs.map(|verb| verb.word().to_owned()).collect()
    };
    Me {
        kind: actor.kind.word().to_owned(),
        name: actor.name.clone(),
        everywhere: words(may_everywhere),
        somewhere: words(may_somewhere),
        csrf: csrf.map(str::to_owned),
    }
}

/// Lets somebody in who knows the password.
pub async fn sign_in(engine: &Engine, said: SignIn, from: &Origin) -> OpResult<SignedIn> {
    let SignIn { name, password } = said;
    let known = users::by_name(engine.db(), &name).await?;
    let refused = match prove(engine, &name, password, &from.address).await {
        Ok(true) => None,
        Ok(false) => Some(OpError::NotSignedIn(server::wrong_sign_in())),
        Err(error @ OpError::TooOften { .. }) => Some(error),
        Err(error) => return Err(error),
    };
    if let Some(error) = refused {
        // What was typed is not repeated where it is nobody's name: it may be a password.
        let name = known.as_ref().map_or("", |user| user.said.name.as_str());
        note_refusal(engine, name, from, matches!(error, OpError::TooOften { .. })).await?;
        return Err(error);
    }
    match known {
        Some(found) => begin(engine, &found, from).await,
        None => Err(OpError::NotSignedIn(server::wrong_sign_in())),
    }
}

async fn note_refusal(engine: &Engine, name: &str, from: &Origin, locked: bool) -> OpResult<()> {
    let actor = Actor { name: name.to_owned(), ..nobody(from) };
    let detail = locked.then(|| serde_json::json!({ "locked": true }));
    let object = Object { kind: "session", id: None, name };
    actor.did(engine.db(), "session.create", object, "denied", detail).await
}

/// Somebody who has not signed in.
pub fn nobody(from: &Origin) -> Actor {
    Actor {
        kind: ActorKind::Nobody,
        id: None,
        name: String::new(),
        address: from.address.clone(),
        request_id: from.request_id.clone(),
        grants: Vec::new(),
        once: None,
    }
}

/// Begins a session of a user who has proved to be one.
pub(super) async fn begin(
    engine: &Engine,
    found: &users::User,
    from: &Origin,
) -> OpResult<SignedIn> {
    let cookie = Secret::new(format!("{}{}", crate::token::token(), crate::token::token()));
    let csrf = crate::token::token();
    let tx = engine.db().begin().await?;
    let now = now_ms();
    sessions::prune(&tx, now - IDLE_MS).await?;
    guesses::prune(&tx, now - REMEMBERED_MS).await?;
    let agent: String = from.agent.chars().filter(|c| !c.is_control()).take(200).collect();
    let begin = Begin {
        user_id: &found.id,
        hash: &hash(&cookie),
        csrf: &csrf,
        address: &from.address,
        agent: &agent,
        expires_ms: now + WHOLE_MS,
    };
    let id = sessions::insert(&tx, &begin).await?;
    users::seen(&tx, &found.id).await?;
    let actor = Actor {
        kind: ActorKind::User,
        id: Some(found.id.clone()),
        name: found.said.name.clone(),
        grants: users::grants(&tx, &found.id).await?,
        ..nobody(from)
    };
    let object = Object { kind: "session", id: Some(&id), name: &found.said.name };
    actor.did(&tx, "session.create", object, "done", None).await?;
    tx.commit().await?;
    Ok(SignedIn { cookie, seconds: WHOLE_MS / 1000, me: me(&actor, Some(&csrf)) })
}

/// Whether a password is a user's. Counts before it looks, so that guesses made at once count one by one; too
/// many by name or address have to wait. Takes as long for names of nobody.
pub(super) async fn prove(
    engine: &Engine,
    name: &str,
    password: Secret<String>,
    address: &str,
) -> OpResult<bool> {
    let name: String = name.chars().take(253).collect();
    let network = network(address);
    let counted =
        [(By::User, name.as_str(), FREE_BY_USER), (By::Address, &network, FREE_BY_ADDRESS)];
    let counted = || counted.iter().filter(|(_, name, _)| !name.is_empty());
    let tx = engine.db().begin().await?;
    let now = now_ms();
    for (by, name, free) in counted() {
        let count = guesses::count(&tx, *by, name, now).await?;
        // A wait that is longer than any was reckoned before the clock was set back.
        if (now + 1..=now + LONGEST_WAIT_MS).contains(&count.locked_until_ms) {
            // Dropping the transaction counts nothing: who waits is not made to wait longer.
            return Err(too_often(count.locked_until_ms - now));
        }
        let wait = wait_ms(count.failures, *free);
        if wait > 0 {
            guesses::lock(&tx, *by, name, now + wait).await?;
        }
    }
    tx.commit().await?;
    let hash = users::password(engine.db(), &name).await?;
    let right = password::is_right(password, hash).await?;
    if right {
        let tx = engine.db().begin().await?;
        guesses::forget(&tx, By::User, &name).await?;
        guesses::take_back(&tx, By::Address, &network).await?;
        tx.commit().await?;
    }
    Ok(right)
}

fn too_often(wait_ms: i64) -> OpError {
    let seconds = u64::try_from(wait_ms).unwrap_or_default().div_ceil(1000);
    OpError::TooOften { message: server::guessed_too_often(seconds), retry_s: seconds }
}

/// How long the next guess waits after so many, of which some are free: at first `FIRST_WAIT_MS`, then twice as
/// long each time.
fn wait_ms(failures: i64, free: i64) -> i64 {
    let beyond = u32::try_from(failures - free).unwrap_or_default();
    match failures >= free {
        true => FIRST_WAIT_MS.saturating_mul(1 << beyond.min(30)).min(LONGEST_WAIT_MS),
        false => 0,
    }
}

/// What an address is counted as: IPv6 networks are given out by /64.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

/// Who is let in by a cookie.
#[derive(Debug)]
pub struct Known {
    /// The actor.
    pub actor: Actor,
    /// The session's id.
    pub session: String,
    /// What changing calls must bring back.
    pub csrf: String,
}

/// The actor whose cookie this is.
pub async fn actor(engine: &Engine, cookie: &Secret<String>, from: &Origin) -> OpResult<Known> {
    let (known, used_ms) = still(engine, cookie, from).await?;
    if used_ms < now_ms() - USED_MS {
        super::note_use(sessions::used(engine.db(), &known.session).await);
    }
    Ok(known)
}

/// The same for who has been let in and only watches since: that keeps no session from ending. Also when it was used
/// last.
pub async fn still(
    engine: &Engine,
    cookie: &Secret<String>,
    from: &Origin,
) -> OpResult<(Known, i64)> {
    let now = now_ms();
    let key = sessions::by_hash(engine.db(), &hash(cookie)).await?;
    let valid = key.filter(|key| {
        key.user_enabled && key.session.expires_ms > now && key.session.used_ms > now - IDLE_MS
    });
    let key = valid.ok_or_else(|| OpError::NotSignedIn(server::session_ended()))?;
    let actor = Actor {
        kind: ActorKind::User,
        grants: users::grants(engine.db(), &key.user_id).await?,
        id: Some(key.user_id),
        name: key.session.user,
        ..nobody(from)
    };
    Ok((Known { actor, session: key.session.id, csrf: key.csrf }, key.session.used_ms))
}

/// The sessions of a user: one's own, or as an administrator.
pub async fn list(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Vec<Session>> {
    let user = own_or_others(engine, actor, name).await?;
    Ok(sessions::of_user(engine.db(), &user.id, now_ms() - IDLE_MS).await?)
}

/// Ends a session of a user: one's own, or as an administrator.
pub async fn end(engine: &Engine, actor: &Actor, name: &str, id: &str) -> OpResult<()> {
    let user = own_or_others(engine, actor, name).await?;
    let tx = engine.db().begin().await?;
    if !sessions::delete(&tx, &user.id, id).await? {
        return Err(OpError::not_found("session", id));
    }
    let object = Object { kind: "session", id: Some(id), name: &user.said.name };
    actor.did(&tx, "session.delete", object, "done", None).await?;
    Ok(tx.commit().await?)
}

async fn own_or_others(engine: &Engine, actor: &Actor, name: &str) -> OpResult<users::User> {
    let own = actor.kind == ActorKind::User && actor.user_name() == Some(name);
    if !own {
        actor.must(Verb::Administer, "sessions of others")?;
    }
    user::load(engine.db(), name).await
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::super::user::NewUser;
    use super::*;
    use crate::store::Sql as _;
    use crate::store::db::sql;

    async fn ana(engine: &Engine) {
        let new: NewUser = serde_json::from_value(serde_json::json!(
            { "name": "ana", "password": "correct horse", "role": "operator" }
        ))
        .unwrap();
        user::create(engine, &Actor::command_line("test"), new).await.unwrap();
    }

    fn said(name: &str, password: &str) -> SignIn {
        SignIn { name: name.into(), password: Secret::new(password.into()) }
    }

    fn from(address: &str) -> Origin {
        Origin { address: address.into(), agent: "test".into(), request_id: "r".into() }
    }

    #[tokio::test]
    async fn a_password_opens_a_session_that_can_be_ended() {
        on_both(|engine| async move {
            ana(&engine).await;
            let here = from("192.0.2.1");
            let signed = sign_in(&engine, said("ana", "correct horse"), &here).await.unwrap();
            assert_eq!(signed.me.everywhere, ["view", "run", "run_jobs", "power"]);
            let known = actor(&engine, &signed.cookie, &here).await.unwrap();
            assert_eq!(Some(known.csrf.as_str()), signed.me.csrf.as_deref());
            assert!(known.actor.may(Verb::Run) && !known.actor.may(Verb::Change));
            let listed = list(&engine, &known.actor, "ana").await.unwrap();
            assert_eq!((listed.len(), listed[0].id.as_str()), (1, known.session.as_str()));
            // Idle, then beyond its end.
            for (column, value) in [("used_ms", now_ms() - IDLE_MS - 1), ("expires_ms", 1)] {
                let text = format!("UPDATE sessions SET {column} = $1").leak();
                engine.db().run(sql(text).bind(value)).await.unwrap();
                let refused = actor(&engine, &signed.cookie, &here).await;
                assert!(matches!(refused, Err(OpError::NotSignedIn(_))), "{column}");
                let text = format!("UPDATE sessions SET {column} = $1").leak();
                engine.db().run(sql(text).bind(now_ms() + IDLE_MS)).await.unwrap();
            }
            assert!(actor(&engine, &signed.cookie, &here).await.is_ok());
            end(&engine, &known.actor, "ana", &known.session).await.unwrap();
            assert!(actor(&engine, &signed.cookie, &here).await.is_err());
            let row = engine.db().one(sql("SELECT hash FROM sessions LIMIT 1")).await.unwrap();
            assert!(row.is_none());
        })
        .await;
    }

    #[tokio::test]
    async fn whoever_guesses_has_to_wait_also_for_names_of_nobody() {
        on_both(|engine| async move {
            ana(&engine).await;
            for name in ["ana", "nobody"] {
                for guess in 0..FREE_BY_USER {
                    // Each from elsewhere, so that only the name counts.
                    let from = from(&format!("192.0.2.{guess}"));
                    let refused = sign_in(&engine, said(name, "wrong password"), &from).await;
                    let Err(OpError::NotSignedIn(message)) = refused else { panic!("{refused:?}") };
                    assert_eq!(message.id, "server.wrong_sign_in");
                }
                let right = said(name, "correct horse");
                let refused = sign_in(&engine, right, &from("192.0.2.99")).await;
                assert!(matches!(refused, Err(OpError::TooOften { .. })), "{refused:?}");
            }
            user::unlock(&engine, &Actor::command_line("test"), "ana").await.unwrap();
            let right = said("ana", "correct horse");
            assert!(sign_in(&engine, right, &from("192.0.2.99")).await.is_ok());
            let count = sql("SELECT COUNT(*) AS many FROM audit WHERE verb = 'session.create'
                 AND outcome = 'denied' AND actor_kind = 'nobody'");
            let row = engine.db().one(count).await.unwrap().unwrap();
            assert_eq!(row.get::<i64>("many").unwrap(), 2 * (FREE_BY_USER + 1));
            let named = sql("SELECT 1 AS x FROM audit WHERE actor_name = 'nobody'");
            assert!(engine.db().one(named).await.unwrap().is_none());
        })
        .await;
    }

    #[tokio::test]
    async fn guesses_made_at_once_are_counted_one_by_one() {
        on_both(|engine| async move {
            let tries = (0..12).map(|number| {
                let (engine, from) = (engine.clone(), from(&format!("192.0.2.{number}")));
                async move { sign_in(&engine, said("x", "wrong password"), &from).await }
            });
            let all = futures::future::join_all(tries).await;
            let looked = all.iter().filter(|done| matches!(done, Err(OpError::NotSignedIn(_))));
            assert_eq!(i64::try_from(looked.count()).unwrap(), FREE_BY_USER);
        })
        .await;
    }

    #[test]
    fn waits_grow_and_end() {
        let cases =
            [(1, 0), (4, 0), (5, 30_000), (6, 60_000), (9, 480_000), (10, 900_000), (99, 900_000)];
        for (failures, wait) in cases {
            assert_eq!(wait_ms(failures, 5), wait, "{failures}");
        }
    }

    #[test]
    fn neighbours_of_a_network_are_one() {
        let cases = [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("", ""),
        ];
        for (address, counted) in cases {
            assert_eq!(network(address), counted);
        }
    }
}
