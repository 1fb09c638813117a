//! Groups of the register. Rights can hang on them, so that changing one needs the right to change everything.

use std::collections::{BTreeMap, BTreeSet};

use hep_core::message::register as say;
use hep_core::name;
use hep_core::rights::Verb;
use serde_json::{Value, json};

use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::page::{Page, Paging, page};
use super::patch::Edit;
use super::{Engine, uses};
use crate::store::groups::{self, Group, GroupInput};
use crate::store::{Sql, Tx, hosts, register};

const KIND: &str = "group";
/// What the right to them is refused for.
const WHAT: &str = "groups";

impl<'a> From<&'a Group> for Object<'a> {
    fn from(group: &'a Group) -> Self {
        Self { kind: KIND, id: Some(&group.id), name: &group.said.name }
    }
}

/// Which hosts go into a group, and which go out.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// The names of those that go in.
    #[serde(default)]
    pub add: Vec<String>,
    /// The names of those that go out.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// A page of groups, by name.
pub async fn list(engine: &Engine, actor: &Actor, paging: &Paging) -> OpResult<Page<Group>> {
    actor.must(Verb::View, WHAT)?;
    let limit = paging.limit()?;
    let found = groups::list(engine.db(), paging.after()?.as_deref(), limit + 1).await?;
    Ok(page(found, limit, |group| &group.said.name))
}

/// A group.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Group> {
    actor.must(Verb::View, WHAT)?;
    load(engine.db(), name).await
}

/// Makes a group.
pub async fn create(engine: &Engine, actor: &Actor, said: GroupInput) -> OpResult<Group> {
    actor.must(Verb::Change, WHAT)?;
    check(&said)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let made = groups::insert(&tx, &said, &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    set_parts(&tx, &id, &said).await?;
    actor.made(&tx, Object { kind: KIND, id: Some(&id), name: &said.name }).await?;
    let group = load(&tx, &id).await?;
    tx.commit().await?;
    Ok(group)
}

/// Changes a group; with a version only if it still has that one.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<GroupInput, &Value>,
) -> OpResult<Group> {
    actor.must(Verb::Change, WHAT)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let before = load(&tx, name).await?;
    let said = edit.over(&before.said)?;
    check(&said)?;
    if said.name != before.said.name {
        uses::no_selector_of_group(&tx, &before.said.name).await?;
    }
    let version = version.unwrap_or(before.version);
    let done = groups::update(&tx, &before.id, version, &said, &actor.name).await;
    written(done, KIND, name, &said.name)?;
    set_parts(&tx, &before.id, &said).await?;
    actor.did(&tx, "group.update", Object::from(&before), "done", None).await?;
    let group = load(&tx, &before.id).await?;
    tx.commit().await?;
    Ok(group)
}

/// Puts hosts into a group and takes others out.
pub async fn change_hosts(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    wanted: &Membership,
) -> OpResult<Group> {
    actor.must(Verb::Change, WHAT)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let before = load(&tx, name).await?;
    move_hosts(&tx, actor, &before, wanted).await?;
    let group = load(&tx, &before.id).await?;
    tx.commit().await?;
    Ok(group)
}

/// Puts a host into groups and takes it out of others. Those that it is in already, or not, are not touched.
pub async fn change_groups_of(
    engine: &Engine,
    actor: &Actor,
    host: &str,
    groups: &Membership,
) -> OpResult<()> {
    actor.must(Verb::Change, WHAT)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let known = hosts::by_name(&tx, host).await?;
    let known = known.ok_or_else(|| OpError::not_found("host", host))?;
    let it = vec![known.said.name.clone()];
    for name in groups.add.iter().filter(|name| !known.groups.contains(name)) {
        let group = groups::find(&tx, name).await?;
        let missing = || OpError::invalid("groups", say::not_found(KIND, name));
        let moved = Membership { add: it.clone(), remove: Vec::new() };
        move_hosts(&tx, actor, &group.ok_or_else(missing)?, &moved).await?;
    }
    for name in groups.remove.iter().filter(|name| known.groups.contains(name)) {
        let moved = Membership { add: Vec::new(), remove: it.clone() };
        move_hosts(&tx, actor, &load(&tx, name).await?, &moved).await?;
    }
    Ok(tx.commit().await?)
}

