//! Puts an inventory together from its sources, and checks it as a whole.

use std::sync::Arc;

use indexmap::map::Entry;
use indexmap::{IndexMap, IndexSet};

use super::{ALL, Error, Group, Host, Inventory, LOCALHOST, Note, UNGROUPED, VarFiles, merge};
use crate::message::{self, Message};
use crate::node::{Node, NodeKind, Pos};
use crate::vars::{Layer, Var};

/// What variable files stand beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// An inventory.
    Inventory,
    /// The manifest.
    Play,
}

/// An inventory that is being read. Sources are read into it one after another; a later one adds hosts and
/// groups, and its variables win.
#[derive(Clone, Debug)]
pub struct Builder {
    hosts: IndexMap<Arc<str>, Host>,
    groups: IndexMap<Arc<str>, Group>,
    notes: Vec<Note>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// No hosts; the groups `all` and `ungrouped`.
    #[must_use]
    pub fn new() -> Self {
        let mut new = Self { hosts: IndexMap::new(), groups: IndexMap::new(), notes: Vec::new() };
        new.group(ALL, Pos::default());
        new.group(UNGROUPED, Pos::default());
        new
    }

    /// Whether a source has named this group.
    #[must_use]
    pub fn has_group(&self, name: &str) -> bool {
        self.groups.contains_key(name)
    }

