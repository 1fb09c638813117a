//! Plays, and task lists that stand for one.

use std::sync::Arc;

use super::keyword::Place;
use super::{Reader, action, expect};
use crate::message::manifest as say;
use crate::node::{Node, NodeKind, Pos};
use crate::program::{Action, Batch, Item, Meta, Play, Task};
use crate::vars::{Layer, Var};

/// What `import_playbook` lays around the plays of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    /// Conditions, tags and the file they come from.
    pub(super) base: Task,
    /// Variables, above the plays' own.
    pub(super) vars: Layer,
}

/// Keys that only plays have.
const ONLY_IN_PLAYS: &[&str] = &[
    "hosts",
    "tasks",
    "pre_tasks",
    "post_tasks",
    "handlers",
    "roles",
    "gather_facts",
    "vars_files",
    "vars_prompt",
    "serial",
    "strategy",
    "max_fail_percentage",
];

/// The sections of a play, in the order they are done.
const SECTIONS: &[&str] = &["pre_tasks", "tasks", "post_tasks"];

/// Whether this is a play or an import of plays.
pub(super) fn is_play(node: &Node) -> bool {
    let NodeKind::Map(entries) = &node.kind else { return false };
    entries.iter().any(|(key, _)| {
        let name = key.key_text();
        ONLY_IN_PLAYS.contains(&&*name) || action::bare(&name) == "import_playbook"
    })
}

