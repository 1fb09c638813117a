//! Matches a text by going forth and back, as Python does: the first way that leads to a match is it.
//!
//! Source of the order in which ways are tried: Python 3.11, `Modules/_sre/sre_lib.h`.

use super::TooHard;
use super::chars::Kind;
use super::class::is_same;
use super::node::{Assertion, Greed};
use super::program::{One, Program, Step};

/// How much it may remember to go back to: about 100 MB.
const MEMORY: usize = 4 << 20;
/// A slot that holds nothing.
pub(super) const NONE: usize = usize::MAX;

/// Where a match may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    Anywhere,
    /// It begins where the search begins.
    Here,
    /// It begins there and ends with the text.
    Whole,
}

/// What to do when a way leads nowhere.
#[derive(Clone, Copy, Debug)]
enum Entry {
    /// Try another.
    Way { step: usize, at: usize },
    /// Put back what a slot held.
    Slot { slot: usize, held: usize },
    /// One character less, down to `least`.
    Less { step: usize, least: usize, at: usize },
    /// One character more of a lazy repetition; how many more there may be.
    More { step: usize, at: usize, left: u32 },
}

/// Searches from a position on. With `must_advance` an empty match there does not count.
pub(super) fn search(
    program: &Program,
    text: &str,
    from: usize,
    must_advance: bool,
    place: Where,
) -> Result<Option<Vec<usize>>, TooHard> {
    let mut machine = Machine {
        program,
        text,
        stack: vec![],
        slots: vec![NONE; program.slots],
        patience: program.patience,
        whole: place == Where::Whole,
        not_empty_at: if must_advance { from } else { NONE },
    };
    let mut start = from;
    loop {
        if place == Where::Anywhere {
            let Some(next) = machine.candidate(start) else { return Ok(None) };
            start = next;
        }
        if machine.run(start)? {
            return Ok(Some(machine.slots));
        }
        let only_here = place != Where::Anywhere || program.anchored;
        let Some(c) = text[start..].chars().next().filter(|_| !only_here) else { return Ok(None) };
        start += c.len_utf8();
    }
}

struct Machine<'a> {
    program: &'a Program,
    text: &'a str,
    stack: Vec<Entry>,
    slots: Vec<usize>,
    patience: u32,
    whole: bool,
    not_empty_at: usize,
}

