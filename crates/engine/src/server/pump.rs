//! Moves what the engine tells of a part of a run into the run's log.

use std::collections::HashMap;
use std::sync::Arc;

use hep_core::frame::Stream;
use hep_core::interp::{Event, Summary};
use hep_core::mask::Mask;
use hep_core::message::{play, run as say};
use hep_core::run::HostState;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::expectation::Expected;
use super::log::Log;
use super::output::Kept;
use super::runner::Active;
use super::sightings::Sightings;
use super::told;
use crate::event::{HostEnd, RunEvent};
use crate::ops::error::chain;
use crate::store::host_runs::End;
use crate::store::{Db, hosts, now_ms};

/// Bytes of facts that are kept of a host.
const MOST_FACTS: usize = 1 << 20;

/// Who is where among the run's hosts.
pub(super) type Positions = HashMap<Arc<str>, i64>;

/// The pump of one run.
pub(super) struct Pump {
    pub(super) log: Arc<Log>,
    pub(super) positions: Arc<Positions>,
    /// What must not be shown of commands; plays hide theirs themselves.
    pub(super) mask: Mask,
    /// Whether ends are only told, because the hosts will be begun for good later.
    pub(super) plans: bool,
    /// What counts as success, where that is said.
    pub(super) expected: Option<Expected>,
    /// Where facts are kept that hosts tell, when that is what the run is for.
    pub(super) facts: Option<Db>,
    /// The run, where hosts that nothing was begun on may wait for their turn again.
    pub(super) active: Option<Arc<Active>>,
    /// Where is noted how hosts were found.
    pub(super) sightings: Option<Arc<Sightings>>,
    kept: HashMap<Arc<str>, Kept>,
    /// Ends that are not on disk yet.
    ends: Vec<oneshot::Receiver<bool>>,
}

/// Whether a host was stopped before anything was begun on it.
fn is_untouched(ended: &HostEnd) -> bool {
    let before = play::cancelled_before();
    let stopped = matches!(ended.state, HostState::Cancelled | HostState::NotStarted);
    let said_so = ended.error.as_ref().is_none_or(|error| error.id == before.id);
    let did = ended.summary.as_ref().is_some_and(|summary| *summary != Summary::default());
    stopped && said_so && !did && ended.rc.is_none() && ended.signal.is_none()
}

impl Pump {
    pub(super) fn new(log: Arc<Log>, positions: Arc<Positions>, mask: Mask, plans: bool) -> Self {
        let (expected, facts, sightings) = (None, None, None);
        Self {
            log,
            positions,
            mask,
            plans,
            expected,
            facts,
            active: None,
            sightings,
            kept: HashMap::new(),
            ends: Vec::new(),
        }
    }

    /// Takes everything until the engine has ended, and waits until it is on disk.
    pub(super) async fn run(mut self, mut told: mpsc::Receiver<RunEvent>) {
        while let Some(event) = told.recv().await {
            self.take(event).await;
        }
        for end in self.ends {
            // A writer that has gone has said so to the run itself.
            let _ = end.await;
        }
    }

    async fn take(&mut self, event: RunEvent) {
        match event {
            RunEvent::Line { host, stream, line, partial } => {
                if let (Some(expected), Stream::Out) = (&mut self.expected, stream) {
                    expected.line(&host, &line);
                }
                let mut line =
                    if self.mask.is_empty() { line.into() } else { self.mask.bytes(&line) };
                if !partial {
                    line.push(b'\n');
                }
                let stream = match stream {
                    Stream::Out => "stdout",
                    Stream::Err => "stderr",
                };
                if let Some((stream, line)) =
                    self.kept.entry(host.clone()).or_default().take((stream, line))
                {
                    self.log.line(&host, stream, line).await;
                }
            }
            RunEvent::Task { host, event } => {
                self.keep_facts(&host, &event).await;
                if let Some(body) = told::task(&event) {
                    self.log.tell("task", Some(&host), &body).await;
                }
            }
            RunEvent::Note { host, mut message } => {
                self.mask.message(&mut message);
                self.log.tell("note", host.as_deref(), &told::message(&message)).await;
            }
            RunEvent::Play { name, hosts } => {
                self.log.tell("play", None, &json!({ "name": name, "hosts": *hosts })).await;
            }
            RunEvent::Batch { number, hosts } => {
                self.log.tell("batch", None, &json!({ "number": number, "hosts": hosts })).await;
            }
            // Told again with all others, when its executor has been let go.
            RunEvent::Left(_) => {}
            RunEvent::Host(end) => self.host(*end).await,
        }
    }

    async fn keep_facts(&self, host: &str, event: &Event) {
        let (Some(db), Event::Finished(report)) = (&self.facts, event) else { return };
        let facts = report.result.get("ansible_facts").map(|facts| json!(facts).to_string());
        let Some(facts) = facts.filter(|facts| facts.len() <= MOST_FACTS) else { return };
        if let Err(error) = hosts::set_facts(db, host, &facts, now_ms()).await {
            tracing::warn!(host, error = %chain(&error), "cannot keep facts");
        }
    }

    async fn host(&mut self, mut ended: HostEnd) {
        let Some(&position) = self.positions.get(&ended.host) else { return };
        self.rest(&ended.host).await;
        let begun = self.log.state(position) == HostState::Running;
        if begun && is_untouched(&ended) && self.active.as_ref().is_some_and(|run| !run.is_to_end())
        {
            // Stopped by nobody, but by the end of the lease: the next node does it.
            self.log.again(position).await;
            return;
        }
        if ended.state == HostState::NotStarted {
            if !begun {
                // Its turn has not come: the run itself says what becomes of it.
                return;
            }
            ended.state = HostState::Cancelled;
        }
        if let Some(expected) = &mut self.expected {
            expected.end(&mut ended);
        }
        if let Some(error) = &mut ended.error {
            self.mask.message(error);
        }
        if let Some(sightings) = &self.sightings {
            sightings.ended(&ended);
        }
        let end = told::end(position, &ended);
        let body = told::host(&end, ended.duration_ms);
        if self.plans && !end.state.is_bad() {
            self.log.tell("plan", Some(&ended.host), &body).await;
            return;
        }
        self.end(&ended.host, end, &body).await;
    }

    /// Notes an end.
    pub(super) async fn end(&mut self, host: &Arc<str>, end: End, body: &serde_json::Value) {
        self.log.tell("host", Some(host), body).await;
        self.ends.push(self.log.end(end).await);
    }

    /// The end of a host's output, where its middle was left out.
    async fn rest(&mut self, host: &Arc<str>) {
        let Some(kept) = self.kept.remove(host) else { return };
        let (cut, tail) = kept.finish();
        if cut > 0 {
            let note = told::message(&say::cut(cut));
            self.log.tell("note", Some(host), &note).await;
        }
        for (stream, line) in tail {
            self.log.line(host, stream, line).await;
        }
    }
}
