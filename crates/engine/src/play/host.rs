//! One host's part of a play: its executor, and everything that it asks on the way.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hep_core::frame::{self, FromHost, Stream, ToHost};
use hep_core::interp::{
    Control, Event, Options, Report, Request, Start, State, Summary, variables_of_facts,
};
use hep_core::inventory::Host;
use hep_core::message::{Message, play as say};
use hep_core::observe::{Ask, Reply};
use hep_core::program::Meta;
use hep_core::run::HostState;
use hep_core::value::{Map, Trust};
use hep_core::vars::{Layer, Level, Var};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::coordinator::Waiting;
use super::executor::{Broken, Executor, NotStarted};
use super::{Run, Scene, lookup, no_executor};
use crate::event::RunEvent;
use crate::transport::{Outcome, TransportError};

/// How long a host may take to say how far it came after a cancel.
const CANCEL_GRACE: Duration = Duration::from_secs(10);
/// How long a host that was lost may take to tell its journal, once it is reached again.
const JOURNAL_GRACE: Duration = Duration::from_secs(5);

/// How a part ends.
#[derive(Debug)]
pub(super) enum End {
    /// The play was over on this host.
    Done(Summary),
    /// It ended early.
    Early(HostState, Message),
}

/// Why there is no executor on a host.
#[derive(Debug)]
pub(super) enum NoStart {
    /// The part ends.
    End(End),
    /// The host cannot run one, and why: single commands serve.
    Plain(Message),
}

impl NoStart {
    /// The end of a part that had an executor and needs another.
    pub(super) fn end(self) -> End {
        match self {
            Self::End(end) => end,
            Self::Plain(why) => End::Early(HostState::Failed, why),
        }
    }
}

/// One host's part of a play.
pub(super) struct Part {
    pub(super) run: Arc<Run>,
    pub(super) scene: Arc<Scene>,
    index: usize,
    pub(super) host: Host,
    turns: Arc<Semaphore>,
    turn: Option<OwnedSemaphorePermit>,
    /// The task whose slot is held.
    slot: Option<u32>,
    /// Whether something may have been changed.
    pub(super) begun: bool,
    /// The task that it does.
    at: Option<u32>,
    /// How often it has come to each include.
    includes: HashMap<(u32, Arc<str>), u32>,
    cancelling: Option<Instant>,
}

impl Part {
    pub(super) fn new(
        run: Arc<Run>,
        scene: Arc<Scene>,
        index: usize,
        host: Host,
        turns: Arc<Semaphore>,
    ) -> Self {
        Self {
            run,
            scene,
            index,
            host,
            turns,
            turn: None,
            slot: None,
            begun: false,
            at: None,
            includes: HashMap::new(),
            cancelling: None,
        }
    }

    /// Does it, and files the end.
    pub(super) async fn run(mut self) {
        self.take_turn().await;
        let begun = Instant::now();
        let refused =
            self.run.cancel.is_cancelled() || !self.run.request.gate.lets(&self.host.name).await;
        let end = match refused {
            true => End::Early(HostState::NotStarted, say::cancelled_before()),
            false => self.attempt().await,
        };
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A host that was lost has failed in the task that it did.
        let is_early = matches!(end, End::Early(..)) && !self.run.cancel.is_cancelled();
        let fatal = is_early && self.scene.is_fatal(self.at);
        let failed = self.file(end, duration_ms);
        self.tell_early(failed).await;
        self.scene.coordinator.ended(self.index, failed, fatal);
    }

    /// Tells at once what ended a host's part without a task's failure: nobody shall wait for it in vain.
    async fn tell_early(&self, failed: bool) {
        let end = self.run.with_memory(&self.host.name, |memory| memory.end(&self.host.name));
        if failed && end.error.is_some() {
            self.run.tell(RunEvent::Left(Box::new(end))).await;
        }
    }

    fn file(&self, end: End, duration_ms: u64) -> bool {
        let (summary, state) = match end {
            End::Done(summary) => {
                let state = if summary.is_cancelled {
                    Some((HostState::Cancelled, None))
                } else if summary.unreachable > 0 && summary.is_failed {
                    Some((HostState::Failed, None))
                } else {
                    summary.is_failed.then_some((HostState::Failed, None))
                };
                (summary, state)
            }
            End::Early(state, message) => (Summary::default(), Some((state, Some(message)))),
        };
        let failed = state.is_some();
        self.run.with_memory(&self.host.name, |memory| {
            memory.add(&summary, duration_ms);
            if let Some(state) = state {
                memory.state = Some(state);
            }
        });
        failed
    }

