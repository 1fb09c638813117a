//! Coordinates one run: its batches, its limits, its end.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use hep_core::inventory::Host;
use hep_core::mask::Mask;
use hep_core::message::{Message, run as say};
use hep_core::rollout;
use hep_core::run::{self, HostState, RunState};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::log::Log;
use super::node::Node;
use super::pump::{Positions, Pump};
use super::roster::Registered;
use super::settle;
use super::subject::{Strategy, Subject};
use super::told;
use super::work::{self, PlayWork, Ready, Work};
use crate::cancel::Cancel;
use crate::clock;
use crate::event::{EVENTS_WAITING, RunEvent};
use crate::exec;
use crate::fleet::{Fleet, Overrides};
use crate::gate::Gate;
use crate::play;
use crate::store::host_runs::{self, End, HostRun};
use crate::store::runs::{Hold, Run, Step};
use crate::store::{self, now_ms};

/// How long another run that changes a host is waited for.
const LOCK_WAIT: Duration = Duration::from_mins(10);

/// The pause after a database that could not be reached.
const PATIENCE: Duration = Duration::from_millis(500);

/// A run that this node coordinates, as others in the node see it.
#[derive(Debug, Default)]
pub(super) struct Active {
    /// Stops everything that it does.
    pub(super) cancel: Cancel,
    /// Its deadline has passed.
    expired: AtomicBool,
    /// Somebody has asked for its end.
    pub(super) asked: AtomicBool,
    /// No more hosts begin, because its limit of failures is reached.
    pub(super) stopped: AtomicBool,
}

impl Active {
    /// Whether it is to end: somebody wants that, or its deadline has passed.
    pub(super) fn is_to_end(&self) -> bool {
        self.asked.load(Ordering::Relaxed) || self.expired.load(Ordering::Relaxed)
    }
}

/// One run.
pub(super) struct Runner {
    pub(super) node: Arc<Node>,
    pub(super) run: Run,
    pub(super) active: Arc<Active>,
    pub(super) log: Arc<Log>,
    pub(super) hosts: Vec<HostRun>,
    pub(super) positions: Arc<Positions>,
    strategy: Strategy,
}

/// The hosts of the register, as a run reaches them, and which of its own are not among them. Another host may have got
/// the name of one while it waited: nobody meant that one.
struct Meant {
    fleet: Arc<Fleet>,
    gone: HashSet<i64>,
}

/// Coordinates a run that was claimed, or taken over from a node that is gone.
pub(super) async fn coordinate(
    node: Arc<Node>,
    run: Run,
    active: Arc<Active>,
    taken_over: bool,
) -> store::Result<()> {
    let begun = || {
        async {
            if taken_over && (run.checks || run.phase == "plan") {
                host_runs::requeue(node.db(), &run.id).await?;
            }
            host_runs::list(node.db(), &run.id, &[], None, i64::from(u32::MAX)).await
        }
        .boxed()
    };
    let hosts = patiently(&active, begun).await?;
    let hold = Hold { id: run.id.clone(), node: node.id.clone(), fence: run.fence };
    let states = hosts.iter().map(|host| host.state).collect();
    let log = Log::new(hold, states, node.writer.clone());
    let name = |host: &HostRun| (Arc::from(host.host.as_str()), host.position);
    let positions = Arc::new(hosts.iter().map(name).collect::<HashMap<_, _>>());
    let strategy: Strategy = serde_json::from_value(run.strategy.clone()).unwrap_or_default();
    active.asked.fetch_or(run.state == RunState::Cancelling, Ordering::Relaxed);
    let runner = Runner { node, run, active, log, hosts, positions, strategy };
    runner.run(taken_over).await;
    Ok(())
}

/// Tries until the database answers, or the run is stopped.
async fn patiently<'a, T>(
    active: &Active,
    attempt: impl Fn() -> BoxFuture<'a, store::Result<T>>,
) -> store::Result<T> {
    loop {
        match attempt().await {
            Err(error) if error.passes() && !active.cancel.is_cancelled() => {
                let why = crate::ops::error::chain(&error);
                tracing::warn!(error = %why, "cannot read what a run is; trying again");
                tokio::select! {
                    () = tokio::time::sleep(PATIENCE) => {}
                    () = active.cancel.cancelled() => {}
                }
            }
            done => return done,
        }
    }
}

