//! Runs and host runs: their states, and the one table from which every door takes a run's end and the
//! command line its exit code.

use serde::{Deserialize, Serialize};

/// The state of a run's part on one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// Waiting for its turn.
    Queued,
    /// Begun.
    Running,
    /// Being stopped.
    Cancelling,
    /// Done.
    Succeeded,
    /// A task or command failed.
    Failed,
    /// Nothing was started: the host was not reached, not trusted, or did not let us in.
    Unreachable,
    /// Stopped by a person.
    Cancelled,
    /// Started, and its outcome is not known.
    Lost,
    /// Not meant for this host.
    Skipped,
    /// Its turn never came.
    NotStarted,
}

impl HostState {
    /// The word for it, as JSON has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
            Self::Skipped => "skipped",
            Self::NotStarted => "not_started",
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running | Self::Cancelling)
    }

    /// Whether it counts against `stop after`.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Unreachable | Self::Lost)
    }
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waiting for a node to take it.
    Queued,
    /// Waiting for an approval, or between two batches.
    Waiting,
    /// Begun.
    Running,
    /// Being stopped.
    Cancelling,
    /// Every host succeeded.
    Succeeded,
    /// At least one host failed, was unreachable or lost.
    Failed,
    /// It was stopped.
    Cancelled,
    /// Somebody refused what it had planned.
    Rejected,
    /// Its deadline passed before it had ended.
    Expired,
    /// Nobody knows what became of it.
    Lost,
}

impl RunState {
    /// The word for it, as JSON has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Lost => "lost",
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Waiting | Self::Running | Self::Cancelling)
    }
}

/// Exit codes of the command line.
pub mod exit {
    /// All went well.
    pub const FINE: u8 = 0;
    /// Wrong usage, or an error of our own.
    pub const USAGE: u8 = 1;
    /// A task or command failed or was lost on some host.
    pub const FAILED: u8 = 2;
    /// `--check --detailed-exitcode`: something would change.
    pub const PENDING: u8 = 3;
    /// Some host was unreachable; wins over `FAILED`.
    pub const UNREACHABLE: u8 = 4;
    /// Stopped by a person.
    pub const CANCELLED: u8 = 130;
}

/// The end of a run whose hosts ended so.
pub fn run_state(hosts: impl IntoIterator<Item = HostState>) -> RunState {
    match exit_code(hosts) {
        exit::FINE => RunState::Succeeded,
        exit::CANCELLED => RunState::Cancelled,
        _ => RunState::Failed,
    }
}

/// The exit code of a run whose hosts ended so.
pub fn exit_code(hosts: impl IntoIterator<Item = HostState>) -> u8 {
    hosts.into_iter().map(code).max_by_key(|&code| rank(code)).unwrap_or(exit::FINE)
}

const fn code(state: HostState) -> u8 {
    match state {
        HostState::Succeeded | HostState::Skipped => exit::FINE,
        HostState::Cancelled | HostState::Cancelling => exit::CANCELLED,
        HostState::Unreachable => exit::UNREACHABLE,
        HostState::Failed
        | HostState::Lost
        | HostState::NotStarted
        | HostState::Queued
        | HostState::Running => exit::FAILED,
    }
}

/// A cancel outweighs what else happened, an unreachable host a failed one.
const fn rank(code: u8) -> u8 {
    match code {
        exit::FINE => 0,
        exit::FAILED => 1,
        exit::UNREACHABLE => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::HostState::*;
    use super::*;

    #[test]
    fn the_table_of_exit_codes() {
        let cases: &[(&[HostState], u8)] = &[
            (&[], 0),
            (&[Succeeded, Skipped], 0),
            (&[Succeeded, Failed], 2),
            (&[Lost], 2),
            (&[NotStarted, Succeeded], 2),
            (&[Failed, Unreachable], 4),
            (&[Unreachable, Cancelled], 130),
        ];
        for (states, code) in cases {
            assert_eq!(exit_code(states.iter().copied()), *code, "{states:?}");
        }
    }

    #[test]
    fn a_run_with_an_unreachable_host_has_failed() {
        assert_eq!(run_state([Succeeded, Unreachable]), RunState::Failed);
        assert_eq!(run_state([Succeeded, Cancelled]), RunState::Cancelled);
    }
}
