//! Ansible's INI inventories.
//!
//! Source of the grammar: Ansible's documentation of the inventory plugin `ini`. Lines before the first
//! section are hosts of `ungrouped`; `[g]` holds hosts, `[g:children]` groups, `[g:vars]` variables. A host line
//! is split as a shell would and an unquoted `#` begins a comment; in `:vars` everything after the first `=`
//! is the value. Values are Python literals where they are one ([`super::literal`]).

use std::sync::Arc;

use indexmap::IndexMap;

use super::repeat::{Mention, Mentions};
use super::words::{self, Open};
use super::{Builder, Error, UNGROUPED, address, conceal, literal, plain, range};
use crate::message;
use crate::node::{Node, Pos};
use crate::suggest;

const KINDS: [&str; 2] = ["children", "vars"];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Hosts,
    Children,
    Vars,
}

/// A group that was spoken of before it was declared.
struct Awaited {
    pos: Pos,
    /// The group that has it as a child; `None` where it has a section `:vars`.
    parent: Option<Arc<str>>,
}

struct Reader<'a> {
    into: &'a mut Builder,
    mentions: Mentions,
    group: Arc<str>,
    kind: Kind,
    /// Groups not yet declared by `[g]` or `[g:children]`, by name.
    awaited: IndexMap<Arc<str>, Awaited>,
}

/// Reads an INI inventory.
pub fn parse(text: &str, file: u16, into: &mut Builder) -> Result<(), Error> {
    let mut reader = Reader {
        into,
        mentions: Mentions::default(),
        group: UNGROUPED.into(),
        kind: Kind::Hosts,
        awaited: IndexMap::new(),
    };
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let trimmed = line.trim();
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let pos = Pos { file, line: number, col: u32::try_from(indent + 1).unwrap_or(u32::MAX) };
        if !trimmed.is_empty() && !trimmed.starts_with(['#', ';']) {
            reader.line(trimmed, pos)?;
        }
    }
    reader.finish()
}

impl Reader<'_> {
    fn line(&mut self, line: &str, pos: Pos) -> Result<(), Error> {
        if let Some((name, kind)) = header(line) {
            return self.section(name, kind, pos);
        }
        if line.starts_with('[')
            && line.ends_with(']')
            && !address::is_ipv6(&line[1..line.len() - 1])
        {
            return Err(Error::new(pos, message::inventory::ini_bad_section(line)));
        }
        match self.kind {
            Kind::Hosts => self.hosts(line, pos),
            Kind::Children => self.child(line, pos),
            Kind::Vars => self.variable(line, pos),
        }
    }

    fn section(&mut self, name: &str, kind: Option<&str>, pos: Pos) -> Result<(), Error> {
        self.kind = match kind.unwrap_or("hosts") {
            "hosts" => Kind::Hosts,
            "children" => Kind::Children,
            "vars" => Kind::Vars,
            other => {
                let near = suggest::hint_or(other, &KINDS, "hosts stand in `[GROUP]`");
                return Err(Error::new(
                    pos,
                    message::inventory::ini_unknown_section(name, other, near),
                ));
            }
        };
        if self.kind == Kind::Vars {
            if !self.into.has_group(name) {
                self.awaited.entry(name.into()).or_insert(Awaited { pos, parent: None });
            }
        } else {
            self.into.group(name, pos);
            self.awaited.shift_remove(name);
        }
        self.group = name.into();
        Ok(())
    }

    fn hosts(&mut self, line: &str, pos: Pos) -> Result<(), Error> {
        let words = words::split(line, true).map_err(|open| unclosed(open, line, pos))?;
        let Some((pattern, vars)) = words.split_first() else { return Ok(()) };
        let (names, port) = names(pattern, pos)?;
        let vars = vars.iter().map(|word| assignment(word, line, pos));
        let vars = vars.collect::<Result<Vec<_>, _>>()?;
        let from_range = names.len() > 1;
        let mention = Mention { pos, from_range, has_vars: !vars.is_empty() || port.is_some() };
        for name in &names {
            self.mentions.add(&self.group, name, mention)?;
            self.into.host(name, &self.group, pos);
            if let Some(port) = &port {
                self.into.set_host_var(name, "ansible_port", port.clone());
            }
            for (key, value) in &vars {
                self.into.set_host_var(name, key, value.clone());
            }
        }
        Ok(())
    }

    fn child(&mut self, line: &str, pos: Pos) -> Result<(), Error> {
        let name = uncommented(line);
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == ':' || c == ']') {
            return Err(Error::new(pos, message::inventory::ini_bad_child(name, &self.group)));
        }
        if !self.into.has_group(name) {
            let parent = Some(self.group.clone());
            self.awaited.entry(name.into()).or_insert(Awaited { pos, parent });
        }
        // Made here already, so that its place within its parent is kept; `finish` sees to its declaration.
        let group = self.group.clone();
        self.into.child(&group, name, pos)
    }

    fn variable(&mut self, line: &str, pos: Pos) -> Result<(), Error> {
        let Some((key, value)) = line.split_once('=') else {
            return Err(Error::new(
                pos,
                message::inventory::ini_expected_assignment(conceal::lines(line)),
            ));
        };
        let before = line.chars().count() - value.chars().count();
        let value = value.trim();
        let at = Pos { col: pos.col.saturating_add(u32::try_from(before).unwrap_or(0)), ..pos };
        let group = self.group.clone();
        self.into.set_group_var(&group, key.trim(), literal::value(value, at))
    }

    fn finish(self) -> Result<(), Error> {
        let Some((name, awaited)) = self.awaited.into_iter().next() else { return Ok(()) };
        let declared = self.into.group_names().filter(|group| **group != name);
        let near = suggest::hint_or(&name, declared, "declare it, even with no hosts");
        Err(Error::new(
            awaited.pos,
            match awaited.parent {
                Some(parent) => message::inventory::ini_undeclared_child(parent, &name, near),
                None => message::inventory::ini_undeclared_vars(&name, near),
            },
        ))
    }
}

