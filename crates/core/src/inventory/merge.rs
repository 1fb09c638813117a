//! Which of several definitions of a variable a host sees.
//!
//! Source of the order: Ansible, "Understanding variable precedence" and "How variables are merged"; lowest
//! first:
//!
//! 1. the variables that the inventories give `all`, then those they give the host's other groups
//! 2. `group_vars/all` beside the inventories, then beside the manifest
//! 3. `group_vars/` of the host's other groups beside the inventories, then beside the manifest
//! 4. the variables that the inventories give the host
//! 5. `host_vars/` of the host beside the inventories, then beside the manifest
//!
//! Among groups a deeper one wins, then the one with the higher `ansible_group_priority`, then the later one in
//! the alphabet. Within one step a later inventory wins. A mapping replaces a mapping; they are not merged.

use std::sync::Arc;

use super::{ALL, Group, Host, Inventory};
use crate::node::Node;
use crate::vars::{Layer, Var};

/// The sort key of groups, lowest precedence first.
pub(super) fn precedence(group: &Group) -> (u32, i64, &Arc<str>) {
    (group.depth, group.priority, &group.name)
}

impl Inventory {
    /// The variables of a host from all sources, merged.
    #[must_use]
    pub fn vars_of(&self, host: &Host) -> Layer {
        let mut merged = Layer::new();
        for layer in self.layers(host) {
            merged.extend(layer.iter().map(|(key, var)| (key.clone(), var.clone())));
        }
        merged
    }

    /// What a host sees, for looking up some variables without merging all.
    #[must_use]
    pub fn seen<'a>(&'a self, host: &'a Host) -> Seen<'a> {
        Seen { layers: self.layers(host) }
    }

    /// One variable of a host, found without merging the others.
    #[must_use]
    pub fn var<'a>(&'a self, host: &'a Host, name: &str) -> Option<&'a Var> {
        self.seen(host).var(name)
    }

    /// One variable of a host as it was written.
    #[must_use]
    pub fn authored<'a>(&'a self, host: &'a Host, name: &str) -> Option<&'a Node> {
        self.seen(host).authored(name)
    }

    /// The layers that hold something for this host, lowest first.
    fn layers<'a>(&'a self, host: &'a Host) -> Vec<&'a Layer> {
        let groups = self.groups_of(host);
        let implied = self.implicit().iter().any(|other| std::ptr::eq(other, host));
        let all = self.groups().get(ALL).filter(|_| !host.outside_all || implied);
        let mut layers = Vec::with_capacity(5 + 3 * groups.len());
        layers.extend(all.map(|all| &all.vars));
        layers.extend(groups.iter().map(|group| &group.vars));
        layers.extend(all.into_iter().flat_map(|all| [&all.files.inventory, &all.files.play]));
        layers.extend(groups.iter().map(|group| &group.files.inventory));
        layers.extend(groups.iter().map(|group| &group.files.play));
        layers.extend([&host.vars, &host.files.inventory, &host.files.play]);
        layers.retain(|layer| !layer.is_empty());
        layers
    }
}

/// The layers of variables that a host sees.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Lowest first.
    layers: Vec<&'a Layer>,
}

impl<'a> Seen<'a> {
    /// One variable.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&'a Var> {
        self.layers.iter().rev().find_map(|layer| layer.get(name))
    }

    /// One variable as it was written.
    #[must_use]
    pub fn authored(&self, name: &str) -> Option<&'a Node> {
        match self.var(name)? {
            Var::Authored(node) => Some(node),
            Var::Data(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::build::{Beside, Builder};
    use super::*;
    use crate::node::{NodeKind, Pos};

    fn text(value: &str) -> Node {
        Node::bare(NodeKind::Str(value.into()))
    }

    fn file(value: &str) -> Node {
        Node::bare(NodeKind::Map(vec![(text("v"), text(value))]))
    }

    type Step = (&'static str, fn(&mut Builder));

    /// Each step's definition hides those of all steps before it.
    const STEPS: &[Step] = &[
        ("all", |b| b.set_group_var("all", "v", text("all")).unwrap()),
        ("outer", |b| b.set_group_var("outer", "v", text("outer")).unwrap()),
        ("a", |b| b.set_group_var("a", "v", text("a")).unwrap()),
        ("b", |b| b.set_group_var("b", "v", text("b")).unwrap()),
        ("a_first", |b| {
            b.set_group_var("aa", "ansible_group_priority", text("10")).unwrap();
            b.set_group_var("aa", "v", text("a_first")).unwrap();
        }),
        ("later", |b| b.set_group_var("aa", "v", text("later")).unwrap()),
        ("gv/all", |b| b.group_file("all", Beside::Inventory, &file("gv/all")).unwrap()),
        ("pgv/all", |b| b.group_file("all", Beside::Play, &file("pgv/all")).unwrap()),
        ("gv/outer", |b| b.group_file("outer", Beside::Inventory, &file("gv/outer")).unwrap()),
        ("gv/b", |b| b.group_file("b", Beside::Inventory, &file("gv/b")).unwrap()),
        ("pgv/outer", |b| b.group_file("outer", Beside::Play, &file("pgv/outer")).unwrap()),
        ("host", |b| b.set_host_var("h", "v", text("host"))),
        ("hv", |b| b.host_file("h", Beside::Inventory, &file("hv")).unwrap()),
        ("phv", |b| b.host_file("h", Beside::Play, &file("phv")).unwrap()),
    ];

    fn seen(steps: &[Step]) -> Option<String> {
        let mut builder = Builder::new();
        for group in ["a", "b", "aa"] {
            builder.host("h", group, Pos::default());
            builder.child("outer", group, Pos::default()).unwrap();
        }
        for (_, define) in steps {
            define(&mut builder);
        }
        let inventory = builder.finish().unwrap();
        let host = inventory.host("h").unwrap();
        let one = inventory.authored(host, "v").map(|node| node.key_text().to_string());
        let merged = inventory.vars_of(host).get("v").cloned();
        assert_eq!(merged.as_ref(), inventory.var(host, "v"));
        one
    }

    #[test]
    fn each_step_of_the_precedence_hides_those_before_it() {
        for end in 1..=STEPS.len() {
            assert_eq!(seen(&STEPS[..end]).as_deref(), Some(STEPS[end - 1].0));
            // The order in which files are read must not matter, but for "later" over "a_first".
            let mut backwards = STEPS[..end].to_vec();
            backwards.reverse();
            if STEPS[end - 1].0 != "later" {
                assert_eq!(seen(&backwards).as_deref(), Some(STEPS[end - 1].0));
            }
        }
    }
}
