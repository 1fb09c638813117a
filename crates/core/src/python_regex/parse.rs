//! Reads expressions in Python's syntax. Source: Python 3.11, `re/_parser.py`, its errors included.

use super::chars::Kind;
use super::class::{self, Set};
use super::group::{self, Groups};
use super::node::{Assertion, Greed, Node};

/// Parentheses within parentheses.
const DEEPEST: usize = 100;

/// What letters after `(?` switch.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a letter of its own in Python")]
pub(super) struct Flags {
    pub(super) ascii: bool,
    pub(super) ignore_case: bool,
    pub(super) multi_line: bool,
    pub(super) dot_all: bool,
    pub(super) verbose: bool,
}

/// What was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) node: Node,
    pub(super) sets: Vec<Set>,
    pub(super) groups: Groups,
}

pub(super) type Result<T> = std::result::Result<T, String>;

/// Reads an expression.
pub(super) fn parse(pattern: &str, flags: Flags) -> Result<Parsed> {
    let chars = pattern.chars().collect();
    let mut parser =
        Parser { chars, at: 0, flags, sets: vec![], groups: Groups::default(), depth: 0 };
    let node = parser.alternatives()?;
    if parser.at < parser.chars.len() {
        return Err(parser.wrong("unbalanced parenthesis"));
    }
    parser.groups.check_conditions()?;
    Ok(Parsed { node, sets: parser.sets, groups: parser.groups })
}

pub(super) struct Parser {
    chars: Vec<char>,
    pub(super) at: usize,
    pub(super) flags: Flags,
    sets: Vec<Set>,
    pub(super) groups: Groups,
    pub(super) depth: usize,
}

impl Parser {
    pub(super) fn wrong(&self, what: &str) -> String {
        format!("{what} at position {}", self.at)
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let is_there = self.peek() == Some(c);
        self.at += usize::from(is_there);
        is_there
    }

