//! Questions that planning may ask, and the answers: a closed set, none of which can change anything.
//!
//! A module calls [`Observe`] as if everything were known. What is not known is recorded, and `?` hands
//! [`Stop::Pending`] to the interpreter, which has all open questions answered in one batch and plans
//! again. So planning is a pure function of the answers.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::message::Message;
use crate::query::Query;
use crate::value::{Trust, Value};

/// Something to find out on the host, as the identity of the task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// What lies at a path. `digest` also reads a regular file for its SHA-256.
    Stat {
        /// Absolute path, or one beginning with `~`.
        path: Arc<str>,
        /// Whether to look at what a symbolic link points to.
        follow: bool,
        /// Whether to hash a regular file's content.
        digest: bool,
    },
    /// The content of a regular file, refused beyond `limit` bytes.
    Read {
        /// As in `Stat`.
        path: Arc<str>,
        /// Largest size to answer, in bytes.
        limit: u64,
    },
    /// The entries of a directory, each with its stat (not followed), by path relative to it.
    List {
        /// As in `Stat`.
        path: Arc<str>,
        /// Whether to go into directories below (never through links).
        recurse: bool,
    },
    /// The paths that match a shell pattern (`*`, `?`, `[…]`; the last for `creates` and `removes`).
    Glob {
        /// The pattern.
        pattern: Arc<str>,
    },
    /// A user by name or number.
    User(Arc<str>),
    /// A group by name or number.
    Group(Arc<str>),
    /// A program found on the usual path; answers with where it is.
    Program(Arc<str>),
    /// One of the closed list of commands that only look.
    Query(Query),
    /// The host's facts under Ansible's names.
    Facts,
    /// The host's clock, asked once a task.
    Now,
    /// Whether a TCP port can be reached, from the host.
    Port {
        /// Name or address.
        host: Arc<str>,
        /// TCP port.
        port: u16,
        /// Deadline for the attempt, in milliseconds.
        timeout_ms: u64,
    },
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To `Stat`: nothing there, or what is.
    Stat(Option<Box<Stat>>),
    /// To `Read`: nothing there, or the content.
    Content(Option<Bytes>),
    /// To `List`: no directory there, or its entries in byte order of their relative paths.
    Entries(Option<Vec<(Arc<str>, Stat)>>),
    /// To `Glob`, in byte order.
    Paths(Vec<Arc<str>>),
    /// To `User`.
    User(Option<Account>),
    /// To `Group`.
    Group(Option<GroupEntry>),
    /// To `Program`: where it lies.
    Program(Option<Arc<str>>),
    /// To `Query`.
    Output(Output),
    /// To `Facts`, a mapping of fact names.
    Facts(Value),
    /// To `Now`: milliseconds since 1970.
    Now(i64),
    /// To `Port`: whether a connection was accepted.
    Port(bool),
    /// It could not be found out: no permission, an input/output error, a file over the limit.
    Failed(Message),
    /// It cannot be known before something planned has been applied (answered by the overlay only).
    Unknown(Arc<str>),
}

/// Bytes that travel as base64 in JSON.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Bytes(pub Arc<Vec<u8>>);

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stat {
    /// Its type.
    pub kind: FileKind,
    /// Permission bits, with set-user-id, set-group-id and sticky (`0o7777`).
    pub mode: u32,
    /// Owner's number.
    pub uid: u32,
    /// Group's number.
    pub gid: u32,
    /// Owner's name where it has one.
    pub owner: Option<Arc<str>>,
    /// Group's name where it has one.
    pub group: Option<Arc<str>>,
    /// Size in bytes.
    pub size: u64,
    /// Last change of content, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Last access, in nanoseconds since 1970.
    pub atime_ns: i64,
    /// Last change of the inode, in nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Device number.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// Number of hard links.
    pub nlink: u64,
    /// Where a symbolic link points, as it is written in it.
    pub target: Option<Arc<str>>,
    /// SHA-256 of a regular file's content in lower-case hexadecimal, when asked for.
    pub sha256: Option<Arc<str>>,
}

