//! A host as a JSON object: a line of `hep hosts --output json`.

use serde_json::{Map, Value as Json, json};

use super::connection::{Connection, is_password};
use super::{Host, Inventory};
use crate::mask::MARK;
use crate::node::{Node, NodeKind};
use crate::vars::Var;

impl Inventory {
    /// The object of a host: `name`, `address`, `port`, `user` (`null` where nothing says them), `groups`
    /// (without `all`, sorted, as `group_names`) and `vars` as written. Passwords and decrypted values are
    /// masked.
    #[must_use]
    pub fn to_json(&self, host: &Host, connection: &Connection) -> Json {
        let mut groups: Vec<&str> =
            self.groups_of(host).into_iter().map(|group| &*group.name).collect();
        groups.sort_unstable();
        let vars: Map<String, Json> = self
            .vars_of(host)
            .iter()
            .map(|(name, var)| (name.to_string(), shown(name, var)))
            .collect();
        json!({
            "name": &*host.name,
            "address": connection.address,
            "port": connection.port,
            "user": connection.user,
            "groups": groups,
            "vars": vars,
        })
    }
}

fn shown(name: &str, var: &Var) -> Json {
    if is_password(name) {
        return Json::from(MARK);
    }
    match var {
        Var::Authored(node) => masked(node),
        Var::Data(value, _) => serde_json::to_value(value).unwrap_or_default(),
    }
}

fn masked(node: &Node) -> Json {
    match &node.kind {
        NodeKind::Secret(_) => Json::from(MARK),
        NodeKind::List(items) => items.iter().map(masked).collect(),
        NodeKind::Map(entries) => {
            let entries =
                entries.iter().map(|(key, value)| (key.key_text().to_string(), masked(value)));
            Json::Object(entries.collect())
        }
        _ => serde_json::to_value(node.to_value()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Builder, ini};
    use super::*;

    #[test]
    fn a_host_is_shown_without_its_passwords() {
        let mut builder = Builder::new();
        let text = "[web]\nh:22 ansible_password=hunter2 n=1\n[z:children]\nweb\n";
        ini::parse(text, 0, &mut builder).unwrap();
        let secret = Node::bare(NodeKind::Secret("hunter3".into()));
        let nested = Node::bare(NodeKind::List(vec![secret]));
        builder.set_host_var("h", "keys", nested);
        let inventory = builder.finish().unwrap();
        let host = inventory.host("h").unwrap();
        let shown = inventory.to_json(host, &inventory.connection(host).unwrap());
        assert_eq!(
            shown,
            json!({
                "name": "h", "address": "h", "port": 22, "user": null, "groups": ["web", "z"],
                "vars": {"ansible_port": 22, "ansible_password": MARK, "n": 1, "keys": [MARK]},
            })
        );
    }
}
