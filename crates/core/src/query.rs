//! The closed list of commands that planning may run on a host. None of them changes anything.
//!
//! This is the only file that says so: whoever adds a line here vouches for it. Arguments are words of an
//! argv, never of a shell line, and names that begin with a dash are refused by [`Query::argv`]'s callers
//! through [`Query::is_safe`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A command that only looks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// Status, version and architecture of installed packages: `dpkg-query --show`.
    DpkgStatus(Vec<Arc<str>>),
    /// Installed and candidate versions: `apt-cache policy`.
    AptPolicy(Vec<Arc<str>>),
    /// What an `apt-get` call would do, by its own simulation (`--simulate` needs no lock and writes nothing).
    AptSimulate(Vec<Arc<str>>),
    /// Properties of a systemd unit: `systemctl show`.
    SystemdShow(Arc<str>),
    /// Whether a System V service runs: `service NAME status`.
    ServiceStatus(Arc<str>),
    /// The architecture of dpkg: `dpkg --print-architecture`.
    DpkgArchitecture,
}

impl Query {
    /// The program and its arguments.
    #[must_use]
    pub fn argv(&self) -> Vec<Arc<str>> {
        let words = |fixed: &[&str], rest: &[Arc<str>]| -> Vec<Arc<str>> {
            fixed.iter().map(|word| Arc::from(*word)).chain(rest.iter().cloned()).collect()
        };
        match self {
            Self::DpkgStatus(names) => words(
                &[
                    "dpkg-query",
                    "--show",
                    "--showformat=${binary:Package}\\t${Version}\\t${Architecture}\\t${Status}\\t${Provides}\\n",
                    "--",
                ],
                names,
            ),
            Self::AptPolicy(names) => words(&["apt-cache", "policy", "--"], names),
            Self::AptSimulate(args) => words(&["apt-get", "--simulate", "--quiet"], args),
            Self::SystemdShow(unit) => words(
                &[
                    "systemctl",
                    "show",
                    "--no-pager",
                    "--property=Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload",
                    "--",
                ],
                std::slice::from_ref(unit),
            ),
            Self::ServiceStatus(name) => vec!["service".into(), name.clone(), "status".into()],
            Self::DpkgArchitecture => words(&["dpkg", "--print-architecture"], &[]),
        }
    }

    /// Whether no operand can be taken for an option by the program.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        match self {
            Self::ServiceStatus(name) => !name.starts_with('-'),
            _ => true,
        }
    }
}
