//! The keys of one host as a register keeps them, in place of `known_hosts` files.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use futures::future::BoxFuture;
use hep_core::message::Message;
use hep_core::ssh::known_hosts::{HostKey, KnownHosts};

/// A key as `authorized_keys` and `.pub` files write it (`ssh-ed25519 AAAA…`), and what it is.
#[derive(Clone, Copy, Debug)]
pub enum PinnedKey<'a> {
    /// A key of the host.
    Trusted(&'a str),
    /// An authority that signs keys of hosts.
    Authority(&'a str),
    /// A key that is never to be trusted.
    Revoked(&'a str),
}

/// A key that a host has shown and that was not pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownKey {
    /// The host's name.
    pub host: String,
    /// The key's type: `ssh-ed25519`.
    pub algorithm: String,
    /// The key as a `.pub` file has it.
    pub public_key: String,
    /// `SHA256:` and base64.
    pub fingerprint: String,
    /// Whether it was trusted, because nothing was known of the host and the policy says so.
    pub accepted: bool,
}

/// What telling of a key comes to. An error refuses a key that would have been accepted.
pub type Told = BoxFuture<'static, Result<(), Message>>;
type Tell = dyn Fn(ShownKey) -> Told + Send + Sync;

/// The keys of one host, and whom to tell of others that it shows.
#[derive(Clone)]
pub struct Pinned {
    hosts: Arc<KnownHosts>,
    /// Whether there is none.
    is_empty: bool,
    /// Whether `known_hosts` files are asked where there is none.
    or_files: bool,
    tell: Arc<Tell>,
}

impl Pinned {
    /// These keys; `tell` hears of others.
    pub fn new<'a>(
        keys: impl IntoIterator<Item = PinnedKey<'a>>,
        tell: impl Fn(ShownKey) -> Told + Send + Sync + 'static,
    ) -> Self {
        let (mut hosts, mut is_empty) = (KnownHosts::default(), true);
        for (index, key) in keys.into_iter().enumerate() {
            let line = match key {
                PinnedKey::Trusted(key) => format!("* {key}"),
                PinnedKey::Authority(key) => format!("@cert-authority * {key}"),
                PinnedKey::Revoked(key) => format!("@revoked * {key}"),
            };
            hosts.add_more("the register", &line, index);
            is_empty = false;
        }
        Self { hosts: Arc::new(hosts), is_empty, or_files: false, tell: Arc::new(tell) }
    }

    /// The same; where there is no key, the `known_hosts` files are asked.
    pub fn or_files<'a>(
        keys: impl IntoIterator<Item = PinnedKey<'a>>,
        tell: impl Fn(ShownKey) -> Told + Send + Sync + 'static,
    ) -> Self {
        Self { or_files: true, ..Self::new(keys, tell) }
    }

    /// Whether these keys decide, and no file.
    pub(super) const fn decides(&self) -> bool {
        !(self.is_empty && self.or_files)
    }

    /// Whether nothing was ever decided about a key of the host.
    pub(super) const fn is_empty(&self) -> bool {
        self.is_empty
    }

    pub(super) fn hosts(&self) -> &KnownHosts {
        &self.hosts
    }

    pub(super) fn tell(&self, host: &str, key: &HostKey, accepted: bool) -> Told {
        (self.tell)(ShownKey {
            host: host.to_owned(),
            algorithm: key.algorithm.clone(),
            public_key: format!("{} {}", key.algorithm, BASE64.encode(&key.blob)),
            fingerprint: key.fingerprint(),
            accepted,
        })
    }
}

impl fmt::Debug for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the register's keys")
    }
}
