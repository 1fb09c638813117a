//! One change of many hosts.

use std::collections::{BTreeMap, BTreeSet};

use hep_core::message::{register as say, server};
use hep_core::rights::Verb;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::actor::Actor;
use super::error::{OpError, OpResult};
use super::import::{self, Field};
use super::reach::Reach;
use super::{Engine, host};
use crate::store::host_sets::{self, Change};
use crate::store::hosts::{Host, HostInput};
use crate::store::{Tx, register};

/// Which hosts, and what of them changes. What is not said stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkInput {
    /// The hosts, as a selector.
    #[serde(default)]
    pub selector: Option<String>,
    /// The hosts, by name.
    #[serde(default)]
    pub names: Vec<String>,
    /// Labels that they get, or whose value changes.
    #[serde(default)]
    pub add_labels: BTreeMap<String, String>,
    /// Labels that they lose.
    #[serde(default)]
    pub remove_labels: Vec<String>,
    /// Whether runs may use them.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Until when they are in maintenance, in milliseconds since 1970; 0 ends it.
    #[serde(default)]
    pub maintenance_until_ms: Option<i64>,
    /// Their partition.
    #[serde(default)]
    pub partition: Option<String>,
    /// The credential that logs in; `null` takes it away.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub credential: Option<Option<String>>,
    /// The credential with the sudo password; `null` takes it away.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub become_credential: Option<Option<String>>,
    /// Remove them from the register instead.
    #[serde(default)]
    pub delete: bool,
}

#[expect(clippy::option_option, reason = "missing and null differ")]
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

/// What became of the hosts, or would.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Changed {
    /// Whether it was done.
    pub applied: bool,
    /// Each of them, by name.
    pub hosts: Vec<Outcome>,
}

/// What becomes of a host.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// `changed`, `unchanged` or `deleted`.
    pub what: &'static str,
    /// The fields that change.
    pub fields: Vec<Field>,
    /// Its version then.
    pub version: i64,
}

/// Changes the hosts in one transaction: all of them, or none; with `dry` none, and it is only told. A preview is
/// the change itself, undone at its end, so that it cannot say anything else than what would happen.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    said: &BulkInput,
    dry: bool,
) -> OpResult<Changed> {
    actor.must_somewhere(Verb::Change, "hosts")?;
    let names = meant(engine, actor, said).await?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let reach = Reach::of(&tx, actor, Verb::Change).await?;
    let asked: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut before = host_sets::by_names(&tx, &asked).await?;
    let (mut hosts, mut work) = (Vec::new(), Work::default());
    for name in &names {
        if !reach.has(name) {
            return Err(OpError::Denied(server::denied(Verb::Change.word(), name)));
        }
        let before = before.remove(name).ok_or_else(|| OpError::not_found("host", name))?;
        hosts.push(work.one(&tx, actor, said, before).await?);
    }
    work.write(&tx, actor).await?;
    // Nobody gives a host away, or takes one in, by its labels.
    let reach = Reach::of(&tx, actor, Verb::Change).await?;
    if let Some(lost) = hosts.iter().find(|host| host.what == "changed" && !reach.has(&host.name)) {
        return Err(OpError::Denied(server::denied(Verb::Change.word(), &lost.name)));
    }
    if !dry {
        tx.commit().await?;
        register::changed(engine.db(), hosts.len()).await;
    }
    Ok(Changed { applied: !dry, hosts })
}

/// The hosts that are meant, as far as the actor may see them.
async fn meant(engine: &Engine, actor: &Actor, said: &BulkInput) -> OpResult<BTreeSet<String>> {
    let seen = Reach::now(engine, actor, Verb::View).await?;
    if let Some(hidden) = said.names.iter().find(|name| !seen.has(name)) {
        return Err(OpError::not_found("host", hidden));
    }
    let mut names: BTreeSet<String> = said.names.iter().cloned().collect();
    match &said.selector {
        Some(selector) => {
            let selected = host::selected(engine, selector).await?;
            names.extend(selected.into_iter().filter(|name| seen.has(name)));
        }
        None if names.is_empty() => {
            return Err(OpError::invalid("selector", say::no_hosts_named()));
        }
        None => {}
    }
    Ok(names)
}

/// What is written of all of them together.
#[derive(Default)]
struct Work {
    known: host::Known,
    changes: Vec<Change>,
    deleted: Vec<Host>,
}

impl Work {
    /// What becomes of one host.
    async fn one(
        &mut self,
        tx: &Tx,
        actor: &Actor,
        said: &BulkInput,
        before: Host,
    ) -> OpResult<Outcome> {
        let (name, version) = (before.said.name.clone(), before.version);
        let outcome = |what, version, fields| Outcome { name, what, fields, version };
        if said.delete {
            self.deleted.push(before);
            return Ok(outcome("deleted", version, Vec::new()));
        }
        let mut after = changed(said, before.said.clone());
        if after == before.said {
            return Ok(outcome("unchanged", version, Vec::new()));
        }
        host::complete(&mut after)?;
        let fields = import::changed(Some(&before.said), &after)?;
        let (known, had) = (&mut self.known, Some(&before.said));
        let refers = host::references_by(known, tx, actor, had, &after).await?;
        self.changes.push(Change { id: before.id, version, said: after, refers });
        Ok(outcome("changed", version + 1, fields))
    }

