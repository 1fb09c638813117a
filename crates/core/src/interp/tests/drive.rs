//! The driver: a host in memory, a controller, and what they saw.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::change::Outcome;
use crate::interp::*;
use crate::manifest::{Files, Reader, Setup};
use crate::memory::Host;
use crate::module_test::line;
use crate::observe::{Reply, SourceBody, SourceFile, Stop};
use crate::program::Program;
use crate::template::Engine;
use crate::vars::{Var, Vars};
use crate::vault::Keys;

/// Everything that a case begins with.
#[derive(Clone, Default)]
pub(super) struct World {
    pub(super) files: BTreeMap<String, String>,
    pub(super) manifest: String,
    pub(super) host: Host,
    pub(super) options: Options,
    pub(super) show: Vec<String>,
    /// Replies for literal names are known beforehand, as the controller does it.
    pub(super) sends_files: bool,
    /// Puts the interpreter away and takes it up again at every task that is done elsewhere.
    pub(super) snapshots: bool,
    /// Answers to `delegate_to` and its like, in this order; then a plain change.
    pub(super) elsewhere: Vec<Control>,
    /// How long looking and doing take, a step each, in milliseconds.
    pub(super) slow_ms: u64,
    /// How many changes are not tried at first, since others change the host just then.
    pub(super) late: u32,
    /// Answers at barriers, in this order; then that it goes on.
    pub(super) barriers: Vec<Control>,
    /// The answer to `run_once`.
    pub(super) once: Option<Control>,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Ran {
    pub(super) lines: Vec<String>,
    pub(super) events: Vec<Event>,
    pub(super) requests: Vec<Request>,
    pub(super) applied: Vec<(Identity, Change)>,
    pub(super) trips: u32,
    pub(super) steps: u32,
    pub(super) summary: Summary,
    pub(super) vars: Vars,
    pub(super) host: Host,
    pub(super) shown: Vec<String>,
    /// How long the interpreter and the host took, without reading the manifest.
    pub(super) took: std::time::Duration,
}

impl Files for World {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Message> {
        Ok(self.files.get(path).map(|text| text.clone().into_bytes()))
    }

    fn has_module(&self, _: &str) -> bool {
        false
    }
}

impl World {
    pub(super) fn parse(texts: &str) -> Self {
        let mut world = Self { sends_files: true, ..Self::default() };
        for part in texts.split(">>> ").skip(1) {
            let (name, text) = part.split_once('\n').unwrap();
            match name {
                "@host" => {
                    let facts = world.host.facts.clone();
                    world.host = Host::new(text);
                    world.host.facts = facts;
                }
                "@facts" => world.host.facts = serde_json::from_str(text).unwrap(),
                "@options" => text.split_whitespace().for_each(|word| world.option(word)),
                "@show" => world.show = text.split_whitespace().map(str::to_owned).collect(),
                _ => {
                    if world.manifest.is_empty() && !name.starts_with('@') {
                        world.manifest = name.to_owned();
                    }
                    world.files.insert(name.to_owned(), text.to_owned());
                }
            }
        }
        // What a case does not name succeeds.
        world.host.programs.push(crate::memory::Program::default());
        world
    }

    pub(super) fn of(manifest: &str) -> Self {
        Self::parse(&format!(">>> site.yml\n{manifest}"))
    }

