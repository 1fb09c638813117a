//! Signals to processes, by their ids or by the name of their program.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::sections::{MOST, clean, count};
use super::{Kind, Made, Script, read_parameters};
use crate::message::{Message, verb as say};
use crate::rights::Verb;

const NAME: &str = "processes.signal";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: NAME,
    right: Verb::Run,
    summary: "sends a signal to processes, by id or by name; usually TERM, which ends them",
    changes: true,
    make,
    read: Some(|output| json!(read(output))),
}];

/// The signals that people send.
const SIGNALS: [&str; 9] = ["TERM", "KILL", "HUP", "INT", "QUIT", "USR1", "USR2", "STOP", "CONT"];
/// Processes in one call.
const MOST_PIDS: usize = 1000;
/// Bytes of a name: no file's is longer.
const LONGEST_NAME: usize = 255;

/// Which processes, and what is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Signal {
    /// Their ids. Those of one host mean nothing on another.
    pub pids: Vec<u32>,
    /// When each of `pids` started, in ticks since boot, as the list of processes says it. One that started at
    /// another time has got the number since: it is left alone, as one that is missing.
    pub started_ticks: Vec<u64>,
    /// The exact name of their program, in place of ids.
    pub name: Option<String>,
    /// The signal, with or without `SIG`; `TERM` when not said.
    pub signal: Option<String>,
}

/// What became of it on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Signalled {
    /// The processes that got the signal.
    pub signalled: Vec<u64>,
    /// Those that are left alone: the first process, the kernel's own, and what our own connection needs.
    pub refused: Vec<u64>,
    /// Those that are not there.
    pub missing: Vec<u64>,
    /// Those of other users, that the login may not signal.
    pub denied: Vec<u64>,
}

fn make(parameters: &Value) -> Result<Made, Message> {
    let said: Signal = read_parameters(NAME, parameters)?;
    let signal = said.signal.as_deref().unwrap_or("TERM").to_ascii_uppercase();
    let signal = signal.strip_prefix("SIG").unwrap_or(&signal);
    if !SIGNALS.contains(&signal) {
        return Err(say::bad_signal(signal, SIGNALS.join(", ")));
    }
    let (by, targets) = match (&said.name, said.pids.is_empty()) {
        (Some(name), true) => ("name", vec![program(name)?]),
        (None, false) => ("pids", ids(&said.pids, &said.started_ticks)?),
        _ => return Err(say::one_of_pid_and_name()),
    };
    let mut script = Script::of(include_str!("signal.sh"), &[signal, by]);
    script.arguments.extend(targets);
    Ok(Made::Script(script))
}

fn program(name: &str) -> Result<String, Message> {
    let is_odd = |c: char| c.is_control() || c == '/';
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(is_odd) {
        return Err(say::bad_process(name.escape_debug()));
    }
    Ok(name.to_owned())
}

/// The ids, each as `PID` or as `PID:STARTED`.
fn ids(pids: &[u32], started: &[u64]) -> Result<Vec<String>, Message> {
    if let Some(pid) = pids.iter().find(|pid| **pid <= 1) {
        return Err(say::bad_pid(pid));
    }
    if pids.len() > MOST_PIDS {
        return Err(say::bad_parameters(NAME, format_args!("more than {MOST_PIDS} processes")));
    }
    match started.len() {
        0 => Ok(pids.iter().map(ToString::to_string).collect()),
        many if many == pids.len() => {
            Ok(pids.iter().zip(started).map(|(pid, started)| format!("{pid}:{started}")).collect())
        }
        _ => Err(say::bad_parameters(NAME, "`started_ticks` is not of each of `pids`")),
    }
}

/// Reads what the script said.
#[must_use]
pub fn read(output: &str) -> Signalled {
    let mut found = Signalled::default();
    for line in output.lines().take(MOST) {
        let mut words = line.split(' ');
        let (what, pid) = (words.next().map(clean), words.next().and_then(count));
        let list = match what.as_deref() {
            Some("signalled") => &mut found.signalled,
            Some("refused") => &mut found.refused,
            Some("missing") => &mut found.missing,
            Some("denied") => &mut found.denied,
            _ => continue,
        };
        list.extend(pid);
    }
    found
}