    async fn take_turn(&mut self) {
        if self.turn.is_none() {
            // The semaphore is never closed.
            self.turn = Arc::clone(&self.turns).acquire_owned().await.ok();
        }
    }

    async fn attempt(&mut self) -> End {
        let fixed = self.run.request.fixed.as_ref();
        if let Some((state, message)) = fixed.and_then(|fixed| fixed.refusal(&self.host.name)) {
            return End::Early(state, message);
        }
        let start = match self.start() {
            Ok(start) => start,
            Err(message) => return End::Early(HostState::Failed, message),
        };
        let mut executor = match self.executor().await {
            Ok(executor) => executor,
            Err(NoStart::End(end)) => return end,
            Err(NoStart::Plain(_)) if !self.may_untold().await => {
                return End::Early(HostState::Cancelled, say::cancelled_before());
            }
            Err(NoStart::Plain(why)) => return self.plainly(start, &why).await,
        };
        let end = match executor.send(&ToHost::Play(Box::new(start))).await {
            Ok(()) => self.talk(&mut executor).await,
            Err(broken) => Err(broken),
        };
        match end {
            Ok(end) => {
                self.run.with_memory(&self.host.name, |memory| memory.executor = Some(executor));
                end
            }
            Err(broken) => self.broken(broken).await,
        }
    }

    /// Whether something may be done that no journal of this host will tell.
    async fn may_untold(&self) -> bool {
        self.scene.options.check || self.run.request.untold.lets(&self.host.name).await
    }

    /// What the interpreter begins with.
    fn start(&self) -> Result<Start, Message> {
        let (run, scene) = (&self.run, &self.scene);
        let mut vars = run.vars_of(scene, &self.host);
        run.add_vars_files(scene, &mut vars)?;
        let vars = scene.needs.select(&run.loaded.engine, &vars);
        let layers = vars.layers().iter();
        let asked = scene.needs.asks.iter();
        let replies = asked.filter_map(|(file, ask)| {
            // What is not there is told when it is asked for: the task may be skipped.
            match run.sources.reply(*file, ask)? {
                Reply::Failed(_) => None,
                reply => Some((*file, ask.clone(), reply)),
            }
        });
        Ok(Start {
            host: self.host.name.clone(),
            login: run.fleet.user(&self.host)?.into(),
            play: scene.play.clone(),
            vars: layers.map(|(level, layer)| (*level, Layer::clone(layer))).collect(),
            replies: replies.collect(),
            options: self.options(),
        })
    }

    /// How to run the play here: with a saved plan, only what it says of this host.
    fn options(&self) -> Options {
        let fixed = self.run.request.fixed.as_ref();
        let expected = fixed.and_then(|f| f.expected(&self.host.name, self.scene.number));
        Options { expected, ..self.scene.options.clone() }
    }

    /// The host's executor: from an earlier play, or a new one, told which run it is for.
    async fn executor(&mut self) -> Result<Executor, NoStart> {
        let known = self.run.with_memory(&self.host.name, |memory| memory.executor.take());
        if let Some(executor) = known {
            return Ok(executor);
        }
        self.run.start_executor(&self.host, self.run.part(&self.host)).await
    }

    pub(super) async fn new_executor(&self) -> Result<Executor, End> {
        let part = self.run.part(&self.host);
        self.run.start_executor(&self.host, part).await.map_err(NoStart::end)
    }

