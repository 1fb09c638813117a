//! The ways to a machine: everything that runs on one goes through [`Connection`] and [`Channel`].
//!
//! [`ssh`] reaches hosts, [`local`] the controller itself. A channel is one running command: bytes
//! go in, [`ChannelEvent`]s come out, and neither side buffers more than a few packets, so a slow
//! reader slows the command down.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

pub mod dial;
pub mod error;
pub mod local;
mod mark;
pub mod ssh;

pub use error::{Outcome, Stage, TransportError};

/// A terminal to give to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pty {
    /// The terminal's type, as in `TERM`.
    pub term: String,
    /// Width in characters.
    pub columns: u32,
    /// Height in lines.
    pub rows: u32,
}

/// A command to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exec {
    /// A line for the login shell, made by `hep_core::quote`.
    pub command: String,
    /// The terminal to run it on, if it needs one. Its error output then comes as
    /// [`ChannelEvent::Stdout`].
    pub pty: Option<Pty>,
    /// A word that nobody can guess. The command's first process carries it where commands of one
    /// connection could not be told from each other otherwise, see [`Trace`].
    pub mark: String,
}

impl Exec {
    /// A command without a terminal.
    pub fn new(command: impl Into<String>) -> Self {
        Self { command: command.into(), pty: None, mark: crate::token::token() }
    }
}

/// How another command of the same connection finds what a command has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Its first process has this number.
    Process(u32),
    /// Its first process was given [`Exec::mark`], in its environment or its arguments.
    Marked,
    /// Its first process was given no mark; those of all others on the connection were.
    Unmarked,
    /// It has ended.
    Ended,
}

/// A way to a machine that is open, and can carry several commands at once.
#[async_trait]
pub trait Connection: Send + Sync {
    /// Starts a command. Waits while the connection carries as many as the other side allows.
    async fn exec(&self, exec: Exec) -> Result<Channel, TransportError>;

    /// Starts a command that ends others, and so cannot wait until they have ended. It fails where the
    /// other side carries no more.
    async fn exec_at_once(&self, exec: Exec) -> Result<Channel, TransportError> {
        self.exec(exec).await
    }

    /// Starts the login shell on a terminal.
    async fn shell(&self, pty: Pty) -> Result<Channel, TransportError>;

    /// Says goodbye. Commands that still run see their channel end as lost.
    async fn close(&self);
}

/// What a running command tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelEvent {
    /// Some of its output.
    Stdout(Bytes),
    /// Some of its error output.
    Stderr(Bytes),
    /// It ended by itself.
    Exit {
        /// Its exit code.
        code: u32,
    },
    /// A signal ended it.
    Signal {
        /// The signal's name without `SIG`, for example `TERM`.
        name: String,
        /// It left a core file.
        core: bool,
    },
    /// Nothing more comes. A channel that closes without [`Self::Exit`] or [`Self::Signal`] was
    /// ended by the other side, which does not say how the command did.
    Closed,
}

/// The reading half of a channel.
#[async_trait]
pub trait Events: Send {
    /// The next event; [`ChannelEvent::Closed`] again and again at the end. An error means that the
    /// line dropped: how the command did is not known.
    async fn next(&mut self) -> Result<ChannelEvent, TransportError>;
}

/// The writing half of a channel.
#[async_trait]
pub trait Input: Send + Sync {
    /// Sends bytes to the command's standard input; waits while it does not read.
    async fn write(&self, data: Bytes) -> Result<(), TransportError>;

    /// Ends the command's standard input.
    async fn eof(&self) -> Result<(), TransportError>;

    /// Sends a signal, by its name without `SIG`, to the command's process group. A host may ignore
    /// it: sshd before 7.9 does, and any sshd for a login as root, so who must be certain that the
    /// command ends needs another way too.
    async fn signal(&self, name: &str) -> Result<(), TransportError>;

    /// Where its processes are found.
    fn trace(&self) -> Trace;

    /// Tells the new size of the terminal.
    async fn resize(&self, columns: u32, rows: u32) -> Result<(), TransportError>;

    /// Ends the channel without waiting for the command.
    async fn close(&self);
}

