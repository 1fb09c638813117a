//! Hosts of the register.

use hep_core::message::register as say;
use hep_core::name;
use hep_core::rights::Verb;

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write};
use super::page::{Page, Paging, page};
use crate::store::hosts::{self, Filter, Host, HostInput, References};
use crate::store::{Sql, partitions};

/// What a host is called in messages.
const KIND: &str = "host";

/// The families of VirtShell; `HighPerformance` is its older word for `ComputeOptimized`.
const FAMILIES: [&str; 5] = [
    "GeneralPurpose",
    "ComputeOptimized",
    "MemoryOptimized",
    "StorageOptimized",
    "HighPerformance",
];

/// A page of the hosts that the actor may see.
pub async fn list(
    engine: &Engine,
    actor: &Actor,
    mut filter: Filter,
    paging: &Paging,
) -> OpResult<Page<Host>> {
    actor.must(Verb::View, "hosts")?;
    let limit = paging.limit()?;
    filter.after = paging.after()?;
    let found = hosts::list(engine.db(), &filter, limit + 1).await?;
    Ok(page(found, limit, |host| &host.said.name))
}

/// A host, by its name or its id.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Host> {
    actor.must(Verb::View, name)?;
    load(engine.db(), name).await
}

/// Makes a host.
pub async fn create(engine: &Engine, actor: &Actor, mut said: HostInput) -> OpResult<Host> {
    actor.must(Verb::Change, &said.name)?;
    complete(&mut said)?;
    let tx = engine.db().begin().await?;
    let refers = references(&tx, &said).await?;
    let made = hosts::insert(&tx, &said, &refers, &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    let object = Object { kind: KIND, id: Some(&id), name: &said.name };
    actor.made(&tx, object).await?;
    let host = load(&tx, &said.name).await?;
    tx.commit().await?;
    Ok(host)
}

/// Changes a host; with a version only if it still has that one.
pub async fn update(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    mut said: HostInput,
) -> OpResult<Host> {
    actor.must(Verb::Change, name)?;
    complete(&mut said)?;
    let tx = engine.db().begin().await?;
    let before = load(&tx, name).await?;
    let version = version.unwrap_or(before.version);
    let refers = references(&tx, &said).await?;
    let done = hosts::update(&tx, &before.id, version, &said, &refers, &actor.name).await;
    if !done.map_err(|error| on_write(error, KIND, &said.name))? {
        return Err(OpError::Stale(say::changed_meanwhile(KIND, name)));
    }
    actor.did(&tx, "host.update", Object::from(&before), "done", None).await?;
    let host = load(&tx, &said.name).await?;
    tx.commit().await?;
    Ok(host)
}

/// Removes a host from the register; nothing happens to the machine.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    actor.must(Verb::Change, name)?;
    let tx = engine.db().begin().await?;
    let host = load(&tx, name).await?;
    let gone = hosts::delete(&tx, &host.id, version.unwrap_or(host.version)).await;
    if !gone.map_err(|error| on_write(error, KIND, name))? {
        return Err(OpError::Stale(say::changed_meanwhile(KIND, name)));
    }
    actor.did(&tx, "host.delete", Object::from(&host), "done", None).await?;
    Ok(tx.commit().await?)
}

async fn load(from: &dyn Sql, name: &str) -> OpResult<Host> {
    let host = hosts::find(from, name).await?;
    host.ok_or_else(|| OpError::not_found(KIND, name))
}

/// Fills in what was left out, and refuses what no host can have.
fn complete(said: &mut HostInput) -> OpResult<()> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))?;
    if said.address.is_empty() {
        said.address.clone_from(&said.name);
    }
    let is_word = |c: char| !c.is_whitespace() && !c.is_control() && !"@/,".contains(c);
    if !said.address.chars().all(is_word) || said.address.starts_with('-') {
        return Err(OpError::invalid("address", say::bad_address(&said.address)));
    }
    if said.port == 0 {
        return Err(OpError::invalid("port", say::bad_port(said.port)));
    }
    match &said.family {
        Some(family) if !FAMILIES.contains(&family.as_str()) => {
            Err(OpError::invalid("family", say::bad_family(family)))
        }
        _ => Ok(()),
    }
}

/// The ids of what a host refers to.
async fn references(from: &dyn Sql, said: &HostInput) -> OpResult<References> {
    let partition = partitions::by_name(from, &said.partition).await?;
    let partition = partition.ok_or_else(|| {
        OpError::invalid("partition", say::not_found("partition", &said.partition))
    })?;
    Ok(References { partition: partition.id, ..References::default() })
}
