//! One connection for each target, shared; and the pace at which new ones start.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::connect::{self, Tools};
use super::connection::SshConnection;
use super::host_key::Trust;
use super::keys::KeyRing;
use super::known_hosts_file::KnownHostsFiles;
use super::prompt::{Prompter, Questions};
use super::target::{SshTarget, TargetKey};
use crate::transport::{Channel, Connection, Exec, TransportError};

/// How much a pool does at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that are being opened, over all hosts.
    pub handshakes: usize,
    /// Of these, to one sshd: by default it begins to drop at 10 that are not logged in
    /// (`MaxStartups`).
    pub handshakes_per_host: usize,
    /// Channels on one connection: sshd allows 10 by default (`MaxSessions`).
    pub channels: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { handshakes: 64, handshakes_per_host: 5, channels: 8 }
    }
}

/// How long to wait before a handshake that the host dropped is tried again, time after time. sshd by default
/// drops only some of those beyond `MaxStartups`, and has room again as soon as others are logged in.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// All SSH connections of a process, or of one run.
pub struct Pool {
    limits: Limits,
    tools: Tools,
    slots: Mutex<HashMap<TargetKey, Arc<Slot>>>,
    starts: Arc<Semaphore>,
    /// The starts to one sshd, by address, port and way; only while there are some.
    host_starts: Mutex<HashMap<TargetKey, Weak<Semaphore>>>,
    /// How many connections could not be opened, by [`TransportError::reason`].
    failures: Mutex<BTreeMap<&'static str, u64>>,
}

/// How a pool does, at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Connections that are open.
    pub open: usize,
    /// Connections that are being opened.
    pub starting: usize,
    /// Connections that could not be opened, since the beginning and by reason.
    pub failures: Vec<(&'static str, u64)>,
}

/// The place of one target's connection.
#[derive(Default)]
struct Slot {
    /// Held while connecting, so that one does it for all who wait.
    current: tokio::sync::Mutex<Current>,
    /// How many attempts have ended.
    attempts: std::sync::atomic::AtomicU64,
}

#[derive(Default)]
struct Current {
    connection: Option<Arc<SshConnection>>,
    /// How the last attempt failed: for those who were waiting for it.
    failure: Option<TransportError>,
    /// How many connections were made.
    generation: u64,
}

impl Pool {
    /// A pool without connections; questions go to `prompter`.
    pub fn new(limits: Limits, prompter: Arc<dyn Prompter>) -> Self {
        let questions = Arc::new(Questions::new(prompter));
        let trust = Arc::new(Trust { files: KnownHostsFiles::default(), questions });
        Self {
            limits,
            tools: Tools { trust, keys: KeyRing::new() },
            slots: Mutex::default(),
            starts: Arc::new(Semaphore::new(limits.handshakes.max(1))),
            host_starts: Mutex::default(),
            failures: Mutex::default(),
        }
    }

