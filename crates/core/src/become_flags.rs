//! `become_flags`: options for `sudo`, as the operator wrote them.
//!
//! They stand in place of `-H`, as in Ansible, where the default is `-H -S -n`. How a password is asked for
//! is ours to say, so `-S` and `-n` are taken and have no effect. Options that would have sudo do something
//! else than run our program, or hide from us what it says, are refused.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::message::{Message, play as say};
use crate::{quote, words};

/// Short options without a value.
const SHORT: &str = "BEHNPiks";
/// Short options with a value.
const SHORT_WITH: &str = "CDTgrt";
/// Long options: the name, and whether they may and must have a value.
const LONG: [(&str, bool, bool); 16] = [
    ("bell", false, false),
    ("preserve-env", true, false),
    ("set-home", false, false),
    ("no-update", false, false),
    ("preserve-groups", false, false),
    ("login", false, false),
    ("reset-timestamp", false, false),
    ("non-interactive", false, false),
    ("shell", false, false),
    ("stdin", false, false),
    ("close-from", true, true),
    ("chdir", true, true),
    ("command-timeout", true, true),
    ("group", true, true),
    ("role", true, true),
    ("type", true, true),
];

/// Options for `sudo`, each a word.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Flags(Vec<Arc<str>>);

impl Default for Flags {
    fn default() -> Self {
        Self(vec!["-H".into()])
    }
}

impl Flags {
    /// Reads what stands in `become_flags`.
    pub fn read(text: &str) -> Result<Self, Message> {
        let refuse = |what: &str| say::become_flags(what, text);
        let words = words::split(text).map_err(refuse)?;
        let mut flags = Vec::new();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if let Some(long) = word.strip_prefix("--") {
                flags.extend(read_long(long, &mut rest).ok_or_else(|| refuse(word))?);
            } else {
                let short = word.strip_prefix('-').filter(|short| !short.is_empty());
                let short = short.ok_or_else(|| refuse(word))?;
                flags.extend(read_short(short, &mut rest).ok_or_else(|| refuse(word))?);
            }
        }
        Ok(Self(flags))
    }

    /// Whether they are those that stand where nobody says anything.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        matches!(&self.0[..], [one] if **one == *"-H")
    }

    /// The words, to stand behind `sudo`.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|word| &**word)
    }

    /// A program's words as sudo must be given them: with `-i` and `-s` it hands them to a shell.
    #[must_use]
    pub fn program(&self, words: Vec<String>) -> Vec<String> {
        if self.0.iter().any(|flag| ["-i", "-s"].contains(&&**flag)) {
            return quote::through_shell(&words);
        }
        words
    }
}

/// One word of short options, which may stand together. Nothing where one is not for us to take.
fn read_short<'a>(
    letters: &str,
    rest: &mut impl Iterator<Item = &'a String>,
) -> Option<Vec<Arc<str>>> {
    let mut flags = Vec::new();
    for (at, letter) in letters.char_indices() {
        if SHORT_WITH.contains(letter) {
            let value = &letters[at + letter.len_utf8()..];
            let value = if value.is_empty() { rest.next()?.as_str() } else { value };
            flags.extend([format!("-{letter}").into(), value.into()]);
            return Some(flags);
        }
        match letter {
            'S' | 'n' => {}
            _ if SHORT.contains(letter) => flags.push(format!("-{letter}").into()),
            _ => return None,
        }
    }
    Some(flags)
}

/// One long option.
fn read_long<'a>(
    option: &str,
    rest: &mut impl Iterator<Item = &'a String>,
) -> Option<Vec<Arc<str>>> {
    let (name, value) = match option.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (option, None),
    };
    let (_, may, must) = LONG.iter().find(|(known, ..)| *known == name)?;
    match (name, value) {
        (_, Some(_)) if !may => None,
        ("stdin" | "non-interactive", None) => Some(vec![]),
        ("login", None) => Some(vec!["-i".into()]),
        ("shell", None) => Some(vec!["-s".into()]),
        (_, None) if *must => Some(vec![format!("--{name}={}", rest.next()?).into()]),
        _ => Some(vec![format!("--{option}").into()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_and_what_is_refused() {
        for (text, words) in [
            ("-H -S -n", Ok("-H")),
            ("", Ok("")),
            ("-HSn", Ok("-H")),
            ("-HE -g 'web team'", Ok("-H -E -g 'web team'")),
            ("-gwww -i", Ok("-g www -i")),
            ("--login --set-home --stdin --non-interactive", Ok("-i --set-home")),
            ("--preserve-env=A,B --preserve-env", Ok("--preserve-env=A,B --preserve-env")),
            ("--group www --chdir=/srv", Ok("--group=www --chdir=/srv")),
            ("-u bob", Err("-u")),
            ("-Hp x", Err("-Hp")),
            ("-b", Err("-b")),
            ("-A", Err("-A")),
            ("-l", Err("-l")),
            ("-R /jail", Err("-R")),
            ("--background", Err("--background")),
            ("--login=x", Err("--login=x")),
            ("--", Err("--")),
            ("-", Err("-")),
            ("-H su", Err("su")),
            ("A=1", Err("A=1")),
            ("-g", Err("-g")),
            ("--group", Err("--group")),
            ("-g 'open", Err("a quotation is not closed")),
        ] {
            let read = Flags::read(text);
            let read = read.as_ref().map(|flags| quote::line(flags.words()));
            let read = read.as_deref().map_err(|message| message.arg("what").unwrap());
            assert_eq!(read, words, "{text}");
        }
    }

    #[test]
    fn the_default_is_what_ansible_writes() {
        assert_eq!(Flags::default(), Flags::read("-H -S -n").unwrap());
    }
}
