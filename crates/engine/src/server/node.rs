//! A node: takes queued runs, holds them by leases, and takes over those of nodes that are gone.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::hub::Hub;
use super::log::Wished;
use super::runner::{self, Active};
use super::tunnel::Tunnels;
use super::way::key_place;
use super::{Options, writer};
use crate::cancel::Cancel;
use crate::clock;
use crate::ops::Engine;
use crate::ops::error::chain;
use crate::play::bundle::Bundle;
use crate::store::db::Heard;
use crate::store::leases::{self, Held};
use crate::store::nodes;
use crate::store::runs::{self, Run};
use crate::store::{Db, Result, new_id, now_ms};
use crate::transport::ssh::{Pool, Settings};

/// The channel on which nodes tell one another that a run is to be stopped.
pub(crate) const STOP: &str = "hep_stop";
/// The channel on which nodes tell one another that a run waits to be taken.
pub(crate) const QUEUED: &str = "hep_queued";

/// The channel on which nodes tell one another that they are about to end.
pub(crate) const STOPS: &str = "hep_stops";

/// A node.
pub(super) struct Node {
    /// Which one: new with every start.
    pub(super) id: String,
    pub(super) engine: Engine,
    pub(super) hub: Arc<Hub>,
    pub(super) settings: Arc<Settings>,
    pub(super) pool: Arc<Pool>,
    pub(super) keys: Vec<PathBuf>,
    pub(super) bundle: Bundle,
    pub(super) writer: mpsc::Sender<Wished>,
    /// The zones whose hosts it reaches by itself; none for all.
    zones: Vec<String>,
    pub(super) lease: Duration,
    /// Nothing may begin after this.
    safe: watch::Sender<Instant>,
    stopping: Cancel,
    active: Mutex<HashMap<String, Arc<Active>>>,
}

impl Node {
    pub(super) fn new(
        engine: Engine,
        hub: Arc<Hub>,
        options: &Options,
        writer: mpsc::Sender<Wished>,
    ) -> Self {
        Self {
            id: new_id(),
            engine,
            hub,
            settings: Arc::clone(&options.settings),
            pool: Arc::clone(&options.pool),
            keys: options.keys.clone(),
            bundle: options.bundle.clone(),
            writer,
            zones: options.zones.clone(),
            lease: options.lease,
            safe: watch::channel(Instant::now() + options.lease * 2 / 3).0,
            stopping: Cancel::default(),
            active: Mutex::default(),
        }
    }

