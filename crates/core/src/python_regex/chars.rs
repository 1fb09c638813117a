//! What Python takes for a word character, a digit, a space, and for the same letter in another case.
//!
//! Source: Python 3.11, `Objects/unicodetype_db.h` and `re/_casefix.py` (Unicode 14), as differences to
//! the tables of Rust's standard library, which are newer; for characters newer than Python's tables
//! theirs decide.

/// A kind of characters that has a letter: `\d`, `\s`, `\w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Digit,
    Space,
    Word,
}

impl Kind {
    /// Whether a character is of this kind; with `ascii`, only those of ASCII are.
    pub(super) fn holds(self, c: char, ascii: bool) -> bool {
        if ascii && !c.is_ascii() {
            return false;
        }
        match self {
            Self::Digit => is_digit(c),
            Self::Space if ascii => matches!(c, ' ' | '\t'..='\r'),
            Self::Space => c.is_whitespace() || matches!(c, '\x1c'..='\x1f'),
            Self::Word => is_word(c),
        }
    }
}

/// Python's `str.isalnum`, and the underscore.
fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    c.is_alphanumeric() && !is_mark(u32::from(c))
}

/// Whether Unicode calls a character alphabetic that Python does not: vowel signs and circled letters.
fn is_mark(c: u32) -> bool {
    let mut end = 0;
    for &(gap, count) in MARKS {
        let start = end + u32::from(gap);
        if c < start {
            return false;
        }
        end = start + u32::from(count) - 1;
        if c <= end {
            return true;
        }
    }
    false
}

fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    let c = u32::from(c);
    let after = ZEROS.partition_point(|&zero| zero <= c);
    after > 0 && c - ZEROS[after - 1] < 10
}

/// The lower-case letter of one character, as Python's `re` has it.
pub(super) fn lower(c: char) -> char {
    if c == 'İ' { 'i' } else { one(c, c.to_lowercase()) }
}

/// The upper-case letter of one character; itself where that takes several.
pub(super) fn upper(c: char) -> char {
    one(c, c.to_uppercase())
}

fn one(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(mapped), None) => mapped,
        _ => c,
    }
}

/// Other lower-case letters with the same upper-case letter.
pub(super) fn twins(lower: char) -> impl Iterator<Item = char> {
    TWINS.iter().filter(move |(one, _)| *one == lower).map(|(_, other)| *other)
}

/// Ranges: how far from the end of the one before, and how many.
#[rustfmt::skip]
const MARKS: &[(u16, u8)] = &[
    (837, 1), (30, 13), (577, 14), (2, 1), (2, 2), (2, 2), (2, 1), (73, 11), (49, 13), (2, 7),
    (17, 1), (102, 7), (5, 4), (3, 2), (5, 1), (36, 1), (31, 16), (103, 11), (102, 2), (4, 9),
    (2, 3), (2, 4), (168, 12), (4, 7), (7, 20), (55, 2), (3, 15), (2, 2), (6, 3), (11, 2),
    (30, 3), (59, 7), (3, 2), (3, 2), (11, 1), (11, 2), (30, 3), (59, 5), (5, 2), (3, 2), (5, 1),
    (31, 2), (4, 1), (12, 3), (59, 8), (2, 3), (2, 2), (22, 2), (23, 3), (5, 3), (59, 7), (3, 2),
    (3, 2), (10, 2), (11, 2), (31, 1), (60, 5), (4, 3), (2, 3), (11, 1), (41, 5), (58, 7), (2, 3),
    (2, 3), (9, 2), (12, 2), (30, 3), (59, 7), (2, 3), (2, 3), (9, 2), (12, 2), (29, 4), (59, 7),
    (2, 3), (2, 3), (11, 1), (11, 2), (30, 3), (76, 6), (2, 1), (2, 8), (19, 2), (62, 1), (3, 7),
    (19, 1), (100, 1), (3, 6), (2, 2), (17, 1), (164, 19), (10, 11), (2, 36), (111, 12), (2, 1),
    (3, 4), (24, 4), (5, 3), (2, 3), (3, 7), (4, 4), (14, 12), (2, 1), (11, 4), (1653, 2),
    (31, 2), (31, 2), (31, 2), (67, 19), (189, 2), (35, 1), (119, 12), (5, 9), (223, 5), (58, 10),
    (3, 20), (75, 2), (12, 3), (50, 5), (49, 15), (61, 3), (31, 9), (3, 2), (58, 11), (51, 19),
    (413, 34), (1730, 52), (2295, 32), (30837, 8), (35, 2), (355, 1), (9, 1), (24, 5), (89, 2),
    (51, 16), (2, 1), (58, 1), (39, 5), (29, 12), (46, 4), (49, 12), (38, 1), (68, 14), (13, 1),
    (9, 2), (46, 3), (51, 1), (2, 3), (3, 2), (6, 1), (45, 5), (6, 1), (238, 8), (20276, 1),
    (2136, 5), (1671, 3), (2, 2), (6, 4), (789, 4), (388, 2), (340, 3), (54, 14), (46, 2),
    (12, 3), (46, 9), (10, 1), (62, 3), (37, 12), (19, 2), (58, 3), (49, 13), (15, 2), (93, 9),
    (3, 1), (7, 1), (161, 10), (24, 4), (59, 7), (3, 2), (3, 2), (11, 1), (11, 2), (210, 13),
    (2, 3), (107, 18), (238, 7), (3, 7), (30, 2), (83, 15), (2, 1), (107, 11), (104, 14),
    (258, 13), (248, 6), (2, 2), (3, 2), (4, 1), (2, 1), (143, 7), (3, 6), (5, 1), (29, 10),
    (43, 5), (2, 4), (19, 11), (47, 14), (408, 8), (2, 7), (84, 22), (2, 14), (123, 6), (4, 1),
    (2, 2), (2, 3), (2, 1), (4, 1), (67, 5), (2, 2), (2, 4), (349, 4), (20569, 1), (2, 55),
    (8, 4), (94, 2), (19629, 1), (9058, 7), (2, 17), (3, 7), (2, 2), (2, 5), (2333, 1),
    (2025, 26), (7, 26), (7, 26),
];

