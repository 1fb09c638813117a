//! One run on its way into the history.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hep_core::frame::Stream;
use hep_core::interp::{Event, State};
use hep_core::mask::Mask;
use hep_core::message::{Message, history as say, run as run_say};
use hep_core::run::{self, HostState};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::sweep::sweep;
use super::{make_folder, open, process};
use crate::event::{HostEnd, RunEvent};
use crate::ops::error::chain;
use crate::server::output::Kept;
use crate::server::told;
use crate::store::events::{self, Entry};
use crate::store::host_runs::NewHost;
use crate::store::local::{self, HostEnded, Outcome};
use crate::store::runs::{self, Counts, NewRun};
use crate::store::{Db, StoreError, host_runs, now_ms};

/// Entries of one log, besides the ends of hosts.
const MOST_ENTRIES: usize = 10_000;
/// The largest chunk of lines in one entry, in bytes.
const CHUNK: usize = 32 << 10;
/// Output that is kept of the beginning of a host, in bytes, and of all hosts together.
const HEAD: (usize, usize) = (256 << 10, 8 << 20);
/// Output that is kept of the end of a host, in bytes, and of all hosts together.
const TAIL: (usize, usize) = (16 << 10, 512 << 10);
/// How long the end of a run waits for its history.
const PATIENCE: Duration = Duration::from_secs(10);

/// A run that begins.
#[derive(Clone, Debug)]
pub struct Begin {
    /// `command`, `script` or `manifest`.
    pub kind: &'static str,
    /// What is run, with no secret in it.
    pub subject: Value,
    /// The hosts, as they were asked for.
    pub selector: String,
    /// Whether it only looks.
    pub checks: bool,
    /// The hosts, in order.
    pub hosts: Vec<Arc<str>>,
    /// Who runs it.
    pub actor: String,
    /// How long runs are kept after their end.
    pub keep: Duration,
}

/// A run of which the history is told.
pub struct Recording {
    path: PathBuf,
    mask: Mask,
    keep: Duration,
    hosts: Vec<Arc<str>>,
    positions: HashMap<Arc<str>, i64>,
    limits: (usize, usize),
    kept: HashMap<Arc<str>, Kept>,
    /// Where the open chunk of each host is among the entries.
    open: HashMap<Arc<str>, usize>,
    entries: Vec<Entry>,
    bytes: usize,
    left_out: usize,
    ends: HashMap<i64, HostEnded>,
    intent: JoinHandle<Result<(Db, String), Failure>>,
}

/// Why a history could not be kept.
enum Failure {
    Folder(std::io::Error),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Recording {
    /// Begins to write the intent into this file, aside. What `mask` hides is not kept.
    pub fn start(path: PathBuf, begin: Begin, mask: Mask) -> Self {
        let hosts = begin.hosts.clone();
        let positions = (0_i64..).zip(&hosts).map(|(at, name)| (name.clone(), at)).collect();
        let share = |(one, all): (usize, usize)| one.min(all / hosts.len().max(1));
        let (limits, keep) = ((share(HEAD), share(TAIL)), begin.keep);
        let intent = tokio::spawn(intend(path.clone(), begin));
        Self {
            path,
            mask,
            keep,
            hosts,
            positions,
            limits,
            kept: HashMap::new(),
            open: HashMap::new(),
            entries: Vec::new(),
            bytes: 0,
            left_out: 0,
            ends: HashMap::new(),
            intent,
        }
    }

    /// Keeps what a run tells, as far as it is for the history: of tasks those that changed something or did not
    /// go as they should.
    pub fn take(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Line { host, stream, line, partial } => {
                self.line(host, *stream, line, *partial);
            }
            RunEvent::Task { host, event } => self.task(host, event),
            RunEvent::Note { host, message } => {
                let mut message = message.clone();
                self.mask.message(&mut message);
                self.tell("note", host.as_deref(), &told::message(&message));
            }
            RunEvent::Play { name, hosts } => {
                let name = self.mask.text(name).into_owned();
                self.tell("play", None, &json!({ "name": name, "hosts": hosts.len() }));
            }
            RunEvent::Batch { number, hosts } => {
                self.tell("batch", None, &json!({ "number": number, "hosts": hosts.len() }));
            }
            RunEvent::Left(_) => {}
            RunEvent::Host(end) => self.host(end),
        }
    }

    fn line(&mut self, host: &Arc<str>, stream: Stream, line: &[u8], partial: bool) {
        let mut line = self.mask.bytes(line);
        if !partial {
            line.push(b'\n');
        }
        let stream = match stream {
            Stream::Out => "stdout",
            Stream::Err => "stderr",
        };
        let (head, tail) = self.limits;
        let kept = self.kept.entry(host.clone()).or_insert_with(|| Kept::new(head, tail));
        if let Some((stream, line)) = kept.take((stream, line)) {
            self.output(host, stream, line);
        }
    }

    /// Adds a line to the host's open chunk, or begins another.
    fn output(&mut self, host: &Arc<str>, stream: &'static str, line: Vec<u8>) {
        self.bytes += line.len();
        let open = self.open.get(host).and_then(|&index| self.entries.get_mut(index));
        if let Some(chunk) = open
            && chunk.stream == Some(stream)
            && chunk.body.len() + line.len() <= CHUNK
        {
            chunk.body.extend_from_slice(&line);
            return;
        }
        self.open.insert(host.clone(), self.entries.len());
        let (at_ms, host) = (now_ms(), Some(host.to_string()));
        self.entries.push(Entry { at_ms, kind: "output", host, stream: Some(stream), body: line });
    }