impl Runner {
    async fn run(self, taken_over: bool) {
        let begun = json!({ "state": "running", "node": self.node.id, "taken_over": taken_over });
        self.log.tell("run", None, &begun).await;
        if taken_over {
            settle::settle(&self).await;
        }
        // Said before the first host, not while it begins.
        let left_ms = left_ms(&self.run);
        if left_ms.is_some_and(|left| left <= 0) {
            self.active.expired.store(true, Ordering::Relaxed);
            self.active.cancel.cancel();
        }
        let watch = tokio::spawn(watch(Arc::clone(&self.active), Arc::clone(&self.log), left_ms));
        let failed = match self.active.asked.load(Ordering::Relaxed) {
            true => None,
            false => self.attempt().await.err(),
        };
        watch.abort();
        if !self.log.gone.is_cancelled() {
            self.finish(failed).await;
        }
    }

    pub(super) fn pump(&self, mask: Mask, plans: bool) -> Pump {
        let mut pump = Pump::new(Arc::clone(&self.log), Arc::clone(&self.positions), mask, plans);
        pump.active = Some(Arc::clone(&self.active));
        pump.sightings = Some(Arc::clone(self.node.engine.sightings()));
        pump.facts = self.keeps_facts().then(|| self.node.db().clone());
        pump
    }

    /// Whether it is for the hosts' facts.
    fn keeps_facts(&self) -> bool {
        self.run.kind == "verb" && self.run.subject.get("verb").is_some_and(|verb| verb == "facts")
    }

    /// Whether it first tells what it would do, for an approval.
    fn plans(&self) -> bool {
        self.run.phase == "plan"
    }

    async fn attempt(&self) -> Result<(), Message> {
        let subject: Subject =
            serde_json::from_value(self.run.subject.clone()).map_err(say::bad_manifest)?;
        if self.plans() && !subject.plans() {
            // Nothing can be told beforehand: it is approved before it begins.
            return Ok(());
        }
        if matches!(subject, Subject::Terminal(_)) {
            // It went with its node, and nobody sits before it.
            return Ok(());
        }
        let ready = work::ready(&self.node.engine, &self.run, subject).await?;
        let registered = self.registered().await?;
        let meant = Meant { fleet: self.fleet(&registered, &ready), gone: self.gone(&registered) };
        let total = self.hosts.iter().filter(|host| host.state != HostState::Skipped).count();
        let canary = self.strategy.canary;
        let sizes = match self.plans() {
            true => rollout::batches(total, None, &[]),
            false => rollout::batches(total, canary, &self.strategy.batches),
        };
        let hosts = self.hosts.iter().filter(|host| host.state != HostState::Skipped);
        let mut rest: Vec<&HostRun> = hosts.collect();
        for (number, size) in sizes.iter().enumerate() {
            let after = rest.split_off((*size).min(rest.len()));
            let batch = std::mem::replace(&mut rest, after);
            if !self.is_open() {
                break;
            }
            let waits = |host: &&&HostRun| self.log.state(host.position) == HostState::Queued;
            let waiting = batch.iter().filter(waits).count();
            if waiting > 0 {
                // A node that is gone has done some of the batch, where not all are waiting.
                if number > 0 && waiting == batch.len() && !self.pause().await {
                    break;
                }
                self.batch((number, sizes.len()), &batch, &meant, &ready).await?;
            }
            self.apply_limit(total, canary.is_some() && number == 0, &batch);
        }
        Ok(())
    }

    /// The hosts of the register, as this work reaches them.
    pub(super) async fn register(&self, ready: &Ready) -> Result<Arc<Fleet>, Message> {
        Ok(self.fleet(&*self.registered().await?, ready))
    }

    /// The register as it is now.
    pub(super) async fn registered(&self) -> Result<Arc<Registered>, Message> {
        let load = || self.node.engine.read_register().boxed();
        patiently(&self.active, load).await.map_err(|error| {
            tracing::error!(error = %crate::ops::error::chain(&error), "cannot read the register");
            say::not_begun()
        })?
    }

    /// How many hosts at once.
    pub(super) fn forks(&self) -> usize {
        self.strategy.forks()
    }

    /// The places of its hosts that the register does not have any more, under whatever name.
    fn gone(&self, registered: &Registered) -> HashSet<i64> {
        let is_there = |host: &&HostRun| {
            let known = registered.host(&host.host);
            known.is_some_and(|known| host.host_id.as_ref() == Some(&known.id))
        };
        self.hosts.iter().filter(|host| !is_there(host)).map(|host| host.position).collect()
    }

    fn fleet(&self, registered: &Registered, ready: &Ready) -> Arc<Fleet> {
        let keeper = registered.keeper(&self.node.engine);
        let (settings, pool) = (Arc::clone(&self.node.settings), Arc::clone(&self.node.pool));
        let extra = match &ready.work {
            Work::Play(work) => work.loaded.extra.clone(),
            Work::Command(_) | Work::Key(_) => Arc::default(),
        };
        let (keys, become_password) = (self.node.keys.clone(), ready.become_password.clone());
        let overrides = Overrides { keys, become_password, extra, ..Overrides::default() };
        let inventory = Arc::clone(&registered.inventory);
        Arc::new(Fleet::of_register(inventory, settings, pool, overrides, keeper))
    }

