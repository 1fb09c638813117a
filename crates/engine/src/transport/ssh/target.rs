//! Where and as whom to connect, and whom to trust: all that one connection needs to know.

use std::path::PathBuf;
use std::sync::Arc;

use hep_core::secret::Secret;
use hep_core::ssh::config::AlgorithmLists;
use hep_core::ssh::known_hosts;

use super::pinned::Pinned;
use crate::transport::Deadlines;
use crate::transport::dial::Dial;

/// What to do about a host key that no file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKeyPolicy {
    /// Refuse it.
    Strict,
    /// Ask the person.
    Ask,
    /// Take and remember the key of a host seen for the first time.
    AcceptNew,
}

/// Which keys of a host are trusted.
#[derive(Clone, Debug)]
pub struct HostKeys {
    /// The user's files; new keys go into the first.
    pub user_files: Vec<PathBuf>,
    /// The machine's files.
    pub global_files: Vec<PathBuf>,
    /// What to do about new keys.
    pub policy: HostKeyPolicy,
    /// The name to look up in place of address and port.
    pub alias: Option<String>,
    /// Write hashed names (`HashKnownHosts`).
    pub hash_names: bool,
    /// The keys of a register, which decide before all files.
    pub pinned: Option<Pinned>,
}

/// A private key that lies in no file.
#[derive(Clone, Debug)]
pub struct HeldKey {
    /// What it is called, for messages: the name of a credential.
    pub name: String,
    /// The key, in any of the formats that key files have.
    pub private: Secret<String>,
    /// What it is encrypted with.
    pub passphrase: Option<Secret<String>>,
    /// A user's certificate for it, as a `-cert.pub` file has it.
    pub certificate: Option<String>,
}

/// Which algorithms to offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Algorithms {
    /// Offer SHA-1 signatures and key exchange, CBC and SHA-1 MACs too (`hep_legacy_algorithms:
    /// true`): for sshd of Debian 6 to Ubuntu 14.04.
    pub legacy: bool,
    /// What `ssh_config` says; its lists win.
    pub lists: AlgorithmLists,
}

/// A host as the SSH transport sees it.
#[derive(Clone, Debug)]
pub struct SshTarget {
    /// The host's name, for messages.
    pub name: String,
    /// Its address: a name or an IP address.
    pub address: String,
    /// The port of its sshd.
    pub port: u16,
    /// The login.
    pub user: String,
    /// Private keys to try, in order.
    pub keys: Vec<PathBuf>,
    /// Private keys that lie in no file; tried before `keys`.
    pub held: Vec<Arc<HeldKey>>,
    /// Certificates beside those that lie next to the keys (`KEY-cert.pub`).
    pub certificates: Vec<PathBuf>,
    /// Of the agent's keys, use only those that `keys` names.
    pub identities_only: bool,
    /// The password.
    pub password: Option<Secret<String>>,
    /// The agent's socket.
    pub agent: Option<PathBuf>,
    /// The way there, the first hop first. A hop's own `jumps` are not used.
    pub jumps: Vec<SshTarget>,
    /// Who makes the TCP connection in our place. It counts of the first hop only.
    pub dialer: Option<Arc<dyn Dial>>,
    /// Whom to trust.
    pub host_keys: HostKeys,
    /// How long to wait.
    pub deadlines: Deadlines,
    /// What to offer.
    pub algorithms: Algorithms,
    /// What else makes it another connection: the version of the credential and of the pinned keys.
    pub stamp: String,
}

/// What makes two targets share a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TargetKey {
    address: String,
    port: u16,
    user: String,
    jumps: Vec<(String, u16, String)>,
    way: Option<String>,
    stamp: String,
}

impl SshTarget {
    pub(super) fn key(&self) -> TargetKey {
        let hop = |hop: &Self| (hop.address.clone(), hop.port, hop.user.clone());
        TargetKey {
            address: self.address.clone(),
            port: self.port,
            user: self.user.clone(),
            jumps: self.jumps.iter().map(hop).collect(),
            way: self.first().dialer.as_ref().map(|dialer| dialer.way().to_owned()),
            stamp: self.stamp.clone(),
        }
    }

    /// What is connected to first: the first hop, or the host itself.
    pub(super) fn first(&self) -> &Self {
        self.jumps.first().unwrap_or(self)
    }

    /// Has somebody else make the first TCP connection.
    pub(crate) fn dial_by(&mut self, dialer: Option<Arc<dyn Dial>>) {
        *self.jumps.first_mut().map_or(&mut self.dialer, |first| &mut first.dialer) = dialer;
    }

    /// The last hop, itself reached through the hops before it.
    pub(super) fn last_jump(&self) -> Option<Self> {
        let (last, before) = self.jumps.split_last()?;
        Some(Self { jumps: before.to_vec(), ..last.clone() })
    }

    /// The name under which its key is looked up and stored.
    pub(super) fn key_name(&self) -> String {
        match &self.host_keys.alias {
            Some(alias) => alias.to_ascii_lowercase(),
            None => known_hosts::lookup_name(&self.address, self.port),
        }
    }

    /// The name that a host certificate must carry: never with a port.
    pub(super) fn principal(&self) -> String {
        let name = self.host_keys.alias.as_ref().unwrap_or(&self.address);
        name.to_ascii_lowercase()
    }

    /// `address:port`, for messages.
    pub(super) fn endpoint(&self) -> String {
        if self.address.contains(':') {
            format!("[{}]:{}", self.address, self.port)
        } else {
            format!("{}:{}", self.address, self.port)
        }
    }
}