    /// Writes it, with the lines of the audit log.
    async fn write(&self, tx: &Tx, actor: &Actor) -> OpResult<()> {
        host_sets::update(tx, &self.changes, &actor.name).await?;
        let changed = self.changes.iter();
        let changed = changed.map(|change| (change.id.as_str(), change.said.name.as_str()));
        actor.did_to_all(tx, "host.update", "host", changed, &bulk()).await?;
        let ids: Vec<String> = self.deleted.iter().map(|host| host.id.clone()).collect();
        host_sets::delete(tx, &ids).await?;
        let deleted = self.deleted.iter();
        let deleted = deleted.map(|host| (host.id.as_str(), host.said.name.as_str()));
        actor.did_to_all(tx, "host.delete", "host", deleted, &bulk()).await
    }
}

fn bulk() -> serde_json::Value {
    json!({"bulk": true})
}

fn changed(said: &BulkInput, mut host: HostInput) -> HostInput {
    host.labels.retain(|name, _| !said.remove_labels.contains(name));
    host.labels.extend(said.add_labels.clone());
    host.enabled = said.enabled.unwrap_or(host.enabled);
    if let Some(until) = said.maintenance_until_ms {
        host.maintenance_until_ms = (until != 0).then_some(until);
    }
    if let Some(partition) = &said.partition {
        host.partition.clone_from(partition);
    }
    if let Some(credential) = &said.credential {
        host.credential.clone_from(credential);
    }
    if let Some(credential) = &said.become_credential {
        host.become_credential.clone_from(credential);
    }
    host
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::testing::on_both;
    use super::*;

    fn input(value: Value) -> BulkInput {
        serde_json::from_value(value).unwrap()
    }

    #[tokio::test]
    async fn all_change_or_none() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            for name in ["web1", "web2", "db1"] {
                let labels = [("old".to_owned(), "x".to_owned())].into();
                let said = HostInput { labels, ..HostInput::named(name) };
                host::create(&engine, &me, said).await.unwrap();
            }
            let said = json!({"selector": "web*", "names": ["db1"], "add_labels": {"env": "prod"},
                "remove_labels": ["old"], "enabled": false, "maintenance_until_ms": 5});
            let preview = change(&engine, &me, &input(said.clone()), true).await.unwrap();
            assert!(host::show(&engine, &me, "web1").await.unwrap().said.enabled);
            let mut fields: Vec<_> =
                preview.hosts[1].fields.iter().map(|field| field.name.as_str()).collect();
            fields.sort_unstable();
            assert_eq!(fields, ["enabled", "labels", "maintenance_until_ms"]);
            let done = change(&engine, &me, &input(said.clone()), false).await.unwrap();
            assert_eq!(Changed { applied: true, ..preview }, done);
            let whats: Vec<_> = done
                .hosts
                .iter()
                .map(|host| (host.name.as_str(), host.what, host.version))
                .collect();
            let expected = ["db1", "web1", "web2"].map(|name| (name, "changed", 2));
            assert_eq!(whats, expected);
            let web1 = async || host::show(&engine, &me, "web1").await.unwrap().said;
            let seen = web1().await;
            assert_eq!(
                seen.labels.into_iter().collect::<Vec<_>>(),
                [("env".into(), "prod".into())]
            );
            assert_eq!((seen.enabled, seen.maintenance_until_ms), (false, Some(5)));
            let again = change(&engine, &me, &input(said), false).await.unwrap();
            assert!(again.hosts.iter().all(|host| host.what == "unchanged"));
            let cases = [
                json!({"names": ["web1", "none"], "enabled": true}),
                json!({"selector": "web*", "enabled": true, "partition": "none"}),
                json!({"selector": "none", "enabled": true}),
                json!({"selector": "web*", "enabled": true, "add_labels": {"a b": ""}}),
                json!({"enabled": true}),
            ];
            for said in cases {
                assert!(change(&engine, &me, &input(said.clone()), false).await.is_err(), "{said}");
                assert!(!web1().await.enabled, "{said}");
            }
            let said = json!({"selector": "web*", "delete": true});
            assert_eq!(change(&engine, &me, &input(said), false).await.unwrap().hosts.len(), 2);
            assert_eq!(engine.registered().await.unwrap().select("all").unwrap().len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn nobody_gives_a_host_away_or_learns_of_one() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            for (name, env) in [("web1", "test"), ("web2", "prod"), ("db1", "test")] {
                let labels = [("env".to_owned(), env.to_owned())].into();
                let said = HostInput { labels, ..HostInput::named(name) };
                host::create(&engine, &me, said).await.unwrap();
            }
            let grant = |verb, selector: &str| hep_core::rights::Grant {
                verbs: [verb].into(),
                selector: selector.into(),
                partition: None,
                limit: None,
            };
            let grants = vec![grant(Verb::View, "web*"), grant(Verb::Change, "env=test")];
            let ana = Actor { grants, ..me.clone() };
            let refused = |said: Value| {
                let (engine, ana) = (engine.clone(), ana.clone());
                async move { change(&engine, &ana, &input(said), false).await.unwrap_err() }
            };
            let hidden = refused(json!({"names": ["db1"], "enabled": false})).await;
            assert!(matches!(hidden, OpError::NotFound(_)), "{hidden:?}");
            let denied = refused(json!({"selector": "all", "enabled": false})).await;
            assert!(matches!(denied, OpError::Denied(_)), "{denied:?}");
            let given = json!({"names": ["web1"], "add_labels": {"env": "prod"}});
            assert!(matches!(refused(given).await, OpError::Denied(_)));
            let said = input(json!({"selector": "env=test", "enabled": false}));
            let done = change(&engine, &ana, &said, false).await.unwrap();
            let names: Vec<_> = done.hosts.iter().map(|host| host.name.as_str()).collect();
            assert_eq!(names, ["web1"]);
        })
        .await;
    }
}