/// The types of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// A line of the user database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Login name.
    pub name: Arc<str>,
    /// User number.
    pub uid: u32,
    /// Number of the primary group.
    pub gid: u32,
    /// Comment field.
    pub gecos: Arc<str>,
    /// Home directory.
    pub home: Arc<str>,
    /// Login shell.
    pub shell: Arc<str>,
    /// Names of all supplementary groups.
    pub groups: Vec<Arc<str>>,
    /// Whether the password is locked, where the identity may know it.
    pub locked: Option<bool>,
    /// The password's hash, where the identity may know it. Compared, never shown.
    pub password: Option<Arc<str>>,
}

/// A line of the group database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupEntry {
    /// Name.
    pub name: Arc<str>,
    /// Number.
    pub gid: u32,
    /// Names of its members.
    pub members: Vec<Arc<str>>,
}

/// What a query command printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Exit status; 127 where the program does not exist, 128 plus the signal where one ended it.
    pub rc: i32,
    /// Standard output.
    pub stdout: Bytes,
    /// Standard error.
    pub stderr: Bytes,
}

/// Something that only the controller can tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// A file or directory of the controller, for `copy`, `file` and `script`: searched as Ansible does
    /// (`files/` beside the manifest, then beside it), and sent by hash.
    File(Arc<str>),
    /// The text of a template, searched in `templates/`.
    Template(Arc<str>),
    /// A lookup plugin with its arguments.
    Lookup {
        /// `file`, `env`, `pipe`, …
        plugin: Arc<str>,
        /// Positional arguments and options, as JSON text so that it can be a key.
        args: Arc<str>,
    },
    /// The variables of a file, for `include_vars` and late `vars_files`.
    VarsFile(Arc<str>),
    /// Another host's variables as they are now.
    HostVars(Arc<str>),
}

/// The controller's reply to an [`Ask`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// To `File` and `Template`.
    File(SourceFile),
    /// To `Lookup` and `HostVars`, with the trust it deserves.
    Value(Value, Trust),
    /// To `VarsFile`: a mapping that may hold templates.
    Vars(crate::node::Node),
    /// It could not be told.
    Failed(Message),
}

/// A file or directory of the controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Where it was found, for messages.
    pub path: Arc<str>,
    /// Permission bits on the controller (for `mode: preserve`).
    pub mode: u32,
    /// Whether its beginning promises, as [`crate::external`] says, to change nothing in a check.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub supports_check: bool,
    /// What it is.
    pub body: SourceBody,
}

/// The body of a [`SourceFile`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceBody {
    /// A regular file, to be fetched by hash when it is needed.
    File {
        /// SHA-256 in lower-case hexadecimal.
        sha256: Arc<str>,
        /// Size in bytes.
        size: u64,
    },
    /// A template's text, or another file small enough to come at once.
    Text(Arc<str>),
    /// A directory: entries by relative path, directories before what is in them.
    Directory(Vec<(Arc<str>, SourceFile)>),
}

/// Why planning or an evaluation stopped.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// Questions were recorded; answer them and plan again.
    Pending,
    /// Something touched cannot be known yet: the task is deferred.
    Unknown(Arc<str>),
    /// It cannot be done, and why.
    Fail(Message),
    /// As `Fail`, with the place in the operator's file that is wrong.
    FailAt(crate::node::Pos, Message),
}

impl From<Message> for Stop {
    fn from(message: Message) -> Self {
        Self::Fail(message)
    }
}

/// What is known while one task is planned, and what is asked for.
#[derive(Debug, Default)]
pub struct Observe {
    answers: HashMap<Question, Answer>,
    open: BTreeSet<Question>,
    replies: Arc<Replies>,
}

/// The controller's replies of a run, shared by planning and the template engine, and what is still to be
/// asked.
#[derive(Debug, Default)]
pub struct Replies(Mutex<RepliesInner>);

#[derive(Debug, Default)]
struct RepliesInner {
    /// By the operator's file that asks: names of files are searched from its folder.
    known: HashMap<(u16, Ask), Reply>,
    asked: BTreeSet<Ask>,
    file: u16,
    /// Whether files are refused, because a host chose their names.
    sealed: bool,
}

impl Replies {
    /// From here on the tasks of this file ask.
    pub fn enter(&self, file: u16) {
        self.lock().file = file;
    }

    /// While sealed, every file, template and variables file is refused: a host chose its name.
    pub fn seal(&self, sealed: bool) {
        self.lock().sealed = sealed;
    }

