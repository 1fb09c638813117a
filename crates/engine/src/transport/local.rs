//! The controller itself, as a connection: commands run by `/bin/sh -c`, each in a process group of
//! its own.

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use hep_core::message::ssh as say;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Mutex, mpsc, watch};

use super::{Channel, ChannelEvent, Connection, Events, Exec, Input, Pty, Trace, TransportError};

/// How many pieces of output may wait for the reader.
const QUEUE: usize = 8;
/// The size of a piece, as large as a packet of SSH.
const PIECE: usize = 32 * 1024;

/// The names of signals as SSH knows them (RFC 4254, section 6.10), and a few more.
const SIGNALS: &[(&str, Signal)] = &[
    ("ABRT", Signal::ABORT),
    ("ALRM", Signal::ALARM),
    ("BUS", Signal::BUS),
    ("CONT", Signal::CONT),
    ("FPE", Signal::FPE),
    ("HUP", Signal::HUP),
    ("ILL", Signal::ILL),
    ("INT", Signal::INT),
    ("KILL", Signal::KILL),
    ("PIPE", Signal::PIPE),
    ("QUIT", Signal::QUIT),
    ("SEGV", Signal::SEGV),
    ("STOP", Signal::STOP),
    ("TERM", Signal::TERM),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
    ("XCPU", Signal::XCPU),
    ("XFSZ", Signal::XFSZ),
];

/// A connection to the controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalConnection;

#[async_trait]
impl Connection for LocalConnection {
    async fn exec(&self, exec: Exec) -> Result<Channel, TransportError> {
        if exec.pty.is_some() {
            return Err(no_terminal());
        }
        let mut child = spawn(&exec.command).map_err(local)?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let stdin = Mutex::new(child.stdin.take());
        if let Some(out) = child.stdout.take() {
            tokio::spawn(pump(out, sender.clone(), ChannelEvent::Stdout));
        }
        if let Some(err) = child.stderr.take() {
            tokio::spawn(pump(err, sender.clone(), ChannelEvent::Stderr));
        }
        let (alive, ended) = watch::channel(true);
        tokio::spawn(wait(child, sender, alive));
        let input = Arc::new(LocalInput { stdin, group, ended });
        Ok(Channel::new(input.clone(), Box::new(LocalEvents { receiver, _input: input })))
    }

    async fn shell(&self, _pty: Pty) -> Result<Channel, TransportError> {
        Err(no_terminal())
    }

    async fn close(&self) {}
}

fn no_terminal() -> TransportError {
    TransportError::Unsupported {
        host: "the controller".to_owned(),
        what: "run a command on a terminal",
    }
}

fn local(error: std::io::Error) -> TransportError {
    TransportError::Local { source: Arc::new(error) }
}

