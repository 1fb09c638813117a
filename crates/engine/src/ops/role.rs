//! Roles: those that come ready, and people's own.

use hep_core::message::server;
use hep_core::name;
use hep_core::rights::Verb;
use serde_json::Value;

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::page::{Page, Paging, page};
use super::patch::Edit;
use super::user::keep_an_administrator;
use crate::store::roles::{self, Role, RoleInput};
use crate::store::{Sql, users};

const KIND: &str = "role";

impl<'a> From<&'a Role> for Object<'a> {
    fn from(role: &'a Role) -> Self {
        Self { kind: KIND, id: Some(&role.id), name: &role.said.name }
    }
}

/// A page of roles.
pub async fn list(engine: &Engine, actor: &Actor, paging: &Paging) -> OpResult<Page<Role>> {
    actor.must(Verb::Administer, "roles")?;
    let limit = paging.limit()?;
    let found = roles::list(engine.db(), paging.after()?.as_deref(), limit + 1).await?;
    Ok(page(found, limit, |role| &role.said.name))
}

/// A role.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Role> {
    actor.must(Verb::Administer, "roles")?;
    load(engine.db(), name).await
}

/// Makes a role.
pub async fn create(engine: &Engine, actor: &Actor, said: RoleInput) -> OpResult<Role> {
    actor.must(Verb::Administer, "roles")?;
    check(&said)?;
    let tx = engine.db().begin().await?;
    let made = roles::insert(&tx, &said, &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    let object = Object { kind: KIND, id: Some(&id), name: &said.name };
    actor.made_as(&tx, object, &said.name, Some(verbs(&said))).await?;
    let role = load(&tx, &said.name).await?;
    tx.commit().await?;
    Ok(role)
}

/// Changes a role of people's own; with a version only if it still has that one.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<RoleInput, &Value>,
) -> OpResult<Role> {
    actor.must(Verb::Administer, "roles")?;
    let tx = engine.db().begin().await?;
    let administrators = users::administrators(&tx).await?;
    let before = load_own(&tx, name).await?;
    let said = edit.over(&before.said)?;
    check(&said)?;
    let version = version.unwrap_or(before.version);
    let done = roles::update(&tx, &before.id, version, &said, &actor.name).await;
    written(done, KIND, name, &said.name)?;
    keep_an_administrator(&tx, administrators).await?;
    actor.did(&tx, "role.update", Object::from(&before), "done", Some(verbs(&said))).await?;
    let role = load(&tx, &said.name).await?;
    tx.commit().await?;
    Ok(role)
}

/// Removes a role of people's own, and takes it from all who have it.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    actor.must(Verb::Administer, "roles")?;
    let tx = engine.db().begin().await?;
    let administrators = users::administrators(&tx).await?;
    let role = load_own(&tx, name).await?;
    let gone = roles::delete(&tx, &role.id, version.unwrap_or(role.version)).await;
    written(gone, KIND, name, name)?;
    keep_an_administrator(&tx, administrators).await?;
    actor.did(&tx, "role.delete", Object::from(&role), "done", None).await?;
    Ok(tx.commit().await?)
}

fn verbs(said: &RoleInput) -> Value {
    serde_json::json!({ "verbs": said.verbs })
}

pub(super) async fn load(from: &dyn Sql, name: &str) -> OpResult<Role> {
    let role = roles::by_name(from, name).await?;
    role.ok_or_else(|| OpError::not_found(KIND, name))
}

async fn load_own(from: &dyn Sql, name: &str) -> OpResult<Role> {
    match load(from, name).await? {
        role if role.builtin => Err(OpError::Conflict(server::ready_role(name))),
        role => Ok(role),
    }
}

fn check(said: &RoleInput) -> OpResult<()> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))?;
    if said.verbs.is_empty() {
        return Err(OpError::invalid("verbs", server::no_verbs()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::super::user;
    use super::*;

    #[tokio::test]
    async fn own_roles_change_and_ready_ones_do_not() {
        on_both(|engine| async move {
            let root = Actor::command_line("test");
            let mut said = RoleInput {
                name: "boss".into(),
                verbs: [Verb::View, Verb::Administer].into(),
                ..RoleInput::default()
            };
            create(&engine, &root, said.clone()).await.unwrap();
            let ana = serde_json::from_str(r#"{"name": "ana", "role": "boss"}"#).unwrap();
            user::create(&engine, &root, ana).await.unwrap();
            // It is what makes the only administrator one.
            said.verbs.remove(&Verb::Administer);
            let refused = change(&engine, &root, "boss", None, Edit::Whole(said.clone())).await;
            assert!(matches!(refused, Err(OpError::Conflict(_))), "{refused:?}");
            assert!(matches!(
                delete(&engine, &root, "boss", None).await,
                Err(OpError::Conflict(_))
            ));
            for name in ["admin", "viewer"] {
                let refused = delete(&engine, &root, name, None).await;
                assert!(matches!(refused, Err(OpError::Conflict(_))), "{refused:?}");
                let part = serde_json::json!({ "description": "mine" });
                assert!(change(&engine, &root, name, None, Edit::Part(&part)).await.is_err());
            }
            let ready = RoleInput { name: "admin".into(), ..said.clone() };
            assert!(matches!(create(&engine, &root, ready).await, Err(OpError::Conflict(_))));
            let empty = RoleInput { name: "none".into(), ..RoleInput::default() };
            assert!(matches!(create(&engine, &root, empty).await, Err(OpError::Invalid { .. })));
            assert_eq!(list(&engine, &root, &Paging::default()).await.unwrap().items.len(), 4);
        })
        .await;
    }
}
