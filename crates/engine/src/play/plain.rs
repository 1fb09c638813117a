//! The plain way: the play interpreter runs here, and each of its steps is a command over SSH.
//!
//! For hosts that cannot run the executor. Nothing on the host remembers what was done: when the line
//! drops while a change is being made, the part is lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hep_core::change::{Change, Content, Deed, Outcome, Run as Program, Wait};
use hep_core::frame::{Stream, ToHost};
use hep_core::interp::{Control, Done, Event, Identity, Input, Interpreter, Request, Start, Step};
use hep_core::inventory::Host;
use hep_core::message::{Message, exec, play as say, remote};
use hep_core::observe::{Answer, Question};
use hep_core::run::HostState;
use hep_core::shell::{self, Ended, Started};
use tokio::time::Instant;

use super::Run;
use super::command::{Commands, Running, Told, find};
use super::host::{End, Part};
use crate::event::RunEvent;
use crate::lines::Lines;
use crate::transport::{Outcome as Reach, TransportError};

/// How long a program may take to end after it was told to.
const GRACE: Duration = Duration::from_secs(5);
/// How long after the second, harder telling.
const LAST_GRACE: Duration = Duration::from_secs(2);
/// Between two tries while another package manager is at work.
const LOCK_PAUSE: Duration = Duration::from_secs(1);
/// Largest amount kept of each of a program's outputs, in bytes, as the executor keeps.
const OUTPUT_LIMIT: usize = 1 << 20;

/// Why a step could not be done.
enum Cut {
    /// The line dropped; whether a change was being made.
    Line(TransportError, bool),
    /// The run is cancelled; whether what ran has ended.
    Cancelled { stopped: bool },
}

/// One host, by commands.
pub(super) struct Plain {
    run: Arc<Run>,
    commands: Commands,
    /// Whether what programs print is told.
    shows: bool,
}

impl Run {
    /// A host that is driven by commands. An error when it cannot be reached.
    pub(super) async fn plain(self: &Arc<Self>, host: &Host) -> Result<Plain, End> {
        let unreachable =
            |error: TransportError| End::Early(HostState::Unreachable, error.message());
        let connection = tokio::select! {
            connection = self.fleet.connect(host) => connection.map_err(unreachable)?,
            () = self.cancel.cancelled() => {
                return Err(End::Early(HostState::Cancelled, say::cancelled_before()));
            }
        };
        let failed = |message| End::Early(HostState::Failed, message);
        let password = self.fleet.login(host).map_err(failed)?.become_.password;
        let login = self.fleet.user(host).map_err(failed)?;
        let commands = Commands::new(connection, login, password);
        Ok(Plain { run: self.clone(), commands, shows: true })
    }

    /// Says once why a host is driven by commands.
    pub(super) async fn note_plain(&self, host: &Host, why: &Message) {
        let first =
            self.with_memory(&host.name, |memory| memory.plain.replace(why.clone()).is_none());
        if first {
            let message = say::plain_way(why);
            self.tell(RunEvent::Note { host: Some(host.name.clone()), message }).await;
        }
    }
}

impl Part {
    /// The host's part of the play, by commands.
    pub(super) async fn plainly(&mut self, start: Start, why: &Message) -> End {
        self.run.note_plain(&self.host, why).await;
        let mut plain = match self.run.plain(&self.host).await {
            Ok(plain) => plain,
            Err(end) => return end,
        };
        let mut interpreter = Interpreter::new(start);
        let (mut input, mut told, mut teller) = (Input::Next, false, Teller::default());
        loop {
            let mut step = interpreter.step(input);
            let over = matches!(step, Step::Emit(_) | Step::Done(_));
            if !told && !over && self.run.cancel.is_cancelled() {
                told = true;
                step = interpreter.step(Input::Cancel);
            }
            input = match step {
                Step::Emit(event) => {
                    self.event(teller.time(event)).await;
                    Input::Next
                }
                Step::Done(summary) => return End::Done(summary),
                Step::Ask(request) => match self.plain_answer(&mut plain, request).await {
                    Ok(input) => input,
                    Err(end) => return end,
                },
                step => match plain.timed(step, self, &mut interpreter).await {
                    Ok(Input::Outcome(Outcome::Cancelled))
                    | Err(Cut::Cancelled { stopped: true }) => {
                        told = true;
                        Input::Cancel
                    }
                    Ok(input) => input,
                    Err(cut) => return self.cut(cut),
                },
            };
        }
    }

