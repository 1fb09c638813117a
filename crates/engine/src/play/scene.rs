//! A play before it begins: its hosts, their order and batches, and the variables that are always there.

use std::sync::Arc;

use hep_core::inventory::{Host, Inventory};
use hep_core::message::{Message, play as say};
use hep_core::node::{Node, NodeKind};
use hep_core::program::{Batch, Play};
use hep_core::template::{Evaluated, Scope};
use hep_core::value::{Map, Trust, Value};
use hep_core::vars::{Layer, Level, Var, Vars};

use super::load::Loaded;
use super::{Run, Scene, batch_size};

/// The selector of a play's `hosts`, rendered with the command line's variables.
pub(super) fn pattern(loaded: &Loaded, play: &Play) -> Result<String, Message> {
    let Some(node) = &play.hosts else { return Ok("all".into()) };
    let mut vars = Vars::new();
    vars.push(Level::Play, play.vars.clone());
    vars.push(Level::Extra, loaded.extra.clone());
    let scope: Arc<dyn Scope> = Arc::new(Plain(vars));
    let rendered = loaded.engine.node(node, &scope).map_err(crate::fleet::into_message)?;
    Ok(match &rendered.kind {
        NodeKind::List(items) => {
            items.iter().map(|item| item.key_text().to_string()).collect::<Vec<_>>().join(",")
        }
        _ => rendered.key_text().to_string(),
    })
}

/// The play's name, or what it is for.
pub(super) fn title(play: &Play) -> Arc<str> {
    let named = play.name.as_ref().or(play.hosts.as_ref());
    named.map_or_else(|| "all".into(), Node::key_text)
}

/// `order:`.
pub(super) fn sort(hosts: &mut [Host], order: Option<&str>) {
    match order {
        Some("reverse_inventory") => hosts.reverse(),
        Some("sorted") => hosts.sort_by(|a, b| a.name.cmp(&b.name)),
        Some("reverse_sorted") => hosts.sort_by(|a, b| b.name.cmp(&a.name)),
        _ => {}
    }
}

/// `serial:`: the last size repeats until no host is left.
pub(super) fn batches(hosts: &[Host], serial: &[Batch]) -> Vec<Vec<Host>> {
    let Some(mut size) = serial.first().copied() else {
        return if hosts.is_empty() { vec![] } else { vec![hosts.to_vec()] };
    };
    let (mut rest, mut sizes, mut batches) = (hosts, serial.iter(), Vec::new());
    while !rest.is_empty() {
        size = sizes.next().copied().unwrap_or(size);
        let count = batch_size(size, hosts.len()).min(rest.len());
        let (batch, after) = rest.split_at(count);
        batches.push(batch.to_vec());
        rest = after;
    }
    batches
}

impl Run {
    /// All variables of a host at the beginning of a play.
    pub(super) fn vars_of(&self, scene: &Scene, host: &Host) -> Vars {
        let mut vars = self.fleet.vars(host);
        vars.push(Level::RoleDefaults, scene.play.defaults.clone());
        vars.push(Level::Play, scene.play.vars.clone());
        self.with_memory(&host.name, |memory| {
            for ((level, name), var) in &memory.set {
                vars.set(*level, name.clone(), var.clone());
            }
        });
        vars.push(Level::Magic, Arc::new(self.magic(scene, host)));
        vars
    }

    /// `vars_files` of a play, for a host.
    pub(super) fn add_vars_files(&self, scene: &Scene, vars: &mut Vars) -> Result<(), Message> {
        for node in &scene.play.vars_files {
            let scope: Arc<dyn Scope> = Arc::new(Plain(vars.clone()));
            let rendered =
                self.loaded.engine.node(node, &scope).map_err(crate::fleet::into_message)?;
            let names: Vec<Arc<str>> = match &rendered.kind {
                NodeKind::List(items) => items.iter().map(Node::key_text).collect(),
                _ => vec![rendered.key_text()],
            };
            let file = node.pos.file;
            let found = names.iter().find_map(|name| self.sources.find(file, name, "vars"));
            let Some(path) = found else {
                return Err(say::source_missing(names.join(", "), "vars/"));
            };
            let tree = self.loaded.vars_file(&path.display().to_string())?;
            let layer = layer_of(tree)?;
            self.mask().add(secrets_in(&layer));
            vars.push(Level::VarsFiles, Arc::new(layer));
        }
        Ok(())
    }

    /// Notes what must never be shown: the program's decrypted values, the inventory's, and passwords.
    pub(super) fn learn_secrets(&self) {
        let program = self.loaded.secrets();
        let mut mask = self.mask();
        mask.add(program.iter().map(|secret| secret.expose().as_str()));
        for host in self.fleet.inventory.hosts().values() {
            let vars = self.fleet.vars(host);
            for (_, layer) in vars.layers() {
                mask.add(secrets_in(layer));
            }
        }
        drop(mask);
        if !self.fleet.opens_secrets() {
            self.fleet.inventory.hosts().values().for_each(|host| self.learn_login(host));
        }
    }