impl Machine<'_> {
    /// The next position where a match could begin.
    fn candidate(&self, start: usize) -> Option<usize> {
        let rest = &self.text[start..];
        let found = match self.program.first {
            None => Some(0),
            Some(One::Char(c)) => rest.find(c),
            Some(one) => rest.char_indices().find(|(_, c)| self.is(one, *c)).map(|(at, _)| at),
        };
        found.map(|at| start + at)
    }

    fn next(&self, at: usize) -> Option<char> {
        match self.text.as_bytes().get(at) {
            Some(&byte) if byte.is_ascii() => Some(char::from(byte)),
            Some(_) => self.text.get(at..)?.chars().next(),
            None => None,
        }
    }

    fn previous(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back()
    }

    fn is(&self, one: One, c: char) -> bool {
        match one {
            One::Char(wanted) => c == wanted,
            One::Any { newline } => newline || c != '\n',
            One::Set(number) => self.program.sets.get(number).is_some_and(|set| set.holds(c)),
        }
    }

    /// Past one character, if it is the right one.
    fn past(&self, one: One, at: usize) -> Option<usize> {
        self.next(at).filter(|&c| self.is(one, c)).map(|c| at + c.len_utf8())
    }

    fn push(&mut self, entry: Entry) -> Result<(), TooHard> {
        if self.stack.len() >= MEMORY {
            return Err(TooHard);
        }
        self.stack.push(entry);
        Ok(())
    }

    fn set(&mut self, slot: usize, value: usize) -> Result<(), TooHard> {
        let held = std::mem::replace(&mut self.slots[slot], value);
        self.push(Entry::Slot { slot, held })
    }

    fn tire(&mut self) -> Result<(), TooHard> {
        self.patience = self.patience.checked_sub(1).ok_or(TooHard)?;
        Ok(())
    }

    /// Whether the expression matches here; the slots hold where.
    fn run(&mut self, start: usize) -> Result<bool, TooHard> {
        self.slots.fill(NONE);
        self.slots[0] = start;
        self.stack.clear();
        let (mut step, mut at) = (0, start);
        loop {
            if matches!(self.program.steps[step], Step::Match) {
                if !(self.whole && at != self.text.len() || at == self.not_empty_at && at == start)
                {
                    self.slots[1] = at;
                    return Ok(true);
                }
            } else if let Some(next) = self.advance(step, at)? {
                (step, at) = next;
                continue;
            }
            match self.go_back()? {
                Some(next) => (step, at) = next,
                None => return Ok(false),
            }
        }
    }

    /// The last way that has not been tried yet.
    fn go_back(&mut self) -> Result<Option<(usize, usize)>, TooHard> {
        while let Some(entry) = self.stack.pop() {
            match entry {
                Entry::Slot { slot, held } => self.slots[slot] = held,
                Entry::Way { step, at } => {
                    self.tire()?;
                    return Ok(Some((step, at)));
                }
                Entry::Less { step, least, at } => {
                    self.tire()?;
                    let at = at - self.previous(at).map_or(0, char::len_utf8);
                    if at > least {
                        self.stack.push(Entry::Less { step, least, at });
                    }
                    return Ok(Some((step, at)));
                }
                Entry::More { step, at, left } => {
                    self.tire()?;
                    let Step::Repeat { one, .. } = self.program.steps[step] else { continue };
                    let Some(at) = self.past(one, at) else { continue };
                    if left > 1 {
                        self.stack.push(Entry::More { step, at, left: left - 1 });
                    }
                    return Ok(Some((step + 1, at)));
                }
            }
        }
        Ok(None)
    }

    /// Does one step; none where it does not match.
    fn advance(&mut self, step: usize, at: usize) -> Result<Option<(usize, usize)>, TooHard> {
        let next = step + 1;
        Ok(match self.program.steps[step] {
            Step::One(one) => self.past(one, at).map(|at| (next, at)),
            Step::Assert(assertion) => self.holds(assertion, at).then_some((next, at)),
            Step::Save { slot } => {
                self.set(slot, at)?;
                Some((next, at))
            }
            Step::OrElse { to } => {
                self.push(Entry::Way { step: to, at })?;
                Some((next, at))
            }
            Step::Jump { to } => Some((to, at)),
            Step::Repeat { one, least, most, greed } => {
                self.repeat(step, at, one, (least, most), greed)?
            }
            Step::Count { slot } => {
                self.set(slot, 0)?;
                self.set(slot + 1, NONE)?;
                Some((next, at))
            }
            Step::Again { slot, least, most, lazy, exit } => {
                let (rounds, begun) = (self.slots[slot], self.slots[slot + 1]);
                self.tire()?;
                if rounds < least as usize {
                    self.set(slot, rounds + 1)?;
                    return Ok(Some((step + 2, at)));
                }
                let may = (rounds < most as usize || most == u32::MAX) && at != begun;
                let (first, then) = if lazy { (exit, next) } else { (next, exit) };
                if may {
                    self.push(Entry::Way { step: then, at })?;
                }
                Some((if may { first } else { exit }, at))
            }
            Step::Round { slot } => {
                self.set(slot, self.slots[slot] + 1)?;
                self.set(slot + 1, at)?;
                Some((next, at))
            }
            Step::Same { group, ignore_case, ascii } => {
                self.same(group, at, ignore_case, ascii).map(|at| (next, at))
            }
            Step::Mark { slot } => {
                self.mark(slot, at)?;
                Some((next, at))
            }
            Step::Cut { slot, back } => {
                let at = if back { self.slots[slot + 1] } else { at };
                self.cut(self.slots[slot]);
                Some((next, at))
            }
            Step::Unless { slot, after } => {
                self.mark(slot, at)?;
                self.push(Entry::Way { step: after, at })?;
                Some((next, at))
            }
            Step::Refute { slot } => {
                self.unwind(self.slots[slot]);
                None
            }
            Step::Back { by } => self.back(by, at).map(|at| (next, at)),
            Step::If { group, no } => {
                Some((if self.span(group).is_some() { next } else { no }, at))
            }
            Step::Match => None,
        })
    }

    /// Takes back what was set since the stack had this height, and forgets the ways since.
    fn unwind(&mut self, height: usize) {
        while self.stack.len() > height {
            if let Some(Entry::Slot { slot, held }) = self.stack.pop() {
                self.slots[slot] = held;
            }
        }
    }

    /// Takes as many characters as it may, or as few as it must.
    fn repeat(
        &mut self,
        step: usize,
        start: usize,
        one: One,
        (least, most): (u32, u32),
        greed: Greed,
    ) -> Result<Option<(usize, usize)>, TooHard> {
        let (mut at, mut count, mut enough) = (start, 0, start);
        let wanted = if greed == Greed::Lazy { least } else { most };
        while count < wanted
            && let Some(next) = self.past(one, at)
        {
            (at, count) = (next, count + 1);
            if count == least {
                enough = at;
            }
        }
        if count < least {
            return Ok(None);
        }
        match greed {
            Greed::Greedy if at > enough => {
                self.push(Entry::Less { step: step + 1, least: enough, at })?;
            }
            Greed::Lazy if most > least => {
                let left = if most == u32::MAX { u32::MAX } else { most - least };
                self.push(Entry::More { step, at, left })?;
            }
            _ => {}
        }
        Ok(Some((step + 1, at)))
    }

    fn mark(&mut self, slot: usize, at: usize) -> Result<(), TooHard> {
        self.set(slot, NONE)?;
        self.set(slot + 1, at)?;
        self.slots[slot] = self.stack.len();
        Ok(())
    }

    /// Forgets the ways above a height, but not what slots held.
    fn cut(&mut self, height: usize) {
        let mut kept = height;
        for at in height..self.stack.len() {
            if matches!(self.stack[at], Entry::Slot { .. }) {
                self.stack[kept] = self.stack[at];
                kept += 1;
            }
        }
        self.stack.truncate(kept);
    }

    fn back(&self, by: u32, mut at: usize) -> Option<usize> {
        for _ in 0..by {
            at -= self.previous(at)?.len_utf8();
        }
        Some(at)
    }

    fn span(&self, group: usize) -> Option<(usize, usize)> {
        let (start, end) = (self.slots[2 * group], self.slots[2 * group + 1]);
        (start != NONE && end != NONE).then_some((start, end))
    }

    /// Past the text of a group.
    fn same(&self, group: usize, at: usize, ignore_case: bool, ascii: bool) -> Option<usize> {
        let (start, end) = self.span(group)?;
        let wanted = self.text.get(start..end)?;
        if !ignore_case {
            return self.text[at..].starts_with(wanted).then_some(at + wanted.len());
        }
        let mut rest = self.text[at..].chars();
        for c in wanted.chars() {
            rest.next().filter(|&other| is_same(c, other, ascii))?;
        }
        Some(self.text.len() - rest.as_str().len())
    }

    fn holds(&self, assertion: Assertion, at: usize) -> bool {
        let end = self.text.len();
        let boundary = |ascii: bool| {
            let is_word = |c: char| Kind::Word.holds(c, ascii);
            self.previous(at).is_some_and(is_word) != self.next(at).is_some_and(is_word)
        };
        match assertion {
            Assertion::Start => at == 0,
            Assertion::LineStart => at == 0 || self.previous(at) == Some('\n'),
            Assertion::End => at == end || at + 1 == end && self.next(at) == Some('\n'),
            Assertion::LineEnd => at == end || self.next(at) == Some('\n'),
            Assertion::VeryEnd => at == end,
            Assertion::Boundary { ascii } => boundary(ascii),
            // Python: nothing in an empty text, not even this.
            Assertion::NoBoundary { ascii } => end > 0 && !boundary(ascii),
        }
    }
}
