//! Who may do what: verbs, roles as sets of verbs, and grants that tie a role to hosts.
//!
//! A right is a verb on a set of hosts. What belongs to no host (users, jobs, nodes) needs the verb on *all*
//! hosts of no particular partition; see [`Grant::is_general`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// See hosts, jobs, manifests, runs and their output.
    View,
    /// Run commands, scripts, manifests, jobs and copies on hosts.
    Run,
    /// Run the jobs that others have saved, as they saved them, and nothing else.
    RunJobs,
    /// Say what is saved to be run: jobs, manifests, repositories.
    WriteJobs,
    /// Change the register: hosts, groups, partitions.
    Change,
    /// Reboot, power off, wake.
    Power,
    /// Open a terminal on a host.
    Terminal,
    /// Make and change credentials and other secrets. Nobody can see one again.
    Secrets,
    /// Users, teams, roles, tokens of others, nodes, settings, the audit log.
    Administer,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 9] = [
        Self::View,
        Self::Run,
        Self::RunJobs,
        Self::WriteJobs,
        Self::Change,
        Self::Power,
        Self::Terminal,
        Self::Secrets,
        Self::Administer,
    ];

    /// The word for it in JSON, on the command line and in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Run => "run",
            Self::RunJobs => "run_jobs",
            Self::WriteJobs => "write_jobs",
            Self::Change => "change",
            Self::Power => "power",
            Self::Terminal => "terminal",
            Self::Secrets => "secrets",
            Self::Administer => "administer",
        }
    }
}

/// A set of verbs.
pub type Verbs = BTreeSet<Verb>;

/// A role that is there from the start and cannot be changed.
#[derive(Clone, Copy, Debug)]
pub struct BuiltinRole {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What it allows.
    pub verbs: &'static [Verb],
}

/// The roles that come ready.
pub const BUILTIN_ROLES: [BuiltinRole; 3] = [
    BuiltinRole {
        name: "viewer",
        description: "sees hosts, jobs and runs, and changes nothing",
        verbs: &[Verb::View],
    },
    BuiltinRole {
        name: "operator",
        description: "sees everything, runs on hosts and powers them",
        verbs: &[Verb::View, Verb::Run, Verb::RunJobs, Verb::Power],
    },
    BuiltinRole { name: "admin", description: "may do everything", verbs: &Verb::ALL },
];

/// The name of the role that may do everything; somebody always has it.
pub const ADMIN: &str = "admin";

/// A role as somebody has it: these verbs, on these hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What is allowed.
    pub verbs: Verbs,
    /// The hosts, as a selector.
    pub selector: String,
    /// Only the hosts of the partition with this id.
    pub partition: Option<String>,
    /// Only hosts of this selector as well: that of the token by which somebody asks.
    pub limit: Option<String>,
}

/// Whether a selector means every host, now and later.
#[must_use]
pub fn is_everything(selector: &str) -> bool {
    matches!(selector, "" | "all" | "*")
}

impl Grant {
    /// Whether it holds for every host there is, and so also for what belongs to no host.
    #[must_use]
    pub fn is_general(&self) -> bool {
        self.partition.is_none()
            && is_everything(&self.selector)
            && self.limit.as_deref().is_none_or(is_everything)
    }

    /// What is left of it under a limit, as a token has one.
    #[must_use]
    pub fn within(&self, verbs: Option<&Verbs>, selector: &str) -> Self {
        let verbs = match verbs {
            Some(limit) => self.verbs.intersection(limit).copied().collect(),
            None => self.verbs.clone(),
        };
        Self { verbs, limit: Some(selector.to_owned()), ..self.clone() }
    }
}

/// Whether any grant allows a verb on anything at all.
#[must_use]
pub fn may_somewhere(grants: &[Grant], verb: Verb) -> bool {
    grants.iter().any(|grant| grant.verbs.contains(&verb))
}

/// Whether a grant allows a verb on everything.
#[must_use]
pub fn may_everywhere(grants: &[Grant], verb: Verb) -> bool {
    grants.iter().any(|grant| grant.is_general() && grant.verbs.contains(&verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(verbs: &[Verb], selector: &str, partition: Option<&str>) -> Grant {
        let verbs = verbs.iter().copied().collect();
        Grant {
            verbs,
            selector: selector.into(),
            partition: partition.map(Into::into),
            limit: None,
        }
    }

    #[test]
    fn a_grant_on_some_hosts_is_none_on_everything() {
        let cases = [
            (grant(&[Verb::Run], "all", None), true, true),
            (grant(&[Verb::Run], "*", None), true, true),
            (grant(&[Verb::Run], "web*", None), true, false),
            (grant(&[Verb::Run], "all", Some("p")), true, false),
            (grant(&[Verb::View], "all", None), false, false),
        ];
        for (grant, somewhere, everywhere) in cases {
            let grants = [grant];
            assert_eq!(may_somewhere(&grants, Verb::Run), somewhere, "{grants:?}");
            assert_eq!(may_everywhere(&grants, Verb::Run), everywhere, "{grants:?}");
        }
    }

    #[test]
    fn a_limit_only_takes_away() {
        let full = grant(&[Verb::View, Verb::Run], "web*", None);
        let limit: Verbs = [Verb::Run, Verb::Administer].into();
        assert_eq!(full.within(Some(&limit), "all").verbs, [Verb::Run].into());
        assert_eq!(full.within(None, "all").verbs, full.verbs);
        let everything = grant(&[Verb::Run], "all", None);
        assert!(everything.within(None, "all").is_general());
        assert!(!everything.within(None, "web*").is_general());
    }

    #[test]
    fn a_verb_is_its_word() {
        for verb in Verb::ALL {
            assert_eq!(serde_json::to_value(verb).unwrap(), verb.word());
        }
    }
}