/// The name and the kind of a section's head; `None` where the line is none.
fn header(line: &str) -> Option<(&str, Option<&str>)> {
    let (inside, rest) = line.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    if !(rest.is_empty() || rest.starts_with('#')) || address::is_ipv6(inside) {
        return None;
    }
    let (name, kind) = match inside.split_once(':') {
        Some((name, kind)) => (name, Some(kind)),
        None => (inside, None),
    };
    let is_word =
        |kind: &str| !kind.is_empty() && kind.chars().all(|c| c.is_alphanumeric() || c == '_');
    let plain = !name.is_empty() && !name.contains(char::is_whitespace);
    (plain && kind.is_none_or(is_word)).then_some((name, kind))
}

fn uncommented(line: &str) -> &str {
    line.split_once('#').map_or(line, |(before, _)| before).trim_end()
}

fn unclosed(open: Open, line: &str, pos: Pos) -> Error {
    Error::new(
        pos,
        match open {
            Open::Quote => message::inventory::ini_open_quote(conceal::lines(line)),
            Open::Escape => message::inventory::ini_open_escape(conceal::lines(line)),
        },
    )
}

/// The names and the port that the first word of a host line, or the key of a YAML host, stands for.
pub(super) fn names(pattern: &str, pos: Pos) -> Result<(Vec<String>, Option<Node>), Error> {
    if pattern == "---" {
        return Err(Error::new(pos, message::inventory::ini_is_yaml()));
    }
    let (host, port) = address::split_port(pattern);
    if !plain::is_name(host) {
        return Err(Error::new(pos, message::inventory::bad_host(pattern)));
    }
    let port = port.map(|port| plain::port(port, pattern, pos)).transpose()?;
    let names = range::expand(host).map_err(|message| Error::new(pos, message))?;
    Ok((names, port))
}

