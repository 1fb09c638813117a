//! What is wrong with an option while it is being read: serde's error, with a place.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Expected, Unexpected};

use crate::message::{Message, option as say};
use crate::module::OptionError;
use crate::node::Pos;
use crate::suggest;

/// An error on its way up: it learns its place and the option's name from what it passes.
#[derive(Debug)]
pub(super) struct Fault {
    pos: Option<Pos>,
    /// Names of options, innermost first.
    path: Vec<Arc<str>>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Done(Message),
    Wrong { expected: String, found: String },
    Choice { word: String, choices: &'static [&'static str] },
    Refused(String),
    ModeNumber(i64),
    Mode(String),
    Unknown(Arc<str>),
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self { pos: None, path: Vec::new(), kind }
    }

    pub(super) fn message(message: Message, pos: Pos) -> Self {
        Self { pos: Some(pos), ..Self::new(Kind::Done(message)) }
    }

    pub(super) fn wrong(expected: &str, found: String) -> Self {
        Self::new(Kind::Wrong { expected: expected.to_owned(), found })
    }

    pub(super) fn mode_number(value: i64) -> Self {
        Self::new(Kind::ModeNumber(value))
    }

    pub(super) fn mode(text: &str) -> Self {
        Self::new(Kind::Mode(text.to_owned()))
    }

    pub(super) fn unknown(why: &Arc<str>) -> Self {
        Self::new(Kind::Unknown(why.clone()))
    }

    /// The same, seen from the option or item around it.
    pub(super) fn within(mut self, pos: Pos, name: Option<Arc<str>>) -> Self {
        self.pos.get_or_insert(pos);
        self.path.extend(name);
        self
    }

    pub(super) fn finish(self, pos: Pos) -> OptionError {
        let mut path = self.path;
        path.reverse();
        let name = path.join(".");
        let mut unknown = None;
        let message = match self.kind {
            Kind::Done(message) => message,
            Kind::Wrong { expected, found } if name.is_empty() => {
                say::not_options(if expected.is_empty() { expected } else { found })
            }
            Kind::Wrong { expected, found } => say::value(name, expected, found),
            Kind::Choice { word, choices } => {
                match suggest::closest(&word, choices.iter().copied()) {
                    Some(near) => say::choice_near(name, &word, near),
                    None => say::choice(name, &word, choices.join(", ")),
                }
            }
            Kind::Refused(why) => say::refused(name, why),
            Kind::ModeNumber(value) => say::mode_number(name, value),
            Kind::Mode(text) => say::mode(name, text),
            Kind::Unknown(why) => {
                unknown = Some(why.clone());
                say::unknown_value(name, why)
            }
        };
        OptionError { pos: self.pos.unwrap_or(pos), message, unknown }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self::new(Kind::Refused(why.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(&expected.to_string(), found.to_string())
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(Kind::Done(say::missing(name)))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::new(Kind::Done(say::twice(name)))
    }

    fn unknown_variant(word: &str, choices: &'static [&'static str]) -> Self {
        Self::new(Kind::Choice { word: word.to_owned(), choices })
    }
}
