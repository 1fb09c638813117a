//! Teams.

use hep_core::message::register as say;
use hep_core::name;
use hep_core::rights::Verb;
use serde_json::Value;

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::page::{Page, Paging, page};
use super::patch::Edit;
use super::user::{self, keep_an_administrator};
use crate::store::teams::{self, Team, TeamInput};
use crate::store::{Sql, Tx, users};

const KIND: &str = "team";

impl<'a> From<&'a Team> for Object<'a> {
    fn from(team: &'a Team) -> Self {
        Self { kind: KIND, id: Some(&team.id), name: &team.said.name }
    }
}

/// A page of teams.
pub async fn list(engine: &Engine, actor: &Actor, paging: &Paging) -> OpResult<Page<Team>> {
    actor.must(Verb::Administer, "teams")?;
    let limit = paging.limit()?;
    let found = teams::list(engine.db(), paging.after()?.as_deref(), limit + 1).await?;
    Ok(page(found, limit, |team| &team.said.name))
}

/// A team.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Team> {
    actor.must(Verb::Administer, "teams")?;
    load(engine.db(), name).await
}

/// Makes a team.
pub async fn create(engine: &Engine, actor: &Actor, said: TeamInput) -> OpResult<Team> {
    actor.must(Verb::Administer, "teams")?;
    check(&said)?;
    let tx = engine.db().begin().await?;
    let made = teams::insert(&tx, &said, &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    set_members(&tx, &id, &said).await?;
    let object = Object { kind: KIND, id: Some(&id), name: &said.name };
    actor.made_as(&tx, object, &said.name, Some(members(&said))).await?;
    let team = load(&tx, &said.name).await?;
    tx.commit().await?;
    Ok(team)
}

/// Changes a team; with a version only if it still has that one.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<TeamInput, &Value>,
) -> OpResult<Team> {
    actor.must(Verb::Administer, "teams")?;
    let tx = engine.db().begin().await?;
    let administrators = users::administrators(&tx).await?;
    let before = load(&tx, name).await?;
    let said = edit.over(&before.said)?;
    check(&said)?;
    let version = version.unwrap_or(before.version);
    let done = teams::update(&tx, &before.id, version, &said, &actor.name).await;
    written(done, KIND, name, &said.name)?;
    set_members(&tx, &before.id, &said).await?;
    keep_an_administrator(&tx, administrators).await?;
    actor.did(&tx, "team.update", Object::from(&before), "done", Some(members(&said))).await?;
    let team = load(&tx, &said.name).await?;
    tx.commit().await?;
    Ok(team)
}

/// Removes a team and its grants; its users stay.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    actor.must(Verb::Administer, "teams")?;
    let tx = engine.db().begin().await?;
    let administrators = users::administrators(&tx).await?;
    let team = load(&tx, name).await?;
    let gone = teams::delete(&tx, &team.id, version.unwrap_or(team.version)).await;
    written(gone, KIND, name, name)?;
    keep_an_administrator(&tx, administrators).await?;
    actor.did(&tx, "team.delete", Object::from(&team), "done", None).await?;
    Ok(tx.commit().await?)
}

async fn set_members(tx: &Tx, id: &str, said: &TeamInput) -> OpResult<()> {
    let mut ids = Vec::new();
    for name in &said.members {
        let found = user::load(tx, name).await;
        let refused = |_| OpError::invalid("members", say::not_found("user", name));
        ids.push(found.map_err(refused)?.id);
    }
    Ok(teams::set_members(tx, id, &ids).await?)
}

fn members(said: &TeamInput) -> Value {
    serde_json::json!({ "members": said.members })
}

pub(super) async fn load(from: &dyn Sql, name: &str) -> OpResult<Team> {
    let team = teams::by_name(from, name).await?;
    team.ok_or_else(|| OpError::not_found(KIND, name))
}

fn check(said: &TeamInput) -> OpResult<()> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))
}

#[cfg(test)]
mod tests {
    use super::super::grant;
    use super::super::testing::on_both;
    use super::*;
    use crate::store::grants::GrantInput;

    #[tokio::test]
    async fn a_team_that_administers_keeps_its_last_member() {
        on_both(|engine| async move {
            let root = Actor::command_line("test");
            let ana = serde_json::from_str(r#"{"name": "ana"}"#).unwrap();
            user::create(&engine, &root, ana).await.unwrap();
            let said = TeamInput {
                name: "root".into(),
                members: vec!["ana".into()],
                ..TeamInput::default()
            };
            let nobody = TeamInput { members: vec!["nobody".into()], ..said.clone() };
            let refused = create(&engine, &root, nobody).await;
            assert!(matches!(refused, Err(OpError::Invalid { field: Some("members"), .. })));
            assert_eq!(create(&engine, &root, said.clone()).await.unwrap().said, said);
            let role = GrantInput {
                role: "admin".into(),
                team: Some("root".into()),
                selector: "all".into(),
                ..GrantInput::default()
            };
            let given = grant::create(&engine, &root, role).await.unwrap();
            let empty = serde_json::json!({ "members": [] });
            let refused = [
                change(&engine, &root, "root", None, Edit::Part(&empty)).await.err(),
                delete(&engine, &root, "root", None).await.err(),
                user::delete(&engine, &root, "ana", None).await.err(),
                grant::delete(&engine, &root, &given.id).await.err(),
            ];
            for error in refused {
                assert!(matches!(error, Some(OpError::Conflict(_))), "{error:?}");
            }
            let renamed = serde_json::json!({ "name": "wheel" });
            let team = change(&engine, &root, "root", Some(1), Edit::Part(&renamed)).await.unwrap();
            assert_eq!((team.said.members, team.version), (vec!["ana".to_owned()], 2));
        })
        .await;
    }
}
