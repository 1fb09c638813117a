//! The state machine itself: which task is next, and what the host's variables are.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cursor::{Cursor, Next, flatten};
use super::running::Running;
use super::scope::TaskScope;
use super::{Control, Event, Input, Options, Request, Start, Step, Summary};
use crate::change::Outcome;
use crate::node::{Node, NodeKind};
use crate::observe::{Answer, Ask, Observe, Question, Replies};
use crate::overlay::{Identity as Maker, Overlay};
use crate::program::{Action, Item, Meta, Play, Task};
use crate::template::{Engine, Scope};
use crate::value::{Map, Trust, Value};
use crate::vars::{Layer, Level, Var, Vars};

/// One host's way through one play.
pub struct Interpreter {
    pub(super) host: Arc<str>,
    pub(super) login: Arc<str>,
    pub(super) play: Arc<Play>,
    pub(super) options: Options,
    pub(super) engine: Engine,
    pub(super) vars: Vars,
    pub(super) replies: Arc<Replies>,
    pub(super) observe: Observe,
    pub(super) overlay: Overlay,
    pub(super) cursor: Cursor,
    pub(super) summary: Summary,
    pub(super) queue: VecDeque<Event>,
    handlers: Arc<Vec<Arc<Task>>>,
    notified: BTreeSet<usize>,
    running: Option<Box<Running>>,
    held: Option<Step>,
    /// The task that asks, and its file.
    asking: (u32, u16),
    /// Questions as the host was asked them, and as they were meant, where the overlay turned them.
    redirected: Vec<(Question, Question)>,
    /// Whose files planned changes make, for the overlay.
    pub(super) makers: HashMap<super::Identity, Maker>,
    /// Whether any task has been begun, so that a barrier has something to wait for.
    begun: bool,
}

/// A host's way through a play, put away while its executor is gone (a reboot).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    start: Start,
    cursor: Cursor,
    notified: BTreeSet<usize>,
    running: Option<Box<Running>>,
    summary: Summary,
    begun: bool,
}

impl Interpreter {
    /// At the beginning of a play.
    #[must_use]
    pub fn new(start: Start) -> Self {
        let mut cursor = Cursor::new(&start.play);
        if start.play.gather_facts == Some(true) {
            cursor.push(vec![Item::Task(Arc::new(gather_facts(&start.play)))], vec![]);
        }
        let handlers = Arc::new(flatten(&start.play.handlers));
        Self::with(start, cursor, handlers)
    }

    fn with(start: Start, cursor: Cursor, handlers: Arc<Vec<Arc<Task>>>) -> Self {
        let replies = Arc::new(Replies::default());
        for (file, ask, reply) in start.replies {
            // `copy` asks for a directory without the `/` that means its contents.
            if let Ask::File(path) = &ask
                && let Some(bare) = path.strip_suffix('/')
            {
                replies.insert_for(file, Ask::File(bare.into()), reply.clone());
            }
            replies.insert_for(file, ask, reply);
        }
        let mut vars = Vars::new();
        for (level, layer) in start.vars {
            vars.push(level, Arc::new(layer));
        }
        Self {
            host: start.host,
            login: start.login,
            play: start.play,
            options: start.options,
            engine: Engine::default(),
            vars,
            observe: Observe::with_replies(replies.clone()),
            replies,
            overlay: Overlay::default(),
            cursor,
            summary: Summary::default(),
            queue: VecDeque::new(),
            handlers,
            notified: BTreeSet::new(),
            running: None,
            held: None,
            asking: (0, 0),
            redirected: Vec::new(),
            makers: HashMap::new(),
            begun: false,
        }
    }

