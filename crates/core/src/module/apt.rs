//! `apt`: packages of Debian and its children.

use serde::{Deserialize, Deserializer};

use super::{Context, Finish, Kind, Module, Plan, Then};
use crate::change::{Outcome, Planned, Run};
use crate::dpkg::{self, Known, Wanted};
use crate::message::package as say;
use crate::observe::{Observe, Question, Stop};
use crate::options;
use crate::query::Query;
use crate::value::{Map, Value};

mod calls;
#[cfg(test)]
mod tests;

pub(super) const KIND: Kind = Kind {
    normalize: Some(|entries| {
        entries.retain(|(key, _)| key.as_str().is_none_or(|key| !NOT_NEEDED.contains(&key)));
        Ok(())
    }),
    ..Kind::of::<Apt>("apt")
};

/// Options of Ansible's module that say how it works inside; they are taken and have no meaning here.
const NOT_NEEDED: &[&str] = &[
    "auto_install_module_deps",
    "force_apt_get",
    "update_cache_retries",
    "update_cache_retry_max_delay",
];

/// Written by apt's own hook after each refresh of the lists, where that hook is installed.
const STAMP: &str = "/var/lib/apt/periodic/update-success-stamp";
/// Where the lists lie.
const LISTS: &str = "/var/lib/apt/lists";
/// What every refresh leaves there. A package file that is installed makes the directory new, and fetches none.
const FETCHED: &str = "/var/lib/apt/lists/*Release";

options! {
    /// Installs, upgrades and removes packages on Debian, Ubuntu and their relatives.
    ///
    /// All packages of a task are one call of `apt-get`, which asks nothing and keeps changed configuration
    /// files. What it will do is taken from apt's own simulation, so a check names every package. The call
    /// waits while another one holds the lock.
    ///
    /// Example: `apt: name=["apache2", "php"] update_cache=true cache_valid_time=3600`
    ///
    /// Example: `apt: package=htop action=remove`
    ///
    /// Example: `apt: upgrade=dist autoremove=true`
    pub(super) struct Apt {
        /// Packages: a list, or a text with commas. `NAME=VERSION` asks for that version, which may end in
        /// `*`. For `state: absent` a name may be a pattern. `*` with `state: latest` means all.
        #[serde(default, alias = "package", alias = "pkg")]
        name: Vec<String>,
        /// `present` (also `installed`), `latest`, `absent` (also `removed`), or `fixed`, which repairs
        /// broken dependencies.
        #[serde(default)]
        state: Option<State>,
        /// The older way to say it: `install` or `remove`. Before something absent is installed, `install`
        /// always refreshes the lists.
        #[serde(default)]
        action: Option<Action>,
        /// Refreshes the package lists first.
        #[serde(default, alias = "update-cache")]
        update_cache: Option<bool>,
        /// Does so only when the lists are older than so many seconds. Implies `update_cache`.
        #[serde(default)]
        cache_valid_time: i64,
        /// Also removes configuration files of what is removed.
        #[serde(default)]
        purge: bool,
        /// Also removes packages that nothing needs any more. May be the only option.
        #[serde(default)]
        autoremove: bool,
        /// Deletes fetched archives that can no longer be fetched. May be the only option.
        #[serde(default)]
        autoclean: bool,
        /// Deletes all fetched archives first. May be the only option.
        #[serde(default)]
        clean: bool,
        /// Upgrades all packages: `yes` or `safe` (removes none), `full` or `dist` (may remove some), `no`.
        #[serde(default, deserialize_with = "upgrade")]
        upgrade: Option<Upgrade>,
        /// The absolute path, on the host, of a package file to install.
        #[serde(default)]
        deb: Option<String>,
        /// The release to prefer, as `apt-get -t` has it.
        #[serde(default, alias = "default-release")]
        default_release: Option<String>,
        /// Whether recommended packages are installed too; the host's own setting otherwise.
        #[serde(default, alias = "install-recommends")]
        install_recommends: Option<bool>,
        /// Upgrades packages that are installed, and installs none.
        #[serde(default)]
        only_upgrade: bool,
        /// Allows a lower version to replace a higher one.
        #[serde(
            default,
            alias = "allow-downgrade",
            alias = "allow_downgrades",
            alias = "allow-downgrades"
        )]
        allow_downgrade: bool,
        /// Allows packages that are not signed.
        #[serde(default, alias = "allow-unauthenticated")]
        allow_unauthenticated: bool,
        /// Allows changing packages that are on hold.
        #[serde(default)]
        allow_change_held_packages: bool,
        /// Fails rather than remove any package.
        #[serde(default)]
        fail_on_autoremove: bool,
        /// Allows everything that apt warns of. Dangerous.
        #[serde(default)]
        force: bool,
        /// What to tell dpkg, with commas.
        #[serde(default = "default_dpkg_options")]
        dpkg_options: Vec<String>,
        /// Seconds to wait for another package manager to finish.
        #[serde(default = "default_lock_timeout")]
        lock_timeout: u64,
        /// Not supported.
        #[serde(default)]
        policy_rc_d: Option<i64>,
    }
}

