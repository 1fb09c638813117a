//! Modules: the kinds of task. To add one: its file, and two lines here. CONTRIBUTING.md has the steps.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::change::{Outcome, Planned};
use crate::message::Message;
use crate::node::{Node, Pos};
use crate::observe::{Observe, Stop};
use crate::value::{Map, Value};

mod apt;
mod assert;
mod authorized_key;
mod command;
mod copy;
mod debug;
mod fail;
mod file;
mod group;
mod lineinfile;
mod package;
pub mod pause;
mod ping;
mod raw;
pub mod reboot;
mod script;
mod service;
mod set_fact;
mod setup;
mod shell;
mod stat;
mod template;
mod user;
mod wait_for;

/// Every module, in alphabetical order.
pub const KINDS: &[Kind] = &[
    apt::KIND,
    assert::KIND,
    authorized_key::KIND,
    command::KIND,
    copy::KIND,
    debug::KIND,
    fail::KIND,
    file::KIND,
    group::KIND,
    lineinfile::KIND,
    package::KIND,
    pause::KIND,
    ping::KIND,
    raw::KIND,
    reboot::KIND,
    script::KIND,
    service::KIND,
    set_fact::KIND,
    setup::KIND,
    shell::KIND,
    stat::KIND,
    template::KIND,
    user::KIND,
    wait_for::KIND,
];

/// A kind of task.
#[expect(clippy::struct_excessive_bools, reason = "each is a promise of its own, read by its name")]
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its name in manifests.
    pub name: &'static str,
    /// Other names for it, beside `ansible.builtin.NAME` and `ansible.legacy.NAME`, which always work.
    pub aliases: &'static [&'static str],
    /// The manual: the doc comment of its options.
    pub doc: &'static str,
    /// Its options.
    pub fields: &'static [Field],
    /// The option that takes text written in place of options (`command: ls -l`).
    pub free_form: Option<&'static str>,
    /// Where its tasks are done.
    pub place: Place,
    /// Whether a second run must find nothing to do. Those that cannot promise it are listed, with the
    /// reason, in the idempotency test.
    pub idempotent: bool,
    /// Rewrites the seed's or the field's other spellings into the module's own options, before they are
    /// read. Positions stay.
    pub normalize: Option<Normalize>,
    /// Options that are expressions: each text in them arrives as [`Judged`], not rendered.
    pub expressions: &'static [&'static str],
    /// Whether options of any name are taken beside `fields` (`set_fact`).
    pub open: bool,
    /// Options that name files or directories of the controller, so that they can be sent beforehand.
    pub files: &'static [&'static str],
    /// Options that name templates of the controller.
    pub templates: &'static [&'static str],
    /// Whether its tasks may change a host: a barrier stands before them where the play wants one.
    pub may_change: bool,
    /// Whether what it returns as facts are variables of its own naming (`set_fact`).
    pub sets_variables: bool,
    parse: fn(&Node) -> Result<Box<dyn Module>, OptionError>,
}

/// Rewrites the pairs of an option mapping in place.
pub type Normalize = fn(&mut Vec<(Node, Node)>) -> Result<(), Message>;

/// Where the tasks of a module are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the host (or, for a module without questions and changes, wherever the play is interpreted).
    Host,
    /// By the controller: the play's segment ends before it.
    Controller,
}

/// An expression among the options (`that`, `var`) with what it evaluated to. The interpreter puts a
/// mapping of these two in the place of the expression's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The text as it was written.
    pub expr: Arc<str>,
    /// Its value.
    pub value: Value,
}

/// One option, as its declaration has it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static [&'static str],
    /// Its Rust type, as written.
    pub ty: &'static str,
    /// Its serde attributes, as written; aliases and defaults are read from them.
    pub serde: &'static [&'static str],
}

/// A text of the manual, which the remote executor goes without: it travels to every host.
#[must_use]
pub const fn manual(text: &'static [&'static str]) -> &'static [&'static str] {
    if cfg!(feature = "full") { text } else { &[] }
}

/// Options as a struct whose doc comments are the manual. Implemented by [`options!`](crate::options).
pub trait Options: DeserializeOwned {
    /// The struct's doc comment.
    const DOC: &'static str;
    /// Its fields.
    const FIELDS: &'static [Field];
}

