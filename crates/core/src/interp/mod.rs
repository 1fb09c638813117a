//! The play interpreter: one state machine for the remote executor, the plain SSH path and the tests.
//!
//! It does no I/O. The driver calls [`Interpreter::step`] with what it found out, and does what the
//! returned [`Step`] says. Everything that must be observed for one task is asked in one batch; what only
//! the controller can do leaves as a [`Request`], which is where a play's segment ends.

mod applying;
mod cursor;
mod exact;
mod looping;
mod machine;
mod prepare;
mod report;
mod round;
mod running;
mod scope;
#[cfg(test)]
mod tests;
mod timeout;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::become_flags::Flags;
use crate::change::{Change, Diff, Outcome};
use crate::message::Message;
use crate::node::{Node, Pos};
use crate::observe::{Answer, Ask, Question, Reply};
use crate::program::{Item, Play};
use crate::value::{Map, Trust, Value};
use crate::vars::{Layer, Level};

pub use exact::{Expected, ExpectedTask, canonical, digest};
pub use machine::{Interpreter, Snapshot, variables_of_facts};

/// The number of the task that gathers facts.
pub const GATHER_FACTS: u32 = u32::MAX;

/// Who does something on the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// The login user.
    #[default]
    Login,
    /// Another user, by `become`.
    User(OtherUser),
}

/// A user to become.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OtherUser {
    /// The user's name.
    pub name: Arc<str>,
    /// What sudo is told beside it.
    #[serde(default, skip_serializing_if = "Flags::is_usual")]
    pub flags: Flags,
}

/// The name, and the flags where they are not the usual ones.
impl fmt::Debug for OtherUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name, f)?;
        if self.flags.is_usual() { Ok(()) } else { write!(f, " {:?}", self.flags) }
    }
}

impl OtherUser {
    /// Why this user cannot be become, as far as trying has shown. A password that was refused is refused
    /// whatever else sudo is told, and tried again it would lock the account.
    #[must_use]
    pub fn refusal_of<'a>(&self, failed: &'a HashMap<Self, Message>) -> Option<&'a Message> {
        let by_password = |(other, message): &(&Self, &Message)| {
            other.name == self.name && message.id == "remote.sudo_wrong_password"
        };
        failed.get(self).or_else(|| failed.iter().find(by_password).map(|(_, message)| message))
    }
}

impl From<&str> for OtherUser {
    fn from(name: &str) -> Self {
        Self { name: name.into(), flags: Flags::default() }
    }
}

/// What the driver brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Nothing: go on.
    Next,
    /// To [`Step::Observe`].
    Answers(Vec<(Question, Answer)>),
    /// To [`Step::Apply`].
    Outcome(Outcome),
    /// To [`Step::Ask`] with [`Request::Asks`].
    Replies(Vec<(Ask, Reply)>),
    /// To every other [`Step::Ask`].
    Control(Control),
    /// The run is cancelled: what is being applied has been ended by the driver, nothing more is started.
    Cancel,
}

/// What the driver shall do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Find out, as this identity, and come back with `Answers`.
    Observe {
        /// Who asks.
        identity: Identity,
        /// All open questions of the task.
        questions: Vec<Question>,
    },
    /// Do, as this identity, and come back with `Outcome`.
    Apply {
        /// Who does it.
        identity: Identity,
        /// The task's number, for output lines and the journal.
        task: u32,
        /// Whether nothing of it may be shown or stored.
        no_log: bool,
        /// What to do.
        change: Change,
    },
    /// Bring this to the controller and come back with `Replies` or `Control`.
    Ask(Request),
    /// Tell, and come back with `Next`.
    Emit(Event),
    /// The play has ended on this host.
    Done(Summary),
}

