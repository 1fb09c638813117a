//! `apt`: packages of Debian and its children.

use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use super::{Context, Finish, Kind, Module, Plan, Then};
use crate::change::{Outcome, Planned, Run};
use crate::dpkg::{self, Known, Simulation, Wanted};
use crate::message::package as say;
use crate::observe::{Observe, Output, Question, Stop};
use crate::options;
use crate::query::Query;
use crate::value::{Map, Value};

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

/// A call of `apt-get` that the simulation has looked at.
struct Call {
    args: Vec<Arc<str>>,
    simulation: Simulation,
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
                Outcome::Cancelled => {}
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
        observe.expect([stat(STAMP), stat(LISTS), Question::Now]);
        let (stamp, lists) = (observe.stat(STAMP)?, observe.stat(LISTS)?);
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

    /// The calls of `apt-get` that would change something.
    fn calls(
        &self,
        context: &Context<'_>,
        observe: &mut Observe,
        wanted: &[Wanted],
    ) -> Result<Vec<Call>, Stop> {
        let mut calls = Vec::new();
        let all = self.name.iter().any(|name| name.trim() == "*");
        if all && !wanted.is_empty() {
            return Err(say::excluded("name: *", "name: other packages").into());
        }
        if let Some(mode) = self.upgrade.or(all.then_some(Upgrade::Safe)) {
            calls.extend(Self::simulate(observe, self.upgrade_args(mode))?);
        } else if let Some(deb) = &self.deb {
            calls.extend(self.install_deb(context, observe, deb)?);
        } else if !wanted.is_empty() || self.state == Some(State::Fixed) {
            calls.extend(self.packages(observe, wanted)?);
        } else {
            for (asked, operation) in
                [(self.autoclean, "autoclean"), (self.autoremove, "autoremove")]
            {
                if asked {
                    let mut args = self.options();
                    args.extend(self.purge.then(|| "--purge".into()));
                    args.push(operation.into());
                    calls.extend(Self::simulate(observe, args)?);
                }
            }
        }
        Ok(calls)
    }

    /// The call for the packages named, when they are not as they should be.
    fn packages(&self, observe: &mut Observe, wanted: &[Wanted]) -> Result<Option<Call>, Stop> {
        let (operation, specs): (&str, Vec<&Wanted>) = match self.state() {
            State::Absent => ("remove", self.removable(observe, wanted)?),
            State::Latest | State::Fixed if self.only_upgrade => {
                ("install", Self::there(observe, wanted)?)
            }
            State::Latest | State::Fixed => ("install", wanted.iter().collect()),
            _ if self.only_upgrade => {
                let there = Self::there(observe, wanted)?;
                let missing = Self::missing(observe, wanted)?;
                let both = |one: &&Wanted| missing.iter().any(|other| other.spec == one.spec);
                ("install", there.into_iter().filter(both).collect())
            }
            _ => ("install", Self::missing(observe, wanted)?),
        };
        if specs.is_empty() && self.state() != State::Fixed {
            return Ok(None);
        }
        let mut args = self.options();
        args.extend(self.flags(operation));
        args.extend([operation.into(), "--".into()]);
        args.extend(specs.iter().map(|one| one.spec.as_str().into()));
        Self::simulate(observe, args)
    }

