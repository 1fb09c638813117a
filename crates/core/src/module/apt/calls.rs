//! The calls of `apt-get` that a task comes to, each looked at by apt's own simulation first.

use std::sync::Arc;

use super::{Apt, State, Upgrade};
use crate::change::Run;
use crate::dpkg::{self, Known, Simulation, Wanted};
use crate::message::package as say;
use crate::module::Context;
use crate::observe::{Observe, Output, Stop};
use crate::query::Query;

/// A call of `apt-get` that the simulation has looked at.
pub(super) struct Call {
    pub(super) args: Vec<Arc<str>>,
    pub(super) simulation: Simulation,
}

impl Apt {
    /// The calls of `apt-get` that would change something.
    pub(super) fn calls(
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
        // Without a terminal of its own dpkg does not draw over what it has said.
        let mut args: Vec<Arc<str>> = vec!["--yes".into(), "-o".into(), "Dpkg::Use-Pty=0".into()];
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
    pub(super) fn run(&self, args: Vec<Arc<str>>) -> Run {
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
