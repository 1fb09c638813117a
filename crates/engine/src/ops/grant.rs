//! Grants: who has which role, on which hosts.

use hep_core::message::{register as say, server};
use hep_core::rights::Verb;
use hep_core::selector::Selector;

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult};
use super::page::{Page, Paging, page};
use super::user::keep_an_administrator;
use super::{role, team, user};
use crate::store::grants::{self, Filter, GrantInput, Granted, References};
use crate::store::{Tx, partitions, users};

const KIND: &str = "grant";

/// A page of grants, in the order in which they were given.
pub async fn list(
    engine: &Engine,
    actor: &Actor,
    mut filter: Filter,
    paging: &Paging,
) -> OpResult<Page<Granted>> {
    actor.must(Verb::Administer, "grants")?;
    let limit = paging.limit()?;
    filter.after = paging.after()?;
    let found = grants::list(engine.db(), &filter, limit + 1).await?;
    Ok(page(found, limit, |grant| &grant.id))
}

/// A grant.
pub async fn show(engine: &Engine, actor: &Actor, id: &str) -> OpResult<Granted> {
    actor.must(Verb::Administer, "grants")?;
    let found = grants::by_id(engine.db(), id).await?;
    found.ok_or_else(|| OpError::not_found(KIND, id))
}

/// Gives a role to a user or a team.
pub async fn create(engine: &Engine, actor: &Actor, said: GrantInput) -> OpResult<Granted> {
    actor.must(Verb::Administer, "grants")?;
    if !said.selector.is_empty() {
        let read = Selector::parse(&said.selector);
        read.map_err(|message| OpError::invalid("selector", message))?;
    }
    let tx = engine.db().begin().await?;
    let refers = references(&tx, &said).await?;
    let id = grants::insert(&tx, &said.selector, &refers, &actor.name).await?;
    actor.made_as(&tx, object(&id, &said), &id, serde_json::to_value(&said).ok()).await?;
    let made = grants::by_id(&tx, &id).await?;
    tx.commit().await?;
    made.ok_or_else(|| OpError::not_found(KIND, &id))
}

/// Takes a role away.
pub async fn delete(engine: &Engine, actor: &Actor, id: &str) -> OpResult<()> {
    actor.must(Verb::Administer, "grants")?;
    let tx = engine.db().begin().await?;
    let administrators = users::administrators(&tx).await?;
    let granted = grants::by_id(&tx, id).await?;
    let granted = granted.ok_or_else(|| OpError::not_found(KIND, id))?;
    grants::delete(&tx, id).await?;
    keep_an_administrator(&tx, administrators).await?;
    let detail = serde_json::to_value(&granted.said).ok();
    actor.did(&tx, "grant.delete", object(id, &granted.said), "done", detail).await?;
    Ok(tx.commit().await?)
}

/// A grant is called after who has it.
fn object<'a>(id: &'a str, said: &'a GrantInput) -> Object<'a> {
    let name = said.user.as_deref().or(said.team.as_deref()).unwrap_or_default();
    Object { kind: KIND, id: Some(id), name }
}

/// The ids of what a grant refers to.
async fn references(tx: &Tx, said: &GrantInput) -> OpResult<References> {
    let missing =
        |field, kind: &'static str, name: &str| OpError::invalid(field, say::not_found(kind, name));
    let mut refers = References::default();
    let role = role::load(tx, &said.role).await;
    refers.role = role.map_err(|_| missing("role", "role", &said.role))?.id;
    match (&said.user, &said.team) {
        (Some(name), None) => {
            let found = user::load(tx, name).await.map_err(|_| missing("user", "user", name));
            refers.user = Some(found?.id);
        }
        (None, Some(name)) => {
            let found = team::load(tx, name).await.map_err(|_| missing("team", "team", name));
            refers.team = Some(found?.id);
        }
        _ => return Err(OpError::invalid("user", server::user_or_team())),
    }
    if let Some(name) = &said.partition {
        let found = partitions::by_name(tx, name).await?;
        let found = found.ok_or_else(|| missing("partition", "partition", name));
        refers.partition = Some(found?.id);
    }
    Ok(refers)
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn what_is_no_grant_names_the_field() {
        on_both(|engine| async move {
            let root = Actor::command_line("test");
            let ana = serde_json::from_str(r#"{"name": "ana"}"#).unwrap();
            user::create(&engine, &root, ana).await.unwrap();
            let cases = [
                (r#"{"role": "admin", "user": "ana"}"#, None),
                (r#"{"role": "viewer", "user": "ana", "selector": "web*", "partition": "default"}"#, None),
                (r#"{"role": "x", "user": "ana"}"#, Some("role")),
                (r#"{"role": "admin", "user": "x"}"#, Some("user")),
                (r#"{"role": "admin", "team": "x"}"#, Some("team")),
                (r#"{"role": "admin"}"#, Some("user")),
                (r#"{"role": "admin", "user": "ana", "team": "x"}"#, Some("user")),
                (r#"{"role": "admin", "user": "ana", "selector": "web["}"#, Some("selector")),
                (r#"{"role": "admin", "user": "ana", "partition": "x"}"#, Some("partition")),
            ];
            for (json, expected) in cases {
                let said: GrantInput = serde_json::from_str(json).unwrap();
                let field = match create(&engine, &root, said.clone()).await {
                    Ok(granted) => {
                        assert_eq!(granted.said, said);
                        None
                    }
                    Err(OpError::Invalid { field, .. }) => field,
                    Err(other) => panic!("{json}: {other:?}"),
                };
                assert_eq!(field, expected, "{json}");
            }
            let all = list(&engine, &root, Filter::default(), &Paging::default()).await.unwrap();
            assert_eq!(all.items.len(), 2);
            delete(&engine, &root, &all.items[1].id).await.unwrap();
            let gone = show(&engine, &root, &all.items[1].id).await;
            assert!(matches!(gone, Err(OpError::NotFound(_))));
        })
        .await;
    }
}
