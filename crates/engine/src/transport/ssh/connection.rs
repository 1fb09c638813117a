//! One connection to one host, shared by all that runs there.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hep_core::message::ssh as say;
use russh::Disconnect;
use russh::client::{Handle, Msg};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::channel;
use super::connect::Opened;
use super::gate::{Gate, Pass};
use super::running::Running;
use super::session::{End, Session};
use super::target::SshTarget;
use crate::transport::{
    Channel, Connection, Deadlines, Exec, Pty, Stage, Trace, TransportError, mark,
};

/// Pauses before we believe a refusal on a connection without other channels: sshd may still be
/// clearing away the session that has just ended.
const REFUSAL_PAUSES: [Duration; 4] = [
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
];

/// A connection that is logged in. Clones are the same connection, which ends with the last of them
/// and of its channels.
#[derive(Clone)]
pub struct SshConnection(Arc<Shared>);

struct Shared {
    name: String,
    handle: Handle<Session>,
    gate: Arc<Gate>,
    deadlines: Deadlines,
    end: watch::Receiver<End>,
    /// The connection to the jump host that carries this one.
    via: Option<Arc<SshConnection>>,
    /// Which machine carries its bytes.
    through: Option<String>,
    /// How many connections to this target there were before this one.
    generation: u64,
    running: Running,
}

/// What starts in a new channel.
enum Start {
    Exec(Exec),
    Shell(Pty),
}

impl Start {
    /// The same, with a mark in the environment.
    fn marked(self) -> Self {
        Self::Exec(match self {
            Self::Exec(exec) => Exec { command: mark::line(&exec.mark, &exec.command), ..exec },
            Self::Shell(pty) => {
                let shell = Exec::new("");
                Exec { command: mark::login_shell(&shell.mark), pty: Some(pty), ..shell }
            }
        })
    }
}

impl SshConnection {
    pub(super) fn new(
        target: &SshTarget,
        opened: Opened,
        via: Option<Arc<SshConnection>>,
        channels: usize,
        generation: u64,
    ) -> Self {
        Self(Arc::new(Shared {
            name: target.name.clone(),
            handle: opened.handle,
            gate: Gate::new(channels),
            deadlines: target.deadlines,
            end: opened.end,
            via,
            through: opened.through,
            generation,
            running: Running::default(),
        }))
    }

    /// The host's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How many connections to this target the pool made before this one.
    pub fn generation(&self) -> u64 {
        self.0.generation
    }

    /// Whether it can still be used; a connection through a jump host ends with that one.
    pub fn is_alive(&self) -> bool {
        !self.0.handle.is_closed() && self.0.via.as_ref().is_none_or(|via| via.is_alive())
    }

    /// Whether another machine carries it, or what it goes through.
    pub(super) fn goes_through(&self, machine: &str) -> bool {
        self.0.through.as_deref() == Some(machine)
            || self.0.via.as_ref().is_some_and(|via| via.goes_through(machine))
    }

    pub(super) fn end(&self) -> watch::Receiver<End> {
        self.0.end.clone()
    }

    /// The error of everything that runs when the connection ends.
    pub(super) fn lost(&self) -> TransportError {
        self.ended(true)
    }

    fn ended(&self, started: bool) -> TransportError {
        let reason = self.0.end.borrow().clone();
        TransportError::Lost {
            host: self.0.name.clone(),
            reason: reason.unwrap_or_else(|| say::lost_closed().to_string()),
            started,
        }
    }

    pub(super) fn channel_closed(&self) -> TransportError {
        TransportError::Channel {
            host: self.0.name.clone(),
            source: Arc::new(russh::Error::WrongChannel),
        }
    }

    fn deadline(&self) -> TransportError {
        TransportError::Deadline {
            host: self.0.name.clone(),
            stage: Stage::Channel,
            detail: String::new(),
            after: self.0.deadlines.channel,
        }
    }

    /// A failure before anything was started; one of the session task means that the connection is
    /// gone.
    fn failed(&self, error: russh::Error) -> TransportError {
        match error {
            russh::Error::SendError | russh::Error::Disconnect | russh::Error::HUP => {
                self.ended(false)
            }
            other => TransportError::Channel { host: self.0.name.clone(), source: Arc::new(other) },
        }
    }