    /// The text before `end`, which is taken too.
    pub(super) fn until(&mut self, end: char) -> Result<String> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some(c) if c == end => return Ok(text),
                Some(c) => text.push(c),
                None => return Err(self.wrong(&format!("missing {end}, unterminated name"))),
            }
        }
    }

    /// At most `most` characters that `is` holds for.
    fn run(&mut self, most: usize, is: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while text.len() < most
            && let Some(c) = self.peek().filter(|&c| is(c))
        {
            text.push(c);
            self.at += 1;
        }
        text
    }

    /// Branches, up to a closing parenthesis or the end.
    pub(super) fn alternatives(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("too many parentheses within each other"));
        }
        let mut branches = vec![self.sequence(self.depth == 1)?];
        while self.eat('|') {
            branches.push(self.sequence(false)?);
        }
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Either(branches) })
    }

    fn sequence(&mut self, first: bool) -> Result<Node> {
        let mut nodes = Vec::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            self.at += 1;
            if self.flags.verbose && self.is_space(c) {
                continue;
            }
            let node = match c {
                '\\' => self.escape()?,
                '[' => self.set()?,
                '.' => Node::Any { newline: self.flags.dot_all },
                '^' if self.flags.multi_line => Node::Assert(Assertion::LineStart),
                '^' => Node::Assert(Assertion::Start),
                '$' if self.flags.multi_line => Node::Assert(Assertion::LineEnd),
                '$' => Node::Assert(Assertion::End),
                '(' => match self.group(first && nodes.is_empty())? {
                    Some(node) => node,
                    None => continue,
                },
                '*' | '+' | '?' | '{' => {
                    if let Some((least, most)) = self.bounds(c)? {
                        let item = nodes.pop();
                        let repeated = self.repeated(item, least, most)?;
                        nodes.push(repeated);
                        continue;
                    }
                    self.literal(c)
                }
                c => self.literal(c),
            };
            nodes.push(node);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Sequence(nodes) })
    }

    /// White space of a verbose expression, and the rest of the line after `#`.
    fn is_space(&mut self, c: char) -> bool {
        if c == '#' {
            while self.next().is_some_and(|c| c != '\n') {}
        }
        c == '#' || matches!(c, ' ' | '\t'..='\r')
    }

    fn literal(&mut self, c: char) -> Node {
        if self.flags.ignore_case {
            let set = Set::of(c, self.flags);
            return self.push_set(set);
        }
        Node::Char(c)
    }

    fn push_set(&mut self, set: Set) -> Node {
        let known = self.sets.iter().position(|other| *other == set);
        Node::Set(known.unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        }))
    }

    /// How often what is before may come; none where a brace is only a brace.
    fn bounds(&mut self, c: char) -> Result<Option<(u32, u32)>> {
        let bounds = match c {
            '*' => (0, u32::MAX),
            '+' => (1, u32::MAX),
            '?' => (0, 1),
            _ => return self.braces(),
        };
        Ok(Some(bounds))
    }

    fn braces(&mut self) -> Result<Option<(u32, u32)>> {
        let start = self.at;
        if self.peek() == Some('}') {
            return Ok(None);
        }
        let low = self.run(usize::MAX, |c| c.is_ascii_digit());
        let high =
            if self.eat(',') { self.run(usize::MAX, |c| c.is_ascii_digit()) } else { low.clone() };
        if !self.eat('}') {
            self.at = start;
            return Ok(None);
        }
        let read = |text: &str, or: u32| match text {
            "" => Ok(or),
            text => text.parse().map_err(|_| "the repetition number is too large".to_owned()),
        };
        let (least, most) = (read(&low, 0)?, read(&high, u32::MAX)?);
        if most < least {
            return Err(self.wrong("min repeat greater than max repeat"));
        }
        Ok(Some((least, most)))
    }

    fn repeated(&mut self, item: Option<Node>, least: u32, most: u32) -> Result<Node> {
        let node = match item {
            None | Some(Node::Assert(_)) => return Err(self.wrong("nothing to repeat")),
            Some(Node::Repeat { .. }) => return Err(self.wrong("multiple repeat")),
            // What was in parentheses may be repeated, whatever it is.
            Some(Node::Group(None, inner)) => inner,
            Some(node) => Box::new(node),
        };
        let greed = match self.peek() {
            Some('?') => Greed::Lazy,
            Some('+') => Greed::Possessive,
            _ => Greed::Greedy,
        };
        self.at += usize::from(greed != Greed::Greedy);
        Ok(Node::Repeat { node, least, most, greed })
    }

    /// After a backslash.
    fn escape(&mut self) -> Result<Node> {
        let Some(c) = self.next() else { return Err(self.wrong("bad escape (end of pattern)")) };
        let ascii = self.flags.ascii;
        Ok(match c {
            'A' => Node::Assert(Assertion::Start),
            'Z' => Node::Assert(Assertion::VeryEnd),
            'b' => Node::Assert(Assertion::Boundary { ascii }),
            'B' => Node::Assert(Assertion::NoBoundary { ascii }),
            '1'..='9' => return self.back_reference(c),
            '0' => {
                let rest = self.run(2, |c| c.is_digit(8));
                let value = u32::from_str_radix(&format!("0{rest}"), 8).unwrap_or(0);
                self.literal(char::from_u32(value).unwrap_or('\0'))
            }
            c => match kind(c) {
                Some((kind, negated)) => {
                    let set = Set::of_kind(kind, negated, self.flags);
                    self.push_set(set)
                }
                None => {
                    let c = self.character(c)?;
                    self.literal(c)
                }
            },
        })
    }

    /// The character that a backslash and `c` mean, in and outside of brackets.
    fn character(&mut self, c: char) -> Result<char> {
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            'U' => self.code(8)?,
            c if c.is_ascii_alphanumeric() => {
                return Err(self.wrong(&format!("bad escape \\{c}")));
            }
            c => c,
        })
    }

    /// A character by its number, of this many hexadecimal digits.
    fn code(&mut self, digits: usize) -> Result<char> {
        let text = self.run(digits, |c| c.is_ascii_hexdigit());
        if text.len() < digits {
            return Err(self.wrong("incomplete escape"));
        }
        let code = u32::from_str_radix(&text, 16).ok().and_then(char::from_u32);
        code.ok_or_else(|| self.wrong("bad escape: there is no such character"))
    }

    fn back_reference(&mut self, first: char) -> Result<Node> {
        let start = self.at - 1;
        let octal =
            self.chars.get(start..start + 3).filter(|three| three.iter().all(|c| c.is_digit(8)));
        if let Some(three) = octal {
            let value = u32::from_str_radix(&three.iter().collect::<String>(), 8).unwrap_or(0);
            if value > 0o377 {
                return Err(self.wrong("octal escape value outside of range 0-0o377"));
            }
            self.at += 2;
            return Ok(self.literal(char::from_u32(value).unwrap_or('\0')));
        }
        let second = self.run(1, |c| c.is_ascii_digit());
        let number = format!("{first}{second}").parse().unwrap_or(0);
        self.groups.check(number).map_err(|why| self.wrong(&why))?;
        Ok(self.reference(number))
    }

    pub(super) fn reference(&self, group: usize) -> Node {
        let Flags { ignore_case, ascii, .. } = self.flags;
        Node::Same { group, ignore_case, ascii }
    }

    /// After an opening bracket.
    fn set(&mut self) -> Result<Node> {
        let mut set = Set::new(self.eat('^'), self.flags);
        let first = self.at;
        loop {
            let unterminated = "unterminated character set";
            let c = self.next().ok_or_else(|| self.wrong(unterminated))?;
            if c == ']' && self.at > first + 1 {
                return Ok(self.push_set(set));
            }
            let low = self.member(c)?;
            if self.peek() != Some('-') {
                set.push(low);
                continue;
            }
            self.at += 1;
            let c = self.next().ok_or_else(|| self.wrong(unterminated))?;
            if c == ']' {
                set.push(low);
                set.push(class::Item::from('-'));
                return Ok(self.push_set(set));
            }
            let high = self.member(c)?;
            set.push_range(low, high).map_err(|()| self.wrong("bad character range"))?;
        }
    }

    /// One character of a set, or a kind of characters.
    fn member(&mut self, c: char) -> Result<class::Item> {
        if c != '\\' {
            return Ok(c.into());
        }
        let Some(c) = self.next() else { return Err(self.wrong("unterminated character set")) };
        if let Some((kind, negated)) = kind(c) {
            return Ok(class::Item::Kind(kind, negated));
        }
        if c.is_digit(8) {
            let rest = self.run(2, |c| c.is_digit(8));
            let value = u32::from_str_radix(&format!("{c}{rest}"), 8).unwrap_or(0);
            let code = char::from_u32(value).filter(|_| value <= 0o377);
            let wrong = || self.wrong("octal escape value outside of range 0-0o377");
            return code.map(Into::into).ok_or_else(wrong);
        }
        Ok(if c == 'b' { '\x08'.into() } else { self.character(c)?.into() })
    }

    /// Whether a name of a group could be Python's.
    pub(super) fn checked(&self, name: &str) -> Result<()> {
        if group::is_name(name) {
            return Ok(());
        }
        Err(self.wrong(&format!("bad character in group name '{name}'")))
    }
}

/// The kind of characters that a letter after a backslash means, and whether all others are meant.
fn kind(c: char) -> Option<(Kind, bool)> {
    Some(match c {
        'd' => (Kind::Digit, false),
        'D' => (Kind::Digit, true),
        's' => (Kind::Space, false),
        'S' => (Kind::Space, true),
        'w' => (Kind::Word, false),
        'W' => (Kind::Word, true),
        _ => return None,
    })
}
