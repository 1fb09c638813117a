//! The one check function for tables of module cases, and what holds for every case of every module.
//!
//! A case says what the host is like, the options, and what is planned. Beside that, each case is checked
//! for: planning twice gives the same; applying works; planning again finds nothing (where the module is
//! idempotent); a check plans the same on a read-only host; and what the overlay predicts is what the host
//! becomes.

use std::sync::Arc;

use crate::change::{Attrs, Change, Content, Outcome, Planned};
use crate::memory::Host;
use crate::module::{Context, Finish, Kind, Plan, Then};
use crate::node::{Node, Pos};
use crate::observe::{Answer, Observe, Question, Stop};
use crate::overlay::{Overlay, UNKNOWN_ID};
use crate::value::{Map, Value};

/// One line of a table.
pub(crate) struct Case {
    /// What it shows, for the failure's text.
    pub name: &'static str,
    /// The host before.
    pub host: Host,
    /// The module's name or alias.
    pub module: &'static str,
    /// Its options, as [`options`] reads them or built by hand.
    pub options: Value,
    /// What must come of it.
    pub expect: Expect,
}

/// What must come of a case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expect {
    /// The planned changes, one a line as [`line`] writes them; nothing means not compared.
    pub changes: Option<String>,
    /// Members that the finished result must have; others may stand beside them.
    pub result: Vec<(String, Value)>,
    /// A part of the message with which planning fails or, if applying fails, of that one.
    pub error: Option<String>,
    /// A part of the reason for which the task is deferred.
    pub unknown: Option<String>,
    /// Whether the task counts as changed, where that is not simply "there are changes".
    pub changed: Option<bool>,
    /// Whether the task is skipped.
    pub skipped: bool,
    /// Contents of files afterwards.
    pub files: Vec<(String, String)>,
    /// A second run changes again, as `touch` does.
    pub repeats: bool,
    /// A check plans something else than a run (as `command` does).
    pub check_differs: bool,
}

impl Expect {
    /// These changes, one a line; indentation and empty lines do not count.
    pub(crate) fn changes(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        Self { changes: Some(lines.join("\n")), ..Self::default() }
    }

    /// No changes.
    pub(crate) fn nothing() -> Self {
        Self::changes("")
    }

    /// Whatever changes, to be looked at by what comes of them.
    pub(crate) fn any() -> Self {
        Self::default()
    }

    /// Planning or applying fails with a message that holds this text.
    pub(crate) fn error(text: &str) -> Self {
        Self { error: Some(text.to_owned()), ..Self::default() }
    }

    /// The task is deferred, for a reason that holds this text.
    pub(crate) fn unknown(text: &str) -> Self {
        Self { unknown: Some(text.to_owned()), ..Self::default() }
    }

    /// The finished result has this member.
    pub(crate) fn result(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.result.push((key.to_owned(), value.into()));
        self
    }

