//! What a run tells while it happens. Doors render these; nothing here prints.

use std::sync::Arc;

use bytes::Bytes;
use hep_core::frame::Stream;
use hep_core::interp::{Event, Summary};
use hep_core::message::Message;
use hep_core::run::HostState;
use tokio::sync::mpsc;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum RunEvent {
    /// A play begins on these hosts.
    Play {
        /// Its name, or its selector.
        name: Arc<str>,
        /// Its hosts, in order.
        hosts: Arc<Vec<Arc<str>>>,
    },
    /// A batch of a play's `serial` begins.
    Batch {
        /// Its number, from 1.
        number: usize,
        /// Its hosts.
        hosts: Vec<Arc<str>>,
    },
    /// A line that a command printed, without its newline.
    Line {
        /// The host.
        host: Arc<str>,
        /// Which of the two outputs.
        stream: Stream,
        /// The line; a piece of one that is very long.
        line: Bytes,
        /// Whether the line is not over: it was cut because of its length or its time.
        partial: bool,
    },
    /// What the interpreter tells of a host.
    Task {
        /// The host.
        host: Arc<str>,
        /// What happened.
        event: Box<Event>,
    },
    /// Something worth saying that is no result.
    Note {
        /// The host, when it is about one.
        host: Option<Arc<str>>,
        /// What.
        message: Message,
    },
    /// A host's part has ended before its time, without a task's failure: it was not reached, or is lost.
    /// Its end is told again with all others.
    Left(Box<HostEnd>),
    /// A host's part has ended.
    Host(Box<HostEnd>),
}

/// The end of a host's part.
#[derive(Clone, Debug)]
pub struct HostEnd {
    /// The host.
    pub host: Arc<str>,
    /// How it ended.
    pub state: HostState,
    /// Exit status of a command, when it ended by itself.
    pub rc: Option<i32>,
    /// The signal that ended it, without `SIG`.
    pub signal: Option<String>,
    /// Milliseconds since its turn came.
    pub duration_ms: u64,
    /// Why it failed, was unreachable or is lost.
    pub error: Option<Message>,
    /// Its tasks, for a play.
    pub summary: Option<Summary>,
}

/// Where the events of a run go. Bounded: a slow reader slows the run down instead of filling the memory.
pub type Events = mpsc::Sender<RunEvent>;

/// How many events may wait for the door.
pub const EVENTS_WAITING: usize = 1024;
