//! File modes as people write them: octal digits or symbols.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::observe::FileKind;

/// What the usual umask takes from new files, and from symbolic modes that name nobody (`+w`).
const UMASK: u32 = 0o022;

/// The name by which [`crate::options`] knows that a mode is wanted, and gives an octal number as such.
pub(crate) const NEWTYPE: &str = "$hep.mode";

/// A mode that a file shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All permission bits (`0o7777`).
    Bits(u32),
    /// Changes to the mode that is there, one after another.
    Symbolic(Vec<Clause>),
    /// That of the source (`preserve`; modules that copy only).
    Preserve,
}

/// One of the parts of `u=rwX,g-w`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Of `u`, `g`, `o`; never empty.
    users: Vec<char>,
    /// Whether none was named, so that the umask takes part.
    masked: bool,
    /// Each `+`, `-` or `=` with its letters of `rwxXstugo`.
    steps: Vec<(char, String)>,
}

/// What the symbols are applied to.
#[derive(Clone, Copy, Debug)]
struct Observed {
    /// Whether it is a directory, for `X`.
    directory: bool,
    /// The identity's umask, for symbols without `u`, `g`, `o` or `a`.
    umask: u32,
}

impl Mode {
    /// Reads octal digits or symbols; nothing when it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "preserve" {
            return Some(Self::Preserve);
        }
        let digits = text.strip_prefix("0o").unwrap_or(text);
        if digits.starts_with(|c: char| c.is_ascii_digit()) {
            let bits = u32::from_str_radix(digits, 8).ok()?;
            return (bits <= 0o7777).then_some(Self::Bits(bits));
        }
        text.split(',').map(clause).collect::<Option<Vec<_>>>().map(Self::Symbolic)
    }

    /// The bits that something of this kind shall have whose bits are `now`.
    ///
    /// Source: Ansible, `module_utils/basic.py`, `_symbolic_mode_to_octal`.
    #[must_use]
    pub fn apply(&self, now: u32, kind: FileKind) -> u32 {
        let directory = kind == FileKind::Directory;
        let observed = Observed { directory, umask: UMASK };
        match self {
            Self::Bits(bits) => *bits,
            Self::Symbolic(clauses) => {
                clauses.iter().fold(now & 0o7777, |bits, clause| clause.apply(bits, observed))
            }
            Self::Preserve => now,
        }
    }

    /// The bits of a new file or directory, which a symbolic mode changes.
    #[must_use]
    pub fn of_new(&self, kind: FileKind) -> u32 {
        let full = if kind == FileKind::Directory { 0o777 } else { 0o666 };
        self.apply(full & !UMASK, kind)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(bits) => write!(f, "0{bits:03o}"),
            Self::Preserve => f.write_str("preserve"),
            Self::Symbolic(clauses) => {
                for (index, clause) in clauses.iter().enumerate() {
                    f.write_str(if index > 0 { "," } else { "" })?;
                    if !clause.masked {
                        f.write_str(&clause.users.iter().collect::<String>())?;
                    }
                    clause.steps.iter().try_for_each(|(op, letters)| write!(f, "{op}{letters}"))?;
                }
                Ok(())
            }
        }
    }
}

fn clause(text: &str) -> Option<Clause> {
    let at = text.find(['+', '-', '='])?;
    let (who, mut rest) = text.split_at(at);
    if !who.chars().all(|c| "ugoa".contains(c)) {
        return None;
    }
    let all = who.is_empty() || who.contains('a');
    let users = if all { vec!['u', 'g', 'o'] } else { who.chars().collect() };
    let mut steps = Vec::new();
    while let Some(op) = rest.chars().next() {
        rest = &rest[1..];
        let end = rest.find(['+', '-', '=']).unwrap_or(rest.len());
        let (letters, tail) = rest.split_at(end);
        if !letters.chars().all(|c| "rwxXstugo".contains(c)) {
            return None;
        }
        steps.push((op, letters.to_owned()));
        rest = tail;
    }
    Some(Clause { users, masked: who.is_empty(), steps })
}

impl Clause {
    fn apply(&self, mut bits: u32, observed: Observed) -> u32 {
        for (op, letters) in &self.steps {
            for user in &self.users {
                let chosen = letters
                    .chars()
                    .map(|letter| self.bits(*user, letter, bits, observed))
                    .fold(0, |all, one| all | one);
                bits = match op {
                    '+' => bits | chosen,
                    '-' => bits & !chosen,
                    _ => (bits & !whole(*user)) | chosen,
                };
            }
        }
        bits
    }

    fn bits(&self, user: char, letter: char, now: u32, observed: Observed) -> u32 {
        let shift = shift(user);
        let masked = |bits: u32| if self.masked { bits & !observed.umask } else { bits };
        match letter {
            'r' => masked(0o4 << shift),
            'w' => masked(0o2 << shift),
            'x' => masked(0o1 << shift),
            'X' if observed.directory || now & 0o111 != 0 => masked(0o1 << shift),
            's' if user == 'u' => 0o4000,
            's' if user == 'g' => 0o2000,
            't' if user == 'o' => 0o1000,
            'u' | 'g' | 'o' => ((now >> self::shift(letter)) & 0o7) << shift,
            _ => 0,
        }
    }
}

fn shift(user: char) -> u32 {
    match user {
        'u' => 6,
        'g' => 3,
        _ => 0,
    }
}

/// All bits that belong to `u`, `g` or `o`.
fn whole(user: char) -> u32 {
    match user {
        'u' => 0o4700,
        'g' => 0o2070,
        _ => 0o1007,
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_newtype_struct(NEWTYPE, ModeVisitor)
    }
}

struct ModeVisitor;

impl<'de> Visitor<'de> for ModeVisitor {
    type Value = Mode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mode such as \"0644\" or \"u=rw,g=r,o=\"")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, input: D) -> Result<Mode, D::Error> {
        input.deserialize_str(self)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Mode, E> {
        Mode::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_apply_as_ansible_does() {
        let cases = [
            ("0644", 0o777, false, 0o644),
            ("644", 0, false, 0o644),
            ("0o1777", 0, true, 0o1777),
            ("u=rwX,g=rx,o=", 0o600, false, 0o650),
            ("u=rwX,g=rX,o=", 0o600, true, 0o750),
            ("a+x", 0o644, false, 0o755),
            ("+x", 0o644, false, 0o755),
            ("+w", 0o444, false, 0o644),
            ("go-w", 0o666, false, 0o644),
            ("u+s,g+s,o+t", 0o755, false, 0o7755),
            ("g=u", 0o640, false, 0o660),
            ("o=g-w", 0o660, false, 0o664),
            ("u+x-w", 0o600, false, 0o500),
            ("a=", 0o7777, false, 0),
            ("ugo=rX", 0o100, false, 0o555),
        ];
        for (text, bits, directory, expected) in cases {
            let mode = Mode::parse(text).unwrap_or_else(|| panic!("{text}"));
            let kind = if directory { FileKind::Directory } else { FileKind::File };
            let result = mode.apply(bits, kind);
            assert_eq!(result, expected, "{text} on {bits:o} gave {result:o}");
            let again = Mode::parse(&mode.to_string());
            assert_eq!(again.map(|m| m.apply(bits, kind)), Some(expected));
        }
        for text in ["", "888", "17777", "rw-r--r--", "u~x", "u+q", "-1", "q+x"] {
            assert_eq!(Mode::parse(text), None, "{text}");
        }
    }
}
