//! Ansible's dynamic inventories: the JSON that an executable prints when it is called with `--list`.
//!
//! Source: Ansible, "Developing dynamic inventory". A group is a list of hosts, or a mapping with `hosts`,
//! `children` and `vars`, or (the oldest form) a mapping of variables of the one host of that name.
//! `_meta.hostvars` holds the hosts' variables; without it the executable is asked for each host.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Builder, Error, yaml};
use crate::message;
use crate::node::{Node, NodeKind, Pos};

/// Reads the answer to `--list`. The hosts that are given back have still to be asked for with `--host`,
/// since the answer has no `_meta`.
pub fn parse(text: &str, file: u16, into: &mut Builder) -> Result<Vec<Arc<str>>, Error> {
    read(json(text, file)?, into)
}

/// Reads the answer to `--host NAME`: a mapping of variables, or nothing.
pub fn host_vars(text: &str, file: u16, host: &str, into: &mut Builder) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let root = json(text, file)?;
    set_vars(
        root,
        |kind| message::inventory::dynamic_bad_vars(host, kind),
        |key, value| {
            into.set_host_var(host, key, value);
            Ok(())
        },
    )
}

/// Reads a tree of that shape.
pub(super) fn read(root: Node, into: &mut Builder) -> Result<Vec<Arc<str>>, Error> {
    let pos = root.pos;
    let NodeKind::Map(entries) = root.kind else {
        return Err(Error::new(pos, message::inventory::yaml_not_groups(yaml::shape(&root.kind))));
    };
    let (mut meta, mut named) = (None, indexmap::IndexSet::new());
    for (key, body) in entries {
        match &*key.key_text() {
            "_meta" => meta = Some(body),
            name => group(name, body, key.pos, into, &mut named)?,
        }
    }
    let Some(hostvars) = meta.and_then(|meta| member(meta, "hostvars")) else {
        return Ok(named.into_iter().collect());
    };
    let wrong = |kind| message::inventory::dynamic_bad_vars("_meta.hostvars", kind);
    set_vars(hostvars, wrong, |host, vars| {
        let wrong = |kind| message::inventory::dynamic_bad_vars(host, kind);
        set_vars(vars, wrong, |key, value| {
            into.set_host_var(host, key, value);
            Ok(())
        })
    })?;
    Ok(Vec::new())
}

