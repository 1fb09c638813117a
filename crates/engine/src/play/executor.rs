//! A remote executor: started, sent where it is missing, and spoken to in frames.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hep_core::bootstrap::{self, Line, NoExecutor, Packing};
use hep_core::frame::{Chunk, Decoder, Encoder, Frame, FromHost, Hello, ToHost};
use hep_core::message::{Message, play as say};

use super::bundle::Bundle;
use crate::transport::{self, ChannelEvent, Connection, Exec, Input, TransportError};

/// What one host may send over one connection, in bytes: more is an attack or a runaway command.
const MOST_RECEIVED: u64 = 4 << 30;
/// What a login shell may print before the start-up script speaks, in bytes.
const MOST_PREFACE: usize = 64 << 10;
/// How long an executor may take to start, with sending it.
const START_DEADLINE: Duration = Duration::from_mins(2);
/// Blob chunks, in bytes before compression.
const CHUNK: usize = 192 << 10;

/// Why there is no executor to speak to.
#[derive(Debug)]
pub(crate) enum NotStarted {
    /// The transport failed.
    Transport(TransportError),
    /// The host cannot run one; plain SSH commands can serve.
    Impossible(NoExecutor),
    /// It was started and broke.
    Broken(Message),
    /// Something was started, and it is not this executor: it did not greet as that does.
    Strange(Message),
}

/// Why a session ended early.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The line dropped.
    Line(TransportError),
    /// The other end closed, or sent what is no frame.
    Talk(Message),
}

/// A running executor.
pub(crate) struct Executor {
    input: Arc<dyn Input>,
    output: Box<dyn transport::Events>,
    encoder: Encoder,
    decoder: Decoder,
    stderr: Vec<u8>,
    waiting: VecDeque<FromHost>,
    /// Who it is.
    pub(crate) hello: Hello,
    /// How many times the controller waited for the host: sent something and then received.
    pub(crate) round_trips: u32,
    spoke: bool,
    /// The host run that it serves, by which its journal is known.
    pub(crate) part: Arc<str>,
    /// Runs that were cut off there, whose journals have been told.
    pub(crate) told: Vec<Arc<str>>,
}

impl Executor {
    /// Starts the executor on a host, sending it when the host does not have it. `keep` leaves it there.
    ///
    /// What lies there is believed to be it at first. Where it turns out not to be, it is looked at, and sent
    /// anew where it is another; nothing has been changed by then.
    pub(crate) async fn start(
        connection: &dyn Connection,
        bundle: &Bundle,
        keep: bool,
    ) -> Result<Self, NotStarted> {
        match Self::attempt(connection, bundle, keep, false).await {
            Err(NotStarted::Strange(_)) => {}
            done => return done,
        }
        Self::attempt(connection, bundle, keep, true).await.map_err(|error| match error {
            NotStarted::Strange(why) => NotStarted::Broken(say::executor_strange(why)),
            other => other,
        })
    }

    async fn attempt(
        connection: &dyn Connection,
        bundle: &Bundle,
        keep: bool,
        check: bool,
    ) -> Result<Self, NotStarted> {
        let known = bundle.known();
        let command = bootstrap::login_command(&known, keep, check);
        let channel = connection.exec(Exec::new(command)).await.map_err(NotStarted::Transport)?;
        let (input, output) = channel.split();
        let starting =
            Starting { input, output, seen: vec![], noise: 0, sent: false, stderr: vec![] };
        match tokio::time::timeout(START_DEADLINE, starting.run(bundle)).await {
            Ok(started) => started,
            Err(_) => Err(NotStarted::Broken(say::executor_slow(START_DEADLINE.as_secs()))),
        }
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: &ToHost) -> Result<(), Broken> {
        let mut bytes = Vec::new();
        let encoded = self.encoder.json(message, &mut bytes);
        encoded.map_err(|error| Broken::Talk(say::broken_frames(error)))?;
        self.spoke = true;
        self.input.write(Bytes::from(bytes)).await.map_err(Broken::Line)
    }

