//! `group`: groups of the host.

use serde::Deserialize;

use super::{Context, Kind, Module, Plan, Then};
use crate::account;
use crate::change::{Effect, Run};
use crate::message::account as say;
use crate::observe::{GroupEntry, Observe, Stop};
use crate::options;
use crate::overlay::UNKNOWN_ID;
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind::of::<Group>("group");

options! {
    /// Makes, changes and removes groups.
    ///
    /// Example: `group: name=deploy system=true`
    struct Group {
        /// The group.
        name: String,
        /// `present` or `absent`.
        #[serde(default)]
        state: State,
        /// Its number; the host chooses one otherwise.
        #[serde(default)]
        gid: Option<u32>,
        /// Allows a number that another group has.
        #[serde(default)]
        non_unique: bool,
        /// Makes it with a number for system groups. A group that is there stays as it is.
        #[serde(default)]
        system: bool,
        /// Removes it even when it is some user's primary group.
        #[serde(default)]
        force: bool,
        /// Not supported: groups outside the local files.
        #[serde(default)]
        local: bool,
        /// The lowest number to choose for a new group.
        #[serde(default)]
        gid_min: Option<u32>,
        /// The highest number to choose for a new group.
        #[serde(default)]
        gid_max: Option<u32>,
    }
}

/// The values of `state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Present,
    Absent,
}

impl Module for Group {
    fn plan(&self, _: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        account::check_name(&self.name)?;
        if self.local {
            return Err(say::unsupported("local").into());
        }
        let entry = observe.group(&self.name)?.filter(|entry| *entry.name == *self.name);
        let mut plan = Plan { result: self.result(), ..Plan::default() };
        match (self.state, entry) {
            (State::Absent, None) => {}
            (State::Absent, Some(_)) => plan.changes.push(self.remove().into()),
            (State::Present, None) => {
                self.check_free(observe)?;
                plan.changes.push(self.add().into());
                plan.then = Then::Again;
            }
            (State::Present, Some(entry)) => {
                if let Some(gid) = self.gid.filter(|gid| *gid != entry.gid) {
                    self.check_free(observe)?;
                    plan.changes.push(self.modify(&entry, gid).into());
                }
                let gid = self.gid.unwrap_or(entry.gid);
                plan.result.insert("gid".into(), account::number(&self.name, gid));
            }
        }
        Ok(plan)
    }
}

impl Group {
    fn result(&self) -> Map {
        let state = if self.state == State::Present { "present" } else { "absent" };
        let mut result = Map::from([
            ("name".into(), Value::str(self.name.as_str())),
            ("state".into(), state.into()),
        ]);
        if self.state == State::Present {
            result.insert("system".into(), self.system.into());
        }
        result
    }

    /// A number that another group has is refused now rather than by the command.
    fn check_free(&self, observe: &mut Observe) -> Result<(), Stop> {
        let Some(gid) = self.gid.filter(|_| !self.non_unique) else { return Ok(()) };
        match observe.group(&gid.to_string())? {
            Some(other) if *other.name != *self.name && other.gid == gid => {
                Err(say::gid_taken(gid, &other.name).into())
            }
            _ => Ok(()),
        }
    }

    fn effect(&self, entry: Option<GroupEntry>) -> Vec<Effect> {
        vec![Effect::Group { name: self.name.as_str().into(), entry }]
    }

    fn add(&self) -> Run {
        let mut words = vec!["groupadd".to_owned()];
        if let Some(gid) = self.gid {
            words.extend(["-g".to_owned(), gid.to_string()]);
        }
        for (key, value) in [("GID_MIN", self.gid_min), ("GID_MAX", self.gid_max)] {
            words.extend(value.into_iter().flat_map(|v| ["-K".to_owned(), format!("{key}={v}")]));
        }
        words.extend(self.non_unique.then(|| "-o".to_owned()));
        words.extend(self.system.then(|| "-r".to_owned()));
        let gid = self.gid.unwrap_or(UNKNOWN_ID);
        let name = self.name.as_str().into();
        let entry = GroupEntry { name, gid, members: Vec::new() };
        account::run(words, &self.name, self.effect(Some(entry)))
    }

    fn modify(&self, entry: &GroupEntry, gid: u32) -> Run {
        let mut words = vec!["groupmod".to_owned(), "-g".to_owned(), gid.to_string()];
        words.extend(self.non_unique.then(|| "-o".to_owned()));
        let entry = GroupEntry { gid, ..entry.clone() };
        account::run(words, &self.name, self.effect(Some(entry)))
    }

    fn remove(&self) -> Run {
        let mut words = vec!["groupdel".to_owned()];
        words.extend(self.force.then(|| "-f".to_owned()));
        account::run(words, &self.name, self.effect(None))
    }
}

#[cfg(test)]
mod tests {
    use crate::module_test::{Case, Expect, check_all, options};

    fn case(host: &str, given: &'static str, expect: Expect) -> Case {
        let host = crate::memory::Host::new(host);
        Case { name: given, host, module: "group", options: options(given), expect }
    }

    #[test]
    fn groups_become_as_asked() {
        check_all(&[
            case("", "name: web", Expect::changes("run groupadd -- web").result("name", "web")),
            case(
                "",
                "name: web\ngid: 700\nsystem: true",
                Expect::changes("run groupadd -g 700 -r -- web").result("gid", 700),
            ),
            case("group web 33", "name: web", Expect::nothing().result("gid", 33)),
            case("group web 33", "name: web\ngid: 33", Expect::nothing()),
            case(
                "group web 33",
                "name: web\ngid: 34",
                Expect::changes("run groupmod -g 34 -- web"),
            ),
            case(
                "group web 33",
                "name: web\nstate: absent",
                Expect::changes("run groupdel -- web"),
            ),
            case("", "name: web\nstate: absent", Expect::nothing().result("state", "absent")),
            case("group db 34", "name: web\ngid: 34", Expect::error("`db` has it")),
            case(
                "group db 34",
                "name: web\ngid: 34\nnon_unique: true",
                Expect::changes("run groupadd -g 34 -o -- web"),
            ),
            case("", "name: -web", Expect::error("Cannot use `-web`")),
            case("", "name: a:b", Expect::error("Cannot use `a:b`")),
        ]);
    }
}
