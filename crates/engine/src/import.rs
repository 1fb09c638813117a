//! What an inventory would have the register hold.

use std::collections::BTreeMap;

use hep_core::diagnostic::{Diagnostic, Source, render};
use hep_core::inventory::build::Beside;
use hep_core::inventory::connection::{Way, says_how_to_reach};
use hep_core::inventory::{ALL, Builder, Format, Host, Inventory, UNGROUPED, conceal, ssh_config};
use hep_core::message::{Message, import as say};
use hep_core::name;
use hep_core::node::{Node, NodeKind, Pos};
use hep_core::secret::Secret;
use hep_core::ssh::config::{Config, Context};
use hep_core::vars::{Layer, Var};
use hep_core::vault::{self, Keys};
use hep_core::yaml;
use serde_json::{Map, Value};

/// A text of an inventory; its name says where it lies (`hosts.ini`, `group_vars/web.yml`).
#[derive(Clone, Debug)]
pub struct Text<'a> {
    /// Its name.
    pub name: &'a str,
    /// The text.
    pub text: &'a Secret<String>,
}

/// A host as the inventory has it.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedHost {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// The port, where it is said.
    pub port: Option<u16>,
    /// The login, where it is said.
    pub user: Option<String>,
    /// The way there, where it is said.
    pub jump: Option<String>,
    /// Whether an old sshd is expected.
    pub legacy_algorithms: bool,
    /// The path of its key.
    pub key: Option<String>,
    /// The password of the login.
    pub password: Option<Secret<String>>,
    /// The password for sudo.
    pub become_password: Option<Secret<String>>,
    /// Its variables.
    pub vars: Map<String, Value>,
}

/// A group as the inventory has it.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedGroup {
    /// Its name.
    pub name: String,
    /// Its variables.
    pub vars: Map<String, Value>,
    /// The hosts that it names.
    pub hosts: Vec<String>,
    /// The groups within it.
    pub children: Vec<String>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// The hosts.
    pub hosts: Vec<WantedHost>,
    /// The groups.
    pub groups: Vec<WantedGroup>,
    /// What cannot be kept, and why.
    pub remarks: Vec<Message>,
}

/// Reads the texts of an inventory: of any format but executables, with `group_vars/` and `host_vars/`. `keys` open what
/// Ansible Vault encrypted.
pub fn read(texts: &[Text<'_>], keys: &Keys) -> Result<Inventory, Message> {
    let mut sources = Vec::new();
    let mut builder = Builder::new();
    let (vars, inventories): (Vec<_>, Vec<_>) =
        texts.iter().partition(|text| vars_of(text.name).is_some());
    let inventory = (|| {
        for text in inventories {
            let opened = Opened::of(&mut sources, text, keys)?;
            inventory_text(&opened, keys, &mut builder)?;
        }
        for text in vars {
            let opened = Opened::of(&mut sources, text, keys)?;
            vars_text(&opened, keys, &mut builder)?;
        }
        builder.finish()
    })();
    inventory.map_err(|diagnostic| say::unreadable(render(&sources, &diagnostic).trim_end()))
}

/// A text that can be read.
struct Opened<'a> {
    name: &'a str,
    text: Secret<String>,
    file: u16,
    /// Whether it was encrypted as a whole.
    sealed: bool,
}

impl<'a> Opened<'a> {
    /// Remembers a text for messages, in which no password is shown, and opens it.
    fn of(sources: &mut Vec<Source>, said: &Text<'a>, keys: &Keys) -> Result<Self, Diagnostic> {
        let sealed = vault::is_sealed(said.text.expose().as_bytes());
        let shown = if sealed { String::new() } else { conceal::lines(said.text.expose()) };
        sources.push(Source { name: said.name.into(), text: shown.into() });
        let file = u16::try_from(sources.len() - 1).unwrap_or(u16::MAX);
        let text = match sealed {
            true => open(keys, said.text.expose())
                .map_err(|message| Diagnostic::new(Pos { file, line: 1, col: 1 }, message))?,
            false => said.text.clone(),
        };
        Ok(Self { name: said.name, text, file, sealed })
    }
}

