//! Hosts of the register.

use hep_core::inventory::connection;
use hep_core::message::register as say;
use hep_core::name;
use hep_core::rights::Verb;
use serde_json::{Map, Value};

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write};
use super::page::{Page, Paging, page};
use super::patch::patched;
use crate::store::hosts::{self, Filter, Host, HostInput, References};
use crate::store::{Sql, credentials, partitions, register};

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
    register::change(&tx).await?;
    let refers = references(&tx, actor, None, &said).await?;
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
    said: HostInput,
) -> OpResult<Host> {
    change(engine, actor, name, version, |_| Ok(said)).await
}

/// Changes a part of a host.
pub async fn patch(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    part: &Value,
) -> OpResult<Host> {
    change(engine, actor, name, version, |before| patched(&before.said, part)).await
}

async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    said: impl FnOnce(&Host) -> OpResult<HostInput>,
) -> OpResult<Host> {
    actor.must(Verb::Change, name)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let before = load(&tx, name).await?;
    let mut said = said(&before)?;
    complete(&mut said)?;
    let version = version.unwrap_or(before.version);
    let refers = references(&tx, actor, Some(&before), &said).await?;
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
    register::change(&tx).await?;
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
    check_labels(said)?;
    check_vars(&said.vars)?;
    match &said.family {
        Some(family) if !FAMILIES.contains(&family.as_str()) => {
            Err(OpError::invalid("family", say::bad_family(family)))
        }
        _ => Ok(()),
    }
}

/// Refuses labels that no selector could name.
fn check_labels(said: &HostInput) -> OpResult<()> {
    let is_name = |name: &str| {
        let fits = |c: char| c.is_alphanumeric() || "_.-/".contains(c);
        name.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            && name.chars().all(fits)
            && !connection::says_how_to_reach(name)
    };
    let is_value = |value: &str| {
        let bad = |c: char| c.is_control() || ",:&!*?[]".contains(c);
        value.trim() == value && !value.chars().any(bad)
    };
    let odd = said.labels.iter().find(|(name, value)| !is_name(name) || !is_value(value));
    odd.map_or(Ok(()), |(name, value)| Err(OpError::invalid("labels", say::bad_label(name, value))))
}

/// Refuses variables that would go around the fields, credentials and rights of the register.
pub(super) fn check_vars(vars: &Map<String, Value>) -> OpResult<()> {
    let odd = vars.keys().find(|name| connection::says_how_to_reach(name));
    odd.map_or(Ok(()), |name| Err(OpError::invalid("vars", say::var_of_connection(name))))
}

/// The ids of what a host refers to.
async fn references(
    from: &dyn Sql,
    actor: &Actor,
    before: Option<&Host>,
    said: &HostInput,
) -> OpResult<References> {
    let partition = partitions::by_name(from, &said.partition).await?;
    let partition = partition.ok_or_else(|| {
        OpError::invalid("partition", say::not_found("partition", &said.partition))
    })?;
    let before = before.map(|host| &host.said);
    let (login, sudo) = (
        before.and_then(|before| before.credential.as_deref()),
        before.and_then(|before| before.become_credential.as_deref()),
    );
    Ok(References {
        partition: partition.id,
        credential: credential(from, actor, "credential", login, said.credential.as_deref())
            .await?,
        become_credential: credential(
            from,
            actor,
            "become_credential",
            sudo,
            said.become_credential.as_deref(),
        )
        .await?,
    })
}

/// The id of a credential. To give a host another one needs the right to secrets: whoever says where a host is
/// could else be told its password there.
async fn credential(
    from: &dyn Sql,
    actor: &Actor,
    field: &'static str,
    before: Option<&str>,
    name: Option<&str>,
) -> OpResult<Option<String>> {
    let Some(name) = name else { return Ok(None) };
    if before != Some(name) && !actor.may(Verb::Secrets) {
        return Err(OpError::Denied(say::needs_secrets_right(name)));
    }
    let id = credentials::id_of(from, name).await?;
    let missing = || OpError::invalid(field, say::not_found("credential", name));
    id.map(Some).ok_or_else(missing)
}

#[cfg(test)]
mod register_tests {
    use hep_core::rights::Grant;
    use serde_json::json;

    use super::super::credential as op;
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn a_credential_is_given_by_those_who_may() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let said = json!({"name": "c", "kind": "agent"});
            op::create(&engine, &me, serde_json::from_value(said).unwrap()).await.unwrap();
            create(&engine, &me, HostInput::named("web1")).await.unwrap();
            let mut grant: Grant = me.grants[0].clone();
            grant.verbs = [Verb::View, Verb::Change].into();
            let changer = Actor { grants: vec![grant], ..me.clone() };
            let part = json!({"credential": "c", "become_credential": "c"});
            let refused = patch(&engine, &changer, "web1", None, &part).await;
            assert!(matches!(refused, Err(OpError::Denied(_))), "{refused:?}");
            let host = patch(&engine, &me, "web1", None, &part).await.unwrap();
            assert_eq!(host.said.credential.as_deref(), Some("c"));
            assert_eq!(host.said.become_credential.as_deref(), Some("c"));
            // What was given stays, and may be taken away.
            let kept =
                patch(&engine, &changer, "web1", None, &json!({"notes": "n"})).await.unwrap();
            assert_eq!(kept.said.credential.as_deref(), Some("c"));
            let part = json!({"credential": null, "become_credential": null});
            let taken = patch(&engine, &changer, "web1", None, &part).await.unwrap();
            assert_eq!((taken.said.credential, taken.said.become_credential), (None, None));
            let lost = patch(&engine, &me, "web1", None, &json!({"credential": "none"})).await;
            assert!(matches!(lost, Err(OpError::Invalid { field: Some("credential"), .. })));
        })
        .await;
    }

    #[test]
    fn labels_and_variables_of_hosts() {
        let cases = [
            (json!({"labels": {"env": "prod"}}), None),
            (json!({"labels": {"a.b/c-d_e": "1.2 GHz (x)"}}), None),
            (json!({"labels": {"env": ""}}), None),
            (json!({"labels": {"": "x"}}), Some("labels")),
            (json!({"labels": {"a b": "x"}}), Some("labels")),
            (json!({"labels": {"a": "x,y"}}), Some("labels")),
            (json!({"labels": {"a": " x"}}), Some("labels")),
            (json!({"labels": {"a": "x*"}}), Some("labels")),
            (json!({"labels": {"ansible_connection": "local"}}), Some("labels")),
            (json!({"vars": {"ansible_become": true, "x": 1}}), None),
            (json!({"vars": {"ansible_connection": "local"}}), Some("vars")),
            (json!({"vars": {"ansible_ssh_pass": "x"}}), Some("vars")),
            (json!({"port": 0}), Some("port")),
            (json!({"address": "a b"}), Some("address")),
            (json!({"family": "Big"}), Some("family")),
        ];
        for (mut value, field) in cases {
            value["name"] = json!("h");
            let mut said: HostInput = serde_json::from_value(value.clone()).unwrap();
            let found = match complete(&mut said) {
                Ok(()) => None,
                Err(OpError::Invalid { field, .. }) => field,
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(found, field, "{value}");
        }
    }
}