fn spawn(command: &str) -> std::io::Result<Child> {
    Command::new("/bin/sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

/// Moves output into the queue until its end, or until nobody reads any more.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    to: mpsc::Sender<ChannelEvent>,
    event: fn(Bytes) -> ChannelEvent,
) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(PIECE);
        match from.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if to.send(event(buffer.split().freeze())).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn wait(mut child: Child, to: mpsc::Sender<ChannelEvent>, alive: watch::Sender<bool>) {
    let status = child.wait().await;
    let _ = alive.send(false);
    if let Ok(status) = status {
        let _ = to.send(ending(status)).await;
    }
}

fn ending(status: ExitStatus) -> ChannelEvent {
    match status.code() {
        Some(code) => ChannelEvent::Exit { code: code.cast_unsigned() },
        None => ChannelEvent::Signal {
            name: status.signal().map_or_else(|| "unknown".to_owned(), signal_name),
            core: status.core_dumped(),
        },
    }
}

fn signal_name(number: i32) -> String {
    SIGNALS
        .iter()
        .find(|(_, signal)| signal.as_raw() == number)
        .map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
}

struct LocalEvents {
    receiver: mpsc::Receiver<ChannelEvent>,
    /// Keeps the process group alive for as long as somebody reads.
    _input: Arc<LocalInput>,
}

#[async_trait]
impl Events for LocalEvents {
    async fn next(&mut self) -> Result<ChannelEvent, TransportError> {
        Ok(self.receiver.recv().await.unwrap_or(ChannelEvent::Closed))
    }
}

struct LocalInput {
    stdin: Mutex<Option<ChildStdin>>,
    group: Option<Pid>,
    /// Whether the child still runs: its id must not be used once it is reaped.
    ended: watch::Receiver<bool>,
}

impl LocalInput {
    fn kill(&self, signal: Signal) {
        let Some(group) = self.group.filter(|_| *self.ended.borrow()) else { return };
        // The group may have ended in this moment, and then there is nothing left to do.
        let _ = kill_process_group(group, signal);
    }
}

#[async_trait]
impl Input for LocalInput {
    async fn write(&self, data: Bytes) -> Result<(), TransportError> {
        let mut stdin = self.stdin.lock().await;
        let Some(pipe) = stdin.as_mut() else {
            return Err(local(std::io::ErrorKind::BrokenPipe.into()));
        };
        pipe.write_all(&data).await.map_err(local)
    }

    async fn eof(&self) -> Result<(), TransportError> {
        self.stdin.lock().await.take();
        Ok(())
    }

    async fn signal(&self, name: &str) -> Result<(), TransportError> {
        let known = SIGNALS.iter().find(|(known, _)| *known == name);
        let (_, signal) =
            known.ok_or_else(|| TransportError::Settings { message: say::not_a_signal(name) })?;
        self.kill(*signal);
        Ok(())
    }

    fn trace(&self) -> Trace {
        let group = self.group.filter(|_| *self.ended.borrow());
        group.map_or(Trace::Ended, |group| Trace::Process(group.as_raw_pid().cast_unsigned()))
    }

    async fn resize(&self, _columns: u32, _rows: u32) -> Result<(), TransportError> {
        Err(no_terminal())
    }

    async fn close(&self) {
        self.kill(Signal::KILL);
    }
}

/// Nobody reads or writes any more: like a closed SSH channel, but certain.
impl Drop for LocalInput {
    fn drop(&mut self) {
        self.kill(Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(command: &str, stdin: &'static [u8]) -> super::super::Output {
        let channel = LocalConnection.exec(Exec::new(command)).await.unwrap();
        channel.run(Bytes::from_static(stdin), usize::MAX).await.unwrap()
    }

    #[tokio::test]
    async fn commands_end_as_they_should() {
        use super::super::Ending;
        for (command, stdin, stdout, stderr, ending) in [
            ("echo out; echo err >&2; exit 3", "", "out\n", "err\n", Ending::Exit(3)),
            ("cat", "in", "in", "", Ending::Exit(0)),
            ("kill -TERM $$", "", "", "", Ending::Signal("TERM".into())),
            ("true", "nobody reads this", "", "", Ending::Exit(0)),
            ("printf '\\001\\377'", "", "\u{1}\u{fffd}", "", Ending::Exit(0)),
        ] {
            let output = run(command, stdin.as_bytes()).await;
            assert_eq!(String::from_utf8_lossy(&output.stdout), stdout, "{command}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), stderr, "{command}");
            assert_eq!(output.ending, ending, "{command}");
        }
    }

    #[tokio::test]
    async fn a_signal_reaches_the_whole_group() {
        let mut channel = LocalConnection.exec(Exec::new("sh -c 'echo up; read x'")).await.unwrap();
        assert_eq!(channel.next().await.unwrap(), ChannelEvent::Stdout("up\n".into()));
        channel.signal("KILL").await.unwrap();
        let output = channel.run(Bytes::new(), 0).await.unwrap();
        assert_eq!(output.ending, super::super::Ending::Signal("KILL".into()));
    }

    #[tokio::test]
    async fn an_unknown_signal_and_a_terminal_are_refused() {
        let channel = LocalConnection.exec(Exec::new("cat")).await.unwrap();
        assert!(channel.signal("NOPE").await.is_err());
        let pty = Pty { term: "xterm".into(), columns: 80, rows: 24 };
        assert!(LocalConnection.shell(pty).await.is_err());
    }
}
