//! Selectors: expressions that name hosts. One grammar for every place that does.
//!
//! | term | hosts |
//! |---|---|
//! | `web1` | the host of that name, else the hosts of the group of that name |
//! | `all`, `*` | every host but those outside `all` |
//! | `@web` | the hosts of a group, even where a host has its name |
//! | `web*`, `db?.x`, `web[!12]` | hosts, and hosts of groups, whose name matches the glob |
//! | `web[01-20]`, `web[1,3-5]`, `web[1:5]`, `n[a:f]` | the hosts of the names that the range gives; each must exist |
//! | `web[0]`, `web[-1]`, `web[0:2]`, `@web[1:]` | some of a group's hosts, counted from 0, the end included |
//! | `env=prod` | hosts whose variable has this value as text (a glob); of a list, any item |
//! | `~web\d+` | hosts, and hosts of groups, whose name begins with a match of the regular expression |
//! | `@FILE` | what the lines of a file select, where no group has that name ([`Selector::with_files`]) |
//!
//! Terms are joined by `,` or `:` (union). There are two habits, and both keep their meaning:
//!
//! - Ansible's: `&` and `!` **after a separator** (or at the very beginning) are set aside and applied last,
//!   first all intersections, then all exclusions: `web:db:&prod:!db3`. Without any other term they apply to
//!   `all`.
//! - `ClusterShell`'s: `&` and `!` **between two terms** apply from left to right to all that stands before:
//!   `web,db&prod` is `(web or db) and prod`, and `web!web3,web3` selects `web3` again.
//!
//! Where the two meet in one selector, the part in `ClusterShell`'s form is done first. Where one text means two things:
//!
//! - `web[1:5]` and `web[3]` are Ansible's slice where a group `web` exists, else the range. `web[1-5]` is
//!   always the range, `@web[1:5]` always the slice.
//! - A `:` within an IPv6 address does not separate: the longest address that stands there is one name
//!   (`db:cafe::1` is one address). A comma, or brackets around the address, keeps them apart.
//! - `[0-9]` is a range, so each host of it must exist; `?` is the glob for one character.
//! - `,`, `:`, `&` and `!` end a regular expression too, but within brackets of any kind or after a `\`.
//!
//! A name, a group or a member of a range that the inventory does not know is an error, in exclusions too,
//! since an exclusion with a typing mistake would change hosts that should have been left alone.
//! [`Selector::evaluate`] collects these errors for callers that only warn, as Ansible does.

mod glob;
mod parse;
mod select;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

pub use glob::matches;
pub use select::Selection;

use crate::inventory::range;
use crate::message::Message;

/// A parsed selector. `Display` writes it so that it reads back as the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    /// Terms joined from left to right.
    base: Vec<(Op, Term)>,
    /// Terms after a separator and `&`.
    and: Vec<Term>,
    /// Terms after a separator and `!`.
    not: Vec<Term>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Or,
    And,
    Not,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    All,
    /// A host or a group.
    Name(Arc<str>),
    /// `@name`, perhaps with a slice.
    Group(Arc<str>, Option<Slice>),
    /// A glob, perhaps with a slice after it.
    Glob(Arc<str>, Option<Slice>),
    /// A pattern with ranges; `slice` where the last of them could be one of the group `base`.
    Range {
        pattern: Arc<str>,
        base: Arc<str>,
        slice: Option<Slice>,
    },
    /// `name=value`.
    Label(Arc<str>, Arc<str>),
    /// A regular expression, anchored at the beginning.
    Regex(Arc<str>),
    /// A file's name and what its lines select.
    File(Arc<str>, Box<Selector>),
}

/// Some of a group's hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slice {
    /// As it was written, without brackets.
    text: Arc<str>,
    from: i64,
    to: To,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    /// This one only.
    Same,
    /// Up to and with this one.
    Index(usize),
    /// To the last.
    End,
}

impl Selector {
    /// Reads a selector. The error names the character, from 1, where it cannot.
    pub fn parse(text: &str) -> Result<Self, Message> {
        parse::parse(text)
    }

    /// Every host but those outside `all`.
    #[must_use]
    pub fn all() -> Self {
        Self { base: vec![(Op::Or, Term::All)], ..Self::default() }
    }

