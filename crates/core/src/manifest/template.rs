//! Where the reader meets the template engine: checks, and values that must be known before the run.

use std::sync::Arc;

use super::Reader;
use crate::message::manifest as say;
use crate::node::Node;
use crate::observe::{Ask, Stop};
use crate::template::{Evaluated, Scope};
use crate::vars::{Level, Vars};

/// Only what `-e` and the play say; no lookups.
struct Known(Vars);

impl Scope for Known {
    fn vars(&self) -> &Vars {
        &self.0
    }

    fn lookup(&self, _: Ask) -> Result<Evaluated, Stop> {
        Err(Stop::Fail(say::lookup_too_early()))
    }
}

impl Reader<'_> {
    /// Checks the syntax of every template in a tree.
    pub(super) fn check(&mut self, node: &Node) {
        if let Err((pos, message)) = self.setup.engine.check(node) {
            self.fault(pos, message);
        }
    }

    /// Checks the syntax of an expression.
    pub(super) fn check_expr(&mut self, node: &Node) {
        if let Err((pos, message)) = self.setup.engine.check_expr(node) {
            self.fault(pos, message);
        }
    }

    /// The value of something that must be known now; a fault and nothing where it is not.
    pub(super) fn constant(&mut self, name: &str, node: &Node) -> Option<Node> {
        if !node.has_template() {
            return Some(node.clone());
        }
        let mut vars = Vars::new();
        vars.push(Level::Play, self.play_vars.clone());
        vars.push(Level::Extra, Arc::new(self.setup.extra.clone()));
        let scope: Arc<dyn Scope> = Arc::new(Known(vars));
        let why = match self.setup.engine.node(node, &scope) {
            Ok(node) if !node.has_template() => return Some(node),
            Err(Stop::Fail(message) | Stop::FailAt(_, message)) => message,
            Ok(_) | Err(Stop::Pending | Stop::Unknown(_)) => say::not_constant_yet(),
        };
        // Its own hint speaks of a run; ours of what is known before it.
        let why = why.to_string();
        let why = why.split("\nhint: ").next().unwrap_or_default();
        self.refuse(node.pos, say::not_constant(name, why))
    }
}
