//! A program on a host that has no executor: its output passed on as it comes, and its end, also where it
//! must be ended.

use std::time::Duration;

use hep_core::change::{Deed, Outcome};
use hep_core::frame::Stream;
use hep_core::interp::Identity;
use hep_core::message::play as say;
use hep_core::shell::{self, Ended, Started};
use tokio::time::Instant;

use super::Run;
use super::command::{Commands, Running, Told, find};
use super::host::Part;
use super::plain::Cut;
use crate::event::RunEvent;
use crate::lines::Lines;
use crate::transport::TransportError;

/// How long a program may take to end after it was told to.
const GRACE: Duration = Duration::from_secs(5);
/// How long after the second, harder telling.
const LAST_GRACE: Duration = Duration::from_secs(2);
/// Largest amount kept of each of a program's outputs, in bytes, as the executor keeps.
const OUTPUT_LIMIT: usize = 1 << 20;

/// A program whose output is passed on until it has ended.
pub(super) struct Watch<'a> {
    commands: &'a Commands,
    identity: &'a Identity,
    running: shell::Running,
    command: Running,
    part: Option<&'a Part>,
    out: Output,
    err: Output,
    /// The process and its group, once it runs.
    groups: Option<[u32; 2]>,
    start_ms: Option<i64>,
    /// Seconds that the host's local time was ahead of UTC then.
    ahead_s: i32,
    deadline: Option<Instant>,
    stopping: Option<Stopping>,
}

/// A program that was told to end.
struct Stopping {
    how: Option<Ended>,
    until: Instant,
    hard: bool,
}

impl<'a> Watch<'a> {
    /// What listens to it; `deadline` is when it is ended.
    pub(super) fn new(
        commands: &'a Commands,
        identity: &'a Identity,
        running: shell::Running,
        command: Running,
        part: Option<&'a Part>,
        deadline: Option<Instant>,
    ) -> Self {
        Self {
            commands,
            identity,
            running,
            command,
            part,
            out: Output::default(),
            err: Output::default(),
            groups: None,
            start_ms: None,
            ahead_s: 0,
            deadline,
            stopping: None,
        }
    }

    /// Watches it to its end.
    pub(super) async fn run(&mut self, run: &Run) -> Result<Result<(Deed, Ended), Outcome>, Cut> {
        let mut rc = None;
        loop {
            let until = self.stopping.as_ref().map(|stopping| stopping.until).or(self.deadline);
            tokio::select! {
                told = self.command.next() => match told {
                    Ok(Told::Out(bytes)) => self.take(Stream::Out, &bytes).await,
                    Ok(Told::Err(bytes)) => {
                        if let Some(outcome) = self.error_output(&bytes).await {
                            return Ok(Err(outcome));
                        }
                    }
                    Ok(Told::Ended(status)) => rc = Some(status),
                    Ok(Told::Closed) => break,
                    Err(error) => {
                        // A cancel that ended the line is still a cancel.
                        return Err(Cut::Line(error, true));
                    }
                },
                () = sleep_until(until), if until.is_some() && rc.is_none() => {
                    if !self.stop(Some(Ended::TimedOut)).await {
                        self.command.close().await;
                        break;
                    }
                }
                () = run.cancel.cancelled(), if self.stopping.is_none() && rc.is_none() => {
                    self.stop(None).await;
                }
            }
        }
        self.ended(rc).await
    }

    async fn ended(&mut self, rc: Option<i32>) -> Result<Result<(Deed, Ended), Outcome>, Cut> {
        if self.groups.is_none() && self.stopping.is_none() {
            let message = self.command.refusal().unwrap_or_else(say::plain_broken);
            return Ok(Err(Outcome::Failed(message, Deed::default())));
        }
        for stream in [Stream::Out, Stream::Err] {
            let rest = self.side(stream).lines.finish();
            if let Some(line) = rest {
                self.show(stream, line, false).await;
            }
        }
        let how = match (&self.stopping, rc) {
            (Some(Stopping { how: None, .. }), Some(_)) => return Ok(Err(Outcome::Cancelled)),
            (Some(Stopping { how: None, .. }), None) => {
                return Err(Cut::Cancelled { stopped: false });
            }
            (Some(Stopping { how: Some(how), .. }), _) => *how,
            (None, Some(_)) => Ended::Exited,
            // It closed without saying how the program did.
            (None, None) => {
                let host = String::new();
                let error = TransportError::Refused { host, what: "no status" };
                return Err(Cut::Line(error, true));
            }
        };
        let [out, err] = [&mut self.out, &mut self.err].map(std::mem::take);
        let deed = Deed {
            rc: Some(rc.unwrap_or(137)),
            stdout: out.kept.into_bytes().into(),
            stderr: err.kept.into_bytes().into(),
            start_ms: self.start_ms.unwrap_or(0),
            // The end is not asked for: a command during which the clocks are changed has it an hour off.
            ahead_s: [self.ahead_s; 2],
            ..Deed::default()
        };
        Ok(Ok((deed, how)))
    }