    /// Reads the lines of a limit file: each is a selector, and they are united. Empty lines and those that
    /// begin with `#` are left out. Without any line nothing is selected.
    pub fn from_lines(text: &str) -> Result<Option<Self>, Message> {
        let lines = text.lines().map(str::trim);
        let mut parts = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let Some(first) = parts.next() else { return Ok(None) };
        let joined = parts.fold(first.to_owned(), |all, part| all + "," + part);
        Self::parse(&joined).map(Some)
    }

    /// Whether it names this group: by `@`, or by its bare name, which means a host where there is one.
    #[must_use]
    pub fn names_group(&self, group: &str, is_host: bool) -> bool {
        let terms = self.base.iter().map(|(_, term)| term).chain(&self.and).chain(&self.not);
        terms.into_iter().any(|term| match term {
            Term::Name(name) => !is_host && &**name == group,
            Term::Group(name, _) => &**name == group,
            Term::Range { base, slice, .. } => slice.is_some() && &**base == group,
            Term::Glob(name, slice) => slice.is_some() && &**name == group,
            Term::File(_, lines) => lines.names_group(group, is_host),
            Term::All | Term::Label(..) | Term::Regex(_) => false,
        })
    }

    /// Whether it names this host, by itself or within a range: it would mean something else if the host had another
    /// name. A pattern that fits names nobody in particular.
    #[must_use]
    pub fn names_host(&self, host: &str) -> bool {
        let terms = self.base.iter().map(|(_, term)| term).chain(&self.and).chain(&self.not);
        terms.into_iter().any(|term| match term {
            Term::Name(name) => &**name == host,
            Term::Range { pattern, .. } => {
                range::expand(pattern).is_ok_and(|names| names.iter().any(|name| name == host))
            }
            Term::File(_, lines) => lines.names_host(host),
            Term::All | Term::Group(..) | Term::Glob(..) | Term::Label(..) | Term::Regex(_) => {
                false
            }
        })
    }

    /// Replaces `@NAME` terms by what `read` gives: the text of a limit file, or `None` where it is a group.
    pub fn with_files(
        mut self,
        read: &mut dyn FnMut(&str) -> Result<Option<String>, Message>,
    ) -> Result<Self, Message> {
        let terms = self.base.iter_mut().map(|(_, term)| term);
        for term in terms.chain(&mut self.and).chain(&mut self.not) {
            let Term::Group(name, None) = &*term else { continue };
            let Some(text) = read(name)? else { continue };
            let nothing =
                Self { base: vec![(Op::Or, Term::All), (Op::Not, Term::All)], ..Self::default() };
            let lines = Self::from_lines(&text)?.unwrap_or(nothing);
            *term = Term::File(name.clone(), Box::new(lines));
        }
        Ok(self)
    }
}

impl FromStr for Selector {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        Self::parse(text)
    }
}

/// The selector and the path of `SELECTOR:PATH`: the path begins after the first `:` outside brackets.
#[must_use]
pub fn split_target(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0i32;
    let at = text.char_indices().find(|&(_, c)| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == ':' && depth <= 0
    });
    at.map(|(at, _)| (&text[..at], &text[at + 1..]))
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.base.iter().enumerate().map(|(index, (op, term))| match (index, op) {
            (0, _) => ("", term),
            (_, Op::Or) => (",", term),
            (_, Op::And) => ("&", term),
            (_, Op::Not) => ("!", term),
        });
        let and = self.and.iter().map(|term| (",&", term));
        let not = self.not.iter().map(|term| (",!", term));
        for (index, (join, term)) in base.chain(and).chain(not).enumerate() {
            let join = if index == 0 { join.trim_start_matches(',') } else { join };
            write!(f, "{join}{term}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Name(name) => f.write_str(name),
            Self::Group(name, None) | Self::File(name, _) => write!(f, "@{name}"),
            Self::Group(name, Some(slice)) => write!(f, "@{name}[{}]", slice.text),
            Self::Glob(glob, None) => f.write_str(glob),
            Self::Glob(glob, Some(slice)) => write!(f, "{glob}[{}]", slice.text),
            Self::Range { pattern, .. } => f.write_str(pattern),
            Self::Label(name, value) => write!(f, "{name}={value}"),
            Self::Regex(regex) => write!(f, "~{regex}"),
        }
    }
}

#[cfg(test)]
mod tests;