impl Reader<'_> {
    /// One play, or the plays of an import.
    pub(super) fn play(&mut self, node: &Node, around: &Around) -> Vec<Play> {
        let NodeKind::Map(entries) = &node.kind else {
            return self.refuse(node.pos, say::not_a_task(expect::found(node)));
        };
        let import =
            entries.iter().find(|(key, _)| action::bare(&key.key_text()) == "import_playbook");
        if let Some((key, file)) = import {
            return self.playbook(key, file, entries, around);
        }
        let mut play = Play { pos: node.pos, ..Play::default() };
        let mut base = Task { file: node.pos.file, ..around.base.clone() };
        let vars = node.get("vars").map(|vars| self.layer("vars", vars)).unwrap_or_default();
        play.vars = Arc::new(vars.into_iter().chain(around.vars.clone()).collect());
        self.play_vars = play.vars.clone();
        for (key, value) in entries {
            self.play_keyword(key, value, &mut play, &mut base);
        }
        if play.hosts.is_none() {
            self.fault(node.pos, say::play_without_hosts());
        }
        play.any_errors_fatal = base.any_errors_fatal;
        let has_handlers = node.get("handlers").is_some_and(|list| list.kind != NodeKind::Null);
        for section in SECTIONS {
            if let Some(list) = node.get(section) {
                let items = self.items(list, &base);
                self.section(&mut play, items, has_handlers, list.pos);
            }
        }
        if let Some(handlers) = node.get("handlers") {
            play.handlers = self.handlers(handlers, &base);
        }
        self.check_notified(&play);
        self.play_vars = Arc::default();
        vec![play]
    }

    /// A list of tasks that stands for a play.
    pub(super) fn bare(&mut self, list: &Node, around: &Around) -> Play {
        let vars = Arc::new(around.vars.clone());
        self.play_vars = vars.clone();
        let base = Task { file: list.pos.file, ..around.base.clone() };
        let items = self.items(list, &base);
        let play = Play { pos: list.pos, vars, items, ..Play::default() };
        self.check_notified(&play);
        play
    }

    /// Adds a section; notified handlers run after it.
    fn section(&mut self, play: &mut Play, items: Vec<Item>, has_handlers: bool, pos: Pos) {
        let flush = has_handlers && !items.is_empty();
        play.items.extend(items);
        if flush {
            play.items.push(Item::Task(Arc::new(Task {
                id: self.number(),
                pos,
                action: Action::Meta(Meta::FlushHandlers),
                tags: vec!["always".into()],
                file: pos.file,
                ..Task::default()
            })));
        }
    }

    fn play_keyword(&mut self, key: &Node, value: &Node, play: &mut Play, base: &mut Task) {
        let name = key.key_text();
        match &*name {
            "name" => play.name = self.text(&name, value),
            "hosts" => play.hosts = self.hosts(value),
            "gather_facts" => play.gather_facts = self.constant_flag(&name, value),
            "vars_files" => play.vars_files = self.vars_files(value),
            "serial" => play.serial = self.serial(value),
            "max_fail_percentage" => {
                play.max_fail_percentage = self.constant_number(&name, value);
            }
            "strategy" => play.linear = self.strategy(value),
            "order" => play.order = self.order(value),
            "remote_user" => self.default(play, "ansible_user", value),
            "port" => self.default(play, "ansible_port", value),
            "connection" => self.default(play, "ansible_connection", value),
            // Read apart; and gathering more facts, or with another deadline, harms nobody.
            "vars" | "tasks" | "pre_tasks" | "post_tasks" | "handlers" | "gather_subset"
            | "gather_timeout" => {}
            "roles" => {
                if !matches!(&value.kind, NodeKind::List(items) if items.is_empty()) {
                    self.fault(key.pos, say::later("roles"));
                }
            }
            _ => self.shared_play_keyword(key, value, base),
        }
    }

    fn shared_play_keyword(&mut self, key: &Node, value: &Node, base: &mut Task) {
        let name = key.key_text();
        if !self.shared(key, value, base, Place::Play) {
            let message = self.unknown_keyword(&name, Place::Play);
            self.fault(key.pos, message);
        }
    }

    fn hosts(&mut self, value: &Node) -> Option<Node> {
        self.check(value);
        match &value.kind {
            NodeKind::List(items) if !items.is_empty() => {
                let names = items.iter().filter_map(|item| self.text("hosts", item));
                let names: Vec<Arc<str>> = names.map(|name| name.key_text()).collect();
                Some(Node { pos: value.pos, kind: NodeKind::Str(names.join(",").into()) })
            }
            NodeKind::List(_) | NodeKind::Null => None,
            _ => self.text("hosts", value),
        }
    }

    fn vars_files(&mut self, value: &Node) -> Vec<Node> {
        let files = self.several("vars_files", value);
        for file in &files {
            self.check(file);
            for name in self.several("vars_files", file) {
                self.text("vars_files", &name);
            }
        }
        files
    }

    fn default(&mut self, play: &mut Play, name: &str, value: &Node) {
        if let Some(value) = self.text(name, value) {
            Arc::make_mut(&mut play.defaults).insert(name.into(), Var::Authored(value));
        }
    }

    fn serial(&mut self, value: &Node) -> Vec<Batch> {
        let Some(value) = self.constant("serial", value) else { return Vec::new() };
        let sizes = self.several("serial", &value);
        sizes.iter().filter_map(|size| self.batch(size)).collect()
    }

    fn batch(&mut self, size: &Node) -> Option<Batch> {
        let text = size.key_text();
        let text = text.trim();
        let percent = text.strip_suffix('%').map(str::trim);
        let batch = match percent {
            Some(share) => share.parse().ok().filter(|n| *n > 0.0).map(Batch::Percent),
            None => text.parse().ok().map(Batch::Count),
        };
        match batch {
            // As in Ansible, a size of 0 is all hosts.
            Some(Batch::Count(0)) => None,
            None => {
                let found = expect::found(size);
                self.refuse(
                    size.pos,
                    say::keyword_type("serial", "a number or a percentage", found),
                )
            }
            batch => batch,
        }
    }

    fn strategy(&mut self, value: &Node) -> bool {
        let Some(word) = self.constant_text("strategy", value) else { return false };
        match action::bare(&word) {
            "linear" => true,
            "free" | "host_pinned" => false,
            _ => {
                let choices = "linear, free, host_pinned";
                self.refuse(value.pos, say::keyword_choice("strategy", &word, choices))
            }
        }
    }

    fn order(&mut self, value: &Node) -> Option<Arc<str>> {
        const ORDERS: &[&str] =
            &["inventory", "reverse_inventory", "sorted", "reverse_sorted", "shuffle"];
        let word = self.constant_text("order", value)?;
        if ORDERS.contains(&&*word) {
            return Some(word);
        }
        self.refuse(value.pos, say::keyword_choice("order", &word, ORDERS.join(", ")))
    }
}