    /// Afterwards the file has this content.
    pub(crate) fn file(mut self, path: &str, content: &str) -> Self {
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// A second run changes again.
    pub(crate) fn repeats(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// The task counts as changed, or not.
    pub(crate) fn changed(mut self, changed: bool) -> Self {
        self.changed = Some(changed);
        self
    }
}

/// Options from lines of `name: value`: JSON where it parses as JSON, else text as it stands.
pub(crate) fn options(text: &str) -> Value {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let pairs = lines.map(|line| {
        let (name, value) = line.split_once(": ").expect("a line of options is `name: value`");
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::str(value));
        (name.into(), value)
    });
    Value::map(pairs.collect::<Map>())
}

/// What came of running a case.
#[derive(Debug)]
pub(crate) struct Ran {
    /// All planned changes.
    pub changes: Vec<Planned>,
    /// The last plan.
    pub plan: Plan,
    /// What finishing it gave.
    pub finish: Finish,
    /// What came of each change that was tried.
    pub outcomes: Vec<Outcome>,
}

/// Checks one case and everything that holds for all of them.
pub(crate) fn check(case: &Case) {
    let kind = crate::module::find(case.module).expect("the module exists");
    let mut host = case.host.clone();
    let ran = match run(&mut host, kind, &case.options) {
        Err(stop) => return check_stop(case, &stop),
        Ok(ran) => ran,
    };
    check_expected(case, &ran, &host);
    let again = plan_with(&case.options, kind, false, &|q| case.host.answer(q), &case.host);
    assert_eq!(again, first(case, kind), "{}: planning twice differs", case.name);
    check_dry(case, kind);
    if ran.finish.failed.is_none() {
        check_idempotent(case, kind, &mut host);
        check_prediction(case, kind, &host, &ran);
    }
}

/// Checks every case of a table.
pub(crate) fn check_all(cases: &[Case]) {
    cases.iter().for_each(check);
}

fn check_stop(case: &Case, stop: &Stop) {
    let (Stop::Fail(message) | Stop::FailAt(_, message)) = stop else {
        let Stop::Unknown(why) = stop else { panic!("{}: {stop:?}", case.name) };
        let expected = case.expect.unknown.as_deref();
        let expected = expected.unwrap_or_else(|| panic!("{}: deferred: {why}", case.name));
        assert!(why.contains(expected), "{}: {why}", case.name);
        return;
    };
    let text = message.to_string();
    let expected = case.expect.error.as_deref();
    let expected = expected.unwrap_or_else(|| panic!("{}: failed: {text}", case.name));
    assert!(text.contains(expected), "{}: {text}", case.name);
}

fn check_expected(case: &Case, ran: &Ran, host: &Host) {
    let (name, expect) = (case.name, &case.expect);
    let lines: Vec<String> = ran.changes.iter().map(|planned| line(&planned.change)).collect();
    if let Some(changes) = &expect.changes {
        assert_eq!(lines.join("\n"), *changes, "{name}: the planned changes");
    }
    assert_eq!(expect.unknown, None, "{name}: it was not deferred but planned {lines:?}");
    match (&ran.finish.failed, &expect.error) {
        (None, None) => {}
        (Some(message), Some(text)) if message.to_string().contains(text) => {}
        (failed, text) => panic!("{name}: failed with {failed:?}, expected {text:?}"),
    }
    for (key, value) in &expect.result {
        assert_eq!(ran.finish.result.get(key.as_str()), Some(value), "{name}: result `{key}`");
    }
    for (path, content) in &expect.files {
        assert_eq!(host.text(path).as_ref(), Some(content), "{name}: content of {path}");
    }
    assert_eq!(ran.plan.skipped.is_some(), expect.skipped, "{name}: skipped");
    if let Some(changed) = expect.changed {
        let is = ran.finish.changed.or(ran.plan.changed).unwrap_or(!ran.changes.is_empty());
        assert_eq!(is, changed, "{name}: changed");
    }
}

/// A check needs nothing that can be written, and plans what a run plans.
fn check_dry(case: &Case, kind: &Kind) {
    let mut host = case.host.clone();
    host.read_only = true;
    let dry = plan_with(&case.options, kind, true, &|q| host.answer(q), &host);
    if !case.expect.check_differs {
        let changes = |plan: Result<Plan, Stop>| plan.map(|plan| plan.changes);
        assert_eq!(changes(dry), changes(first(case, kind)), "{}: the check", case.name);
    }
}

fn check_idempotent(case: &Case, kind: &Kind, host: &mut Host) {
    if kind.idempotent && !case.expect.repeats {
        let second = run(host, kind, &case.options)
            .unwrap_or_else(|stop| panic!("{}: the second run: {stop:?}", case.name));
        let is_changed = second.finish.changed.or(second.plan.changed);
        // A plan that says so itself may do something that is no change (`daemon_reload`).
        if is_changed != Some(false) {
            let lines: Vec<String> = second.changes.iter().map(|p| line(&p.change)).collect();
            assert_eq!(lines, Vec::<String>::new(), "{}: a second run changes again", case.name);
        }
        assert!(!is_changed.unwrap_or(false), "{}: a second run says it changed", case.name);
    }
}

/// What the overlay predicts, laid over the host as it was, is what the host became.
fn check_prediction(case: &Case, kind: &Kind, after: &Host, ran: &Ran) {
    let mut overlay = Overlay::default();
    for _ in 0..8 {
        let ask = |question: &Question| overlaid(&overlay, &case.host, question);
        let plan = match plan_with(&case.options, kind, true, &ask, &case.host) {
            Ok(plan) => plan,
            // Deferred: nothing more is predicted.
            Err(Stop::Unknown(_)) => return,
            Err(stop) => panic!("{}: planning over the overlay: {stop:?}", case.name),
        };
        plan.changes.iter().for_each(|p| overlay.plan(&p.change, &case.host.identity));
        if plan.then == Then::Done {
            break;
        }
    }
    let kept: Vec<_> = ran.outcomes.iter().filter_map(backup).collect();
    let mut paths = after.paths();
    paths.extend(overlay.paths());
    for path in paths.into_iter().filter(|path| !kept.contains(path)) {
        let question = Question::Stat { path, follow: false, digest: true };
        let predicted = summary(&overlaid(&overlay, &case.host, &question));
        let deed = summary(&after.answer(&question));
        let same = predicted.iter().zip(&deed).all(|(p, d)| p == d || p == "?");
        assert!(same, "{}: {question:?}\npredicted {predicted:?}\ndeed {deed:?}", case.name);
    }
}

fn backup(outcome: &Outcome) -> Option<Arc<str>> {
    match outcome {
        Outcome::Done(deed) => deed.backup.clone(),
        _ => None,
    }
}

/// The answer as an interpreter with an overlay gives it.
pub(crate) fn overlaid(overlay: &Overlay, host: &Host, question: &Question) -> Answer {
    match overlay.answer(question) {
        Some(answer) => answer,
        None => overlay.adjust(question, host.answer(&overlay.redirect(question))),
    }
}

/// What of a stat can be predicted; `?` where it cannot.
fn summary(answer: &Answer) -> Vec<String> {
    match answer {
        Answer::Unknown(_) => vec!["?".to_owned(); 8],
        Answer::Stat(None) => vec!["absent".to_owned()],
        Answer::Stat(Some(stat)) => {
            let id = |id: u32| if id == UNKNOWN_ID { "?".to_owned() } else { id.to_string() };
            vec![
                format!("{:?}", stat.kind),
                format!("{:04o}", stat.mode),
                id(stat.uid),
                id(stat.gid),
                format!("{:?}", stat.target),
                format!("{:?}", stat.sha256),
                stat.size.to_string(),
                stat.nlink.to_string(),
            ]
        }
        other => panic!("not a stat: {other:?}"),
    }
}

fn first(case: &Case, kind: &Kind) -> Result<Plan, Stop> {
    plan_with(&case.options, kind, false, &|q| case.host.answer(q), &case.host)
}

/// Plans and applies on a host, as an interpreter does, until nothing is left to do.
pub(crate) fn run(host: &mut Host, kind: &Kind, options: &Value) -> Result<Ran, Stop> {
    let (mut changes, mut outcomes) = (Vec::new(), Vec::new());
    for _ in 0..8 {
        let plan = plan_with(options, kind, false, &|q| host.answer(q), host)?;
        changes.extend(plan.changes.iter().cloned());
        let new = host.apply_all(&plan.changes);
        let failed = new.iter().any(|outcome| !matches!(outcome, Outcome::Done(_)));
        outcomes.extend(new);
        if failed || plan.then == Then::Done {
            let module = parse(kind, options)?;
            let mut finish = module.finish(plan.result.clone(), &outcomes);
            finish.failed = finish.failed.or_else(|| plan.failed.clone());
            return Ok(Ran { changes, plan, finish, outcomes });
        }
    }
    panic!("planning anew never came to an end");
}

fn parse(kind: &Kind, options: &Value) -> Result<Box<dyn crate::module::Module>, Stop> {
    let mut node = Node::from_value(options, Pos::default());
    if let (Some(normalize), crate::node::NodeKind::Map(pairs)) = (kind.normalize, &mut node.kind) {
        normalize(pairs)?;
    }
    kind.parse(&node).map_err(|error| match error.unknown {
        Some(why) => Stop::Unknown(why),
        None => Stop::FailAt(error.pos, error.message),
    })
}

/// Plans once, with all questions answered by `answer` and those to the controller by the host's tables.
pub(crate) fn plan_with(
    options: &Value,
    kind: &Kind,
    check: bool,
    answer: &dyn Fn(&Question) -> Answer,
    host: &Host,
) -> Result<Plan, Stop> {
    let module = parse(kind, options)?;
    let render = |_: &str, text: &str| -> Result<Value, Stop> {
        Ok(Value::str(text.replace("{{ name }}", "wörld")))
    };
    let user = host.identity.owner.clone().unwrap_or_default();
    let context = Context {
        check,
        again: false,
        diff: true,
        user: &user,
        environment: &[],
        pos: Pos::default(),
        verbosity: 0,
        render: &render,
    };
    let mut observe = Observe::new();
    for _ in 0..100 {
        match module.plan(&context, &mut observe) {
            Err(Stop::Pending) => {
                let (questions, asks) = observe.take_open();
                assert!(!questions.is_empty() || !asks.is_empty(), "pending, but nothing is asked");
                for question in questions {
                    let answer = answer(&question);
                    observe.answer(question, answer);
                }
                for ask in asks {
                    let reply = host.reply(&ask);
                    observe.reply(ask, reply);
                }
            }
            done => return done,
        }
    }
    panic!("planning asks without end");
}

/// A change as one line:
///
/// ```text
/// write PATH [attrs] = "content" [backup] [validate WORDS]     write PATH [attrs] = blob SIZE
/// write PATH [attrs] = copy of PATH
/// attrs PATH 0644 owner:group      mkdir PATH [attrs]          touch PATH
/// link PATH -> TARGET              hard PATH => TARGET         remove PATH    remove -r PATH
/// run WORDS…                       wait …
/// ```
pub(crate) fn line(change: &Change) -> String {
    match change {
        Change::WriteFile { path, content, attrs, backup, validate, .. } => {
            let content = match content {
                Content::Inline(bytes) => format!("{bytes:?}"),
                Content::Blob { size, .. } => format!("blob {size}"),
                Content::HostFile { path, .. } => format!("copy of {path}"),
            };
            let backup = if *backup { " backup" } else { "" };
            let validate = validate.as_ref().map(crate::quote::line);
            let validate = validate.map_or(String::new(), |line| format!(" validate {line}"));
            format!("write {path}{} = {content}{backup}{validate}", attrs_text(attrs))
        }
        Change::SetAttrs { path, attrs, .. } => format!("attrs {path}{}", attrs_text(attrs)),
        Change::MakeDirectory { path, attrs, .. } => format!("mkdir {path}{}", attrs_text(attrs)),
        Change::MakeLink { path, target, hard: false, .. } => format!("link {path} -> {target}"),
        Change::MakeLink { path, target, hard: true, .. } => format!("hard {path} => {target}"),
        Change::Remove { path, recurse: false, .. } => format!("remove {path}"),
        Change::Remove { path, recurse: true, .. } => format!("remove -r {path}"),
        Change::Touch { path, .. } => format!("touch {path}"),
        Change::Run(run) => format!("run {}", crate::quote::line(&run.argv)),
        Change::Wait(wait) => format!("wait {:?}", wait.until),
    }
}

/// ` 0644 owner:group`, what is absent left out.
fn attrs_text(attrs: &Attrs) -> String {
    let mut text = attrs.mode.map_or(String::new(), |mode| format!(" {mode:04o}"));
    let name = |name: &Option<Arc<str>>, id: Option<u32>| {
        name.as_deref().map(str::to_owned).or_else(|| id.map(|id| id.to_string()))
    };
    let (owner, group) = (name(&attrs.owner, attrs.uid), name(&attrs.group, attrs.gid));
    if owner.is_some() || group.is_some() {
        let (owner, group) = (owner.unwrap_or_default(), group.unwrap_or_default());
        text = format!("{text} {owner}:{group}");
    }
    text
}