    fn option(&mut self, word: &str) {
        let options = &mut self.options;
        match word {
            "check" => options.check = true,
            "diff" => options.diff = true,
            "become" => options.r#become = true,
            "barriers" => options.barriers = true,
            "shares" => options.shares_vars = true,
            "force_handlers" => options.force_handlers = true,
            "no_files" => self.sends_files = false,
            "snapshots" => self.snapshots = true,
            "abort" => self.barriers.push(Control::Abort { rescue: false }),
            "abort_or_rescue" => self.barriers.push(Control::Abort { rescue: true }),
            "go" => self.barriers.push(Control::Go),
            "once_failed" => {
                let failed = Some(crate::message::play::no_such_host("gone"));
                let done = Done { failed, ..Done::default() };
                self.once = Some(Control::Result(Box::new(done)));
            }
            "once_elsewhere" => {
                let result = Map::from([("stdout".into(), Value::from("from another"))]);
                let facts = Map::from([("f".into(), Value::from("theirs"))]);
                let done = Done { result, facts, changed: true, ..Done::default() };
                self.once = Some(Control::Result(Box::new(done)));
            }
            "unreachable" => self
                .elsewhere
                .push(Control::Unreachable(crate::message::play::no_such_host("gone"))),
            "elsewhere_fails" => {
                self.elsewhere.push(Control::Failed(crate::message::play::no_such_host("gone")));
            }
            _ => match word.split_once('=') {
                Some(("become_user", user)) => options.become_user = Some(user.into()),
                Some(("slow", ms)) => self.slow_ms = ms.parse().unwrap(),
                Some(("verbosity", level)) => options.verbosity = level.parse().unwrap(),
                _ => panic!("no option {word}"),
            },
        }
    }

    /// Reads the manifest and does its first play.
    pub(super) fn run(&self) -> Ran {
        self.run_with(&mut |_, input| input)
    }

    /// The same, with a hand between the driver and the interpreter: it is given the number of the step
    /// and may put another input in the place of the driver's.
    #[expect(clippy::disallowed_types, reason = "a measurement wants it")]
    pub(super) fn run_with(&self, tamper: &mut dyn FnMut(u32, Input) -> Input) -> Ran {
        let (keys, engine) = (Keys::default(), Engine::default());
        let extra = self.layer("@extra");
        let kinds = crate::module::KINDS;
        let setup = Setup { files: self, keys: &keys, extra: &extra, engine: &engine, kinds };
        let mut reader = Reader::new(setup);
        let program = reader.read(&[self.manifest.as_str()]).unwrap_or_else(|faults| {
            let sources = reader.sources().to_vec();
            let text: String =
                faults.iter().map(|f| crate::diagnostic::render(&sources, f)).collect();
            panic!("{text}")
        });
        let interpreter = Interpreter::new(self.start(&program));
        let mut driver = Driver {
            world: self,
            reader,
            program,
            ran: Ran { host: self.host.clone(), trips: 1, ..Ran::default() },
            elsewhere: self.elsewhere.clone().into_iter(),
            late: self.late,
            barriers: self.barriers.clone().into_iter(),
        };
        let start = std::time::Instant::now();
        driver.drive(interpreter, tamper);
        driver.ran.took = start.elapsed();
        driver.ran
    }

    pub(super) fn start(&self, program: &Program) -> Start {
        let play = program.plays[0].clone();
        let data = |text: &str| Var::Data(Value::from(text), Trust::Operator);
        let hosts = Var::Data(Value::from(vec!["h1", "h2"]), Trust::Operator);
        let magic = Layer::from([
            ("inventory_hostname".into(), data("h1")),
            ("ansible_play_hosts".into(), hosts),
        ]);
        let mut replies = Vec::new();
        if self.sends_files {
            let mut tasks = Vec::new();
            tasks_of(&play.items, &mut tasks);
            tasks_of(&play.handlers, &mut tasks);
            for task in tasks {
                replies.extend(self.literal(&task));
            }
        }
        Start {
            host: "h1".into(),
            login: "root".into(),
            vars: vec![
                (Level::Inventory, self.layer("@inventory")),
                (Level::Play, (*play.vars).clone()),
                (Level::Extra, self.layer("@extra")),
                (Level::Magic, magic),
            ],
            play: Arc::new(play),
            replies,
            options: self.options.clone(),
        }
    }

