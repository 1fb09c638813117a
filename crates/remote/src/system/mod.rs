//! The local system: answers every question and applies every change, as the identity of this process.

mod clock;
pub mod command;
mod directory;
mod facts;
mod glob;
mod link;
mod look;
mod place;
mod port;
mod remove;
mod run;
mod wait;
mod write;

use std::cell::RefCell;
use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use hep_core::change::{Change, Deed, Outcome, Run};
use hep_core::frame::Stream;
use hep_core::message::{Message, remote};
use hep_core::observe::{Answer, Question};

use crate::account::Accounts;
use crate::cancel::Cancel;

/// Largest amount kept of each of a command's two outputs, in bytes; more is cut in the middle.
pub const OUTPUT_LIMIT: usize = 1 << 20;

/// A file of this many bytes is read in an instant.
const QUICKLY_READ: u64 = 4 << 20;

/// The system that this process runs on, seen and changed as the user it runs as.
#[derive(Clone, Debug)]
pub struct LocalSystem {
    /// Number of the user.
    pub uid: u32,
    /// Number of its group.
    pub gid: u32,
    /// Its name, or its number where it has none.
    pub user: String,
    /// Its home directory.
    pub home: String,
    /// Permission bits taken from new files.
    pub umask: u32,
    /// Users and groups, kept from one batch of questions to the next.
    accounts: RefCell<Accounts>,
}

/// What applying a change needs from whoever drives it.
pub trait Host {
    /// A running command printed something.
    fn output(&mut self, stream: Stream, bytes: &[u8]);
    /// A file of the controller, by hash, open for reading from its beginning.
    fn blob(&mut self, sha256: &str, size: u64) -> Result<File, Message>;
    /// The wish to stop.
    fn cancel(&self) -> Arc<Cancel>;
}

/// How a step of applying ends early.
#[derive(Debug)]
enum Halt {
    Failed(Message, Box<Deed>),
    Refused(Message),
    Cancelled,
}

impl From<Message> for Halt {
    fn from(message: Message) -> Self {
        Self::Failed(message, Box::default())
    }
}

impl LocalSystem {
    /// The system as this process sees it.
    #[must_use]
    pub fn new() -> Self {
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let account = Accounts::new().user(&uid.to_string());
        // What the login (or sudo -H) set wins over the user database, as in a shell.
        let environment = std::env::var("HOME").ok().filter(|home| home.starts_with('/'));
        let (user, home) = account.map_or_else(
            || (uid.to_string(), "/".to_owned()),
            |account| (account.name.to_string(), account.home.to_string()),
        );
        let home = environment.unwrap_or(home);
        let umask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        rustix::process::umask(umask);
        let accounts = RefCell::new(Accounts::new());
        Self { uid, gid, user, home, umask: umask.as_raw_mode(), accounts }
    }

    /// Answers in the order of the questions. Nothing is changed.
    pub fn answer(&self, questions: &[Question]) -> Vec<Answer> {
        let mut accounts = self.accounts.borrow_mut();
        accounts.refresh();
        questions.iter().map(|question| self.answer_one(question, &accounts)).collect()
    }

    fn answer_one(&self, question: &Question, accounts: &Accounts) -> Answer {
        let answer = match question {
            Question::Stat { path, follow, digest } => self
                .stat(path, *follow, *digest, accounts)
                .map(|stat| Answer::Stat(stat.map(Box::new))),
            Question::Read { path, limit } => self.read(path, *limit).map(Answer::Content),
            Question::List { path, recurse } => {
                self.list(path, *recurse, accounts).map(Answer::Entries)
            }
            Question::Glob { pattern } => {
                self.expand(pattern).map(|p| Answer::Paths(glob::find(&p)))
            }
            Question::User(key) => Ok(Answer::User(accounts.user(key))),
            Question::Group(key) => Ok(Answer::Group(accounts.group(key))),
            Question::Program(name) => Ok(Answer::Program(command::find(name))),
            Question::Query(query) => command::query(query).map(Answer::Output),
            Question::Now => Ok(Answer::Now(now_ms())),
            Question::Facts => Ok(Answer::Facts(facts::gather(self, accounts))),
            Question::Port { host, port, timeout_ms } => {
                Ok(Answer::Port(port::is_open(host, *port, *timeout_ms)))
            }
        };
        answer.unwrap_or_else(Answer::Failed)
    }