/// Opens what Ansible Vault encrypted.
fn open(keys: &Keys, text: &str) -> Result<Secret<String>, Message> {
    if keys.is_empty() { Err(say::no_vault()) } else { keys.open(text) }
}

fn inventory_text(text: &Opened<'_>, keys: &Keys, into: &mut Builder) -> Result<(), Diagnostic> {
    let (body, file) = (text.text.expose(), text.file);
    match Format::detect(text.name, body) {
        Format::SshConfig => ssh_config_text(text.name, body, file, into)
            .map_err(|message| Diagnostic::new(Pos { file, line: 0, col: 0 }, message)),
        _ if text.sealed => {
            // What of it is secret nobody could tell afterwards.
            Err(Diagnostic::new(Pos { file, line: 1, col: 1 }, say::sealed_inventory()))
        }
        format => {
            let mut opens = |text: &str, _| open(keys, text).map(|text| text.expose().clone());
            format.read(body, file, &mut opens, into)
        }
    }
}

fn ssh_config_text(name: &str, text: &str, file: u16, into: &mut Builder) -> Result<(), Message> {
    let mut included = None;
    let config = Config::parse(name, text, &mut |word| {
        included.get_or_insert_with(|| word.to_owned());
        Ok(Vec::new())
    })?;
    if let Some(included) = included {
        return Err(say::no_include(included));
    }
    let context = Context {
        home: "~",
        local_user: "",
        local_host: "",
        uid: 0,
        user: None,
        port: None,
        env: &|_| None,
    };
    for host in config.hosts() {
        let options = config.resolve(&host, &context)?;
        ssh_config::add(&host, &options, file, into);
    }
    Ok(())
}

/// Whose variables a file holds: the folder, and the name without its ending.
fn vars_of(path: &str) -> Option<(bool, &str)> {
    let mut parts = path.rsplit('/');
    let (file, folder) = (parts.next()?, parts.next()?);
    let (folder, owner) = match folder {
        "group_vars" | "host_vars" => (folder, file),
        // `group_vars/web/ports.yml`
        owner => (parts.next()?, owner),
    };
    let is_group = match folder {
        "group_vars" => true,
        "host_vars" => false,
        _ => return None,
    };
    let endings = [".yml", ".yaml", ".json"];
    let stem = endings.iter().find_map(|ending| owner.strip_suffix(ending)).unwrap_or(owner);
    Some((is_group, stem))
}

fn vars_text(text: &Opened<'_>, keys: &Keys, into: &mut Builder) -> Result<(), Diagnostic> {
    let Some((is_group, owner)) = vars_of(text.name) else { return Ok(()) };
    let mut opens = |text: &str, _| open(keys, text).map(|text| text.expose().clone());
    let mut content = yaml::parse_one(text.text.expose(), text.file, &mut opens)?;
    if text.sealed {
        content.seal();
    }
    if is_group {
        into.group_file(owner, Beside::Inventory, &content)
    } else {
        into.host_file(owner, Beside::Inventory, &content)
    }
}

/// What the register would have to hold for an inventory.
pub fn wanted(inventory: &Inventory) -> Wanted {
    let mut wanted = Wanted::default();
    let all = inventory.groups().get(ALL).map(|all| {
        let layers = [&all.vars, &all.files.inventory, &all.files.play];
        variables(ALL, &layers, &mut wanted.remarks)
    });
    let all = all.unwrap_or_default();
    for host in inventory.hosts().values() {
        let found = wanted_host(inventory, host, &all, &mut wanted.remarks);
        wanted.hosts.extend(found);
    }
    let known: Vec<&str> = wanted.hosts.iter().map(|host| host.name.as_str()).collect();
    for group in inventory.groups().values() {
        if [ALL, UNGROUPED].contains(&&*group.name) {
            continue;
        }
        if name::check(&group.name).is_err() {
            wanted.remarks.push(say::group_left(&group.name));
            continue;
        }
        let layers = [&group.vars, &group.files.inventory, &group.files.play];
        let hosts = group.hosts.iter().map(|host| word(host));
        let children = group.children.keys().filter(|child| name::check(child).is_ok());
        wanted.groups.push(WantedGroup {
            name: group.name.to_string(),
            vars: variables(&group.name, &layers, &mut wanted.remarks),
            hosts: hosts.filter(|host| known.contains(&host.as_str())).collect(),
            children: children.map(ToString::to_string).collect(),
        });
    }
    wanted
}

