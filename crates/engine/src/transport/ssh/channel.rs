//! One command over SSH, as a [`Channel`].

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hep_core::message::ssh as say;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::connection::SshConnection;
use super::gate::Pass;
use super::running::Begun;
use crate::transport::{Channel, ChannelEvent, Events, Input, Stage, Trace, TransportError};

/// `SSH_EXTENDED_DATA_STDERR` of RFC 4254.
const STDERR: u32 = 1;

/// What both halves share.
struct Line {
    write: Arc<ChannelWriteHalf<Msg>>,
    connection: SshConnection,
    /// The right to this channel, given back when the host closes it.
    pass: Mutex<Option<Pass>>,
    /// Whether the channel is closed: wakes a writer that waits for room.
    closed: watch::Sender<bool>,
    trace: Trace,
}

impl Line {
    fn finish(&self) {
        self.closed.send_replace(true);
        self.pass.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Runs a request to the session task, but not beyond the end of channel or connection.
    async fn send(
        &self,
        request: impl Future<Output = Result<(), russh::Error>> + Send,
    ) -> Result<(), TransportError> {
        let mut closed = self.closed.subscribe();
        let mut end = self.connection.end();
        tokio::select! {
            sent = request => sent.map_err(|_| self.connection.lost()),
            _ = closed.wait_for(|closed| *closed) => Err(self.connection.channel_closed()),
            _ = end.wait_for(Option::is_some) => Err(self.connection.lost()),
        }
    }
}

/// Both halves are gone: the host should end the channel too.
impl Drop for Line {
    fn drop(&mut self) {
        let pass = self.pass.lock().unwrap_or_else(PoisonError::into_inner).take();
        if pass.is_none() {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let write = Arc::clone(&self.write);
        runtime.spawn(async move {
            // Fails only when the connection has ended.
            let _ = write.close().await;
            drop(pass);
        });
    }
}

/// Makes a channel of russh's, whose command has been requested.
pub(super) fn channel(
    channel: russh::Channel<Msg>,
    connection: SshConnection,
    pass: Pass,
    asked: Vec<&'static str>,
    begun: Begun,
    answer_within: Duration,
) -> Channel {
    let (read, write) = channel.split();
    let (closed, _) = watch::channel(false);
    let line = Arc::new(Line {
        write: Arc::new(write),
        connection,
        pass: Mutex::new(Some(pass)),
        closed,
        trace: begun.trace(),
    });
    let events = SshEvents {
        read,
        line: Arc::clone(&line),
        asked: asked.into(),
        answer_until: Instant::now() + answer_within,
        answer_within,
        begun: Some(begun),
        ended: false,
    };
    Channel::new(Arc::new(SshInput(line)), Box::new(events))
}

struct SshEvents {
    read: ChannelReadHalf,
    line: Arc<Line>,
    /// The requests that the host has not answered yet, in order, and until when it may.
    asked: VecDeque<&'static str>,
    answer_until: Instant,
    answer_within: Duration,
    /// Until the host says that the command has ended.
    begun: Option<Begun>,
    /// No further event will come.
    ended: bool,
}

impl SshEvents {
    async fn receive(&mut self) -> Result<Option<ChannelMsg>, TransportError> {
        if self.asked.is_empty() {
            return Ok(self.read.wait().await);
        }
        timeout_at(self.answer_until, self.read.wait()).await.map_err(|_| {
            TransportError::Deadline {
                host: self.line.connection.name().to_owned(),
                stage: Stage::Channel,
                detail: String::new(),
                after: self.answer_within,
            }
        })
    }

    /// The host says that the command has ended, or will not begin.
    fn command_ended(&mut self) {
        if let Some(begun) = self.begun.take() {
            begun.ended();
        }
    }

    /// The event of a message, if it is one for the reader.
    fn event(&mut self, message: ChannelMsg) -> Result<Option<ChannelEvent>, TransportError> {
        Ok(Some(match message {
            ChannelMsg::Data { data } => ChannelEvent::Stdout(data),
            ChannelMsg::ExtendedData { data, ext: STDERR } => ChannelEvent::Stderr(data),
            ChannelMsg::ExitStatus { exit_status } => ChannelEvent::Exit { code: exit_status },
            ChannelMsg::ExitSignal { signal_name, core_dumped, .. } => {
                ChannelEvent::Signal { name: signal_text(&signal_name), core: core_dumped }
            }
            ChannelMsg::Success => {
                self.asked.pop_front();
                return Ok(None);
            }
            ChannelMsg::Failure => {
                let what = self.asked.pop_front().unwrap_or("a request");
                let host = self.line.connection.name().to_owned();
                return Err(TransportError::Refused { host, what });
            }
            ChannelMsg::Close => ChannelEvent::Closed,
            _ => return Ok(None),
        }))
    }
}

#[async_trait]
impl Events for SshEvents {
    async fn next(&mut self) -> Result<ChannelEvent, TransportError> {
        while !self.ended {
            let Some(message) = self.receive().await? else {
                self.ended = true;
                self.line.finish();
                return Err(self.line.connection.lost());
            };
            match self.event(message)? {
                Some(ChannelEvent::Closed) => {
                    self.command_ended();
                    self.ended = true;
                    self.line.finish();
                }
                Some(event) => {
                    if matches!(event, ChannelEvent::Exit { .. } | ChannelEvent::Signal { .. }) {
                        self.command_ended();
                    }
                    return Ok(event);
                }
                None => {}
            }
        }
        Ok(ChannelEvent::Closed)
    }
}

struct SshInput(Arc<Line>);

#[async_trait]
impl Input for SshInput {
    async fn write(&self, data: Bytes) -> Result<(), TransportError> {
        self.0.send(self.0.write.data_bytes(data)).await
    }

    async fn eof(&self) -> Result<(), TransportError> {
        self.0.send(self.0.write.eof()).await
    }

    async fn signal(&self, name: &str) -> Result<(), TransportError> {
        let signal = signal_named(name)
            .ok_or_else(|| TransportError::Settings { message: say::not_a_signal(name) })?;
        self.0.send(self.0.write.signal(signal)).await
    }

    fn trace(&self) -> Trace {
        self.0.trace
    }

    async fn resize(&self, columns: u32, rows: u32) -> Result<(), TransportError> {
        self.0.send(self.0.write.window_change(columns, rows, 0, 0)).await
    }

    async fn close(&self) {
        // Fails only when the connection has ended, and the channel with it.
        let _ = self.0.send(self.0.write.close()).await;
    }
}

fn signal_named(name: &str) -> Option<Sig> {
    Some(match name {
        "ABRT" => Sig::ABRT,
        "ALRM" => Sig::ALRM,
        "FPE" => Sig::FPE,
        "HUP" => Sig::HUP,
        "ILL" => Sig::ILL,
        "INT" => Sig::INT,
        "KILL" => Sig::KILL,
        "PIPE" => Sig::PIPE,
        "QUIT" => Sig::QUIT,
        "SEGV" => Sig::SEGV,
        "TERM" => Sig::TERM,
        "USR1" => Sig::USR1,
        _ if is_signal_name(name) => Sig::Custom(name.to_owned()),
        _ => return None,
    })
}

fn is_signal_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn signal_text(signal: &Sig) -> String {
    match signal {
        Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    }
}
