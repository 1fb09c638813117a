//! The one writer of a node: takes what all its runs want to last, and commits it in groups.
//!
//! Output waits at most [`LATEST`] or until [`LARGEST`] bytes are together. A beginning or an end waits for others
//! of its run at most [`TOGETHER`], and not at all where there are none; what comes meanwhile goes into the next group.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use hep_core::run::HostState;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::hub::Hub;
use super::log::{Log, Wish, Wished, entry};
use super::node::QUEUED;
use crate::store::events::{self, Entry};
use crate::store::host_runs::{self, End};
use crate::store::runs::{self, Step};
use crate::store::{Db, Result, Tx, now_ms};

/// How long output may wait to be stored.
const LATEST: Duration = Duration::from_millis(50);
/// How long the beginning or the end of a host may wait for those of others: less than a commit takes, which they
/// share then. The hosts of a run begin together, and often end so.
const TOGETHER: Duration = Duration::from_millis(2);
/// How much output may wait, in bytes.
const LARGEST: usize = 256 << 10;
/// How many wishes may wait for the writer. Beyond them the hosts are slowed down.
const WAITING: usize = 4096;
/// The largest chunk of lines in one entry, in bytes.
const CHUNK: usize = 32 << 10;
/// How many entries one transaction has at most.
const ENTRIES: usize = 5000;
/// The pause after a database that could not be reached.
const PATIENCE: Duration = Duration::from_millis(500);
/// Other nodes are told of a run's log at most once in this time.
const TELL: Duration = Duration::from_millis(50);
/// The channel on which nodes tell one another how far a run's log goes.
pub(super) const GREW: &str = "hep_grew";

/// Starts a writer; it ends when nobody can send any more.
pub(super) fn start(db: Db, hub: Arc<Hub>) -> (mpsc::Sender<Wished>, tokio::task::JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let writer = Writer { db, hub, receiver, told: HashMap::new() };
    (sender, tokio::spawn(writer.run()))
}

struct Writer {
    db: Db,
    hub: Arc<Hub>,
    receiver: mpsc::Receiver<Wished>,
    /// When other nodes were last told of a run.
    told: HashMap<String, Instant>,
}

/// What is committed together.
#[derive(Default)]
struct Group {
    runs: BTreeMap<String, Part>,
    bytes: usize,
    entries: usize,
    /// Somebody waits, and this is when they have waited for others.
    until: Option<Instant>,
}

/// What is committed of one run.
struct Part {
    log: Arc<Log>,
    entries: Vec<Entry>,
    /// Where the open chunk of each host is among the entries.
    open: HashMap<Arc<str>, usize>,
    bytes: usize,
    begins: Vec<i64>,
    untold: Vec<i64>,
    again: Vec<i64>,
    ends: Vec<End>,
    step: Option<Step>,
    waiting: Vec<oneshot::Sender<bool>>,
    /// The first number that was taken for it by a commit of which nobody knows whether it was done.
    tried: Option<i64>,
}

impl Part {
    fn new(log: Arc<Log>) -> Self {
        Self {
            log,
            entries: Vec::new(),
            open: HashMap::new(),
            bytes: 0,
            begins: Vec::new(),
            untold: Vec::new(),
            again: Vec::new(),
            ends: Vec::new(),
            step: None,
            waiting: Vec::new(),
            tried: None,
        }
    }

    fn add(&mut self, wish: Wish) {
        match wish {
            Wish::Entry(entry) => self.entry(entry),
            Wish::Line { host, stream, line } => self.line(host, stream, &line),
            Wish::Begin(position) => {
                self.log.set(position, HostState::Running);
                self.begins.push(position);
            }
            Wish::Untold(position) => self.untold.push(position),
            Wish::Again(position) => {
                self.log.set(position, HostState::Queued);
                self.again.push(position);
            }
            Wish::End(end) => self.end(*end),
            Wish::Step(step) => {
                self.entry(step_entry(&step));
                self.step = Some(step);
            }
        }
    }

    fn entry(&mut self, entry: Entry) {
        match &entry.host {
            Some(host) => drop(self.open.remove(host.as_str())),
            None => self.open.clear(),
        }
        self.bytes += entry.body.len();
        self.entries.push(entry);
    }

    /// Adds a line to the host's open chunk, or begins another.
    fn line(&mut self, host: Arc<str>, stream: &'static str, line: &[u8]) {
        self.bytes += line.len();
        let open = self.open.get(&host).and_then(|&index| self.entries.get_mut(index));
        if let Some(chunk) = open
            && chunk.stream == Some(stream)
            && chunk.body.len() + line.len() <= CHUNK
        {
            chunk.body.extend_from_slice(line);
            return;
        }
        let name = Some(host.to_string());
        self.open.insert(host, self.entries.len());
        let (at_ms, stream, body) = (now_ms(), Some(stream), line.to_vec());
        self.entries.push(Entry { at_ms, kind: "output", host: name, stream, body });
    }

    fn end(&mut self, end: End) {
        self.log.set(end.position, end.state);
        self.ends.push(end);
    }
}

/// What the log says of a step.
fn step_entry(step: &Step) -> Entry {
    let body = match step {
        Step::Pause(reason) => json!({ "state": "waiting", "reason": reason }),
        Step::Resume => json!({ "state": "running" }),
        Step::Approval => json!({ "state": "waiting", "reason": "approval" }),
        Step::Release => json!({ "state": "queued", "reason": "released" }),
        Step::End(state, reason) => json!({ "state": state.word(), "reason": reason }),
        Step::EndFor(state, why) => json!({ "state": state.word(), "reason": why.to_string() }),
    };
    entry("run", None, &body)
}