/// Puts hosts into a group and takes others out, with the line that tells of it.
async fn move_hosts(tx: &Tx, actor: &Actor, group: &Group, wanted: &Membership) -> OpResult<()> {
    for host in &wanted.add {
        groups::add_host(tx, &group.id, &host_id(tx, "add", host).await?).await?;
    }
    for host in &wanted.remove {
        groups::remove_host(tx, &group.id, &host_id(tx, "remove", host).await?).await?;
    }
    let (name, version) = (&group.said.name, group.version);
    let done = groups::update(tx, &group.id, version, &group.said, &actor.name).await;
    written(done, KIND, name, name)?;
    let detail = json!({"add": wanted.add, "remove": wanted.remove});
    actor.did(tx, "group.hosts", Object::from(group), "done", Some(detail)).await
}

/// Removes a group. Its hosts and the groups within it stay.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    actor.must(Verb::Change, WHAT)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let group = load(&tx, name).await?;
    uses::no_selector_of_group(&tx, &group.said.name).await?;
    let gone = groups::delete(&tx, &group.id, version.unwrap_or(group.version)).await;
    written(gone, KIND, name, name)?;
    actor.did(&tx, "group.delete", Object::from(&group), "done", None).await?;
    Ok(tx.commit().await?)
}

async fn load(from: &dyn Sql, name: &str) -> OpResult<Group> {
    let group = groups::find(from, name).await?;
    group.ok_or_else(|| OpError::not_found(KIND, name))
}

pub(super) fn check(said: &GroupInput) -> OpResult<()> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))?;
    super::host::check_vars(&said.vars)
}

/// Its children, and its hosts where they are said.
pub(super) async fn set_parts(tx: &Tx, id: &str, said: &GroupInput) -> OpResult<()> {
    let mut children = Vec::new();
    for child in &said.children {
        let found = groups::find(tx, child).await?;
        let missing = || OpError::invalid("children", say::not_found(KIND, child));
        children.push(found.ok_or_else(missing)?.id);
    }
    groups::set_children(tx, id, &children).await?;
    let nesting = groups::nesting(tx).await?;
    for (child, child_id) in said.children.iter().zip(&children) {
        if is_within(&nesting, id, child_id) {
            return Err(OpError::invalid("children", say::circle_of_groups(&said.name, child)));
        }
    }
    let Some(hosts) = &said.hosts else { return Ok(()) };
    groups::clear_hosts(tx, id).await?;
    for host in hosts {
        groups::add_host(tx, id, &host_id(tx, "hosts", host).await?).await?;
    }
    Ok(())
}

async fn host_id(from: &dyn Sql, field: &'static str, name: &str) -> OpResult<String> {
    let id = hosts::id_of(from, name).await?;
    id.ok_or_else(|| OpError::invalid(field, say::not_found("host", name)))
}

