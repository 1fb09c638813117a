//! `hep ssh`: a session on one host, by the inventory's user, key and jumps.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;

use bytes::Bytes;
use hep_core::message::cli as say;
use hep_core::run::exit;
use hep_engine::transport::{Channel, ChannelEvent, Connection, Exec, Input, Pty, TransportError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::connect::{Connect, Extra, Opened, Wanted};
use super::failure::Failure;
use crate::terminal::{Screen, mode};

/// Open a session on one host: a shell, or a command after `--`. Its exit status is ours. `~.` at the
/// beginning of a line ends it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The host; without an inventory its address
    host: String,
    /// A command in place of a shell
    #[arg(trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// Do not give the command a terminal
    #[arg(short = 'T', long)]
    no_tty: bool,
    #[command(flatten)]
    extra: Extra,
    #[command(flatten)]
    connect: Connect,
}

/// Opens it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let wanted = Wanted {
        selector: &args.host,
        extra: Some(&args.extra),
        any_host: true,
        ..Wanted::default()
    };
    let opened = args.connect.open(wanted, &screen).await?;
    let [host] = &opened.hosts[..] else {
        return Err(say::one_host(&args.host, opened.hosts.len()).into());
    };
    let done = tokio::select! {
        done = session(&args, &opened, host) => done,
        () = opened.cancel.cancelled() => return Ok(exit::CANCELLED),
    };
    match done {
        Ok(code) => Ok(code),
        Err(Problem::Transport(error)) => {
            screen.say(&error.message().to_string());
            Ok(exit::UNREACHABLE)
        }
        Err(Problem::Terminal(error)) => Err(say::terminal_failed(error).into()),
    }
}

/// What can go wrong in a session.
enum Problem {
    Transport(TransportError),
    Terminal(io::Error),
}

impl From<TransportError> for Problem {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

async fn session(
    args: &Args,
    opened: &Opened,
    host: &hep_core::inventory::Host,
) -> Result<u8, Problem> {
    let connection = opened.fleet.connect(host).await?;
    let on_terminal = io::stdin().is_terminal() && !args.no_tty;
    let pty = on_terminal.then(pty);
    let channel = open(&*connection, &args.command, pty).await?;
    // From here to the end of the block the terminal is the host's.
    let raw = if on_terminal {
        let terminal = io::stdin().as_fd().try_clone_to_owned().map_err(Problem::Terminal)?;
        Some(mode::raw(&File::from(terminal)).map_err(Problem::Terminal)?)
    } else {
        None
    };
    let ended = carry(channel, raw.is_some()).await;
    drop(raw);
    connection.close().await;
    Ok(ended?)
}

async fn open(
    connection: &dyn Connection,
    words: &[String],
    pty: Option<Pty>,
) -> Result<Channel, TransportError> {
    match (words.is_empty(), pty) {
        (true, Some(pty)) => connection.shell(pty).await,
        // As sshd does for a session without a terminal: a login shell that reads its standard input.
        (true, None) => connection.exec(Exec::new("exec \"${SHELL:-/bin/sh}\" -l")).await,
        (false, pty) => connection.exec(Exec { pty, ..Exec::new(words.join(" ")) }).await,
    }
}

fn pty() -> Pty {
    let (columns, rows) = size();
    let term = std::env::var("TERM").ok().filter(|term| !term.is_empty());
    Pty { term: term.unwrap_or_else(|| "dumb".to_owned()), columns, rows }
}

fn size() -> (u32, u32) {
    match rustix::termios::tcgetwinsize(io::stdin()) {
        Ok(size) if size.ws_col > 0 => (u32::from(size.ws_col), u32::from(size.ws_row)),
        _ => (80, 24),
    }
}

/// Carries bytes both ways until the host's end of the session has ended; its exit status.
async fn carry(channel: Channel, is_raw: bool) -> Result<u8, TransportError> {
    let (input, mut output) = channel.split();
    let (typed, mut typing) = mpsc::channel::<Bytes>(16);
    std::thread::spawn(move || read_input(&typed));
    let sizes = Arc::clone(&input);
    let resizing = tokio::spawn(async move { resize(&*sizes).await });
    let mut escape = Escape::default();
    let (mut code, mut open) = (exit::UNREACHABLE, true);
    loop {
        tokio::select! {
            event = output.next() => match event? {
                ChannelEvent::Stdout(bytes) => write(io::stdout().lock(), &bytes),
                ChannelEvent::Stderr(bytes) => write(io::stderr().lock(), &bytes),
                ChannelEvent::Exit { code: status } => code = u8::try_from(status).unwrap_or(u8::MAX),
                ChannelEvent::Signal { name, .. } => code = signalled(&name),
                ChannelEvent::Closed => break,
            },
            bytes = typing.recv(), if open => match bytes {
                Some(bytes) if is_raw && escape.ends(&bytes) => {
                    input.close().await;
                    break;
                }
                // A command need not read; how it ends tells what that meant.
                Some(bytes) => drop(input.write(bytes).await),
                None => {
                    open = false;
                    let _ = input.eof().await;
                }
            },
        }
    }
    resizing.abort();
    Ok(code)
}

/// Output that nobody reads is lost, as with ssh; the session goes on.
fn write(mut to: impl io::Write, bytes: &[u8]) {
    let _ = to.write_all(bytes).and_then(|()| to.flush());
}

/// A thread of its own, because reading a terminal cannot be interrupted.
fn read_input(to: &mpsc::Sender<Bytes>) {
    let mut buffer = [0; 4096];
    let mut input = io::stdin().lock();
    while let Ok(many) = input.read(&mut buffer) {
        if many == 0 || to.blocking_send(Bytes::copy_from_slice(&buffer[..many])).is_err() {
            break;
        }
    }
}

async fn resize(input: &dyn Input) {
    let Ok(mut changes) = signal(SignalKind::window_change()) else { return };
    while changes.recv().await.is_some() {
        let (columns, rows) = size();
        let _ = input.resize(columns, rows).await;
    }
}

/// The status of a shell whose command a signal ended.
fn signalled(name: &str) -> u8 {
    let number = match name {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        "ABRT" => 6,
        "KILL" => 9,
        "SEGV" => 11,
        "PIPE" => 13,
        "ALRM" => 14,
        "TERM" => 15,
        _ => 127,
    };
    128 + number
}

/// Looks for `~.` at the beginning of a line, the way out of a session that hangs.
#[derive(Debug, Default)]
struct Escape {
    seen: Seen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Seen {
    /// A new line begins.
    #[default]
    Start,
    /// `~` stands at its beginning.
    Tilde,
    /// Something else.
    Other,
}

impl Escape {
    fn ends(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            self.seen = match (self.seen, byte) {
                (Seen::Tilde, b'.') => return true,
                (_, b'\r' | b'\n') => Seen::Start,
                (Seen::Start, b'~') => Seen::Tilde,
                _ => Seen::Other,
            };
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_stands_at_the_beginning_of_a_line() {
        for (typed, ends) in
            [("~.", true), ("ls\r~.", true), ("a~.", false), ("~~.", false), ("~x.", false)]
        {
            assert_eq!(Escape::default().ends(typed.as_bytes()), ends, "{typed}");
        }
        let mut escape = Escape::default();
        assert!(!escape.ends(b"\r~") && escape.ends(b"."));
    }

    #[test]
    fn signals_as_a_shell_counts_them() {
        assert_eq!((signalled("KILL"), signalled("TERM"), signalled("X")), (137, 143, 255));
    }
}
