//! Variables in layers, as Ansible documents their precedence.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::node::Node;
use crate::value::{Trust, Value};

/// One variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Var {
    /// Written by the operator; its templates are rendered when it is used, not before.
    Authored(Node),
    /// Computed or observed: data, never a template.
    Data(Value, Trust),
}

/// One layer.
pub type Layer = IndexMap<Arc<str>, Var>;

/// The layers that hide one another: a later one wins.
///
/// Source of the order: Ansible, "Understanding variable precedence". Facts stand above the inventory,
/// `set_fact` and `register` above task variables, `-e` above everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// `defaults/` of roles.
    RoleDefaults,
    /// The inventory's groups and hosts, `group_vars/` and `host_vars/`, already merged for the host.
    Inventory,
    /// Observed by `setup` and modules that return facts.
    Facts,
    /// `vars:` of the play.
    Play,
    /// `vars_files:` of the play.
    VarsFiles,
    /// `vars/` of roles.
    Role,
    /// `vars:` of blocks and tasks, the inner ones merged over the outer.
    Task,
    /// `include_vars`.
    IncludeVars,
    /// `set_fact` and `register`.
    Set,
    /// `vars:` given at an include.
    Include,
    /// The loop's variables.
    Loop,
    /// `-e`.
    Extra,
    /// `inventory_hostname`, `groups` and the others that cannot be overridden.
    Magic,
}

/// All variables that one host's task can see.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    /// Sorted by level; several layers may stand on one level, a later one wins.
    layers: Vec<(Level, Arc<Layer>)>,
}

impl Vars {
    /// No variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a layer on its level, above those that are on it already.
    pub fn push(&mut self, level: Level, layer: Arc<Layer>) {
        if !layer.is_empty() {
            let at = self.layers.partition_point(|(other, _)| *other <= level);
            self.layers.insert(at, (level, layer));
        }
    }

    /// Sets one variable on the highest layer of its level.
    pub fn set(&mut self, level: Level, name: Arc<str>, var: Var) {
        match self.layers.iter_mut().rev().find(|(other, _)| *other == level) {
            Some((_, layer)) => {
                Arc::make_mut(layer).insert(name, var);
            }
            None => self.push(level, Arc::new(Layer::from([(name, var)]))),
        }
    }

    /// Drops every layer of a level.
    pub fn clear(&mut self, level: Level) {
        self.layers.retain(|(other, _)| *other != level);
    }

    /// The same variables with one more layer.
    #[must_use]
    pub fn with(&self, level: Level, layer: Arc<Layer>) -> Self {
        let mut vars = self.clone();
        vars.push(level, layer);
        vars
    }

    /// The variable `name` as the highest layer has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Var> {
        self.layers.iter().rev().find_map(|(_, layer)| layer.get(name))
    }

    /// The variable `name` below `level`, where a definition refers to the one it hides
    /// (`path: "{{ path }}:/opt"` would not end otherwise).
    #[must_use]
    pub fn get_below(&self, name: &str, level: Level) -> Option<&Var> {
        let below = self.layers.iter().rev().filter(|(other, _)| *other < level);
        below.into_iter().find_map(|(_, layer)| layer.get(name))
    }

    /// Every name that is defined.
    #[must_use]
    pub fn names(&self) -> std::collections::BTreeSet<Arc<str>> {
        self.layers.iter().flat_map(|(_, layer)| layer.keys().cloned()).collect()
    }

    /// The layers, lowest first.
    #[must_use]
    pub fn layers(&self) -> &[(Level, Arc<Layer>)] {
        &self.layers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_layer_wins_whatever_the_order_of_pushing() {
        let layer = |value: i64| {
            Arc::new(Layer::from([("x".into(), Var::Data(Value::Int(value), Trust::Operator))]))
        };
        let mut vars = Vars::new();
        vars.push(Level::Extra, layer(3));
        vars.push(Level::Inventory, layer(1));
        vars.push(Level::Inventory, layer(2));
        assert_eq!(vars.get("x"), Some(&Var::Data(Value::Int(3), Trust::Operator)));
        assert_eq!(
            vars.get_below("x", Level::Extra),
            Some(&Var::Data(Value::Int(2), Trust::Operator))
        );
    }
}
