//! A command on one host: start, input, output, end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hep_core::frame::Stream;
use hep_core::inventory::Host;
use hep_core::message::{Message, exec as say};
use hep_core::run::HostState;
use tokio::time::Instant;

use super::Request;
use super::kill::{self, Search};
use super::wrap::{Command, Wrapped};
use crate::cancel::Cancel;
use crate::event::{Events, HostEnd, RunEvent};
use crate::fleet::Fleet;
use crate::lines::Lines;
use crate::transport::{self, ChannelEvent, Exec, Input, Outcome, Pty, TransportError};

/// How long a command may take to end after it was told to.
const GRACE: Duration = Duration::from_secs(5);
/// How long after the second, harder telling.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// What every host of a request shares.
pub(super) struct Work {
    pub(super) fleet: Arc<Fleet>,
    pub(super) request: Arc<Request>,
    pub(super) events: Events,
    pub(super) cancel: Cancel,
}

/// How a command ended, as far as it is known.
#[derive(Debug, Default)]
struct End {
    rc: Option<i32>,
    signal: Option<String>,
    state: Option<HostState>,
    error: Option<Message>,
    /// sudo refused because it has no terminal: nothing was started, so it may be tried with one.
    wants_terminal: bool,
}

impl Work {
    pub(super) async fn run(&self, host: Host) {
        let begun = Instant::now();
        let end = if self.cancel.is_cancelled() || !self.request.gate.lets(&host.name).await {
            End { state: Some(HostState::NotStarted), ..End::default() }
        } else {
            self.attempt(&host).await
        };
        let state = end.state.unwrap_or(match (end.rc, &end.signal) {
            (Some(0), _) => HostState::Succeeded,
            (Some(_), _) | (None, Some(_)) => HostState::Failed,
            (None, None) => HostState::Lost,
        });
        let end = HostEnd {
            host: host.name.clone(),
            state,
            rc: end.rc,
            signal: end.signal,
            duration_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            error: end.error,
            summary: None,
        };
        // A door that has gone does not want to know.
        let _ = self.events.send(RunEvent::Host(Box::new(end))).await;
    }

    async fn attempt(&self, host: &Host) -> End {
        let connection = tokio::select! {
            connection = self.fleet.connect(host) => connection,
            () = self.cancel.cancelled() => {
                return End { state: Some(HostState::Cancelled), ..End::default() };
            }
        };
        let connection = match connection {
            Ok(connection) => connection,
            Err(error) => return failed(&error),
        };
        let command = match self.command(host) {
            Ok(command) => command,
            Err(message) => return End { error: Some(message), ..End::unreachable() },
        };
        let end = self.once(&*connection, host, &command, None).await;
        if end.wants_terminal {
            // Nothing has been started, so the second try cannot do anything twice.
            return self.once(&*connection, host, &command, Some(terminal())).await;
        }
        end
    }

    fn command(&self, host: &Host) -> Result<Command, Message> {
        let mut command = self.request.command.clone();
        if let Some(mut sudo) = command.sudo.take() {
            let login = self.fleet.login(host)?;
            let (user, flags) = self.fleet.becoming(host)?;
            sudo.user = sudo.user.or(user);
            (sudo.password, sudo.flags) = (login.become_.password, flags);
            // As in plays: who is that user already needs no sudo, which may not even be there.
            let is_already = login.user.as_deref() == Some(sudo.name()) && sudo.flags.is_usual();
            command.sudo = (!is_already).then_some(sudo);
        }
        Ok(command)
    }