/// A running command. Both halves may be used at once, and must be when much goes in and out: a
/// command whose output nobody reads stops reading its input.
pub struct Channel {
    input: Arc<dyn Input>,
    events: Box<dyn Events>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this code.
    Exit(u32),
    /// By this signal (name without `SIG`).
    Signal(String),
    /// The other side closed the channel and did not say.
    Unknown,
}

/// What a command wrote, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its output.
    pub stdout: Bytes,
    /// Its error output.
    pub stderr: Bytes,
    /// How it ended.
    pub ending: Ending,
}

impl Channel {
    /// A channel of these halves.
    pub fn new(input: Arc<dyn Input>, events: Box<dyn Events>) -> Self {
        Self { input, events }
    }

    /// The two halves, for two tasks.
    pub fn split(self) -> (Arc<dyn Input>, Box<dyn Events>) {
        (self.input, self.events)
    }

    /// The writing half, to signal the command from elsewhere.
    pub fn input(&self) -> Arc<dyn Input> {
        Arc::clone(&self.input)
    }

    /// The next event, see [`Events::next`].
    pub async fn next(&mut self) -> Result<ChannelEvent, TransportError> {
        self.events.next().await
    }

    /// Sends bytes, see [`Input::write`].
    pub async fn write(&self, data: impl Into<Bytes> + Send) -> Result<(), TransportError> {
        self.input.write(data.into()).await
    }

    /// Ends the input, see [`Input::eof`].
    pub async fn eof(&self) -> Result<(), TransportError> {
        self.input.eof().await
    }

    /// Sends a signal, see [`Input::signal`].
    pub async fn signal(&self, name: &str) -> Result<(), TransportError> {
        self.input.signal(name).await
    }

    /// Ends the channel, see [`Input::close`].
    pub async fn close(&self) {
        self.input.close().await;
    }

    /// Feeds `stdin` to the command and gathers all it writes, at most `limit` bytes of each kind
    /// (the rest is read and dropped). For short commands; long ones are better read event by
    /// event.
    pub async fn run(mut self, stdin: Bytes, limit: usize) -> Result<Output, TransportError> {
        let input = Arc::clone(&self.input);
        let feed = async {
            // A command need not read its input: how it ends tells what that meant.
            if stdin.is_empty() || input.write(stdin).await.is_ok() {
                let _ = input.eof().await;
            }
        };
        let mut gathered = pin!(gather(self.events.as_mut(), limit));
        tokio::select! {
            output = &mut gathered => output,
            () = feed => gathered.await,
        }
    }
}

async fn gather(events: &mut dyn Events, limit: usize) -> Result<Output, TransportError> {
    let (mut stdout, mut stderr) = (BytesMut::new(), BytesMut::new());
    let mut ending = Ending::Unknown;
    loop {
        match events.next().await? {
            ChannelEvent::Stdout(data) => extend(&mut stdout, &data, limit),
            ChannelEvent::Stderr(data) => extend(&mut stderr, &data, limit),
            ChannelEvent::Exit { code } => ending = Ending::Exit(code),
            ChannelEvent::Signal { name, .. } => ending = Ending::Signal(name),
            ChannelEvent::Closed => break,
        }
    }
    Ok(Output { stdout: stdout.freeze(), stderr: stderr.freeze(), ending })
}

fn extend(buffer: &mut BytesMut, data: &[u8], limit: usize) {
    let room = limit.saturating_sub(buffer.len()).min(data.len());
    buffer.extend_from_slice(&data[..room]);
}

/// The deadlines of a connection. Each wait has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Finding the address and opening the TCP connection, or the jump's channel.
    pub connect: Duration,
    /// The SSH handshake, without the time a person takes to answer a question.
    pub handshake: Duration,
    /// Each step of the log-in, without the time a person takes to answer a question.
    pub auth: Duration,
    /// Opening a channel, and the answer to the request that starts its command.
    pub channel: Duration,
    /// Silence after which the other side is asked whether it is there; zero means never.
    pub alive_interval: Duration,
    /// How many such questions may stay without answer.
    pub alive_count: usize,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            handshake: Duration::from_secs(30),
            auth: Duration::from_secs(30),
            channel: Duration::from_secs(30),
            // A host that is gone is noticed after three of them. Shorter ones are what an idle fleet costs most:
            // with 15 seconds 1,000 connections took 1.3 % of a core.
            alive_interval: Duration::from_secs(30),
            alive_count: 2,
        }
    }
}