    /// Does one thing, if what it expects is still true.
    pub fn apply(&self, change: &Change, host: &mut dyn Host) -> Outcome {
        if host.cancel().is_raised() {
            return Outcome::Cancelled;
        }
        let (start, begun) = (now_ms(), Instant::now());
        let outcome = self.dispatch(change, host);
        let stamp = |mut deed: Deed| {
            deed.start_ms = start;
            deed.duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            if let Change::Run(run) = change {
                deed.ahead_s = ahead(run, &deed);
            }
            deed
        };
        match outcome {
            Ok(deed) => Outcome::Done(stamp(deed)),
            Err(Halt::Failed(message, deed)) => Outcome::Failed(message, stamp(*deed)),
            Err(Halt::Refused(message)) => Outcome::Refused(message),
            Err(Halt::Cancelled) => Outcome::Cancelled,
        }
    }

    fn dispatch(&self, change: &Change, host: &mut dyn Host) -> Result<Deed, Halt> {
        match change {
            Change::WriteFile { path, content, attrs, before, backup, validate } => {
                let order = write::Order { content, attrs, before, backup: *backup, validate };
                self.write_file(path, &order, host)
            }
            Change::SetAttrs { path, attrs, follow, before } => {
                self.set_attrs(path, attrs, *follow, before)
            }
            Change::MakeDirectory { path, attrs, before } => {
                self.make_directory(path, attrs, before)
            }
            Change::MakeLink { path, target, hard, before } => {
                self.make_link(path, target, *hard, before)
            }
            Change::Remove { path, recurse, before } => self.remove(path, *recurse, before),
            Change::Touch { path, mtime_ns, atime_ns, before } => {
                self.touch(path, *mtime_ns, *atime_ns, before)
            }
            Change::Run(run) => {
                let outcome = self.run(run, host);
                // Whatever it did to users and groups.
                self.accounts.replace(Accounts::new());
                outcome
            }
            Change::Wait(wait) => self.wait(wait, &host.cancel()),
        }
    }

    /// An absolute path from one that may begin with `~` or `~user`.
    pub(crate) fn expand(&self, path: &str) -> Result<String, Message> {
        if path.contains('\0') {
            return Err(remote::bad_path(path));
        }
        let Some(rest) = path.strip_prefix('~') else {
            return if path.starts_with('/') {
                Ok(path.to_owned())
            } else {
                Err(remote::bad_path(path))
            };
        };
        let (user, below) = rest.split_once('/').map_or((rest, None), |(u, b)| (u, Some(b)));
        let home = if user.is_empty() {
            self.home.clone()
        } else {
            let account = Accounts::new().user(user).ok_or_else(|| remote::no_home(user))?;
            account.home.to_string()
        };
        Ok(below.map_or_else(
            || home.clone(),
            |below| format!("{}/{below}", home.trim_end_matches('/')),
        ))
    }
}

/// Whether answering may take so long that a person would notice.
pub(crate) fn is_slow(question: &Question) -> bool {
    match question {
        Question::Stat { path, digest: true, .. } => {
            std::fs::metadata(&**path).is_ok_and(|meta| meta.len() > QUICKLY_READ)
        }
        Question::Query(_)
        | Question::Facts
        | Question::Port { .. }
        | Question::Glob { .. }
        | Question::List { .. } => true,
        _ => false,
    }
}

/// How far local time was ahead of UTC when a program began and ended: in the zone of its own environment.
fn ahead(run: &Run, deed: &Deed) -> [i32; 2] {
    let given = run.env.iter().rev().find(|(name, _)| &**name == "TZ");
    let tz = given.map(|(_, value)| value.to_string()).or_else(|| std::env::var("TZ").ok());
    let zone = clock::zone(tz.as_deref());
    let end = deed.start_ms.saturating_add_unsigned(deed.duration_ms);
    [deed.start_ms, end].map(|ms| zone.ahead(ms / 1000))
}

impl Default for LocalSystem {
    fn default() -> Self {
        Self::new()
    }
}

pub(crate) use clock::now_ms;
pub(crate) use look::{hash, hex};

/// Why the kernel refused, in its own words.
pub(crate) fn why(error: impl Into<std::io::Error>) -> String {
    let text = error.into().to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
