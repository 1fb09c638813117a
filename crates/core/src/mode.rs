//! File modes as people write them: octal (`0644`, `"644"`) and symbolic (`u=rwX,g+w`).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{self, Deserializer, Visitor};

use crate::observe::FileKind;

/// All bits that a mode may have.
const ALL: u32 = 0o7777;
/// What the usual umask takes from new files, and from symbolic modes that name nobody (`+w`).
const UMASK: u32 = 0o022;

/// A file mode to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// These permission bits.
    Bits(u32),
    /// Changes to the bits that are there.
    Symbolic(Vec<Clause>),
    /// Those of the source (`preserve`; modules that copy only).
    Preserve,
}

/// One change of a symbolic mode: for whom, how, and which bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Some of `ugoa`; empty means all, less the umask.
    users: Arc<str>,
    /// `+`, `-` or `=`.
    operator: char,
    /// Some of `rwxXstugo`.
    perms: Arc<str>,
}

impl Mode {
    /// The bits that something of this kind shall have whose bits are `now`.
    #[must_use]
    pub fn apply(&self, now: u32, kind: FileKind) -> u32 {
        match self {
            Self::Bits(bits) => *bits,
            Self::Symbolic(clauses) => {
                clauses.iter().fold(now, |bits, clause| clause.apply(bits, kind))
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

impl Clause {
    fn apply(&self, now: u32, kind: FileKind) -> u32 {
        let users = if self.users.is_empty() { "a" } else { &self.users };
        users.chars().fold(now, |bits, user| self.apply_for(user, bits, kind))
    }

    fn apply_for(&self, user: char, now: u32, kind: FileKind) -> u32 {
        if user == 'a' {
            let umask = if self.users.is_empty() { UMASK } else { 0 };
            let one = |bits, user| self.apply_one(user, bits, kind, umask);
            return ['u', 'g', 'o'].into_iter().fold(now, one);
        }
        self.apply_one(user, now, kind, 0)
    }

    fn apply_one(&self, user: char, now: u32, kind: FileKind, umask: u32) -> u32 {
        let bits =
            self.perms.chars().map(|perm| perm_bits(perm, user, now, kind)).fold(0, |a, b| a | b);
        let bits = bits & !umask;
        match self.operator {
            '+' => now | bits,
            '-' => now & !bits,
            _ => now & !user_mask(user) | bits,
        }
    }
}

/// Where a user's three bits begin.
const fn shift(user: char) -> u32 {
    match user {
        'u' => 6,
        'g' => 3,
        _ => 0,
    }
}

/// The bits that `=` replaces.
const fn user_mask(user: char) -> u32 {
    match user {
        'u' => 0o4700,
        'g' => 0o2070,
        _ => 0o1007,
    }
}

/// The bits that one letter means for one user.
fn perm_bits(perm: char, user: char, now: u32, kind: FileKind) -> u32 {
    let own = |bits: u32| bits << shift(user);
    match perm {
        'r' => own(4),
        'w' => own(2),
        'x' => own(1),
        'X' if kind == FileKind::Directory || now & 0o111 != 0 => own(1),
        's' if user == 'u' => 0o4000,
        's' if user == 'g' => 0o2000,
        't' => 0o1000,
        'u' | 'g' | 'o' => own(now >> shift(perm) & 7),
        _ => 0,
    }
}

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text == "preserve" {
            return Ok(Self::Preserve);
        }
        let digits = text.strip_prefix("0o").unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let bits = u32::from_str_radix(digits, 8).ok().filter(|bits| *bits <= ALL);
            return bits
                .map(Self::Bits)
                .ok_or("an octal mode has digits 0 to 7 and is at most 7777");
        }
        let mut clauses = Vec::new();
        for part in text.split(',') {
            parse_clause(part, &mut clauses)?;
        }
        Ok(Self::Symbolic(clauses))
    }
}

/// Reads `ug+rw-x` into its changes.
fn parse_clause(part: &str, clauses: &mut Vec<Clause>) -> Result<(), &'static str> {
    const WRONG: &str = "a symbolic mode looks like `u=rwX,g+w,o=`";
    let at = part.find(['+', '-', '=']).ok_or(WRONG)?;
    let (users, mut rest) = part.split_at(at);
    if !users.chars().all(|c| "ugoa".contains(c)) {
        return Err(WRONG);
    }
    while let Some(operator) = rest.chars().next() {
        let tail = &rest[1..];
        let end = tail.find(['+', '-', '=']).unwrap_or(tail.len());
        let perms = &tail[..end];
        if !perms.chars().all(|c| "rwxXstugo".contains(c)) {
            return Err(WRONG);
        }
        clauses.push(Clause { users: users.into(), operator, perms: perms.into() });
        rest = &tail[end..];
    }
    Ok(())
}

impl<'de> de::Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(ModeVisitor)
    }
}

struct ModeVisitor;

impl Visitor<'_> for ModeVisitor {
    type Value = Mode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file mode such as \"0644\" or \"u=rwX,g+w\"")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Mode, E> {
        let bits = u32::try_from(value).ok().filter(|bits| *bits <= ALL);
        bits.map(Mode::Bits).ok_or_else(|| E::custom("a file mode is at most 7777 in octal"))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Mode, E> {
        self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Mode, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_applied_as_chmod_does() {
        use FileKind::{Directory, File};
        for (text, now, kind, expected) in [
            ("0644", 0o777, File, 0o644),
            ("1777", 0, Directory, 0o1777),
            ("0o600", 0, File, 0o600),
            ("u=rwX,g=rX,o=", 0o644, File, 0o640),
            ("u=rwX,g=rX,o=", 0o644, Directory, 0o750),
            ("u=rwX,go=rX", 0o700, File, 0o755),
            ("+x", 0o644, File, 0o755),
            ("a+w", 0o644, File, 0o666),
            ("+w", 0o444, File, 0o644),
            ("g+s", 0o755, Directory, 0o2755),
            ("u+s,o+t", 0o755, File, 0o5755),
            ("g=u", 0o640, File, 0o660),
            ("u-x+w", 0o555, File, 0o655),
            ("o=", 0o666, File, 0o660),
        ] {
            let mode: Mode = text.parse().unwrap();
            assert_eq!(mode.apply(now, kind), expected, "{text} on {now:o}");
        }
        for wrong in ["", "rw", "z+x", "u+y", "888", "12345670", "u=rw g=r"] {
            assert!(wrong.parse::<Mode>().is_err(), "{wrong:?}");
        }
    }
}