fn group(
    name: &str,
    body: Node,
    pos: Pos,
    into: &mut Builder,
    named: &mut indexmap::IndexSet<Arc<str>>,
) -> Result<(), Error> {
    into.group(name, pos);
    let oldest = matches!(&body.kind, NodeKind::Map(_))
        && ["hosts", "children", "vars"].iter().all(|key| body.get(key).is_none());
    if matches!(body.kind, NodeKind::List(_)) {
        return hosts(name, body, into, named);
    }
    if oldest {
        if matches!(&body.kind, NodeKind::Map(entries) if entries.is_empty()) {
            return Ok(());
        }
        named.insert(host(name, name, pos, into)?);
        return vars(name, body, into);
    }
    let at = body.pos;
    let NodeKind::Map(sections) = body.kind else {
        let error = message::inventory::yaml_bad_group(name, yaml::shape(&body.kind));
        return Err(Error::new(at, error));
    };
    for (key, content) in sections {
        match &*key.key_text() {
            "hosts" => hosts(name, content, into, named)?,
            "vars" => vars(name, content, into)?,
            "children" => {
                for child in texts(name, "children", content)? {
                    into.child(name, &child.key_text(), child.pos)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn hosts(
    group: &str,
    content: Node,
    into: &mut Builder,
    named: &mut indexmap::IndexSet<Arc<str>>,
) -> Result<(), Error> {
    for node in texts(group, "hosts", content)? {
        named.insert(host(&node.key_text(), group, node.pos, into)?);
    }
    Ok(())
}

/// Adds a host. Programs give names that the text formats cannot; those that would be read as something else
/// when they are shown or typed are refused.
fn host(name: &str, group: &str, pos: Pos, into: &mut Builder) -> Result<Arc<str>, Error> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if name.is_empty() || name.starts_with('-') || name.contains(odd) {
        return Err(Error::new(pos, message::inventory::bad_host(name.escape_default())));
    }
    Ok(into.host(name, group, pos).name.clone())
}

fn vars(group: &str, content: Node, into: &mut Builder) -> Result<(), Error> {
    set_vars(
        content,
        |kind| message::inventory::yaml_bad_section("vars", group, kind),
        |key, value| into.set_group_var(group, key, value),
    )
}

fn set_vars(
    content: Node,
    wrong: impl Fn(&'static str) -> message::Message,
    mut set: impl FnMut(&str, Node) -> Result<(), Error>,
) -> Result<(), Error> {
    match content.kind {
        NodeKind::Null => Ok(()),
        NodeKind::Map(entries) => {
            entries.into_iter().try_for_each(|(key, value)| set(&key.key_text(), value))
        }
        other => Err(Error::new(content.pos, wrong(yaml::shape(&other)))),
    }
}

/// A list of names; a mapping's keys are taken too, as later forms of the format have it.
fn texts(group: &str, section: &str, content: Node) -> Result<Vec<Node>, Error> {
    match content.kind {
        NodeKind::Null => Ok(Vec::new()),
        NodeKind::List(items) => Ok(items),
        NodeKind::Map(entries) => Ok(entries.into_iter().map(|(key, _)| key).collect()),
        other => {
            let error = message::inventory::yaml_bad_section(section, group, yaml::shape(&other));
            Err(Error::new(content.pos, error))
        }
    }
}

fn member(node: Node, key: &str) -> Option<Node> {
    let NodeKind::Map(entries) = node.kind else { return None };
    entries.into_iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
}

fn json(text: &str, file: u16) -> Result<Node, Error> {
    let value: Json = serde_json::from_str(text).map_err(|error| {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let pos = Pos { file, line: number(error.line()), col: number(error.column()) };
        Error::new(pos, message::inventory::dynamic_not_json(error))
    })?;
    Ok(node(value, Pos { file, line: 0, col: 0 }))
}

/// Texts are the operator's own, so they may be templates, as in Ansible.
fn node(value: Json, pos: Pos) -> Node {
    let text = |text: String| Node { pos, kind: NodeKind::Str(text.into()) };
    let kind = match value {
        Json::Null => NodeKind::Null,
        Json::Bool(value) => NodeKind::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => NodeKind::Int { value, octal: false },
            None => NodeKind::Float(number.as_f64().unwrap_or(f64::INFINITY)),
        },
        Json::String(value) => return text(value),
        Json::Array(items) => {
            NodeKind::List(items.into_iter().map(|item| node(item, pos)).collect())
        }
        Json::Object(map) => NodeKind::Map(
            map.into_iter().map(|(key, value)| (text(key), node(value, pos))).collect(),
        ),
    };
    Node { pos, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{
        "web": {"hosts": ["w1", "w2"], "vars": {"a": true}, "children": ["small"]},
        "small": ["w3"],
        "lonely": {"x": "{{ y }}"},
        "_meta": {"hostvars": {"w1": {"ansible_host": "10.0.0.1", "n": [1, {"k": null}]}, "ghost": {}}}
    }"#;

    #[test]
    fn lists_mappings_and_meta_are_read() {
        let mut builder = Builder::new();
        assert!(parse(LIST, 0, &mut builder).unwrap().is_empty());
        let inventory = builder.finish().unwrap();
        let names: Vec<&str> = inventory.members("web").map(|name| &**name).collect();
        assert_eq!(names, ["w1", "w2", "w3"]);
        let w1 = inventory.host("w1").unwrap();
        assert_eq!(inventory.authored(w1, "ansible_host").unwrap().as_str(), Some("10.0.0.1"));
        let lonely = inventory.host("lonely").unwrap();
        assert!(inventory.authored(lonely, "x").unwrap().is_template());
        assert!(inventory.host("ghost").is_none());
    }

    #[test]
    fn without_meta_each_host_is_to_be_asked() {
        let mut builder = Builder::new();
        let rest = parse(r#"{"g": {"hosts": ["a", "b"]}, "h": ["a"]}"#, 0, &mut builder).unwrap();
        assert_eq!(rest.iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "b"]);
        host_vars(r#"{"v": 1}"#, 0, "a", &mut builder).unwrap();
        host_vars(" ", 0, "b", &mut builder).unwrap();
        let inventory = builder.finish().unwrap();
        assert!(inventory.var(inventory.host("a").unwrap(), "v").is_some());
    }

    #[test]
    fn nonsense_is_named() {
        let cases = [
            ("{", "dynamic_not_json"),
            ("[]", "yaml_not_groups"),
            (r#"{"g": "x"}"#, "yaml_bad_group"),
            (r#"{"g": {"hosts": 1}}"#, "yaml_bad_section"),
            (r#"{"g": ["a\nb"]}"#, "bad_host"),
            (r#"{"g": ["-oX"]}"#, "bad_host"),
            (r#"{"g": ["a"], "_meta": {"hostvars": {"a": 1}}}"#, "dynamic_bad_vars"),
        ];
        for (text, id) in cases {
            let error = parse(text, 0, &mut Builder::new()).unwrap_err();
            assert_eq!(error.message.id, format!("inventory.{id}"), "{text}");
        }
    }
}
