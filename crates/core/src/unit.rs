//! A unit of systemd as `systemctl show` tells of it.

use std::sync::Arc;

use crate::change::Effect;
use crate::observe::Output;
use crate::value::{Map, Value};

/// What is known of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unit {
    /// As the operator has it.
    pub(crate) name: String,
    properties: Vec<(String, String)>,
}

/// Where systemd looks for unit files, and where init scripts lie. Source: `systemd.unit(5)`.
const FOLDERS: &[&str] = &[
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// Suffixes of unit names. Source: `systemd.unit(5)`.
const SUFFIXES: &[&str] = &[
    "service",
    "socket",
    "device",
    "mount",
    "automount",
    "swap",
    "target",
    "path",
    "timer",
    "slice",
    "scope",
];

/// Whether this can be the name of a unit: no pattern, no white space, not an option.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && !name.contains(['*', '?', '[', ']', '\0'])
        && !name.contains(char::is_whitespace)
}

/// Whether a System V script's answer to `status` says that it runs.
///
/// Source: LSB 5.0, "Init Script Actions": 0 runs, 1 to 3 do not; 4 is unknown, and some scripts answer 0
/// to everything, so their words count where they say that it does not run.
pub(crate) fn script_runs(output: &Output) -> bool {
    let text = output.stdout.lossy().to_ascii_lowercase();
    let denied = ["not running", "is stopped", "inactive", "is dead"];
    match output.rc {
        0 => !denied.iter().any(|words| text.contains(words)),
        1..=3 => false,
        _ => {
            !denied.iter().any(|words| text.contains(words))
                && ["running", "start"].iter().any(|word| text.contains(word))
        }
    }
}

impl Unit {
    /// Reads `KEY=VALUE` lines.
    pub(crate) fn read(name: &str, output: &Output) -> Self {
        let text = output.stdout.lossy();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let properties = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Self { name: name.to_owned(), properties }
    }

    fn get(&self, key: &str) -> &str {
        self.properties.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    /// Whether systemd finds it.
    pub(crate) fn exists(&self) -> bool {
        !matches!(self.load_state(), "" | "not-found")
    }

    /// `LoadState`.
    pub(crate) fn load_state(&self) -> &str {
        self.get("LoadState")
    }

    /// Whether it is masked.
    pub(crate) fn is_masked(&self) -> bool {
        self.load_state() == "masked" || self.get("UnitFileState").starts_with("masked")
    }

    /// Whether it runs or is about to.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.get("ActiveState"), "active" | "activating" | "reloading")
    }

    /// Whether it is about to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.get("ActiveState") == "deactivating"
    }

    /// Whether it starts at boot; nothing where that is a System V script's matter.
    ///
    /// As Ansible judges: links for this boot only, and units that stand for another, are not enabled.
    pub(crate) fn enabled(&self) -> Option<bool> {
        match self.get("UnitFileState") {
            "enabled" | "static" => Some(true),
            "" | "generated" => None,
            _ => Some(false),
        }
    }

    /// Whether it cannot be enabled at all, being started by others only.
    pub(crate) fn is_static(&self) -> bool {
        self.get("UnitFileState") == "static"
    }

    /// The name without `.service`, which is a script's name.
    pub(crate) fn bare(&self) -> String {
        self.name.trim_end_matches(".service").to_owned()
    }

    /// Where its file would lie.
    pub(crate) fn paths(&self) -> Vec<String> {
        let suffix = self.name.rsplit_once('.').is_some_and(|(_, end)| SUFFIXES.contains(&end));
        let full = if suffix { self.name.clone() } else { format!("{}.service", self.name) };
        // `name@instance.service` comes from `name@.service`.
        let file = match full.split_once('@') {
            Some((template, rest)) => match rest.rsplit_once('.') {
                Some((_, suffix)) => format!("{template}@.{suffix}"),
                None => full.clone(),
            },
            None => full,
        };
        let units = FOLDERS.iter().map(|folder| format!("{folder}/{file}"));
        units.chain([format!("/etc/init.d/{}", self.bare())]).collect()
    }

    /// What later tasks may believe of it.
    pub(crate) fn effect(&self, active: Option<bool>, file_state: Option<&str>) -> Effect {
        Effect::Unit {
            name: self.name.as_str().into(),
            active,
            file_state: file_state.map(Into::into),
        }
    }

    /// The present word for `state`, `enabled` or `masked`, for a diff.
    pub(crate) fn word(&self, what: &str) -> String {
        match what {
            "state" => self.get("ActiveState").to_owned(),
            "masked" => self.is_masked().to_string(),
            _ => self.get("UnitFileState").to_owned(),
        }
    }

    /// Its properties, as Ansible's result has them under `status`.
    pub(crate) fn status(&self) -> Value {
        let entry = |(key, value): &(String, String)| -> (Arc<str>, Value) {
            (key.as_str().into(), Value::str(value.as_str()))
        };
        Value::map(self.properties.iter().map(entry).collect::<Map>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_options_or_patterns_are_refused() {
        for (name, good) in [
            ("apache2", true),
            ("a@b.service", true),
            ("dev-sda1.swap", true),
            ("", false),
            ("--now", false),
            ("a*", false),
            ("a b", false),
            ("a\nb", false),
        ] {
            assert_eq!(is_name(name), good, "{name}");
        }
    }

    #[test]
    fn a_unit_file_is_looked_for_under_its_template() {
        let paths = |name: &str| Unit { name: name.into(), ..Unit::default() }.paths();
        assert_eq!(paths("a")[0], "/etc/systemd/system/a.service");
        assert_eq!(paths("a@b.timer")[0], "/etc/systemd/system/a@.timer");
        assert_eq!(paths("a.service")[4], "/etc/init.d/a");
    }

    #[test]
    fn scripts_answer_in_many_ways() {
        for (rc, text, runs) in [
            (0, "a is running.", true),
            (0, "a is not running.", false),
            (3, "a is running", false),
            (4, "", false),
            (4, "a start/running, process 7", true),
        ] {
            let output = Output { rc, stdout: text.into(), stderr: "".into() };
            assert_eq!(script_runs(&output), runs, "{rc} {text}");
        }
    }
}
