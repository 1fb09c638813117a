//! A host in memory: it answers every question and applies every change, for tests.
//!
//! Its paths, users and groups are an [`Overlay`] over nothing at all; packages, units and programs are
//! tables. So what an overlay predicts can be compared with what this host becomes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::change::{Before, Change, Content, Deed, Effect, Outcome, Run, Until, Wait};
use crate::message::Message;
use crate::observe::{
    Account, Answer, Ask, Bytes, FileKind, GroupEntry, Output, Question, Reply, SourceBody,
    SourceFile, Stat,
};
use crate::overlay::{Identity, Overlay, UNKNOWN_ID, parent, sha256};
use crate::query::Query;
use crate::value::Value;

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

    /// Makes what one line says.
    fn line(&mut self, line: &str) -> Option<()> {
        if line.starts_with('/') {
            return self.path_line(line);
        }
        let (word, rest) = line.split_once(' ')?;
        let (name, more) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "group" => self.add_group(name, more.parse().ok()?),
            "user" => self.user_line(name, more)?,
            "source" | "blob" => self.source_line(word == "blob", name, more)?,
            "template" => {
                self.templates.insert(name.into(), unescape(more.strip_prefix("= ")?).into());
            }
            "package" => {
                self.packages.insert(name.into(), more.into());
            }
            "unit" => {
                let (active, file_state) = more.split_once(' ')?;
                let unit = Unit { active: active == "active", file_state: file_state.into() };
                self.units.insert(name.into(), unit);
            }
            "program" => {
                self.commands.insert(name.into(), more.into());
            }
            "port" => {
                self.ports.insert(name.parse().ok()?);
            }
            "run" => {
                let (argv, rc) = rest.split_once(" -> ")?;
                let argv = argv.split(' ').map(Arc::from).collect();
                let rc = rc.parse().ok()?;
                self.programs.push(Program { argv, rc, ..Program::default() });
            }
            _ => return None,
        }
        Some(())
    }

    fn add_group(&mut self, name: &str, gid: u32) {
        let entry = GroupEntry { name: name.into(), gid, members: Vec::new() };
        self.effect(&Effect::Group { name: name.into(), entry: Some(entry) });
    }

    fn user_line(&mut self, name: &str, more: &str) -> Option<()> {
        let mut words = more.split(' ');
        let (uid, gid) = words.next()?.split_once(':')?;
        let home = words.next().unwrap_or("/");
        let groups = words.next().map(|groups| groups.split(',').map(Arc::from).collect());
        let account = Account {
            name: name.into(),
            uid: uid.parse().ok()?,
            gid: gid.parse().ok()?,
            gecos: "".into(),
            home: home.into(),
            shell: "/bin/sh".into(),
            groups: groups.unwrap_or_default(),
            locked: Some(false),
            password: Some("*".into()),
        };
        self.effect(&Effect::User { name: name.into(), account: Some(Box::new(account)) });
        Some(())
    }

    fn source_line(&mut self, blob: bool, name: &str, rest: &str) -> Option<()> {
        let (mode, text) = rest.split_once("= ")?;
        let mode = if mode.is_empty() { "0644" } else { mode.trim() };
        let text = unescape(text);
        let bytes = Bytes::from(text.as_bytes());
        let hash = sha256(text.as_bytes());
        let body = if blob {
            self.blobs.insert(hash.clone(), bytes);
            SourceBody::File { sha256: hash, size: text.len() as u64 }
        } else {
            SourceBody::Text(text.into())
        };
        let mode = u32::from_str_radix(mode, 8).ok()?;
        let file = SourceFile { path: format!("files/{name}").into(), mode, body };
        self.add_source(name, &file);
        Some(())
    }

    /// Puts a file of the controller, also into the directories (of sources) it lies in.
    fn add_source(&mut self, name: &str, file: &SourceFile) {
        self.sources.insert(name.into(), file.clone());
        let mut rest = name;
        while let Some((dir, _)) = rest.rsplit_once('/') {
            rest = dir;
            let entry = self.sources.entry(dir.into()).or_insert_with(|| SourceFile {
                path: format!("files/{dir}").into(),
                mode: 0o755,
                body: SourceBody::Directory(Vec::new()),
            });
            let SourceBody::Directory(entries) = &mut entry.body else { return };
            let below = &name[dir.len() + 1..];
            for (at, _) in below.match_indices('/') {
                if !entries.iter().any(|(other, _)| **other == below[..at]) {
                    let path = format!("files/{dir}/{}", &below[..at]).into();
                    let body = SourceBody::Directory(Vec::new());
                    entries.push((below[..at].into(), SourceFile { path, mode: 0o755, body }));
                }
            }
            entries.push((below.into(), file.clone()));
        }
    }

    fn path_line(&mut self, line: &str) -> Option<()> {
        let before = Before::Any;
        if let Some((path, target)) = line.split_once(" -> ").or_else(|| line.split_once(" => ")) {
            let hard = line.contains(" => ");
            let (path, target) = (path.into(), target.into());
            self.fold(&Change::MakeLink { path, target, hard, before });
            return Some(());
        }
        let (head, text) = line.split_once(" = ").unwrap_or((line, ""));
        let mut words = head.trim_end_matches(" =").split(' ');
        let path = words.next()?;
        let mode = words.next().map_or(Some(0o755), |mode| u32::from_str_radix(mode, 8).ok())?;
        let (owner, group) = words.next().unwrap_or("root:root").split_once(':')?;
        let attrs = crate::change::Attrs {
            mode: Some(mode),
            owner: Some(owner.into()),
            group: Some(group.into()),
            ..Default::default()
        };
        if let Some(path) = path.strip_suffix('/') {
            self.fold(&Change::MakeDirectory { path: path.into(), attrs, before });
        } else {
            let content = Content::Inline(Bytes::from(unescape(text)));
            let (path, backup, validate) = (path.into(), false, None);
            self.fold(&Change::WriteFile { path, content, attrs, before, backup, validate });
        }
        Some(())
    }

    /// Makes a file, whatever is in its name.
    #[must_use]
    pub fn with_file(mut self, path: &str, content: &[u8]) -> Self {
        let attrs = crate::change::Attrs { mode: Some(0o644), ..Default::default() };
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

/// Changes.
impl Host {
    /// Applies one change, or refuses it because what was observed is no longer true.
    pub fn apply(&mut self, change: &Change) -> Outcome {
        match change {
            Change::Run(run) => self.run(run),
            Change::Wait(wait) => self.wait(wait),
            change => self.apply_path(change),
        }
    }

    /// Applies changes in order; the first that fails ends them.
    pub fn apply_all(&mut self, changes: &[crate::change::Planned]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for planned in changes {
            outcomes.push(self.apply(&planned.change));
            if !matches!(outcomes.last(), Some(Outcome::Done(_))) {
                break;
            }
        }
        outcomes
    }

    fn stat(&self, path: &str, follow: bool) -> Option<Box<Stat>> {
        match self.answer(&Question::Stat { path: path.into(), follow, digest: true }) {
            Answer::Stat(stat) => stat,
            _ => None,
        }
    }

    fn apply_path(&mut self, change: &Change) -> Outcome {
        let path = change.path().unwrap_or_default();
        assert!(path.starts_with('/'), "a change's path is absolute: {change:?}");
        let (follow, before) = match change {
            Change::WriteFile { before, .. }
            | Change::MakeDirectory { before, .. }
            | Change::MakeLink { before, .. }
            | Change::Remove { before, .. } => (false, before),
            Change::Touch { before, .. } => (true, before),
            Change::SetAttrs { follow, before, .. } => (*follow, before),
            Change::Run(_) | Change::Wait(_) => (false, &Before::Any),
        };
        let now = self.stat(path, follow);
        if !before.holds(now.as_deref()) {
            return Outcome::Refused(fake("moved_on", path));
        }
        match self.obstacle(change, now.as_deref()) {
            Some(why) => Outcome::Failed(fake(why, path), Deed::default()),
            None => self.done(change, now.as_deref()),
        }
    }

    /// Why the system would refuse it.
    fn obstacle(&self, change: &Change, now: Option<&Stat>) -> Option<&'static str> {
        let path = change.path().unwrap_or_default();
        let parent = self.stat(parent(path), true);
        if self.read_only {
            return Some("read_only");
        }
        if parent.is_none_or(|stat| stat.kind != FileKind::Directory) {
            return Some("no_parent");
        }
        let is_directory = now.is_some_and(|stat| stat.kind == FileKind::Directory);
        match change {
            Change::WriteFile { content, .. } => match self.bytes(content) {
                None => Some("no_content"),
                Some(_) if is_directory => Some("is_a_directory"),
                Some(bytes) if self.disk_free.is_some_and(|free| free < bytes.0.len() as u64) => {
                    Some("disk_full")
                }
                Some(_) => None,
            },
            Change::MakeDirectory { .. } if now.is_some() => Some("exists"),
            Change::MakeLink { .. } if is_directory => Some("is_a_directory"),
            Change::MakeLink { hard: true, target, .. } if self.stat(target, false).is_none() => {
                Some("no_target")
            }
            Change::SetAttrs { .. } | Change::Remove { .. } if now.is_none() => Some("not_there"),
            Change::Remove { recurse: false, .. } if is_directory => {
                let prefix = format!("{path}/");
                self.paths()
                    .iter()
                    .any(|p| p.starts_with(&prefix) && self.stat(p, false).is_some())
                    .then_some("not_empty")
            }
            _ => None,
        }
    }

    fn bytes(&self, content: &Content) -> Option<Bytes> {
        match content {
            Content::Inline(bytes) => Some(bytes.clone()),
            Content::Blob { sha256, .. } => self.blobs.get(sha256).cloned(),
            Content::HostFile { path, sha256: expected } => {
                let read = Question::Read { path: path.clone(), limit: u64::MAX };
                match self.answer(&read) {
                    Answer::Content(Some(bytes)) if sha256(&bytes.0) == *expected => Some(bytes),
                    _ => None,
                }
            }
        }
    }

    fn done(&mut self, change: &Change, now: Option<&Stat>) -> Outcome {
        let mut deed = Deed::default();
        let mut change = change.clone();
        if let Change::WriteFile { path, content, attrs: _, before, backup, validate } = &mut change
        {
            if let Some(argv) = validate
                && let Outcome::Failed(message, deed) =
                    self.run(&Run { argv: argv.clone(), ..Run::default() })
            {
                return Outcome::Failed(message, deed);
            }
            if let Some(bytes) = self.bytes(content) {
                *content = Content::Inline(bytes);
            }
            if *backup && now.is_some() {
                deed.backup = Some(self.keep(path));
            }
            *before = Before::of(now);
        }
        if let Change::Touch { before, .. } = &mut change {
            *before = Before::of(now);
        }
        self.fold(&change);
        Outcome::Done(deed)
    }

    /// Keeps a file beside itself, as Ansible names it.
    fn keep(&mut self, path: &str) -> Arc<str> {
        let kept: Arc<str> = format!("{path}.4711.2026-01-01@00:00:00~").into();
        let content = self.text(path).unwrap_or_default();
        let before = Before::of(self.stat(path, false).as_deref());
        self.fold(&Change::WriteFile {
            path: kept.clone(),
            content: Content::Inline(content.into()),
            attrs: crate::change::Attrs::default(),
            before,
            backup: false,
            validate: None,
        });
        kept
    }

    /// Puts a change into the state, with names, numbers and times that a real host would choose.
    fn fold(&mut self, change: &Change) {
        self.now_ns += 1_000_000_000;
        let mut change = change.clone();
        match &mut change {
            Change::WriteFile { attrs, .. }
            | Change::SetAttrs { attrs, .. }
            | Change::MakeDirectory { attrs, .. } => self.resolve(attrs),
            Change::Touch { mtime_ns, atime_ns, .. } => {
                mtime_ns.get_or_insert(self.now_ns);
                atime_ns.get_or_insert(self.now_ns);
            }
            _ => {}
        }
        self.state.plan(&change, &self.identity);
        if let Change::WriteFile { path, .. }
        | Change::MakeDirectory { path, .. }
        | Change::MakeLink { path, hard: false, .. } = &change
        {
            self.state.set_times(path, self.now_ns);
        }
    }

    /// Both name and number of owner and group, from the databases.
    fn resolve(&self, attrs: &mut crate::change::Attrs) {
        let key = attrs.uid.map(|uid| uid.to_string().into()).or_else(|| attrs.owner.clone());
        if let Some(key) = key {
            match self.answer(&Question::User(key.clone())) {
                Answer::User(Some(user)) => {
                    (attrs.uid, attrs.owner) = (Some(user.uid), Some(user.name));
                }
                _ => assert!(attrs.uid.is_some(), "there is no user {key:?}"),
            }
        }
        let key = attrs.gid.map(|gid| gid.to_string().into()).or_else(|| attrs.group.clone());
        if let Some(key) = key {
            match self.answer(&Question::Group(key.clone())) {
                Answer::Group(Some(group)) => {
                    (attrs.gid, attrs.group) = (Some(group.gid), Some(group.name));
                }
                _ => assert!(attrs.gid.is_some(), "there is no group {key:?}"),
            }
        }
    }

    /// Runs a program: by its line in the table, or, where the plan says what it will have done, as that.
    fn run(&mut self, run: &Run) -> Outcome {
        self.ran.push(run.argv.clone());
        let scripted = self.programs.iter().find(|program| run.argv.starts_with(&program.argv));
        let program = match scripted {
            Some(program) => program.clone(),
            None if run.effects.is_empty() => Program { rc: 127, ..Program::default() },
            None => Program::default(),
        };
        let deed = Deed {
            rc: Some(program.rc),
            stdout: program.stdout.into(),
            stderr: program.stderr.into(),
            start_ms: self.now_ns / 1_000_000,
            ..Deed::default()
        };
        if program.rc == 0 {
            let effects = program.effects.unwrap_or_else(|| run.effects.clone());
            for effect in &effects {
                self.effect(effect);
            }
        }
        if program.rc == 0 || run.any_rc {
            Outcome::Done(deed)
        } else {
            let line = crate::quote::line(&run.argv);
            Outcome::Failed(fake("program_failed", line), deed)
        }
    }

    fn wait(&mut self, wait: &Wait) -> Outcome {
        let holds = match &wait.until {
            Until::Elapsed | Until::Drained { .. } => true,
            Until::Port { port, open, .. } => self.ports.contains(port) == *open,
            Until::Path { path, present, .. } => self.stat(path, true).is_some() == *present,
        };
        if holds {
            Outcome::Done(Deed::default())
        } else {
            Outcome::Failed(fake("timed_out", format!("{:?}", wait.until)), Deed::default())
        }
    }

    /// Makes something so, as the program that was run would.
    pub fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Packages { names, installed } => {
                for name in names {
                    if *installed {
                        self.packages.entry(name.clone()).or_insert_with(|| "1.0".into());
                    } else {
                        self.packages.remove(name);
                    }
                }
            }
            Effect::Unit { name, active, file_state } => {
                let new = Unit { active: false, file_state: "disabled".into() };
                let unit = self.units.entry(full_name(name)).or_insert(new);
                unit.active = active.unwrap_or(unit.active);
                unit.file_state = file_state.clone().unwrap_or_else(|| unit.file_state.clone());
            }
            Effect::Creates(path) => {
                let before = Before::Absent;
                let (mtime_ns, atime_ns) = (None, None);
                self.fold(&Change::Touch { path: path.clone(), mtime_ns, atime_ns, before });
            }
            Effect::User { name, account: Some(account) } => self.add_account(name, account),
            Effect::Group { name, entry: Some(entry) } if entry.gid == UNKNOWN_ID => {
                let gid = self.free_id(Host::has_group);
                let entry = Some(GroupEntry { gid, ..entry.clone() });
                self.plan_effect(Effect::Group { name: name.clone(), entry });
            }
            effect => self.plan_effect(effect.clone()),
        }
    }

    /// A new account, with the numbers that `useradd` would choose (and a group of its own).
    fn add_account(&mut self, name: &Arc<str>, account: &Account) {
        let mut account = account.clone();
        if account.uid == UNKNOWN_ID {
            account.uid = self.free_id(Host::has_user);
        }
        if account.gid == UNKNOWN_ID {
            account.gid =
                if let Answer::Group(Some(group)) = self.answer(&Question::Group(name.clone())) {
                    group.gid
                } else {
                    let gid = self.free_id(Host::has_group);
                    self.add_group(name, gid);
                    gid
                };
        }
        let account = Some(Box::new(account));
        self.plan_effect(Effect::User { name: name.clone(), account });
    }

    fn plan_effect(&mut self, effect: Effect) {
        let run = Run { effects: vec![effect], ..Run::default() };
        self.state.plan(&Change::Run(Box::new(run)), &self.identity);
    }

    fn has_user(&self, id: u32) -> bool {
        self.answer(&Question::User(id.to_string().into())) != Answer::User(None)
    }

    fn has_group(&self, id: u32) -> bool {
        self.answer(&Question::Group(id.to_string().into())) != Answer::Group(None)
    }

    fn free_id(&self, taken: impl Fn(&Self, u32) -> bool) -> u32 {
        (1000..60_000).find(|id| !taken(self, *id)).unwrap_or(60_000)
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

/// Reads `\n`, `\t` and `\\`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                other => out.extend(other),
            },
            (c, false) => out.push(c),
        }
    }
    out
}

