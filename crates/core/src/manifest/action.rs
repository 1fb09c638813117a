//! What a task does: the module or the built-in action that it names, and its options.

use std::sync::Arc;

use super::keyword::Place;
use super::task::Parts;
use super::{Reader, arguments, expect};
use crate::message::{Message, manifest as say, option};
use crate::module::Kind;
use crate::node::{Node, NodeKind};
use crate::program::{Action, Item, Meta, Task};
use crate::suggest;

/// A module as a task names it, and what stands beside the name.
pub(super) struct Chosen {
    key: Node,
    value: Node,
    /// `local_action`.
    local: bool,
}

impl Chosen {
    pub(super) fn new(key: &Node, value: &Node) -> Self {
        Self { key: key.clone(), value: value.clone(), local: false }
    }
}

/// Actions that are not modules.
const BUILT_IN: &[&str] = &[
    "import_tasks",
    "include_tasks",
    "include_vars",
    "meta",
    "import_role",
    "include_role",
    "include",
    "import_playbook",
];

/// Keywords that `include_tasks` takes. Source: Ansible, `TaskInclude.VALID_INCLUDE_KEYWORDS`.
const ON_INCLUDE: &[&str] = &[
    "action",
    "args",
    "collections",
    "ignore_error",
    "ignore_errors",
    "listen",
    "local_action",
    "loop",
    "loop_control",
    "name",
    "no_log",
    "register",
    "run_once",
    "tags",
    "timeout",
    "vars",
    "when",
];

/// Options of `include_vars`.
const OF_INCLUDE_VARS: &[&str] = &[
    "file",
    "dir",
    "name",
    "depth",
    "files_matching",
    "ignore_files",
    "extensions",
    "ignore_unknown_extensions",
    "hash_behaviour",
];

const METAS: &[(&str, Meta)] = &[
    ("noop", Meta::Noop),
    ("flush_handlers", Meta::FlushHandlers),
    ("end_play", Meta::EndPlay),
    ("end_host", Meta::EndHost),
    ("end_batch", Meta::EndBatch),
    ("clear_facts", Meta::ClearFacts),
    ("clear_host_errors", Meta::ClearHostErrors),
    ("reset_connection", Meta::ResetConnection),
];

/// Words of Ansible that would change what happens and that we cannot honour.
const METAS_NOT_DONE: &[&str] = &["refresh_inventory", "end_role"];

/// A name without `ansible.builtin.` or `ansible.legacy.` before it.
pub(super) fn bare(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name)
}

