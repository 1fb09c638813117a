//! Handlers, and whether what is notified exists.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Reader;
use super::select::tasks;
use crate::message::manifest as say;
use crate::node::Node;
use crate::program::{Action, Item, Play, Task};
use crate::suggest;

impl Reader<'_> {
    /// The handlers of a play.
    pub(super) fn handlers(&mut self, list: &Node, base: &Task) -> Vec<Item> {
        self.in_handlers = true;
        let items = self.items(list, base);
        self.in_handlers = false;
        for item in &items {
            if let Item::Block(block) = item {
                self.fault(block.pos, say::block_as_handler());
            }
        }
        items
    }

    /// Refuses names that nothing listens to, where all names of handlers are known before the run.
    pub(super) fn check_notified(&mut self, play: &Play) {
        let mut names: BTreeSet<Arc<str>> = BTreeSet::new();
        for handler in tasks(&play.handlers) {
            let is_open = handler.name.as_ref().is_some_and(Node::is_template)
                || handler.action == Action::IncludeTasks;
            if is_open {
                return;
            }
            names.extend(handler.name.as_ref().map(Node::key_text));
            names.extend(handler.listen.iter().cloned());
        }
        for task in tasks(&play.items).chain(tasks(&play.handlers)) {
            for name in task.notify.iter().filter(|name| !name.is_template()) {
                let text = name.key_text();
                if names.contains(&text) {
                    continue;
                }
                let message = match suggest::closest(&text, names.iter()) {
                    Some(near) => say::unknown_handler_near(&text, near),
                    None => say::unknown_handler(&text),
                };
                self.fault(name.pos, message);
            }
        }
    }
}