/// The values of `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    #[serde(alias = "installed")]
    Present,
    Latest,
    #[serde(alias = "removed")]
    Absent,
    BuildDep,
    Fixed,
}

/// The values of `action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Install,
    Remove,
}

/// The ways to upgrade all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upgrade {
    Safe,
    Full,
}

/// `upgrade` is a word or a boolean: YAML reads `yes` as one.
fn upgrade<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Upgrade>, D::Error> {
    match Value::deserialize(input)? {
        Value::Null | Value::Bool(false) => Ok(None),
        Value::Bool(true) => Ok(Some(Upgrade::Safe)),
        Value::Str(word) => match &*word.to_ascii_lowercase() {
            "no" | "false" => Ok(None),
            "yes" | "true" | "safe" => Ok(Some(Upgrade::Safe)),
            "full" | "dist" => Ok(Some(Upgrade::Full)),
            _ => {
                Err(serde::de::Error::custom("`upgrade` is `yes`, `safe`, `full`, `dist` or `no`"))
            }
        },
        _ => Err(serde::de::Error::custom("`upgrade` is `yes`, `safe`, `full`, `dist` or `no`")),
    }
}

fn default_dpkg_options() -> Vec<String> {
    vec!["force-confdef".to_owned(), "force-confold".to_owned()]
}

const fn default_lock_timeout() -> u64 {
    60
}

impl Module for Apt {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        self.check()?;
        let wanted = self.wanted()?;
        if let Some(refresh) = self.refresh(context, observe, &wanted)? {
            return Ok(refresh);
        }
        let mut plan = Plan::default();
        if self.clean && !observe.glob("/var/cache/apt/archives/*.deb")?.is_empty() {
            plan.changes.push(self.run(vec!["clean".into()]).into());
        }
        let calls = self.calls(context, observe, &wanted).map_err(|stop| match stop {
            // The lists that would say it are only planned to be fetched.
            Stop::Fail(message) if context.check && context.again => {
                let said = message.to_string();
                let said = said.split("\nhint").next().unwrap_or_default();
                Stop::Unknown(say::before_refresh(said).to_string().into())
            }
            other => other,
        });
        for call in calls? {
            let run = Run { effects: call.simulation.effects(), ..self.run(call.args) };
            let diff = Some(call.simulation.diff());
            plan.changes.push(Planned { diff, ..run.into() });
        }
        self.insert_cache_state(observe, context.again, &mut plan.result)?;
        // What the refresh before this round did is no change of its own.
        plan.changed = context.again.then_some(!plan.changes.is_empty());
        Ok(plan)
    }

    fn finish(&self, mut result: Map, outcomes: &[Outcome]) -> Finish {
        let mut failed = None;
        for outcome in outcomes {
            match outcome {
                Outcome::Done(deed) => deed.insert_into(&mut result),
                Outcome::Failed(message, deed) => {
                    deed.insert_into(&mut result);
                    failed = Some(message.clone());
                }
                Outcome::Refused(message) => failed = Some(message.clone()),
                Outcome::Late | Outcome::Cancelled => {}
            }
        }
        let only_refresh = self.only_refresh() && failed.is_none() && !outcomes.is_empty();
        let changed = only_refresh.then(|| brought_something(&result));
        if let Some(changed) = changed {
            result.insert("cache_updated".into(), changed.into());
        }
        Finish { result, failed, changed }
    }
}

/// Whether a refresh fetched anything new: apt prints `Get:` for that, `Hit:` for what it had.
fn brought_something(result: &Map) -> bool {
    let out = result.get("stdout").and_then(Value::as_str).unwrap_or("");
    out.lines().any(|line| line.starts_with("Get:"))
}

impl Apt {
    /// What cannot be done is refused by name before anything is asked.
    fn check(&self) -> Result<(), Stop> {
        if self.policy_rc_d.is_some() {
            return Err(say::unsupported("policy_rc_d").into());
        }
        if self.state == Some(State::BuildDep) {
            return Err(say::unsupported("state: build-dep").into());
        }
        if self.state.is_some() && self.action.is_some() {
            return Err(say::excluded("state", "action").into());
        }
        let given = [
            ("name", !self.name.is_empty()),
            ("deb", self.deb.is_some()),
            ("upgrade", self.upgrade.is_some()),
        ];
        let given: Vec<&str> = given.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
        if let [first, second, ..] = given[..] {
            return Err(say::excluded(first, second).into());
        }
        let alone = [self.refreshes(), self.autoremove, self.autoclean, self.clean];
        let fixed = self.state == Some(State::Fixed);
        if given.is_empty() && !fixed && !alone.contains(&true) {
            return Err(say::nothing_asked().into());
        }
        Ok(())
    }

