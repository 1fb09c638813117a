//! Coordinates one run: its batches, its limits, its end.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
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
use super::roster::{self, Registered};
use super::subject::{Strategy, Subject};
use super::told;
use super::work::{self, PlayWork, Ready, Work};
use crate::cancel::Cancel;
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
    stopped: AtomicBool,
}

/// One run.
struct Runner {
    node: Arc<Node>,
    run: Run,
    active: Arc<Active>,
    log: Arc<Log>,
    hosts: Vec<HostRun>,
    positions: Arc<Positions>,
    strategy: Strategy,
}

/// Coordinates a run that was claimed, or taken over from a node that is gone.
pub(super) async fn coordinate(
    node: Arc<Node>,
    run: Run,
    active: Arc<Active>,
    taken_over: bool,
) -> store::Result<()> {
    if taken_over && (run.checks || run.phase == "plan") {
        host_runs::requeue(node.db(), &run.id).await?;
    }
    let hosts = host_runs::list(node.db(), &run.id, &[], None, i64::from(u32::MAX)).await?;
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

impl Runner {
    async fn run(self, taken_over: bool) {
        let begun = json!({ "state": "running", "node": self.node.id, "taken_over": taken_over });
        self.log.tell("run", None, &begun).await;
        if taken_over {
            self.settle().await;
        }
        // Said before the first host, not while it begins.
        if self.run.deadline_ms.is_some_and(|deadline| deadline <= now_ms()) {
            self.active.expired.store(true, Ordering::Relaxed);
            self.active.cancel.cancel();
        }
        let watch = tokio::spawn(watch(
            Arc::clone(&self.active),
            Arc::clone(&self.log),
            self.run.deadline_ms,
        ));
        let failed = match self.active.asked.load(Ordering::Relaxed) {
            true => None,
            false => self.attempt().await.err(),
        };
        watch.abort();
        if !self.log.gone.is_cancelled() {
            self.finish(failed).await;
        }
    }

    /// What had begun on a node that is gone, and changes something: nobody knows what came of it.
    async fn settle(&self) {
        let mut pump = self.pump(Mask::default(), false);
        for host in self.hosts.iter().filter(|host| {
            matches!(self.log.state(host.position), HostState::Running | HostState::Cancelling)
        }) {
            let end = ended(host.position, HostState::Lost, Some(say::node_gone()));
            let body = told::host(&end, 0);
            pump.end(&host.host.as_str().into(), end, &body).await;
        }
        let (_, nothing) = mpsc::channel(1);
        pump.run(nothing).await;
    }

    fn pump(&self, mask: Mask, plans: bool) -> Pump {
        let mut pump = Pump::new(Arc::clone(&self.log), Arc::clone(&self.positions), mask, plans);
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
        let ready = work::ready(&self.node.engine, &self.run, subject).await?;
        let registered = roster::load(self.node.db()).await.map_err(|error| {
            tracing::error!(error = %crate::ops::error::chain(&error), "cannot read the register");
            say::not_begun()
        })??;
        let fleet = self.fleet(registered, &ready.work);
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
            let waiting =
                batch.iter().any(|host| self.log.state(host.position) == HostState::Queued);
            if waiting {
                if number > 0 && !self.pause().await {
                    break;
                }
                self.batch((number, sizes.len()), &batch, &fleet, &ready).await?;
            }
            self.apply_limit(total, canary.is_some() && number == 0, &batch);
        }
        Ok(())
    }

    fn fleet(&self, registered: Registered, work: &Work) -> Arc<Fleet> {
        let keeper = registered.keeper(&self.node.engine);
        let (settings, pool) = (Arc::clone(&self.node.settings), Arc::clone(&self.node.pool));
        let extra = match work {
            Work::Play(work) => work.loaded.extra.clone(),
            Work::Command(_) => Arc::default(),
        };
        let overrides = Overrides { keys: self.node.keys.clone(), extra, ..Overrides::default() };
        Arc::new(Fleet::of_register(registered.inventory, settings, pool, overrides, keeper))
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
        fleet: &Arc<Fleet>,
        ready: &Ready,
    ) -> Result<(), Message> {
        let mask = Self::mask(fleet, batch, ready.mask.clone());
        let mut pump = self.pump(mask, self.plans());
        pump.expected.clone_from(&ready.expected);
        let queued = |host: &&&HostRun| self.log.state(host.position) == HostState::Queued;
        let mut hosts: Vec<Host> = Vec::new();
        for host in batch.iter().filter(queued) {
            match fleet.inventory.hosts().get(host.host.as_str()) {
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
        }
    }

    fn play(&self, work: &PlayWork, hosts: &[Host], forks: usize) -> play::Request {
        let names: Vec<&str> = hosts.iter().map(|host| &*host.name).collect();
        let mut options = work.options.clone();
        options.check |= self.plans();
        options.diff |= self.plans();
        let gate = if self.plans() { self.open_gate() } else { self.gate() };
        play::Request {
            limit: Some(names.join(",")),
            options,
            forks,
            keep: true,
            id: Some(self.run.id.replace('-', "")),
            fence: u64::try_from(self.run.fence).ok(),
            gate,
            confined: Some(work.folder.path().to_owned()),
            lock_wait: LOCK_WAIT,
            ..play::Request::default()
        }
    }

    /// Stands before each host: nothing begins that is not on disk as begun, by a node whose lease may have
    /// ended, or after somebody wanted the run to stop.
    fn gate(&self) -> Gate {
        let (node, log) = (Arc::clone(&self.node), Arc::clone(&self.log));
        let (active, positions) = (Arc::clone(&self.active), Arc::clone(&self.positions));
        Gate::new(move |host| {
            let (node, log) = (Arc::clone(&node), Arc::clone(&log));
            let (active, positions) = (Arc::clone(&active), Arc::clone(&positions));
            async move {
                let Some(&position) = positions.get(&host) else { return false };
                if log.state(position) == HostState::Running {
                    return true;
                }
                let stopped =
                    active.stopped.load(Ordering::Relaxed) || active.cancel.is_cancelled();
                if stopped || node.is_stopping() || !node.may_begin(&log.gone).await {
                    return false;
                }
                log.begin(position).await
            }
            .boxed()
        })
    }

    /// Stands before each host of a plan: it only looks.
    fn open_gate(&self) -> Gate {
        let node = Arc::clone(&self.node);
        Gate::new(move |_| {
            let node = Arc::clone(&node);
            async move { !node.is_stopping() }.boxed()
        })
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
        let reason = match failed {
            Some(message) => message.to_string(),
            None if stopped => "stopped after failures".into(),
            None => String::new(),
        };
        self.log.step(Step::End(state, reason)).await;
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

fn ended(position: i64, state: HostState, error: Option<Message>) -> End {
    End { position, state, rc: None, signal: None, error, summary: None }
}

/// Stops a run at its deadline, and when it is another node's.
async fn watch(active: Arc<Active>, log: Arc<Log>, deadline_ms: Option<i64>) {
    let left = deadline_ms.map(|deadline| u64::try_from(deadline - now_ms()).unwrap_or(0));
    let until = Instant::now() + Duration::from_millis(left.unwrap_or(u64::from(u32::MAX)));
    tokio::select! {
        () = tokio::time::sleep_until(until) => active.expired.store(true, Ordering::Relaxed),
        () = log.gone.cancelled() => {}
    }
    active.cancel.cancel();
}
