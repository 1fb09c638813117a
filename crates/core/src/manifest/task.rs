//! Tasks and blocks.

use std::sync::Arc;

use super::keyword::Place;
use super::{Reader, action, expect};
use crate::message::manifest as say;
use crate::node::{Node, NodeKind};
use crate::program::{Block, Item, Task};

/// A pair of a mapping.
pub(super) type Pair<'n> = (&'n Node, &'n Node);

/// The keys of a task, sorted by what they are for.
#[derive(Default)]
pub(super) struct Parts<'n> {
    /// Keys that are no keyword: one must be the module.
    pub(super) modules: Vec<Pair<'n>>,
    /// `action` or `local_action`.
    pub(super) action: Option<Pair<'n>>,
    /// `args`.
    pub(super) args: Option<&'n Node>,
    /// `loop` or `with_*`.
    pub(super) repeat: Option<Pair<'n>>,
    /// `loop_control`.
    pub(super) loop_control: Option<&'n Node>,
    /// Every keyword given, for those that some actions do not take.
    pub(super) keywords: Vec<Pair<'n>>,
}

impl Reader<'_> {
    /// A list of tasks and blocks.
    pub(super) fn items(&mut self, list: &Node, base: &Task) -> Vec<Item> {
        match &list.kind {
            NodeKind::Null => Vec::new(),
            NodeKind::List(items) => items.iter().flat_map(|item| self.item(item, base)).collect(),
            _ => self.refuse(list.pos, say::not_a_list(expect::found(list))),
        }
    }

    fn item(&mut self, node: &Node, base: &Task) -> Vec<Item> {
        let NodeKind::Map(entries) = &node.kind else {
            return self.refuse(node.pos, say::not_a_task(expect::found(node)));
        };
        let is_block =
            |(key, _): &(Node, Node)| matches!(key.as_str(), Some("block" | "rescue" | "always"));
        if entries.iter().any(is_block) {
            return vec![Item::Block(Arc::new(self.block(node, entries, base)))];
        }
        self.task(node, entries, base)
    }

    fn block(&mut self, node: &Node, entries: &[(Node, Node)], base: &Task) -> Block {
        let mut block = Block { pos: node.pos, ..Block::default() };
        let mut inner = base.clone();
        for (key, value) in entries {
            let name = key.key_text();
            match &*name {
                "name" => block.name = self.text(&name, value),
                "block" | "rescue" | "always" => {}
                _ if self.shared(key, value, &mut inner, Place::Block) => {}
                _ => {
                    let message = self.unknown_keyword(&name, Place::Block);
                    self.fault(key.pos, message);
                }
            }
        }
        if node.get("block").is_none() {
            self.fault(node.pos, say::rescue_without_block());
        }
        let mut part = |name| node.get(name).map(|list| self.items(list, &inner));
        block.block = part("block").unwrap_or_default();
        block.rescue = part("rescue").unwrap_or_default();
        block.always = part("always").unwrap_or_default();
        block
    }

    /// A task; an import gives those of its file.
    fn task(&mut self, node: &Node, entries: &[(Node, Node)], base: &Task) -> Vec<Item> {
        let mut task = Task { pos: node.pos, ..base.clone() };
        let mut parts = Parts::default();
        let place = if self.in_handlers { Place::Handler } else { Place::Task };
        for (key, value) in entries {
            self.task_key(key, value, &mut task, &mut parts, place);
        }
        task.repeat = self.repeat(&parts);
        let Some(chosen) = self.chosen(node, &parts, place) else { return Vec::new() };
        self.act(&chosen, task, &parts, base)
    }

    fn task_key<'n>(
        &mut self,
        key: &'n Node,
        value: &'n Node,
        task: &mut Task,
        parts: &mut Parts<'n>,
        place: Place,
    ) {
        let name = key.key_text();
        match &*name {
            "action" | "local_action" => parts.action = Some((key, value)),
            "args" => parts.args = Some(value),
            "loop_control" => parts.loop_control = Some(value),
            "listen" if place == Place::Handler => task.listen = self.listened(value),
            _ if &*name == "loop" || name.starts_with("with_") => {
                if let Some((first, _)) = parts.repeat.replace((key, value)) {
                    self.fault(key.pos, say::two_loops(first.key_text(), &name));
                }
            }
            _ if self.task_keyword(&name, value, task) => {}
            _ if self.shared(key, value, task, place) => {}
            _ => {
                parts.modules.push((key, value));
                return;
            }
        }
        parts.keywords.push((key, value));
    }

    /// Keywords that only tasks have.
    fn task_keyword(&mut self, name: &str, value: &Node, task: &mut Task) -> bool {
        match name {
            "name" => task.name = self.text(name, value),
            "register" => task.register = self.register(value),
            "changed_when" => task.changed_when = self.conditions(name, value),
            "failed_when" => task.failed_when = self.conditions(name, value),
            "until" => task.until = self.conditions(name, value),
            "retries" => task.retries = self.number_of(name, value),
            "delay" => task.delay = self.number_of(name, value),
            _ => return false,
        }
        true
    }

    fn register(&mut self, value: &Node) -> Option<Arc<str>> {
        let name = self.constant_text("register", value)?;
        if expect::is_identifier(&name) {
            return Some(name);
        }
        self.refuse(value.pos, say::variable_name(name))
    }

    fn listened(&mut self, value: &Node) -> Vec<Arc<str>> {
        let topics = self.several("listen", value);
        topics.iter().filter_map(|topic| self.constant_text("listen", topic)).collect()
    }

    /// The module that a task names, and what it is given.
    fn chosen(&mut self, node: &Node, parts: &Parts<'_>, place: Place) -> Option<action::Chosen> {
        let (known, unknown): (Vec<Pair<'_>>, Vec<Pair<'_>>) =
            parts.modules.iter().copied().partition(|(key, _)| self.is_module(&key.key_text()));
        if let Some((key, value)) = parts.action {
            for (key, _) in &parts.modules {
                self.fault(key.pos, say::two_modules("action", key.key_text()));
            }
            return self.by_action(key, value);
        }
        match (known.as_slice(), unknown.as_slice()) {
            ([], []) => self.refuse(node.pos, say::no_module()),
            ([], [(key, _)]) => {
                let message = self.unknown_module(&key.key_text(), place);
                self.refuse(key.pos, message)
            }
            ([first, rest @ ..], wrong) => {
                for (key, _) in wrong {
                    let message = self.unknown_keyword(&key.key_text(), place);
                    self.fault(key.pos, message);
                }
                for (key, _) in rest {
                    let message = say::two_modules(first.0.key_text(), key.key_text());
                    self.fault(key.pos, message);
                }
                Some(action::Chosen::new(first.0, first.1))
            }
            ([], wrong) => {
                for (key, _) in wrong {
                    let message = self.unknown_module(&key.key_text(), place);
                    self.fault(key.pos, message);
                }
                None
            }
        }
    }
}