    pub(super) fn db(&self) -> &Db {
        self.engine.db()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    pub(super) async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// Begins nothing more.
    pub(super) fn stop(&self) {
        self.stopping.cancel();
    }

    /// Stops what is running.
    pub(super) fn cancel_all(&self) {
        self.lock().values().for_each(|active| active.cancel.cancel());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Active>>> {
        // Nothing panics while the lock is held.
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the lease surely holds. False when the run is another's by then.
    pub(super) async fn may_begin(&self, gone: &Cancel) -> bool {
        let mut safe = self.safe.subscribe();
        tokio::select! {
            renewed = safe.wait_for(|safe| Instant::now() < *safe) => {
                renewed.is_ok() && !gone.is_cancelled()
            }
            () = gone.cancelled() => false,
        }
    }

    /// Takes queued runs, at most so many at once, until the node stops.
    pub(super) async fn take(self: Arc<Self>, most: usize, poll: Duration) {
        let mut running = JoinSet::new();
        while !self.is_stopping() {
            let free = running.len() < most;
            match if free {
                leases::claim(self.db(), &self.id, &self.zones).await
            } else {
                Ok(None)
            } {
                Ok(Some(run)) => {
                    running.spawn(Arc::clone(&self).coordinate(run, false));
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(error = %chain(&error), "cannot look for queued runs"),
            }
            tokio::select! {
                () = self.hub.wait_queued(), if free => {}
                () = tokio::time::sleep(poll), if free => {}
                Some(_) = running.join_next(), if !running.is_empty() => {}
                () = self.stopping() => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn coordinate(self: Arc<Self>, run: Run, taken_over: bool) {
        let (id, active) = (run.id.clone(), self.add(&run.id));
        let done = runner::coordinate(Arc::clone(&self), run, active, taken_over).await;
        self.remove(&id);
        if let Err(error) = done {
            // Held and at work in nobody's hands: it is taken up again, see `gone`.
            tracing::error!(run = id, error = %chain(&error), "cannot coordinate a run");
        }
    }

    /// A run is at work here from now on.
    pub(super) fn add(&self, run: &str) -> Arc<Active> {
        let active = Arc::new(Active::default());
        self.lock().insert(run.to_owned(), Arc::clone(&active));
        active
    }

    /// A run is at work here no more.
    pub(super) fn remove(&self, run: &str) {
        self.lock().remove(run);
    }

    fn active_ids(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Renews the leases, at a third of their time, until the end.
    pub(super) async fn renew(self: Arc<Self>) {
        loop {
            let (sent, active) = (Instant::now(), self.active_ids());
            // A database that says nothing is one that cannot be reached.
            match tokio::time::timeout(self.lease / 3, leases::renew(self.db(), &self.id)).await {
                Ok(Ok(held)) => {
                    self.safe.send_replace(sent + self.lease * 2 / 3);
                    self.heed(&held, &active);
                }
                Ok(Err(error)) => {
                    tracing::warn!(error = %chain(&error), "cannot renew the leases of runs");
                }
                Err(_) => tracing::warn!("cannot renew the leases of runs: the database is silent"),
            }
            tokio::time::sleep_until(sent + self.lease / 3).await;
        }
    }

    /// Says that this node is there, until the end.
    pub(super) async fn beat(self: Arc<Self>, said: nodes::Node, tunnels: Arc<Tunnels>) {
        let mut node = nodes::Node { id: self.id.clone(), ..said };
        let sealed = self.engine.sealer().seal(key_place(&self.id), tunnels.key().bytes());
        if let Err(error) = &sealed {
            tracing::warn!(%error, "other nodes cannot reach hosts through this one");
        }
        let sealed = sealed.ok();
        loop {
            node.beat_ms = now_ms();
            if let Err(error) = nodes::beat(self.db(), &node, sealed.as_deref()).await {
                tracing::warn!(error = %chain(&error), "cannot say that this node is there");
            }
            tokio::time::sleep(self.lease / 3).await;
        }
    }

    /// Tells the register how hosts were found, until the end.
    pub(super) async fn keep_sightings(self: Arc<Self>) {
        self.engine.sightings().keep(self.db()).await;
    }

    /// Says that this node is about to end: others let go of what goes through it as soon as they can.
    pub(super) async fn tell_of_stop(&self) {
        let told = async {
            let tx = self.db().begin().await?;
            nodes::stops(&tx, &self.id).await?;
            tx.notify(STOPS, &self.id).await?;
            tx.commit().await
        };
        // A database that says nothing must not hold up the end.
        if !matches!(tokio::time::timeout(self.lease / 3, told).await, Ok(Ok(()))) {
            tracing::warn!("cannot tell other nodes that this one is about to end");
        }
    }

    /// Says that this node has ended.
    pub(super) async fn leave(&self) {
        if let Err(error) = nodes::leave(self.db(), &self.id).await {
            tracing::warn!(error = %chain(&error), "cannot say that this node has ended");
        }
    }

    /// Ends what is under way when the leases cannot be renewed: before another node may take it up.
    pub(super) async fn give_up(self: Arc<Self>) {
        let mut safe = self.safe.subscribe();
        loop {
            self.lapsed().await;
            tracing::error!("the leases of runs have ended: what is under way is stopped");
            self.cancel_all();
            if safe.wait_for(|safe| Instant::now() < *safe).await.is_err() {
                return;
            }
        }
    }

    /// Waits until the leases may have ended: two thirds of their time have gone without a renewal.
    pub(super) async fn lapsed(&self) {
        let mut safe = self.safe.subscribe();
        loop {
            let until = *safe.borrow_and_update();
            tokio::select! {
                // The sender lives as long as `self`.
                _ = safe.changed() => {}
                () = tokio::time::sleep_until(until) => return,
            }
        }
    }

    /// Stops the runs that somebody wants stopped, and those that were ours when we asked and are another's.
    fn heed(&self, held: &[Held], active: &[String]) {
        use hep_core::run::RunState::Cancelling;
        held.iter().filter(|held| held.state == Cancelling).for_each(|held| self.end(&held.id));
        for run in active.iter().filter(|run| !held.iter().any(|held| held.id == **run)) {
            if let Some(active) = self.lock().get(run) {
                active.cancel.cancel();
            }
        }
    }

    fn end(&self, run: &str) {
        if let Some(active) = self.lock().get(run) {
            active.asked.store(true, Ordering::Relaxed);
            active.cancel.cancel();
        }
    }

    /// Hears of runs to stop, and ends those whose deadline passes while nobody has them.
    pub(super) async fn listen(self: Arc<Self>) {
        let mut stops = self.hub.stops();
        loop {
            match stops.recv().await {
                Ok(run) => self.end(&run),
                // The next renewal tells of those that were missed.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    /// Hears what other nodes tell.
    pub(super) async fn hear(self: Arc<Self>) {
        loop {
            match self.db().listen(&[writer::GREW, STOP, QUEUED, STOPS]).await {
                Ok(None) => return,
                Ok(Some(mut listener)) => {
                    self.hub.wake_all();
                    while let Ok(heard) = listener.next().await {
                        self.heard(&heard);
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "cannot listen to other nodes");
                }
            }
            tokio::time::sleep(self.lease / 10).await;
        }
    }

    fn heard(&self, heard: &Heard) {
        match heard {
            Heard::Told(channel, text) if channel == writer::GREW => {
                if let Some((run, seq)) = text.split_once(' ') {
                    self.hub.grew(run, seq.parse().unwrap_or(0));
                }
            }
            Heard::Told(channel, run) if channel == STOP => self.end(run),
            Heard::Told(channel, node) if channel == STOPS => {
                let (pool, node) = (Arc::clone(&self.pool), node.clone());
                tokio::spawn(async move { pool.leave(&node).await });
            }
            Heard::Told(..) => self.hub.queued(),
            Heard::Missed => self.hub.wake_all(),
        }
    }

    /// Takes over the runs of nodes that are gone: at once where we are alone, else when a full period of our own
    /// clock has passed without a renewal.
    pub(super) async fn take_over(self: Arc<Self>) {
        let mut seen: HashMap<String, (Held, Instant)> = HashMap::new();
        let mut running = JoinSet::new();
        while !self.is_stopping() {
            match self.gone(&mut seen).await {
                Ok(runs) => {
                    for run in runs {
                        running.spawn(Arc::clone(&self).coordinate(run, true));
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "cannot look for runs of other nodes");
                }
            }
            if let Err(error) = self.expire().await {
                tracing::warn!(error = ?error, "cannot end runs whose deadline has passed");
            }
            tokio::select! {
                () = tokio::time::sleep(self.lease / 3) => {}
                () = self.stopping() => {}
            }
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
    }

    /// Takes what other nodes have not renewed, and what is ours without anybody at work: the answer to a claim of
    /// ours was lost, say.
    async fn gone(&self, seen: &mut HashMap<String, (Held, Instant)>) -> Result<Vec<Run>> {
        let held = leases::all(self.db()).await?;
        let (now, active) = (Instant::now(), self.active_ids());
        seen.retain(|id, _| held.iter().any(|held| held.id == *id));
        let mut taken = Vec::new();
        for held in held {
            let is_ours = held.node == self.id;
            if is_ours && active.contains(&held.id) {
                seen.remove(&held.id);
                continue;
            }
            let known = seen.entry(held.id.clone()).or_insert_with(|| (held.clone(), now));
            let is_renewed = known.0.lease != held.lease && !is_ours;
            if is_renewed || (&known.0.node, known.0.fence) != (&held.node, held.fence) {
                *known = (held.clone(), now);
            }
            let is_stale = now.duration_since(known.1) >= self.lease;
            if is_stale || !(is_ours || self.db().is_shared()) {
                taken.extend(leases::take_over(self.db(), &held, &self.id).await?);
            }
        }
        Ok(taken)
    }

    /// Ends the runs whose deadline has passed while they waited.
    async fn expire(&self) -> crate::ops::OpResult<()> {
        for run in runs::expired(self.db(), now_ms(), clock::too_old()).await? {
            let ended = crate::ops::run::end_unheld(
                self.db(),
                &run,
                hep_core::run::RunState::Expired,
                "deadline",
            );
            ended.await?;
        }
        Ok(())
    }
}