    /// Sends a file's content in pieces.
    pub(crate) async fn send_blob(
        &mut self,
        sha256: [u8; 32],
        content: &[u8],
    ) -> Result<(), Broken> {
        let mut offset = 0;
        loop {
            let end = content.len().min(offset + CHUNK);
            let piece = &content[offset..end];
            let deflated = deflate(piece);
            let smaller = deflated.len() < piece.len();
            let chunk = Chunk {
                sha256,
                offset: offset as u64,
                last: end == content.len(),
                deflated: smaller,
                data: if smaller { deflated } else { piece.to_vec() },
            };
            let mut bytes = Vec::new();
            let encoded = self.encoder.blob(&chunk, &mut bytes);
            encoded.map_err(|error| Broken::Talk(say::broken_frames(error)))?;
            self.input.write(Bytes::from(bytes)).await.map_err(Broken::Line)?;
            offset = end;
            if chunk.last {
                self.spoke = true;
                return Ok(());
            }
        }
    }

    /// The next message.
    pub(crate) async fn receive(&mut self) -> Result<FromHost, Broken> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Ok(message);
            }
            match self.decoder.next::<FromHost>() {
                Ok(Some(Frame::Json(message))) => return Ok(message),
                Ok(Some(Frame::Blob(_))) => return Err(Broken::Talk(say::broken_frames("a blob"))),
                Ok(None) => self.fill().await?,
                Err(error) => return Err(Broken::Talk(say::broken_frames(error))),
            }
        }
    }

    async fn fill(&mut self) -> Result<(), Broken> {
        if self.spoke {
            self.spoke = false;
            self.round_trips += 1;
        }
        match self.output.next().await.map_err(Broken::Line)? {
            ChannelEvent::Stdout(bytes) => {
                let taken = self.decoder.push(&bytes);
                taken.map_err(|error| Broken::Talk(say::broken_frames(error)))
            }
            ChannelEvent::Stderr(bytes) => {
                let room = 4096_usize.saturating_sub(self.stderr.len()).min(bytes.len());
                self.stderr.extend_from_slice(&bytes[..room]);
                Ok(())
            }
            ChannelEvent::Exit { .. } | ChannelEvent::Signal { .. } => Ok(()),
            ChannelEvent::Closed => {
                Err(Broken::Talk(say::executor_gone(String::from_utf8_lossy(&self.stderr).trim())))
            }
        }
    }

    /// Says that all it told is known, so that its journal and those that it told of may go, and lets it
    /// end.
    pub(crate) async fn end_known(mut self) {
        for run in std::mem::take(&mut self.told).into_iter().chain([self.part.clone()]) {
            let _ = self.send(&ToHost::Ack { run }).await;
        }
        self.end().await;
    }

    /// Says goodbye and waits until it has gone, so that nothing of it is left running.
    pub(crate) async fn end(mut self) {
        self.leave().await;
    }

    /// The same, for one that is replaced.
    pub(crate) async fn leave(&mut self) {
        if self.send(&ToHost::Bye).await.is_ok() {
            let gone = async { while self.receive().await.is_ok() {} };
            let _ = tokio::time::timeout(Duration::from_secs(5), gone).await;
        }
        self.input.close().await;
    }
}

/// An executor before its first frame.
struct Starting {
    input: Arc<dyn Input>,
    output: Box<dyn transport::Events>,
    seen: Vec<u8>,
    /// How many bytes of lines meant nothing.
    noise: usize,
    /// Whether the executor was sent: nobody needs it twice.
    sent: bool,
    stderr: Vec<u8>,
}

