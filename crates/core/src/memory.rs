//! A host in memory: it answers every question and applies every change, for tests.
//!
//! Its paths, users and groups are an [`Overlay`] over nothing at all; packages, units and programs are
//! tables. So what an overlay predicts can be compared with what this host becomes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::change::{Attrs, Before, Change, Content, Effect};
use crate::message::Message;
use crate::observe::{
    Answer, Ask, Bytes, FileKind, Output, Question, Reply, SourceBody, SourceFile, Stat,
};
use crate::overlay::{Identity, Overlay};
use crate::query::Query;
use crate::value::Value;

mod apply;
#[cfg(test)]
mod tests;
mod text;

/// What every host has before a test says more.
const BASE: &str = "
    /etc/ 0755
    /home/ 0755
    /root/ 0700
    /tmp/ 1777
    /usr/ 0755
    /usr/bin/ 0755
    /var/ 0755
    group root 0
    user root 0:0 /root
";

/// The first moment of a host in memory: 2026-01-01, in nanoseconds since 1970.
const START_NS: i64 = 1_767_225_600_000_000_000;

/// A host in memory.
#[derive(Clone, Debug)]
pub struct Host {
    /// Paths, users and groups, all of them.
    state: Overlay,
    /// Who makes changes.
    pub identity: Identity,
    /// Contents that the controller would send, by SHA-256.
    pub blobs: BTreeMap<Arc<str>, Bytes>,
    /// Files of the controller.
    pub sources: BTreeMap<Arc<str>, SourceFile>,
    /// Templates of the controller.
    pub templates: BTreeMap<Arc<str>, Arc<str>>,
    /// Installed packages with their versions.
    pub packages: BTreeMap<Arc<str>, Arc<str>>,
    /// Units by full name.
    pub units: BTreeMap<Arc<str>, Unit>,
    /// What query commands print; those not named here are answered from the tables or fail with 127.
    pub queries: BTreeMap<Query, Output>,
    /// What programs do.
    pub programs: Vec<Program>,
    /// Programs on the path by name.
    pub commands: BTreeMap<Arc<str>, Arc<str>>,
    /// Open TCP ports.
    pub ports: BTreeSet<u16>,
    /// Facts.
    pub facts: Value,
    /// Whether every file system is mounted read-only.
    pub read_only: bool,
    /// Bytes left on the disk; nothing means enough.
    pub disk_free: Option<u64>,
    /// The programs that ran, with their arguments.
    pub ran: Vec<Vec<Arc<str>>>,
    now_ns: i64,
}

/// A unit of systemd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Whether it runs.
    pub active: bool,
    /// `UnitFileState`.
    pub file_state: Arc<str>,
}

/// What a program does when it is run.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The first words of its command line, all of which must match.
    pub argv: Vec<Arc<str>>,
    /// Exit status.
    pub rc: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// What it really does; nothing means what the plan said it would.
    pub effects: Option<Vec<Effect>>,
}

impl Default for Host {
    fn default() -> Self {
        Self::new("")
    }
}

impl Host {
    /// A host with the usual directories and root, and what `text` adds, one thing a line:
    ///
    /// ```text
    /// /srv/dir/ 0755 www-data:www-data       a directory
    /// /etc/motd 0644 root:root = text\n      a file, its content with \n, \t and \\ as escapes
    /// /etc/link -> target                    a symbolic link
    /// /etc/hard => /etc/motd                 a hard link
    /// group www-data 33
    /// user www-data 33:33 /var/www adm,sudo  with its supplementary groups
    /// source dir/name 0644 = text            a small file of the controller
    /// blob big.bin 0644 = text               one that goes by its hash
    /// template page.j2 = text
    /// package apache2 2.4.62-1
    /// unit apache2.service active enabled
    /// program systemctl /usr/bin/systemctl
    /// port 22
    /// run useradd -r x -> 9                  what a program's exit status is
    /// ```
    ///
    /// # Panics
    /// When a line is none of these.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut host = Self {
            state: Overlay::default(),
            identity: Identity::default(),
            blobs: BTreeMap::new(),
            sources: BTreeMap::new(),
            templates: BTreeMap::new(),
            packages: BTreeMap::new(),
            units: BTreeMap::new(),
            queries: BTreeMap::new(),
            programs: Vec::new(),
            commands: BTreeMap::new(),
            ports: BTreeSet::new(),
            facts: Value::map(crate::value::Map::new()),
            read_only: false,
            disk_free: None,
            ran: Vec::new(),
            now_ns: START_NS,
        };
        let lines = || BASE.lines().chain(text.lines()).map(str::trim).filter(|l| !l.is_empty());
        // Owners before what they own.
        let (paths, others): (Vec<&str>, Vec<&str>) = lines().partition(|l| l.starts_with('/'));
        for line in others.into_iter().chain(paths) {
            assert!(host.line(line).is_some(), "a host in memory cannot be made from {line:?}");
        }
        host
    }

    /// Makes a file, whatever is in its name.
    #[must_use]
    pub fn with_file(mut self, path: &str, content: &[u8]) -> Self {
        let attrs = Attrs { mode: Some(0o644), ..Default::default() };
        let content = Content::Inline(content.into());
        let (before, backup, validate) = (Before::Any, false, None);
        let path = path.into();
        self.fold(&Change::WriteFile { path, content, attrs, before, backup, validate });
        self
    }

    /// Says what a program does.
    #[must_use]
    pub fn with_program(mut self, program: Program) -> Self {
        self.programs.push(program);
        self
    }

    /// Says what a query command prints.
    #[must_use]
    pub fn with_query(mut self, query: Query, rc: i32, stdout: &str) -> Self {
        let output = Output { rc, stdout: stdout.into(), stderr: Bytes::default() };
        self.queries.insert(query, output);
        self
    }

    /// Every path there is.
    #[must_use]
    pub fn paths(&self) -> Vec<Arc<str>> {
        self.state.paths()
    }

    /// The content of a file, as text.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        match self.answer(&Question::Read { path: path.into(), limit: u64::MAX }) {
            Answer::Content(content) => content.map(|bytes| bytes.lossy().into_owned()),
            _ => None,
        }
    }
}

