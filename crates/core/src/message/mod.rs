//! Messages: an id with named arguments, rendered only by a door (command line, API, web page).
//!
//! Each area of the product has one catalogue file here. `catalogue!` makes one constructor function an
//! entry, so an unknown id or a missing argument does not compile. Style of the texts: STYLE.md.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A sentence for a person, as data: which one, and what to put into it.
///
/// `Display` renders the English text; doors that speak other languages look `id` up in theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The entry's name, `area.entry`.
    pub id: Cow<'static, str>,
    /// The arguments by name, in the order of the catalogue.
    pub args: Vec<(Cow<'static, str>, String)>,
}

/// One line of a catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// `area.entry`.
    pub id: &'static str,
    /// The names of its arguments.
    pub args: &'static [&'static str],
    /// The English text; `{name}` stands for an argument, a part after `\nhint: ` says what to do.
    pub text: &'static str,
}

/// Declares the messages of one area: a constructor function for each, and the list `ENTRIES`.
macro_rules! catalogue {
    ($area:literal; $($(#[$doc:meta])* $id:ident($($arg:ident),* $(,)?) $text:literal;)*) => {
        /// The messages of this area.
        pub const ENTRIES: &[$crate::message::Entry] = &[$($crate::message::Entry {
            id: concat!($area, ".", stringify!($id)),
            args: &[$(stringify!($arg)),*],
            text: $text,
        }),*];
        $(
            $(#[$doc])*
            #[doc = concat!("```text\n", $text, "\n```")]
            #[must_use]
            pub fn $id($($arg: impl ::std::fmt::Display),*) -> $crate::message::Message {
                $crate::message::Message {
                    id: ::std::borrow::Cow::Borrowed(concat!($area, ".", stringify!($id))),
                    args: vec![$((::std::borrow::Cow::Borrowed(stringify!($arg)), $arg.to_string())),*],
                }
            }
        )*
    };
}

pub mod account;
pub mod api;
pub mod cli;
pub mod client;
pub mod command;
pub mod credential;
pub mod exec;
pub mod file;
pub mod history;
pub mod host_cli;
pub mod host_key;
pub mod import;
pub mod inventory;
pub mod job;
pub mod manifest;
pub mod module;
pub mod option;
pub mod package;
pub mod plan;
pub mod play;
pub mod register;
pub mod remote;
pub mod run;
pub mod seal;
pub mod server;
pub mod service;
pub mod settings;
pub mod ssh;
pub mod template;
pub mod terminal;
#[cfg(feature = "full")]
pub mod translation;
pub mod upkeep;
pub mod verb;

/// Every catalogue, for the command that prints all ids and for translations.
pub const CATALOGUES: &[&[Entry]] = &[
    account::ENTRIES,
    api::ENTRIES,
    cli::ENTRIES,
    client::ENTRIES,
    command::ENTRIES,
    credential::ENTRIES,
    exec::ENTRIES,
    file::ENTRIES,
    history::ENTRIES,
    host_cli::ENTRIES,
    host_key::ENTRIES,
    import::ENTRIES,
    inventory::ENTRIES,
    job::ENTRIES,
    manifest::ENTRIES,
    module::ENTRIES,
    option::ENTRIES,
    package::ENTRIES,
    plan::ENTRIES,
    play::ENTRIES,
    register::ENTRIES,
    remote::ENTRIES,
    seal::ENTRIES,
    run::ENTRIES,
    server::ENTRIES,
    service::ENTRIES,
    settings::ENTRIES,
    ssh::ENTRIES,
    template::ENTRIES,
    terminal::ENTRIES,
    upkeep::ENTRIES,
    verb::ENTRIES,
];

/// The entry with this id.
#[must_use]
pub fn entry(id: &str) -> Option<&'static Entry> {
    CATALOGUES.iter().flat_map(|catalogue| catalogue.iter()).find(|entry| entry.id == id)
}

impl Message {
    /// The argument called `name`.
    #[must_use]
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The text of `template` with this message's arguments in their places, in one pass, so that an
    /// argument that itself contains `{name}` stays as it is.
    #[must_use]
    pub fn render(&self, template: &str) -> String {
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            let tail = &rest[open + 1..];
            let known =
                tail.split_once('}').and_then(|(name, after)| Some((self.arg(name)?, after)));
            if let Some((value, after)) = known {
                out.push_str(value);
                rest = after;
            } else {
                out.push('{');
                rest = tail;
            }
        }
        out.push_str(rest);
        out
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match entry(&self.id) {
            Some(entry) => f.write_str(&self.render(entry.text)),
            None => write!(f, "{} {:?}", self.id, self.args),
        }
    }
}

impl std::error::Error for Message {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_uses_exactly_its_arguments_and_every_id_is_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for entry in CATALOGUES.iter().flat_map(|catalogue| catalogue.iter()) {
            assert!(seen.insert(entry.id), "{} stands twice", entry.id);
            for arg in entry.args {
                assert!(
                    entry.text.contains(&format!("{{{arg}}}")),
                    "{}: `{arg}` is not used",
                    entry.id
                );
            }
            let args = entry.args.iter().map(|a| (Cow::Borrowed(*a), String::new())).collect();
            let rendered = Message { id: Cow::Borrowed(entry.id), args }.render(entry.text);
            assert!(!rendered.contains('{'), "{}: unknown placeholder in {rendered:?}", entry.id);
        }
    }

    #[test]
    fn an_argument_is_never_read_as_a_placeholder() {
        let message = Message {
            id: Cow::Borrowed("x"),
            args: vec![(Cow::Borrowed("a"), "{b}".into()), (Cow::Borrowed("b"), "no".into())],
        };
        assert_eq!(message.render("{a}-{c}"), "{b}-{c}");
    }
}