    async fn plain_answer(&mut self, plain: &mut Plain, request: Request) -> Result<Input, End> {
        if let Request::Task(elsewhere) = &request
            && elsewhere.host.is_none()
            && &*elsewhere.module == "reboot"
        {
            let control = self.reboot_plainly(elsewhere).await;
            // The connection went with the old boot.
            *plain = self.run.plain(&self.host).await?;
            return Ok(Input::Control(control));
        }
        Ok(match self.answer(request).await {
            ToHost::Replies(replies) => Input::Replies(replies),
            ToHost::Control(control) => Input::Control(*control),
            _ => Input::Cancel,
        })
    }

    fn cut(&self, cut: Cut) -> End {
        match cut {
            Cut::Line(_, true) => End::Early(HostState::Lost, say::plain_lost()),
            Cut::Line(error, false) if !self.begun && error.outcome() == Reach::Unreachable => {
                End::Early(HostState::Unreachable, error.message())
            }
            // What was done is known: nothing was under way.
            Cut::Line(error, false) => End::Early(HostState::Failed, error.message()),
            Cut::Cancelled { stopped: true } => {
                End::Early(HostState::Cancelled, say::plain_stopped())
            }
            Cut::Cancelled { stopped: false } => {
                End::Early(HostState::Cancelled, exec::not_stopped())
            }
        }
    }
}

impl Run {
    /// A play of one task on a host, for another host's part: what came of it.
    pub(super) async fn single_plainly(
        self: &Arc<Self>,
        part: &Part,
        host: &Host,
        start: Start,
        file: u16,
    ) -> Control {
        let mut plain = match self.plain(host).await {
            Ok(plain) => plain,
            Err(End::Early(_, message)) => return Control::Unreachable(message),
            Err(End::Done(_)) => return Control::Failed(say::wrong_answer("end")),
        };
        plain.shows = false;
        let mut interpreter = Interpreter::new(start);
        let (mut input, mut done) = (Input::Next, None);
        loop {
            input = match interpreter.step(input) {
                Step::Emit(Event::Finished(report)) => {
                    done = Some(super::controller::done_of(*report));
                    Input::Next
                }
                Step::Emit(_) => Input::Next,
                Step::Done(_) => break,
                Step::Ask(Request::Asks { asks, .. }) => {
                    Input::Replies(part.files(file, asks).await)
                }
                Step::Ask(_) => Input::Control(Control::Failed(say::wrong_answer("Request"))),
                step => match plain.timed(step, part, &mut interpreter).await {
                    Ok(input) => input,
                    Err(Cut::Cancelled { .. }) => Input::Cancel,
                    Err(Cut::Line(_, true)) => return Control::Unreachable(say::plain_lost()),
                    Err(Cut::Line(error, false)) => return Control::Unreachable(error.message()),
                },
            };
        }
        done.map_or_else(
            || Control::Failed(say::wrong_answer("end")),
            |done: Done| Control::Result(Box::new(done)),
        )
    }
}