/// A message of this host. It stands in no catalogue, because no person sees it.
fn fake(id: &str, what: impl Into<String>) -> Message {
    Message { id: format!("fake.{id}").into(), args: vec![("what".into(), what.into())] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &str, text: &str, before: Before) -> Change {
        Change::WriteFile {
            path: path.into(),
            content: Content::Inline(text.into()),
            attrs: crate::change::Attrs::default(),
            before,
            backup: false,
            validate: None,
        }
    }

    #[test]
    fn what_cannot_be_done_changes_nothing() {
        let full = Host { disk_free: Some(3), ..Host::new("/f 0644 = old") };
        let locked = Host { read_only: true, ..Host::new("/f 0644 = old") };
        for (mut host, path, before, id) in [
            (full, "/f", Before::Any, "fake.disk_full"),
            (locked, "/f", Before::Any, "fake.read_only"),
            (Host::new("/f 0644 = old"), "/f", Before::Absent, "fake.moved_on"),
            (Host::new("/f 0644 = old"), "/no/f", Before::Any, "fake.no_parent"),
            (Host::new("/f 0644 = old"), "/etc", Before::Any, "fake.is_a_directory"),
        ] {
            let outcome = host.apply(&write(path, "longer", before));
            let (Outcome::Failed(message, _) | Outcome::Refused(message)) = outcome else {
                panic!("{path}: {outcome:?}")
            };
            assert_eq!(message.id, id);
            assert_eq!(host.text("/f").as_deref(), Some("old"));
        }
    }

    #[test]
    fn a_hard_link_keeps_the_content_when_the_first_name_goes() {
        let mut host = Host::new("/a 0644 = x\n/b => /a");
        let remove = Change::Remove { path: "/a".into(), recurse: false, before: Before::Any };
        assert!(matches!(host.apply(&remove), Outcome::Done(_)));
        assert_eq!((host.text("/a"), host.text("/b").as_deref()), (None, Some("x")));
    }
}
