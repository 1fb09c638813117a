//! `loop`, `with_*` and `loop_control`.

use super::Reader;
use super::expect::{found, is_identifier};
use super::task::Parts;
use crate::message::manifest as say;
use crate::node::{Node, NodeKind};
use crate::program::{Over, Repeat};
use crate::suggest;

/// The lookups that `with_*` names in manifests of the field.
const LOOKUPS: &[&str] = &[
    "cartesian",
    "dict",
    "env",
    "file",
    "fileglob",
    "filetree",
    "first_found",
    "flattened",
    "indexed_items",
    "ini",
    "inventory_hostnames",
    "items",
    "lines",
    "list",
    "nested",
    "password",
    "pipe",
    "random_choice",
    "sequence",
    "subelements",
    "template",
    "together",
    "url",
    "varnames",
    "vars",
];

/// The keys of `loop_control`.
const CONTROLS: &[&str] =
    &["loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when"];

impl Reader<'_> {
    pub(super) fn repeat(&mut self, parts: &Parts<'_>) -> Option<Repeat> {
        let Some((key, items)) = parts.repeat else {
            if let Some(control) = parts.loop_control.filter(|node| node.kind != NodeKind::Null) {
                self.loop_control(control, &mut blank(control));
            }
            return None;
        };
        self.check(items);
        let over = self.over(key, items)?;
        let mut repeat = Repeat { over, ..blank(items) };
        if let Some(control) = parts.loop_control {
            self.loop_control(control, &mut repeat);
        }
        Some(repeat)
    }

    fn over(&mut self, key: &Node, items: &Node) -> Option<Over> {
        let name = key.key_text();
        if let Some(lookup) = name.strip_prefix("with_") {
            let bare = super::action::bare(lookup);
            if LOOKUPS.contains(&bare) {
                return Some(Over::With(bare.into()));
            }
            let message = match suggest::closest(bare, LOOKUPS.iter().copied()) {
                Some(near) => say::unknown_keyword_near(&name, "task", format!("with_{near}")),
                None => say::unknown_keyword(&name, "task"),
            };
            return self.refuse(key.pos, message);
        }
        if matches!(items.kind, NodeKind::List(_)) || items.is_template() {
            return Some(Over::List);
        }
        self.refuse(items.pos, say::keyword_type("loop", "a list", found(items)))
    }

    fn loop_control(&mut self, control: &Node, repeat: &mut Repeat) {
        let NodeKind::Map(entries) = &control.kind else {
            return self.fault(
                control.pos,
                say::keyword_type("loop_control", "a mapping", found(control)),
            );
        };
        for (key, value) in entries {
            let name = key.key_text();
            match &*name {
                "loop_var" => {
                    if let Some(var) = self.loop_name(&name, value) {
                        repeat.var = var;
                    }
                }
                "index_var" => repeat.index_var = self.loop_name(&name, value),
                "label" => {
                    self.check(value);
                    repeat.label = Some(value.clone());
                }
                "pause" => repeat.pause = self.number_of(&name, value),
                "extended" => {
                    repeat.extended = self.constant_flag(&name, value).unwrap_or_default();
                }
                // Saves memory in Ansible; the value is the same either way.
                "extended_allitems" => {}
                "break_when" => repeat.break_when = self.conditions(&name, value),
                _ => {
                    let message = match suggest::closest(&name, CONTROLS.iter().copied()) {
                        Some(near) => say::unknown_keyword_near(&name, "loop_control", near),
                        None => say::unknown_keyword(&name, "loop_control"),
                    };
                    self.fault(key.pos, message);
                }
            }
        }
    }

    fn loop_name(&mut self, name: &str, value: &Node) -> Option<std::sync::Arc<str>> {
        let var = self.constant_text(name, value)?;
        if is_identifier(&var) {
            Some(var)
        } else {
            self.refuse(value.pos, say::variable_name(var))
        }
    }
}

fn blank(items: &Node) -> Repeat {
    Repeat {
        over: Over::List,
        items: items.clone(),
        var: "item".into(),
        index_var: None,
        label: None,
        pause: None,
        extended: false,
        break_when: Vec::new(),
    }
}