impl Group {
    fn add(&mut self, wished: Wished) {
        let Wished { log, wish, done } = wished;
        let until = Instant::now();
        let host = wish.position();
        let part = self.runs.entry(log.hold.id.clone()).or_insert_with(|| Part::new(log));
        let before = (part.bytes, part.entries.len());
        part.add(wish);
        self.bytes += part.bytes - before.0;
        self.entries += part.entries.len() - before.1;
        if let Some(done) = done {
            let is_alone = host.is_none_or(|host| part.log.is_last(host));
            let until = if is_alone { until } else { until + TOGETHER };
            self.until = Some(self.until.map_or(until, |before| before.min(until)));
            part.waiting.push(done);
        }
    }

    const fn is_full(&self) -> bool {
        self.bytes >= LARGEST || self.entries >= ENTRIES
    }
}

impl Writer {
    async fn run(mut self) {
        while let Some(first) = self.receiver.recv().await {
            let mut group = Group::default();
            group.add(first);
            self.gather(&mut group).await;
            self.last(group).await;
        }
    }

    /// Adds what belongs into the same transaction.
    async fn gather(&mut self, group: &mut Group) {
        let latest = Instant::now() + LATEST;
        while !group.is_full() {
            if let Ok(wished) = self.receiver.try_recv() {
                group.add(wished);
            } else {
                let until = group.until.unwrap_or(latest);
                match tokio::time::timeout_at(until, self.receiver.recv()).await {
                    Ok(Some(wished)) => group.add(wished),
                    Ok(None) | Err(_) => return,
                }
            }
        }
    }

    /// Makes a group last, as often as it must be tried. What cannot be written by itself is given up, and its
    /// run with it.
    async fn last(&mut self, group: Group) {
        let mut parts: Vec<Part> = group.runs.into_values().collect();
        loop {
            match self.commit(&mut parts).await {
                Ok(()) => return,
                Err(error) if error.passes() => {
                    let why = crate::ops::error::chain(&error);
                    tracing::warn!(error = %why, "cannot write the logs of runs; trying again");
                    tokio::time::sleep(PATIENCE).await;
                    // Who has lost a run meanwhile does not wait for it.
                    parts.retain(|part| !part.log.gone.is_cancelled());
                    if parts.is_empty() {
                        return;
                    }
                }
                Err(error) if parts.len() == 1 => {
                    let run = parts.first().map_or("", |part| part.log.hold.id.as_str());
                    let why = crate::ops::error::chain(&error);
                    tracing::error!(run, error = %why, "cannot write the log of a run");
                    for part in &parts {
                        part.log.gone.cancel();
                    }
                    return;
                }
                Err(_) => {
                    for part in parts {
                        let runs = [(part.log.hold.id.clone(), part)].into();
                        Box::pin(self.last(Group { runs, ..Group::default() })).await;
                    }
                    return;
                }
            }
        }
    }

    async fn commit(&mut self, parts: &mut [Part]) -> Result<()> {
        let tx = self.db.begin_log().await?;
        let mut reached = Vec::with_capacity(parts.len());
        for part in parts.iter_mut() {
            reached.push(self.put(&tx, part).await?);
        }
        tx.commit().await?;
        for (part, reached) in parts.iter_mut().zip(reached) {
            let fine = reached.is_some_and(|(_, stepped)| stepped);
            match reached {
                Some((last, _)) => {
                    part.log.wrote(&part.ends);
                    self.hub.grew(&part.log.hold.id, last);
                }
                None => part.log.gone.cancel(),
            }
            // Who has stopped waiting does not want to know.
            for done in part.waiting.drain(..) {
                let _ = done.send(fine);
            }
        }
        Ok(())
    }

    /// Writes what is there of a run: the number of its last event, and whether its step was taken. Nothing when the
    /// run is another node's by now.
    async fn put(&mut self, tx: &Tx, part: &mut Part) -> Result<Option<(i64, bool)>> {
        let hold = &part.log.hold;
        let (events, bytes) = (count(part.entries.len()), count(part.bytes));
        // What is without an event may be written twice.
        if let Some(first) = part.tried.filter(|_| events > 0)
            && runs::has_advanced(tx, hold, first + events).await?
        {
            // The line broke after the commit and before its answer.
            return Ok(Some((first + events - 1, true)));
        }
        let counts = part.log.counts();
        let Some(first) = runs::advance(tx, hold, events, bytes, &counts).await? else {
            return Ok(None);
        };
        part.tried = Some(first);
        events::append(tx, &hold.id, first, part.entries.clone()).await?;
        host_runs::again(tx, hold, &part.again).await?;
        host_runs::begin(tx, hold, &part.begins).await?;
        host_runs::untold(tx, hold, &part.untold).await?;
        host_runs::end(tx, &hold.id, &part.ends).await?;
        let stepped = match &part.step {
            Some(step) => runs::step(tx, hold, step).await?,
            None => true,
        };
        let last = first + events - 1;
        if self.db.is_shared() && self.may_tell(&hold.id, part.step.is_some()) {
            tx.notify(GREW, &format!("{} {last}", hold.id)).await?;
        }
        if matches!(part.step, Some(Step::Release)) {
            tx.notify(QUEUED, &hold.id).await?;
        }
        Ok(Some((last, stepped)))
    }

    /// Whether other nodes are to be told now. Who is not told looks by itself before long.
    fn may_tell(&mut self, run: &str, important: bool) -> bool {
        let now = Instant::now();
        self.told.retain(|_, told| now.duration_since(*told) < TELL);
        if !important && self.told.contains_key(run) {
            return false;
        }
        self.told.insert(run.to_owned(), now);
        true
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
