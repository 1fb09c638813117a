//! The words of the pages, in three languages side by side. A text that lacks a language does not compile.
//!
//! One file an area. What operations say is no word of a page: it comes as a message (`ui/speech.rs`).

mod access;
mod ask;
mod bulk;
mod credentials;
mod find;
mod frame;
mod groups;
mod help;
mod host;
mod host_act;
mod host_form;
mod hosts;
mod jobs;
mod kept;
mod manifests;
mod overview;
mod partitions;
mod repositories;
mod run;
mod runs;
mod server;
mod terminal;
mod users;
mod views;
mod welcome;

use super::language::Language;

/// The words in one language: `t.hosts_title()` in templates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The language.
    pub(crate) language: Language,
}

/// An entry, for tests.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    id: &'static str,
    args: &'static [&'static str],
    texts: [&'static str; 3],
}

/// Declares the words of an area: one method an entry, of which the arguments stand as `{name}` in the texts.
macro_rules! words {
    ($($id:ident($($arg:ident),*) en $en:literal pt $pt:literal es $es:literal;)*) => {
        /// The words of this area.
        #[cfg(test)]
        pub(super) const ENTRIES: &[$crate::ui::words::Entry] = &[$($crate::ui::words::Entry {
            id: stringify!($id),
            args: &[$(stringify!($arg)),*],
            texts: [$en, $pt, $es],
        }),*];

        impl $crate::ui::words::Words {
            $($crate::ui::words::words! { @one $id [$($arg),*] [$en, $pt, $es] })*
        }
    };
    (@one $id:ident [] $texts:expr) => {
        #[doc = concat!("`", stringify!($id), "` in the language.")]
        pub(crate) const fn $id(self) -> &'static str {
            self.choose($texts)
        }
    };
    (@one $id:ident [$($arg:ident),+] $texts:expr) => {
        #[doc = concat!("`", stringify!($id), "` in the language, with its arguments.")]
        pub(crate) fn $id(self, $($arg: impl ::std::fmt::Display),+) -> String {
            $crate::ui::words::filled(
                self.choose($texts),
                &[$((stringify!($arg), $arg.to_string())),+],
            )
        }
    };
}

use words;

impl Words {
    const fn choose(self, [en, pt, es]: [&'static str; 3]) -> &'static str {
        match self.language {
            Language::English => en,
            Language::Portuguese => pt,
            Language::Spanish => es,
        }
    }
}

/// A text with its arguments in their places, in one pass: an argument is never read for places.
fn filled(text: &str, args: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('{') {
        out.push_str(before);
        let known = tail
            .split_once('}')
            .and_then(|(name, after)| Some((args.iter().find(|(arg, _)| *arg == name)?, after)));
        let Some(((_, value), after)) = known else {
            out.push('{');
            rest = tail;
            continue;
        };
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ALL: &[&[Entry]] = &[
        access::ENTRIES,
        ask::ENTRIES,
        bulk::ENTRIES,
        credentials::ENTRIES,
        find::ENTRIES,
        frame::ENTRIES,
        groups::ENTRIES,
        help::ENTRIES,
        host::ENTRIES,
        host_act::ENTRIES,
        host_form::ENTRIES,
        hosts::ENTRIES,
        jobs::ENTRIES,
        kept::ENTRIES,
        manifests::ENTRIES,
        overview::ENTRIES,
        partitions::ENTRIES,
        repositories::ENTRIES,
        run::ENTRIES,
        runs::ENTRIES,
        server::ENTRIES,
        terminal::ENTRIES,
        users::ENTRIES,
        views::ENTRIES,
        welcome::ENTRIES,
    ];

    #[test]
    fn every_area_is_looked_at() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui/words");
        let files = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(ALL.len(), files - 1, "an area that `ALL` of this test does not name");
    }

    #[test]
    fn three_languages_have_the_same_arguments() {
        for entry in ALL.iter().flat_map(|area| area.iter()) {
            let wanted: BTreeSet<&str> = entry.args.iter().copied().collect();
            for text in entry.texts {
                assert!(!text.trim().is_empty(), "{}: an empty text", entry.id);
                let parts = text.split('{').skip(1).map(|part| part.split('}').next().unwrap());
                let found: BTreeSet<&str> = parts.collect();
                assert_eq!(found, wanted, "{}: {text}", entry.id);
            }
        }
    }

    #[test]
    fn an_argument_is_never_read_for_places() {
        let args = [("a", "{b}".to_owned()), ("b", "no".to_owned())];
        assert_eq!(filled("{a} {c} {b}", &args), "{b} {c} no");
    }
}