    async fn once(
        &self,
        connection: &dyn crate::transport::Connection,
        host: &Host,
        command: &Command,
        pty: Option<Pty>,
    ) -> End {
        let mut wrapped = command.wrap(&crate::token::token());
        if pty.is_some() {
            // Bytes shall arrive as they were sent, without echo.
            wrapped.line = format!("stty raw -echo; {}", wrapped.line);
        }
        let exec =
            Exec { command: wrapped.line.clone(), pty: pty.clone(), mark: wrapped.token.clone() };
        let channel = match connection.exec(exec).await {
            Ok(channel) => channel,
            Err(error) => return failed(&error),
        };
        let (input, output) = channel.split();
        Pump::new(self, connection, host, command, wrapped, input, pty).run(output).await
    }
}

/// Moves input and output of one command until it has ended.
struct Pump<'a> {
    work: &'a Work,
    connection: &'a dyn transport::Connection,
    host: Arc<str>,
    command: &'a Command,
    wrapped: Wrapped,
    input: Arc<dyn Input>,
    out: Lines,
    err: Lines,
    started: bool,
    asked: u32,
    /// Standard error before the mark: sudo's own words.
    preface: Vec<u8>,
    /// Standard output that came before the mark.
    overtaking: Vec<u8>,
    end: End,
    /// The terminal it has.
    pty: Option<Pty>,
    /// The process groups that were told to end.
    groups: String,
    /// Whether they could be searched for on the host.
    searched: bool,
}

impl<'a> Pump<'a> {
    fn new(
        work: &'a Work,
        connection: &'a dyn transport::Connection,
        host: &Host,
        command: &'a Command,
        wrapped: Wrapped,
        input: Arc<dyn Input>,
        pty: Option<Pty>,
    ) -> Self {
        Self {
            work,
            connection,
            host: host.name.clone(),
            command,
            wrapped,
            input,
            out: Lines::default(),
            err: Lines::default(),
            started: false,
            asked: 0,
            preface: vec![],
            overtaking: vec![],
            end: End::default(),
            pty,
            groups: String::new(),
            searched: false,
        }
    }

    async fn run(mut self, mut output: Box<dyn transport::Events>) -> End {
        let mut feeding = None;
        if self.wrapped.mark.is_none() {
            self.started = true;
            feeding = Some(self.feed(self.work.request.stdin.clone()));
        } else if self.wrapped.prompt.is_none() {
            let prelude = std::mem::take(&mut self.wrapped.prelude);
            feeding = Some(self.send(Bytes::from(prelude)));
        }
        let deadline = self.work.request.timeout.map(|timeout| Instant::now() + timeout);
        let mut stopping: Option<Stopping> = None;
        loop {
            let until = stopping.as_ref().map(|s| s.until).or(deadline);
            tokio::select! {
                event = output.next() => match event {
                    Ok(ChannelEvent::Closed) => break,
                    Ok(event) => {
                        if let Some(bytes) = self.take(event).await {
                            feeding = Some(bytes);
                        }
                    }
                    Err(error) => {
                        self.end = failed(&error);
                        break;
                    }
                },
                () = sleep_until(until), if until.is_some() => {
                    let reason = HostState::Failed;
                    if self.stop(&mut stopping, reason).await { break }
                }
                () = self.work.cancel.cancelled(), if stopping.is_none() => {
                    if self.stop(&mut stopping, HostState::Cancelled).await { break }
                }
            }
        }
        if let Some(feeding) = feeding {
            feeding.abort();
        }
        self.finish(stopping).await
    }

    /// Sends bytes beside reading, because a command whose output is not read stops reading its input.
    fn send(&self, bytes: Bytes) -> tokio::task::AbortHandle {
        let input = Arc::clone(&self.input);
        tokio::spawn(async move {
            // A command need not read its input; how it ends tells what that meant.
            let _ = input.write(bytes).await;
        })
        .abort_handle()
    }

    /// Sends the operator's input and ends it.
    fn feed(&self, bytes: Bytes) -> tokio::task::AbortHandle {
        let input = Arc::clone(&self.input);
        tokio::spawn(async move {
            if bytes.is_empty() || input.write(bytes).await.is_ok() {
                let _ = input.eof().await;
            }
        })
        .abort_handle()
    }