impl Starting {
    async fn run(mut self, bundle: &Bundle) -> Result<Executor, NotStarted> {
        loop {
            let line = self.line().await?;
            match Line::read(&line) {
                Line::Need { arch, packing } if !self.sent => {
                    self.sent = true;
                    self.send_binary(bundle, &arch, packing).await?;
                }
                Line::None(reason) => return Err(NotStarted::Impossible(reason)),
                Line::Go(hash) => return self.greet(&hash).await,
                Line::Noise | Line::Need { .. } => self.noise += line.len() + 1,
            }
        }
    }

    /// One line of the start-up script, or of what the login shell says before it.
    async fn line(&mut self) -> Result<String, NotStarted> {
        loop {
            if let Some(at) = self.seen.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.seen.drain(..=at).collect();
                return Ok(String::from_utf8_lossy(&line[..at]).trim_end().to_owned());
            }
            self.read().await?;
        }
    }

    /// Takes the next of what comes.
    async fn read(&mut self) -> Result<(), NotStarted> {
        if self.seen.len() + self.noise > MOST_PREFACE {
            return Err(NotStarted::Broken(say::executor_noise()));
        }
        match self.output.next().await.map_err(NotStarted::Transport)? {
            ChannelEvent::Stdout(bytes) => self.seen.extend_from_slice(&bytes),
            ChannelEvent::Stderr(bytes) => {
                let room = 4096_usize.saturating_sub(self.stderr.len()).min(bytes.len());
                self.stderr.extend_from_slice(&bytes[..room]);
            }
            ChannelEvent::Exit { .. } | ChannelEvent::Signal { .. } => {}
            ChannelEvent::Closed => {
                let said = String::from_utf8_lossy(&self.stderr).trim().to_owned();
                return Err(NotStarted::Broken(say::executor_no_start(said)));
            }
        }
        Ok(())
    }

    async fn send_binary(
        &mut self,
        bundle: &Bundle,
        arch: &str,
        packing: Packing,
    ) -> Result<(), NotStarted> {
        let missing = || NotStarted::Impossible(NoExecutor::Arch(arch.to_owned()));
        let binary = bundle.find(arch).ok_or_else(missing)?;
        let bytes = match binary.packed(packing).map_err(|_| missing())? {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        let head = Bytes::from(format!("{}\n", bytes.len()));
        let input = Arc::clone(&self.input);
        let writing = async move {
            input.write(head).await?;
            input.write(bytes).await
        };
        // Listening meanwhile: who talks and does not read would hold it up.
        let mut writing = std::pin::pin!(writing);
        loop {
            tokio::select! {
                biased;
                written = &mut writing => return written.map_err(NotStarted::Transport),
                read = self.read() => read?,
            }
        }
    }

    async fn greet(self, hash: &str) -> Result<Executor, NotStarted> {
        let mut executor = Executor {
            input: self.input,
            output: self.output,
            encoder: Encoder::default(),
            decoder: Decoder::new(MOST_RECEIVED),
            stderr: self.stderr,
            waiting: VecDeque::new(),
            hello: Hello::default(),
            round_trips: 0,
            spoke: false,
            part: "".into(),
            told: Vec::new(),
        };
        let broken = |broken| match broken {
            Broken::Line(error) => NotStarted::Transport(error),
            Broken::Talk(message) => NotStarted::Strange(message),
        };
        let rest = executor.decoder.push(&self.seen);
        rest.map_err(|error| NotStarted::Strange(say::broken_frames(error)))?;
        executor.send(&ToHost::Hello { hash: hash.into() }).await.map_err(broken)?;
        match executor.receive().await.map_err(broken)? {
            FromHost::Hello(hello) if &*hello.hash == hash => executor.hello = hello,
            FromHost::Fault(message) => return Err(NotStarted::Strange(message)),
            _ => return Err(NotStarted::Strange(say::broken_frames("no greeting"))),
        }
        Ok(executor)
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    // Writing into a vector cannot fail; were it to, the piece would go as it is.
    if encoder.write_all(bytes).is_err() {
        return bytes.to_vec();
    }
    encoder.finish().unwrap_or_else(|_| bytes.to_vec())
}
