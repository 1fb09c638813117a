//! From text to [`Selector`].

use std::sync::Arc;

use super::{Op, Selector, Slice, Term, To};
use crate::inventory::{address, range};
use crate::message::{self, Message};
use crate::python_regex::Regex;

/// Characters of the longest IPv6 address with a zone.
const ADDRESS: usize = 64;

/// Ends a name.
const ENDS: [char; 4] = [',', ':', '&', '!'];

struct Reader<'a> {
    text: &'a str,
    /// Byte index of the next character.
    at: usize,
}

pub(super) fn parse(text: &str) -> Result<Selector, Message> {
    let mut reader = Reader { text, at: 0 };
    let mut selector = Selector::default();
    reader.skip_space();
    while !reader.rest().is_empty() {
        reader.segment(&mut selector)?;
    }
    if selector.base.is_empty() && selector.and.is_empty() && selector.not.is_empty() {
        return Err(message::inventory::selector_empty());
    }
    Ok(selector)
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// The number of the character at a byte, from 1. For errors only: it counts from the beginning.
    fn place(&self, at: usize) -> usize {
        self.text[..at].chars().count() + 1
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    /// What stands between two separators: a term with perhaps Ansible's mark before it, and further terms
    /// joined by `ClusterShell`'s operators.
    fn segment(&mut self, into: &mut Selector) -> Result<(), Message> {
        if self.address().is_none() && (self.eat(',') || self.eat(':')) {
            self.skip_space();
            return Ok(());
        }
        let mark = self.operator();
        let term = self.term()?;
        match mark {
            None => into.base.push((Op::Or, term)),
            Some(Op::Not) => into.not.push(term),
            Some(_) => into.and.push(term),
        }
        self.skip_space();
        while let Some(op) = self.operator() {
            let term = self.term()?;
            match op {
                // With nothing to its left the operator applies to `all`, as Ansible's mark does.
                Op::Not if into.base.is_empty() => into.not.push(term),
                _ if into.base.is_empty() => into.and.push(term),
                _ => into.base.push((op, term)),
            }
            self.skip_space();
        }
        let rest = self.rest();
        if rest.is_empty() || rest.starts_with([',', ':']) {
            return Ok(());
        }
        let word = rest.split_whitespace().next().unwrap_or(rest);
        Err(message::inventory::selector_space(word, self.place(self.at)))
    }

    fn operator(&mut self) -> Option<Op> {
        let op = match self.rest().chars().next()? {
            '&' => Op::And,
            '!' => Op::Not,
            _ => return None,
        };
        self.at += 1;
        self.skip_space();
        Some(op)
    }

    fn term(&mut self) -> Result<Term, Message> {
        if let Some((name, end)) = self.address() {
            self.at += end;
            return Ok(Term::Name(name.into()));
        }
        let (start, rest) = (self.at, self.rest());
        let end = if rest.starts_with('~') { regex_end(rest) } else { name_end(rest) };
        let end = end.ok_or_else(|| message::inventory::selector_open(rest, self.place(start)))?;
        let word = rest[..end].trim_end();
        self.at += end;
        if word.is_empty() {
            let near = rest.chars().next().map_or_else(|| self.text.to_owned(), |c| c.to_string());
            return Err(message::inventory::selector_term(near, self.place(start)));
        }
        classify(word, &|| self.place(start))
    }

    /// The IPv6 address that stands here, and its length with brackets: the longest one that is followed by
    /// an end.
    fn address(&self) -> Option<(&'a str, usize)> {
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix('[') {
            let (inside, after) = inside.split_once(']')?;
            let ended = after.is_empty()
                || after.starts_with(ENDS)
                || after.starts_with(char::is_whitespace);
            return (ended && address::is_ipv6(inside)).then_some((inside, inside.len() + 2));
        }
        let stop = |c: char| c.is_whitespace() || [',', '&', '!', '[', ']'].contains(&c);
        // No more than an address can fill is looked at, so that a long list with `:` costs no more.
        let limit = rest.char_indices().nth(ADDRESS).map_or(rest.len(), |(at, _)| at);
        let stopped = rest[..limit].find(stop);
        let run = &rest[..stopped.unwrap_or(limit)];
        let whole = (stopped.is_some() || limit == rest.len()).then_some(run.len());
        // Within a list only what is surely an address counts: eight hosts may have names of hexadecimal digits.
        let listed = self.text[..self.at].trim_end().ends_with(':');
        let sure = |end: &usize| run[..*end].contains("::") || !listed && end + 1 >= run.len();
        let colons = run.rmatch_indices(':').map(|(at, _)| at);
        let mut ends = whole.into_iter().chain(colons).filter(sure);
        ends.find(|&end| address::is_ipv6(&run[..end])).map(|end| (&run[..end], end))
    }
}

/// The end of a name, glob, range or label; `None` where a bracket stays open. A label's value may hold spaces.
fn name_end(text: &str) -> Option<usize> {
    let (mut open, mut label) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            '[' => open = true,
            ']' => open = false,
            _ if open => {}
            '=' => label = true,
            _ if ENDS.contains(&c) || c.is_whitespace() && !label => return Some(at),
            _ => {}
        }
    }
    (!open).then_some(text.len())
}