    /// Records a reply to the file that asks now.
    pub fn insert(&self, ask: Ask, reply: Reply) {
        let mut inner = self.lock();
        let file = inner.file;
        inner.known.insert((file, ask), reply);
    }

    /// Records a reply to a file that will ask.
    pub fn insert_for(&self, file: u16, ask: Ask, reply: Reply) {
        self.lock().known.insert((file, ask), reply);
    }

    /// The reply, or, once it has been recorded as asked, [`Stop::Pending`].
    pub fn get(&self, ask: Ask) -> Result<Reply, Stop> {
        let mut inner = self.lock();
        if inner.sealed
            && let Ask::File(path) | Ask::Template(path) | Ask::VarsFile(path) = &ask
        {
            return Err(Stop::Fail(crate::message::play::foreign_path(path)));
        }
        let key = (inner.file, ask);
        match inner.known.get(&key) {
            Some(Reply::Failed(message)) => Err(Stop::Fail(message.clone())),
            Some(reply) => Ok(reply.clone()),
            None => {
                inner.asked.insert(key.1);
                Err(Stop::Pending)
            }
        }
    }

    /// Takes what is to be asked.
    pub fn take_asked(&self) -> Vec<Ask> {
        std::mem::take(&mut self.lock().asked).into_iter().collect()
    }

