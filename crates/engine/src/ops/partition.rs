//! Partitions of the register.

use hep_core::message::register as say;
use hep_core::name;
use hep_core::rights::Verb;
use serde_json::Value;

use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::page::{Page, Paging, page};
use super::patch::Edit;
use super::{Engine, uses};
use crate::store::partitions::{self, DEFAULT, Partition, PartitionInput};
use crate::store::{Sql, register};

const KIND: &str = "partition";
/// What the right to them is refused for.
const WHAT: &str = "partitions";

impl<'a> From<&'a Partition> for Object<'a> {
    fn from(partition: &'a Partition) -> Self {
        Self { kind: KIND, id: Some(&partition.id), name: &partition.said.name }
    }
}

/// A page of partitions, by name.
pub async fn list(engine: &Engine, actor: &Actor, paging: &Paging) -> OpResult<Page<Partition>> {
    actor.must(Verb::View, WHAT)?;
    let limit = paging.limit()?;
    let found = partitions::list(engine.db(), paging.after()?.as_deref(), limit + 1).await?;
    Ok(page(found, limit, |partition| &partition.said.name))
}

/// A partition.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Partition> {
    actor.must(Verb::View, WHAT)?;
    load(engine.db(), name).await
}

/// Makes a partition.
pub async fn create(engine: &Engine, actor: &Actor, said: PartitionInput) -> OpResult<Partition> {
    actor.must(Verb::Change, WHAT)?;
    check(&said)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let made = partitions::insert(&tx, &said, &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    actor.made(&tx, Object { kind: KIND, id: Some(&id), name: &said.name }).await?;
    let partition = load(&tx, &id).await?;
    tx.commit().await?;
    Ok(partition)
}

/// Changes a partition; with a version only if it still has that one.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<PartitionInput, &Value>,
) -> OpResult<Partition> {
    actor.must(Verb::Change, WHAT)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let before = load(&tx, name).await?;
    let said = edit.over(&before.said)?;
    check(&said)?;
    if before.said.name == DEFAULT && said.name != DEFAULT {
        return Err(OpError::Conflict(say::default_partition()));
    }
    let version = version.unwrap_or(before.version);
    let done = partitions::update(&tx, &before.id, version, &said, &actor.name).await;
    written(done, KIND, name, &said.name)?;
    actor.did(&tx, "partition.update", Object::from(&before), "done", None).await?;
    let partition = load(&tx, &before.id).await?;
    tx.commit().await?;
    Ok(partition)
}

/// Removes a partition that has no hosts, and that no grant is for.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    actor.must(Verb::Change, WHAT)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let partition = load(&tx, name).await?;
    if partition.said.name == DEFAULT {
        return Err(OpError::Conflict(say::default_partition()));
    }
    if partition.hosts > 0 {
        return Err(OpError::Conflict(say::has_hosts(name, partition.hosts)));
    }
    uses::no_grant_of_partition(&tx, &partition.said.name).await?;
    let version = version.unwrap_or(partition.version);
    let gone = partitions::delete(&tx, &partition.id, version).await;
    written(gone, KIND, name, name)?;
    actor.did(&tx, "partition.delete", Object::from(&partition), "done", None).await?;
    Ok(tx.commit().await?)
}

async fn load(from: &dyn Sql, name: &str) -> OpResult<Partition> {
    let partition = partitions::find(from, name).await?;
    partition.ok_or_else(|| OpError::not_found(KIND, name))
}

fn check(said: &PartitionInput) -> OpResult<()> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))?;
    let zone = said.zone.as_deref().map_or(Ok(()), name::check);
    zone.map_err(|message| OpError::invalid("zone", message))
}

#[cfg(test)]
mod tests {
    use super::super::host;
    use super::super::testing::on_both;
    use super::*;
    use crate::store::hosts::HostInput;

    #[tokio::test]
    async fn a_partition_goes_only_without_hosts() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let said = |name: &str| PartitionInput {
                name: name.into(),
                description: String::new(),
                zone: None,
            };
            create(&engine, &me, said("eu")).await.unwrap();
            let host = HostInput { partition: "eu".into(), ..HostInput::named("web1") };
            host::create(&engine, &me, host).await.unwrap();
            let kept = delete(&engine, &me, "eu", None).await;
            assert!(matches!(kept, Err(OpError::Conflict(_))), "{kept:?}");
            let renamed =
                change(&engine, &me, "eu", Some(1), Edit::Part(&serde_json::json!({"name": "us"})))
                    .await;
            assert_eq!(renamed.unwrap().hosts, 1);
            assert_eq!(host::show(&engine, &me, "web1").await.unwrap().said.partition, "us");
            host::delete(&engine, &me, "web1", None).await.unwrap();
            delete(&engine, &me, "us", None).await.unwrap();
            for done in [
                change(&engine, &me, DEFAULT, None, Edit::Whole(said("other"))).await.map(drop),
                delete(&engine, &me, DEFAULT, None).await,
            ] {
                assert!(matches!(done, Err(OpError::Conflict(_))), "{done:?}");
            }
            assert!(create(&engine, &me, said("a b")).await.is_err());
        })
        .await;
    }
}
