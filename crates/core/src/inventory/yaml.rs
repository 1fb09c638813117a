//! Ansible's YAML inventories: groups at the top, each a mapping with `hosts`, `children` and `vars`.
//!
//! Source: Ansible's documentation of the inventory plugin `yaml`. A key of `hosts` may hold a range and a
//! port. Ansible skips what it does not know with a warning; here that is a remark, and an error where a
//! known word was probably meant (`host:`), since hosts would be missing without anyone noticing.

use std::sync::Arc;

use super::repeat::{Mention, Mentions};
use super::{Builder, Error, dynamic, ini};
use crate::message;
use crate::node::{Node, NodeKind, Pos};
use crate::suggest;
use crate::yaml::{Decrypt, parse_one};

const SECTIONS: [&str; 3] = ["hosts", "children", "vars"];

/// Reads a YAML inventory.
pub fn parse(text: &str, file: u16, decrypt: Decrypt<'_>, into: &mut Builder) -> Result<(), Error> {
    let root = parse_one(text, file, decrypt)?;
    if root.kind == NodeKind::Null {
        return Err(Error::new(Pos { file, line: 1, col: 1 }, message::inventory::yaml_empty()));
    }
    read(root, into)
}

/// Reads a tree: a YAML inventory, or Ansible's dynamic JSON where the tree has its marks (`_meta`).
pub fn read(root: Node, into: &mut Builder) -> Result<(), Error> {
    let pos = root.pos;
    if let Some(plugin) = root.get("plugin") {
        let name = plugin.key_text();
        return Err(Error::new(plugin.pos, message::inventory::yaml_plugin(name)));
    }
    if root.get("_meta").is_some() {
        return dynamic::read(root, into).map(|_| ());
    }
    let NodeKind::Map(groups) = root.kind else {
        return Err(Error::new(pos, message::inventory::yaml_not_groups(shape(&root.kind))));
    };
    groups.into_iter().try_for_each(|(key, body)| group(&key, body, into).map(|_| ()))
}

fn group(key: &Node, body: Node, into: &mut Builder) -> Result<Arc<str>, Error> {
    let name = key.key_text();
    into.group(&name, key.pos);
    let entries = match body.kind {
        NodeKind::Null => return Ok(name),
        NodeKind::Map(entries) => entries,
        other => {
            let error = message::inventory::yaml_bad_group(&name, shape(&other));
            return Err(Error::new(body.pos, error));
        }
    };
    for (section, content) in entries {
        match &*section.key_text() {
            "vars" => vars(&name, content, into)?,
            "children" => children(&name, content, into)?,
            "hosts" => hosts(&name, content, into)?,
            other => unexpected(&name, other, section.pos, into)?,
        }
    }
    Ok(name)
}

fn unexpected(group: &str, key: &str, pos: Pos, into: &mut Builder) -> Result<(), Error> {
    if let Some(near) = suggest::closest(key, &SECTIONS) {
        return Err(Error::new(pos, message::inventory::yaml_unknown_key(key, group, near)));
    }
    into.note(pos, message::inventory::yaml_skipped_key(key, group));
    Ok(())
}

/// The entries of a section. A text alone is one name, as Ansible takes it.
fn entries(group: &str, section: &str, content: Node) -> Result<Vec<(Node, Node)>, Error> {
    match content.kind {
        NodeKind::Null => Ok(Vec::new()),
        NodeKind::Map(entries) => Ok(entries),
        NodeKind::Str(_) => Ok(vec![(content, Node::default())]),
        other => {
            let error = message::inventory::yaml_bad_section(section, group, shape(&other));
            Err(Error::new(content.pos, error))
        }
    }
}

fn vars(group: &str, content: Node, into: &mut Builder) -> Result<(), Error> {
    let entries = entries(group, "vars", content)?;
    entries
        .into_iter()
        .try_for_each(|(key, value)| into.set_group_var(group, &key.key_text(), value))
}

fn children(parent: &str, content: Node, into: &mut Builder) -> Result<(), Error> {
    for (key, body) in entries(parent, "children", content)? {
        let child = group(&key, body, into)?;
        into.child(parent, &child, key.pos)?;
    }
    Ok(())
}