/// Questions.
impl Host {
    /// The answer to any question.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Answer {
        let question = &Self::at_home(question);
        match self.state.answer(question) {
            Some(answer) => answer,
            None => self.state.adjust(question, self.base(question)),
        }
    }

    /// The controller's reply.
    #[must_use]
    pub fn reply(&self, ask: &Ask) -> Reply {
        let found = match ask {
            Ask::File(path) => self.sources.get(path).cloned(),
            Ask::Template(path) => self.templates.get(path).map(|text| SourceFile {
                path: format!("templates/{path}").into(),
                mode: 0o644,
                supports_check: false,
                body: SourceBody::Text(text.clone()),
            }),
            _ => None,
        };
        found.map_or_else(|| Reply::Failed(fake("no_source", format!("{ask:?}"))), Reply::File)
    }

    /// A path that begins with `~` is below the identity's home.
    fn at_home(question: &Question) -> Question {
        let place = |path: &Arc<str>| -> Arc<str> {
            match path.strip_prefix('~') {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                    format!("/root{rest}").into()
                }
                _ => path.clone(),
            }
        };
        let mut question = question.clone();
        if let Question::Stat { path, .. }
        | Question::Read { path, .. }
        | Question::List { path, .. } = &mut question
        {
            *path = place(path);
        }
        question
    }

    /// What is answered where no path, user or group was ever made.
    fn base(&self, question: &Question) -> Answer {
        match question {
            Question::Stat { path, .. } => Answer::Stat((**path == *"/").then(|| Box::new(root()))),
            Question::Read { .. } => Answer::Content(None),
            Question::List { path, .. } => Answer::Entries((**path == *"/").then(Vec::new)),
            Question::Glob { .. } => Answer::Paths(Vec::new()),
            Question::User(_) => Answer::User(None),
            Question::Group(_) => Answer::Group(None),
            Question::Program(name) => Answer::Program(self.commands.get(name).cloned()),
            Question::Query(query) => Answer::Output(self.output(query)),
            Question::Now => Answer::Now(self.now_ns / 1_000_000),
            Question::Facts => Answer::Facts(self.facts.clone()),
            Question::Port { port, .. } => Answer::Port(self.ports.contains(port)),
        }
    }

    fn output(&self, query: &Query) -> Output {
        if let Some(output) = self.queries.get(query) {
            return output.clone();
        }
        match query {
            Query::DpkgStatus(names) => self.dpkg_status(names),
            Query::SystemdShow(unit) => self.systemd_show(unit),
            Query::DpkgArchitecture => Output { stdout: "amd64\n".into(), ..Output::default() },
            _ => Output { rc: 127, ..Output::default() },
        }
    }

    fn dpkg_status(&self, names: &[Arc<str>]) -> Output {
        let line = |name: &Arc<str>| {
            let version = self.packages.get(name)?;
            Some(format!("{name}\t{version}\tamd64\tinstall ok installed\t\n"))
        };
        let stdout: String = names.iter().filter_map(line).collect();
        let missing = names.iter().any(|name| !self.packages.contains_key(name));
        Output { rc: i32::from(missing), stdout: stdout.into(), stderr: Bytes::default() }
    }

    fn systemd_show(&self, unit: &str) -> Output {
        let name = full_name(unit);
        let text = match self.units.get(&*name) {
            None => format!(
                "Id={name}\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n\
                 UnitFileState=\nNeedDaemonReload=no\n"
            ),
            Some(unit) => {
                let load = if &*unit.file_state == "masked" { "masked" } else { "loaded" };
                let (active, sub) =
                    if unit.active { ("active", "running") } else { ("inactive", "dead") };
                format!(
                    "Id={name}\nLoadState={load}\nActiveState={active}\nSubState={sub}\n\
                     UnitFileState={}\nNeedDaemonReload=no\n",
                    unit.file_state
                )
            }
        };
        Output { rc: 0, stdout: text.into(), stderr: Bytes::default() }
    }
}

fn full_name(unit: &str) -> Arc<str> {
    if unit.contains('.') { unit.into() } else { format!("{unit}.service").into() }
}

/// The root directory.
fn root() -> Stat {
    Stat {
        kind: FileKind::Directory,
        mode: 0o755,
        uid: 0,
        gid: 0,
        owner: Some("root".into()),
        group: Some("root".into()),
        size: 4096,
        mtime_ns: START_NS,
        atime_ns: START_NS,
        ctime_ns: START_NS,
        dev: 1,
        ino: 1,
        nlink: 2,
        target: None,
        sha256: None,
    }
}

/// A message of this host. It stands in no catalogue, because no person sees it.
fn fake(id: &str, what: impl Into<String>) -> Message {
    Message { id: format!("fake.{id}").into(), args: vec![("what".into(), what.into())] }
}
