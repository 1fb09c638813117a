//! What is asked of hosts by name: each verb is data, with its right, what it runs, and a pure reader of what
//! comes back.
//!
//! A verb that changes something is a task of a module wherever there is one for it, so that check, diff and
//! journal hold as in a manifest. The others are closed scripts, to which what people say goes as words.

pub mod login;
pub mod packages;
pub mod power;
pub mod processes;
mod sections;
pub mod services;
pub mod signal;
pub mod status;
#[cfg(test)]
mod tests;
pub mod wake;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::message::{Message, verb as say};
use crate::rights::Verb;

/// A verb.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name: `packages.install`.
    pub name: &'static str,
    /// The right that it needs on each host.
    pub right: Verb,
    /// What it does, in words.
    pub summary: &'static str,
    /// Whether it changes a host; what only looks may be repeated.
    pub changes: bool,
    /// Makes what is run from its parameters, or says what is wrong with them.
    make: fn(&Value) -> Result<Made, Message>,
    /// Reads what a script of it printed.
    read: Option<fn(&str) -> Value>,
}

/// What a verb runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// One task of a manifest.
    Task(Task),
    /// A script of ours.
    Script(Script),
    /// A key that is let in, which takes a login before it and one to prove it.
    Key(login::PushKey),
}

/// A task. Its options are data: nothing in them is a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The module.
    pub module: &'static str,
    /// Its options.
    pub options: Map<String, Value>,
}

/// A script for `/bin/sh`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The script.
    pub text: &'static str,
    /// Its arguments; no shell reads them.
    pub arguments: Vec<String>,
}

impl Script {
    fn of(text: &'static str, arguments: &[&str]) -> Self {
        Self { text, arguments: arguments.iter().map(|&word| word.to_owned()).collect() }
    }
}

/// The parameters of a verb that has none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// How a host is, and what it is.
const LOOKS: &[Kind] = &[
    Kind {
        name: "facts",
        right: Verb::View,
        summary: "what a host is: system, hardware, network; kept in the register",
        changes: false,
        make: |parameters| {
            read_parameters::<Nothing>("facts", parameters)?;
            Ok(Made::Task(Task { module: "setup", options: Map::new() }))
        },
        read: None,
    },
    Kind {
        name: "status",
        right: Verb::View,
        summary: "how a host is: load, memory, disks, network, users, services, processes",
        changes: false,
        make: |parameters| {
            let said: Look = read_parameters("status", parameters)?;
            let mode = if said.live { "live" } else { "full" };
            Ok(Made::Script(Script::of(status::SCRIPT, &[mode])))
        },
        read: Some(|output| json!(status::read(output))),
    },
    Kind {
        name: "processes.list",
        right: Verb::View,
        summary: "the processes with the CPU time and memory that they use",
        changes: false,
        make: |parameters| {
            read_parameters::<Nothing>("processes.list", parameters)?;
            Ok(Made::Script(Script::of(status::SCRIPT, &["processes"])))
        },
        read: Some(|output| json!(processes::list(output))),
    },
];

/// How closely is looked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Look {
    /// Only what changes all the time.
    live: bool,
}

/// Every verb.
pub const KINDS: &[&[Kind]] = &[
    LOOKS,
    signal::KINDS,
    packages::KINDS,
    services::KINDS,
    power::KINDS,
    wake::KINDS,
    login::KINDS,
];

/// All verbs, in their order.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().flat_map(|kinds| kinds.iter())
}

/// The verb of this name.
pub fn kind(name: &str) -> Result<&'static Kind, Message> {
    all().find(|kind| kind.name == name).ok_or_else(|| say::unknown(name))
}

impl Kind {
    /// Makes what is run.
    pub fn make(&self, parameters: &Value) -> Result<Made, Message> {
        (self.make)(parameters)
    }

    /// Reads what came back on standard output, where it is more than talk.
    #[must_use]
    pub fn read(&self, output: &str) -> Option<Value> {
        self.read.map(|read| read(output))
    }
}

/// The parameters of a verb; none said are none.
fn read_parameters<T: DeserializeOwned>(verb: &str, said: &Value) -> Result<T, Message> {
    let said = if said.is_null() { json!({}) } else { said.clone() };
    T::deserialize(said).map_err(|error| say::bad_parameters(verb, error))
}
