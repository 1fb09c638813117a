//! The tunnels that this node makes for others: a TCP connection to the first hop of a host of its own zones, and bytes
//! both ways. Where to is not said by who asks, but by the register.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hep_core::message::ssh as say;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::proof::{Doubt, Granted, Key, Wish};
use crate::cancel::Cancel;
use crate::ops::{Engine, OpError, OpResult};
use crate::store::{nodes, now_ms};
use crate::transport::ssh::{self, Settings};

/// Tunnels at once: two open files each.
const MOST: usize = 4096;
/// The longest that a connection to a host may take, whatever is asked for.
const LONGEST_DIAL: Duration = Duration::from_mins(1);
/// Bytes on their way in one direction. Whoever reads slowly slows down who writes.
const ROOM: usize = 64 * 1024;
/// A tunnel through which nothing went for so long has lost an end: who asks for one asks the host once a minute
/// whether it is there.
const SILENCE: Duration = Duration::from_mins(5);
/// The same of a tunnel of which one end has said its last.
const LAST_WORDS: Duration = Duration::from_mins(1);

/// The tunnels of this node.
pub struct Tunnels {
    /// Our id.
    node: String,
    zones: Vec<String>,
    settings: Arc<Settings>,
    key: Key,
    granted: Granted,
    room: Arc<Semaphore>,
    /// No more are made.
    stopping: Cancel,
    /// Those that there are end.
    cut: Cancel,
    made: AtomicU64,
}

impl Tunnels {
    pub(super) fn new(node: &str, zones: &[String], settings: Arc<Settings>) -> Arc<Self> {
        Arc::new(Self {
            node: node.to_owned(),
            zones: zones.to_vec(),
            settings,
            key: Key::random(),
            granted: Granted::default(),
            room: Arc::new(Semaphore::new(MOST)),
            stopping: Cancel::default(),
            cut: Cancel::default(),
            made: AtomicU64::new(0),
        })
    }

    /// What others prove themselves with.
    pub(super) const fn key(&self) -> &Key {
        &self.key
    }

    /// How many there are.
    pub fn open(&self) -> usize {
        MOST - self.room.available_permits()
    }

    /// How many there have been.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Makes no more.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Ends those that there are.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }

    /// Waits until there is none.
    pub(super) async fn idle(&self) {
        let all = u32::try_from(MOST).unwrap_or(u32::MAX);
        // It is never closed.
        let _ = self.room.acquire_many(all).await;
    }

    /// Grants a wish: connects to the host.
    pub async fn make(&self, engine: &Engine, wish: &str) -> OpResult<Tunnel> {
        let wish = self.believe(wish)?;
        if self.stopping.is_cancelled() {
            return Err(OpError::Unavailable(say::node_stops()));
        }
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_| OpError::Unavailable(say::too_many_tunnels(MOST)))?;
        let unknown = || OpError::not_found("host", &wish.host);
        let registered = engine.registered().await?;
        let entry = registered.entry_of(&wish.host).ok_or_else(unknown)?;
        let zone = entry.host.zone.as_deref();
        if !nodes::reaches(&self.zones, zone) {
            return Err(OpError::Denied(say::other_zone(zone.unwrap_or_default())));
        }
        let target = self.settings.target(&entry.wanted());
        let mut target = target.map_err(OpError::Unreachable)?;
        target.deadlines.connect = wish.within.min(LONGEST_DIAL);
        let host = tokio::select! {
            dialed = ssh::tcp(&target) => dialed,
            () = self.cut.cancelled() => return Err(OpError::Unavailable(say::node_stops())),
        };
        let host = host.map_err(|error| OpError::Unreachable(error.message()))?;
        self.made.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(host = target.name, node = wish.from, "a tunnel for another node");
        Ok(Tunnel { host, cut: self.cut.clone(), _room: room })
    }

    fn believe(&self, text: &str) -> OpResult<Wish> {
        let unproved = || OpError::NotSignedIn(say::tunnel_unproved());
        // Its key is another's, so nothing can be proved; who asks is told that the address leads here.
        if Wish::parse(text).ok_or_else(unproved)?.node != self.node {
            return Err(OpError::Conflict(say::other_node()));
        }
        self.granted.take(text, &self.key, now_ms()).map_err(|doubt| match doubt {
            Doubt::Clock => OpError::NotSignedIn(say::tunnel_clock()),
            Doubt::Proof | Doubt::Again => unproved(),
        })
    }
}

/// A connection to a host, for somebody else.
pub struct Tunnel {
    host: TcpStream,
    cut: Cancel,
    _room: OwnedSemaphorePermit,
}

impl Tunnel {
    /// Carries bytes until both ends have said their last, one is gone or silent for too long, or the node ends.
    pub async fn carry(self, other: impl AsyncRead + AsyncWrite) {
        let (from_host, to_host) = self.host.into_split();
        let (from_other, to_other) = tokio::io::split(other);
        let (here, there) = (Flow::default(), Flow::default());
        let both = async {
            tokio::try_join!(here.copy(from_host, to_other), there.copy(from_other, to_host))
        };
        tokio::select! {
            // Who lost an end is told by the other's end.
            _ = both => {}
            () = silence(&here, &there) => tracing::debug!("a tunnel was silent and is ended"),
            () = self.cut.cancelled() => {}
        }
    }
}

/// One direction.
struct Flow {
    state: tokio::sync::watch::Sender<Moved>,
}

/// When bytes last went, and whether more will.
#[derive(Clone, Copy)]
struct Moved {
    at: Instant,
    is_over: bool,
}

impl Default for Flow {
    fn default() -> Self {
        let state = Moved { at: Instant::now(), is_over: false };
        Self { state: tokio::sync::watch::Sender::new(state) }
    }
}

impl Flow {
    /// Copies until the end, and says so.
    async fn copy(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let mut room = vec![0; ROOM];
        loop {
            let count = from.read(&mut room).await?;
            if count == 0 {
                to.shutdown().await?;
                self.state.send_replace(Moved { at: Instant::now(), is_over: true });
                return Ok(());
            }
            to.write_all(&room[..count]).await?;
            to.flush().await?;
            self.state.send_replace(Moved { at: Instant::now(), is_over: false });
        }
    }
}

/// Waits until nothing has gone either way for too long.
async fn silence(here: &Flow, there: &Flow) {
    loop {
        let (one, other) = (*here.state.borrow(), *there.state.borrow());
        let most = if one.is_over || other.is_over { LAST_WORDS } else { SILENCE };
        let (until, now) = (one.at.max(other.at) + most, Instant::now());
        if now >= until {
            return;
        }
        // One end may say its last before that.
        sleep_until(until.min(now + LAST_WORDS)).await;
    }
}

#[cfg(test)]
#[path = "tunnel_tests.rs"]
mod tests;
