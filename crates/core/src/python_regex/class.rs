//! Sets of characters: `[a-z\d]`, and single ones in any case.

use super::chars::{Kind, lower, twins, upper};
use super::parse::Flags;

/// A set of characters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Set {
    negated: bool,
    ignore_case: bool,
    ascii: bool,
    items: Vec<Item>,
    /// The ASCII characters that are in it, by bit.
    quick: u128,
}

/// What is in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Range(char, char),
    /// A kind of characters, or all others.
    Kind(Kind, bool),
}

impl From<char> for Item {
    fn from(c: char) -> Self {
        Self::Range(c, c)
    }
}

impl Set {
    pub(super) fn new(negated: bool, flags: Flags) -> Self {
        let Flags { ascii, ignore_case, .. } = flags;
        let mut set = Self { negated, ignore_case, ascii, items: vec![], quick: 0 };
        set.settle();
        set
    }

    /// One character.
    pub(super) fn of(c: char, flags: Flags) -> Self {
        let mut set = Self::new(false, flags);
        set.push(c.into());
        set
    }

    pub(super) fn of_kind(kind: Kind, negated: bool, flags: Flags) -> Self {
        let mut set = Self::new(false, Flags { ignore_case: false, ..flags });
        set.push(Item::Kind(kind, negated));
        set
    }

    pub(super) fn push(&mut self, item: Item) {
        self.items.push(item);
        // Some letters are nobody's upper-case letter: the sign for Kelvin.
        if let Item::Range(low, high) = item
            && self.ignore_case
            && !self.ascii
            && low == high
            && lower(low) != low
        {
            self.items.push(lower(low).into());
        }
        self.settle();
    }

    /// Both must be single characters, in order.
    pub(super) fn push_range(&mut self, low: Item, high: Item) -> Result<(), ()> {
        match (low, high) {
            (Item::Range(low, _), Item::Range(high, _)) if low <= high => {
                self.push(Item::Range(low, high));
                Ok(())
            }
            _ => Err(()),
        }
    }

    fn settle(&mut self) {
        let ascii = (0..128_u8).filter(|&byte| self.look_up(char::from(byte)));
        self.quick = ascii.fold(0, |bits, byte| bits | 1 << byte);
    }

    /// Whether a character is in it.
    pub(super) fn holds(&self, c: char) -> bool {
        if c.is_ascii() { self.quick >> u32::from(c) & 1 == 1 } else { self.look_up(c) }
    }

    fn look_up(&self, c: char) -> bool {
        (self.lists(c) || self.ignore_case && self.lists_in_any_case(c)) != self.negated
    }

    fn lists(&self, c: char) -> bool {
        self.items.iter().any(|item| match *item {
            Item::Range(low, high) => low <= c && c <= high,
            Item::Kind(kind, negated) => kind.holds(c, self.ascii) != negated,
        })
    }

    fn lists_in_any_case(&self, c: char) -> bool {
        if self.ascii {
            let other = if c.is_ascii_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            };
            return self.lists(other);
        }
        let small = lower(c);
        let cases = |c: char| self.lists(c) || self.lists(upper(c));
        cases(small) || twins(small).any(cases)
    }
}

/// Whether two characters are the same letter.
pub(super) fn is_same(a: char, b: char, ascii: bool) -> bool {
    if ascii { a.eq_ignore_ascii_case(&b) } else { a == b || lower(a) == lower(b) }
}