    fn literal(&self, task: &crate::program::Task) -> Vec<(u16, Ask, Reply)> {
        let crate::program::Action::Module(name) = &task.action else { return vec![] };
        let kind = crate::module::find(name).unwrap();
        let crate::node::NodeKind::Map(entries) = &task.args.kind else { return vec![] };
        let mut replies = Vec::new();
        for templates in [false, true] {
            for node in kind.named_files(entries, templates) {
                let name = node.key_text();
                let ask = if templates { Ask::Template(name) } else { Ask::File(name) };
                match self.reply(&ask) {
                    Reply::Failed(_) => {}
                    reply => replies.push((task.file, ask, reply)),
                }
            }
        }
        replies
    }

    fn layer(&self, name: &str) -> Layer {
        let Some(text) = self.files.get(name) else { return Layer::new() };
        let tree = yaml(name, text);
        let crate::node::NodeKind::Map(entries) = tree.kind else { panic!("{name} is no mapping") };
        entries.into_iter().map(|(key, value)| (key.key_text(), Var::Authored(value))).collect()
    }

    /// The controller's reply to what a task asks.
    pub(super) fn reply(&self, ask: &Ask) -> Reply {
        let text = |folder: &str, path: &str| {
            let found =
                self.files.get(&format!("{folder}/{path}")).or_else(|| self.files.get(path));
            found.map(|text| {
                Reply::File(SourceFile {
                    path: path.into(),
                    mode: 0o644,
                    supports_check: text.contains("hep: supports-check"),
                    body: SourceBody::Text(text.as_str().into()),
                })
            })
        };
        match ask {
            Ask::File(path) => text("files", path)
                .unwrap_or_else(|| self.host.reply(&Ask::File(path.trim_end_matches('/').into()))),
            Ask::Template(path) => text("templates", path).unwrap_or_else(|| self.host.reply(ask)),
            Ask::VarsFile(path) => match self.files.get(&**path) {
                Some(text) => Reply::Vars(yaml(path, text)),
                None => Reply::Failed(crate::message::play::source_missing(path, "here")),
            },
            Ask::Lookup { plugin, args } => {
                Reply::Value(Value::from(format!("<{plugin} {args}>")), Trust::Operator)
            }
            Ask::HostVars(name) => {
                let vars = Map::from([("colour".into(), Value::from(format!("red of {name}")))]);
                Reply::Value(Value::map(vars), Trust::Host)
            }
        }
    }
}

fn tasks_of(items: &[Item], out: &mut Vec<Arc<crate::program::Task>>) {
    for item in items {
        match item {
            Item::Task(task) => out.push(task.clone()),
            Item::Block(block) => {
                for items in [&block.block, &block.rescue, &block.always] {
                    tasks_of(items, out);
                }
            }
        }
    }
}

struct Driver<'a> {
    world: &'a World,
    reader: Reader<'a>,
    program: Program,
    ran: Ran,
    elsewhere: std::vec::IntoIter<Control>,
    late: u32,
    barriers: std::vec::IntoIter<Control>,
}