    fn task(&mut self, host: &Arc<str>, event: &Event) {
        let Event::Finished(report) = event else { return };
        if matches!(report.state, State::Ok | State::Skipped) {
            return;
        }
        let mut report = report.clone();
        // What `register` saw may be large, and may hold what nobody thought of as a secret.
        report.result = hep_core::value::Map::default();
        let mut event = Event::Finished(report);
        self.mask.event(&mut event);
        if let Some(body) = told::task(&event) {
            self.tell("task", Some(host), &body);
        }
    }

    fn host(&mut self, ended: &HostEnd) {
        self.rest(&ended.host);
        let Some(&position) = self.positions.get(&ended.host) else { return };
        let mut ended = ended.clone();
        if let Some(error) = &mut ended.error {
            self.mask.message(error);
        }
        let end = told::end(position, &ended);
        let body = told::host(&end, ended.duration_ms);
        self.push("host", Some(&ended.host), &body);
        let now = now_ms();
        let started = now.saturating_sub(i64::try_from(ended.duration_ms).unwrap_or(0));
        self.ends.insert(position, (end, started, now));
    }

    /// The end of a host's output, where its middle was left out.
    fn rest(&mut self, host: &Arc<str>) {
        let Some(kept) = self.kept.remove(host) else { return };
        let (cut, tail) = kept.finish();
        if cut > 0 {
            self.push("note", Some(host), &told::message(&run_say::cut(cut)));
        }
        for (stream, line) in tail {
            self.output(host, stream, line);
        }
    }

    fn tell(&mut self, kind: &'static str, host: Option<&str>, body: &Value) {
        if self.entries.len() < MOST_ENTRIES {
            self.push(kind, host, body);
        } else {
            self.left_out += 1;
        }
    }

    fn push(&mut self, kind: &'static str, host: Option<&str>, body: &Value) {
        match host {
            Some(host) => drop(self.open.remove(host)),
            None => self.open.clear(),
        }
        let body = body.to_string().into_bytes();
        let host = host.map(str::to_owned);
        self.entries.push(Entry { at_ms: now_ms(), kind, host, stream: None, body });
    }

    /// Writes all of it. A history that cannot be kept fails no run: the message is for a warning.
    pub async fn end(mut self) -> Result<(), Message> {
        for host in self.hosts.clone() {
            self.rest(&host);
        }
        if self.left_out > 0 {
            let note = told::message(&say::left_out(self.left_out));
            self.push("note", None, &note);
        }
        let path = self.path.clone();
        let unkept = |why: String| say::unkept(path.display(), why);
        match tokio::time::timeout(PATIENCE, self.write()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Failure::Folder(error))) => Err(unkept(error.to_string())),
            Ok(Err(Failure::Store(error))) => Err(unkept(chain(&error))),
            Err(_) => Err(unkept(say::too_slow(PATIENCE.as_secs()).to_string())),
        }
    }

    async fn write(self) -> Result<(), Failure> {
        let (db, id) = match self.intent.await {
            Ok(begun) => begun?,
            Err(error) => return Err(Failure::Folder(std::io::Error::other(error))),
        };
        let mut counts = Counts::new();
        let state = |at: i64| self.ends.get(&at).map_or(HostState::NotStarted, |end| end.0.state);
        let last = i64::try_from(self.hosts.len()).unwrap_or(0);
        let states: Vec<HostState> = (0..last).map(state).collect();
        for state in &states {
            *counts.entry(*state).or_default() += 1;
        }
        let outcome = Outcome {
            state: run::run_state(states),
            counts,
            events: i64::try_from(self.entries.len()).unwrap_or(i64::MAX),
            bytes: i64::try_from(self.bytes).unwrap_or(i64::MAX),
        };
        let ends: Vec<HostEnded> = self.ends.into_values().collect();
        let tx = db.begin().await?;
        events::append(&tx, &id, 1, self.entries).await?;
        local::end_hosts(&tx, &id, &ends).await?;
        host_runs::end_queued(&tx, &id, HostState::NotStarted).await?;
        local::end(&tx, &id, &outcome).await?;
        tx.commit().await?;
        // Not closed: that would move the log of the file into it, and nobody needs to wait for that.
        sweep(&db, self.keep).await?;
        Ok(())
    }
}

/// Writes what is going to happen.
async fn intend(path: PathBuf, begin: Begin) -> Result<(Db, String), Failure> {
    make_folder(&path).map_err(Failure::Folder)?;
    let db = open(&path).await?;
    let many = i64::try_from(begin.hosts.len()).unwrap_or(i64::MAX);
    let new = NewRun {
        kind: begin.kind,
        subject: begin.subject.to_string(),
        selector: begin.selector,
        strategy: "{}".into(),
        actor: ("command_line", None, begin.actor),
        checks: begin.checks,
        counts: Counts::from([(HostState::Queued, many)]),
        deadline_ms: i64::MAX,
        ..NewRun::default()
    };
    let host = |name: &Arc<str>| NewHost { name: name.to_string(), ..NewHost::default() };
    let hosts: Vec<NewHost> = begin.hosts.iter().map(host).collect();
    let tx = db.begin().await?;
    let id = runs::insert(&tx, &new).await?;
    host_runs::insert(&tx, &id, &hosts).await?;
    local::start(&tx, &id, &process::this()).await?;
    tx.commit().await?;
    Ok((db, id))
}