/// The end of a regular expression: one of [`ENDS`] outside brackets; `None` where one stays open.
fn regex_end(text: &str) -> Option<usize> {
    let (mut round, mut square) = (0usize, 0usize);
    let mut skip = 0;
    for (at, c) in text.char_indices() {
        if at < skip {
            continue;
        }
        match c {
            '\\' => skip = at + 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            '[' => square += 1,
            ']' => square = square.saturating_sub(1),
            _ if square > 0 => {}
            '(' => round += 1,
            ')' => round = round.saturating_sub(1),
            '{' => skip = at + quantifier(&text[at..]),
            _ if round == 0 && ENDS.contains(&c) => return Some(at),
            _ => {}
        }
    }
    (round == 0 && square == 0).then_some(text.len())
}

/// The length of `{2,3}`; 0 where the text is no such thing.
fn quantifier(text: &str) -> usize {
    let close = text
        .find('}')
        .filter(|&close| text[1..close].bytes().all(|byte| byte.is_ascii_digit() || byte == b','));
    close.unwrap_or(0)
}

/// The term that a word is; `place` gives its place, for errors.
fn classify(word: &str, place: &dyn Fn() -> usize) -> Result<Term, Message> {
    if let Some(regex) = word.strip_prefix('~') {
        compile(regex)?;
        return Ok(Term::Regex(regex.into()));
    }
    if let Some(name) = word.strip_prefix('@') {
        let (base, slice) = match sliced(name, true) {
            Some((base, slice)) => (base, Some(slice)),
            None => (name, None),
        };
        let odd = base.is_empty() || base.contains(['[', ']', '@', '=']);
        let error = || message::inventory::selector_term(word, place());
        return if odd { Err(error()) } else { Ok(Term::Group(base.into(), slice)) };
    }
    if let Some((name, value)) = word.split_once('=').filter(|(name, _)| !name.contains('[')) {
        let (name, value) = (name.trim_end(), value.trim_start());
        let odd = name.is_empty() || name.contains(['*', '?']);
        let error = || message::inventory::selector_term(word, place());
        return if odd { Err(error()) } else { Ok(Term::Label(name.into(), value.into())) };
    }
    if word.contains(char::is_whitespace) {
        return Err(message::inventory::selector_space(word, place()));
    }
    Ok(match word {
        "all" | "*" => Term::All,
        _ if word.contains('[') => brackets(word),
        _ if word.contains(['*', '?']) => Term::Glob(word.into(), None),
        _ => Term::Name(word.into()),
    })
}

/// A word with brackets is a range where all of them are, else a slice of a glob, else a glob.
fn brackets(word: &str) -> Term {
    let slice = sliced(word, false);
    if !word.contains(['*', '?']) && all_ranges(word) {
        let (base, slice) = match slice {
            Some((base, slice)) if !base.contains('[') => (base.into(), Some(slice)),
            _ => (Arc::from(""), None),
        };
        return Term::Range { pattern: word.into(), base, slice };
    }
    match slice {
        Some((base, slice)) => Term::Glob(base.into(), Some(slice)),
        None => Term::Glob(word.into(), None),
    }
}

/// Whether each pair of brackets holds a range. Letters need a `:`: `[a-f]` is a glob's set.
fn all_ranges(word: &str) -> bool {
    let mut rest = word;
    while let Some((_, tail)) = rest.split_once('[') {
        let Some((inside, after)) = tail.split_once(']') else { return false };
        let letters = inside.contains(|c: char| c.is_alphabetic()) && !inside.contains(':');
        if letters || range::items(inside).is_err() {
            return false;
        }
        rest = after;
    }
    !rest.contains(']')
}

/// The word before a last `[…]` that is a slice, and the slice. A `-` between the bounds is one only where
/// `dash` says so.
fn sliced(word: &str, dash: bool) -> Option<(&str, Slice)> {
    let (base, text) = word.strip_suffix(']')?.rsplit_once('[')?;
    let digits = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|_| plain)
    };
    let bounds = text
        .split_once(':')
        .or_else(|| text.split_once('-').filter(|(a, _)| dash && !a.is_empty()));
    let (from, to) = match bounds {
        None => match text.strip_prefix('-') {
            Some(number) => (-digits(number)?, To::Same),
            None => (digits(text)?, To::Same),
        },
        Some((from, "")) => (digits(from)?, To::End),
        Some((from, to)) => (digits(from)?, To::Index(usize::try_from(digits(to)?).ok()?)),
    };
    (!base.is_empty()).then(|| (base, Slice { text: text.into(), from, to }))
}

/// A regular expression, for Python's `re.match`.
pub(super) fn compile(regex: &str) -> Result<Regex, Message> {
    Regex::new(regex).map_err(|error| message::inventory::selector_regex(regex, error))
}
