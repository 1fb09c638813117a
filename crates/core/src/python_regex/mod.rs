//! Regular expressions as Python reads and matches them.
//!
//! An engine of our own: expressions come from manifests written for Python, and every other engine reads
//! or matches some of them otherwise. It is also a tenth of the size of those, and travels to every host.
//! As Python's it goes back and tries another way; unlike Python's it gives up after about a second.

mod chars;
mod class;
mod group;
mod machine;
mod node;
mod parse;
mod program;
mod replace;

use std::fmt;
use std::sync::Arc;

use machine::{NONE, Where};
use parse::Flags;
use program::Program;

pub(crate) use replace::expanded;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Regex {
    pattern: Arc<str>,
    program: Arc<Program>,
}

/// A match, with its groups.
#[derive(Clone, Debug)]
pub struct Captures<'t> {
    text: &'t str,
    slots: Vec<usize>,
    program: Arc<Program>,
}

/// Matching an expression takes too long, or too much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooHard;

impl fmt::Display for TooHard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it takes too long; write it so that there are fewer ways to match")
    }
}

impl Regex {
    /// Compiles an expression. The error says what is wrong, in Python's words.
    pub fn new(pattern: &str) -> Result<Self, String> {
        Self::with(pattern, false, false)
    }

    /// As [`Regex::new`], with Python's flags `re.IGNORECASE` and `re.MULTILINE`.
    pub fn with(pattern: &str, ignore_case: bool, multi_line: bool) -> Result<Self, String> {
        let flags = Flags { ignore_case, multi_line, ..Flags::default() };
        let program = Arc::new(Program::new(parse::parse(pattern, flags)?));
        Ok(Self { pattern: pattern.into(), program })
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// The names of its groups.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.program.groups.names.iter().map(|(name, _)| name.as_str())
    }

    /// Whether it matches anywhere.
    pub fn is_match(&self, text: &str) -> Result<bool, TooHard> {
        self.captures(text).map(|found| found.is_some())
    }

    /// Whether it matches from the beginning on: Python's `re.match`.
    pub fn is_match_at_start(&self, text: &str) -> Result<bool, TooHard> {
        self.find(text, 0, false, Where::Here).map(|found| found.is_some())
    }

    /// Whether it matches all of a text: Python's `re.fullmatch`.
    pub fn is_full_match(&self, text: &str) -> Result<bool, TooHard> {
        self.find(text, 0, false, Where::Whole).map(|found| found.is_some())
    }

    /// The first match.
    pub fn captures<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, TooHard> {
        self.find(text, 0, false, Where::Anywhere)
    }

    /// All matches, one after the other: Python's `re.finditer`.
    pub fn captures_iter<'t>(
        &self,
        text: &'t str,
    ) -> impl Iterator<Item = Result<Captures<'t>, TooHard>> + use<'t, '_> {
        let (mut from, mut must_advance, mut over) = (0, false, false);
        std::iter::from_fn(move || {
            if over {
                return None;
            }
            let found = self.find(text, from, must_advance, Where::Anywhere).transpose();
            match &found {
                Some(Ok(captures)) => {
                    let (start, end) = captures.span(0).unwrap_or((from, from));
                    (from, must_advance) = (end, start == end);
                }
                _ => over = true,
            }
            found
        })
    }

    fn find<'t>(
        &self,
        text: &'t str,
        from: usize,
        must_advance: bool,
        place: Where,
    ) -> Result<Option<Captures<'t>>, TooHard> {
        let slots = machine::search(&self.program, text, from, must_advance, place)?;
        let program = &self.program;
        Ok(slots.map(|slots| Captures { text, slots, program: Arc::clone(program) }))
    }
}

impl<'t> Captures<'t> {
    /// How many groups there are, with the whole.
    #[expect(clippy::len_without_is_empty, reason = "there is always the whole")]
    pub fn len(&self) -> usize {
        self.program.groups.count() + 1
    }

    /// Where a group lies, in bytes; 0 is the whole. None for one that took no part.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        let (start, end) = (*self.slots.get(2 * group)?, *self.slots.get(2 * group + 1)?);
        (group < self.len() && start != NONE && end != NONE).then_some((start, end))
    }

    /// The text of a group; 0 is the whole. None for one that took no part.
    pub fn get(&self, group: usize) -> Option<&'t str> {
        self.span(group).and_then(|(start, end)| self.text.get(start..end))
    }

    /// The text of a group by number or name; an error where there is no such group.
    pub fn by(&self, name: &str) -> Result<Option<&'t str>, String> {
        let number = match name.parse::<usize>() {
            Ok(number) if number < self.len() => number,
            Ok(number) => return Err(format!("there is no group {number}")),
            Err(_) => {
                let known = self.program.groups.names.iter().find(|(known, _)| known == name);
                known.map(|(_, number)| *number).ok_or(format!("there is no group '{name}'"))?
            }
        };
        Ok(self.get(number))
    }
}

#[cfg(test)]
mod tests;