impl Driver<'_> {
    fn drive(&mut self, mut interpreter: Interpreter, tamper: &mut dyn FnMut(u32, Input) -> Input) {
        let mut input = tamper(0, Input::Next);
        loop {
            self.ran.steps += 1;
            assert!(self.ran.steps < 200_000, "the interpreter never ends");
            let step = interpreter.step(input);
            let works = matches!(step, Step::Apply { .. } | Step::Observe { .. });
            let answer = match step {
                Step::Emit(event) => self.event(event),
                Step::Observe { questions, .. } => {
                    let answer = |q: Question| (q.clone(), self.ran.host.answer(&q));
                    Input::Answers(questions.into_iter().map(answer).collect())
                }
                Step::Apply { .. } if self.late > 0 => {
                    self.late -= 1;
                    Input::Outcome(Outcome::Late)
                }
                Step::Apply { identity, change, no_log, .. } => {
                    let who = match &identity {
                        Identity::Login => String::new(),
                        Identity::User(user) if user.flags.is_usual() => {
                            format!(" as {}", user.name)
                        }
                        Identity::User(user) => {
                            let flags: Vec<&str> = user.flags.words().collect();
                            format!(" as {} ({})", user.name, flags.join(" "))
                        }
                    };
                    let text = match &change {
                        Change::Wait(wait) => format!("wait {} ms", wait.timeout_ms),
                        Change::Run(run) if self.world.slow_ms > 0 => {
                            format!("{} within {:?} ms", line(&change), run.timeout_ms)
                        }
                        _ if no_log => "(no_log)".to_owned(),
                        change => line(change),
                    };
                    self.ran.lines.push(format!("    !{who} {text}"));
                    let outcome = self.ran.host.apply(&change);
                    self.ran.applied.push((identity, change));
                    Input::Outcome(outcome)
                }
                Step::Ask(request) => {
                    self.ran.trips += 1;
                    let input = self.request(&request);
                    if self.world.snapshots && matches!(request, Request::Task(_) | Request::Reset)
                    {
                        let text = serde_json::to_string(&interpreter.snapshot()).unwrap();
                        interpreter = Interpreter::resume(serde_json::from_str(&text).unwrap());
                    }
                    self.ran.requests.push(request);
                    input
                }
                Step::Done(summary) => {
                    self.ran.vars = interpreter.vars.clone();
                    self.ran.shown =
                        self.world.show.iter().map(|name| show(&interpreter, name)).collect();
                    self.ran.summary = summary;
                    return;
                }
            };
            if works {
                interpreter.took(self.world.slow_ms);
            }
            input = tamper(self.ran.steps, answer);
        }
    }

    fn event(&mut self, event: Event) -> Input {
        let text = match &event {
            Event::Started { .. } => None,
            Event::Item(report) => Some(format!("  - {}", report_line(report))),
            Event::Finished(report) => Some(report_line(report)),
            Event::Retry { left, .. } => Some(format!("  retry, {left} left")),
            Event::Delegated { host, facts, sets, .. } => {
                let facts = serde_json::to_string(facts).unwrap();
                Some(format!("  of {host} {facts} {sets}"))
            }
            Event::Notified { handlers } => Some(format!("  notified {}", handlers.join(", "))),
            Event::Var { level, name, value, trust } => {
                let value = serde_json::to_string(value).unwrap();
                Some(format!("  told {level:?} {name}={value} {trust:?}"))
            }
        };
        self.ran.lines.extend(text);
        self.ran.events.push(event);
        Input::Next
    }

    fn request(&mut self, request: &Request) -> Input {
        let (text, input) = match request {
            Request::Asks { asks, .. } => {
                let replies = asks.iter().map(|ask| (ask.clone(), self.world.reply(ask)));
                let asked: Vec<String> = asks.iter().map(|ask| format!("{ask:?}")).collect();
                (format!("ask {}", asked.join(", ")), Input::Replies(replies.collect()))
            }
            Request::Task(elsewhere) => {
                let result = Map::from([("by".into(), Value::from(elsewhere.host.clone()))]);
                let plain = Done { result, changed: true, ..Done::default() };
                let next = self.elsewhere.next();
                let control = next.unwrap_or_else(|| Control::Result(Box::new(plain)));
                (elsewhere_line(elsewhere), Input::Control(control))
            }
            Request::Once { .. } => {
                let control = self.world.once.clone().unwrap_or(Control::Go);
                ("once".into(), Input::Control(control))
            }
            Request::OnceDone { result, .. } => {
                let result = serde_json::to_string(&Value::map(result.result.clone())).unwrap();
                (format!("once done {result}"), Input::Control(Control::Go))
            }
            Request::Barrier { .. } => {
                let next = self.barriers.next();
                ("barrier".into(), Input::Control(next.unwrap_or(Control::Go)))
            }
            Request::Include { task, file } => {
                (format!("include {file}"), Input::Control(self.include(*task, file)))
            }
            Request::End { meta } => (format!("end {meta:?}"), Input::Control(Control::Stop)),
            Request::ClearErrors => ("clear errors".into(), Input::Control(Control::Go)),
            Request::Reset => ("reset".into(), Input::Control(Control::Go)),
            Request::Slot { limit, .. } => (format!("slot {limit}"), Input::Control(Control::Go)),
        };
        self.ran.lines.push(format!("    ? {text}"));
        input
    }

    fn include(&mut self, id: u32, file: &str) -> Control {
        let mut tasks = Vec::new();
        tasks_of(&self.program.plays[0].items, &mut tasks);
        tasks_of(&self.program.plays[0].handlers, &mut tasks);
        let task = tasks.into_iter().find(|task| task.id == id).unwrap();
        match self.reader.include(&task, file) {
            Ok(items) => {
                self.program.plays[0].items.extend(items.clone());
                Control::Items(items)
            }
            Err(faults) => Control::Failed(faults[0].message.clone()),
        }
    }
}

