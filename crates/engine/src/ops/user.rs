//! Users.

use hep_core::message::{register as say, server};
use hep_core::name;
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use serde::Deserialize;
use serde_json::Value;

use super::actor::{Actor, ActorKind, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::page::{Page, Paging, page};
use super::patch::Edit;
use super::{Engine, secret_text};
use crate::password;
use crate::store::guesses::By;
use crate::store::users::{self, Filter, User, UserInput};
use crate::store::{Sql, Tx, guesses, sessions};

const KIND: &str = "user";

impl<'a> From<&'a User> for Object<'a> {
    fn from(user: &'a User) -> Self {
        Self { kind: KIND, id: Some(&user.id), name: &user.said.name }
    }
}

/// A user to be made.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name that signs in.
    pub name: String,
    /// The name of the person.
    #[serde(default)]
    pub full_name: String,
    /// The address for mail.
    #[serde(default)]
    pub email: String,
    /// The language.
    #[serde(default)]
    pub locale: String,
    /// Without one nobody can sign in by this name; tokens work.
    #[serde(default, deserialize_with = "secret_text::read_if_said")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub password: Option<Secret<String>>,
    /// A role that the user gets on everything.
    #[serde(default)]
    pub role: Option<String>,
}

impl NewUser {
    /// One of this name, and nothing else.
    pub fn named(name: &str) -> Self {
        let [full_name, email, locale] = [const { String::new() }; 3];
        Self { name: name.to_owned(), full_name, email, locale, password: None, role: None }
    }
}

/// A new password.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The password.
    #[serde(deserialize_with = "secret_text::read")]
    #[schema(value_type = String, format = Password, write_only)]
    pub password: Secret<String>,
    /// The one before it: whoever changes their own must know it.
    #[serde(default, deserialize_with = "secret_text::read_if_said")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub current: Option<Secret<String>>,
}

/// A page of users.
pub async fn list(
    engine: &Engine,
    actor: &Actor,
    mut filter: Filter,
    paging: &Paging,
) -> OpResult<Page<User>> {
    actor.must(Verb::Administer, "users")?;
    let limit = paging.limit()?;
    filter.after = paging.after()?;
    let found = users::list(engine.db(), &filter, limit + 1).await?;
    Ok(page(found, limit, |user| &user.said.name))
}

/// A user. Everybody may see themselves.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<User> {
    if actor.user_name() != Some(name) {
        actor.must(Verb::Administer, "users")?;
    }
    load(engine.db(), name).await
}

/// Makes a user.
pub async fn create(engine: &Engine, actor: &Actor, new: NewUser) -> OpResult<User> {
    actor.must(Verb::Administer, "users")?;
    let hash = match new.password.clone() {
        Some(password) => Some(password::hash(password).await?),
        None => None,
    };
    let tx = engine.db().begin().await?;
    let user = make(&tx, actor, new, hash).await?;
    tx.commit().await?;
    Ok(user)
}

/// Makes a user whose password has been hashed.
pub(super) async fn make(
    tx: &Tx,
    actor: &Actor,
    new: NewUser,
    hash: Option<String>,
) -> OpResult<User> {
    let NewUser { name, full_name, email, locale, role, .. } = new;
    let said = UserInput { name, full_name, email, locale, enabled: true };
    check(&said)?;
    let made = users::insert(tx, &said, hash.as_deref(), &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    if let Some(role) = &role
        && !users::grant(tx, &id, role, &actor.name).await?
    {
        return Err(OpError::invalid("role", say::not_found("role", role)));
    }
    let object = Object { kind: KIND, id: Some(&id), name: &said.name };
    let detail = role.map(|role| serde_json::json!({ "role": role }));
    actor.made_as(tx, object, &said.name, detail).await?;
    load(tx, &said.name).await
}

/// Changes a user; with a version only if they still have that one.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<UserInput, &Value>,
) -> OpResult<User> {
    actor.must(Verb::Administer, "users")?;
    let tx = engine.db().begin().await?;
    let administrators = users::administrators(&tx).await?;
    let before = load(&tx, name).await?;
    let said = edit.over(&before.said)?;
    check(&said)?;
    let version = version.unwrap_or(before.version);
    let done = users::update(&tx, &before.id, version, &said, &actor.name).await;
    written(done, KIND, name, &said.name)?;
    if !said.enabled {
        sessions::delete_others(&tx, &before.id, "").await?;
    }
    keep_an_administrator(&tx, administrators).await?;
    let detail = (before.said != said).then(|| changes(&before.said, &said));
    actor.did(&tx, "user.update", Object::from(&before), "done", detail).await?;
    let user = load(&tx, &said.name).await?;
    tx.commit().await?;
    Ok(user)
}

