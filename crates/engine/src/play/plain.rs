//! The plain way: the play interpreter runs here, and each of its steps is a command over SSH.
//!
//! For hosts that cannot run the executor. Nothing on the host remembers what was done: when the line
//! drops while a change is being made, the part is lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hep_core::change::{Change, Content, Deed, Outcome, Run as Program, Wait};
use hep_core::frame::ToHost;
use hep_core::interp::{
    Control, Done, Elsewhere, Event, Identity, Input, Interpreter, Request, Start, Step,
};
use hep_core::inventory::Host;
use hep_core::limited;
use hep_core::message::{Message, exec, play as say, remote};
use hep_core::observe::{Answer, Question};
use hep_core::run::HostState;
use hep_core::shell::{self, Ended};
use tokio::time::Instant;

use super::Run;
use super::command::Commands;
use super::host::{End, Part};
use super::watch::Watch;
use crate::event::RunEvent;
use crate::transport::{Outcome as Reach, TransportError};

/// Between two tries while another package manager is at work.
const LOCK_PAUSE: Duration = Duration::from_secs(1);

/// Why a step could not be done.
pub(super) enum Cut {
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
            && self.is_of_play(elsewhere)
        {
            let control = self.reboot_plainly(elsewhere).await;
            // The connection went with the old boot.
            *plain = self.run.plain(&self.host).await?;
            return Ok(Input::Control(control));
        }
        if request == Request::Reset {
            self.run.fleet.disconnect(&self.host).await;
            *plain = self.run.plain(&self.host).await?;
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
        elsewhere: &Elsewhere,
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
                    Input::Replies(part.files(elsewhere, asks).await)
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
        if self.commands.limited_user(identity).is_none() {
            let message = match self.look(identity, questions).await? {
                Ok(answers) => return Ok(answers),
                Err(message) => message,
            };
            if !self.is_limited(identity, &message).await? {
                let all = questions.iter().cloned();
                let failed = all.map(|question| (question, Answer::Failed(message.clone())));
                return Ok(failed.collect());
            }
        }
        let user = self.commands.limited_user(identity).unwrap_or_else(|| "".into());
        let looked = self.look(&Identity::Login, questions).await?;
        let answers = looked.unwrap_or_default().into_iter();
        let checked = answers.map(|(question, answer)| {
            let answer = limited::refusal(&question, &user.name).unwrap_or(answer);
            (question, answer)
        });
        Ok(checked.collect())
    }

    async fn is_limited(&mut self, identity: &Identity, refusal: &Message) -> Result<bool, Cut> {
        let found = self.commands.find_limited(identity, refusal).await;
        found.map_err(|error| Cut::Line(error, false))
    }

    /// The answers, or why the identity cannot be taken.
    async fn look(
        &mut self,
        identity: &Identity,
        questions: &[Question],
    ) -> Result<Result<Vec<(Question, Answer)>, Message>, Cut> {
        if let Some(message) = self.commands.refusal(identity) {
            return Ok(Err(message));
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
                return Ok(Err(message));
            }
            let read = batch.read(&said.stdout);
            let many = say::plain_many();
            answers.extend(read.into_iter().map(|(question, answer)| {
                (question, if said.too_much { Answer::Failed(many.clone()) } else { answer })
            }));
        }
        Ok(Ok(answers))
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
        if self.commands.limited_user(identity).is_none() {
            let outcome = self.apply_as(identity, change, no_log, part).await?;
            match &outcome {
                Outcome::Failed(why, _) if self.is_limited(identity, why).await? => {}
                _ => return Ok(outcome),
            }
        }
        let user = self.commands.limited_user(identity).unwrap_or_else(|| "".into());
        match limited::direct(change, &user) {
            Ok(direct) => {
                let outcome = self.apply_as(&Identity::Login, &direct, no_log, part).await?;
                Ok(limited::judged(outcome, change, &user.name))
            }
            Err(message) => Ok(Outcome::Failed(message, Deed::default())),
        }
    }

    async fn apply_as(
        &mut self,
        identity: &Identity,
        change: &Change,
        no_log: bool,
        part: &Part,
    ) -> Result<Outcome, Cut> {
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
        let ended = self.attempt(identity, running.clone(), deadline, shows, part).await?;
        let ended = match ended {
            // Nothing was started, so the second try cannot do anything twice.
            Err(Outcome::Failed(why, _)) if self.commands.give_terminal(identity, &why) => {
                self.attempt(identity, running, deadline, shows, part).await?
            }
            ended => ended,
        };
        if let Err(Outcome::Failed(message, _)) = &ended
            && message.id.starts_with("remote.sudo")
        {
            self.commands.refuse(identity, message.clone());
        }
        Ok(ended)
    }

    async fn attempt(
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
        watch.run(&self.run).await
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
                return failed(remote::wait_timeout(hep_core::until::what(&wait.until), seconds));
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
            Event::Retry { .. }
            | Event::Var { .. }
            | Event::Delegated { .. }
            | Event::Notified { .. } => {}
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