impl Plain {
    /// Does a step, and tells the interpreter how long that took.
    async fn timed(
        &mut self,
        step: Step,
        part: &Part,
        interpreter: &mut Interpreter,
    ) -> Result<Input, Cut> {
        let begun = Instant::now();
        let input = self.step(step, part).await;
        interpreter.took(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        input
    }

    async fn step(&mut self, step: Step, part: &Part) -> Result<Input, Cut> {
        match step {
            Step::Observe { identity, questions } => {
                self.observe(&identity, &questions).await.map(Input::Answers)
            }
            Step::Apply { identity, no_log, change, .. } => {
                let started = Instant::now();
                let start_ms = i64::try_from(crate::clock::now_ms()).unwrap_or(i64::MAX);
                let outcome = self.apply(&identity, &change, no_log, part).await?;
                let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                Ok(Input::Outcome(stamped(outcome, start_ms, took)))
            }
            _ => Ok(Input::Next),
        }
    }

    async fn observe(
        &mut self,
        identity: &Identity,
        questions: &[Question],
    ) -> Result<Vec<(Question, Answer)>, Cut> {
        let failed = |questions: &[Question], message: &Message| {
            let all = questions.iter().cloned();
            all.map(|question| (question, Answer::Failed(message.clone()))).collect::<Vec<_>>()
        };
        if let Some(message) = self.commands.refusal(identity) {
            return Ok(failed(questions, &message));
        }
        let mut answers = Vec::with_capacity(questions.len());
        for batch in shell::ask(questions, &crate::token::token()) {
            let cancel = self.run.cancel.clone();
            let said = tokio::select! {
                said = self.commands.short(identity, batch.script.clone(), None, batch.limit) => said,
                () = cancel.cancelled() => return Err(Cut::Cancelled { stopped: true }),
            };
            let said = said.map_err(|error| Cut::Line(error, false))?;
            if let Some(message) = said.refused.filter(|_| said.stdout.is_empty()) {
                self.commands.refuse(identity, message.clone());
                return Ok(failed(questions, &message));
            }
            let read = batch.read(&said.stdout);
            let many = say::plain_many();
            answers.extend(read.into_iter().map(|(question, answer)| {
                (question, if said.too_much { Answer::Failed(many.clone()) } else { answer })
            }));
        }
        Ok(answers)
    }

    async fn apply(
        &mut self,
        identity: &Identity,
        change: &Change,
        no_log: bool,
        part: &Part,
    ) -> Result<Outcome, Cut> {
        if self.run.cancel.is_cancelled() {
            return Ok(Outcome::Cancelled);
        }
        if let Some(message) = self.commands.refusal(identity) {
            return Ok(Outcome::Failed(message, Deed::default()));
        }
        match change {
            Change::Run(program) => self.program(identity, program, no_log, part).await,
            Change::Wait(wait) => self.wait(identity, wait).await,
            change => self.file(identity, change).await,
        }
    }

    /// The content of a file of the controller that a change wants.
    fn content(&self, content: Option<&Content>) -> Result<Option<Vec<u8>>, Message> {
        match content {
            Some(Content::Inline(bytes)) => Ok(Some(bytes.0.to_vec())),
            Some(Content::Blob { sha256, .. }) => self.run.sources.content(sha256).map(Some),
            Some(Content::HostFile { .. }) | None => Ok(None),
        }
    }

    async fn file(&mut self, identity: &Identity, change: &Change) -> Result<Outcome, Cut> {
        let wanted = match change {
            Change::WriteFile { content: content @ Content::Blob { .. }, .. } => Some(content),
            _ => None,
        };
        let made = self.content(wanted).and_then(|content| {
            let token = crate::token::token();
            let made = shell::apply(change, content.as_deref(), &token);
            made.unwrap_or_else(|| Err(say::plain_broken()))
        });
        let applying = match made {
            Ok(applying) => applying,
            Err(message) => return Ok(Outcome::Failed(message, Deed::default())),
        };
        let (script, limit) = (applying.script.clone(), applying.limit);
        let ready = Some(applying.ready.as_str());
        let said = self.commands.short(identity, script, ready, limit).await;
        let said = said.map_err(|error| {
            // What was refused before it began changed nothing.
            let begun = error.outcome() != Reach::Unreachable && error.outcome() != Reach::Failed;
            Cut::Line(error, begun)
        })?;
        if let Some(outcome) = applying.read(&said.stdout) {
            return Ok(outcome);
        }
        let message = said.refused.unwrap_or_else(say::plain_broken);
        if message.id.starts_with("remote.sudo") {
            self.commands.refuse(identity, message.clone());
        }
        Ok(Outcome::Failed(message, Deed::default()))
    }

    /// Runs a program, and again while another package manager is at work and there is time.
    async fn program(
        &mut self,
        identity: &Identity,
        program: &Program,
        no_log: bool,
        part: &Part,
    ) -> Result<Outcome, Cut> {
        let begun = Instant::now();
        let until = begun + Duration::from_millis(program.lock_wait_ms.unwrap_or(0));
        let deadline = program.timeout_ms.map(|ms| begun + Duration::from_millis(ms));
        let script = match self.content(program.script.as_ref()) {
            Ok(script) => script,
            Err(message) => return Ok(Outcome::Failed(message, Deed::default())),
        };
        let shows = self.shows && !program.secret && !no_log;
        loop {
            let at_home = *identity == Identity::Login;
            let made = shell::run(program, script.as_deref(), at_home, &crate::token::token());
            let running = match made {
                Ok(running) => running,
                Err(message) => return Ok(Outcome::Failed(message, Deed::default())),
            };
            let (deed, how) = match self.once(identity, running, deadline, shows, part).await? {
                Ok(ended) => ended,
                Err(outcome) => return Ok(outcome),
            };
            if how != Ended::Exited || !shell::is_locked(program, &deed) {
                return Ok(shell::run_failed(program, deed, how));
            }
            if Instant::now() >= until {
                return Ok(shell::run_failed(program, deed, Ended::Locked));
            }
            tokio::select! {
                () = tokio::time::sleep(LOCK_PAUSE) => {}
                () = self.run.cancel.cancelled() => return Ok(Outcome::Cancelled),
            }
        }
    }

    async fn once(
        &mut self,
        identity: &Identity,
        running: shell::Running,
        deadline: Option<Instant>,
        shows: bool,
        part: &Part,
    ) -> Result<Result<(Deed, Ended), Outcome>, Cut> {
        let stdin = running.script.stdin.clone();
        let ready = Some(running.ready.as_str());
        let command = self.commands.start(identity, &running.script.argv, stdin, ready).await;
        let command = command.map_err(|error| Cut::Line(error, false))?;
        let listener = shows.then_some(part);
        let mut watch = Watch::new(&self.commands, identity, running, command, listener, deadline);
        let ended = watch.run(&self.run).await;
        if let Ok(Err(Outcome::Failed(message, _))) = &ended
            && message.id.starts_with("remote.sudo")
        {
            let message = message.clone();
            self.commands.refuse(identity, message);
        }
        ended
    }

    async fn wait(&mut self, identity: &Identity, wait: &Wait) -> Result<Outcome, Cut> {
        let failed = |message| Ok(Outcome::Failed(message, Deed::default()));
        let begun = Instant::now();
        let search = match shell::Search::new(&wait.until) {
            Ok(search) => search,
            Err(message) => return failed(message),
        };
        let deadline = begun + Duration::from_millis(wait.timeout_ms);
        if self.slept(begun + Duration::from_millis(wait.delay_ms)).await {
            return Ok(Outcome::Cancelled);
        }
        let questions = search.questions();
        loop {
            if questions.is_empty() {
                let cancelled = self.slept(deadline).await;
                return Ok(if cancelled {
                    Outcome::Cancelled
                } else {
                    Outcome::Done(Deed::default())
                });
            }
            let answers = self.observe(identity, &questions).await?;
            let answers: Vec<Answer> = answers.into_iter().map(|(_, answer)| answer).collect();
            match search.holds(&answers) {
                Ok(Some(text)) => {
                    let matched = (!text.is_empty()).then(|| text.into());
                    return Ok(Outcome::Done(Deed { matched, ..Deed::default() }));
                }
                Ok(None) => {}
                Err(message) => return failed(message),
            }
            if Instant::now() >= deadline {
                let seconds = wait.timeout_ms.div_ceil(1000);
                return failed(remote::wait_timeout(shell::what(&wait.until), seconds));
            }
            let next = Instant::now() + Duration::from_millis(wait.sleep_ms.max(10));
            if self.slept(next.min(deadline)).await {
                return Ok(Outcome::Cancelled);
            }
        }
    }

    /// Sleeps; true when the run was cancelled meanwhile.
    async fn slept(&self, until: Instant) -> bool {
        tokio::select! {
            () = tokio::time::sleep_until(until) => false,
            () = self.run.cancel.cancelled() => true,
        }
    }
}

/// A program whose output is passed on until it has ended.
struct Watch<'a> {
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
    fn new(
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
            deadline,
            stopping: None,
        }
    }

    async fn run(&mut self, run: &Run) -> Result<Result<(Deed, Ended), Outcome>, Cut> {
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
            Some(Started::Running { pid, group, start_ms }) => {
                self.groups = Some([group, pid]);
                self.start_ms = start_ms;
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

/// Measures tasks; the interpreter has no clock.
#[derive(Default)]
struct Teller {
    begun: HashMap<u32, Instant>,
    item: HashMap<u32, Instant>,
}

impl Teller {
    fn time(&mut self, mut event: Event) -> Event {
        let now = Instant::now();
        let since = |then: Option<Instant>| {
            let took = now.duration_since(then.unwrap_or(now));
            u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
        };
        match &mut event {
            Event::Started { task, .. } => {
                self.begun.insert(*task, now);
                self.item.insert(*task, now);
            }
            Event::Item(report) => report.duration_ms = since(self.item.insert(report.task, now)),
            Event::Finished(report) => {
                self.item.remove(&report.task);
                report.duration_ms = since(self.begun.remove(&report.task));
            }
            Event::Retry { .. } | Event::Var { .. } | Event::Notified { .. } => {}
        }
        event
    }
}

/// An outcome with its times.
fn stamped(mut outcome: Outcome, begun_ms: i64, took_ms: u64) -> Outcome {
    if let Outcome::Done(deed) | Outcome::Failed(_, deed) = &mut outcome {
        deed.duration_ms = took_ms;
        if deed.start_ms == 0 {
            deed.start_ms = begun_ms;
        }
    }
    outcome
}

async fn sleep_until(until: Option<Instant>) {
    if let Some(until) = until {
        tokio::time::sleep_until(until).await;
    }
}
