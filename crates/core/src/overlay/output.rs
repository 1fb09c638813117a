//! What query commands will print once the planned packages and units are as planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Overlay;
use crate::observe::{Answer, Bytes, Output};
use crate::query::Query;

/// What is planned for a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UnitState {
    /// Whether it will run.
    pub active: Option<bool>,
    /// Its `UnitFileState`.
    pub file_state: Option<Arc<str>>,
}

/// Suffixes of unit names; a name without one is a service (`systemd.unit(5)`).
const SUFFIXES: &[&str] = &[
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".slice",
    ".scope",
];

/// A unit's full name.
pub(super) fn unit_name(name: &str) -> Arc<str> {
    if SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
        name.into()
    } else {
        format!("{name}.service").into()
    }
}

impl Overlay {
    /// The output of a query with what is planned put over it.
    pub(super) fn adjust_output(&self, query: &Query, output: Output) -> Answer {
        match query {
            Query::DpkgStatus(names) => Answer::Output(self.dpkg_status(names, output)),
            Query::AptPolicy(_) => Answer::Output(self.apt_policy(output)),
            Query::AptSimulate(_) => Answer::Output(self.apt_simulate(output)),
            Query::SystemdShow(unit) => self.systemd_show(unit, output),
            Query::ServiceStatus(name) => self.service_status(name, output),
            Query::DpkgArchitecture => Answer::Output(output),
        }
    }

    /// What is planned for a package, by its name without an architecture.
    fn package(&self, name: &str) -> Option<bool> {
        let bare = name.split(':').next().unwrap_or(name);
        self.packages.get(name).or_else(|| self.packages.get(bare)).copied()
    }

    /// `dpkg-query --show`: planned packages are installed with an empty version (it is chosen when they
    /// are installed), and those to be removed are not listed.
    fn dpkg_status(&self, names: &[Arc<str>], output: Output) -> Output {
        if names.iter().all(|name| self.package(name).is_none()) {
            return output;
        }
        let mut lines: BTreeMap<String, String> = BTreeMap::new();
        for line in output.stdout.lossy().lines() {
            let name = line.split('\t').next().unwrap_or_default().to_owned();
            lines.insert(name, line.to_owned());
        }
        for name in names {
            let Some(installed) = self.package(name) else {
                continue;
            };
            let found = lines.keys().find(|key| is_package(key, name)).cloned();
            let is_installed = |line: &String| line.contains("\tinstall ok installed");
            match (installed, found) {
                (true, Some(key)) if lines.get(&key).is_some_and(is_installed) => {}
                (true, found) => {
                    found.map(|key| lines.remove(&key));
                    lines.insert(name.to_string(), format!("{name}\t\t\tinstall ok installed\t"));
                }
                (false, found) => {
                    found.map(|key| lines.remove(&key));
                }
            }
        }
        let missing = names.iter().any(|name| !lines.keys().any(|key| is_package(key, name)));
        let stdout: String = lines.into_values().map(|line| line + "\n").collect();
        Output { rc: i32::from(missing), stdout: stdout.into(), stderr: output.stderr }
    }

    /// `apt-cache policy`: the installed version of a planned package is its candidate.
    fn apt_policy(&self, output: Output) -> Output {
        if self.packages.is_empty() {
            return output;
        }
        let text = output.stdout.lossy().into_owned();
        let (mut out, mut planned) = (String::new(), None);
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if !line.starts_with(' ') {
                planned = self.package(line.trim_end_matches(':'));
            }
            let next = lines.get(at + 1).and_then(|line| line.trim().strip_prefix("Candidate: "));
            match (line.trim().strip_prefix("Installed: "), planned, next) {
                (Some("(none)"), Some(true), Some(version)) => {
                    out.push_str("  Installed: ");
                    out.push_str(version);
                }
                (Some(_), Some(false), _) => out.push_str("  Installed: (none)"),
                _ => out.push_str(line),
            }
            out.push('\n');
        }
        Output { stdout: out.into(), ..output }
    }

    /// `apt-get --simulate`: what is planned already is not to be done again.
    fn apt_simulate(&self, output: Output) -> Output {
        if self.packages.is_empty() {
            return output;
        }
        let text = output.stdout.lossy().into_owned();
        let is_new = |line: &&str| {
            let mut words = line.split(' ');
            let planned = match (words.next(), words.next()) {
                (Some("Inst" | "Conf"), Some(name)) => self.package(name) == Some(true),
                (Some("Remv" | "Purg"), Some(name)) => self.package(name) == Some(false),
                _ => false,
            };
            !planned
        };
        let out: String = text.lines().filter(is_new).flat_map(|line| [line, "\n"]).collect();
        Output { stdout: out.into(), ..output }
    }

    /// `systemctl show`: state lines as planned; a unit that is not there may come with a package.
    fn systemd_show(&self, unit: &str, output: Output) -> Answer {
        let text = output.stdout.lossy().into_owned();
        let absent = output.rc != 0 || text.lines().any(|line| line == "LoadState=not-found");
        if absent && let Some(why) = &self.opaque {
            return Answer::Unknown(why.clone());
        }
        let Some(state) = self.units.get(&unit_name(unit)) else {
            return Answer::Output(output);
        };
        let out: String = text.lines().map(|line| state.line(line) + "\n").collect();
        Answer::Output(Output { stdout: Bytes::from(out), ..output })
    }

    /// `service NAME status`: 0 means running and 3 means stopped (LSB).
    fn service_status(&self, name: &str, output: Output) -> Answer {
        match self.units.get(&unit_name(name)).and_then(|state| state.active) {
            Some(active) => Answer::Output(Output { rc: if active { 0 } else { 3 }, ..output }),
            None => match (&self.opaque, output.rc) {
                (_, 0 | 3) | (None, _) => Answer::Output(output),
                (Some(why), _) => Answer::Unknown(why.clone()),
            },
        }
    }
}

impl UnitState {
    /// A line of `systemctl show` as it will be.
    fn line(&self, line: &str) -> String {
        match (line.split_once('='), self.active, &self.file_state) {
            (Some(("ActiveState", _)), Some(true), _) => "ActiveState=active".to_owned(),
            (Some(("ActiveState", _)), Some(false), _) => "ActiveState=inactive".to_owned(),
            (Some(("SubState", _)), Some(true), _) => "SubState=running".to_owned(),
            (Some(("SubState", _)), Some(false), _) => "SubState=dead".to_owned(),
            (Some(("UnitFileState", _)), _, Some(state)) => format!("UnitFileState={state}"),
            (Some(("LoadState", _)), _, Some(state)) if &**state == "masked" => {
                "LoadState=masked".to_owned()
            }
            _ => line.to_owned(),
        }
    }
}

/// Whether a line's package (`name` or `name:arch`) is the one asked for.
fn is_package(listed: &str, name: &str) -> bool {
    listed == name || listed.split_once(':').is_some_and(|(bare, _)| bare == name)
}