    /// Whether somebody has asked for its end.
    pub(super) fn is_asked(&self) -> bool {
        self.active.asked.load(Ordering::Relaxed)
    }

    /// Whether more hosts may begin.
    fn is_open(&self) -> bool {
        !self.active.cancel.is_cancelled()
            && !self.active.stopped.load(Ordering::Relaxed)
            && !self.node.is_stopping()
            && !self.log.gone.is_cancelled()
    }

    fn apply_limit(&self, total: usize, canary: bool, batch: &[&HostRun]) {
        let bad = self.log.states().iter().filter(|state| state.is_bad()).count();
        let is_bad = |host: &&HostRun| self.log.state(host.position).is_bad();
        let canaries_bad = canary && !self.plans() && batch.iter().any(is_bad);
        if rollout::stops(self.strategy.stop_after, total, bad, canaries_bad) {
            self.active.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Waits between two batches; whether to go on.
    async fn pause(&self) -> bool {
        let Some(seconds) = self.strategy.pause_seconds.filter(|seconds| *seconds > 0) else {
            return true;
        };
        self.log.step(Step::Pause("pause".into())).await;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds.into())) => {}
            () = self.active.cancel.cancelled() => return false,
            () = self.node.stopping() => return false,
        }
        self.log.step(Step::Resume).await && self.is_open()
    }

    async fn batch(
        &self,
        (number, count): (usize, usize),
        batch: &[&HostRun],
        Meant { fleet, gone }: &Meant,
        ready: &Ready,
    ) -> Result<(), Message> {
        let mask = Self::mask(fleet, batch, ready.mask.clone());
        let mut pump = self.pump(mask, self.plans());
        pump.expected.clone_from(&ready.expected);
        let queued = |host: &&&HostRun| self.log.state(host.position) == HostState::Queued;
        let mut hosts: Vec<Host> = Vec::new();
        for host in batch.iter().filter(queued) {
            let known = fleet.inventory.hosts().get(host.host.as_str());
            match known.filter(|_| !gone.contains(&host.position)) {
                Some(known) => hosts.push(known.clone()),
                None => {
                    let why = Some(say::host_gone(&host.host));
                    let end = ended(host.position, HostState::Failed, why);
                    let body = told::host(&end, 0);
                    pump.end(&host.host.as_str().into(), end, &body).await;
                }
            }
        }
        if count > 1 {
            let names: Vec<&str> = hosts.iter().map(|host| &*host.name).collect();
            let body = json!({ "number": number + 1, "of": count, "hosts": names });
            self.log.tell("batch", None, &body).await;
        }
        let (events, told) = mpsc::channel(EVENTS_WAITING);
        let names: Vec<Arc<str>> = hosts.iter().map(|host| host.name.clone()).collect();
        let work = self.begin(fleet, hosts, &ready.work, events);
        let ((), done) = tokio::join!(pump.run(told), work);
        let refused = done.err();
        self.close(&names, refused.as_ref()).await;
        refused.map_or(Ok(()), Err)
    }

    /// The run's secrets, and those of the hosts of a batch, for commands.
    fn mask(fleet: &Fleet, batch: &[&HostRun], mut mask: Mask) -> Mask {
        for host in batch.iter().filter_map(|host| fleet.inventory.hosts().get(host.host.as_str()))
        {
            if let Ok(login) = fleet.login(host) {
                let passwords = [login.password, login.become_.password];
                mask.add(passwords.iter().flatten().map(|secret| secret.expose().as_str()));
            }
        }
        mask
    }

    /// Does the work on some hosts.
    async fn begin(
        &self,
        fleet: &Arc<Fleet>,
        hosts: Vec<Host>,
        work: &Work,
        events: mpsc::Sender<RunEvent>,
    ) -> Result<(), Message> {
        let (fleet, cancel) = (Arc::clone(fleet), self.active.cancel.clone());
        let forks = self.strategy.forks();
        match work {
            Work::Command(request) => {
                let request = exec::Request { forks, gate: self.gate(), ..(**request).clone() };
                exec::run(fleet, hosts, request, events, cancel).await;
                Ok(())
            }
            Work::Play(work) => {
                let request = self.play(work, &hosts, forks);
                let bundle = self.node.bundle.clone();
                play::run(fleet, Arc::clone(&work.loaded), request, bundle, events, cancel).await
            }
            Work::Key(work) => self.push_key(work, hosts, events, cancel).await,
        }
    }

    pub(super) fn play(&self, work: &PlayWork, hosts: &[Host], forks: usize) -> play::Request {
        let names: Vec<&str> = hosts.iter().map(|host| &*host.name).collect();
        let mut options = work.options.clone();
        options.check |= self.plans();
        options.diff |= self.plans();
        let gate = if self.plans() { self.open_gate() } else { self.gate() };
        play::Request {
            limit: Some(names.join(",")),
            options,
            forks,
            keep: work.manner.keep,
            plain: work.manner.plain,
            id: Some(self.run.id.replace('-', "")),
            fence: u64::try_from(self.run.fence).ok(),
            gate,
            untold: self.untold(),
            written: if self.plans() { Gate::default() } else { self.written() },
            confined: Some(work.folder.path().to_owned()),
            lock_wait: work.manner.lock_wait.unwrap_or(LOCK_WAIT),
            ..play::Request::default()
        }
    }

    /// What the work did not tell of: hosts of no play, and such as began and never ended.
    async fn close(&self, hosts: &[Arc<str>], refused: Option<&Message>) {
        let mut pump = self.pump(Mask::default(), false);
        for host in hosts {
            let Some(&position) = self.positions.get(host) else { continue };
            let end = match self.log.state(position) {
                HostState::Running => {
                    let why = refused.cloned().unwrap_or_else(say::node_gone);
                    ended(position, HostState::Lost, Some(why))
                }
                HostState::Queued if refused.is_none() && self.is_open() && !self.plans() => {
                    ended(position, HostState::Skipped, Some(say::no_play(host)))
                }
                _ => continue,
            };
            let body = told::host(&end, 0);
            pump.end(host, end, &body).await;
        }
        let (_, nothing) = mpsc::channel(1);
        pump.run(nothing).await;
    }

    /// Ends the run, or lets it wait, or leaves it to others.
    async fn finish(&self, failed: Option<Message>) {
        let states = self.log.states().clone();
        let queued = states.contains(&HostState::Queued);
        let expired = self.active.expired.load(Ordering::Relaxed);
        let asked = self.active.asked.load(Ordering::Relaxed);
        let stopped = self.active.stopped.load(Ordering::Relaxed);
        if let Some(message) = &failed {
            self.log.tell("note", None, &told::message(message)).await;
        }
        let goes_on = queued && failed.is_none() && !asked && !expired && !stopped;
        // Stopped, but by nobody: by the end of this node, or of its lease.
        let left = self.node.is_stopping() || self.active.cancel.is_cancelled();
        let step = match (goes_on, left, self.plans()) {
            (true, true, _) => Some(Step::Release),
            (true, false, true) => Some(Step::Approval),
            _ => None,
        };
        if let Some(step) = step
            && self.log.step(step).await
        {
            return;
        }
        self.end_queued(&states).await;
        let state = match (asked, expired) {
            (true, _) => RunState::Cancelled,
            (false, true) => RunState::Expired,
            (false, false) if failed.is_some() => RunState::Failed,
            (false, false) => run::run_state(self.log.states().iter().copied()),
        };
        let why = match failed {
            Some(message) => Some(message),
            None if stopped => Some(say::stopped_after_failures()),
            None if left && !asked && !expired => Some(say::node_left()),
            None => None,
        };
        let end = match why {
            Some(why) => Step::EndFor(state, why),
            None => Step::End(state, String::new()),
        };
        self.log.step(end).await;
    }

    /// The hosts whose turn never came.
    async fn end_queued(&self, states: &[HostState]) {
        let mut last = None;
        for (position, _) in (0_i64..).zip(states).filter(|(_, s)| **s == HostState::Queued) {
            last = Some(self.log.end(ended(position, HostState::NotStarted, None)).await);
        }
        if let Some(done) = last {
            // The end of the run is written after it in any case.
            let _ = done.await;
        }
    }
}

pub(super) fn ended(position: i64, state: HostState, error: Option<Message>) -> End {
    End { position, state, rc: None, signal: None, error, summary: None }
}

/// How long it is to a run's deadline. From then on the wall clock has no part in it.
fn left_ms(run: &Run) -> Option<i64> {
    let now = now_ms();
    run.deadline_ms.map(|deadline| clock::too_old().left_ms(run.created_ms, deadline, now))
}

/// Stops a run at its deadline, and when it is another node's.
async fn watch(active: Arc<Active>, log: Arc<Log>, left_ms: Option<i64>) {
    let left = left_ms.map(|left| u64::try_from(left).unwrap_or(0));
    let until = Instant::now() + Duration::from_millis(left.unwrap_or(u64::from(u32::MAX)));
    tokio::select! {
        () = tokio::time::sleep_until(until) => active.expired.store(true, Ordering::Relaxed),
        () = log.gone.cancelled() => {}
    }
    active.cancel.cancel();
}
