//! Tasks that somebody else does: another host (`delegate_to`), or the controller (`pause`).

use std::sync::Arc;
use std::time::Duration;

use hep_core::frame::{FromHost, ToHost};
use hep_core::interp::{Control, Done, Elsewhere, Event, Identity, Report, Request, Start, State};
use hep_core::inventory::Host;
use hep_core::message::play as say;
use hep_core::module::pause::Pause;
use hep_core::node::{Node, NodeKind};
use hep_core::observe::{Ask, Reply, SourceBody, SourceFile};
use hep_core::program::{Action, Become, Item, Play, Task};
use hep_core::value::{Map, Trust, Value};
use hep_core::vars::{Layer, Level, Var};

use super::executor::{Broken, Executor};
use super::host::{End, NoStart, Part, control};
use super::lookup;
use crate::clock::now_ms;

impl Part {
    /// Whether the play says what a host wants to have done elsewhere: a host cannot make up tasks.
    pub(super) fn is_of_play(&self, elsewhere: &Elsewhere) -> bool {
        self.scene.task(elsewhere.task).is_some_and(|task| {
            let is_it = match &task.action {
                Action::Module(name) | Action::External(name) => *name == elsewhere.module,
                Action::IncludeTasks | Action::IncludeVars | Action::Meta(_) => false,
            };
            is_it && elsewhere.host.as_ref().is_none_or(|host| may_go_to(&task, host))
        })
    }

    /// Has a task done elsewhere.
    pub(super) async fn elsewhere(&mut self, elsewhere: &Elsewhere) -> Control {
        match &elsewhere.host {
            Some(host) => self.delegate(host, elsewhere).await,
            None if &*elsewhere.module == "pause" => self.pause(elsewhere).await,
            None => Control::Failed(say::no_module(&elsewhere.module)),
        }
    }

    /// Another host does the task, in an executor of its own beside that host's part of the play.
    async fn delegate(&mut self, name: &Arc<str>, elsewhere: &Elsewhere) -> Control {
        let Some(host) = self.run.fleet.inventory.host(name).cloned() else {
            return Control::Failed(say::no_such_host(name));
        };
        if hep_core::module::find(&elsewhere.module)
            .is_some_and(|kind| kind.place == hep_core::module::Place::Controller)
        {
            return Control::Failed(say::not_delegable(&elsewhere.module));
        }
        self.run.learn_login(&host);
        let mut executor = match self.run.helper(&host).await {
            Ok(executor) => executor,
            Err(NoStart::Plain(why)) => {
                self.run.note_plain(&host, &why).await;
                let login = self.run.fleet.user(&host).unwrap_or_default();
                let start = single_task(&host, &login, elsewhere, &self.scene.options);
                return self.run.single_plainly(self, &host, start, elsewhere).await;
            }
            Err(NoStart::End(End::Early(_, message))) => return Control::Unreachable(message),
            Err(NoStart::End(End::Done(_))) => return Control::Failed(say::wrong_answer("end")),
        };
        let done = self.do_there(&mut executor, &host, elsewhere).await;
        match done {
            Ok(control) => {
                self.run.give_helper(&host, executor);
                control
            }
            Err(broken) => Control::Unreachable(broken.message()),
        }
    }

    async fn do_there(
        &self,
        executor: &mut Executor,
        host: &Host,
        elsewhere: &Elsewhere,
    ) -> Result<Control, Broken> {
        let login = self.run.fleet.user(host).unwrap_or_default();
        let start = single_task(host, &login, elsewhere, &self.scene.options);
        executor.send(&ToHost::Play(Box::new(start))).await?;
        let mut finished = None;
        let mut cancelled = false;
        loop {
            let message = tokio::select! {
                message = executor.receive() => message?,
                () = self.run.cancel.cancelled(), if !cancelled => {
                    cancelled = true;
                    executor.send(&ToHost::Cancel).await?;
                    continue;
                }
            };
            match message {
                FromHost::Event { event, .. } => finished = report_in(*event).or(finished),
                FromHost::Need { sha256, .. } => self.send_blob(executor, &sha256).await?,
                FromHost::Request(request) => {
                    executor.send(&self.answer_single(elsewhere, *request).await).await?;
                }
                FromHost::Done(_) => break,
                FromHost::Journal(journal) => self.run.heard(host, executor, &journal).await,
                FromHost::Note(message) => self.run.note(host, message).await,
                FromHost::Fault(message) => return Ok(Control::Failed(message)),
                _ => {}
            }
        }
        Ok(finished.map_or_else(
            || Control::Failed(say::wrong_answer("end")),
            |report| Control::Result(Box::new(done_of(*report))),
        ))
    }