fn elsewhere_line(elsewhere: &Elsewhere) -> String {
    let args = serde_json::to_string(&elsewhere.args.to_value()).unwrap();
    let mut text = format!("{} {args}", elsewhere.module);
    if let Some(host) = &elsewhere.host {
        let _ = write!(text, " on {host}");
    }
    if elsewhere.identity != Identity::Login {
        let _ = write!(text, " as {:?}", elsewhere.identity);
    }
    for (name, value) in &elsewhere.environment {
        let _ = write!(text, " {name}={value}");
    }
    if let Some(template) = &elsewhere.text {
        let _ = write!(text, " text {template:?}");
    }
    if elsewhere.check {
        text.push_str(" (check)");
    }
    text
}

fn report_line(report: &Report) -> String {
    let state = format!("{:?}", report.state).to_lowercase();
    let mut text = format!("{state} {} {:?}", report.module, &*report.name);
    if report.handler {
        text.push_str(" (handler)");
    }
    if let Some(item) = &report.item {
        let _ = write!(text, " [{}]", serde_json::to_string(item).unwrap());
    }
    if let Some(message) = &report.message {
        let message = message.to_string();
        let _ = write!(text, ": {}", message.lines().next().unwrap_or_default());
    }
    text
}

/// A variable as a template would see it.
fn show(interpreter: &Interpreter, name: &str) -> String {
    let node = Node::bare(crate::node::NodeKind::Str(format!("{{{{ {name} }}}}").into()));
    let scope = interpreter.scope(interpreter.vars.clone());
    let text = match interpreter.engine.node(&node, &scope) {
        Ok(node) => {
            let trust = matches!(node.kind, crate::node::NodeKind::Foreign(_));
            let mark = if trust { " (from the host)" } else { "" };
            format!("{}{mark}", serde_json::to_string(&node.to_value()).unwrap())
        }
        Err(Stop::Unknown(why)) => format!("unknown: {why}"),
        Err(_) => "undefined".to_owned(),
    };
    format!("$ {name} = {text}")
}

impl Ran {
    /// All of it, a line each.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for line in self.lines.iter().chain(&self.shown) {
            text.push_str(line);
            text.push('\n');
        }
        let s = &self.summary;
        for (name, count) in [
            ("ok", s.ok),
            ("changed", s.changed),
            ("failed", s.failed),
            ("skipped", s.skipped),
            ("rescued", s.rescued),
            ("ignored", s.ignored),
            ("deferred", s.deferred),
            ("unreachable", s.unreachable),
        ] {
            if count > 0 {
                let _ = write!(text, "{name}={count} ");
            }
        }
        let _ = write!(text, "trips={}", self.trips);
        if s.is_failed {
            text.push_str(" FAILED");
        }
        text.push('\n');
        text
    }
}

fn yaml(name: &str, text: &str) -> Node {
    crate::yaml::parse(text, 0).unwrap_or_else(|_| panic!("{name} is no YAML")).remove(0)
}