    /// Listens until the play is over on this host.
    async fn talk(&mut self, executor: &mut Executor) -> Result<End, Broken> {
        loop {
            let deadline = self.cancelling;
            let message = tokio::select! {
                message = executor.receive() => message?,
                () = self.run.cancel.cancelled(), if deadline.is_none() => {
                    self.cancelling = Some(Instant::now() + CANCEL_GRACE);
                    executor.send(&ToHost::Cancel).await?;
                    continue;
                }
                () = sleep_until(deadline), if deadline.is_some() => {
                    let message = hep_core::message::exec::not_stopped();
                    return Ok(End::Early(HostState::Cancelled, message));
                }
            };
            match message {
                FromHost::Event { event, .. } => self.event(*event).await,
                FromHost::Output { task: _, stream, bytes } => self.output(stream, &bytes.0).await,
                FromHost::Need { sha256, .. } => self.send_blob(executor, &sha256).await?,
                FromHost::Request(request) => {
                    if let Some(end) = self.request(executor, *request).await? {
                        return Ok(end);
                    }
                }
                FromHost::Done(summary) => return Ok(End::Done(summary)),
                FromHost::Note(message) => self.run.note(&self.host, message).await,
                FromHost::Journal(journal) => {
                    self.run.heard(&self.host, executor, &journal).await;
                }
                FromHost::Fault(message) => {
                    let state = if self.begun { HostState::Lost } else { HostState::Failed };
                    return Ok(End::Early(state, message));
                }
                // Nothing of these was asked for here.
                FromHost::Hello(_)
                | FromHost::Answers { .. }
                | FromHost::Outcome { .. }
                | FromHost::Snapshot(_) => {
                    return Err(Broken::Talk(say::wrong_answer("message")));
                }
            }
        }
    }

    pub(super) async fn event(&mut self, event: Event) {
        match &event {
            Event::Started { task, .. } => {
                (self.begun, self.at) = (true, Some(*task));
                self.scene.coordinator.begun(self.index, *task);
            }
            Event::Finished(report) => self.finished(report),
            Event::Delegated { task, host, facts, sets } => {
                return self.keep_delegated(*task, host, facts, *sets);
            }
            Event::Var { level, name, value, trust } => {
                let level = if *level == Level::Facts { Level::Facts } else { Level::Set };
                // Whatever a host says of itself came from a host.
                let var = Var::Data(value.clone(), (*trust).max(least_trust(name)));
                self.run.with_memory(&self.host.name, |memory| {
                    memory.set.insert((level, name.clone()), var);
                });
                return;
            }
            _ => {}
        }
        let host = self.host.name.clone();
        self.run.tell(RunEvent::Task { host, event: Box::new(event) }).await;
    }

    fn finished(&mut self, report: &Report) {
        if self.slot == Some(report.task) {
            self.slot = None;
            self.scene.coordinator.leave_slot(report.task);
        }
        let is_rescued = report.state == State::Rescued;
        if is_rescued || matches!(report.state, State::Failed | State::Unreachable) {
            let fatal = self.scene.is_fatal(Some(report.task));
            self.scene.coordinator.failing(self.index, report.task, fatal, is_rescued);
        }
    }

    /// Keeps what a task found out of the host that it was delegated to. That this host says so is no reason
    /// to trust it: it counts as said by a host, and only where the play has such a task.
    fn keep_delegated(&self, task: u32, host: &Arc<str>, facts: &Map, sets: bool) {
        let task = self.scene.task(task).filter(|task| task.delegate_facts);
        if !task.is_some_and(|task| super::controller::may_go_to(&task, host))
            || self.run.fleet.inventory.host(host).is_none()
        {
            return;
        }
        self.run.with_memory(host, |memory| {
            if sets {
                let pairs = facts.iter().map(|(name, value)| (name.clone(), value.clone()));
                memory.keep(Level::Set, pairs.collect());
            } else {
                let known = memory.set.get(&(Level::Facts, "ansible_facts".into()));
                let variables = variables_of_facts(known, facts);
                memory.keep(Level::Facts, variables);
            }
        });
    }

    async fn output(&self, stream: Stream, bytes: &[u8]) {
        let mut lines = crate::lines::Lines::default();
        let mut ready = Vec::new();
        lines.push(bytes, |line, partial| ready.push((line, partial)));
        ready.extend(lines.finish().map(|line| (line, true)));
        for (line, partial) in ready {
            let host = self.host.name.clone();
            self.run.tell(RunEvent::Line { host, stream, line, partial }).await;
        }
    }

    pub(super) async fn send_blob(
        &self,
        executor: &mut Executor,
        sha256: &Arc<str>,
    ) -> Result<(), Broken> {
        let content = self.run.sources.content(sha256);
        match (content, super::sources::unhex(sha256)) {
            (Ok(content), Some(hash)) => executor.send_blob(hash, &content).await,
            (Ok(_), None) => Err(Broken::Talk(say::wrong_answer("Need"))),
            (Err(why), _) => executor.send(&ToHost::NoBlob { sha256: sha256.clone(), why }).await,
        }
    }