    /// Those of which something is installed (or, for a purge, left behind).
    fn removable<'w>(
        &self,
        observe: &mut Observe,
        wanted: &'w [Wanted],
    ) -> Result<Vec<&'w Wanted>, Stop> {
        let known = Self::known(observe, wanted)?;
        let there = |one: &&Wanted| {
            let fits = |known: &&Known| one.names(known) && one.version_fits(known);
            known.iter().filter(fits).any(|k| k.installed || (self.purge && k.files_left))
        };
        Ok(wanted.iter().filter(there).collect())
    }

    /// Those that are installed in any version.
    fn there<'w>(observe: &mut Observe, wanted: &'w [Wanted]) -> Result<Vec<&'w Wanted>, Stop> {
        let known = Self::known(observe, wanted)?;
        Ok(wanted.iter().filter(|one| one.is_in(&known)).collect())
    }

    fn install_deb(
        &self,
        context: &Context<'_>,
        observe: &mut Observe,
        deb: &str,
    ) -> Result<Option<Call>, Stop> {
        if deb.contains("://") {
            return Err(say::deb_is_url(deb).into());
        }
        if !deb.starts_with('/') {
            return Err(say::deb_relative(deb).into());
        }
        if self.state() != State::Present {
            return Err(say::excluded("deb", "state: other than present").into());
        }
        if observe.stat_with(deb, true, false)?.is_none() {
            return Err(say::deb_missing(deb).into());
        }
        let mut args = self.options();
        args.extend(self.flags("install"));
        args.extend(["install".into(), "--".into(), deb.into()]);
        match Self::simulate(observe, args) {
            // An earlier task of this check would have put the file there.
            Err(Stop::Fail(_)) if context.check => {
                Err(Stop::Unknown(say::deb_unplanned(deb).to_string().into()))
            }
            other => other,
        }
    }

    /// The call, when apt says that it would do something.
    fn simulate(observe: &mut Observe, args: Vec<Arc<str>>) -> Result<Option<Call>, Stop> {
        let output = observe.query(Query::AptSimulate(args.clone()))?;
        let simulation = dpkg::simulation(&output);
        if output.rc != 0 || simulation.patterns {
            return Err(Self::refusal(&args, &output));
        }
        Ok((!simulation.is_empty()).then_some(Call { args, simulation }))
    }

    /// Why apt would not do it, in words that name the packages.
    fn refusal(args: &[Arc<str>], output: &Output) -> Stop {
        let why = dpkg::complaint(output);
        let operands: Vec<&str> =
            args.iter().map(|word| &**word).skip_while(|w| *w != "--").collect();
        let named = |mark: &dyn Fn(&str) -> String| -> Vec<&str> {
            let names = operands.iter().skip(1).copied();
            names.filter(|spec| why.contains(&mark(spec.split('=').next().unwrap_or("")))).collect()
        };
        let unknown = named(&|name| format!("Unable to locate package {name}"));
        let patterns = dpkg::simulation(output).patterns;
        if patterns {
            return say::unknown(operands[1..].join(", "), "apt takes it for a pattern").into();
        }
        if !unknown.is_empty() {
            return say::unknown(unknown.join(", "), &why).into();
        }
        let virtual_only = named(&|name| format!("Package '{name}' has no installation candidate"));
        if !virtual_only.is_empty() {
            return say::no_candidate(virtual_only.join(", ")).into();
        }
        let operation = args.iter().skip_while(|word| word.starts_with('-') || word.contains("::"));
        let operation: Vec<&str> = operation.map(|word| &**word).filter(|w| *w != "--").collect();
        say::refused(operation.join(" "), why).into()
    }

    fn upgrade_args(&self, mode: Upgrade) -> Vec<Arc<str>> {
        let mut args = self.options();
        args.extend(self.flags("install"));
        match mode {
            Upgrade::Safe => args.extend(["--with-new-pkgs".into(), "upgrade".into()]),
            Upgrade::Full => args.push("dist-upgrade".into()),
        }
        args
    }

    /// What every call is told.
    fn options(&self) -> Vec<Arc<str>> {
        let mut args: Vec<Arc<str>> = vec!["--yes".into()];
        for option in self.dpkg_options.iter().map(|option| option.trim()) {
            if !option.is_empty() {
                let option = option.trim_start_matches("--");
                args.extend(["-o".into(), format!("Dpkg::Options::=--{option}").into()]);
            }
        }
        if let Some(release) = &self.default_release {
            args.extend(["-o".into(), format!("APT::Default-Release={release}").into()]);
        }
        if let Some(recommends) = self.install_recommends {
            args.extend(["-o".into(), format!("APT::Install-Recommends={recommends}").into()]);
        }
        args
    }

    /// What depends on the operation.
    fn flags(&self, operation: &str) -> Vec<Arc<str>> {
        let removing = operation == "remove";
        [
            (self.autoremove, "--auto-remove"),
            (removing && self.purge, "--purge"),
            (!removing && self.only_upgrade, "--only-upgrade"),
            (!removing && self.state == Some(State::Fixed), "--fix-broken"),
            (!removing && self.fail_on_autoremove, "--no-remove"),
            (self.force || self.allow_unauthenticated, "--allow-unauthenticated"),
            (self.force || self.allow_downgrade, "--allow-downgrades"),
            (self.force || self.allow_change_held_packages, "--allow-change-held-packages"),
            (self.force, "--allow-remove-essential"),
        ]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, flag)| flag.into())
        .collect()
    }

    /// One call of `apt-get`, which asks nothing and answers in English.
    fn run(&self, args: Vec<Arc<str>>) -> Run {
        let fixed = [
            ("DEBIAN_FRONTEND", "noninteractive"),
            ("DEBIAN_PRIORITY", "critical"),
            ("LC_ALL", "C"),
            ("LANGUAGE", "C"),
        ];
        let env = fixed.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        let fixed: [Arc<str>; 2] = ["apt-get".into(), "--quiet".into()];
        let words = fixed.into_iter().chain(args).collect();
        let lock_wait_ms = Some(self.lock_timeout.saturating_mul(1000));
        Run { argv: words, env, lock_wait_ms, ..Run::default() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::change::{Deed, Effect};
    use crate::observe::{Answer, FileKind, Stat};
    use crate::plan_case::{self, Known as Fact, check, commands, plan, planned, result, runs};

    fn status(names: &[&str], lines: &str) -> Fact {
        let names = names.iter().map(|name| Arc::from(*name)).collect();
        (Question::Query(Query::DpkgStatus(names)), output(0, lines, ""))
    }

    fn output(rc: i32, stdout: &str, stderr: &str) -> Answer {
        Answer::Output(Output { rc, stdout: stdout.into(), stderr: stderr.into() })
    }

    fn simulated(args: &[&str], answer: Answer) -> Fact {
        let conf = [
            "--yes",
            "-o",
            "Dpkg::Options::=--force-confdef",
            "-o",
            "Dpkg::Options::=--force-confold",
        ];
        let args = conf.iter().chain(args).map(|word| Arc::from(*word)).collect();
        (Question::Query(Query::AptSimulate(args)), answer)
    }

    fn stat(path: &str, mtime_s: i64) -> Fact {
        let stat = Stat {
            kind: FileKind::Directory,
            mode: 0o755,
            uid: 0,
            gid: 0,
            owner: None,
            group: None,
            size: 0,
            mtime_ns: mtime_s * 1_000_000_000,
            atime_ns: 0,
            ctime_ns: 0,
            dev: 0,
            ino: 0,
            nlink: 1,
            target: None,
            sha256: None,
        };
        let question = Question::Stat { path: path.into(), follow: false, digest: false };
        (question, Answer::Stat(Some(Box::new(stat))))
    }

    const HTOP: &str = "htop\t3.2\tamd64\tinstall ok installed\t\n";
    const INST: &str = "Inst htop (3.2 Debian:12 [amd64])\nConf htop (3.2)\n";

    /// The words after apt's fixed options, of each command.
    fn short(plan: &Plan) -> Vec<String> {
        let fixed = |word: &&&str| {
            !word.starts_with("Dpkg::Options") && !["-o", "--quiet", "--yes"].contains(word)
        };
        runs(plan)
            .iter()
            .map(|argv| argv.iter().filter(fixed).copied().collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn what_is_there_is_left_alone() {
        let none = status(&[], "");
        for (options, known) in [
            (json!({"name": ["htop"]}), vec![status(&["htop"], HTOP)]),
            (json!({"name": ["htop=3.*"]}), vec![status(&["htop"], HTOP)]),
            (json!({"package": ["htop"], "action": "install"}), vec![status(&["htop"], HTOP)]),
            (json!({"pkg": ["nano"], "state": "absent"}), vec![status(&["nano"], "")]),
            (json!({"name": ["nano"], "action": "remove"}), vec![status(&["nano"], "")]),
            (
                json!({"name": ["nano"], "only_upgrade": true}),
                vec![status(&["nano"], ""), none.clone()],
            ),
            (
                json!({"name": ["awk"]}),
                vec![
                    status(&["awk"], ""),
                    status(&[], "mawk\t1\tamd64\tinstall ok installed\tawk\n"),
                ],
            ),
            (
                json!({"name": ["htop"], "state": "latest"}),
                vec![simulated(&["install", "--", "htop"], output(0, "htop is newest\n", ""))],
            ),
        ] {
            let plan = planned(&KIND, options.clone(), &known);
            assert_eq!(plan.changes, [], "{options}");
        }
    }

    #[test]
    fn what_differs_is_one_call() {
        let none = status(&[], "");
        let install = |names: &[&str]| {
            let words: Vec<&str> =
                ["install", "--"].into_iter().chain(names.iter().copied()).collect();
            simulated(&words, output(0, INST, ""))
        };
        for (options, known, expected) in [
            (
                json!({"name": ["htop", "nano"]}),
                vec![status(&["htop", "nano"], ""), none.clone(), install(&["htop", "nano"])],
                "apt-get install -- htop nano",
            ),
            (
                json!({"name": ["htop", "nano"]}),
                vec![status(&["htop", "nano"], HTOP), none.clone(), install(&["nano"])],
                "apt-get install -- nano",
            ),
            (
                json!({"name": ["htop=4"]}),
                vec![status(&["htop"], HTOP), install(&["htop=4"])],
                "apt-get install -- htop=4",
            ),
            (
                json!({"name": ["htop"], "state": "removed", "purge": true, "autoremove": true}),
                vec![
                    status(&["htop"], HTOP),
                    simulated(
                        &["--auto-remove", "--purge", "remove", "--", "htop"],
                        output(0, "Purg htop [3.2]\n", ""),
                    ),
                ],
                "apt-get --auto-remove --purge remove -- htop",
            ),
            (
                json!({"upgrade": true}),
                vec![simulated(&["--with-new-pkgs", "upgrade"], output(0, INST, ""))],
                "apt-get --with-new-pkgs upgrade",
            ),
            (
                json!({"upgrade": "dist", "autoremove": true}),
                vec![simulated(&["--auto-remove", "dist-upgrade"], output(0, INST, ""))],
                "apt-get --auto-remove dist-upgrade",
            ),
            (
                json!({"name": ["*"], "state": "latest"}),
                vec![simulated(&["--with-new-pkgs", "upgrade"], output(0, INST, ""))],
                "apt-get --with-new-pkgs upgrade",
            ),
            (
                json!({"autoremove": true}),
                vec![simulated(&["autoremove"], output(0, "Remv x [1]\n", ""))],
                "apt-get autoremove",
            ),
            (
                json!({"autoclean": true}),
                vec![simulated(&["autoclean"], output(0, "Del x 1 [5 B]\n", ""))],
                "apt-get autoclean",
            ),
        ] {
            let plan = planned(&KIND, options.clone(), &known);
            assert_eq!(short(&plan), [expected], "{options}");
            let run = commands(&plan)[0];
            assert!(run.env.contains(&("DEBIAN_FRONTEND".into(), "noninteractive".into())));
            assert_eq!(run.lock_wait_ms, Some(60_000));
            assert!(plan.changes[0].diff.is_some());
        }
        let known = [status(&["htop"], ""), none, install(&["htop"])];
        let plan = planned(&KIND, json!({"name": ["htop"]}), &known);
        assert_eq!(
            commands(&plan)[0].effects,
            [Effect::Packages { names: vec!["htop".into()], installed: true }]
        );
    }

    #[test]
    fn lists_are_refreshed_when_they_are_old() {
        let now = 1_700_000_000;
        for (options, known, refreshes) in [
            (json!({"update_cache": true}), vec![], true),
            (json!({"cache_valid_time": 60}), vec![stat(LISTS, now - 61)], true),
            (json!({"cache_valid_time": 60}), vec![stat(LISTS, now - 59)], false),
            (json!({"cache_valid_time": 60}), vec![stat(LISTS, now), stat(STAMP, now - 61)], true),
            (json!({"cache_valid_time": 60}), vec![], true),
        ] {
            let plan = planned(&KIND, options.clone(), &known);
            assert_eq!(short(&plan), vec!["apt-get update"; usize::from(refreshes)], "{options}");
            assert_eq!(plan.then, Then::Done);
        }
    }

    #[test]
    fn a_refresh_before_an_install_is_planned_anew_once() {
        let known = [
            status(&["htop"], ""),
            status(&[], ""),
            simulated(&["install", "--", "htop"], output(0, INST, "")),
        ];
        for options in [
            json!({"name": ["htop"], "update_cache": true}),
            json!({"package": ["htop"], "action": "install"}),
        ] {
            let first = planned(&KIND, options.clone(), &known);
            assert_eq!(
                (short(&first), first.then),
                (vec!["apt-get update".to_owned()], Then::Again)
            );
            assert_eq!(first.changed, Some(false));
            let second = plan_case::again(&KIND, options, &known);
            assert_eq!(
                (short(&second), second.then),
                (vec!["apt-get install -- htop".to_owned()], Then::Done)
            );
            assert_eq!(result(&second)["cache_updated"], true);
        }
    }

    #[test]
    fn a_refresh_that_brought_nothing_is_no_change() {
        for (stdout, changed) in [("Hit:1 http://x\n", false), ("Hit:1 x\nGet:2 y\n", true)] {
            let (module, plan) = plan_case::module(&KIND, json!({"update_cache": true}), &[]);
            let deed = Deed { rc: Some(0), stdout: stdout.into(), ..Deed::default() };
            let finish = module.finish(plan.result, &[Outcome::Done(deed)]);
            assert_eq!(finish.changed, Some(changed));
        }
    }

    #[test]
    fn refusals_name_the_package_and_say_what_to_do() {
        let none = status(&[], "");
        let asked = |answer| {
            vec![
                status(&["nosuch"], ""),
                none.clone(),
                simulated(&["install", "--", "nosuch"], answer),
            ]
        };
        for (options, known, id) in [
            (json!({}), vec![], "package.nothing_asked"),
            (json!({"name": ["-y"]}), vec![], "package.bad_name"),
            (json!({"name": ["a*"]}), vec![], "package.pattern_to_install"),
            (json!({"name": ["a"], "upgrade": "dist"}), vec![], "package.excluded"),
            (json!({"name": ["a"], "state": "build-dep"}), vec![], "package.unsupported"),
            (json!({"deb": "https://x/y.deb"}), vec![], "package.deb_is_url"),
            (json!({"deb": "y.deb"}), vec![], "package.deb_relative"),
            (json!({"deb": "/y.deb"}), vec![], "package.deb_missing"),
            (
                json!({"name": ["nosuch"]}),
                asked(output(100, "", "E: Unable to locate package nosuch\n")),
                "package.unknown",
            ),
            (
                json!({"name": ["nosuch"]}),
                asked(output(
                    0,
                    "Note, selecting 'nosuch2' for regex 'nosuch'\nInst nosuch2 (1 x)\n",
                    "",
                )),
                "package.unknown",
            ),
            (
                json!({"name": ["nosuch"]}),
                asked(output(100, "", "E: Package 'nosuch' has no installation candidate\n")),
                "package.no_candidate",
            ),
            (
                json!({"name": ["nosuch"]}),
                asked(output(100, "", "E: Held packages were changed\n")),
                "package.refused",
            ),
        ] {
            match plan(&KIND, options.clone(), &known) {
                Err(Stop::Fail(message)) => assert_eq!(message.id, id, "{options}"),
                other => panic!("{options}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_file_that_a_check_would_have_copied_defers_it() {
        let known = [
            (
                Question::Stat { path: "/y.deb".into(), follow: true, digest: false },
                stat("/y.deb", 0).1,
            ),
            simulated(&["install", "--", "/y.deb"], output(100, "", "E: Unsupported file\n")),
        ];
        let options = json!({"deb": "/y.deb"});
        assert!(matches!(check(&KIND, options.clone(), &known), Err(Stop::Unknown(_))));
        assert!(matches!(plan(&KIND, options, &known), Err(Stop::Fail(_))));
    }
}
