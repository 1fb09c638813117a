//! Groups: their names, and all that begins with a parenthesis.

use super::node::Node;
use super::parse::{Flags, Parser, Result};

/// The groups of an expression.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Fewest and most characters of each; none while it is open.
    widths: Vec<Option<(u32, u32)>>,
    /// Name and number.
    pub(super) names: Vec<(String, usize)>,
    /// Groups that conditions name; they may come later.
    conditions: Vec<usize>,
}

impl Groups {
    /// How many there are, without the whole.
    pub(super) fn count(&self) -> usize {
        self.widths.len()
    }

    fn open(&mut self, name: Option<String>) -> Result<usize> {
        self.widths.push(None);
        let number = self.widths.len();
        if let Some(name) = name {
            if let Some(known) = self.number(&name) {
                return Err(format!(
                    "redefinition of group name '{name}' as group {number}; was group {known}"
                ));
            }
            self.names.push((name, number));
        }
        Ok(number)
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
    }

    pub(super) fn width(&self, group: usize) -> (u32, u32) {
        group.checked_sub(1).and_then(|at| self.widths.get(at).copied().flatten()).unwrap_or((0, 0))
    }

    /// Whether a reference to a group may stand here.
    pub(super) fn check(&self, group: usize) -> Result<()> {
        match group.checked_sub(1).and_then(|at| self.widths.get(at)) {
            Some(Some(_)) => Ok(()),
            Some(None) => Err("cannot refer to an open group".into()),
            None => Err(format!("invalid group reference {group}")),
        }
    }

    pub(super) fn check_conditions(&self) -> Result<()> {
        let unknown = self.conditions.iter().find(|group| **group > self.count());
        unknown.map_or(Ok(()), |group| Err(format!("invalid group reference {group}")))
    }
}

/// Whether a text could be a name in Python.
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

impl Parser {
    /// After an opening parenthesis. None where it was a comment or flags for the whole expression, which
    /// may only be `first` in it.
    pub(super) fn group(&mut self, first: bool) -> Result<Option<Node>> {
        if !self.eat('?') {
            return self.captured(None).map(Some);
        }
        let unexpected = "unexpected end of pattern";
        let c = self.next().ok_or_else(|| self.wrong(unexpected))?;
        Ok(Some(match c {
            ':' => Node::Group(None, Box::new(self.inner()?)),
            '>' => Node::Atomic(Box::new(self.inner()?)),
            '=' | '!' => self.look(false, c == '!')?,
            '<' => match self.next() {
                Some(c @ ('=' | '!')) => self.look(true, c == '!')?,
                Some(c) => return Err(self.wrong(&format!("unknown extension ?<{c}"))),
                None => return Err(self.wrong(unexpected)),
            },
            'P' => self.named()?,
            '(' => self.condition()?,
            '#' => {
                let missing = "missing ), unterminated comment";
                while self.next().ok_or_else(|| self.wrong(missing))? != ')' {}
                return Ok(None);
            }
            c if c == '-' || c.is_ascii_alphabetic() => return self.flagged(c, first),
            c => return Err(self.wrong(&format!("unknown extension ?{c}"))),
        }))
    }

    /// What stands up to the closing parenthesis. Flags that it sets end with it.
    fn inner(&mut self) -> Result<Node> {
        let flags = self.flags;
        let node = self.alternatives()?;
        self.flags = flags;
        if !self.eat(')') {
            return Err(self.wrong("missing ), unterminated subpattern"));
        }
        Ok(node)
    }

    fn captured(&mut self, name: Option<String>) -> Result<Node> {
        let number = self.groups.open(name).map_err(|why| self.wrong(&why))?;
        let node = self.inner()?;
        let width = node.width(&self.groups);
        if let Some(slot) = self.groups.widths.get_mut(number - 1) {
            *slot = Some(width);
        }
        Ok(Node::Group(Some(number), Box::new(node)))
    }

    /// After `(?P`.
    fn named(&mut self) -> Result<Node> {
        match self.next() {
            Some('<') => {
                let name = self.until('>')?;
                self.checked(&name)?;
                self.captured(Some(name))
            }
            Some('=') => {
                let name = self.until(')')?;
                self.checked(&name)?;
                let group = self.groups.number(&name);
                let group =
                    group.ok_or_else(|| self.wrong(&format!("unknown group name '{name}'")))?;
                self.groups.check(group).map_err(|why| self.wrong(&why))?;
                Ok(self.reference(group))
            }
            Some(c) => Err(self.wrong(&format!("unknown extension ?P{c}"))),
            None => Err(self.wrong("unexpected end of pattern")),
        }
    }

    fn look(&mut self, back: bool, negated: bool) -> Result<Node> {
        let node = Box::new(self.inner()?);
        let back = match node.width(&self.groups) {
            (least, most) if back && least == most => Some(least),
            _ if back => return Err("look-behind requires fixed-width pattern".into()),
            _ => None,
        };
        Ok(Node::Look { back, negated, node })
    }

    /// After `(?(`: a group's number or name, and what to match with and without it.
    fn condition(&mut self) -> Result<Node> {
        let name = self.until(')')?;
        let group = match name.parse::<usize>() {
            Ok(0) => return Err(self.wrong("bad group number")),
            Ok(number) => number,
            Err(_) => {
                self.checked(&name)?;
                let known = self.groups.number(&name);
                known.ok_or_else(|| self.wrong(&format!("unknown group name '{name}'")))?
            }
        };
        self.groups.conditions.push(group);
        let (yes, no) = match self.inner()? {
            Node::Either(mut branches) if branches.len() == 2 => {
                let no = branches.pop().unwrap_or(Node::Sequence(vec![]));
                (branches.pop().unwrap_or(Node::Sequence(vec![])), no)
            }
            Node::Either(_) => {
                return Err(self.wrong("conditional backref with more than two branches"));
            }
            node => (node, Node::Sequence(vec![])),
        };
        Ok(Node::If { group, yes: Box::new(yes), no: Box::new(no) })
    }

    /// Letters after `(?`: for the whole expression, or up to the closing parenthesis.
    fn flagged(&mut self, letter: char, first: bool) -> Result<Option<Node>> {
        let (mut flags, mut on, mut c) = (self.flags, true, letter);
        loop {
            match c {
                '-' if on => on = false,
                ')' if on => {
                    if !first {
                        let why = "global flags not at the start of the expression";
                        return Err(self.wrong(why));
                    }
                    self.flags = flags;
                    return Ok(None);
                }
                ':' => {
                    let outer = std::mem::replace(&mut self.flags, flags);
                    let node = self.inner();
                    self.flags = outer;
                    return Ok(Some(Node::Group(None, Box::new(node?))));
                }
                c => set_flag(&mut flags, c, on).map_err(|()| self.wrong("unknown flag"))?,
            }
            c = self.next().ok_or_else(|| self.wrong("missing -, : or )"))?;
        }
    }
}

fn set_flag(flags: &mut Flags, letter: char, on: bool) -> std::result::Result<(), ()> {
    match letter {
        'i' => flags.ignore_case = on,
        'm' => flags.multi_line = on,
        's' => flags.dot_all = on,
        'x' => flags.verbose = on,
        'a' if on => flags.ascii = true,
        'u' if on => flags.ascii = false,
        _ => return Err(()),
    }
    Ok(())
}
