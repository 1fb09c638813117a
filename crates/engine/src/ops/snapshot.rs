//! The register in memory, for selectors: read once for each version of it, by every node for itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use hep_core::inventory::{ALL, Builder, Inventory};
use hep_core::node::{Node, NodeKind, Pos};
use hep_core::selector::Selector;
use serde_json::Value;

use super::Engine;
use super::error::{OpError, OpResult};
use crate::store::register::{self, Outline};

/// The register as selectors see it: labels are variables, which win over those of groups.
pub(crate) struct Snapshot {
    version: i64,
    inventory: Inventory,
}

/// The last one that was read.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Option<Arc<Snapshot>>>);

impl Cache {
    fn get(&self, version: i64) -> Option<Arc<Snapshot>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone().filter(|snapshot| snapshot.version == version)
    }

    fn keep(&self, snapshot: &Arc<Snapshot>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|before| before.version < snapshot.version) {
            *kept = Some(Arc::clone(snapshot));
        }
    }
}

impl Engine {
    /// The register as it is now.
    pub(crate) async fn snapshot(&self) -> OpResult<Arc<Snapshot>> {
        // The version first: what is read after it is at least as new.
        let version = register::version(self.db()).await?;
        if let Some(snapshot) = self.register().get(version) {
            return Ok(snapshot);
        }
        let inventory = inventory(&register::outline(self.db()).await?)?;
        let snapshot = Arc::new(Snapshot { version, inventory });
        self.register().keep(&snapshot);
        Ok(snapshot)
    }
}

impl Snapshot {
    /// The names of the hosts that a selector names. It reads no files.
    pub(crate) fn select(&self, text: &str) -> OpResult<BTreeSet<String>> {
        let selector =
            Selector::parse(text).and_then(|selector| selector.with_files(&mut |_| Ok(None)));
        let names = selector.and_then(|selector| selector.select(&self.inventory));
        let names = names.map_err(|message| OpError::invalid("selector", message))?;
        // The controller's own machine answers to its names, and is no host of the register.
        let known = |name: &Arc<str>| self.inventory.hosts().contains_key(name);
        Ok(names.iter().filter(|name| known(name)).map(ToString::to_string).collect())
    }
}

fn inventory(outline: &Outline) -> OpResult<Inventory> {
    let here = Pos::default();
    let mut builder = Builder::new();
    let fault = |error: hep_core::inventory::Error| OpError::Internal(format!("{error:?}"));
    for host in &outline.hosts {
        builder.host(&host.name, ALL, here);
        for (name, value) in host.vars.iter().chain(&host.labels) {
            builder.set_host_var(&host.name, name, node(value));
        }
    }
    for (group, vars) in &outline.groups {
        builder.group(group, here);
        for (name, value) in vars {
            builder.set_group_var(group, name, node(value)).map_err(fault)?;
        }
    }
    for (group, host) in &outline.members {
        builder.host(host, group, here);
    }
    for (outer, inner) in &outline.children {
        builder.child(outer, inner, here).map_err(fault)?;
    }
    builder.finish().map_err(fault)
}

/// JSON as a node without a place. Texts are no templates here: a selector compares them as they stand.
fn node(value: &Value) -> Node {
    Node::bare(match value {
        Value::Null => NodeKind::Null,
        Value::Bool(value) => NodeKind::Bool(*value),
        Value::Number(number) => number.as_i64().map_or_else(
            || NodeKind::Float(number.as_f64().unwrap_or_default()),
            |value| NodeKind::Int { value, octal: false },
        ),
        Value::String(text) => NodeKind::Literal(text.as_str().into()),
        Value::Array(items) => NodeKind::List(items.iter().map(node).collect()),
        Value::Object(map) => {
            let key = |key: &str| Node::bare(NodeKind::Literal(key.into()));
            NodeKind::Map(map.iter().map(|(name, value)| (key(name), node(value))).collect())
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::actor::Actor;
    use super::super::testing::on_both;
    use super::super::{group, host};
    use super::*;

    #[tokio::test]
    async fn selectors_mean_the_register_as_it_is_now() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            for (name, env) in [("web1", "prod"), ("web2", "test"), ("db1", "prod")] {
                let said = json!({"name": name, "labels": {"env": env}, "vars": {"rack": [1, "b"]}});
                host::create(&engine, &me, serde_json::from_value(said).unwrap()).await.unwrap();
            }
            for said in [
                json!({"name": "web", "hosts": ["web1", "web2"], "vars": {"env": "group", "os": "x"}}),
                json!({"name": "eu", "children": ["web"]}),
            ] {
                group::create(&engine, &me, serde_json::from_value(said).unwrap()).await.unwrap();
            }
            let cases: &[(&str, &[&str])] = &[
                ("all", &["db1", "web1", "web2"]),
                ("web*", &["web1", "web2"]),
                ("@eu", &["web1", "web2"]),
                ("env=prod", &["db1", "web1"]),
                ("os=x", &["web1", "web2"]),
                ("rack=b&env=test", &["web2"]),
                ("web[1-2]!web1", &["web2"]),
                ("web[0]", &["web1"]),
                ("localhost", &[]),
            ];
            let snapshot = engine.snapshot().await.unwrap();
            for (selector, expected) in cases {
                let found = snapshot.select(selector).unwrap();
                assert_eq!(found.iter().collect::<Vec<_>>(), *expected, "{selector}");
            }
            for bad in ["none", "web[", "@none", "web1,!none"] {
                let refused = snapshot.select(bad);
                assert!(matches!(refused, Err(OpError::Invalid { field: Some("selector"), .. })));
            }
            assert!(Arc::ptr_eq(&snapshot, &engine.snapshot().await.unwrap()), "read once");
            host::delete(&engine, &me, "web2", None).await.unwrap();
            let found = engine.snapshot().await.unwrap().select("web*").unwrap();
            assert_eq!(found.into_iter().collect::<Vec<_>>(), ["web1"]);
        })
        .await;
    }
}