/// Whether a group is the outer one, or is within it over any number of steps.
fn is_within(nesting: &[(String, String)], wanted: &str, outer: &str) -> bool {
    let mut inner: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (group, child) in nesting {
        inner.entry(group).or_default().push(child);
    }
    let (mut open, mut seen) = (vec![outer], BTreeSet::new());
    while let Some(group) = open.pop() {
        if group == wanted {
            return true;
        }
        if seen.insert(group) {
            open.extend(inner.get(group).into_iter().flatten());
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::host;
    use super::super::testing::on_both;
    use super::*;
    use crate::store::hosts::HostInput;

    fn said(value: Value) -> GroupInput {
        serde_json::from_value(value).unwrap()
    }

    #[tokio::test]
    async fn no_group_is_within_itself() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            for value in [
                json!({"name": "a"}),
                json!({"name": "b", "children": ["a"]}),
                json!({"name": "c", "children": ["b", "a"]}),
            ] {
                create(&engine, &me, said(value)).await.unwrap();
            }
            let cases = [("a", "a"), ("a", "b"), ("a", "c"), ("b", "c")];
            for (outer, inner) in cases {
                let part = json!({"children": [inner]});
                match change(&engine, &me, outer, None, Edit::Part(&part)).await {
                    Err(OpError::Invalid { field: Some("children"), message }) => {
                        assert_eq!(message.id, "register.circle_of_groups");
                    }
                    other => panic!("{outer} {inner}: {other:?}"),
                }
            }
            assert!(show(&engine, &me, "a").await.unwrap().said.children.is_empty());
            let lost =
                change(&engine, &me, "a", None, Edit::Part(&json!({"children": ["none"]}))).await;
            assert!(matches!(lost, Err(OpError::Invalid { field: Some("children"), .. })));
            delete(&engine, &me, "b", None).await.unwrap();
            assert_eq!(show(&engine, &me, "c").await.unwrap().said.children, ["a"]);
        })
        .await;
    }

    #[tokio::test]
    async fn a_host_goes_into_groups_and_out_of_others() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            host::create(&engine, &me, HostInput::named("h1")).await.unwrap();
            for name in ["a", "b", "c"] {
                create(&engine, &me, said(json!({"name": name}))).await.unwrap();
            }
            let change = async |add: &[&str], remove: &[&str]| {
                let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
                let wanted = Membership { add: names(add), remove: names(remove) };
                let done = change_groups_of(&engine, &me, "h1", &wanted).await;
                (done, host::show(&engine, &me, "h1").await.unwrap().groups)
            };
            let cases: [(&[&str], &[&str], &[&str]); 4] = [
                (&["a", "b"], &[], &["a", "b"]),
                (&["a", "c"], &["b"], &["a", "c"]),
                (&[], &["b"], &["a", "c"]),
                (&[], &["a", "c"], &[]),
            ];
            for (add, remove, expected) in cases {
                let (done, now) = change(add, remove).await;
                done.unwrap();
                assert_eq!(now, expected);
            }
            // One that it is in already is not changed, and one that is not there changes nothing.
            assert_eq!(show(&engine, &me, "a").await.unwrap().version, 3);
            let (lost, now) = change(&["b", "none"], &[]).await;
            assert!(matches!(lost, Err(OpError::Invalid { field: Some("groups"), .. })));
            assert!(now.is_empty(), "{now:?}");
            let viewer = Actor { grants: Vec::new(), ..me.clone() };
            let denied = change_groups_of(&engine, &viewer, "h1", &Membership::default()).await;
            assert!(matches!(denied, Err(OpError::Denied(_))));
        })
        .await;
    }

    #[tokio::test]
    async fn hosts_go_in_and_out() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            for name in ["h1", "h2", "h3"] {
                host::create(&engine, &me, HostInput::named(name)).await.unwrap();
            }
            let made =
                create(&engine, &me, said(json!({"name": "g", "hosts": ["h1", "h2"]}))).await;
            assert_eq!(made.unwrap().host_count, 2);
            let wanted =
                Membership { add: vec!["h3".into()], remove: vec!["h1".into(), "h2".into()] };
            let changed = change_hosts(&engine, &me, "g", &wanted).await.unwrap();
            assert_eq!((changed.host_count, changed.version), (1, 2));
            assert_eq!(host::show(&engine, &me, "h3").await.unwrap().groups, ["g"]);
            let lost = Membership { add: vec!["none".into()], remove: vec!["h3".into()] };
            assert!(change_hosts(&engine, &me, "g", &lost).await.is_err());
            let kept = change(&engine, &me, "g", None, Edit::Part(&json!({"vars": {"x": [1]}})))
                .await
                .unwrap();
            assert_eq!((kept.host_count, kept.said.vars["x"].clone()), (1, json!([1])));
            let emptied =
                change(&engine, &me, "g", None, Edit::Part(&json!({"hosts": []}))).await.unwrap();
            assert_eq!(emptied.host_count, 0);
        })
        .await;
    }
}