    /// Notes the passwords with which a host is reached. A register's are opened for the hosts that a run means,
    /// and for no other.
    pub(super) fn learn_login(&self, host: &Host) {
        if let Ok(login) = self.fleet.login(host) {
            let passwords = [login.password, login.become_.password];
            self.mask().add(passwords.iter().flatten().map(|secret| secret.expose().as_str()));
        }
    }

    /// The variables that Ansible calls magic.
    fn magic(&self, scene: &Scene, host: &Host) -> Layer {
        let inventory = &self.fleet.inventory;
        let names = |hosts: &[Arc<str>]| -> Value {
            Value::list(hosts.iter().map(|name| Value::Str(name.clone())).collect())
        };
        let mut groups: Vec<Arc<str>> =
            inventory.groups_of(host).iter().map(|group| group.name.clone()).collect();
        groups.sort();
        let short = host.name.split('.').next().unwrap_or_default();
        let folder = self.sources.folder(u16::try_from(self.loaded.first_file).unwrap_or(0));
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        let options = &self.request.options;
        let mut layer = Layer::new();
        for (name, value) in [
            ("inventory_hostname", Value::Str(host.name.clone())),
            ("inventory_hostname_short", Value::from(short)),
            ("group_names", names(&groups)),
            ("ansible_play_hosts_all", names(&scene.hosts)),
            ("ansible_play_hosts", names(&scene.hosts)),
            ("play_hosts", names(&scene.batch)),
            ("ansible_play_batch", names(&scene.batch)),
            ("ansible_play_name", Value::Str(title(&scene.play))),
            ("playbook_dir", Value::from(folder.display().to_string())),
            ("ansible_check_mode", Value::Bool(options.check)),
            ("ansible_diff_mode", Value::Bool(options.diff)),
            ("ansible_verbosity", Value::Int(options.verbosity.into())),
            ("ansible_managed", Value::from("Ansible managed")),
            ("ansible_version", ansible_version()),
        ] {
            layer.insert(name.into(), Var::Data(value, Trust::Operator));
        }
        if scene.needs.names("groups") {
            let groups = Var::Data(groups_of(inventory), Trust::Operator);
            layer.insert("groups".into(), groups);
        }
        layer
    }

    /// Another host's variables as they are now: what its inventory says, and what it has set.
    pub(super) fn hostvars(&self, scene: &Scene, name: &str) -> Result<(Value, Trust), Message> {
        let host = self.fleet.inventory.host(name).ok_or_else(|| say::no_such_host(name))?;
        let vars = self.vars_of(scene, host);
        let scope: Arc<dyn Scope> = Arc::new(Plain(vars.clone()));
        let (mut map, mut trust) = (Map::new(), Trust::Operator);
        for name in vars.names() {
            match vars.get(&name) {
                Some(Var::Data(value, from)) => {
                    trust = trust.max(*from);
                    map.insert(name, value.clone());
                }
                Some(Var::Authored(node)) => {
                    // What cannot be rendered for another host is not defined there.
                    if let Ok(node) = self.loaded.engine.node(node, &scope) {
                        map.insert(name, node.to_value());
                    }
                }
                None => {}
            }
        }
        Ok((Value::map(map), trust))
    }
}

/// The texts of a layer that must never be shown.
pub(super) fn secrets_in(layer: &Layer) -> Vec<&str> {
    let mut found = Vec::new();
    for var in layer.values() {
        if let Var::Authored(node) = var {
            hep_core::mask::secrets_of(node, &mut found);
        }
    }
    found
}

/// A mapping of a file as variables.
pub(super) fn layer_of(tree: Node) -> Result<Layer, Message> {
    match tree.kind {
        NodeKind::Map(entries) => Ok(entries
            .into_iter()
            .map(|(key, value)| (key.key_text(), Var::Authored(value)))
            .collect()),
        NodeKind::Null => Ok(Layer::new()),
        _ => Err(say::vars_not_mapping()),
    }
}

fn groups_of(inventory: &Inventory) -> Value {
    let groups = inventory.groups().keys().map(|group| {
        let members = inventory.members(group).map(|host| Value::Str(host.clone())).collect();
        (group.clone(), Value::list(members))
    });
    Value::map(groups.collect())
}

/// The version whose language this is.
fn ansible_version() -> Value {
    Value::from([
        ("full", Value::from("2.19.0")),
        ("string", Value::from("2.19.0")),
        ("major", Value::Int(2)),
        ("minor", Value::Int(19)),
        ("revision", Value::Int(0)),
    ])
}

/// Variables, and nobody to ask.
pub(super) struct Plain(pub(super) Vars);

impl Scope for Plain {
    fn vars(&self) -> &Vars {
        &self.0
    }

    fn lookup(&self, _ask: hep_core::observe::Ask) -> Result<Evaluated, hep_core::observe::Stop> {
        Err(hep_core::observe::Stop::Fail(hep_core::message::inventory::no_lookup()))
    }
}