impl Reader<'_> {
    /// Whether a key of this name is a module or another action.
    pub(super) fn is_module(&self, name: &str) -> bool {
        BUILT_IN.contains(&bare(name))
            || self.kind(name).is_some()
            || self.setup.files.has_module(name)
    }

    pub(super) fn unknown_module(&self, name: &str, place: Place) -> Message {
        let kinds = self.setup.kinds.iter().map(|kind| kind.name);
        let known = kinds.chain(BUILT_IN.iter().copied()).chain(place.keywords());
        match suggest::closest(bare(name), known) {
            Some(near) => say::unknown_module_near(name, near),
            None => say::unknown_module(name),
        }
    }

    /// `action: NAME OPTIONS`, or a mapping with the name under `module`.
    pub(super) fn by_action(&mut self, key: &Node, value: &Node) -> Option<Chosen> {
        let local = key.as_str() == Some("local_action");
        let (name, rest) = if let NodeKind::Map(entries) = &value.kind {
            let module = value.get("module").and_then(Node::as_str).unwrap_or_default();
            let others = entries.iter().filter(|(key, _)| key.as_str() != Some("module"));
            (module.to_owned(), NodeKind::Map(others.cloned().collect()))
        } else {
            let text = value.as_str().unwrap_or_default().trim();
            let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            let rest = match rest.trim() {
                "" => NodeKind::Null,
                rest => NodeKind::Str(rest.into()),
            };
            (name.to_owned(), rest)
        };
        if name.is_empty() {
            return self.refuse(key.pos, say::no_module());
        }
        if !self.is_module(&name) {
            let message = self.unknown_module(&name, Place::Task);
            return self.refuse(value.pos, message);
        }
        let key = Node { pos: key.pos, kind: NodeKind::Str(name.into()) };
        Some(Chosen { key, value: Node { pos: value.pos, kind: rest }, local })
    }

    /// Completes a task with its action.
    pub(super) fn act(
        &mut self,
        chosen: &Chosen,
        mut task: Task,
        parts: &Parts<'_>,
        base: &Task,
    ) -> Vec<Item> {
        let name = chosen.key.key_text();
        if chosen.local {
            let local = NodeKind::Str("localhost".into());
            task.delegate_to = Some(Node { pos: chosen.key.pos, kind: local });
        }
        match bare(&name) {
            "import_tasks" => return self.import_tasks(chosen, &task, parts),
            "include_tasks" => self.include_tasks(chosen, &mut task, parts, base),
            "include_vars" => self.include_vars(chosen, &mut task, parts),
            "meta" => self.meta(chosen, &mut task, parts),
            "include_role" | "import_role" => {
                self.fault(chosen.key.pos, say::later(&name));
            }
            "include" => {
                self.fault(chosen.key.pos, say::old_include());
            }
            "import_playbook" => {
                self.fault(chosen.key.pos, say::not_here(&name, "list of tasks"));
            }
            _ => match self.kind(&name) {
                Some(kind) => self.module(kind, chosen, &mut task, parts),
                None => self.external(chosen, &mut task, parts),
            },
        }
        task.id = self.number();
        vec![Item::Task(Arc::new(task))]
    }

    fn module(&mut self, kind: &Kind, chosen: &Chosen, task: &mut Task, parts: &Parts<'_>) {
        task.action = Action::Module(kind.name.into());
        let Some(args) = self.options(chosen, parts, kind.free_form) else { return };
        self.check_options(kind, &args);
        task.args = match kind.normalized(&args) {
            Ok(args) => args,
            Err(fault) if args.has_template() => {
                // Another spelling whose value is not known yet; it is read again once rendered.
                drop(fault);
                args
            }
            Err(fault) => return self.faults.push(fault),
        };
        if let Err(error) = kind.check_literals(&task.args)
            && error.unknown.is_none()
        {
            self.fault(error.pos, error.message);
        }
    }

    /// The templates among the options, and the expressions.
    fn check_options(&mut self, kind: &Kind, args: &Node) {
        let NodeKind::Map(entries) = &args.kind else { return self.check(args) };
        for (key, value) in entries {
            if !key.as_str().is_some_and(|key| kind.expressions.contains(&key)) {
                self.check(value);
                continue;
            }
            match &value.kind {
                NodeKind::List(items) => items.iter().for_each(|item| self.check_expr(item)),
                _ => self.check_expr(value),
            }
        }
    }

    fn external(&mut self, chosen: &Chosen, task: &mut Task, parts: &Parts<'_>) {
        task.action = Action::External(chosen.key.key_text());
        if let Some(args) = self.options(chosen, parts, None) {
            self.check(&args);
            task.args = args;
        }
    }

    /// The options of a task: `args`, and above them what stands beside the module's name. They stand at
    /// the module's place. Text goes to `free_form`, or is read as `key=value`.
    fn options(
        &mut self,
        chosen: &Chosen,
        parts: &Parts<'_>,
        free_form: Option<&str>,
    ) -> Option<Node> {
        let pos = chosen.key.pos;
        let value = &chosen.value;
        let own = match &value.kind {
            NodeKind::Null => Vec::new(),
            NodeKind::Map(entries) => entries.clone(),
            NodeKind::List(_) => {
                return self.refuse(value.pos, option::not_options(expect::found(value)));
            }
            _ => match free_form {
                Some(name) => {
                    let key = Node { pos, kind: NodeKind::Str(name.into()) };
                    let text = match value.as_str() {
                        Some(_) => value.clone(),
                        None => Node { pos: value.pos, kind: NodeKind::Str(value.key_text()) },
                    };
                    vec![(key, text)]
                }
                None if is_whole_template(value) && parts.args.is_none() => {
                    self.check(value);
                    return Some(value.clone());
                }
                None => self.pairs(chosen)?,
            },
        };
        let kind = match parts.args.map(|args| (args, &args.kind)) {
            None | Some((_, NodeKind::Null)) => NodeKind::Map(own),
            Some((_, NodeKind::Map(below))) => NodeKind::Map(merged(below, own)),
            Some((args, _)) if own.is_empty() && is_whole_template(args) => {
                self.check(args);
                args.kind.clone()
            }
            Some((args, _)) => {
                let message = say::keyword_type("args", "a mapping", expect::found(args));
                return self.refuse(args.pos, message);
            }
        };
        Some(Node { pos, kind })
    }

    fn pairs(&mut self, chosen: &Chosen) -> Option<Vec<(Node, Node)>> {
        let refuse = say::text_for_options(chosen.key.key_text());
        match arguments::pairs(&chosen.value) {
            Some((found, rest)) if rest.is_empty() => Some(found),
            _ => self.refuse(chosen.value.pos, refuse),
        }
    }

    fn meta(&mut self, chosen: &Chosen, task: &mut Task, parts: &Parts<'_>) {
        let Some(options) = self.options(chosen, parts, Some("word")) else { return };
        let word = options.get("word").cloned().unwrap_or_default();
        let Some(word) = self.constant_text("meta", &word) else {
            return self.fault(chosen.key.pos, say::keyword_type("meta", "a word", "nothing"));
        };
        if let Some((_, meta)) = METAS.iter().find(|(name, _)| *name == &*word) {
            task.action = Action::Meta(*meta);
        } else if METAS_NOT_DONE.contains(&&*word) {
            self.fault(chosen.value.pos, say::not_done(format!("meta: {word}")));
        } else {
            let choices: Vec<&str> = METAS.iter().map(|(name, _)| *name).collect();
            let message = say::keyword_choice("meta", word, choices.join(", "));
            self.fault(chosen.value.pos, message);
        }
    }

    fn include_vars(&mut self, chosen: &Chosen, task: &mut Task, parts: &Parts<'_>) {
        task.action = Action::IncludeVars;
        let Some(args) = self.file_options(chosen, parts, OF_INCLUDE_VARS) else { return };
        self.check(&args);
        task.args = args;
    }

    fn include_tasks(&mut self, chosen: &Chosen, task: &mut Task, parts: &Parts<'_>, base: &Task) {
        task.action = Action::IncludeTasks;
        for (key, _) in &parts.keywords {
            let name = key.key_text();
            let taken = ON_INCLUDE.contains(&&*name) || name.starts_with("with_");
            if !taken {
                self.fault(key.pos, say::not_on_include(name));
            }
        }
        let Some(args) = self.file_options(chosen, parts, &["file", "apply"]) else { return };
        let Some(file) = args.get("file").and_then(|file| self.text("file", file)) else {
            return self.fault(args.pos, option::missing("file"));
        };
        let mut inherit = base.clone();
        if let Some(apply) = args.get("apply") {
            self.apply(apply, &mut inherit);
        }
        task.inherit = Some(Arc::new(inherit));
        let key = Node { pos: chosen.key.pos, kind: NodeKind::Str("file".into()) };
        task.args = Node { pos: args.pos, kind: NodeKind::Map(vec![(key, file)]) };
    }

    /// `apply:`, the keywords that reach the included tasks.
    fn apply(&mut self, apply: &Node, inherit: &mut Task) {
        let NodeKind::Map(entries) = &apply.kind else {
            let found = expect::found(apply);
            return self.fault(apply.pos, say::keyword_type("apply", "a mapping", found));
        };
        for (key, value) in entries {
            let name = key.key_text();
            if &*name != "name" && !self.shared(key, value, inherit, Place::Block) {
                let message = self.unknown_keyword(&name, Place::Block);
                self.fault(key.pos, message);
            }
        }
    }

    fn import_tasks(&mut self, chosen: &Chosen, task: &Task, parts: &Parts<'_>) -> Vec<Item> {
        if let Some((key, _)) = parts.repeat {
            return self.refuse(key.pos, say::not_on_import(key.key_text()));
        }
        let Some(args) = self.file_options(chosen, parts, &["file"]) else { return Vec::new() };
        let Some(file) = args.get("file").filter(|file| file.kind != NodeKind::Null) else {
            return self.refuse(args.pos, option::missing("file"));
        };
        // The import's own variables may name the file.
        let known = self.play_vars.iter().chain(task.vars.iter());
        let known = Arc::new(known.map(|(name, var)| (name.clone(), var.clone())).collect());
        let outer = std::mem::replace(&mut self.play_vars, known);
        let file = self.constant_text("import_tasks", file);
        self.play_vars = outer;
        let Some(file) = file else { return Vec::new() };
        self.task_file(&file, args.pos, &inheritable(task))
    }

    /// Options of an action whose text is the name of a file.
    fn file_options(&mut self, chosen: &Chosen, parts: &Parts<'_>, known: &[&str]) -> Option<Node> {
        let mut args = self.options(chosen, parts, Some("file"))?;
        if let NodeKind::Map(entries) = &mut args.kind {
            split_file(entries);
            for (key, _) in entries.iter() {
                let name = key.key_text();
                if known.contains(&&*name) {
                    continue;
                }
                let message = match suggest::closest(&name, known.iter().copied()) {
                    Some(near) => option::unknown_near(&name, near),
                    None => option::unknown(&name, known.join(", ")),
                };
                self.fault(key.pos, message);
            }
        }
        Some(args)
    }
}