    /// Opens a session channel. Where the host allows fewer than we thought, the rest waits.
    async fn open(&self) -> Result<(russh::Channel<Msg>, Pass), TransportError> {
        let mut pauses = REFUSAL_PAUSES.iter();
        loop {
            let pass = self.0.gate.enter().await;
            let opening = timeout(self.0.deadlines.channel, self.0.handle.channel_open_session());
            match opening.await.map_err(|_| self.deadline())? {
                Ok(channel) => return Ok((channel, pass)),
                Err(russh::Error::ChannelOpenFailure(reason)) => {
                    if self.0.gate.refused(pass) {
                        continue;
                    }
                    match pauses.next() {
                        Some(&pause) => sleep(pause).await,
                        None => return Err(self.failed(russh::Error::ChannelOpenFailure(reason))),
                    }
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Opens a session channel without a place in the queue; where the host refuses it, another try or
    /// two see whether somebody has just ended.
    async fn open_at_once(&self) -> Result<(russh::Channel<Msg>, Pass), TransportError> {
        let mut pauses = REFUSAL_PAUSES[..3].iter();
        let pass = self.0.gate.pass_by();
        loop {
            let opening = timeout(self.0.deadlines.channel, self.0.handle.channel_open_session());
            match opening.await.map_err(|_| self.deadline())? {
                Ok(channel) => return Ok((channel, pass)),
                Err(error @ russh::Error::ChannelOpenFailure(_)) => match pauses.next() {
                    Some(&pause) => sleep(pause).await,
                    None => return Err(self.failed(error)),
                },
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    async fn start(
        &self,
        (opened, pass): (russh::Channel<Msg>, Pass),
        start: Start,
    ) -> Result<Channel, TransportError> {
        let begun = self.0.running.begin();
        let start = if begun.trace() == Trace::Marked { start.marked() } else { start };
        let asked = timeout(self.0.deadlines.channel, request(&opened, start))
            .await
            .map_err(|_| self.deadline())?
            .map_err(|error| self.failed(error))?;
        let within = self.0.deadlines.channel;
        Ok(channel::channel(opened, self.clone(), pass, asked, begun, within))
    }

    /// A stream to another machine through this one.
    pub(super) async fn tunnel(
        &self,
        address: &str,
        port: u16,
    ) -> Result<russh::ChannelStream<Msg>, TransportError> {
        // The originator's address is only for the host's log (RFC 4254, section 7.2).
        let opening = self.0.handle.channel_open_direct_tcpip(address, port.into(), "127.0.0.1", 0);
        opening.await.map(russh::Channel::into_stream).map_err(|error| self.failed(error))
    }
}

/// Asks for what is to be started; the answers come as events of the channel.
async fn request(
    channel: &russh::Channel<Msg>,
    start: Start,
) -> Result<Vec<&'static str>, russh::Error> {
    let (pty, command) = match start {
        Start::Exec(exec) => (exec.pty, Some(exec.command)),
        Start::Shell(pty) => (Some(pty), None),
    };
    let mut asked = Vec::new();
    if let Some(pty) = pty {
        asked.push("a terminal");
        channel.request_pty(true, &pty.term, pty.columns, pty.rows, 0, 0, &[]).await?;
    }
    if let Some(command) = command {
        asked.push("the command");
        channel.exec(true, command).await?;
    } else {
        asked.push("the login shell");
        channel.request_shell(true).await?;
    }
    Ok(asked)
}

#[async_trait]
impl Connection for SshConnection {
    async fn exec(&self, exec: Exec) -> Result<Channel, TransportError> {
        self.start(self.open().await?, Start::Exec(exec)).await
    }

    async fn exec_at_once(&self, exec: Exec) -> Result<Channel, TransportError> {
        self.start(self.open_at_once().await?, Start::Exec(exec)).await
    }

    async fn shell(&self, pty: Pty) -> Result<Channel, TransportError> {
        self.start(self.open().await?, Start::Shell(pty)).await
    }

    async fn close(&self) {
        // Fails only when it is closed already.
        let _ = self.0.handle.disconnect(Disconnect::ByApplication, "", "").await;
    }
}
