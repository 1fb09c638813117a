//! `reboot`: starts a host anew and waits until it can be worked on again.

use std::sync::Arc;

use super::{Context, Kind, Module, Place, Plan};
use crate::observe::{Observe, Stop};
use crate::options;
use crate::value::{Map, Value};

pub(super) const KIND: Kind =
    Kind { place: Place::Controller, idempotent: false, ..Kind::of::<Restart>("reboot") };

options! {
    /// Reboots the host, waits until it has really started anew, and goes on with the play.
    ///
    /// The controller reads the identity of the present boot, gives the command, and connects again and
    /// again until a host with another one answers and `test_command` succeeds.
    ///
    /// Example: `reboot: reboot_timeout=300 msg="New kernel"`
    pub struct Restart {
        /// Seconds after which it has failed, for the boot and again for `test_command`.
        #[serde(default = "ten_minutes")]
        reboot_timeout: u64,
        /// Seconds before the command takes effect, rounded down to minutes, as `shutdown` counts.
        #[serde(default)]
        pre_reboot_delay: u64,
        /// Seconds to wait after the host has come back.
        #[serde(default)]
        post_reboot_delay: u64,
        /// Seconds for one try to connect; the connection's own setting otherwise.
        #[serde(default)]
        connect_timeout: Option<u64>,
        /// What users of the host are told.
        #[serde(default = "default_msg")]
        msg: String,
        /// A line of shell that must succeed before the play goes on.
        #[serde(default = "whoami")]
        test_command: String,
        /// A line of shell whose output differs after each boot.
        #[serde(default = "boot_id")]
        boot_time_command: String,
        /// A line of shell that reboots, in place of `shutdown`.
        #[serde(default)]
        reboot_command: Option<String>,
        /// Where `shutdown` is searched.
        #[serde(default = "default_search_paths")]
        search_paths: Vec<String>,
    }
}

const fn ten_minutes() -> u64 {
    600
}

fn default_msg() -> String {
    "Reboot initiated by Hephaestus".to_owned()
}

fn whoami() -> String {
    "whoami".to_owned()
}

fn boot_id() -> String {
    "cat /proc/sys/kernel/random/boot_id".to_owned()
}

fn default_search_paths() -> Vec<String> {
    ["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"].map(str::to_owned).to_vec()
}

/// A line of the operator, for the host's shell.
fn shell(line: &str) -> Vec<Arc<str>> {
    vec!["/bin/sh".into(), "-c".into(), line.into()]
}

impl Restart {
    /// What reboots the host. The words of the message are one argument, whatever is in them.
    #[must_use]
    pub fn reboot_argv(&self) -> Vec<Arc<str>> {
        if let Some(line) = &self.reboot_command {
            return shell(line);
        }
        let minutes = self.pre_reboot_delay / 60;
        let path: Arc<str> = format!("PATH={}", self.search_paths.join(":")).into();
        let delay: Arc<str> = format!("+{minutes}").into();
        let fixed = ["env".into(), path, "shutdown".into(), "-r".into()];
        fixed.into_iter().chain([delay, self.msg.as_str().into()]).collect()
    }

    /// What prints the identity of the present boot.
    #[must_use]
    pub fn boot_argv(&self) -> Vec<Arc<str>> {
        shell(&self.boot_time_command)
    }

    /// What must succeed before the play goes on.
    #[must_use]
    pub fn test_argv(&self) -> Vec<Arc<str>> {
        shell(&self.test_command)
    }

    /// The time for the boot, and again for the test, in milliseconds.
    #[must_use]
    pub const fn timeout_ms(&self) -> u64 {
        self.reboot_timeout.saturating_mul(1000)
    }

    /// The time for one try to connect, in milliseconds, where it is said.
    #[must_use]
    pub fn connect_timeout_ms(&self) -> Option<u64> {
        self.connect_timeout.map(|seconds| seconds.saturating_mul(1000))
    }

    /// How long after the command it takes effect, in milliseconds.
    #[must_use]
    pub const fn delay_before_ms(&self) -> u64 {
        (self.pre_reboot_delay / 60).saturating_mul(60_000)
    }

    /// How long to wait after the host has come back, in milliseconds.
    #[must_use]
    pub const fn delay_after_ms(&self) -> u64 {
        self.post_reboot_delay.saturating_mul(1000)
    }

    /// The result under Ansible's keys.
    #[must_use]
    pub fn result(&self, elapsed_ms: u64) -> Map {
        let elapsed = i64::try_from(elapsed_ms / 1000).unwrap_or(i64::MAX);
        Map::from([("rebooted".into(), true.into()), ("elapsed".into(), Value::Int(elapsed))])
    }
}

impl Module for Restart {
    /// Always a change, which the controller makes.
    fn plan(&self, _: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        Ok(Plan { result: self.result(0), changed: Some(true), ..Plan::default() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::node::{Node, Pos};

    fn read(options: serde_json::Value) -> Restart {
        let value: Value = serde_json::from_value(options).unwrap();
        crate::options::from_node(&Node::from_value(&value, Pos::default())).unwrap()
    }

    #[test]
    fn the_command_is_words_unless_a_line_was_written() {
        for (options, last) in [
            (json!({"msg": "it's $HOME"}), vec!["+0", "it's $HOME"]),
            (json!({"pre_reboot_delay": 150, "msg": "x"}), vec!["+2", "x"]),
            (json!({"reboot_command": "a && b"}), vec!["-c", "a && b"]),
        ] {
            let argv = read(options).reboot_argv();
            let argv: Vec<&str> = argv.iter().map(|word| &**word).collect();
            assert_eq!(argv[argv.len() - 2..], last);
        }
        let plain = read(json!({}));
        assert_eq!((plain.timeout_ms(), plain.connect_timeout_ms()), (600_000, None));
        assert_eq!(&*plain.boot_argv()[2], "cat /proc/sys/kernel/random/boot_id");
    }
}