    /// What the host of a single task gets for what it asks: files, and nothing else.
    async fn answer_single(&self, elsewhere: &Elsewhere, request: Request) -> ToHost {
        match request {
            Request::Asks { asks, .. } => ToHost::Replies(self.files(elsewhere, asks).await),
            _ => control(Control::Failed(say::wrong_answer("Request"))),
        }
    }

    pub(super) async fn files(&self, elsewhere: &Elsewhere, asks: Vec<Ask>) -> Vec<(Ask, Reply)> {
        let file = elsewhere.file;
        let mut replies = Vec::new();
        for ask in asks {
            let reply = match &ask {
                Ask::Lookup { plugin, args } => {
                    lookup::reply(&self.run.sources, file, plugin, args).await
                }
                _ => {
                    let told = self.run.sources.reply(file, &ask);
                    let told = told.map(|reply| with_text(reply, elsewhere));
                    told.unwrap_or_else(|| Reply::Failed(say::wrong_answer("Ask")))
                }
            };
            replies.push((ask, reply));
        }
        replies
    }

    /// Waits once for all hosts of the batch; those that come later get the same result.
    async fn pause(&self, elsewhere: &Elsewhere) -> Control {
        let cell = self.scene.pause(elsewhere.task);
        let done = cell.get_or_init(|| async { self.wait_once(elsewhere).await }).await;
        done.clone()
    }

    async fn wait_once(&self, elsewhere: &Elsewhere) -> Control {
        let pause = match hep_core::options::from_node::<Pause>(&elsewhere.args) {
            Ok(pause) => pause,
            Err(error) => return Control::Failed(error.message),
        };
        let start = i64::try_from(now_ms()).unwrap_or(i64::MAX);
        let mut input = String::new();
        if !elsewhere.check {
            match within(elsewhere, self.wait_or_ask(&pause)).await {
                Ok(said) => input = said,
                Err(late) => return late,
            }
        }
        let stop = i64::try_from(now_ms()).unwrap_or(i64::MAX);
        let result = pause.result((start, stop), &crate::time_zone::local(), &input);
        Control::Result(Box::new(Done { result, ..Done::default() }))
    }

    /// Waits out a pause, or asks the person; what was said.
    async fn wait_or_ask(&self, pause: &Pause) -> String {
        let Some(wait_ms) = pause.wait_ms() else {
            let prompt = pause.prompt().unwrap_or_default();
            let said = self.run.request.person.ask(prompt, pause.echo()).await;
            return said.unwrap_or_default();
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
            () = self.run.cancel.cancelled() => {}
        }
        String::new()
    }
}

/// Does what the controller does for a task, as long as the task's `timeout` allows.
pub(super) async fn within<T>(
    elsewhere: &Elsewhere,
    work: impl Future<Output = T>,
) -> Result<T, Control> {
    let Some(ms) = elsewhere.timeout_ms else { return Ok(work.await) };
    let done = tokio::time::timeout(Duration::from_millis(ms), work).await;
    let late = |_| Control::Failed(say::task_timeout(&elsewhere.module, ms.div_ceil(1000)));
    done.map_err(late)
}

/// The report of a task that has ended, if this is its event.
fn report_in(event: Event) -> Option<Box<Report>> {
    match event {
        Event::Finished(report) => Some(report),
        _ => None,
    }
}

/// A text that is no template.
fn literal(text: &Arc<str>) -> Node {
    Node::bare(NodeKind::Literal(text.clone()))
}

/// The keywords that make a task run as this identity.
fn become_of(identity: &Identity) -> Become {
    let active = |yes| Some(Node::bare(NodeKind::Bool(yes)));
    match identity {
        Identity::Login => Become { active: active(false), ..Become::default() },
        Identity::User(user) => {
            let flags = hep_core::quote::line(user.flags.words());
            Become {
                active: active(true),
                user: Some(literal(&user.name)),
                flags: Some(literal(&flags.into())),
                ..Become::default()
            }
        }
    }
}

