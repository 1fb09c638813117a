//! A subject made ready: what the engine's `exec` and `play` take.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use bytes::Bytes;
use hep_core::diagnostic::{self, Diagnostic, Source};
use hep_core::interp::Options;
use hep_core::manifest::select::Selection;
use hep_core::mask::Mask;
use hep_core::message::{Message, run as say, terminal, verb as verb_say};
use hep_core::node::{Node, NodeKind};
use hep_core::quote;
use hep_core::secret::Secret;
use hep_core::value::{Trust, Value};
use hep_core::vars::{Layer, Var};
use hep_core::vault::Keys;
use hep_core::verb::{self, Made, Task};
use serde_json::json;

use super::expectation::Expected;
use super::given::{self, Given};
use super::leftover;
use super::push_key::KeyWork;
use super::roster;
use super::subject::{
    CommandSubject, CopySubject, ManifestSubject, ScriptSubject, Subject, VerbSubject,
};
use crate::exec::{self, Command, Script, Sudo, is_variable_name};
use crate::ops::Engine;
use crate::ops::error::OpError;
use crate::play::load::{self, Faulty, Loaded};
use crate::store::runs::Run;

/// What is to be done on the hosts.
pub(super) enum Work {
    /// A command or a script.
    Command(Box<exec::Request>),
    /// A manifest.
    Play(Box<PlayWork>),
    /// A key that is let in.
    Key(KeyWork),
}

/// A manifest that has been read.
pub(super) struct PlayWork {
    pub(super) loaded: Arc<Loaded>,
    pub(super) options: Options,
    /// How hosts are dealt with.
    pub(super) manner: Manner,
    /// Where its files lie, until it is dropped.
    pub(super) folder: Folder,
}

/// How a manifest deals with hosts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Whether the executor stays on the hosts.
    pub(super) keep: bool,
    /// Whether hosts are driven by single commands, without the executor.
    pub(super) plain: bool,
    /// How long another run is waited for that changes a host, where that is said.
    pub(super) lock_wait: Option<Duration>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { keep: true, plain: false, lock_wait: None }
    }
}

/// Makes a subject ready, or says what is wrong with it.
pub(crate) fn check(subject: &Subject, given: &Given) -> Result<(), Message> {
    subject.expectation().map(Expected::new).transpose()?;
    prepare(subject, given).map(drop)
}

/// Something that is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which of its files.
    pub file: String,
    /// In which line, from 1; 0 where no place can be shown.
    pub line: u32,
    /// At which character of it, from 1.
    pub column: u32,
    /// What, and what to do.
    pub message: Message,
}

/// All that is wrong with the files of a manifest, as a run would read them.
pub(crate) fn faults(
    files: &BTreeMap<String, Vec<u8>>,
    entry: &str,
) -> Result<Vec<Fault>, Message> {
    let folder = Folder::make()?;
    for (path, body) in files {
        folder.put(path, body)?;
    }
    let manifests = vec![folder.path().join(entry).display().to_string()];
    let confined = Some(folder.path().to_owned());
    let loaded = load::load(load::Request { manifests, confined, ..load::Request::default() });
    let Err(faulty) = loaded else { return Ok(Vec::new()) };
    Ok(faulty.diagnostics.iter().map(|one| folder.fault(&faulty.sources, one)).collect())
}

/// All that a run does, made ready.
pub(super) struct Ready {
    /// What is to be done on the hosts.
    pub(super) work: Work,
    /// The run's own secrets.
    pub(super) mask: Mask,
    /// The password for sudo, in place of those that the register has.
    pub(super) become_password: Option<Secret<String>>,
    /// What counts as success, where it is said.
    pub(super) expected: Option<Expected>,
}

/// Makes ready what a run does: with its secrets, and with files that are kept elsewhere.
pub(super) async fn ready(
    engine: &Engine,
    run: &Run,
    mut subject: Subject,
) -> Result<Ready, Message> {
    let mut given = Given::to(engine, &mut subject).await.map_err(OpError::told)?;
    given.secrets = given::open(engine, "runs", &run.id, run.sealed.as_deref())?;
    let texts = given.secrets.texts.values().chain(&given.secrets.password);
    let mask = Mask::new(texts.map(|secret| secret.expose().as_str()));
    let expected = subject.expectation().map(Expected::new).transpose()?;
    let work = prepare(&subject, &given)?;
    let become_password = given.secrets.become_password.take();
    Ok(Ready { work, mask, become_password, expected })
}

