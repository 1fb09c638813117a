//! The tree that a YAML file of the operator becomes: data and templates, each with its position.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::value::{Map, Value};

/// A place in one of the operator's files.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct Pos {
    /// Index into the run's list of files ([`crate::program::Program::files`]).
    pub file: u16,
    /// Line, from 1; 0 where there is no place to show (the command line, a computed value).
    pub line: u32,
    /// Column in characters, from 1.
    pub col: u32,
}

/// One value as it was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Where it begins.
    pub pos: Pos,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of [`Node`]. Plain scalars are resolved as `PyYAML` does (YAML 1.1: `yes`, `0644`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum NodeKind {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number; `octal` when it was written as one (`0644`, `0o644`), which a file mode must be.
    Int {
        /// Its value.
        value: i64,
        /// Whether it was written in octal.
        octal: bool,
    },
    /// Any other number.
    Float(f64),
    /// Text, a template where it holds `{{`, `{%` or `{#`.
    Str(Arc<str>),
    /// Text marked `!unsafe`, or the result of a rendering: never a template.
    Literal(Arc<str>),
    /// Text that must never be shown: a decrypted `!vault` value. It is a literal, and every output is
    /// searched for it and masked.
    Secret(Arc<str>),
    /// Text computed from something that a host said. A literal, and never the name of a file of the
    /// controller, an include or a lookup's argument.
    Foreign(Arc<str>),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order written; keys are unique.
    Map(Vec<(Node, Node)>),
    /// A rendered value that is not known before something has been applied, and why.
    Unknown(Arc<str>),
}

impl Node {
    /// Marks the texts of an encrypted file of variables as secrets, so that they are masked wherever they
    /// would be shown. Which of them are secret the file does not say; those that are not belong into a file
    /// of their own. Templates stay templates: what they refer to is masked where it is secret. Numbers and
    /// booleans keep their kind, and are shown.
    pub fn seal(&mut self) {
        if self.is_template() {
            return;
        }
        match &mut self.kind {
            NodeKind::Str(text) | NodeKind::Literal(text) => {
                self.kind = NodeKind::Secret(text.clone());
            }
            NodeKind::List(items) => items.iter_mut().for_each(Self::seal),
            NodeKind::Map(entries) => entries.iter_mut().for_each(|(_, value)| value.seal()),
            _ => {}
        }
    }

    /// A node without a place.
    #[must_use]
    pub const fn bare(kind: NodeKind) -> Self {
        Self { pos: Pos { file: 0, line: 0, col: 0 }, kind }
    }

    /// The text of a scalar string of any trust.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Str(text)
            | NodeKind::Literal(text)
            | NodeKind::Secret(text)
            | NodeKind::Foreign(text) => Some(text),
            _ => None,
        }
    }

    /// The member `key` of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            NodeKind::Map(entries) => {
                entries.iter().find(|(k, _)| k.as_str() == Some(key)).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Whether this text would be parsed as a template.
    #[must_use]
    pub fn is_template(&self) -> bool {
        match &self.kind {
            NodeKind::Str(text) => {
                text.contains("{{") || text.contains("{%") || text.contains("{#")
            }
            _ => false,
        }
    }

    /// Whether any text in this tree would be parsed as a template.
    #[must_use]
    pub fn has_template(&self) -> bool {
        match &self.kind {
            NodeKind::List(items) => items.iter().any(Self::has_template),
            NodeKind::Map(entries) => {
                entries.iter().any(|(key, value)| key.has_template() || value.has_template())
            }
            _ => self.is_template(),
        }
    }

    /// The datum this tree is, its texts taken literally.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::Bool(*value),
            NodeKind::Int { value, .. } => Value::Int(*value),
            NodeKind::Float(value) => Value::Float(*value),
            NodeKind::Str(text)
            | NodeKind::Literal(text)
            | NodeKind::Secret(text)
            | NodeKind::Foreign(text) => Value::Str(text.clone()),
            NodeKind::List(items) => Value::list(items.iter().map(Self::to_value).collect()),
            NodeKind::Map(entries) => Value::map(
                entries
                    .iter()
                    .map(|(key, value)| (key.key_text(), value.to_value()))
                    .collect::<Map>(),
            ),
            NodeKind::Unknown(why) => Value::Unknown(why.clone()),
        }
    }

    /// A tree of literals from a datum, all at one place.
    #[must_use]
    pub fn from_value(value: &Value, pos: Pos) -> Self {
        let kind = match value {
            Value::Null => NodeKind::Null,
            Value::Bool(value) => NodeKind::Bool(*value),
            Value::Int(value) => NodeKind::Int { value: *value, octal: false },
            Value::Float(value) => NodeKind::Float(*value),
            Value::Str(text) => NodeKind::Literal(text.clone()),
            Value::List(items) => {
                NodeKind::List(items.iter().map(|item| Self::from_value(item, pos)).collect())
            }
            Value::Map(map) => NodeKind::Map(
                map.iter()
                    .map(|(key, value)| {
                        let key = Self { pos, kind: NodeKind::Literal(key.clone()) };
                        (key, Self::from_value(value, pos))
                    })
                    .collect(),
            ),
            Value::Unknown(why) => NodeKind::Unknown(why.clone()),
        };
        Self { pos, kind }
    }

    /// A mapping key as text, as Python's `str` shows it.
    #[must_use]
    pub fn key_text(&self) -> Arc<str> {
        match &self.kind {
            NodeKind::Null => "None".into(),
            NodeKind::Bool(true) => "True".into(),
            NodeKind::Bool(false) => "False".into(),
            NodeKind::Int { value, .. } => value.to_string().into(),
            NodeKind::Float(value) => value.to_string().into(),
            NodeKind::Str(text)
            | NodeKind::Literal(text)
            | NodeKind::Secret(text)
            | NodeKind::Foreign(text) => text.clone(),
            NodeKind::List(_) | NodeKind::Map(_) | NodeKind::Unknown(_) => "".into(),
        }
    }
}