    /// Where it stands, while it waits for [`Request::Task`].
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let layers = self.vars.layers().iter();
        Snapshot {
            start: Start {
                host: self.host.clone(),
                login: self.login.clone(),
                play: self.play.clone(),
                vars: layers.map(|(level, layer)| (*level, (**layer).clone())).collect(),
                replies: vec![],
                options: self.options.clone(),
            },
            cursor: self.cursor.clone(),
            notified: self.notified.clone(),
            running: self.running.clone(),
            summary: self.summary.clone(),
            begun: self.begun,
        }
    }

    /// Goes on from where a snapshot was taken; the next input is the answer it waited for.
    #[must_use]
    pub fn resume(snapshot: Snapshot) -> Self {
        let handlers = Arc::new(flatten(&snapshot.start.play.handlers));
        let mut interpreter = Self::with(snapshot.start, snapshot.cursor, handlers);
        interpreter.notified = snapshot.notified;
        interpreter.running = snapshot.running;
        interpreter.summary = snapshot.summary;
        interpreter.begun = snapshot.begun;
        if let Some(running) = &interpreter.running {
            interpreter.asking = (running.task.id, running.task.file);
            interpreter.replies.enter(running.task.file);
        }
        interpreter
    }

    /// Takes what the driver brings and says what to do next.
    pub fn step(&mut self, input: Input) -> Step {
        self.take(input);
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Step::Emit(event);
            }
            if let Some(step) = self.held.take().or_else(|| self.advance()) {
                if self.queue.is_empty() {
                    return step;
                }
                self.held = Some(step);
            }
        }
    }

    /// Tells how long the driver took for the last step, in milliseconds. The interpreter has no clock,
    /// and the `timeout` of a task counts what looking and doing take together.
    pub fn took(&mut self, ms: u64) {
        self.with_running(|running| running.spend(ms));
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Next => {}
            Input::Answers(answers) => self.take_answers(answers),
            Input::Replies(replies) => {
                for (ask, reply) in replies {
                    self.replies.insert(ask, reply);
                }
            }
            Input::Outcome(Outcome::Cancelled) | Input::Cancel => self.cancel(),
            Input::Outcome(outcome) => self.with_running(|running| running.outcome(outcome)),
            Input::Control(Control::Stop) => self.end(),
            Input::Control(Control::Abort { rescue }) => self.abort(rescue),
            Input::Control(control) => self.with_running(|running| running.control(control)),
        }
    }

    /// Tells what was done of the present task; nothing more is begun.
    fn cancel(&mut self) {
        self.summary.is_cancelled = true;
        if let Some(mut running) = self.running.take() {
            running.cancel(self);
        }
        self.end();
    }

    fn take_answers(&mut self, answers: Vec<(Question, Answer)>) {
        let redirected = std::mem::take(&mut self.redirected);
        for (asked, answer) in answers {
            for (_, original) in redirected.iter().filter(|(sent, _)| *sent == asked) {
                let adjusted = self.overlay.adjust(original, answer.clone());
                self.observe.answer(original.clone(), adjusted);
            }
            if !redirected.iter().any(|(sent, _)| *sent == asked) {
                self.observe.answer(asked, answer);
            }
        }
    }

    fn with_running(&mut self, act: impl FnOnce(&mut Running)) {
        if let Some(running) = &mut self.running {
            act(running);
        }
    }

    /// This step comes before anything else.
    pub(super) fn hold(&mut self, step: Step) {
        self.held = Some(step);
    }

    /// Nothing more is begun on this host.
    pub(super) fn end(&mut self) {
        self.running = None;
        self.held = None;
        self.cursor.clear();
        self.notified.clear();
    }

    /// Makes progress; a step when the driver is needed.
    fn advance(&mut self) -> Option<Step> {
        if let Some(mut running) = self.running.take() {
            let step = running.drive(self);
            if !running.is_over() {
                self.running = Some(running);
            }
            return step;
        }
        match self.cursor.advance(&mut self.notified) {
            Next::Task(task, handler) => {
                self.asking = (task.id, task.file);
                self.replies.enter(task.file);
                self.replies.forget_passing();
                self.observe = Observe::with_replies(self.replies.clone());
                let mut running = Box::new(Running::new(task, handler));
                if self.options.expected.is_some() && !running.is_meta() {
                    let module = running.action_name();
                    running.exact = self.expect(&running.task, handler, &module);
                }
                self.running = Some(running);
                None
            }
            Next::StillFailing => {
                self.fail();
                None
            }
            // Sections flush by tasks of their own; what a failure kept from that is done here, once.
            Next::End if !self.notified.is_empty() && self.runs_handlers() => {
                self.options.force_handlers = false;
                self.flush_handlers();
                None
            }
            Next::End => Some(Step::Done(self.summary.clone())),
        }
    }

    fn runs_handlers(&self) -> bool {
        self.summary.is_failed && self.options.force_handlers && !self.summary.is_cancelled
    }

    /// A failure that nothing ignores.
    pub(super) fn fail(&mut self) {
        if !self.cursor.fail() {
            self.summary.is_failed = true;
            if !self.options.force_handlers {
                self.notified.clear();
            }
        }
    }

    /// Other hosts have failed for all: not counted as a failure of a task here.
    pub(super) fn abort(&mut self, rescue: bool) {
        self.running = None;
        self.held = None;
        if !rescue {
            self.cursor.forget_rescues();
        }
        self.fail();
    }

    /// The handlers notified so far come next, in the order of their definition.
    pub(super) fn flush_handlers(&mut self) {
        if !self.notified.is_empty() {
            self.cursor.push_handlers(self.handlers.clone());
        }
    }

    /// Notes the handlers that `name` names or that listen to it; false when there is none.
    pub(super) fn notify(&mut self, name: &str, scope: &Arc<dyn Scope>) -> bool {
        let engine = &self.engine;
        let is_named = |task: &Task| {
            let named = task.name.as_ref().is_some_and(|node| {
                node.as_str() == Some(name)
                    || (node.is_template()
                        && engine.node(node, scope).is_ok_and(|n| n.as_str() == Some(name)))
            });
            named || task.listen.iter().any(|topic| &**topic == name)
        };
        let found: Vec<usize> =
            (0..self.handlers.len()).filter(|&i| is_named(&self.handlers[i])).collect();
        // Of several handlers of one name Ansible runs the last; of those that listen, all.
        let last_named = found
            .iter()
            .rev()
            .find(|&&i| !self.handlers[i].listen.iter().any(|topic| &**topic == name));
        let last_named = last_named.copied();
        for &index in &found {
            let listens = self.handlers[index].listen.iter().any(|topic| &**topic == name);
            if listens || Some(index) == last_named {
                self.notified.insert(index);
            }
        }
        !found.is_empty()
    }

    /// The variables of a round, as its templates see them.
    pub(super) fn scope(&self, vars: Vars) -> Arc<dyn Scope> {
        Arc::new(TaskScope { vars, replies: self.replies.clone() })
    }

    /// Sets a variable, and tells it where other hosts may read it.
    pub(super) fn set_var(&mut self, level: Level, name: Arc<str>, value: Value, trust: Trust) {
        if self.options.shares_vars {
            let (name, value) = (name.clone(), value.clone());
            self.queue.push_back(Event::Var { level, name, value, trust });
        }
        self.vars.set(level, name, Var::Data(value, trust));
    }

    /// Puts facts where Ansible has them: in `ansible_facts` without `ansible_` before the name, and each
    /// as a variable under the name it came with.
    pub(super) fn set_facts(&mut self, facts: &Map) {
        for (name, value) in variables_of_facts(self.vars.get("ansible_facts"), facts) {
            self.set_var(Level::Facts, name, value, Trust::Host);
        }
    }

    /// Whether a barrier must be passed before this task, and notes that one was.
    pub(super) fn takes_barrier(&mut self, task: &Task) -> bool {
        let may_change = match &task.action {
            Action::Module(name) => crate::module::find(name).is_none_or(|kind| kind.may_change),
            Action::External(_) => true,
            Action::IncludeTasks | Action::IncludeVars | Action::Meta(_) => false,
        };
        let is_meta = matches!(task.action, Action::Meta(_));
        let wanted = may_change || self.play.linear || (task.any_errors_fatal && !is_meta);
        let wanted = wanted && self.options.barriers;
        let wanted = (wanted || is_for_all(task)) && self.begun;
        self.begun = true;
        wanted
    }

    /// What is asked, by whom it can be answered: nothing when the overlay knew it all.
    pub(super) fn ask_open(&mut self, identity: &super::Identity, check: bool) -> Option<Step> {
        let (questions, asks) = self.observe.take_open();
        if !asks.is_empty() {
            return Some(Step::Ask(Request::Asks {
                task: self.asking.0,
                file: self.asking.1,
                asks,
            }));
        }
        let mut open = Vec::new();
        for question in questions {
            if !check || self.overlay.is_empty() {
                open.push(question);
            } else if let Some(answer) = self.overlay.answer(&question) {
                self.observe.answer(question, answer);
            } else {
                let sent = self.overlay.redirect(&question);
                self.redirected.push((sent.clone(), question));
                open.push(sent);
            }
        }
        open.sort();
        open.dedup();
        let identity = identity.clone();
        (!open.is_empty()).then_some(Step::Observe { identity, questions: open })
    }
}