/// A name that can be used here: an IPv6 address has its colons replaced.
fn word(name: &str) -> String {
    name.replace(':', "-").trim_start_matches('-').to_owned()
}

fn wanted_host(
    inventory: &Inventory,
    host: &Host,
    all: &Map<String, Value>,
    remarks: &mut Vec<Message>,
) -> Option<WantedHost> {
    let name = word(&host.name);
    let login =
        name::check(&name).and_then(|()| inventory.connection(host).map_err(|error| error.message));
    let login = match login {
        Ok(login) => login,
        Err(why) => {
            remarks.push(say::host_left(&host.name, why));
            return None;
        }
    };
    if login.way == Way::Local {
        remarks.push(say::is_local(&host.name));
        return None;
    }
    if !login.options.is_empty() || login.ssh_config.is_some() {
        remarks.push(say::options_left(&host.name));
    }
    let layers = [&host.vars, &host.files.inventory, &host.files.play];
    let mut vars = variables(&host.name, &layers, remarks);
    // The register has no group `all`: its variables are each host's, where no group of it says more.
    let groups = inventory.groups_of(host);
    for (key, value) in all {
        let more = groups.iter().any(|group| {
            let layers = [&group.vars, &group.files.inventory, &group.files.play];
            layers.iter().any(|layer| layer.contains_key(key.as_str()))
        });
        if !more {
            vars.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    let jump = login.jumps.map(|jumps| {
        let texts: Vec<String> = jumps.iter().map(ToString::to_string).collect();
        texts.join(",")
    });
    Some(WantedHost {
        name,
        address: login.address,
        port: login.port,
        user: login.user,
        jump: jump.filter(|jump| !jump.is_empty()),
        legacy_algorithms: login.legacy_algorithms,
        key: login.keys.into_iter().next(),
        password: login.password,
        become_password: login.become_.password,
        vars,
    })
}

/// The variables of some layers, the later over the earlier, without those that the register has fields for.
fn variables(owner: &str, layers: &[&Layer], remarks: &mut Vec<Message>) -> Map<String, Value> {
    let mut found = BTreeMap::new();
    for (name, var) in layers.iter().flat_map(|layer| layer.iter()) {
        if says_how_to_reach(name) || &**name == "ansible_group_priority" {
            continue;
        }
        let Var::Authored(node) = var else { continue };
        found.insert(name.to_string(), json(node));
    }
    let mut vars = Map::new();
    for (name, value) in found {
        match value {
            Ok(value) => drop(vars.insert(name, value)),
            Err(Left::Secret) => remarks.push(say::var_left(owner, name)),
            Err(Left::Unsafe) => remarks.push(say::unsafe_left(owner, name)),
        }
    }
    vars
}

/// Why a value is not kept.
enum Left {
    /// It was encrypted.
    Secret,
    /// It is no template, but would be one in the register.
    Unsafe,
}

fn json(node: &Node) -> Result<Value, Left> {
    Ok(match &node.kind {
        NodeKind::Null | NodeKind::Unknown(_) => Value::Null,
        NodeKind::Bool(value) => Value::Bool(*value),
        NodeKind::Int { value, .. } => Value::from(*value),
        NodeKind::Float(value) => Value::from(*value),
        NodeKind::Str(text) => Value::from(&**text),
        NodeKind::Literal(text) | NodeKind::Foreign(text) => {
            let is_template = ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark));
            if is_template {
                return Err(Left::Unsafe);
            }
            Value::from(&**text)
        }
        NodeKind::Secret(_) => return Err(Left::Secret),
        NodeKind::List(items) => Value::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        NodeKind::Map(entries) => {
            let entry =
                |(key, value): &(Node, Node)| Ok((key.key_text().to_string(), json(value)?));
            Value::Object(entries.iter().map(entry).collect::<Result<_, _>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(files: &[(&str, &str)]) -> Result<Wanted, Message> {
        let texts: Vec<_> =
            files.iter().map(|(name, text)| (*name, Secret::new((*text).to_owned()))).collect();
        let texts: Vec<Text<'_>> = texts.iter().map(|(name, text)| Text { name, text }).collect();
        read(&texts, &Keys::default()).map(|inventory| wanted(&inventory))
    }

    /// Name, address and port of a host.
    type Expected = (&'static str, &'static str, Option<u16>);

    #[test]
    fn every_format_becomes_hosts() {
        let cases: &[(&str, &str, &[Expected])] = &[
            (
                "hosts",
                "10.0.0.1\nweb[1:2]:2222\n",
                &[
                    ("10.0.0.1", "10.0.0.1", None),
                    ("web1", "web1", Some(2222)),
                    ("web2", "web2", Some(2222)),
                ],
            ),
            (
                "hosts",
                "[web]\na ansible_host=192.0.2.1 ansible_port=22\n",
                &[("a", "192.0.2.1", Some(22))],
            ),
            ("hosts.yml", "all:\n  hosts:\n    a: {ansible_host: x}\n", &[("a", "x", None)]),
            ("hosts.json", "{\"all\": {\"hosts\": {\"a\": {}}}}", &[("a", "a", None)]),
            ("config", "Host a\n  HostName x\n  Port 23\n", &[("a", "x", Some(23))]),
            ("hosts", "fe80::1\n", &[("fe80--1", "fe80::1", None)]),
        ];
        for (name, text, expected) in cases {
            let wanted = of(&[(name, text)]).unwrap();
            let found: Vec<_> = wanted
                .hosts
                .iter()
                .map(|host| (host.name.as_str(), host.address.as_str(), host.port))
                .collect();
            assert_eq!(found, *expected, "{text}");
        }
    }

    #[test]
    fn what_is_said_of_hosts_and_groups_is_kept_apart() {
        let ini = "a ansible_password=canary rack=1\nlocalhost ansible_connection=local\n[web]\na\n\
            [web:vars]\nansible_user=ops\nport=80\n[all:vars]\nntp=x\nport=1\n[eu:children]\nweb\n";
        let wanted = of(&[("hosts", ini), ("host_vars/a.yml", "list: [1, {x: y}]\n")]).unwrap();
        let [a] = &wanted.hosts[..] else { panic!("{wanted:?}") };
        assert_eq!((a.user.as_deref(), a.key.as_deref()), (Some("ops"), None));
        assert_eq!(a.password.as_ref().map(|text| text.expose().as_str()), Some("canary"));
        let vars = json!({"rack": 1, "ntp": "x", "list": [1, {"x": "y"}]});
        assert_eq!(Value::Object(a.vars.clone()), vars);
        let groups: Vec<_> = wanted
            .groups
            .iter()
            .map(|g| (g.name.as_str(), g.hosts.join(","), g.children.join(","), g.vars.len()))
            .collect();
        assert_eq!(
            groups,
            [("web", "a".into(), String::new(), 1), ("eu", String::new(), "web".into(), 0)]
        );
        assert_eq!(wanted.remarks.len(), 1, "{:?}", wanted.remarks);
    }

    #[test]
    fn what_cannot_be_read_is_said_without_passwords() {
        let cases = [
            ("hosts.yml", "all:\n  hosts:\n    a: {x: !vault 'y'}\n"),
            ("config", "Include other\nHost a\n"),
            ("hosts", "[web:vars\nansible_password=canary\n"),
        ];
        for (name, text) in cases {
            let message = of(&[(name, text)]).unwrap_err();
            assert_eq!(message.id, "import.unreadable");
            assert!(!message.to_string().contains("canary"), "{message}");
        }
    }
}
