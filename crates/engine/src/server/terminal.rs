//! Terminals: shells on hosts, for people in front of a page. Each is a run that its node holds from its first
//! moment, because the bytes go through the node to which the browser speaks.

mod standing;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use hep_core::mask::Mask;
use hep_core::message::{Message, exec, terminal as say};
use hep_core::run::{HostState, run_state};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

pub(crate) use self::standing::Standing;
use super::log::Log;
use super::node::Node;
use super::recording::Recording;
use super::runner::Active;
use super::subject::TerminalSubject;
use super::told;
use crate::cancel::Cancel;
use crate::event::HostEnd;
use crate::ops::error::chain;
use crate::ops::{OpError, OpResult};
use crate::store::runs::{Hold, Run, Step};
use crate::transport::{
    self, Channel, ChannelEvent, Connection, Input, Outcome, Pty, TransportError,
};

/// Terminals of one node at once.
const MOST: usize = 256;
/// How many pieces may wait for whoever takes them, in each direction.
const QUEUE: usize = 8;
/// How long a host may take until its shell has begun, the way there included.
const OPEN: Duration = Duration::from_mins(1);
/// How long a page may take to hear of the end.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long a line may take to carry that a terminal is gone.
const HANG_UP: Duration = Duration::from_secs(2);
/// How many sizes are kept in a recording.
const SIZES: usize = 1000;
/// What terminals of browsers are.
const TERM: &str = "xterm-256color";

/// What terminals of a node may.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// One in which nothing was typed for so long ends.
    pub idle: Duration,
    /// Each ends after so long.
    pub longest: Duration,
    /// How many somebody may have at once, on all nodes.
    pub most: usize,
    /// How many bytes of a recording are kept whole.
    pub recorded: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let (idle, longest) = (Duration::from_mins(30), Duration::from_hours(8));
        Self { idle, longest, most: 5, recorded: 16 << 20 }
    }
}

/// The size of a terminal.
pub type Size = TerminalSubject;

impl Size {
    /// The nearest size that a terminal can have.
    #[must_use]
    pub fn sane(self) -> Self {
        Self { columns: self.columns.clamp(2, 1000), rows: self.rows.clamp(1, 1000) }
    }
}

/// What a person does.
#[derive(Debug)]
pub enum Typed {
    /// Keys, as the terminal makes bytes of them.
    Keys(Bytes),
    /// The window has another size.
    Size(Size),
}

/// What a person is shown.
#[derive(Debug)]
pub enum Told {
    /// The shell has begun.
    Open,
    /// What the host shows.
    Output(Bytes),
    /// It is over, for this reason.
    End(Message),
}

/// A terminal, for the door that a person stands at. When it is dropped the host ends what ran in it.
pub struct Terminal {
    /// Its run.
    pub run: String,
    typed: mpsc::Sender<Typed>,
    told: mpsc::Receiver<Told>,
    left: Cancel,
    _room: Arc<OwnedSemaphorePermit>,
}

impl Terminal {
    /// Where to say what is typed. It has little room: a host that does not read slows down who types.
    pub fn typed(&self) -> mpsc::Sender<Typed> {
        self.typed.clone()
    }

    /// What comes next; nothing after the end.
    pub async fn next(&mut self) -> Option<Told> {
        self.told.recv().await
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.left.cancel();
    }
}

/// The terminals of a node.
pub(crate) struct Terminals {
    /// The engine knows its node only as long as that works: each would keep the other.
    node: Weak<Node>,
    /// What they may.
    pub(crate) limits: Limits,
    room: Arc<Semaphore>,
}

impl Terminals {
    pub(super) fn new(node: &Arc<Node>, limits: Limits) -> Arc<Self> {
        let room = Arc::new(Semaphore::new(MOST));
        Arc::new(Self { node: Arc::downgrade(node), limits, room })
    }

    /// A place for one more.
    pub(crate) fn place(&self) -> OpResult<Place> {
        let stops = || OpError::Unavailable(say::node_stops());
        let node = self.node.upgrade().filter(|node| !node.is_stopping()).ok_or_else(stops)?;
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_| OpError::Unavailable(say::no_room()))?;
        Ok(Place { node, limits: self.limits, room })
    }

    /// Waits until there is none, and all who had one were told.
    pub(super) async fn idle(&self) {
        let all = u32::try_from(MOST).unwrap_or(u32::MAX);
        // It is never closed.
        let _ = self.room.acquire_many(all).await;
    }
}

/// A place for a terminal that is about to begin.
pub(crate) struct Place {
    node: Arc<Node>,
    limits: Limits,
    room: OwnedSemaphorePermit,
}

impl Place {
    /// The node that will hold it.
    pub(crate) fn node(&self) -> &str {
        &self.node.id
    }