    /// Forgets what may have changed since it was told: lookups and other hosts' variables.
    pub fn forget_passing(&self) {
        let passing = |ask: &Ask| matches!(ask, Ask::HostVars(_) | Ask::Lookup { .. });
        self.lock().known.retain(|(_, ask), _| !passing(ask));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, RepliesInner> {
        // Nothing panics while the lock is held, so a poisoned lock still holds a whole map.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Observe {
    /// Nothing known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing observed, the controller's replies shared.
    #[must_use]
    pub fn with_replies(replies: Arc<Replies>) -> Self {
        Self { replies, ..Self::default() }
    }

    /// Records an answer.
    pub fn answer(&mut self, question: Question, answer: Answer) {
        self.answers.insert(question, answer);
    }

    /// Records a reply of the controller.
    pub fn reply(&mut self, ask: Ask, reply: Reply) {
        self.replies.insert(ask, reply);
    }

    /// Forgets what was observed on the host, because it has changed; the controller's replies stay.
    pub fn forget(&mut self) {
        self.answers.clear();
    }

    /// Takes the open questions, so that they can be answered in one batch.
    pub fn take_open(&mut self) -> (Vec<Question>, Vec<Ask>) {
        let open = std::mem::take(&mut self.open).into_iter().collect();
        (open, self.replies.take_asked())
    }

    /// Says beforehand what will be asked, so that it is answered in the same batch.
    pub fn expect<I: IntoIterator<Item = Question>>(&mut self, questions: I) {
        for question in questions {
            if !self.answers.contains_key(&question) {
                self.open.insert(question);
            }
        }
    }

    /// The answer to any question.
    pub fn ask(&mut self, question: Question) -> Result<Answer, Stop> {
        match self.answers.get(&question) {
            Some(Answer::Failed(message)) => Err(Stop::Fail(message.clone())),
            Some(Answer::Unknown(why)) => Err(Stop::Unknown(why.clone())),
            Some(answer) => Ok(answer.clone()),
            None => {
                self.open.insert(question);
                Err(Stop::Pending)
            }
        }
    }

    /// The controller's reply.
    pub fn ask_controller(&mut self, ask: Ask) -> Result<Reply, Stop> {
        self.replies.get(ask)
    }

    /// What lies at `path`, links not followed, contents not read.
    pub fn stat(&mut self, path: &str) -> Result<Option<Box<Stat>>, Stop> {
        self.stat_with(path, false, false)
    }

    /// What lies at `path`.
    pub fn stat_with(
        &mut self,
        path: &str,
        follow: bool,
        digest: bool,
    ) -> Result<Option<Box<Stat>>, Stop> {
        match self.ask(Question::Stat { path: path.into(), follow, digest })? {
            Answer::Stat(stat) => Ok(stat),
            other => Err(mismatch(&other)),
        }
    }

    /// The content of the file at `path`.
    pub fn read(&mut self, path: &str, limit: u64) -> Result<Option<Bytes>, Stop> {
        match self.ask(Question::Read { path: path.into(), limit })? {
            Answer::Content(content) => Ok(content),
            other => Err(mismatch(&other)),
        }
    }

    /// The user with this name or number.
    pub fn user(&mut self, name: &str) -> Result<Option<Account>, Stop> {
        match self.ask(Question::User(name.into()))? {
            Answer::User(account) => Ok(account),
            other => Err(mismatch(&other)),
        }
    }

    /// The group with this name or number.
    pub fn group(&mut self, name: &str) -> Result<Option<GroupEntry>, Stop> {
        match self.ask(Question::Group(name.into()))? {
            Answer::Group(group) => Ok(group),
            other => Err(mismatch(&other)),
        }
    }

    /// Where the program lies, if the host has it.
    pub fn program(&mut self, name: &str) -> Result<Option<Arc<str>>, Stop> {
        match self.ask(Question::Program(name.into()))? {
            Answer::Program(path) => Ok(path),
            other => Err(mismatch(&other)),
        }
    }

    /// The paths that match a shell pattern.
    pub fn glob(&mut self, pattern: &str) -> Result<Vec<Arc<str>>, Stop> {
        match self.ask(Question::Glob { pattern: pattern.into() })? {
            Answer::Paths(paths) => Ok(paths),
            other => Err(mismatch(&other)),
        }
    }

    /// The host's facts, a mapping of names that begin with `ansible_`.
    pub fn facts(&mut self) -> Result<Value, Stop> {
        match self.ask(Question::Facts)? {
            Answer::Facts(facts) => Ok(facts),
            other => Err(mismatch(&other)),
        }
    }

    /// The host's clock in milliseconds since 1970.
    pub fn now_ms(&mut self) -> Result<i64, Stop> {
        match self.ask(Question::Now)? {
            Answer::Now(now) => Ok(now),
            other => Err(mismatch(&other)),
        }
    }

    /// What a query command prints.
    pub fn query(&mut self, query: Query) -> Result<Output, Stop> {
        match self.ask(Question::Query(query))? {
            Answer::Output(output) => Ok(output),
            other => Err(mismatch(&other)),
        }
    }

    /// The controller's file or directory.
    pub fn source_file(&mut self, path: &str) -> Result<SourceFile, Stop> {
        match self.ask_controller(Ask::File(path.into()))? {
            Reply::File(file) => Ok(file),
            _ => Err(Stop::Fail(crate::message::play::wrong_answer("Reply"))),
        }
    }
}

impl Answer {
    /// Its kind, for messages. Not by `Debug`, which would bring that of everything in it into the
    /// remote executor.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Stat(_) => "Stat",
            Self::Content(_) => "Content",
            Self::Entries(_) => "Entries",
            Self::Paths(_) => "Paths",
            Self::User(_) => "User",
            Self::Group(_) => "Group",
            Self::Program(_) => "Program",
            Self::Output(_) => "Output",
            Self::Facts(_) => "Facts",
            Self::Now(_) => "Now",
            Self::Port(_) => "Port",
            Self::Failed(_) => "Failed",
            Self::Unknown(_) => "Unknown",
        }
    }
}

/// A driver that answers another question than was asked is hostile or broken; either way it is an error.
pub(crate) fn mismatch(answer: &Answer) -> Stop {
    Stop::Fail(crate::message::play::wrong_answer(answer.name()))
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

impl Bytes {
    /// The bytes as text, wrong sequences replaced.
    #[must_use]
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl<T: Into<Vec<u8>>> From<T> for Bytes {
    fn from(bytes: T) -> Self {
        Self(Arc::new(bytes.into()))
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        out.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&*self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        let text = String::deserialize(input)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text);
        bytes.map(Self::from).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_answer_is_asked_for_once_and_then_known() {
        let mut observe = Observe::new();
        assert_eq!(observe.stat("/etc"), Err(Stop::Pending));
        let (open, _) = observe.take_open();
        assert_eq!(open.len(), 1);
        observe.answer(open[0].clone(), Answer::Stat(None));
        assert_eq!(observe.stat("/etc"), Ok(None));
        assert_eq!(observe.take_open().0, []);
    }
}