    /// Tells it to end: first politely, then not. False when nothing more can be done.
    async fn stop(&mut self, how: Option<Ended>) -> bool {
        let (signal, until) = match &self.stopping {
            None => ("TERM", Instant::now() + GRACE),
            Some(stopping) if !stopping.hard => ("KILL", Instant::now() + LAST_GRACE),
            Some(_) => return false,
        };
        let (how, hard) = match &self.stopping {
            None => (how, false),
            Some(stopping) => (stopping.how, true),
        };
        self.stopping = Some(Stopping { how, until, hard });
        self.command.signal(signal).await;
        if let Some(groups) = self.groups {
            let killing = self.commands.kill(self.identity, signal, groups);
            let _ = tokio::time::timeout(LAST_GRACE, killing).await;
        }
        true
    }

    /// The error output up to the mark is not the program's.
    async fn error_output(&mut self, bytes: &[u8]) -> Option<Outcome> {
        if self.groups.is_some() {
            self.take(Stream::Err, bytes).await;
            return None;
        }
        let mark = format!("{} ", self.running.mark);
        let held = &mut self.err.held;
        held.extend_from_slice(bytes);
        let at = find(held, mark.as_bytes())? + mark.len();
        let end = at + held[at..].iter().position(|byte| *byte == b'\n')?;
        let line = String::from_utf8_lossy(&held[at..end]).into_owned();
        let rest = held.split_off(end + 1);
        match self.running.started(&line) {
            Some(Started::Running { pid, group, start_ms, ahead_s }) => {
                self.groups = Some([group, pid]);
                (self.start_ms, self.ahead_s) = (start_ms, ahead_s);
                self.err.begun = true;
                self.take(Stream::Err, &rest).await;
                None
            }
            Some(Started::Failed(outcome)) => Some(outcome),
            None => Some(Outcome::Failed(say::plain_broken(), Deed::default())),
        }
    }

    async fn take(&mut self, stream: Stream, bytes: &[u8]) {
        let mark = format!("{}\n", self.running.mark);
        let side = self.side(stream);
        let mut ready = Vec::new();
        if side.begun {
            side.push(bytes, &mut ready);
        } else {
            // What the login shell says before the mark is nobody's.
            side.held.extend_from_slice(bytes);
            if let Some(at) = find(&side.held, mark.as_bytes()) {
                side.begun = true;
                let held = std::mem::take(&mut side.held);
                side.push(&held[at + mark.len()..], &mut ready);
            } else if side.held.len() > OUTPUT_LIMIT {
                side.held.drain(..OUTPUT_LIMIT / 2);
            }
        }
        for (line, partial) in ready {
            self.show(stream, line, partial).await;
        }
    }

    fn side(&mut self, stream: Stream) -> &mut Output {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    async fn show(&mut self, stream: Stream, line: bytes::Bytes, partial: bool) {
        if let Some(part) = self.part {
            let host = part.host.name.clone();
            part.run.tell(RunEvent::Line { host, stream, line, partial }).await;
        }
    }
}

/// One of a program's outputs.
#[derive(Default)]
struct Output {
    begun: bool,
    held: Vec<u8>,
    lines: Lines,
    kept: Kept,
}

impl Output {
    fn push(&mut self, bytes: &[u8], ready: &mut Vec<(bytes::Bytes, bool)>) {
        self.kept.push(bytes);
        self.lines.push(bytes, |line, partial| ready.push((line, partial)));
    }
}

/// Output of which the middle is dropped once it is over the limit, as the executor does.
#[derive(Default)]
struct Kept {
    head: Vec<u8>,
    tail: std::collections::VecDeque<u8>,
    dropped: usize,
}

impl Kept {
    fn push(&mut self, bytes: &[u8]) {
        let half = OUTPUT_LIMIT / 2;
        let room = half.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend(&bytes[room..]);
        let over = self.tail.len().saturating_sub(half);
        self.tail.drain(..over);
        self.dropped += over;
    }

    fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.head;
        if self.dropped > 0 {
            bytes.extend_from_slice(format!("\n[… {} bytes cut …]\n", self.dropped).as_bytes());
        }
        bytes.extend(self.tail);
        bytes
    }
}

async fn sleep_until(until: Option<Instant>) {
    if let Some(until) = until {
        tokio::time::sleep_until(until).await;
    }
}
