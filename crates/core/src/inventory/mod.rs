//! Inventories: which hosts there are, in which groups, with which variables.
//!
//! Every format is read as it is into a [`Builder`]; [`Builder::finish`] checks the whole and makes the
//! [`Inventory`], which never changes again. Files, directories and executables are the engine's work: the
//! readers here take text.
//!
//! Order: hosts stand in the order in which the sources first name them, and every selection keeps it.

pub mod address;
pub mod build;
pub mod cloud_manager;
pub mod conceal;
pub mod connection;
pub mod dynamic;
pub mod format;
pub mod ini;
pub mod json;
pub mod literal;
pub mod merge;
pub mod plain;
pub mod range;
pub mod ssh_args;
pub mod ssh_config;
pub mod words;
pub mod yaml;

mod repeat;

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::diagnostic::Diagnostic;
use crate::message::Message;
use crate::node::Pos;
use crate::vars::Layer;

pub use build::Builder;
pub use connection::Connection;
pub use format::Format;

/// The names that mean the controller's own machine where no inventory holds them, as Ansible has it.
pub const LOCALHOST: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The group that holds every host.
pub const ALL: &str = "all";

/// The group of the hosts that are in no other group but `all`.
pub const UNGROUPED: &str = "ungrouped";

/// What is wrong with an inventory, and where; line 0 where there is no place.
pub type Error = Diagnostic;

/// Variables from files beside something (`group_vars/`, `host_vars/`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VarFiles {
    /// From the files beside the inventories.
    pub inventory: Layer,
    /// From the files beside the manifest; they win.
    pub play: Layer,
}

/// One host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// Its name in the inventory; not necessarily an address.
    pub name: Arc<str>,
    /// Where it is first named.
    pub pos: Pos,
    /// The variables that the inventories themselves give it; a later inventory wins.
    pub vars: Layer,
    /// The variables from `host_vars/`.
    pub files: VarFiles,
    /// The groups that name it directly, in the order in which they do.
    pub groups: Vec<Arc<str>>,
    /// Whether it stands outside `all` and is reached by its name only (the referee of a
    /// `cloudManager.ini`).
    pub outside_all: bool,
}

/// One group of hosts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: Arc<str>,
    /// Where it is first named.
    pub pos: Pos,
    /// The hosts that it names directly.
    pub hosts: IndexSet<Arc<str>>,
    /// The groups within it, and where each was said to be.
    pub children: IndexMap<Arc<str>, Pos>,
    /// The variables that the inventories themselves give it; a later inventory wins.
    pub vars: Layer,
    /// The variables from `group_vars/`.
    pub files: VarFiles,
    /// `ansible_group_priority`: among groups of one depth, a higher one wins. 1 where nothing is said.
    pub priority: i64,
    /// Steps from `all` by the longest way.
    pub depth: u32,
}

/// A remark about something that was read and is probably not what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The place.
    pub pos: Pos,
    /// What is odd.
    pub message: Message,
}

/// The hosts and groups of all sources together.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    hosts: IndexMap<Arc<str>, Host>,
    groups: IndexMap<Arc<str>, Group>,
    /// What [`LOCALHOST`] stands for where `hosts` does not hold the name.
    implicit: Vec<Host>,
    /// For each group, the indices of its hosts, its children's too, in the order Ansible lists them.
    members: Vec<Vec<usize>>,
    /// For each group, itself and the groups it is within, `all` left out, lowest precedence first.
    lineage: Vec<Vec<usize>>,
    notes: Vec<Note>,
}

impl Inventory {
    /// Every host that a source names, in that order.
    #[must_use]
    pub const fn hosts(&self) -> &IndexMap<Arc<str>, Host> {
        &self.hosts
    }

    /// Every group, `all` and `ungrouped` first.
    #[must_use]
    pub const fn groups(&self) -> &IndexMap<Arc<str>, Group> {
        &self.groups
    }

    /// The host `name`; the controller's own machine where the name is one of [`LOCALHOST`] and no source
    /// holds it (connection `local`, a member of no group, with the variables of `all`).
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.get(name).or_else(|| self.implicit.iter().find(|host| &*host.name == name))
    }

    /// Remarks for the person who asked.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The hosts of a group and of all groups within it: its own first, then its children's.
    pub fn members(&self, group: &str) -> impl Iterator<Item = &Arc<str>> {
        self.member_indices(group).iter().filter_map(|&index| Some(self.hosts.get_index(index)?.0))
    }

    /// The groups that a host is in, directly or not, without `all`: lowest precedence first.
    #[must_use]
    pub fn groups_of(&self, host: &Host) -> Vec<&Group> {
        let mut indices: Vec<usize> = Vec::new();
        for group in &host.groups {
            if let Some(index) = self.groups.get_index_of(group) {
                indices.extend(&self.lineage[index]);
            }
        }
        let mut groups: Vec<&Group> =
            indices.iter().filter_map(|&index| Some(self.groups.get_index(index)?.1)).collect();
        groups.sort_by(|a, b| merge::precedence(a).cmp(&merge::precedence(b)));
        groups.dedup_by(|a, b| a.name == b.name);
        groups
    }

    /// The indices into [`Inventory::hosts`] of a group's members.
    pub(crate) fn member_indices(&self, group: &str) -> &[usize] {
        self.groups.get_index_of(group).map_or(&[], |index| &self.members[index])
    }

    /// The hosts that stand for [`LOCALHOST`] where no source holds the name.
    pub(crate) fn implicit(&self) -> &[Host] {
        &self.implicit
    }
}
