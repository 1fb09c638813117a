//! The keywords that plays, blocks and tasks share, and which a task inherits from what is around it.

use std::sync::Arc;

use super::Reader;
use crate::message::{Message, manifest as say};
use crate::node::{Node, NodeKind};
use crate::program::Task;
use crate::suggest;

/// What carries a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Play,
    Block,
    Task,
    Handler,
}

impl Place {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Block => "block",
            Self::Task | Self::Handler => "task",
        }
    }

    fn own(self) -> &'static [&'static str] {
        match self {
            Self::Play => PLAY,
            Self::Block => BLOCK,
            Self::Task | Self::Handler => TASK,
        }
    }

    /// Every keyword that can stand here.
    pub(super) fn keywords(self) -> impl Iterator<Item = &'static str> + Clone {
        let play = self == Self::Play;
        let shared =
            SHARED.iter().filter(move |word| !play || !matches!(**word, "when" | "notify"));
        let listen = (self == Self::Handler).then_some("listen");
        self.own().iter().chain(shared).copied().chain(listen)
    }
}

/// Keywords of plays, blocks and tasks alike.
const SHARED: &[&str] = &[
    "name",
    "vars",
    "tags",
    "when",
    "notify",
    "become",
    "become_user",
    "become_method",
    "become_flags",
    "environment",
    "no_log",
    "run_once",
    "ignore_errors",
    "ignore_error",
    "ignore_unreachable",
    "check_mode",
    "diff",
    "any_errors_fatal",
    "throttle",
    "timeout",
    "delegate_to",
    "delegate_facts",
];

const PLAY: &[&str] = &[
    "hosts",
    "gather_facts",
    "vars_files",
    "pre_tasks",
    "tasks",
    "post_tasks",
    "handlers",
    "serial",
    "strategy",
    "max_fail_percentage",
    "order",
    "remote_user",
    "port",
    "connection",
];

const BLOCK: &[&str] = &["block", "rescue", "always"];

const TASK: &[&str] = &[
    "action",
    "local_action",
    "args",
    "loop",
    "loop_control",
    "register",
    "until",
    "retries",
    "delay",
    "changed_when",
    "failed_when",
];

/// Keywords of Ansible that would change what happens and that we cannot honour.
const NOT_DONE: &[&str] = &[
    "async",
    "poll",
    "become_exe",
    "debugger",
    "fact_path",
    "force_handlers",
    "module_defaults",
    "validate_argspec",
    "vars_prompt",
];

impl Reader<'_> {
    /// Takes a shared keyword into `task`; false when it is none.
    pub(super) fn shared(
        &mut self,
        key: &Node,
        value: &Node,
        task: &mut Task,
        place: Place,
    ) -> bool {
        let name = &*key.key_text();
        match name {
            "when" if place != Place::Play => {
                let conditions = self.conditions(name, value);
                task.when.extend(conditions);
            }
            "notify" if place != Place::Play => task.notify = self.notified(value),
            "vars" => {
                let layer = self.layer(name, value);
                Arc::make_mut(&mut task.vars).extend(layer);
            }
            "tags" => {
                for tag in self.words(name, value) {
                    if !task.tags.contains(&tag) {
                        task.tags.push(tag);
                    }
                }
            }
            "environment" => {
                let environment = self.environment(value);
                task.environment.extend(environment);
            }
            "any_errors_fatal" => {
                task.any_errors_fatal = self.constant_flag(name, value).unwrap_or_default();
            }
            "delegate_facts" => {
                task.delegate_facts = self.constant_flag(name, value).unwrap_or_default();
            }
            "throttle" => {
                let limit = self.constant_number(name, value).unwrap_or_default();
                task.throttle = format!("{:.0}", limit.max(0.0)).parse().unwrap_or(u32::MAX);
            }
            // Which collections unqualified names are sought in changes nothing here.
            "collections" => {}
            _ => return self.inherited(name, value, task) || self.refused(name, key, place),
        }
        true
    }

    /// Keywords whose innermost value counts.
    fn inherited(&mut self, name: &str, value: &Node, task: &mut Task) -> bool {
        match name {
            "become" => task.r#become.active = self.flag(name, value),
            "become_user" => task.r#become.user = self.text(name, value),
            "become_method" => task.r#become.method = self.become_method(value),
            "become_flags" => task.r#become.flags = self.text(name, value),
            "no_log" => task.no_log = self.flag(name, value),
            "run_once" => task.run_once = self.flag(name, value),
            "ignore_errors" | "ignore_error" => task.ignore_errors = self.flag(name, value),
            "ignore_unreachable" => task.ignore_unreachable = self.flag(name, value),
            "check_mode" => task.check_mode = self.flag(name, value),
            "diff" => task.diff = self.flag(name, value),
            "timeout" => task.timeout = self.number_of(name, value),
            "delegate_to" => task.delegate_to = self.text(name, value),
            _ => return false,
        }
        true
    }

    fn refused(&mut self, name: &str, key: &Node, place: Place) -> bool {
        let message = if NOT_DONE.contains(&name) {
            say::not_done(name)
        } else if matches!(name, "remote_user" | "port" | "connection") && place != Place::Play {
            say::not_here(name, place.noun())
        } else {
            return false;
        };
        self.fault(key.pos, message);
        true
    }

    fn become_method(&mut self, value: &Node) -> Option<Node> {
        let method = self.text("become_method", value)?;
        match method.as_str() {
            Some("sudo" | "ansible.builtin.sudo") => Some(method),
            Some(_) if method.is_template() => Some(method),
            _ => self.refuse(value.pos, say::become_method(method.key_text())),
        }
    }

    fn notified(&mut self, value: &Node) -> Vec<Node> {
        let names = self.several("notify", value);
        names.iter().filter_map(|name| self.text("notify", name)).collect()
    }

    fn environment(&mut self, value: &Node) -> Vec<Node> {
        self.check(value);
        match &value.kind {
            NodeKind::Null => Vec::new(),
            NodeKind::List(items) => items.clone(),
            NodeKind::Map(_) => vec![value.clone()],
            _ if value.is_template() => vec![value.clone()],
            _ => {
                let found = super::expect::found(value);
                self.refuse(value.pos, say::keyword_type("environment", "a mapping", found))
            }
        }
    }

    /// What to say of a key that is no keyword of `place`.
    pub(super) fn unknown_keyword(&self, name: &str, place: Place) -> Message {
        if self.is_module(name) {
            return say::module_as_keyword(name, place.noun());
        }
        match suggest::closest(name, place.keywords()) {
            Some(near) => say::unknown_keyword_near(name, place.noun(), near),
            None => say::unknown_keyword(name, place.noun()),
        }
    }
}