    /// The names of all groups so far.
    pub fn group_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.groups.keys()
    }

    /// The names of all hosts so far.
    pub fn host_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.hosts.keys()
    }

    /// The group `name`, made where it is new.
    pub fn group(&mut self, name: &str, pos: Pos) -> &mut Group {
        let name: Arc<str> = name.into();
        self.groups.entry(name).or_insert_with_key(|name| Group {
            name: name.clone(),
            pos,
            priority: 1,
            ..Group::default()
        })
    }

    /// The host `name`, made where it is new, as a direct member of `group`.
    pub fn host(&mut self, name: &str, group: &str, pos: Pos) -> &mut Host {
        let group_name = self.group(group, pos).name.clone();
        let host = match self.hosts.entry(name.into()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let name = entry.key().clone();
                entry.insert(Host { name, pos, ..Host::default() })
            }
        };
        if let Some(group) = self.groups.get_mut(&group_name)
            && group.hosts.insert(host.name.clone())
        {
            host.groups.push(group_name);
        }
        host
    }

    /// A host outside `all`, reached by its name only.
    pub fn outsider(&mut self, name: &str, pos: Pos) -> &mut Host {
        let name: Arc<str> = name.into();
        self.hosts.entry(name).or_insert_with_key(|name| Host {
            name: name.clone(),
            pos,
            outside_all: true,
            ..Host::default()
        })
    }

    /// Whether a source has named this host.
    #[must_use]
    pub fn has_host(&self, name: &str) -> bool {
        self.hosts.contains_key(name)
    }

    /// Says that the group `child` lies within the group `parent`; both are made where they are new.
    pub fn child(&mut self, parent: &str, child: &str, pos: Pos) -> Result<(), Error> {
        if parent == child {
            return Err(Error::new(pos, message::inventory::group_in_itself(parent)));
        }
        let child = self.group(child, pos).name.clone();
        self.group(parent, pos).children.entry(child).or_insert(pos);
        Ok(())
    }

    /// Sets a variable that the inventory itself gives a group.
    pub fn set_group_var(&mut self, group: &str, key: &str, value: Node) -> Result<(), Error> {
        let pos = value.pos;
        let group = self.group(group, pos);
        if key == "ansible_group_priority" {
            group.priority = priority(&value)?;
        }
        group.vars.insert(key.into(), Var::Authored(value));
        Ok(())
    }

    /// Sets a variable that the inventory itself gives a host; nothing where the host is not known.
    pub fn set_host_var(&mut self, host: &str, key: &str, value: Node) {
        if let Some(host) = self.hosts.get_mut(host) {
            host.vars.insert(key.into(), Var::Authored(value));
        }
    }

    /// Adds the content of a file of `group_vars/`: over what earlier files of the same place gave. Nothing
    /// where no source named the group.
    pub fn group_file(&mut self, group: &str, beside: Beside, content: &Node) -> Result<(), Error> {
        match self.groups.get_mut(group) {
            Some(group) => add_file(&mut group.files, beside, content),
            None => Ok(()),
        }
    }

    /// Adds the content of a file of `host_vars/`, as [`Builder::group_file`] does.
    pub fn host_file(&mut self, host: &str, beside: Beside, content: &Node) -> Result<(), Error> {
        match self.hosts.get_mut(host) {
            Some(host) => add_file(&mut host.files, beside, content),
            None => Ok(()),
        }
    }

    /// Adds a remark for the person who asked.
    pub fn note(&mut self, pos: Pos, message: Message) {
        self.notes.push(Note { pos, message });
    }

    /// Checks the whole and makes the inventory: every group within `all`, every host without a group in
    /// `ungrouped`, no group within itself.
    pub fn finish(mut self) -> Result<Inventory, Error> {
        self.adopt_orphans();
        self.sort_out_ungrouped();
        self.note_shared_names();
        let order = self.top_down()?;
        let lineage = self.lineage(&order);
        let members = self.members();
        let implicit = LOCALHOST.iter().filter(|name| !self.hosts.contains_key(**name));
        let implicit = implicit.map(|name| implicit_host(name)).collect();
        let Self { hosts, groups, notes } = self;
        Ok(Inventory { hosts, groups, implicit, members, lineage, notes })
    }

    /// Groups that are within no other are within `all`.
    fn adopt_orphans(&mut self) {
        let adopted: IndexSet<Arc<str>> =
            self.groups.values().flat_map(|group| group.children.keys().cloned()).collect();
        let orphans: Vec<(Arc<str>, Pos)> = self
            .groups
            .values()
            .filter(|group| &*group.name != ALL && !adopted.contains(&group.name))
            .map(|group| (group.name.clone(), group.pos))
            .collect();
        self.group(ALL, Pos::default()).children.extend(orphans);
    }

    /// `ungrouped` holds exactly the hosts that are in no other group but `all`.
    fn sort_out_ungrouped(&mut self) {
        let ungrouped: Arc<str> = UNGROUPED.into();
        let mut members = IndexSet::new();
        for host in self.hosts.values_mut() {
            let grouped = host.groups.iter().any(|group| &**group != ALL && *group != ungrouped);
            if grouped || host.outside_all && host.groups.is_empty() {
                host.groups.retain(|group| *group != ungrouped);
                continue;
            }
            if !host.groups.contains(&ungrouped) {
                host.groups.push(ungrouped.clone());
            }
            members.insert(host.name.clone());
        }
        self.group(UNGROUPED, Pos::default()).hosts = members;
        for host in self.hosts.values_mut() {
            host.outside_all &= host.groups.is_empty();
        }
    }

    fn note_shared_names(&mut self) {
        let shared = self.groups.values().filter(|group| self.hosts.contains_key(&group.name));
        let notes: Vec<Note> = shared
            .map(|group| Note {
                pos: group.pos,
                message: message::inventory::host_and_group(&group.name),
            })
            .collect();
        self.notes.extend(notes);
    }

    /// The indices of the groups, each after all that it lies within, with `depth` set on the way; an error
    /// where there is a circle.
    fn top_down(&mut self) -> Result<Vec<usize>, Error> {
        let mut parents = vec![0usize; self.groups.len()];
        for child in self.groups.values().flat_map(|group| group.children.keys()) {
            if let Some(index) = self.groups.get_index_of(child) {
                parents[index] += 1;
            }
        }
        let mut order: Vec<usize> = (0..parents.len()).filter(|&at| parents[at] == 0).collect();
        let mut next = 0;
        while let Some(&at) = order.get(next) {
            next += 1;
            for child in self.children(at) {
                self.groups[child].depth = self.groups[child].depth.max(self.groups[at].depth + 1);
                parents[child] -= 1;
                if parents[child] == 0 {
                    order.push(child);
                }
            }
        }
        match (0..parents.len()).find(|&at| parents[at] > 0) {
            None => Ok(order),
            Some(start) => Err(self.circle(start, &parents)),
        }
    }

    /// Names the groups of a circle that `start` is in or leads from.
    fn circle(&self, start: usize, parents: &[usize]) -> Error {
        let mut way = IndexSet::from([start]);
        let mut at = start;
        // Every group left over has a parent left over, so walking upwards ends in a circle.
        while let Some(up) = (0..parents.len()).find(|&up| {
            parents[up] > 0 && self.groups[up].children.contains_key(&*self.groups[at].name)
        }) {
            if !way.insert(up) {
                let from = way.get_index_of(&up).unwrap_or(0);
                way = way.split_off(from);
                break;
            }
            at = up;
        }
        let names: Vec<&str> = way.iter().rev().map(|&at| &*self.groups[at].name).collect();
        let pairs = names.iter().zip(names.iter().cycle().skip(1));
        let places = pairs.filter_map(|(up, low)| self.groups[*up].children.get(*low));
        let pos = places.max().copied().unwrap_or_default();
        Error::new(pos, message::inventory::group_circle(names.join("` > `")))
    }

    fn children(&self, at: usize) -> Vec<usize> {
        let children = self.groups[at].children.keys();
        children.filter_map(|child| self.groups.get_index_of(child)).collect()
    }

    /// For each group, itself and all that it lies within but `all`, lowest precedence first.
    fn lineage(&self, order: &[usize]) -> Vec<Vec<usize>> {
        let mut lineage: Vec<IndexSet<usize>> = vec![IndexSet::new(); self.groups.len()];
        for &at in order {
            if &*self.groups[at].name != ALL {
                lineage[at].insert(at);
            }
            let own: Vec<usize> = lineage[at].iter().copied().collect();
            for child in self.children(at) {
                lineage[child].extend(&own);
            }
        }
        let sorted = |set: IndexSet<usize>| {
            let mut list: Vec<usize> = set.into_iter().collect();
            list.sort_by(|&a, &b| {
                merge::precedence(&self.groups[a]).cmp(&merge::precedence(&self.groups[b]))
            });
            list
        };
        lineage.into_iter().map(sorted).collect()
    }

    /// For each group the hosts in it and in the groups within it, breadth first.
    fn members(&self) -> Vec<Vec<usize>> {
        (0..self.groups.len()).map(|at| self.members_of(at)).collect()
    }

    fn members_of(&self, at: usize) -> Vec<usize> {
        if &*self.groups[at].name == ALL {
            return (0..self.hosts.len()).filter(|&host| !self.hosts[host].outside_all).collect();
        }
        let mut groups = IndexSet::from([at]);
        let mut next = 0;
        while let Some(&at) = groups.get_index(next) {
            next += 1;
            groups.extend(self.children(at));
        }
        let names = groups.iter().flat_map(|&at| &self.groups[at].hosts);
        let hosts: IndexSet<usize> =
            names.filter_map(|name| self.hosts.get_index_of(name)).collect();
        hosts.into_iter().collect()
    }
}

