//! `cloudManager.ini`: the nodes behind an Apache balancer, and the balancer's machine, the referee.
//!
//! `[nodes]` has a line `NAME=IP:PORT` for each node; the port is the balanced web port, never the SSH port.
//! `[referee]` has `ip`, `config`, `clusterID` and `clusterFolder`. The user is root everywhere. The nodes are
//! `all`; the referee stands outside and is reached by the name `referee`.
//!
//! Variables: a node has `hep_member_address` (`IP:PORT`) and `hep_member_port`; the referee has
//! `hep_balancer_config`, `hep_balancer_cluster_id` and `hep_balancer_cluster_folder`.

use std::collections::HashMap;

use super::{Builder, Error, UNGROUPED, address, plain};
use crate::message;
use crate::node::{Node, NodeKind, Pos};
use crate::suggest;

/// The name that the referee is reached by.
pub const REFEREE: &str = "referee";

/// The keys of `[referee]` and the variables they become.
const KEYS: [(&str, &str); 4] = [
    ("ip", "ansible_host"),
    ("config", "hep_balancer_config"),
    ("clusterID", "hep_balancer_cluster_id"),
    ("clusterFolder", "hep_balancer_cluster_folder"),
];

#[derive(Clone, Copy)]
enum Section {
    None,
    Nodes,
    Referee,
}

/// Reads a `cloudManager.ini`.
pub fn parse(text: &str, file: u16, into: &mut Builder) -> Result<(), Error> {
    let mut section = Section::None;
    let mut seen: HashMap<String, u32> = HashMap::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let line = line.trim();
        let pos = Pos { file, line: number, col: 1 };
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = head(name.trim(), pos, into)?;
            continue;
        }
        let (key, value) = line
            .split_once('=')
            .map(|(key, value)| (key.trim(), value.trim()))
            .ok_or_else(|| Error::new(pos, message::inventory::ini_expected_assignment(line)))?;
        match section {
            Section::None => {
                return Err(Error::new(pos, message::inventory::cloud_no_section(line)));
            }
            Section::Nodes => node(key, value, pos, &mut seen, into)?,
            Section::Referee => referee(key, value, pos, into)?,
        }
    }
    Ok(())
}

fn head(name: &str, pos: Pos, into: &mut Builder) -> Result<Section, Error> {
    match name {
        "nodes" => Ok(Section::Nodes),
        "referee" => {
            into.outsider(REFEREE, pos);
            into.set_host_var(REFEREE, "ansible_user", text("root", pos));
            Ok(Section::Referee)
        }
        other => {
            let near = suggest::hint_or(other, &["nodes", "referee"], "remove the section");
            Err(Error::new(pos, message::inventory::cloud_unknown_section(other, near)))
        }
    }
}

fn node(
    name: &str,
    value: &str,
    pos: Pos,
    seen: &mut HashMap<String, u32>,
    into: &mut Builder,
) -> Result<(), Error> {
    if !plain::is_name(name) || name.contains([',', ':', '[']) || name == REFEREE {
        return Err(Error::new(pos, message::inventory::bad_host(name)));
    }
    if let Some(first) = seen.insert(name.to_owned(), pos.line) {
        let error = message::inventory::duplicate_host(name, "nodes", first, pos.line);
        return Err(Error::new(pos, error));
    }
    let (ip, Some(port)) = address::split_port(value) else {
        return Err(Error::new(pos, message::inventory::cloud_bad_node(name, value)));
    };
    let port = plain::port(port, value, pos)?;
    if !plain::is_name(ip) {
        return Err(Error::new(pos, message::inventory::cloud_bad_node(name, value)));
    }
    into.host(name, UNGROUPED, pos);
    into.set_host_var(name, "ansible_host", text(ip, pos));
    into.set_host_var(name, "ansible_user", text("root", pos));
    into.set_host_var(name, "hep_member_address", text(value, pos));
    into.set_host_var(name, "hep_member_port", port);
    Ok(())
}

fn referee(key: &str, value: &str, pos: Pos, into: &mut Builder) -> Result<(), Error> {
    let Some((_, var)) = KEYS.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)) else {
        let near = suggest::hint_or(key, KEYS.iter().map(|(known, _)| *known), "remove the line");
        return Err(Error::new(pos, message::inventory::cloud_unknown_key(key, near)));
    };
    into.set_host_var(REFEREE, var, text(value, pos));
    Ok(())
}

/// The file knows no templates.
fn text(text: &str, pos: Pos) -> Node {
    Node { pos, kind: NodeKind::Literal(text.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "\
[nodes]
A=10.0.2.12:80
B = 10.0.2.13:80
; parked
E=10.0.2.16:8080
[referee]
ip=10.0.2.151
config=/etc/apache2/includes/proxybalancer
clusterID=meuCluster
clusterFolder=cs
";

    #[test]
    fn nodes_are_all_and_the_referee_stands_outside() {
        let mut builder = Builder::new();
        parse(EXAMPLE, 0, &mut builder).unwrap();
        let inventory = builder.finish().unwrap();
        assert_eq!(
            inventory.members("all").map(|name| &**name).collect::<Vec<_>>(),
            ["A", "B", "E"]
        );
        let value = |host: &str, name: &str| {
            let host = inventory.host(host).unwrap();
            inventory.authored(host, name).map(|node| node.key_text().to_string())
        };
        assert_eq!(value("E", "hep_member_address").as_deref(), Some("10.0.2.16:8080"));
        assert_eq!(value("E", "ansible_host").as_deref(), Some("10.0.2.16"));
        assert_eq!(value("E", "ansible_port"), None);
        assert_eq!(value("referee", "ansible_user").as_deref(), Some("root"));
        assert_eq!(value("referee", "hep_balancer_cluster_id").as_deref(), Some("meuCluster"));
    }

    #[test]
    fn errors_are_named() {
        let cases = [
            ("A=1.2.3.4:80\n", 1, "cloud_no_section"),
            ("[nodes]\nA=1.2.3.4\n", 2, "cloud_bad_node"),
            ("[nodes]\nA=1.2.3.4:80\nA=1.2.3.5:80\n", 3, "duplicate_host"),
            ("[nodes]\nA=1.2.3.4:0\n", 2, "bad_port"),
            ("[nods]\n", 1, "cloud_unknown_section"),
            ("[referee]\nipp=1\n", 2, "cloud_unknown_key"),
            ("[nodes]\nA\n", 2, "ini_expected_assignment"),
        ];
        for (text, line, id) in cases {
            let error = parse(text, 0, &mut Builder::new()).unwrap_err();
            let found = (error.pos.line, error.message.id.to_string());
            assert_eq!(found, (line, format!("inventory.{id}")), "{text}");
        }
    }
}