    async fn request(
        &mut self,
        executor: &mut Executor,
        request: Request,
    ) -> Result<Option<End>, Broken> {
        if let Request::Task(elsewhere) = &request
            && elsewhere.host.is_none()
            && &*elsewhere.module == "reboot"
            && self.is_of_play(elsewhere)
            && self.may_untold().await
        {
            return self.reboot(executor, elsewhere).await;
        }
        if request == Request::Reset {
            return self.reset(executor).await;
        }
        let answer = self.answer(request).await;
        executor.send(&answer).await?;
        Ok(None)
    }

    /// The answer to any request but a reboot.
    pub(super) async fn answer(&mut self, request: Request) -> ToHost {
        match request {
            Request::Asks { task, file, asks } => {
                ToHost::Replies(self.replies(task, file, asks).await)
            }
            Request::Barrier { task } => self.wait(Waiting::Barrier(task)).await,
            Request::Once { task } => self.wait(Waiting::Once(task)).await,
            Request::Slot { task, limit } => {
                self.slot = Some(task);
                self.wait(Waiting::Slot(task, limit)).await
            }
            Request::OnceDone { task, result } => {
                self.scene.coordinator.once_done(task, result);
                control(Control::Go)
            }
            Request::Include { task, file } => control(self.include(task, &file)),
            Request::End { meta } => {
                self.scene.coordinator.end(meta == Meta::EndPlay);
                control(Control::Stop)
            }
            Request::ClearErrors => {
                self.run.clear_errors(&self.scene);
                control(Control::Go)
            }
            // Only who talks to an executor can.
            Request::Reset => control(Control::Go),
            Request::Task(elsewhere) if !self.is_of_play(&elsewhere) => {
                control(Control::Failed(say::not_in_play(elsewhere.task)))
            }
            Request::Task(elsewhere) if elsewhere.host.is_some() && !self.may_untold().await => {
                ToHost::Cancel
            }
            Request::Task(elsewhere) => {
                self.turn = None;
                let answer = self.elsewhere(&elsewhere).await;
                self.take_turn().await;
                control(answer)
            }
        }
    }

    /// Waits for the other hosts, without keeping a turn from them.
    async fn wait(&mut self, waiting: Waiting) -> ToHost {
        self.turn = None;
        let answered = self.scene.coordinator.wait(self.index, waiting);
        let answer = tokio::select! {
            answer = answered => answer.unwrap_or(Control::Stop),
            () = self.run.cancel.cancelled() => return ToHost::Cancel,
        };
        self.take_turn().await;
        control(answer)
    }

    async fn replies(&mut self, task: u32, file: u16, asks: Vec<Ask>) -> Vec<(Ask, Reply)> {
        let mut replies = Vec::with_capacity(asks.len());
        for ask in asks {
            let reply =
                match &ask {
                    Ask::File(_) | Ask::Template(_) => self.run.sources.reply(file, &ask),
                    Ask::Lookup { plugin, args } => {
                        Some(lookup::reply(&self.run.sources, file, plugin, args).await)
                    }
                    Ask::VarsFile(path) => Some(self.vars_file(file, path)),
                    Ask::HostVars(name) => {
                        if **name != *self.host.name {
                            self.wait(Waiting::Others(task)).await;
                        }
                        let told = self.run.hostvars(&self.scene, name);
                        Some(told.map_or_else(Reply::Failed, |(value, trust)| {
                            Reply::Value(value, trust)
                        }))
                    }
                };
            replies.push((ask, reply.unwrap_or(Reply::Failed(say::wrong_answer("Ask")))));
        }
        replies
    }

    fn vars_file(&self, file: u16, name: &str) -> Reply {
        let found = self.run.sources.find(file, name, "vars");
        let Some(path) = found else { return Reply::Failed(say::source_missing(name, "vars/")) };
        let tree = self.run.loaded.vars_file(&path.display().to_string());
        if let Ok(tree) = &tree {
            let mut secrets = Vec::new();
            hep_core::mask::secrets_of(tree, &mut secrets);
            self.run.mask().add(secrets);
        }
        tree.map_or_else(Reply::Failed, Reply::Vars)
    }