/// What a module does: a pure function from options and observations to changes.
pub trait Module: Send + Sync {
    /// What to change so that the host is as the options say; nothing when it is already.
    ///
    /// Called again with more answers after each [`Stop::Pending`], so it must not depend on anything
    /// but its arguments.
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop>;

    /// The text that a template gives with the task's variables, for a host that does the task in this one's
    /// place and has none of them. Nothing for modules without templates.
    fn text(&self, _: &Context<'_>, _: &mut Observe) -> Result<Option<Arc<str>>, Stop> {
        Ok(None)
    }

    /// Whether these options ask for something that is done each time (`state: restarted`), so that a
    /// second run does it again.
    fn repeats(&self) -> bool {
        false
    }

    /// Completes the result from what came of the changes. Called after the last one, or after the one
    /// that failed. The default fails the task when a change failed, and keeps the result as planned.
    fn finish(&self, mut result: Map, outcomes: &[Outcome]) -> Finish {
        let failed = outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Failed(message, deed) => {
                deed.insert_into(&mut result);
                Some(message.clone())
            }
            Outcome::Refused(message) => Some(message.clone()),
            Outcome::Done(_) | Outcome::Late | Outcome::Cancelled => None,
        });
        Finish { result, failed, changed: None }
    }
}

/// What planning may know beside what it observes.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Whether this is only a check: the plan will not be applied.
    pub check: bool,
    /// Whether this plans anew after changes of this very task ([`Then::Again`]).
    pub again: bool,
    /// Whether a diff will be shown (reading old contents costs time).
    pub diff: bool,
    /// The identity that will do it: login name, or `become_user`.
    pub user: &'a str,
    /// `environment:` of the task.
    pub environment: &'a [(Arc<str>, Arc<str>)],
    /// Where the task stands.
    pub pos: Pos,
    /// How talkative the run is (`-v`), for `debug`.
    pub verbosity: u8,
    /// Renders a template's text with the task's variables (module `template` only needs it). The first
    /// argument names the template in errors.
    pub render: &'a dyn Fn(&str, &str) -> Result<Value, Stop>,
}

/// What a module would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// In this order; the first that fails ends them.
    pub changes: Vec<Planned>,
    /// What `register` will see, beside `changed`, `failed` and the like.
    pub result: Map,
    /// Facts to set, under Ansible's `ansible_facts`.
    pub facts: Map,
    /// Whether the task counts as changed where that is not simply "there are changes".
    pub changed: Option<bool>,
    /// Whether the changes are done in a check too, because what they run promises to change nothing
    /// then: an external module's own prediction, which is shown as claimed, not as known.
    pub claimed: bool,
    /// Why the task has failed, when planning already shows it and `result` is worth keeping. A failure
    /// without a result is [`Stop::Fail`].
    pub failed: Option<Message>,
    /// Why the task is skipped, when it is.
    pub skipped: Option<Message>,
    /// A line for people.
    pub message: Option<Message>,
    /// What comes after the changes.
    pub then: Then,
}

/// What comes after the changes of a [`Plan`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// The task is finished.
    #[default]
    Done,
    /// Plan anew, with new observations: what follows depends on what these changes bring (refresh the
    /// package lists, then choose versions). In check mode the rest is deferred only if planning again
    /// touches something unknown.
    Again,
}

/// A finished task.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// What `register` sees.
    pub result: Map,
    /// Why it failed, if it did.
    pub failed: Option<Message>,
    /// Whether it counts as changed, where the outcome decides it.
    pub changed: Option<bool>,
}

/// Options that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionError {
    /// Where.
    pub pos: Pos,
    /// What is wrong.
    pub message: Message,
    /// Set when nothing is wrong but a value is not known yet, and why.
    pub unknown: Option<Arc<str>>,
}