/// Which members differ, for the audit log.
fn changes(before: &UserInput, after: &UserInput) -> Value {
    let [before, after] =
        [before, after].map(|said| serde_json::to_value(said).unwrap_or_default());
    let Value::Object(after) = after else { return Value::Null };
    after.into_iter().filter(|(name, value)| before.get(name) != Some(value)).collect()
}

/// Removes a user, with tokens, sessions and grants.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    actor.must(Verb::Administer, "users")?;
    let tx = engine.db().begin().await?;
    let administrators = users::administrators(&tx).await?;
    let user = load(&tx, name).await?;
    let gone = users::delete(&tx, &user.id, version.unwrap_or(user.version)).await;
    written(gone, KIND, name, name)?;
    keep_an_administrator(&tx, administrators).await?;
    actor.did(&tx, "user.delete", Object::from(&user), "done", None).await?;
    Ok(tx.commit().await?)
}

/// Sets a password, and ends the user's sessions but the one that does it. Whoever sets their own must know
/// the one before; that of others is set by administrators.
pub async fn set_password(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    session: Option<&str>,
    new: NewPassword,
) -> OpResult<()> {
    let own = actor.kind == ActorKind::User && actor.user_name() == Some(name);
    if own {
        know_current(engine, actor, name, new.current).await?;
    } else {
        actor.must(Verb::Administer, "passwords of others")?;
    }
    let hash = password::hash(new.password).await?;
    let tx = engine.db().begin().await?;
    let user = load(&tx, name).await?;
    users::set_password(&tx, &user.id, Some(&hash), &actor.name).await?;
    sessions::delete_others(&tx, &user.id, session.unwrap_or_default()).await?;
    guesses::forget(&tx, By::User, name).await?;
    actor.did(&tx, "user.set_password", Object::from(&user), "done", None).await?;
    Ok(tx.commit().await?)
}

/// Counts like a sign-in: a stolen session must not guess the password.
async fn know_current(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    current: Option<Secret<String>>,
) -> OpResult<()> {
    let wrong = || OpError::invalid("current", server::wrong_password());
    let current = current.ok_or_else(wrong)?;
    match super::session::prove(engine, name, current, &actor.address).await? {
        true => Ok(()),
        false => Err(wrong()),
    }
}

/// Lets a user try again at once who has guessed too often.
pub async fn unlock(engine: &Engine, actor: &Actor, name: &str) -> OpResult<()> {
    actor.must(Verb::Administer, "users")?;
    let tx = engine.db().begin().await?;
    let user = load(&tx, name).await?;
    guesses::forget(&tx, By::User, name).await?;
    actor.did(&tx, "user.unlock", Object::from(&user), "done", None).await?;
    Ok(tx.commit().await?)
}

/// Refuses what leaves nobody who administers, where there was somebody before.
pub(super) async fn keep_an_administrator(tx: &Tx, before: i64) -> OpResult<()> {
    if before > 0 && users::administrators(tx).await? == 0 {
        return Err(OpError::Conflict(server::last_administrator()));
    }
    Ok(())
}

/// The user of this name.
pub(super) async fn load(from: &dyn Sql, name: &str) -> OpResult<User> {
    let user = users::by_name(from, name).await?;
    user.ok_or_else(|| OpError::not_found(KIND, name))
}

