//! Messages in Brazilian Portuguese and Spanish, beside the English catalogues. One file an area.
//!
//! A message without a translation is said in English; a test holds that those of `AREAS` have one.

mod account;
mod api;
mod command;
mod credential;
mod exec;
mod file;
mod host_key;
mod import;
mod inventory;
mod job;
mod manifest;
mod module;
mod option;
mod package;
mod plan;
mod play;
mod register;
mod remote;
mod run;
mod seal;
mod server;
mod service;
mod ssh;
mod template;
mod terminal;
mod verb;
mod word;

pub use self::word::worded;

/// A language that messages are translated into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// Brazilian Portuguese.
    Portuguese,
    /// Spanish.
    Spanish,
}

/// An entry of a catalogue in other languages.
#[derive(Clone, Copy, Debug)]
pub struct Translation {
    /// `area.entry`.
    pub id: &'static str,
    /// In Brazilian Portuguese, with the same arguments.
    pub pt_br: &'static str,
    /// In Spanish, with the same arguments.
    pub es: &'static str,
}

/// Declares the translations of one area.
macro_rules! translations {
    ($area:literal; $($id:ident pt $pt:literal es $es:literal;)*) => {
        /// The translations of this area.
        pub(super) const ENTRIES: &[$crate::message::translation::Translation] = &[$(
            $crate::message::translation::Translation {
                id: concat!($area, ".", stringify!($id)),
                pt_br: $pt,
                es: $es,
            }
        ),*];
    };
}

use translations;

/// Every area that is translated.
const TRANSLATED: &[&[Translation]] = &[
    account::ENTRIES,
    api::ENTRIES,
    command::ENTRIES,
    credential::ENTRIES,
    exec::ENTRIES,
    file::ENTRIES,
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
    run::ENTRIES,
    seal::ENTRIES,
    server::ENTRIES,
    service::ENTRIES,
    ssh::ENTRIES,
    template::ENTRIES,
    terminal::ENTRIES,
    verb::ENTRIES,
];

/// The text of a message in a language, with the places of its arguments; `None` where it has none.
#[must_use]
pub fn translated(id: &str, tongue: Tongue) -> Option<&'static str> {
    let mut entries = TRANSLATED.iter().flat_map(|area| area.iter());
    entries.find(|entry| entry.id == id).map(|entry| match tongue {
        Tongue::Portuguese => entry.pt_br,
        Tongue::Spanish => entry.es,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{CATALOGUES, entry};
    use super::*;

    /// What a person can meet on the web page.
    const AREAS: &[&str] = &[
        "account",
        "api",
        "command",
        "credential",
        "exec",
        "file",
        "host_key",
        "import",
        "inventory",
        "job",
        "manifest",
        "module",
        "option",
        "package",
        "plan",
        "play",
        "register",
        "remote",
        "run",
        "seal",
        "server",
        "service",
        "ssh",
        "template",
        "terminal",
        "verb",
    ];

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split('}').next()).collect()
    }

    #[test]
    fn translations_are_of_entries_and_have_their_arguments() {
        let mut seen = BTreeSet::new();
        for one in TRANSLATED.iter().flat_map(|area| area.iter()) {
            assert!(seen.insert(one.id), "{} stands twice", one.id);
            let entry = entry(one.id).unwrap_or_else(|| panic!("{} is no message", one.id));
            for text in [one.pt_br, one.es] {
                assert_eq!(places(text), places(entry.text), "{}: {text}", one.id);
                let has_hint = |text: &str| text.contains("\nhint: ");
                assert_eq!(has_hint(text), has_hint(entry.text), "{}: its hint", one.id);
            }
        }
    }

    #[test]
    fn all_that_a_person_can_meet_is_translated() {
        let area = |id: &str| id.split('.').next().unwrap_or_default().to_owned();
        let all = CATALOGUES.iter().flat_map(|catalogue| catalogue.iter()).map(|entry| entry.id);
        let missing: Vec<&str> = all
            .filter(|id| AREAS.contains(&area(id).as_str()))
            .filter(|id| translated(id, Tongue::Spanish).is_none())
            .collect();
        assert!(missing.is_empty(), "add them in this folder: {missing:?}");
    }
}