    /// Begins a terminal whose run is on disk and this node's.
    pub(crate) fn begin(self, run: Run, size: Size, standing: Standing) -> Terminal {
        let (typed, keys) = mpsc::channel(QUEUE);
        let (teller, told) = mpsc::channel(QUEUE);
        let (left, room) = (Cancel::default(), Arc::new(self.room));
        let hold = Hold { id: run.id.clone(), node: self.node.id.clone(), fence: run.fence };
        let log = Log::new(hold, vec![HostState::Queued], self.node.writer.clone());
        let attended = Attended {
            active: self.node.add(&run.id),
            node: self.node,
            log,
            limits: self.limits,
            size,
            host: standing.host.as_str().into(),
            standing,
            left: left.clone(),
        };
        let taken = Arc::clone(&room);
        tokio::spawn(async move {
            attended.attend(keys, teller).await;
            drop(taken);
        });
        Terminal { run: run.id, typed, told, left, _room: room }
    }
}

/// A terminal from the host's side.
struct Attended {
    node: Arc<Node>,
    active: Arc<Active>,
    log: Arc<Log>,
    limits: Limits,
    size: Size,
    standing: Standing,
    host: Arc<str>,
    /// Whether nobody is at the door any more.
    left: Cancel,
}

/// How it ended.
#[derive(Debug)]
struct End {
    state: HostState,
    rc: Option<i32>,
    signal: Option<String>,
    /// What the person is told, and the run says where it is worth it.
    why: Message,
}

impl End {
    const fn of(state: HostState, why: Message) -> Self {
        Self { state, rc: None, signal: None, why }
    }

    fn failed(error: &TransportError) -> Self {
        let state = match error.outcome() {
            Outcome::Unreachable => HostState::Unreachable,
            Outcome::Lost => HostState::Lost,
            Outcome::Failed => HostState::Failed,
        };
        Self::of(state, error.message())
    }

    /// What the host says of its shell. The status of a shell is that of its last command, which is no fault.
    fn shell(rc: Option<u32>, signal: Option<String>) -> Self {
        match (rc, signal) {
            (_, Some(signal)) => Self {
                signal: Some(signal.clone()),
                ..Self::of(HostState::Failed, say::ended_by(signal))
            },
            (Some(0), None) => Self { rc: Some(0), ..Self::of(HostState::Succeeded, say::ended()) },
            (Some(rc), None) => Self {
                rc: Some(i32::try_from(rc).unwrap_or(255)),
                ..Self::of(HostState::Succeeded, say::ended_with(rc))
            },
            (None, None) => Self::of(HostState::Lost, exec::no_ending()),
        }
    }
}

impl Attended {
    async fn attend(self, keys: mpsc::Receiver<Typed>, told: mpsc::Sender<Told>) {
        let begun = Instant::now();
        let may_begin = self.node.may_begin(&self.log.gone).await;
        let end = match may_begin && self.log.begin(0).await {
            true => self.work(keys, &told).await,
            false => End::of(HostState::NotStarted, say::node_lost()),
        };
        let last = told.send(Told::End(end.why.clone()));
        let (_, ()) = tokio::join!(timeout(LAST_WORDS, last), self.close(end, begun));
        self.node.remove(&self.log.hold.id);
    }

    async fn work(&self, keys: mpsc::Receiver<Typed>, told: &mpsc::Sender<Told>) -> End {
        let (typed, last_typed) = watch::channel(Instant::now());
        let ending = self.ending(last_typed);
        tokio::pin!(ending);
        let (channel, mask) = tokio::select! {
            opened = timeout(OPEN, self.open()) => match opened {
                Ok(Ok(opened)) => opened,
                Ok(Err(end)) => return end,
                Err(_) => return End::of(HostState::Unreachable, say::slow(&self.host)),
            },
            end = &mut ending => return End { state: HostState::Cancelled, ..end },
        };
        let (log, host) = (Arc::clone(&self.log), self.host.clone());
        let mut recording = Recording::new(log, host, mask.clone(), self.limits.recorded);
        let (input, mut output) = channel.split();
        let end = tokio::select! {
            end = carry(&mut *output, &mut recording, &mask, told) => end,
            end = &mut ending => end,
            () = self.feed(&*input, keys, typed) => End::shell(None, None),
        };
        // The host ends what runs in a terminal that is gone, by SIGHUP.
        let _ = timeout(HANG_UP, input.close()).await;
        recording.finish().await;
        end
    }

    /// Reaches the host and begins the shell; with what must not be shown of it.
    async fn open(&self) -> Result<(Channel, Mask), End> {
        let engine = &self.node.engine;
        let unready = |message| End::of(HostState::Unreachable, message);
        let registered = engine.registered().await.map_err(|error| unready(error.told()))?;
        let gone = || unready(say::other_host(&self.host));
        let is_it = |id: &str| id == self.standing.host_id;
        registered.host(&self.host).filter(|host| is_it(&host.id)).ok_or_else(gone)?;
        let means = engine.means().ok_or_else(gone)?;
        let fleet = means.fleet(engine, &registered);
        let host = fleet.inventory.hosts().get(&self.host).cloned().ok_or_else(gone)?;
        let login = fleet.login(&host).map_err(unready)?;
        let passwords = [login.password, login.become_.password];
        let mask = Mask::new(passwords.iter().flatten().map(|secret| secret.expose().as_str()));
        let connect = async || fleet.connect(&host).await;
        let shell = async |connection: Arc<dyn Connection>| connection.shell(self.pty()).await;
        let failed = |error: TransportError| End::failed(&error);
        let channel = match shell(connect().await.map_err(failed)?).await {
            // The connection had ended, and nobody had noticed.
            Err(TransportError::Lost { started: false, .. }) => {
                shell(connect().await.map_err(failed)?).await
            }
            done => done,
        };
        Ok((channel.map_err(failed)?, mask))
    }