fn check(said: &UserInput) -> OpResult<()> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))?;
    let plain = |text: &str| text.chars().count() <= 200 && !text.chars().any(char::is_control);
    let fields = [("full_name", &said.full_name), ("email", &said.email), ("locale", &said.locale)];
    match fields.into_iter().find(|(_, text)| !plain(text)) {
        Some((field, _)) => Err(OpError::invalid(field, say::bad_text(field))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::*;

    fn new(name: &str, role: &str) -> NewUser {
        let json = serde_json::json!({ "name": name, "role": role });
        serde_json::from_value(json).unwrap()
    }

    fn root() -> Actor {
        Actor::command_line("test")
    }

    #[tokio::test]
    async fn the_last_administrator_stays() {
        on_both(|engine| async move {
            let root = root();
            let ana = create(&engine, &root, new("ana", "admin")).await.unwrap();
            create(&engine, &root, new("bob", "operator")).await.unwrap();
            let off = UserInput { enabled: false, ..ana.said.clone() };
            let refused = change(&engine, &root, "ana", None, Edit::Whole(off.clone())).await;
            assert!(matches!(refused, Err(OpError::Conflict(_))), "{refused:?}");
            let refused = delete(&engine, &root, "ana", None).await;
            assert!(matches!(refused, Err(OpError::Conflict(_))), "{refused:?}");
            assert!(show(&engine, &root, "ana").await.unwrap().said.enabled);
            create(&engine, &root, new("eve", "admin")).await.unwrap();
            change(&engine, &root, "ana", None, Edit::Whole(off)).await.unwrap();
            delete(&engine, &root, "bob", None).await.unwrap();
            assert!(delete(&engine, &root, "eve", None).await.is_err());
        })
        .await;
    }

    #[tokio::test]
    async fn two_who_each_take_one_away_leave_one() {
        on_both(|engine| async move {
            let root = root();
            for round in 0..10 {
                let [a, b] = ["a", "b"].map(|letter| format!("{letter}{round}"));
                create(&engine, &root, new(&a, "admin")).await.unwrap();
                create(&engine, &root, new(&b, "admin")).await.unwrap();
                let (x, y) = tokio::join!(
                    delete(&engine, &root, &a, None),
                    delete(&engine, &root, &b, None)
                );
                let gone = [&x, &y].iter().filter(|done| done.is_ok()).count();
                // From the second round on the one who was left lets both go.
                assert_eq!(gone, if round == 0 { 1 } else { 2 }, "{x:?} {y:?}");
                let tx = engine.db().begin().await.unwrap();
                assert_eq!(users::administrators(&tx).await.unwrap(), 1);
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_patch_changes_what_it_names() {
        on_both(|engine| async move {
            let root = root();
            let ana = create(&engine, &root, new("ana", "viewer")).await.unwrap();
            let part = serde_json::json!({ "full_name": "Ana", "locale": null });
            let patched = change(&engine, &root, "ana", Some(1), Edit::Part(&part)).await.unwrap();
            let expected = UserInput { full_name: "Ana".into(), ..ana.said };
            assert_eq!(patched.said, expected);
            let stale = change(&engine, &root, "ana", Some(1), Edit::Part(&part)).await;
            assert!(matches!(stale, Err(OpError::Stale(_))), "{stale:?}");
            let bad = [
                serde_json::json!({ "name": "a b" }),
                serde_json::json!({ "name": null }),
                serde_json::json!({ "admin": true }),
                serde_json::json!({ "email": "a\nb" }),
                serde_json::json!([]),
            ];
            for part in bad {
                let refused = change(&engine, &root, "ana", None, Edit::Part(&part)).await;
                assert!(matches!(refused, Err(OpError::Invalid { .. })), "{part}: {refused:?}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn only_administrators_see_others() {
        on_both(|engine| async move {
            create(&engine, &root(), new("ana", "operator")).await.unwrap();
            create(&engine, &root(), new("bob", "viewer")).await.unwrap();
            let grants = Vec::new();
            let ana = Actor { kind: ActorKind::User, grants, ..Actor::command_line("ana") };
            assert!(show(&engine, &ana, "ana").await.is_ok());
            let denied = [
                show(&engine, &ana, "bob").await.err(),
                list(&engine, &ana, Filter::default(), &Paging::default()).await.err(),
                create(&engine, &ana, new("x", "admin")).await.err(),
                delete(&engine, &ana, "bob", None).await.err(),
                unlock(&engine, &ana, "bob").await.err(),
            ];
            for error in denied {
                assert!(matches!(error, Some(OpError::Denied(_))), "{error:?}");
            }
        })
        .await;
    }
}