/// The zeros of all decimal digits.
#[rustfmt::skip]
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
    0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0,
    0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0,
    0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[rustfmt::skip]
const TWINS: &[(char, char)] = &[
    ('\u{69}', '\u{131}'), ('\u{73}', '\u{17f}'), ('\u{b5}', '\u{3bc}'), ('\u{131}', '\u{69}'),
    ('\u{17f}', '\u{73}'), ('\u{345}', '\u{3b9}'), ('\u{345}', '\u{1fbe}'),
    ('\u{390}', '\u{1fd3}'), ('\u{3b0}', '\u{1fe3}'), ('\u{3b2}', '\u{3d0}'),
    ('\u{3b5}', '\u{3f5}'), ('\u{3b8}', '\u{3d1}'), ('\u{3b9}', '\u{345}'),
    ('\u{3b9}', '\u{1fbe}'), ('\u{3ba}', '\u{3f0}'), ('\u{3bc}', '\u{b5}'),
    ('\u{3c0}', '\u{3d6}'), ('\u{3c1}', '\u{3f1}'), ('\u{3c2}', '\u{3c3}'),
    ('\u{3c3}', '\u{3c2}'), ('\u{3c6}', '\u{3d5}'), ('\u{3d0}', '\u{3b2}'),
    ('\u{3d1}', '\u{3b8}'), ('\u{3d5}', '\u{3c6}'), ('\u{3d6}', '\u{3c0}'),
    ('\u{3f0}', '\u{3ba}'), ('\u{3f1}', '\u{3c1}'), ('\u{3f5}', '\u{3b5}'),
    ('\u{432}', '\u{1c80}'), ('\u{434}', '\u{1c81}'), ('\u{43e}', '\u{1c82}'),
    ('\u{441}', '\u{1c83}'), ('\u{442}', '\u{1c84}'), ('\u{442}', '\u{1c85}'),
    ('\u{44a}', '\u{1c86}'), ('\u{463}', '\u{1c87}'), ('\u{1c80}', '\u{432}'),
    ('\u{1c81}', '\u{434}'), ('\u{1c82}', '\u{43e}'), ('\u{1c83}', '\u{441}'),
    ('\u{1c84}', '\u{442}'), ('\u{1c84}', '\u{1c85}'), ('\u{1c85}', '\u{442}'),
    ('\u{1c85}', '\u{1c84}'), ('\u{1c86}', '\u{44a}'), ('\u{1c87}', '\u{463}'),
    ('\u{1c88}', '\u{a64b}'), ('\u{1e61}', '\u{1e9b}'), ('\u{1e9b}', '\u{1e61}'),
    ('\u{1fbe}', '\u{345}'), ('\u{1fbe}', '\u{3b9}'), ('\u{1fd3}', '\u{390}'),
    ('\u{1fe3}', '\u{3b0}'), ('\u{a64b}', '\u{1c88}'), ('\u{fb05}', '\u{fb06}'),
    ('\u{fb06}', '\u{fb05}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_python_s() {
        for (kind, yes, no) in [
            (Kind::Word, "aé_9٣½Ⅷ一", " -\u{903}\u{24b6}\u{301}\u{200c}"),
            (Kind::Digit, "09٣𝟘𝟿", "½²Ⅷ:a"),
            (Kind::Space, " \t\x1c\u{a0}\u{3000}", "\u{200b}\0a"),
        ] {
            assert!(yes.chars().all(|c| kind.holds(c, false)), "{kind:?}");
            assert!(!no.chars().any(|c| kind.holds(c, false)), "{kind:?}");
            assert!(!yes.chars().any(|c| !c.is_ascii() && kind.holds(c, true)), "{kind:?}");
        }
        assert!(!Kind::Space.holds('\x1c', true));
    }
}