/// The variables that facts become, with what is known of `ansible_facts` so far.
#[must_use]
pub fn variables_of_facts(known: Option<&Var>, facts: &Map) -> Vec<(Arc<str>, Value)> {
    let mut all = match known {
        Some(Var::Data(Value::Map(map), _)) => (**map).clone(),
        _ => Map::new(),
    };
    let mut variables = Vec::with_capacity(facts.len() + 1);
    for (key, value) in facts {
        let bare = key.strip_prefix("ansible_").filter(|_| &**key != "ansible_local");
        all.insert(bare.unwrap_or(key).into(), value.clone());
        if !is_restricted(key) {
            variables.push((key.clone(), value.clone()));
        }
    }
    variables.push(("ansible_facts".into(), Value::map(all)));
    variables
}

/// Whether the first host decides for all, when all have come to it: what it does concerns them all.
pub(super) const fn is_for_all(task: &Task) -> bool {
    matches!(task.action, Action::Meta(Meta::EndPlay | Meta::EndBatch | Meta::ClearHostErrors))
}

/// The task that a play begins with when it gathers facts.
fn gather_facts(play: &Play) -> Task {
    Task {
        any_errors_fatal: play.any_errors_fatal,
        id: super::GATHER_FACTS,
        name: Some(Node::bare(NodeKind::Literal("Gathering Facts".into()))),
        action: Action::Module("setup".into()),
        args: Node::bare(NodeKind::Map(vec![])),
        ..Task::default()
    }
}

/// Whether a fact of this name would say how the host is reached: those are left out, as Ansible's
/// `clean_facts` does.
fn is_restricted(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "ansible_become",
        "ansible_connection",
        "ansible_host",
        "ansible_password",
        "ansible_port",
        "ansible_user",
    ];
    let is_ssh = name.starts_with("ansible_ssh_") && !name.starts_with("ansible_ssh_host_key_");
    NAMES.contains(&name)
        || is_ssh
        || name.starts_with("ansible_become_")
        || (name.starts_with("ansible_") && name.ends_with("_interpreter"))
}

/// A layer of one variable.
pub(super) fn single(name: &Arc<str>, value: Value, trust: Trust) -> Arc<Layer> {
    Arc::new(Layer::from([(name.clone(), Var::Data(value, trust))]))
}