fn priority(value: &Node) -> Result<i64, Error> {
    let number = match &value.kind {
        NodeKind::Int { value, .. } => Some(*value),
        _ => value.as_str().and_then(|text| text.trim().parse().ok()),
    };
    let error = || message::inventory::bad_priority(value.key_text());
    number.ok_or_else(|| Error::new(value.pos, error()))
}

fn add_file(files: &mut VarFiles, beside: Beside, content: &Node) -> Result<(), Error> {
    let layer = match beside {
        Beside::Inventory => &mut files.inventory,
        Beside::Play => &mut files.play,
    };
    match &content.kind {
        NodeKind::Null => Ok(()),
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                layer.insert(key.key_text(), Var::Authored(value.clone()));
            }
            Ok(())
        }
        _ => Err(Error::new(content.pos, message::inventory::vars_not_a_map())),
    }
}

fn implicit_host(name: &str) -> Host {
    let local = Node::bare(NodeKind::Literal("local".into()));
    let vars = Layer::from([("ansible_connection".into(), Var::Authored(local))]);
    Host { name: name.into(), vars, outside_all: true, ..Host::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32) -> Pos {
        Pos { file: 0, line, col: 1 }
    }

    #[test]
    fn groups_inherit_and_depth_is_the_longest_way() {
        let mut builder = Builder::new();
        builder.host("h", "leaf", at(1));
        builder.child("mid", "leaf", at(2)).unwrap();
        builder.child("top", "mid", at(3)).unwrap();
        builder.child("top", "leaf", at(4)).unwrap();
        let inventory = builder.finish().unwrap();
        assert_eq!(inventory.groups()["leaf"].depth, 3);
        let names: Vec<&str> =
            inventory.groups_of(&inventory.hosts()["h"]).iter().map(|group| &*group.name).collect();
        assert_eq!(names, ["top", "mid", "leaf"]);
        assert_eq!(inventory.members("top").map(|name| &**name).collect::<Vec<_>>(), ["h"]);
        assert_eq!(inventory.members(UNGROUPED).count(), 0);
    }

    #[test]
    fn a_circle_of_groups_is_named_with_its_place() {
        let mut builder = Builder::new();
        builder.child("a", "b", at(1)).unwrap();
        builder.child("b", "c", at(2)).unwrap();
        builder.child("c", "a", at(3)).unwrap();
        builder.child("c", "hanging", at(4)).unwrap();
        let error = builder.finish().unwrap_err();
        assert!(error.message.to_string().contains("` > `"), "{error:?}");
        assert_eq!(error.pos.line, 3, "{error:?}");
        assert!(!error.message.to_string().contains("hanging"), "{error:?}");
    }

    #[test]
    fn localhost_is_implied_until_a_source_names_it() {
        let inventory = Builder::new().finish().unwrap();
        assert!(inventory.host("localhost").is_some());
        assert_eq!(inventory.hosts().len(), 0);
        let mut builder = Builder::new();
        builder.host("localhost", UNGROUPED, at(1));
        let inventory = builder.finish().unwrap();
        assert!(inventory.host("localhost").unwrap().vars.is_empty());
    }
}