impl Kind {
    /// A module with the options `T`, done on the host, idempotent, with no other spellings.
    #[must_use]
    pub const fn of<T: Module + Options + 'static>(name: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            doc: if cfg!(feature = "full") { T::DOC } else { "" },
            fields: T::FIELDS,
            free_form: None,
            place: Place::Host,
            idempotent: true,
            normalize: None,
            expressions: &[],
            open: false,
            files: &[],
            templates: &[],
            may_change: true,
            sets_variables: false,
            parse: |node| crate::options::from_node::<T>(node).map(|module| Box::new(module) as _),
        }
    }

    /// The names of the controller's files (or, with `templates`, templates) among these options as they
    /// were written. None where the options say that the name is one of the host's.
    #[must_use]
    pub fn named_files(&self, entries: &[(Node, Node)], templates: bool) -> Vec<Node> {
        let keys = if templates { self.templates } else { self.files };
        let on_host = |(key, value): &(Node, Node)| match key.as_str() {
            Some("state") => true,
            Some("remote_src") => value.key_text().parse().unwrap_or(true),
            _ => false,
        };
        if keys.is_empty() || entries.iter().any(on_host) {
            return Vec::new();
        }
        let named =
            entries.iter().filter(|(key, _)| key.as_str().is_some_and(|k| keys.contains(&k)));
        let name = |(_, value): &(Node, Node)| match (self.free_form, value.as_str()) {
            // The first word of a free-form line.
            (Some(_), Some(text)) => {
                let word = text.split_whitespace().next().unwrap_or_default();
                Node { pos: value.pos, kind: crate::node::NodeKind::Str(word.into()) }
            }
            _ => value.clone(),
        };
        named.map(name).collect()
    }

    /// Reads rendered options.
    pub fn parse(&self, options: &Node) -> Result<Box<dyn Module>, OptionError> {
        match (self.normalize, &options.kind) {
            (Some(normalize), crate::node::NodeKind::Map(entries)) => {
                let mut entries = entries.clone();
                let refuse = |message| OptionError { pos: options.pos, message, unknown: None };
                normalize(&mut entries).map_err(refuse)?;
                (self.parse)(&Node { pos: options.pos, kind: crate::node::NodeKind::Map(entries) })
            }
            _ => (self.parse)(options),
        }
    }
}

/// The module with this name or alias; `ansible.builtin.` and `ansible.legacy.` before it are ignored.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    let bare = name
        .strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name);
    KINDS.iter().find(|kind| {
        kind.name == bare || kind.aliases.contains(&name) || kind.aliases.contains(&bare)
    })
}

impl crate::change::Deed {
    /// Puts status and output where Ansible's results have them.
    pub fn insert_into(&self, result: &mut Map) {
        if let Some(rc) = self.rc {
            let text = |bytes: &crate::observe::Bytes| -> String {
                bytes.lossy().trim_end_matches(['\r', '\n']).to_owned()
            };
            result.insert("rc".into(), Value::Int(rc.into()));
            for (name, lines, bytes) in
                [("stdout", "stdout_lines", &self.stdout), ("stderr", "stderr_lines", &self.stderr)]
            {
                let text = text(bytes);
                let split: Vec<&str> = text.lines().collect();
                result.insert(lines.into(), Value::from(split));
                result.insert(name.into(), Value::from(text));
            }
        }
    }
}

/// Declares the options of a module. The struct's and the fields' doc comments become the manual.
///
/// Every field needs a doc comment; serde attributes stand after it. Unknown options are refused.
#[macro_export]
macro_rules! options {
    (
        $(#[doc = $doc:literal])+
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])+
                $(#[serde($($serde:tt)*)])*
                $field:ident : $ty:ty
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, ::serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        $vis struct $name {
            $(
                $(#[doc = $field_doc])+
                $(#[serde($($serde)*)])*
                $field: $ty
            ),*
        }

        impl $crate::module::Options for $name {
            const DOC: &'static str = concat!($($doc, "\n"),+);
            const FIELDS: &'static [$crate::module::Field] = &[
                $($crate::module::Field {
                    name: stringify!($field),
                    doc: $crate::module::manual(&[$($field_doc),+]),
                    ty: stringify!($ty),
                    serde: &[$(stringify!($($serde)*)),*],
                }),*
            ];
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the directory is what is looked at")]
    fn the_list_is_the_directory() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/module");
        let mut files: Vec<String> = std::fs::read_dir(dir)
            .unwrap()
            .filter_map(|entry| {
                // A folder holds the parts of the module beside it.
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.strip_suffix(".rs").map(str::to_owned)
            })
            .filter(|name| name != "mod")
            .collect();
        files.sort();
        let mut names: Vec<String> = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
        assert!(names.is_sorted(), "keep KINDS in alphabetical order");
        names.sort();
        assert_eq!(files, names, "one file a module, named as the module");
    }
}