    fn pty(&self) -> Pty {
        let Size { columns, rows } = self.size;
        Pty { term: TERM.to_owned(), columns: columns.into(), rows: rows.into() }
    }

    /// Gives the host what is typed. Goes on for ever: how it ends is for others to say.
    async fn feed(
        &self,
        input: &dyn Input,
        mut keys: mpsc::Receiver<Typed>,
        typed: watch::Sender<Instant>,
    ) {
        let (mut before, mut sizes) = (self.size.clone(), SIZES);
        while let Some(one) = keys.recv().await {
            let done = match one {
                Typed::Keys(bytes) => {
                    typed.send_replace(Instant::now());
                    input.write(bytes).await
                }
                Typed::Size(size) if size == before => Ok(()),
                Typed::Size(size) => {
                    if sizes > 0 {
                        sizes -= 1;
                        self.log.tell("resize", Some(&self.host), &json!(size)).await;
                    }
                    before = size.clone();
                    input.resize(size.columns.into(), size.rows.into()).await
                }
            };
            if done.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Waits until it has to end, whatever the host does.
    async fn ending(&self, last_typed: watch::Receiver<Instant>) -> End {
        let minutes = |span: Duration| span.as_secs().div_ceil(60);
        let Limits { idle, longest, .. } = self.limits;
        let why = tokio::select! {
            () = self.left.cancelled() => {
                return End::of(HostState::Succeeded, say::left());
            }
            () = self.active.cancel.cancelled() => match self.active.asked.load(Ordering::Relaxed) {
                true => say::stopped(),
                false => say::node_lost(),
            },
            () = self.log.gone.cancelled() => say::node_lost(),
            () = self.node.stopping() => say::node_stops(),
            why = self.standing.falls(&self.node.engine) => why,
            () = untyped(last_typed, idle) => say::idle(minutes(idle)),
            () = sleep(longest) => say::longest(minutes(longest)),
        };
        End::of(HostState::Cancelled, why)
    }

    /// Writes how it ended.
    async fn close(&self, end: End, begun: Instant) {
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let is_usual = end.state == HostState::Succeeded && end.rc.is_some();
        let ended = HostEnd {
            host: self.host.clone(),
            state: end.state,
            rc: end.rc,
            signal: end.signal,
            duration_ms,
            error: (!is_usual).then_some(end.why),
            summary: None,
        };
        self.node.engine.sightings().ended(&ended);
        let end = told::end(0, &ended);
        self.log.tell("host", Some(&self.host), &told::host(&end, duration_ms)).await;
        let state = run_state([end.state]);
        // Whether that is on disk: whoever takes the run over finds out otherwise.
        let _ = self.log.end(end).await.await;
        if !self.log.step(Step::End(state, String::new())).await {
            tracing::warn!(run = self.log.hold.id, "the end of a terminal could not be written");
        }
    }
}

/// Records what the host shows, and shows it, until it ends. What is not recorded is not shown.
async fn carry(
    output: &mut dyn transport::Events,
    recording: &mut Recording,
    mask: &Mask,
    told: &mpsc::Sender<Told>,
) -> End {
    let (mut rc, mut signal) = (None, None);
    // Who has left has said so elsewhere.
    let _ = told.send(Told::Open).await;
    loop {
        match output.next().await {
            Ok(ChannelEvent::Stdout(bytes) | ChannelEvent::Stderr(bytes)) => {
                recording.take(&bytes).await;
                let shown = if mask.is_empty() { bytes } else { mask.bytes(&bytes).into() };
                let _ = told.send(Told::Output(shown)).await;
            }
            Ok(ChannelEvent::Exit { code }) => rc = Some(code),
            Ok(ChannelEvent::Signal { name, .. }) => signal = Some(name),
            Ok(ChannelEvent::Closed) => return End::shell(rc, signal),
            Err(error) => {
                tracing::debug!(error = %chain(&error), "a terminal was cut off");
                return End::failed(&error);
            }
        }
    }
}

/// Waits until nothing was typed for so long.
async fn untyped(mut last_typed: watch::Receiver<Instant>, idle: Duration) {
    loop {
        let until = *last_typed.borrow_and_update() + idle;
        tokio::select! {
            () = sleep_until(until) => return,
            changed = last_typed.changed() => if changed.is_err() {
                // Nobody can type any more, which ends it by itself.
                sleep_until(until).await;
                return;
            },
        }
    }
}