/// `include_tasks: web.yml` and `include_tasks: file=web.yml`.
fn split_file(entries: &mut Vec<(Node, Node)>) {
    let at = entries.iter().position(|(key, _)| key.as_str() == Some("file"));
    let Some(at) = at else { return };
    let Some((found, rest)) = arguments::pairs(&entries[at].1) else { return };
    if found.is_empty() {
        return;
    }
    let pos = entries[at].1.pos;
    let (key, _) = entries.remove(at);
    if !rest.is_empty() {
        entries.push((key, Node { pos, kind: NodeKind::Str(rest.into()) }));
    }
    entries.extend(found);
}

/// What tasks inherit from a static import: all but what belongs to the import itself.
fn inheritable(task: &Task) -> Task {
    Task {
        id: 0,
        name: None,
        action: Action::default(),
        args: Node::default(),
        repeat: None,
        register: None,
        listen: Vec::new(),
        changed_when: Vec::new(),
        failed_when: Vec::new(),
        until: Vec::new(),
        retries: None,
        delay: None,
        inherit: None,
        ..task.clone()
    }
}

/// Whether the value is one template and nothing else, which may render to a mapping.
fn is_whole_template(node: &Node) -> bool {
    let text = node.as_str().unwrap_or_default().trim();
    node.is_template() && text.starts_with("{{") && text.ends_with("}}")
}

/// Options above others of the same names.
fn merged(below: &[(Node, Node)], above: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
    let hidden =
        |(key, _): &&(Node, Node)| !above.iter().any(|(k, _)| k.key_text() == key.key_text());
    let mut all: Vec<(Node, Node)> = below.iter().filter(hidden).cloned().collect();
    all.extend(above);
    all
}