    async fn take(&mut self, event: ChannelEvent) -> Option<tokio::task::AbortHandle> {
        match event {
            ChannelEvent::Stdout(bytes) if self.started => self.lines(Stream::Out, &bytes).await,
            ChannelEvent::Stderr(bytes) if self.started => self.lines(Stream::Err, &bytes).await,
            // The two streams are not ordered: output may overtake the mark.
            ChannelEvent::Stdout(bytes) if self.pty.is_none() => {
                self.overtaking.extend_from_slice(&bytes);
            }
            ChannelEvent::Stdout(bytes) | ChannelEvent::Stderr(bytes) => {
                return self.before_start(&bytes).await;
            }
            ChannelEvent::Exit { code } => self.end.rc = Some(i32::try_from(code).unwrap_or(255)),
            ChannelEvent::Signal { name, .. } => self.end.signal = Some(name),
            ChannelEvent::Closed => {}
        }
        None
    }

    /// Looks for sudo's prompt and for the mark.
    async fn before_start(&mut self, bytes: &[u8]) -> Option<tokio::task::AbortHandle> {
        self.preface.extend_from_slice(bytes);
        if let Some(prompt) = self.wrapped.prompt.clone()
            && let Some(at) = find(&self.preface, prompt.as_bytes())
        {
            self.preface.drain(..at + prompt.len());
            self.asked += 1;
            return self.answer_prompt().await;
        }
        let mark = self.wrapped.mark.clone()?;
        let at = find(&self.preface, format!("{mark}\n").as_bytes())?;
        self.started = true;
        let rest = self.preface.split_off(at + mark.len() + 1);
        let said = std::mem::take(&mut self.preface);
        self.lines(Stream::Err, &said[..at]).await;
        // A terminal has one stream for both.
        let stream = if self.pty.is_some() { Stream::Out } else { Stream::Err };
        self.lines(stream, &rest).await;
        let early = std::mem::take(&mut self.overtaking);
        self.lines(Stream::Out, &early).await;
        Some(self.feed(self.work.request.stdin.clone()))
    }

    async fn answer_prompt(&mut self) -> Option<tokio::task::AbortHandle> {
        let password = self.command.sudo.as_ref().and_then(|sudo| sudo.password.clone());
        if self.asked > 1 {
            // It was wrong. Asking again would lock the account sooner.
            let _ = self.input.eof().await;
            return None;
        }
        let password = password?;
        let mut bytes = password.expose().clone().into_bytes();
        bytes.push(b'\n');
        bytes.extend_from_slice(&std::mem::take(&mut self.wrapped.prelude));
        Some(self.send(Bytes::from(bytes)))
    }

    async fn lines(&mut self, stream: Stream, bytes: &[u8]) {
        let mut ready = Vec::new();
        let lines = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        lines.push(bytes, |line, partial| ready.push((line, partial)));
        for (line, partial) in ready {
            self.line(stream, line, partial).await;
        }
    }

    async fn line(&self, stream: Stream, line: Bytes, partial: bool) {
        let event = RunEvent::Line { host: self.host.clone(), stream, line, partial };
        let _ = self.work.events.send(event).await;
    }

    /// Tells the command to end: first politely, then not. True when nothing more can be done.
    async fn stop(&mut self, stopping: &mut Option<Stopping>, reason: HostState) -> bool {
        match stopping {
            None => {
                self.kill("TERM").await;
                *stopping = Some(Stopping { reason, until: Instant::now() + GRACE, hard: false });
                false
            }
            Some(stop) if !stop.hard => {
                self.kill("KILL").await;
                stop.hard = true;
                stop.until = Instant::now() + LAST_GRACE;
                false
            }
            Some(_) => {
                self.input.close().await;
                true
            }
        }
    }

