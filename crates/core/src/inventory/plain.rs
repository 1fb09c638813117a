//! A plain list of hosts: one a line (seed 2's hosts file), or separated by commas (`-i web1,web2,`).
//!
//! A line is `[USER@]NAME[:PORT]`, ranges allowed; `#` and `;` begin comments at the start of a line, `#` also
//! after a space. The same host twice is an error.

use super::repeat::{Mention, Mentions};
use super::{Builder, Error, UNGROUPED, address, range};
use crate::message;
use crate::node::{Node, NodeKind, Pos};

/// Reads a list with one host a line.
pub fn parse(text: &str, file: u16, into: &mut Builder) -> Result<(), Error> {
    let mut mentions = Mentions::default();
    for (number, line) in (1..).zip(text.lines()) {
        let entry = entry(line);
        if !entry.is_empty() {
            let indent = line.chars().take_while(|c| c.is_whitespace()).count();
            let col = u32::try_from(indent + 1).unwrap_or(u32::MAX);
            add(entry, Pos { file, line: number, col }, &mut mentions, into)?;
        }
    }
    Ok(())
}

/// Reads a list with commas, as `-i` takes it. There is no file, so positions have line 0.
pub fn parse_list(text: &str, file: u16, into: &mut Builder) -> Result<(), Error> {
    let mut mentions = Mentions::default();
    let pos = Pos { file, line: 0, col: 0 };
    for entry in commas(text) {
        let entry = entry.trim();
        if !entry.is_empty() {
            add(entry, pos, &mut mentions, into).map_err(|error| without_lines(error, entry))?;
        }
    }
    Ok(())
}

/// A list has no lines that an error could name.
fn without_lines(error: Error, entry: &str) -> Error {
    if error.message.id == "inventory.duplicate_host" {
        let host = error.message.arg("host").unwrap_or(entry).to_owned();
        return Error::new(error.pos, message::inventory::duplicate_in_list(host));
    }
    error
}

/// The parts between commas outside brackets.
fn commas(text: &str) -> Vec<&str> {
    let mut depth = 0i32;
    text.split(move |c: char| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == ',' && depth <= 0
    })
    .collect()
}

fn entry(line: &str) -> &str {
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.starts_with(['#', ';']) {
        return "";
    }
    let comment =
        line.char_indices().find(|&(at, c)| c == '#' && line[..at].ends_with(char::is_whitespace));
    comment.map_or(line, |(at, _)| line[..at].trim_end())
}

fn add(entry: &str, pos: Pos, mentions: &mut Mentions, into: &mut Builder) -> Result<(), Error> {
    let (user, target) = match entry.rsplit_once('@') {
        Some((user, target)) => (Some(user), target),
        None => (None, entry),
    };
    let (pattern, port) = address::split_port(target);
    if user == Some("") || !is_name(pattern) {
        return Err(Error::new(pos, message::inventory::bad_host(entry)));
    }
    let port = port.map(|port| self::port(port, entry, pos)).transpose()?;
    let names = range::expand(pattern).map_err(|message| Error::new(pos, message))?;
    let from_range = names.len() > 1;
    for name in &names {
        mentions.add(UNGROUPED, name, Mention { pos, from_range, has_vars: false })?;
        into.host(name, UNGROUPED, pos);
        if let Some(port) = &port {
            into.set_host_var(name, "ansible_port", port.clone());
        }
        if let Some(user) = user {
            let user = Node { pos, kind: NodeKind::Literal(user.into()) };
            into.set_host_var(name, "ansible_user", user);
        }
    }
    Ok(())
}

/// A port as a variable; an error where it is none.
pub(super) fn port(text: &str, entry: &str, pos: Pos) -> Result<Node, Error> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 => {
            Ok(Node { pos, kind: NodeKind::Int { value: port.into(), octal: false } })
        }
        _ => Err(Error::new(pos, message::inventory::bad_port(text, entry))),
    }
}

/// Whether this can be a host's name: no spaces or control characters, nothing that a selector or a command
/// line would read as something else.
pub(super) fn is_name(text: &str) -> bool {
    let odd =
        |c: char| c.is_whitespace() || c.is_control() || "@!&'\"`$|;<>(){}\\*?~=#".contains(c);
    !text.is_empty() && !text.starts_with('-') && !text.chars().any(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<super::super::Inventory, Error> {
        let mut builder = Builder::new();
        parse(text, 0, &mut builder)?;
        builder.finish()
    }

    #[test]
    fn a_list_gives_its_hosts_in_order() {
        let text =
            "\u{feff}10.0.0.1\n\n  # note\n; note\nweb[1:2] # range\nroot@db:2222\n[fe80::1]:22\n";
        let inventory = read(text).unwrap();
        let names: Vec<&str> = inventory.hosts().keys().map(|name| &**name).collect();
        assert_eq!(names, ["10.0.0.1", "web1", "web2", "db", "fe80::1"]);
        let db = inventory.host("db").unwrap();
        assert_eq!(inventory.authored(db, "ansible_user").unwrap().as_str(), Some("root"));
        assert_eq!(db.pos.line, 6);
        assert_eq!(inventory.members("ungrouped").count(), 5);
    }

    #[test]
    fn bad_lines_are_named() {
        let cases = [
            ("a\nb\na\n", 3, "duplicate_host"),
            ("web[1:3]\nweb2\n", 2, "duplicate_host"),
            ("a b\n", 1, "bad_host"),
            ("-oProxyCommand=x\n", 1, "bad_host"),
            ("a:99999\n", 1, "bad_port"),
            ("web[3:1]\n", 1, "bad_range"),
        ];
        for (text, line, id) in cases {
            let error = read(text).unwrap_err();
            assert_eq!(
                (error.pos.line, &*error.message.id),
                (line, &*format!("inventory.{id}")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_comma_list_is_an_inventory() {
        let mut builder = Builder::new();
        parse_list("web1, web[2,3] ,db:22,", 0, &mut builder).unwrap();
        let names: Vec<&str> = builder.host_names().map(|name| &**name).collect();
        assert_eq!(names, ["web1", "web2", "web3", "db"]);
        let error = parse_list("a,b,a", 0, &mut Builder::new()).unwrap_err();
        assert_eq!(error.message.id, "inventory.duplicate_in_list");
    }
}