    /// The connection to this target: the one there is, or a new one when there is none or it has
    /// ended. Those who ask while it is being opened share it, or its failure.
    pub async fn get(&self, target: &SshTarget) -> Result<Arc<SshConnection>, TransportError> {
        use std::sync::atomic::Ordering::Acquire;
        let slot = Arc::clone(lock(&self.slots).entry(target.key()).or_default());
        let seen = slot.attempts.load(Acquire);
        let mut current = slot.current.lock().await;
        if let Some(connection) = current.connection.as_ref().filter(|c| c.is_alive()) {
            return Ok(Arc::clone(connection));
        }
        if let Some(failure) =
            current.failure.as_ref().filter(|_| slot.attempts.load(Acquire) > seen)
        {
            return Err(failure.clone());
        }
        current.connection = None;
        let opened = self.open(target, current.generation).await;
        slot.attempts.fetch_add(1, std::sync::atomic::Ordering::Release);
        match opened {
            Ok(connection) => {
                current.generation += 1;
                current.failure = None;
                current.connection = Some(Arc::clone(&connection));
                Ok(connection)
            }
            Err(error) => {
                *lock(&self.failures).entry(error.reason()).or_default() += 1;
                current.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Starts a command on this target. A connection that turns out to have ended before anything
    /// was started is replaced once.
    pub async fn exec(&self, target: &SshTarget, exec: &Exec) -> Result<Channel, TransportError> {
        match self.get(target).await?.exec(exec.clone()).await {
            Err(TransportError::Lost { started: false, .. }) => {
                self.get(target).await?.exec(exec.clone()).await
            }
            done => done,
        }
    }

    /// How it does.
    pub fn numbers(&self) -> Numbers {
        let is_open = |slot: &&Arc<Slot>| {
            // Whoever holds it is opening a connection just now.
            let current = slot.current.try_lock();
            current.is_ok_and(|now| now.connection.as_ref().is_some_and(|c| c.is_alive()))
        };
        let starting = self.limits.handshakes.saturating_sub(self.starts.available_permits());
        let failures = lock(&self.failures).iter().map(|(reason, many)| (*reason, *many)).collect();
        Numbers { open: lock(&self.slots).values().filter(is_open).count(), starting, failures }
    }

    /// Opens a connection, after those to its jump hosts.
    async fn open(
        &self,
        target: &SshTarget,
        generation: u64,
    ) -> Result<Arc<SshConnection>, TransportError> {
        // The jump first: whoever waits for it must not hold a place among the starts.
        let via = match target.last_jump() {
            None => None,
            Some(jump) => {
                Some(Box::pin(self.get(&jump)).await.map_err(|source| TransportError::Jump {
                    host: target.name.clone(),
                    jump: jump.name.clone(),
                    source: Box::new(source),
                })?)
            }
        };
        let _starts = self.may_start(target).await;
        let opened = self.open_patiently(target, via.as_deref()).await?;
        let channels = self.limits.channels;
        Ok(Arc::new(SshConnection::new(target, opened, via, channels, generation)))
    }

    /// Connects; what the host drops before it knows us is tried again. Our own limit on starts cannot prevent
    /// that: a login is over for us before sshd has counted it out, and others log in there too. The place among
    /// the starts is kept meanwhile, which slows down all that go there.
    async fn open_patiently(
        &self,
        target: &SshTarget,
        via: Option<&SshConnection>,
    ) -> Result<connect::Opened, TransportError> {
        for pause in PAUSES {
            match connect::open(target, via, &self.tools).await {
                Err(error) if error.is_dropped() => tokio::time::sleep(pause).await,
                done => return done,
            }
        }
        connect::open(target, via, &self.tools).await
    }

    /// Waits for a place among the starts to this sshd, then among all. These waits end when the
    /// starts before them do, and those have deadlines.
    async fn may_start(
        &self,
        target: &SshTarget,
    ) -> Result<[OwnedSemaphorePermit; 2], AcquireError> {
        let host = {
            let mut hosts = lock(&self.host_starts);
            let key = SshTarget { user: String::new(), ..target.clone() }.key();
            if let Some(starts) = hosts.get(&key).and_then(Weak::upgrade) {
                starts
            } else {
                hosts.retain(|_, starts| starts.strong_count() > 0);
                let starts = Arc::new(Semaphore::new(self.limits.handshakes_per_host.max(1)));
                hosts.insert(key, Arc::downgrade(&starts));
                starts
            }
        };
        let host = host.acquire_owned().await?;
        Ok([host, Arc::clone(&self.starts).acquire_owned().await?])
    }

    /// Forgets the connection to this target; work that still runs keeps it.
    pub async fn forget(&self, target: &SshTarget) {
        let slot = lock(&self.slots).get(&target.key()).cloned();
        if let Some(slot) = slot {
            slot.current.lock().await.connection = None;
        }
    }

    /// Forgets the connections that another machine carries for us, which is about to go; work that still runs
    /// keeps its own.
    pub async fn leave(&self, machine: &str) {
        let slots: Vec<Arc<Slot>> = lock(&self.slots).values().cloned().collect();
        for slot in slots {
            let mut current = slot.current.lock().await;
            current.connection.take_if(|connection| connection.goes_through(machine));
        }
    }

    /// Forgets all connections; work that still runs keeps its own.
    pub fn clear(&self) {
        lock(&self.slots).clear();
    }
}

fn lock<T>(map: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
