//! What a keyword's value must be, and how it is said when it is something else.

use std::sync::Arc;

use super::Reader;
use crate::message::manifest as say;
use crate::node::{Node, NodeKind};
use crate::options::boolean;
use crate::vars::{Layer, Var};

/// What a node is, for "found …".
pub(super) fn found(node: &Node) -> &'static str {
    match &node.kind {
        NodeKind::Null => "nothing",
        NodeKind::Bool(_) => "yes or no",
        NodeKind::Int { .. } | NodeKind::Float(_) => "a number",
        NodeKind::List(_) => "a list",
        NodeKind::Map(_) => "a mapping",
        NodeKind::Str(_)
        | NodeKind::Literal(_)
        | NodeKind::Secret(_)
        | NodeKind::Foreign(_)
        | NodeKind::Unknown(_) => "text",
    }
}

/// Whether this can be the name of a variable.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

impl Reader<'_> {
    fn wrong<T: Default>(&mut self, name: &str, expected: &str, node: &Node) -> T {
        self.refuse(node.pos, say::keyword_type(name, expected, found(node)))
    }

    /// A template, or what `fits` takes; nothing where nothing is written.
    fn open(
        &mut self,
        name: &str,
        expected: &str,
        node: &Node,
        fits: impl Fn(&Node) -> bool,
    ) -> Option<Node> {
        if node.kind == NodeKind::Null {
            return None;
        }
        if node.is_template() {
            self.check(node);
            return Some(node.clone());
        }
        if fits(node) { Some(node.clone()) } else { self.wrong(name, expected, node) }
    }

    /// Yes or no, or a template that will say.
    pub(super) fn flag(&mut self, name: &str, node: &Node) -> Option<Node> {
        self.open(name, "yes or no", node, |node| boolean_of(node).is_some())
    }

    /// A number, or a template of one.
    pub(super) fn number_of(&mut self, name: &str, node: &Node) -> Option<Node> {
        self.open(name, "a number", node, |node| number_of(node).is_some())
    }

    /// A text, or a template of one; numbers count as text.
    pub(super) fn text(&mut self, name: &str, node: &Node) -> Option<Node> {
        self.open(name, "text", node, |node| {
            !matches!(node.kind, NodeKind::List(_) | NodeKind::Map(_))
        })
    }

    /// Yes or no, known now.
    pub(super) fn constant_flag(&mut self, name: &str, node: &Node) -> Option<bool> {
        let node = self.constant(name, node)?;
        match boolean_of(&node) {
            None if node.kind != NodeKind::Null => self.wrong(name, "yes or no", &node),
            value => value,
        }
    }

    /// A text known now.
    pub(super) fn constant_text(&mut self, name: &str, node: &Node) -> Option<Arc<str>> {
        let node = self.constant(name, node)?;
        match &node.kind {
            NodeKind::Null => None,
            NodeKind::List(_) | NodeKind::Map(_) => self.wrong(name, "text", &node),
            _ => Some(node.key_text()),
        }
    }

    /// A number known now; a percent sign after it is no fault.
    pub(super) fn constant_number(&mut self, name: &str, node: &Node) -> Option<f64> {
        let node = self.constant(name, node)?;
        let number = match node.as_str() {
            Some(text) => text.trim().trim_end_matches('%').trim().parse().ok(),
            None => number_of(&node),
        };
        match number {
            None if node.kind != NodeKind::Null => self.wrong(name, "a number", &node),
            number => number,
        }
    }

    /// One text, texts parted by commas, or a list of them, known now.
    pub(super) fn words(&mut self, name: &str, node: &Node) -> Vec<Arc<str>> {
        let Some(node) = self.constant(name, node) else { return Vec::new() };
        match &node.kind {
            NodeKind::Null => Vec::new(),
            NodeKind::List(items) => items.iter().flat_map(|item| self.words(name, item)).collect(),
            NodeKind::Map(_) => self.wrong(name, "a list of words", &node),
            _ => {
                let text = node.key_text();
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.map(Into::into).collect()
            }
        }
    }

    /// One value or a list of values, kept as they are.
    pub(super) fn several(&mut self, name: &str, node: &Node) -> Vec<Node> {
        match &node.kind {
            NodeKind::Null => Vec::new(),
            NodeKind::List(items) => items.clone(),
            NodeKind::Map(_) => self.wrong(name, "a text or a list", node),
            _ => vec![node.clone()],
        }
    }

    /// One condition or several, which must all hold.
    pub(super) fn conditions(&mut self, name: &str, node: &Node) -> Vec<Node> {
        let conditions = self.several(name, node);
        for condition in &conditions {
            if matches!(condition.kind, NodeKind::List(_) | NodeKind::Map(_)) {
                self.wrong::<()>(name, "an expression", condition);
            } else {
                self.check_expr(condition);
            }
        }
        conditions
    }

    /// Variables: a mapping, or (as older manifests have it) a list of mappings.
    pub(super) fn layer(&mut self, name: &str, node: &Node) -> Layer {
        let mut layer = Layer::new();
        match &node.kind {
            NodeKind::Null => {}
            NodeKind::Map(entries) => {
                for (key, value) in entries {
                    let name = key.key_text();
                    if !is_identifier(&name) {
                        self.fault(key.pos, say::variable_name(&name));
                    }
                    self.check(value);
                    layer.insert(name, Var::Authored(value.clone()));
                }
            }
            NodeKind::List(items) => {
                for item in items {
                    layer.extend(self.layer(name, item));
                }
            }
            _ => return self.wrong(name, "a mapping of variables", node),
        }
        layer
    }
}

fn boolean_of(node: &Node) -> Option<bool> {
    match &node.kind {
        NodeKind::Bool(value) => Some(*value),
        NodeKind::Int { value: 0, .. } => Some(false),
        NodeKind::Int { value: 1, .. } => Some(true),
        _ => node.as_str().and_then(boolean),
    }
}

fn number_of(node: &Node) -> Option<f64> {
    match &node.kind {
        NodeKind::Float(value) => Some(*value),
        NodeKind::Int { value, .. } => value.to_string().parse().ok(),
        _ => node.as_str().and_then(|text| text.trim().parse().ok()),
    }
}