    fn include(&mut self, id: u32, file: &Arc<str>) -> Control {
        let run = &self.run;
        let times = self.includes.entry((id, file.clone())).or_default();
        let which = (id, file.clone(), *times);
        *times += 1;
        let Some(task) = self.scene.task(id) else {
            return Control::Failed(say::wrong_answer("Include"));
        };
        let found = run.sources.find(task.file, file, "tasks");
        let path = found.map_or_else(|| file.to_string(), |path| path.display().to_string());
        match self.scene.include(which, || run.loaded.include(&task, &path)) {
            Ok(items) => {
                let secrets = super::load::secrets_of_items(&items);
                run.mask().add(secrets.iter().map(|secret| secret.expose().as_str()));
                run.sources.set_files(&run.loaded.files(), run.loaded.first_file);
                Control::Items(items)
            }
            Err(message) => Control::Failed(message),
        }
    }

    /// The line dropped, or the executor talks nonsense: what was being done is asked of a new executor,
    /// which reads the journal.
    async fn broken(&mut self, broken: Broken) -> End {
        let message = broken.message();
        let Broken::Line(error) = broken else {
            let state = if self.begun { HostState::Lost } else { HostState::Failed };
            return End::Early(state, message);
        };
        if !self.begun && error.outcome() == Outcome::Unreachable {
            return End::Early(HostState::Unreachable, message);
        }
        if let Ok(executor) = self.new_executor().await {
            let told = self.run.hear_journal(&self.host, executor);
            // Who has lost the host once may lose it again.
            let _ = tokio::time::timeout(JOURNAL_GRACE, told).await;
        }
        End::Early(HostState::Lost, message)
    }
}

impl Run {
    /// Starts an executor on a host and tells it which run it is for.
    pub(super) async fn start_executor(
        &self,
        host: &Host,
        part: Arc<str>,
    ) -> Result<Executor, NoStart> {
        if self.request.plain {
            return Err(NoStart::Plain(say::plain_wanted()));
        }
        if let Some(why) = self.with_memory(&host.name, |memory| memory.plain.clone()) {
            return Err(NoStart::Plain(why));
        }
        let early = |state, message| NoStart::End(End::Early(state, message));
        let unreachable = |error: TransportError| early(HostState::Unreachable, error.message());
        let connection = tokio::select! {
            connection = self.fleet.connect(host) => connection.map_err(unreachable)?,
            () = self.cancel.cancelled() => {
                return Err(early(HostState::Cancelled, say::cancelled_before()));
            }
        };
        let started = Executor::start(&*connection, &self.bundle, self.request.keep).await;
        let mut executor = started.map_err(|error| match error {
            NotStarted::Transport(error) => unreachable(error),
            NotStarted::Impossible(reason) => NoStart::Plain(no_executor(&reason)),
            NotStarted::Broken(message) | NotStarted::Strange(message) => {
                early(HostState::Failed, message)
            }
        })?;
        let start = self.start_message(host, part.clone());
        let start = start.map_err(|message| early(HostState::Failed, message))?;
        let sent = executor.send(&start).await;
        sent.map_err(|broken| early(HostState::Unreachable, broken.message()))?;
        executor.part = part;
        Ok(executor)
    }

    fn start_message(&self, host: &Host, part: Arc<str>) -> Result<ToHost, Message> {
        let password = self.fleet.login(host)?.become_.password.map(|password| frame::Password {
            user: "".into(),
            password: frame::Sealed::new(password.expose().clone()),
        });
        Ok(ToHost::Start(Box::new(frame::Start {
            run: part,
            fence: self.fence,
            lock_wait_ms: u64::try_from(self.request.lock_wait.as_millis()).unwrap_or(u64::MAX),
            passwords: password.into_iter().collect(),
        })))
    }
}

impl Broken {
    /// In words.
    pub(super) fn message(&self) -> Message {
        match self {
            Self::Line(error) => error.message(),
            Self::Talk(message) => message.clone(),
        }
    }
}

pub(super) fn control(control: Control) -> ToHost {
    ToHost::Control(Box::new(control))
}

async fn sleep_until(until: Option<Instant>) {
    if let Some(until) = until {
        tokio::time::sleep_until(until).await;
    }
}

/// The trust that a variable deserves which the executor told: only what the operator's own `set_fact`
/// names may be trusted as far as the executor says.
fn least_trust(name: &str) -> Trust {
    if name.starts_with("ansible_") { Trust::Host } else { Trust::Operator }
}