    /// Sends a signal to the command's process group by both ways there are. The search comes first: it
    /// finds the command's processes by their parents, which the signal request may end.
    async fn kill(&mut self, signal: &str) {
        let search = Search {
            signal,
            groups: &self.groups,
            mark: &self.wrapped.token,
            trace: self.input.trace(),
            sudo: self.command.sudo.as_ref(),
        };
        let exec = Exec { command: search.line(), pty: self.pty.clone(), mark: String::new() };
        let searching = async {
            let channel = self.connection.exec_at_once(exec).await?;
            channel.run(search.stdin(), kill::MOST_GROUPS).await
        };
        // A host that allows one session has no room for this: then the signal alone has to do.
        if let Ok(Ok(done)) = tokio::time::timeout(LAST_GRACE, searching).await {
            self.groups = kill::group_numbers(&done.stdout);
            self.searched = true;
        }
        let _ = self.input.signal(signal).await;
    }

    async fn finish(mut self, stopping: Option<Stopping>) -> End {
        for (stream, rest) in [(Stream::Out, self.out.finish()), (Stream::Err, self.err.finish())] {
            if let Some(line) = rest {
                // No newline ended it.
                self.line(stream, line, true).await;
            }
        }
        if let Some(stop) = stopping {
            return self.stopped(&stop);
        }
        if !self.started {
            return self.never_started();
        }
        if self.end.rc.is_none() && self.end.signal.is_none() && self.end.error.is_none() {
            self.end.error = Some(say::no_ending());
            self.end.state = Some(HostState::Lost);
        }
        self.end
    }

    fn stopped(self, stop: &Stopping) -> End {
        let ended = self.end.rc.is_some() || self.end.signal.is_some();
        // A signal request does not reach what sudo runs: its end may be that of sudo's parent only.
        let ended = ended && (self.searched || self.command.sudo.is_none());
        let error = match (stop.reason, ended) {
            (HostState::Cancelled, true) => say::cancelled(),
            (HostState::Cancelled, false) => say::not_stopped(),
            (_, true) => say::timed_out(self.seconds()),
            (_, false) => say::timed_out_running(self.seconds()),
        };
        End { state: Some(stop.reason), error: Some(error), ..self.end }
    }

    fn seconds(&self) -> u64 {
        self.work.request.timeout.map_or(0, |timeout| timeout.as_secs())
    }

    fn never_started(self) -> End {
        let said = [&*self.overtaking, &*self.preface].concat();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        let lost = self.end.rc.is_none() && self.end.signal.is_none();
        if lost && self.end.error.is_some() {
            return self.end;
        }
        let Some(sudo) = &self.command.sudo else {
            let error = say::wrapper_failed(&said);
            return End { state: Some(HostState::Failed), error: Some(error), ..self.end };
        };
        let error = if self.asked > 1 {
            say::sudo_wrong_password(sudo.name())
        } else if said.contains("password is required") {
            say::sudo_needs_password(sudo.name())
        } else {
            say::sudo_failed(sudo.name(), &said)
        };
        let wants_terminal = said.contains("must have a tty");
        End { state: Some(HostState::Failed), error: Some(error), wants_terminal, ..self.end }
    }
}

/// A command that was told to end.
struct Stopping {
    reason: HostState,
    until: Instant,
    hard: bool,
}

impl End {
    fn unreachable() -> Self {
        Self { state: Some(HostState::Unreachable), ..Self::default() }
    }
}

fn failed(error: &TransportError) -> End {
    let state = match error.outcome() {
        Outcome::Unreachable => HostState::Unreachable,
        Outcome::Lost => HostState::Lost,
        Outcome::Failed => HostState::Failed,
    };
    End { state: Some(state), error: Some(error.message()), ..End::default() }
}

fn terminal() -> Pty {
    Pty { term: "dumb".into(), columns: 200, rows: 50 }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

async fn sleep_until(until: Option<Instant>) {
    if let Some(until) = until {
        tokio::time::sleep_until(until).await;
    }
}
