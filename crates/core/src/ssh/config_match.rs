//! `Match` of `ssh_config(5)`: which criteria hold for a host. Programs are not run to find out.

use super::config::Line;
use super::known_hosts::Place;
use super::pattern;
use crate::message::{Message, ssh as say};

/// What is known of a host while its configuration is gone through.
pub(super) struct Now<'a> {
    /// Its name as it was asked for.
    pub(super) original: &'a str,
    /// The name that `Host` lines see: the same, and in the final pass the one that `HostName` gave.
    pub(super) host: &'a str,
    /// The name to connect to, as far as it is known.
    pub(super) name: &'a str,
    /// The login, as far as it is known.
    pub(super) user: &'a str,
    /// The login name of the person at the controller.
    pub(super) local_user: &'a str,
    /// Whether this is the pass that `Match final` is for.
    pub(super) is_final: bool,
    /// Set where a `final` asks for that pass.
    pub(super) wants_final: bool,
}

/// The criteria of one `Match` line: all must hold.
#[derive(Clone, Debug)]
pub(super) struct Criteria {
    criteria: Vec<Criterion>,
    place: Place,
}

#[derive(Clone, Debug)]
struct Criterion {
    negated: bool,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    All,
    Final,
    /// Only after a canonicalization, which there is not here.
    Canonical,
    Host(String),
    OriginalHost(String),
    User(String),
    LocalUser(String),
    /// What cannot be found out without running programs, or is not supported.
    Unsupported(String),
}

impl Criteria {
    /// Reads the words of a line.
    pub(super) fn parse(line: &Line) -> Result<Self, Message> {
        let mut criteria = Vec::new();
        let mut words = line.args.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let bare = word.strip_prefix('!').unwrap_or(word);
            // `host=web*` is the same as `host web*`.
            let (name, joined) = match bare.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (bare, None),
            };
            let mut value = || {
                let value = joined.or_else(|| words.next()).filter(|value| !value.is_empty());
                value
                    .map(str::to_owned)
                    .ok_or_else(|| line.problem(format!("`{name}` has no value")))
            };
            let what = match name.to_ascii_lowercase().as_str() {
                "all" => What::All,
                "final" => What::Final,
                "canonical" => What::Canonical,
                "host" => What::Host(value()?.to_ascii_lowercase()),
                "originalhost" => What::OriginalHost(value()?.to_ascii_lowercase()),
                "user" => What::User(value()?),
                "localuser" => What::LocalUser(value()?),
                known @ ("exec" | "localnetwork" | "tagged" | "command" | "sessiontype"
                | "version") => {
                    value()?;
                    What::Unsupported(format!("Match {known}"))
                }
                _ => return Err(line.problem(format!("`{word}` is no criterion of `Match`"))),
            };
            criteria.push(Criterion { negated: word.starts_with('!'), what });
        }
        let is_all = |criterion: &&Criterion| matches!(criterion.what, What::All);
        let stands_alone = match criteria.as_slice() {
            [_] => true,
            [Criterion { what: What::Final | What::Canonical, .. }, last] => !last.negated,
            _ => false,
        };
        if criteria.iter().find(is_all).is_some_and(|all| all.negated || !stands_alone) {
            return Err(line.problem("`all` stands alone, or behind `final` or `canonical`"));
        }
        Ok(Self { criteria, place: line.place.clone() })
    }

    /// Whether all hold. `before` says whether what stands around holds: if not, nothing has to be found
    /// out, but a `final` is heard all the same.
    pub(super) fn hold(&self, now: &mut Now<'_>, before: bool) -> Result<bool, Message> {
        let mut hold = before;
        for Criterion { negated, what } in &self.criteria {
            let list =
                |patterns: &str, text: &str| pattern::list_matches(patterns.split(','), text);
            let holds = match what {
                What::All => true,
                What::Final => {
                    now.wants_final = true;
                    now.is_final
                }
                What::Host(patterns) => list(patterns, &now.name.to_ascii_lowercase()),
                What::OriginalHost(patterns) => list(patterns, &now.original.to_ascii_lowercase()),
                What::User(patterns) => list(patterns, now.user),
                What::LocalUser(patterns) => list(patterns, now.local_user),
                What::Unsupported(name) if hold => {
                    return Err(say::config_unsupported(&self.place.file, self.place.line, name));
                }
                What::Canonical | What::Unsupported(_) => false,
            };
            hold &= holds != *negated;
        }
        Ok(hold)
    }
}