    const fn state(&self) -> State {
        match (self.state, self.action) {
            (Some(state), _) => state,
            (None, Some(Action::Remove)) => State::Absent,
            (None, _) => State::Present,
        }
    }

    fn refreshes(&self) -> bool {
        self.update_cache == Some(true) || self.cache_valid_time > 0
    }

    /// Whether nothing else was asked for.
    fn only_refresh(&self) -> bool {
        self.name.is_empty()
            && self.deb.is_none()
            && self.upgrade.is_none()
            && !(self.autoremove || self.autoclean || self.clean)
            && self.state != Some(State::Fixed)
    }

    fn wanted(&self) -> Result<Vec<Wanted>, Stop> {
        let names = self.name.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
        let all = |name: &&str| *name == "*" && self.state() == State::Latest;
        let removing = self.state() == State::Absent;
        let parse = |name: &str| Wanted::parse(name, removing).map_err(Stop::Fail);
        names.filter(|name| !all(name)).map(parse).collect()
    }

    /// The plan that refreshes the lists, when that comes first.
    fn refresh(
        &self,
        context: &Context<'_>,
        observe: &mut Observe,
        wanted: &[Wanted],
    ) -> Result<Option<Plan>, Stop> {
        let seed = self.action == Some(Action::Install) && self.update_cache.is_none();
        if context.again || !(self.refreshes() || seed) {
            return Ok(None);
        }
        if seed && !self.refreshes() && Self::missing(observe, wanted)?.is_empty() {
            return Ok(None);
        }
        if !self.is_stale(observe)? {
            return Ok(None);
        }
        let changes = vec![self.run(vec!["update".into()]).into()];
        if self.only_refresh() {
            let result = Map::from([("cache_updated".into(), true.into())]);
            return Ok(Some(Plan { changes, result, ..Plan::default() }));
        }
        // Fresh lists alone are no change of the host, as Ansible counts it.
        Ok(Some(Plan { changes, changed: Some(false), then: Then::Again, ..Plan::default() }))
    }

    /// When the lists were last refreshed, in nanoseconds since 1970; 0 where they never were.
    fn refreshed_ns(observe: &mut Observe) -> Result<i64, Stop> {
        let stat = |path: &str| Question::Stat { path: path.into(), follow: false, digest: false };
        let fetched = Question::Glob { pattern: FETCHED.into() };
        observe.expect([stat(STAMP), stat(LISTS), fetched, Question::Now]);
        let (stamp, lists) = (observe.stat(STAMP)?, observe.stat(LISTS)?);
        let lists = if observe.glob(FETCHED)?.is_empty() { None } else { lists };
        Ok(stamp.or(lists).map_or(0, |stat| stat.mtime_ns))
    }

    fn is_stale(&self, observe: &mut Observe) -> Result<bool, Stop> {
        if self.cache_valid_time <= 0 {
            return Ok(true);
        }
        let until_ms = Self::refreshed_ns(observe)? / 1_000_000 + self.cache_valid_time * 1000;
        Ok(until_ms < observe.now_ms()?)
    }

    fn insert_cache_state(
        &self,
        observe: &mut Observe,
        refreshed: bool,
        result: &mut Map,
    ) -> Result<(), Stop> {
        result.insert("cache_updated".into(), refreshed.into());
        if self.refreshes() {
            let seconds = Self::refreshed_ns(observe)? / 1_000_000_000;
            result.insert("cache_update_time".into(), Value::Int(seconds));
        }
        Ok(())
    }

    /// What dpkg knows of the packages.
    fn known(observe: &mut Observe, wanted: &[Wanted]) -> Result<Vec<Known>, Stop> {
        let names = wanted.iter().map(|one| one.name.as_str().into()).collect();
        Ok(dpkg::status(&observe.query(Query::DpkgStatus(names))?))
    }

    /// Those that are not installed in the version asked for, and that nothing installed stands for.
    fn missing<'w>(observe: &mut Observe, wanted: &'w [Wanted]) -> Result<Vec<&'w Wanted>, Stop> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let known = Self::known(observe, wanted)?;
        let missing: Vec<&Wanted> = wanted.iter().filter(|one| !one.is_met_by(&known)).collect();
        if missing.iter().all(|one| one.version.is_some() || one.is_in(&known)) {
            return Ok(missing);
        }
        let all = dpkg::status(&observe.query(Query::DpkgStatus(Vec::new()))?);
        let provided = |one: &&Wanted| {
            one.version.is_none()
                && all.iter().any(|known| known.installed && known.provides.contains(&one.name))
        };
        Ok(missing.into_iter().filter(|one| !provided(one)).collect())
    }
}