/// Makes a subject ready.
pub(super) fn prepare(subject: &Subject, given: &Given) -> Result<Work, Message> {
    match subject {
        Subject::Command(command) => of_command(command, given),
        Subject::Script(script) => of_script(script, given),
        Subject::Manifest(manifest) => of_manifest(manifest, given),
        Subject::Copy(copy) => of_copy(copy, given),
        Subject::Verb(verb) => of_verb(verb, given),
        Subject::Terminal(_) => Err(terminal::not_asked_for()),
    }
}

fn of_command(said: &CommandSubject, given: &Given) -> Result<Work, Message> {
    let line = match (&said.line, said.words.is_empty()) {
        (Some(line), true) if !line.trim().is_empty() => line.clone(),
        (None, false) => quote::line(&said.words),
        _ => return Err(say::no_command()),
    };
    let command = Command {
        words: vec![line],
        environment: environment(&said.environment, given)?,
        sudo: sudo(said.sudo, said.sudo_user.as_ref()),
        ..Command::default()
    };
    let stdin = given.stdin(&said.stdin, said.stdin_bytes)?;
    Ok(request(command, stdin, said.timeout_seconds))
}

fn of_script(said: &ScriptSubject, given: &Given) -> Result<Work, Message> {
    if said.script.trim().is_empty() {
        return Err(say::no_command());
    }
    let command = Command {
        words: said.arguments.clone(),
        script: Some(Script { content: said.script.clone().into_bytes() }),
        environment: environment(&said.environment, given)?,
        sudo: sudo(said.sudo, said.sudo_user.as_ref()),
        ..Command::default()
    };
    let stdin = given.stdin(&said.stdin, said.stdin_bytes)?;
    Ok(request(command, stdin, said.timeout_seconds))
}

fn request(command: Command, stdin: Bytes, timeout_seconds: Option<u32>) -> Work {
    let timeout = timeout_seconds.map(|seconds| Duration::from_secs(seconds.into()));
    Work::Command(Box::new(exec::Request { command, stdin, timeout, ..exec::Request::default() }))
}