/// What only the controller can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Files, templates, lookups, other hosts' variables. Answered by [`Input::Replies`].
    Asks {
        /// The task that asks.
        task: u32,
        /// Its file, from whose folder names are searched.
        file: u16,
        /// What.
        asks: Vec<Ask>,
    },
    /// A task to be done elsewhere: by another host (`delegate_to`) or by the controller itself
    /// (`pause`, `reboot`). Answered by `Control::Result`.
    Task(Box<Elsewhere>),
    /// `run_once`: shall this host do it? Answered by `Control::Go` or, with what the host that did it
    /// registered, `Control::Result`.
    Once {
        /// The task.
        task: u32,
    },
    /// `run_once`: this host did it. Answered by `Control::Go`.
    OnceDone {
        /// The task.
        task: u32,
        /// What came of it, for the other hosts.
        result: Box<Done>,
    },
    /// A task of other hosts must not have failed, or (`strategy: linear`) must have ended, before the
    /// next begins. Answered by `Control::Go` or `Control::Stop`.
    Barrier {
        /// The task that follows.
        task: u32,
    },
    /// The steps of a file (`include_tasks`). Answered by `Control::Items`.
    Include {
        /// The including task.
        task: u32,
        /// The file's name as rendered.
        file: Arc<str>,
    },
    /// `meta: end_play`, `end_batch`: the controller stops the others too. Answered by `Control::Stop`.
    End {
        /// The word.
        meta: crate::program::Meta,
    },
    /// `meta: clear_host_errors`: hosts that failed take part in later plays again. Answered by
    /// `Control::Go`.
    ClearErrors,
    /// `meta: reset_connection`: the line is dropped and opened anew, with a new login. Answered by
    /// `Control::Go`.
    Reset,
    /// `throttle`: a place among so many. Answered by `Control::Go`; given back by the task's report.
    Slot {
        /// The task.
        task: u32,
        /// How many hosts may be at it at once.
        limit: u32,
    },
}

/// A task for somebody else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The task's number.
    pub task: u32,
    /// The host it is delegated to; nothing means that the controller does it, for this host.
    pub host: Option<Arc<str>>,
    /// The module.
    pub module: Arc<str>,
    /// Its options, rendered.
    pub args: Node,
    /// Who does it there.
    pub identity: Identity,
    /// `environment:`, rendered.
    pub environment: Vec<(Arc<str>, Arc<str>)>,
    /// Whether to predict only.
    pub check: bool,
    /// Whether differences are wanted.
    pub diff: bool,
    /// Whether nothing of it may be shown or stored.
    pub no_log: bool,
    /// The file of the task, for finding `files/` and `templates/`.
    pub file: u16,
    /// `timeout` of the task: how long it may take there, in milliseconds.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// The text of its template, rendered here: a delegate has none of the variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
}

/// The controller's answer to a [`Request`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Go on.
    Go,
    /// The play ends here for this host, not as a failure of its own.
    Stop,
    /// Other hosts failed, and that is a failure of all: what follows one is done here too.
    Abort {
        /// Whether a `rescue` around may save this host, as it may save the one that failed.
        rescue: bool,
    },
    /// What came of the task.
    Result(Box<Done>),
    /// The included steps.
    Items(Vec<Item>),
    /// It could not be done.
    Failed(Message),
    /// The host of the task could not be reached.
    Unreachable(Message),
}

/// What came of one task's work, before `changed_when` and its like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// What `register` sees.
    pub result: Map,
    /// Facts to set.
    pub facts: Map,
    /// Whether something changed (or would).
    pub changed: bool,
    /// Why it failed, if it did.
    pub failed: Option<Message>,
    /// The place in the operator's file that is wrong, where that is more than the task.
    pub failed_at: Option<Pos>,
    /// Why it was skipped, if it was.
    pub skipped: Option<Message>,
    /// Why it cannot be predicted, if it cannot.
    pub deferred: Option<Arc<str>>,
    /// Before and after.
    pub diff: Vec<Diff>,
    /// What was, or would be, done.
    pub changes: Vec<Change>,
    /// A line for people.
    pub message: Option<Message>,
    /// Whether the host it was delegated to could not be reached.
    pub unreachable: bool,
}

