//! What the modules for users and groups share: names, numbers, and the lines of the shadow file.

use std::sync::Arc;

use crate::change::{Effect, Run};
use crate::message::Message;
use crate::message::account as say;
use crate::overlay::UNKNOWN_ID;
use crate::value::Value;

/// Refuses what no user or group can be called, or what a command would take for an option.
pub(crate) fn check_name(name: &str) -> Result<(), Message> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || ":,/".contains(c);
    if name.is_empty() || name.starts_with(['-', '~']) || name.contains(bad) {
        return Err(say::bad_name(name));
    }
    Ok(())
}

/// Refuses what a field of the user database cannot hold.
pub(crate) fn check_field(option: &str, value: Option<&str>) -> Result<(), Message> {
    match value {
        Some(value) if value.contains([':', '\n', '\r', '\0']) => {
            Err(say::bad_field(option, value.escape_debug()))
        }
        _ => Ok(()),
    }
}

/// A user's or group's number; one that the host will choose is unknown.
pub(crate) fn number(name: &str, id: u32) -> Value {
    if id == UNKNOWN_ID {
        return Value::Unknown(say::unknown_until(name).to_string().into());
    }
    Value::Int(id.into())
}

/// A command about `name`, which stands behind `--`.
pub(crate) fn run(words: Vec<String>, name: &str, effects: Vec<Effect>) -> Run {
    let ending = ["--".to_owned(), name.to_owned()];
    let argv = words.into_iter().chain(ending).map(Arc::from).collect();
    Run { argv, effects, ..Run::default() }
}

/// The numbers of a user's line in `/etc/shadow`, of which an empty field is none.
///
/// Source: `shadow(5)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aging {
    /// Days before a password may be changed again.
    pub(crate) minimum: Option<i64>,
    /// Days after which it must be changed.
    pub(crate) maximum: Option<i64>,
    /// Days of warning before that.
    pub(crate) warn: Option<i64>,
    /// Days after that until the account is disabled.
    pub(crate) inactive: Option<i64>,
    /// Day of expiry since 1970.
    pub(crate) expires: Option<i64>,
}

/// The line of `name` in the text of `/etc/shadow`.
pub(crate) fn aging(shadow: &str, name: &str) -> Aging {
    let line = shadow.lines().find(|line| line.split(':').next() == Some(name)).unwrap_or("");
    let fields: Vec<&str> = line.split(':').collect();
    let at = |index: usize| fields.get(index).and_then(|field| field.parse().ok());
    Aging { minimum: at(3), maximum: at(4), warn: at(5), inactive: at(6), expires: at(7) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_break_a_line_or_be_an_option_are_refused() {
        for (name, good) in [
            ("www-data", true),
            ("a.b_c$", true),
            ("ünicode", true),
            ("", false),
            ("-a", false),
            ("~a", false),
            ("a b", false),
            ("a:b", false),
            ("a\nroot", false),
            ("a,b", false),
            ("a/b", false),
        ] {
            assert_eq!(check_name(name).is_ok(), good, "{name:?}");
        }
    }

    #[test]
    fn a_shadow_line_is_found_by_its_whole_name() {
        let shadow = "ab:!:1:2:3:4:5:6:\na:$6$x:19000:0:99999:7::20000:\n";
        let found = aging(shadow, "a");
        assert_eq!((found.minimum, found.maximum, found.warn), (Some(0), Some(99999), Some(7)));
        assert_eq!((found.inactive, found.expires), (None, Some(20000)));
        assert_eq!(aging(shadow, "b"), Aging::default());
    }
}
