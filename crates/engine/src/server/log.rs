//! The log of a run as its coordinator writes it, and the states of its hosts, which change with it.
//!
//! Everything goes to the node's one [writer](super::writer), which makes many runs' wishes last in one
//! transaction.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hep_core::run::HostState;
use tokio::sync::{mpsc, oneshot, watch};

use crate::cancel::Cancel;
use crate::store::events::Entry;
use crate::store::host_runs::End;
use crate::store::now_ms;
use crate::store::runs::{Counts, Hold, Step};

/// What is to last.
#[derive(Debug)]
pub(super) enum Wish {
    /// An entry of the log.
    Entry(Entry),
    /// A line of output, with its newline where it had one.
    Line { host: Arc<str>, stream: &'static str, line: Vec<u8> },
    /// A host begins.
    Begin(i64),
    /// Something of a host's part is done that its journal will not tell.
    Untold(i64),
    /// A host that had begun on a node that is gone, and changed nothing, begins anew.
    Again(i64),
    /// A host has ended.
    End(Box<End>),
    /// The run goes on.
    Step(Step),
}

impl Wish {
    /// The host whose beginning or end it is, by its position.
    pub(super) fn position(&self) -> Option<i64> {
        match self {
            Self::Begin(position) | Self::Untold(position) | Self::Again(position) => {
                Some(*position)
            }
            Self::End(end) => Some(end.position),
            Self::Entry(_) | Self::Line { .. } | Self::Step(_) => None,
        }
    }
}

/// A wish, of which run, and who waits until it is on disk.
#[derive(Debug)]
pub(super) struct Wished {
    pub(super) log: Arc<Log>,
    pub(super) wish: Wish,
    pub(super) done: Option<oneshot::Sender<bool>>,
}

/// A run that this node coordinates.
#[derive(Debug)]
pub(super) struct Log {
    /// By what we hold it.
    pub(super) hold: Hold,
    /// Thrown when the run is another node's by now, or cannot be written about.
    pub(super) gone: Cancel,
    states: Mutex<Vec<HostState>>,
    /// The hosts whose ends are on disk.
    ended: watch::Sender<HashSet<i64>>,
    writer: mpsc::Sender<Wished>,
}

impl Log {
    /// The log of a held run whose hosts are in these states, by position.
    pub(super) fn new(
        hold: Hold,
        states: Vec<HostState>,
        writer: mpsc::Sender<Wished>,
    ) -> Arc<Self> {
        let (gone, ended) = (Cancel::default(), watch::Sender::default());
        Arc::new(Self { hold, gone, states: Mutex::new(states), ended, writer })
    }

    /// The states as they are known here.
    pub(super) fn states(&self) -> MutexGuard<'_, Vec<HostState>> {
        // Nothing panics while the lock is held.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of one host.
    pub(super) fn state(&self, position: i64) -> HostState {
        let index = usize::try_from(position).unwrap_or(usize::MAX);
        self.states().get(index).copied().unwrap_or(HostState::NotStarted)
    }

    /// Notes a state; the writer makes it last.
    pub(super) fn set(&self, position: i64, state: HostState) {
        let index = usize::try_from(position).unwrap_or(usize::MAX);
        if let Some(known) = self.states().get_mut(index) {
            *known = state;
        }
    }

    /// Whether no other host than this one has still to begin or to end.
    pub(super) fn is_last(&self, position: i64) -> bool {
        let states = self.states();
        let open = |state: &HostState| matches!(state, HostState::Queued | HostState::Running);
        !(0_i64..).zip(states.iter()).any(|(place, state)| place != position && open(state))
    }

    /// How many hosts are in which state.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for state in self.states().iter() {
            *counts.entry(*state).or_default() += 1;
        }
        counts
    }

    async fn send(self: &Arc<Self>, wish: Wish, done: Option<oneshot::Sender<bool>>) {
        // The writer outlives every run; where it is gone, `done` says so.
        let _ = self.writer.send(Wished { log: Arc::clone(self), wish, done }).await;
    }

    /// An entry that nobody waits for.
    pub(super) async fn tell(
        self: &Arc<Self>,
        kind: &'static str,
        host: Option<&str>,
        body: &serde_json::Value,
    ) {
        self.send(Wish::Entry(entry(kind, host, body)), None).await;
    }

    /// A line of output.
    pub(super) async fn line(
        self: &Arc<Self>,
        host: &Arc<str>,
        stream: &'static str,
        line: Vec<u8>,
    ) {
        self.send(Wish::Line { host: host.clone(), stream, line }, None).await;
    }

    /// A host begins; ready when that is on disk. False when it must not begin.
    pub(super) async fn begin(self: &Arc<Self>, position: i64) -> bool {
        let (done, is_done) = oneshot::channel();
        self.send(Wish::Begin(position), Some(done)).await;
        is_done.await.unwrap_or(false)
    }

    /// Something is done of which no journal tells; ready when that is on disk. False when it must not be.
    pub(super) async fn untold(self: &Arc<Self>, position: i64) -> bool {
        let (done, is_done) = oneshot::channel();
        self.send(Wish::Untold(position), Some(done)).await;
        is_done.await.unwrap_or(false)
    }

    /// A host begins anew; ready when that is on disk.
    pub(super) async fn again(self: &Arc<Self>, position: i64) -> bool {
        let (done, is_done) = oneshot::channel();
        self.send(Wish::Again(position), Some(done)).await;
        is_done.await.unwrap_or(false)
    }

    /// Notes that these ends are on disk.
    pub(super) fn wrote(&self, ends: &[End]) {
        if !ends.is_empty() {
            self.ended.send_modify(|ended| ended.extend(ends.iter().map(|end| end.position)));
        }
    }

    /// Waits until a host's end is on disk. False when it will not be.
    pub(super) async fn written(&self, position: i64) -> bool {
        let mut ended = self.ended.subscribe();
        tokio::select! {
            found = ended.wait_for(|ended| ended.contains(&position)) => found.is_ok(),
            () = self.gone.cancelled() => false,
        }
    }

    /// A host has ended; the receiver says when that is on disk.
    pub(super) async fn end(self: &Arc<Self>, end: End) -> oneshot::Receiver<bool> {
        let (done, is_done) = oneshot::channel();
        self.send(Wish::End(Box::new(end)), Some(done)).await;
        is_done
    }

    /// The run goes on; whether it still was ours when that was written.
    pub(super) async fn step(self: &Arc<Self>, step: Step) -> bool {
        let (done, is_done) = oneshot::channel();
        self.send(Wish::Step(step), Some(done)).await;
        is_done.await.unwrap_or(false)
    }
}

/// An entry of now.
pub(super) fn entry(kind: &'static str, host: Option<&str>, body: &serde_json::Value) -> Entry {
    let body = body.to_string().into_bytes();
    Entry { at_ms: now_ms(), kind, host: host.map(str::to_owned), stream: None, body }
}