fn hosts(group: &str, content: Node, into: &mut Builder) -> Result<(), Error> {
    let mut mentions = Mentions::default();
    for (key, body) in entries(group, "hosts", content)? {
        let (names, port) = ini::names(&key.key_text(), key.pos)?;
        let vars = match body.kind {
            NodeKind::Null => Vec::new(),
            NodeKind::Map(entries) => entries,
            other => {
                let error = message::inventory::yaml_bad_host(key.key_text(), shape(&other));
                return Err(Error::new(body.pos, error));
            }
        };
        let from_range = names.len() > 1;
        let mention = Mention { pos: key.pos, from_range, has_vars: !vars.is_empty() };
        for name in &names {
            mentions.add(group, name, mention)?;
            into.host(name, group, key.pos);
            if let Some(port) = &port {
                into.set_host_var(name, "ansible_port", port.clone());
            }
            for (key, value) in &vars {
                into.set_host_var(name, &key.key_text(), value.clone());
            }
        }
    }
    Ok(())
}

/// What a person calls this kind of node.
pub(super) const fn shape(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Null => "nothing",
        NodeKind::Bool(_) => "a truth value",
        NodeKind::Int { .. } | NodeKind::Float(_) => "a number",
        NodeKind::List(_) => "a list",
        NodeKind::Map(_) => "a mapping",
        _ => "a text",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Inventory;
    use super::*;

    fn read(text: &str) -> Result<Inventory, Error> {
        let mut builder = Builder::new();
        parse(text, 0, &mut |text, _| Ok(format!("opened {text}")), &mut builder)?;
        builder.finish()
    }

    #[test]
    fn the_documented_example_reads_as_documented() {
        let text = "\
all:
  hosts:
    test1:
    test2:
      host_var: value
  vars:
    group_all_var: value
  children:
    other_group:
      children:
        group_x:
          hosts:
            test5
        group_y:
          hosts:
            test[6:7]:
              n: 1
      vars:
        g2_var2: value3
      hosts:
        test4:
          ansible_host: 127.0.0.1
    last_group:
      hosts:
        test1
      vars:
        group_last_var: value
";
        let inventory = read(text).unwrap();
        let groups = |name: &str| {
            let groups = inventory.groups_of(inventory.host(name).unwrap());
            groups.iter().map(|group| group.name.to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(groups("test1"), "last_group");
        assert_eq!(groups("test2"), "ungrouped");
        assert_eq!(groups("test5"), "other_group group_x");
        assert_eq!(groups("test7"), "other_group group_y");
        let vars = inventory.vars_of(inventory.host("test7").unwrap());
        let names: Vec<&str> = vars.keys().map(|key| &**key).collect();
        assert_eq!(names, ["group_all_var", "g2_var2", "n"]);
        assert_eq!(inventory.members("other_group").count(), 4);
    }

    #[test]
    fn errors_have_places() {
        let cases = [
            ("all:\n  host:\n    a:\n", 2, "yaml_unknown_key"),
            ("all:\n  hosts:\n    - a\n", 3, "yaml_bad_section"),
            ("all:\n  hosts:\n    a: 1\n", 3, "yaml_bad_host"),
            ("- a\n", 1, "yaml_not_groups"),
            ("all: 5\n", 1, "yaml_bad_group"),
            ("plugin: aws_ec2\n", 1, "yaml_plugin"),
            ("all:\n  hosts:\n    w[1:3]:\n    w2:\n", 4, "duplicate_host"),
            ("\n", 1, "yaml_empty"),
        ];
        for (text, line, id) in cases {
            let error = read(text).map(|_| text).unwrap_err();
            let found = (error.pos.line, error.message.id.to_string());
            assert_eq!(found, (line, format!("inventory.{id}")), "{text}");
        }
    }

    #[test]
    fn unknown_keys_are_remarked_on() {
        let inventory = read("all:\n  x-templates:\n    a: 1\n").unwrap();
        assert_eq!(inventory.notes().len(), 1);
    }
}