fn assignment(word: &str, line: &str, pos: Pos) -> Result<(Arc<str>, Node), Error> {
    match word.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            // The words have lost their places; the key's first appearance is near enough for a snippet.
            let before = line.find(&format!("{key}=")).map_or(0, |at| line[..at].chars().count());
            let col = pos.col.saturating_add(u32::try_from(before).unwrap_or(0));
            Ok((key.into(), literal::value(value, Pos { col, ..pos })))
        }
        _ => Err(Error::new(
            pos,
            message::inventory::ini_expected_host_var(conceal::word(word, line)),
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::Inventory;
    use super::*;

    fn read(text: &str) -> Result<Inventory, Error> {
        let mut builder = Builder::new();
        parse(text, 0, &mut builder)?;
        builder.finish()
    }

    /// Hosts with their groups and variables, as JSON.
    fn shown(text: &str) -> serde_json::Value {
        let inventory = read(text).unwrap_or_else(|error| panic!("{text}: {}", error.message));
        let hosts = inventory.hosts().values().map(|host| {
            let vars: serde_json::Map<String, serde_json::Value> = inventory
                .vars_of(host)
                .into_iter()
                .map(|(key, var)| {
                    let crate::vars::Var::Authored(node) = var else { panic!("no authored value") };
                    (key.to_string(), serde_json::to_value(node.to_value()).unwrap())
                })
                .collect();
            let groups: Vec<&str> =
                inventory.groups_of(host).iter().map(|group| &*group.name).collect();
            (host.name.to_string(), json!([groups.join(" "), vars]))
        });
        serde_json::Value::Object(hosts.collect())
    }

    #[test]
    fn snippets_mean_what_ansible_documents() {
        let cases = [
            (
                "mail\n[web]\na\nb\n",
                json!({
                "mail": ["ungrouped", {}], "a": ["web", {}], "b": ["web", {}]}),
            ),
            (
                "[web]\nhost1 ansible_port=222 x='a b' y=\"'1'\" z=yes f=True # c\n",
                json!({
                "host1": ["web", {"ansible_port": 222, "x": "a b", "y": "1", "z": "yes", "f": true}]}),
            ),
            (
                "badwolf.example.com:5309\n",
                json!({
                "badwolf.example.com": ["ungrouped", {"ansible_port": 5309}]}),
            ),
            ("[fe80::1]:2200\n", json!({"fe80::1": ["ungrouped", {"ansible_port": 2200}]})),
            (
                "[w]\nw[01:02].x v=1\n",
                json!({
                "w01.x": ["w", {"v": 1}], "w02.x": ["w", {"v": 1}]}),
            ),
            ("[w]\nw[1:2] v=1\nw2 v=2\n", json!({"w1": ["w", {"v": 1}], "w2": ["w", {"v": 2}]})),
            // Children may be declared later; a child's variables win.
            (
                "[top:children]\nlow\n[top:vars]\nv=1\nw = [1, 2] # c\n[low]\nh\n[low:vars]\nv=2\n",
                json!({
                "h": ["top low", {"v": 2, "w": [1, 2]}]}),
            ),
            ("[all:vars]\nu = {{ x }}\n[g]\nh\n", json!({"h": ["g", {"u": "{{ x }}"}]})),
            ("[g1]\nh a=1\n[g2]\nh b=2\n", json!({"h": ["g1 g2", {"a": 1, "b": 2}]})),
            // Section heads may carry comments, lines may be indented.
            ("[g] # note\n  h\n  ; note\n", json!({"h": ["g", {}]})),
            ("[ungrouped]\nh\n[g:vars]\nx=1\n[g]\n", json!({"h": ["ungrouped", {}]})),
            ("[g]\nh v=\n", json!({"h": ["g", {"v": ""}]})),
            (
                "[g:vars]\nmode=0644\nn=-1\nempty=\n[g]\nh\n",
                json!({
                "h": ["g", {"mode": "0644", "n": -1, "empty": ""}]}),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_name_line_and_cause() {
        let cases = [
            ("[g]\nh\n[g:vrs]\n", 3, "ini_unknown_section"),
            ("[g:children]\nx\n", 2, "ini_undeclared_child"),
            ("[g]\n[h:vars]\nx=1\n", 2, "ini_undeclared_vars"),
            ("[a b]\n", 1, "ini_bad_section"),
            ("[g]\nh 'x\n", 2, "ini_open_quote"),
            ("[g]\nh x\n", 2, "ini_expected_host_var"),
            ("[g:vars]\nx\n[g]\n", 2, "ini_expected_assignment"),
            ("[g]\nh\nh\n", 3, "duplicate_host"),
            ("[g]\nh a=1\nh b=1\n", 3, "duplicate_host"),
            ("[g]\nh[1:3]\nh[2:4] a=1\n", 3, "duplicate_host"),
            ("---\nall:\n", 1, "ini_is_yaml"),
            ("[g]\nh:\n", 2, "bad_port"),
            ("[g]\nh[1:\n", 2, "range_open"),
            ("[a:children]\nb\n[b:children]\na\n", 4, "group_circle"),
            ("[a:children]\na\n", 2, "group_in_itself"),
            ("[g]\nh\n[g:vars]\nansible_group_priority=high\n", 4, "bad_priority"),
        ];
        for (text, line, id) in cases {
            let error = read(text).map(|_| text).unwrap_err();
            let found = (error.pos.line, error.message.id.to_string());
            assert_eq!(found, (line, format!("inventory.{id}")), "{text}");
        }
        for secret in ["h ansible_password='hunter2", "h ansible_password=a hunter2"] {
            let error = read(secret).unwrap_err();
            assert!(!error.message.to_string().contains("hunter2"), "{error:?}");
        }
        let error = read("[webservers]\nh\n[all:children]\nwebserver\n").unwrap_err();
        assert!(error.message.to_string().contains("did you mean `webservers`"), "{error:?}");
        let error = read("[g]\nh ok=1\nh2 x= y=2 bad\n").unwrap_err();
        assert_eq!((error.pos.line, error.pos.col), (3, 1));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[\\[\\]a-c:=0-9 #;'\"\\\\\n,-]{0,60}") {
            let _ = read(&text);
        }
    }
}