/// A play of one task whose options are rendered already.
fn single_task(
    host: &Host,
    login: &str,
    elsewhere: &Elsewhere,
    options: &hep_core::interp::Options,
) -> Start {
    let environment = elsewhere.environment.iter();
    let environment = environment.map(|(name, value)| (literal(name), literal(value))).collect();
    let task = Task {
        id: elsewhere.task,
        pos: elsewhere.args.pos,
        action: match hep_core::module::find(&elsewhere.module) {
            Some(_) => Action::Module(elsewhere.module.clone()),
            None => Action::External(elsewhere.module.clone()),
        },
        args: elsewhere.args.clone(),
        r#become: become_of(&elsewhere.identity),
        environment: vec![Node::bare(NodeKind::Map(environment))],
        file: elsewhere.file,
        timeout: elsewhere.timeout_ms.map(seconds),
        ..Task::default()
    };
    let play = Play {
        gather_facts: Some(false),
        items: vec![Item::Task(Arc::new(task))],
        ..Play::default()
    };
    Start {
        host: host.name.clone(),
        login: login.into(),
        play: Arc::new(play),
        vars: elsewhere.text.iter().map(|text| (Level::Task, rendered(text))).collect(),
        replies: vec![],
        options: hep_core::interp::Options {
            check: elsewhere.check,
            diff: elsewhere.diff,
            barriers: false,
            shares_vars: false,
            ..options.clone()
        },
    }
}

/// Milliseconds as an option in seconds.
fn seconds(ms: u64) -> Node {
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    Node::bare(NodeKind::Literal(text.into()))
}

/// The variable that a delegate's template consists of.
const RENDERED: &str = "hep_rendered";

fn rendered(text: &Arc<str>) -> Layer {
    let var = Var::Data(Value::Str(text.clone()), Trust::Host);
    Layer::from([(RENDERED.into(), var)])
}

/// A template whose text was rendered before: all that is left of it is that text.
fn with_text(reply: Reply, elsewhere: &Elsewhere) -> Reply {
    match reply {
        Reply::File(SourceFile { path, mode, supports_check, body: SourceBody::Text(_) })
            if elsewhere.text.is_some() =>
        {
            let body = SourceBody::Text(format!("{{{{ {RENDERED} }}}}").into());
            Reply::File(SourceFile { path, mode, supports_check, body })
        }
        reply => reply,
    }
}

/// Whether a task may be delegated to this host, as far as its text says.
pub(super) fn may_go_to(task: &Task, host: &str) -> bool {
    let named = task.delegate_to.as_ref();
    named.is_some_and(|node| node.is_template() || *node.key_text() == *host)
}

/// What a report says, as the outcome of a task.
pub(super) fn done_of(report: Report) -> Done {
    let mut result: Map = report.result;
    for key in ["changed", "failed", "skipped"] {
        result.shift_remove(key);
    }
    let message = report.message;
    let mut done = Done {
        facts: facts_of(&result),
        result,
        changed: report.changed,
        diff: report.diff,
        changes: report.changes,
        ..Done::default()
    };
    match report.state {
        State::Failed | State::Unreachable | State::Rescued | State::Ignored => {
            done.failed = message;
        }
        State::Skipped => done.skipped = message,
        State::Deferred => {
            done.deferred = Some(message.map_or_else(|| "".into(), |m| m.to_string().into()));
        }
        State::Ok | State::Changed => done.message = message,
    }
    done
}

/// The facts that a task found.
fn facts_of(result: &Map) -> Map {
    let facts = result.get("ansible_facts").and_then(Value::as_map);
    facts.cloned().unwrap_or_default()
}

/// The task with this number, wherever it stands in a play.
pub(super) fn find_task(play: &Play, id: u32) -> Option<Arc<Task>> {
    fn within(items: &[Item], id: u32) -> Option<Arc<Task>> {
        items.iter().find_map(|item| match item {
            Item::Task(task) => (task.id == id).then(|| task.clone()),
            Item::Block(block) => [&block.block, &block.rescue, &block.always]
                .into_iter()
                .find_map(|items| within(items, id)),
        })
    }
    within(&play.items, id).or_else(|| within(&play.handlers, id))
}
