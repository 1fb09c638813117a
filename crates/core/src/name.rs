//! Names that people give: of hosts, groups, partitions, users and everything else in the register.

use crate::message::{Message, register as say};

/// The longest name, as DNS has it.
const LONGEST: usize = 253;

/// Checks a name. Letters (of any language), digits, `.`, `_` and `-`; the first is a letter, digit or `_`. So
/// a name is a word of the selector grammar, of a path of the API and of a shell, whatever it says.
pub fn check(name: &str) -> Result<(), Message> {
    let first = name.chars().next();
    let begins = first.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let fits = name.len() <= LONGEST
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if begins && fits && name != "all" { Ok(()) } else { Err(say::bad_name(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let good = ["web1", "web-1.example.org", "10.0.0.1", "_x", "größe", "h_1"];
        let long = "a".repeat(LONGEST + 1);
        let bad =
            ["", "all", "-rf", ".hidden", "a b", "a,b", "a:b", "a/b", "@a", "a\n", "$(x)", &long];
        for name in good {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in bad {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