fn environment(
    said: &std::collections::BTreeMap<String, String>,
    given: &Given,
) -> Result<Vec<(String, String)>, Message> {
    if let Some(name) = said.keys().find(|name| !is_variable_name(name)) {
        return Err(say::bad_variable(name));
    }
    let secrets = given.secrets.texts.iter().map(|(name, value)| (name, value.expose()));
    Ok(said.iter().chain(secrets).map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn sudo(becomes: bool, user: Option<&String>) -> Option<Sudo> {
    let becomes = becomes || user.is_some();
    becomes.then(|| Sudo { user: user.cloned(), ..Sudo::default() })
}

fn of_manifest(said: &ManifestSubject, given: &Given) -> Result<Work, Message> {
    let folder = Folder::make()?;
    let brought = said.files.iter().map(|(path, text)| (path, text.as_bytes()));
    let fetched = given.files.iter().map(|(path, body)| (path, &body[..]));
    for (path, body) in brought.chain(fetched) {
        folder.put(path, body)?;
    }
    for (path, text) in &said.binary {
        folder.put(path, &BASE64.decode(text).map_err(|_| say::bad_base64())?)?;
    }
    let entries: Vec<&str> =
        std::iter::once(&said.entry).chain(&said.further).map(String::as_str).collect();
    let is_there =
        |name: &&&str| said.files.contains_key(**name) || given.files.contains_key(**name);
    if let Some(entry) = entries.iter().find(|name| !is_there(name)) {
        return Err(say::no_entry(entry));
    }
    let mut extra = roster::layer(&said.vars);
    extra.extend(hidden(given));
    let words = |tags: &[String]| tags.iter().map(|tag| tag.as_str().into()).collect();
    let selection = Selection { only: words(&said.tags), skip: words(&said.skip_tags) };
    let request = load::Request {
        selection,
        start_at: said.start_at_task.clone(),
        extra: Arc::new(extra),
        keys: keys(given),
        ..load::Request::default()
    };
    let options = Options {
        check: said.check,
        diff: said.diff,
        r#become: said.r#become.unwrap_or(said.become_user.is_some()),
        become_user: said.become_user.as_deref().map(Arc::from),
        force_handlers: said.force_handlers,
        verbosity: said.verbosity,
        ..Options::default()
    };
    let manner = Manner {
        keep: !said.no_keep,
        plain: said.no_executor,
        lock_wait: said.lock_timeout_seconds.map(|seconds| Duration::from_secs(seconds.into())),
    };
    let work = folder.load(&entries, request, options)?;
    Ok(match work {
        Work::Play(play) => Work::Play(Box::new(PlayWork { manner, ..*play })),
        other => other,
    })
}

/// The secret variables of a manifest. None of their texts is a template.
fn hidden(given: &Given) -> Layer {
    let secret = |text: &str| Node::bare(NodeKind::Secret(text.into()));
    let texts = given.secrets.texts.iter();
    let texts = texts.map(|(name, value)| (name.as_str().into(), secret(value.expose())));
    let trees = given.secrets.trees.iter().map(|(name, value)| {
        let tree = serde_json::from_str(value.expose()).unwrap_or_default();
        (name.as_str().into(), roster::secret_node(&tree))
    });
    texts.chain(trees).map(|(name, node)| (name, Var::Authored(node))).collect()
}

/// The Vault passwords of a manifest.
fn keys(given: &Given) -> Keys {
    let mut keys = Keys::default();
    given.secrets.vault.iter().for_each(|(id, password)| keys.add(id, password));
    keys
}

fn of_copy(said: &CopySubject, given: &Given) -> Result<Work, Message> {
    let content = given.file(said)?;
    if !said.dest.starts_with('/') {
        return Err(say::bad_destination(&said.dest));
    }
    let folder = Folder::make()?;
    folder.put("files/content", &content)?;
    // What people say goes in as data, which no template reads.
    let (mut options, mut extra) = (serde_json::Map::new(), Layer::new());
    options.insert("src".into(), json!("content"));
    let dest = Some(&said.dest);
    let (owner, group, mode) = (said.owner.as_ref(), said.group.as_ref(), said.mode.as_ref());
    for (name, value) in [("dest", dest), ("owner", owner), ("group", group), ("mode", mode)] {
        if let Some(value) = value {
            let variable = format!("hep_copy_{name}");
            options.insert(name.into(), json!(format!("{{{{ {variable} }}}}")));
            let data = Var::Data(Value::from(value.clone()), Trust::Operator);
            extra.insert(variable.as_str().into(), data);
        }
    }
    let manifest = json!([{ "name": "Copy", "copy": options }]);
    folder.put("copy.yml", manifest.to_string().as_bytes())?;
    let request = load::Request { extra: Arc::new(extra), ..load::Request::default() };
    let become_user = said.sudo_user.as_deref().map(Arc::from);
    let options = Options {
        check: said.check,
        diff: said.diff,
        r#become: become_user.is_some(),
        become_user,
        ..Options::default()
    };
    folder.load(&["copy.yml"], request, options)
}

fn of_verb(said: &VerbSubject, given: &Given) -> Result<Work, Message> {
    match verb::kind(&said.verb)?.make(&said.parameters)? {
        Made::Task(task) => of_task(said, &task),
        // It cannot tell what it would do; what only looks may always.
        Made::Script(_) | Made::Key(_) if said.check && verb::kind(&said.verb)?.changes => {
            Err(verb_say::no_check(&said.verb))
        }
        Made::Key(key) => {
            Ok(Work::Key(KeyWork { said: key, password: given.secrets.password.clone() }))
        }
        Made::Script(script) => {
            let command = Command {
                words: script.arguments,
                script: Some(Script { content: script.text.as_bytes().to_vec() }),
                sudo: sudo(false, said.sudo_user.as_ref()),
                ..Command::default()
            };
            Ok(request(command, Bytes::new(), said.timeout_seconds))
        }
    }
}

/// A manifest of one task, whose options are data that no template reads.
fn of_task(said: &VerbSubject, task: &Task) -> Result<Work, Message> {
    let folder = Folder::make()?;
    let (mut options, mut extra) = (serde_json::Map::new(), Layer::new());
    for (name, value) in &task.options {
        let variable = format!("hep_verb_{name}");
        options.insert(name.clone(), json!(format!("{{{{ {variable} }}}}")));
        let value: Value = serde_json::from_value(value.clone())
            .map_err(|error| verb_say::bad_parameters(&said.verb, error))?;
        extra.insert(variable.as_str().into(), Var::Data(value, Trust::Operator));
    }
    let manifest = json!([{ "name": said.verb, task.module: options }]);
    folder.put("verb.yml", manifest.to_string().as_bytes())?;
    let request = load::Request { extra: Arc::new(extra), ..load::Request::default() };
    let become_user = said.sudo_user.as_deref().map(Arc::from);
    let options = Options {
        check: said.check,
        diff: said.diff,
        r#become: become_user.is_some(),
        become_user,
        ..Options::default()
    };
    folder.load(&["verb.yml"], request, options)
}

/// Whether a path leads beneath a folder, whatever that is, and says so in one way only.
pub(crate) fn is_plain(path: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(is_name) && !path.chars().any(|c| c.is_control() || c == '\\')
}

/// How the folders of runs are called.
const FOLDER: &str = "hep-run-";

/// Removes what killed servers have left.
pub(super) fn sweep() {
    leftover::sweep(&std::env::temp_dir(), FOLDER);
}

/// The folder of a run.
pub(super) struct Folder(leftover::Folder);

impl Folder {
    fn make() -> Result<Self, Message> {
        let within = std::env::temp_dir();
        let made = leftover::Folder::make(&within, FOLDER);
        made.map(Self).map_err(|error| say::no_folder(within.display(), error))
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, path: &str, content: &[u8]) -> Result<(), Message> {
        if !is_plain(path) {
            return Err(say::bad_path(path));
        }
        let file = self.path().join(path);
        let written = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = written.and_then(|()| std::fs::write(&file, content));
        written.map_err(|error| say::no_folder(path, error))
    }

    fn load(
        self,
        entries: &[&str],
        request: load::Request,
        options: Options,
    ) -> Result<Work, Message> {
        let path = |entry: &&str| self.path().join(entry).display().to_string();
        let manifests = entries.iter().map(path).collect();
        let confined = Some(self.path().to_owned());
        let loaded = load::load(load::Request { manifests, confined, ..request });
        let loaded = Arc::new(loaded.map_err(|faulty| self.explain(&faulty))?);
        let manner = Manner::default();
        Ok(Work::Play(Box::new(PlayWork { loaded, options, manner, folder: self })))
    }

    /// Something that is wrong, its file named as it was sent.
    fn fault(&self, sources: &[Source], diagnostic: &Diagnostic) -> Fault {
        let folder = format!("{}/", self.path().display());
        let source = sources.get(usize::from(diagnostic.pos.file));
        let mut message = diagnostic.message.clone();
        message.args.iter_mut().for_each(|(_, text)| *text = text.replace(&folder, ""));
        Fault {
            file: source.map(|source| source.name.replace(&folder, "")).unwrap_or_default(),
            line: diagnostic.pos.line,
            column: diagnostic.pos.col,
            message,
        }
    }

    /// What is wrong with a manifest, its files named as they were sent.
    fn explain(&self, faulty: &Faulty) -> Message {
        let show = |fault| diagnostic::render(&faulty.sources, fault);
        let texts: Vec<String> = faulty.diagnostics.iter().map(show).collect();
        let folder = format!("{}/", self.path().display());
        say::bad_manifest(texts.concat().replace(&folder, "").trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_json(json: &str) -> Result<(), String> {
        let subject: Subject = serde_json::from_str(json).unwrap();
        check(&subject, &Given::default()).map_err(|message| message.id.into_owned())
    }

    #[test]
    fn what_cannot_be_run_is_refused_before_it_is_kept() {
        let manifest = |files: &str, entry: &str| {
            format!(r#"{{"kind":"manifest","files":{files},"entry":"{entry}"}}"#)
        };
        let verb = |name: &str, parameters: &str, check: bool| {
            format!(
                r#"{{"kind":"verb","verb":"{name}","parameters":{parameters},"check":{check}}}"#
            )
        };
        let good = r#"{"a.yml":"- debug: msg=x\n"}"#;
        let cases = [
            (r#"{"kind":"command","line":"true"}"#.to_owned(), Ok(())),
            (r#"{"kind":"command","line":" "}"#.into(), Err("run.no_command")),
            (r#"{"kind":"command","line":"a","words":["b"]}"#.into(), Err("run.no_command")),
            (
                r#"{"kind":"command","line":"a","environment":{"A=B":"c"}}"#.into(),
                Err("run.bad_variable"),
            ),
            (r#"{"kind":"script","script":""}"#.into(), Err("run.no_command")),
            (manifest(good, "a.yml"), Ok(())),
            (manifest(good, "b.yml"), Err("run.no_entry")),
            (manifest(r#"{"a.yml":"- nonsense: 1\n"}"#, "a.yml"), Err("run.bad_manifest")),
            (
                r#"{"kind":"manifest","files":{"a.yml":"- debug: msg=x\n","b/c.yml":"- debug: msg=y\n"},"entry":"a.yml",
                    "further":["b/c.yml"],"binary":{"files/x":"/w=="}}"#
                    .into(),
                Ok(()),
            ),
            (
                r#"{"kind":"manifest","files":{"a.yml":"[]"},"entry":"a.yml","further":["b.yml"]}"#
                    .into(),
                Err("run.no_entry"),
            ),
            (
                r#"{"kind":"manifest","files":{"a.yml":"[]"},"entry":"a.yml","binary":{"x":"!"}}"#
                    .into(),
                Err("run.bad_base64"),
            ),
            (manifest(r#"{"../a.yml":"[]"}"#, "../a.yml"), Err("run.bad_path")),
            (manifest(r#"{"/etc/a.yml":"[]"}"#, "/etc/a.yml"), Err("run.bad_path")),
            (manifest(r#"{"a/./a.yml":"[]"}"#, "a/./a.yml"), Err("run.bad_path")),
            (manifest(r#"{"a\\a.yml":"[]"}"#, r"a\\a.yml"), Err("run.bad_path")),
            (manifest(r#"{"a\u0000":"[]"}"#, r"a\u0000"), Err("run.bad_path")),
            (manifest(r#"{"a/":"[]"}"#, "a/"), Err("run.bad_path")),
            (
                manifest(r#"{"a.yml":"- import_tasks: /etc/passwd\n"}"#, "a.yml"),
                Err("run.bad_manifest"),
            ),
            (r#"{"kind":"copy","text":"x","dest":"/tmp/x"}"#.into(), Ok(())),
            (r#"{"kind":"copy","text":"x","dest":"tmp"}"#.into(), Err("run.bad_destination")),
            (r#"{"kind":"copy","dest":"/tmp/x"}"#.into(), Err("run.no_content")),
            (r#"{"kind":"copy","base64":"!","dest":"/x"}"#.into(), Err("run.bad_base64")),
            (verb("packages.install", r#"{"names":["htop"]}"#, false), Ok(())),
            (verb("packages.upgrade", "{}", true), Ok(())),
            (verb("services.enable", r#"{"name":"ssh"}"#, true), Ok(())),
            (verb("power.reboot", "{}", false), Ok(())),
            (verb("facts", "{}", true), Ok(())),
            (verb("status", "{}", true), Ok(())),
            (verb("processes.signal", r#"{"name":"top"}"#, false), Ok(())),
            (verb("processes.signal", r#"{"name":"top"}"#, true), Err("verb.no_check")),
            (verb("processes.signal", r#"{"pids":[1]}"#, false), Err("verb.bad_pid")),
            (verb("nothing", "{}", false), Err("verb.unknown")),
        ];
        for (json, expected) in cases {
            assert_eq!(check_json(&json), expected.map_err(str::to_owned), "{json}");
        }
    }

    #[test]
    fn words_are_quoted_and_a_line_is_not() {
        for (json, line) in [
            (r#"{"kind":"command","words":["echo","a b;c"]}"#, "echo 'a b;c'"),
            (r#"{"kind":"command","line":"echo a; b"}"#, "echo a; b"),
        ] {
            let subject: Subject = serde_json::from_str(json).unwrap();
            let work = prepare(&subject, &Given::default());
            let Ok(Work::Command(request)) = work else { panic!("{json}") };
            assert_eq!(request.command.words, [line]);
        }
    }
}