/// Something to show, store and count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A task begins.
    Started {
        /// Its number.
        task: u32,
        /// Its name as shown.
        name: Arc<str>,
    },
    /// One round of a loop is over (also told for a task without a loop's last retry: `Retry`).
    Item(Box<Report>),
    /// `until` does not hold yet.
    Retry {
        /// The task's number.
        task: u32,
        /// How many tries are left.
        left: u32,
    },
    /// A task is over.
    Finished(Box<Report>),
    /// A variable was set that later plays or other hosts may read.
    Var {
        /// `Facts` or `Set`.
        level: Level,
        /// Its name.
        name: Arc<str>,
        /// Its value.
        value: Value,
        /// How far it may be trusted.
        trust: Trust,
    },
    /// Facts and variables of the host that a task was delegated to (`delegate_facts`).
    Delegated {
        /// The task.
        task: u32,
        /// The delegate.
        host: Arc<str>,
        /// What it is to have.
        facts: Map,
        /// Whether they are variables (`set_fact`), not facts.
        sets: bool,
    },
    /// Handlers were notified.
    Notified {
        /// The handlers' names.
        handlers: Vec<Arc<str>>,
    },
}

/// What one task did on one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The task's number.
    pub task: u32,
    /// Where it stands.
    pub pos: Pos,
    /// Its name as shown.
    pub name: Arc<str>,
    /// The module, or the keyword.
    pub module: Arc<str>,
    /// The loop's item as labelled, for `Item`.
    pub item: Option<Value>,
    /// How it ended.
    pub state: State,
    /// Whether something changed (a failed or ignored task may have).
    pub changed: bool,
    /// What `register` saw; empty under `no_log`.
    pub result: Map,
    /// Before and after, when asked for and not `no_log`.
    pub diff: Vec<Diff>,
    /// What was, or would be, done; empty under `no_log`.
    pub changes: Vec<Change>,
    /// Digests of what it planned, where they are wanted ([`Options::digests`]); also under `no_log`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<Arc<str>>,
    /// Why it failed or was skipped, or what it has to say.
    pub message: Option<Message>,
    /// Whether it is a handler.
    pub handler: bool,
    /// Whether the result was withheld.
    pub no_log: bool,
    /// Milliseconds from `Started`; the driver fills it in, there is no clock here.
    pub duration_ms: u64,
}

/// How a task ended on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing to do.
    Ok,
    /// Something was (in check mode: would be) changed.
    Changed,
    /// It failed.
    Failed,
    /// It was not for this host, or its condition did not hold.
    Skipped,
    /// The host it was delegated to could not be reached.
    Unreachable,
    /// It failed in a block whose `rescue` took over.
    Rescued,
    /// It failed and that was to be ignored.
    Ignored,
    /// Check mode cannot tell before something else has been applied.
    Deferred,
}

/// How the play ended on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Tasks without a change.
    pub ok: u32,
    /// Tasks with a change.
    pub changed: u32,
    /// Tasks that failed for good.
    pub failed: u32,
    /// Tasks skipped.
    pub skipped: u32,
    /// Failures taken over by a `rescue`.
    pub rescued: u32,
    /// Failures ignored.
    pub ignored: u32,
    /// Tasks that check mode could not predict.
    pub deferred: u32,
    /// Tasks whose delegate could not be reached.
    pub unreachable: u32,
    /// Whether the play failed here.
    pub is_failed: bool,
    /// Whether it was ended by a cancel.
    pub is_cancelled: bool,
}

/// All that one host's part of a play needs to begin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The host's inventory name.
    pub host: Arc<str>,
    /// The login user there.
    pub login: Arc<str>,
    /// The play; `serial`, `hosts` and the like are the controller's matter.
    pub play: Arc<Play>,
    /// The variables it names, in layers.
    pub vars: Vec<(Level, Layer)>,
    /// Replies known beforehand, by the file that will ask: files and templates with literal names.
    pub replies: Vec<(u16, Ask, Reply)>,
    /// How to run it.
    pub options: Options,
}

/// How to run a play.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own, read by its name")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// `--check`.
    pub check: bool,
    /// `--diff`.
    pub diff: bool,
    /// `--become`.
    pub r#become: bool,
    /// `--become-user`.
    pub become_user: Option<Arc<str>>,
    /// Verbosity, for `debug`.
    pub verbosity: u8,
    /// Whether a barrier stands before every task that can change something.
    pub barriers: bool,
    /// Whether variables that are set are told, because later plays or other hosts read them.
    pub shares_vars: bool,
    /// Whether handlers run even after a failure.
    pub force_handlers: bool,
    /// Whether what tasks plan is told by digest, for a saved plan.
    pub digests: bool,
    /// What the host's tasks may do and no more: a saved plan that is applied.
    pub expected: Option<Expected>,
}
