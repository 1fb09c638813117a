//! Changes to a host, as data: what a plan is made of, and the only things an interpreter may do.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::message::Message;
use crate::observe::{Bytes, FileKind, Stat};

/// One thing to do to a host. Applying one whose `before` is no longer true is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Puts a regular file at a path: temporary file in the same directory, fsync, rename.
    WriteFile {
        /// Absolute path. A symbolic link there is replaced, not followed.
        path: Arc<str>,
        /// The new content.
        content: Content,
        /// Owner and mode of the new file. What is absent stays as the old file has it, or, for a new
        /// file, is the identity's own with `0666` less the umask.
        attrs: Attrs,
        /// What was there.
        before: Before,
        /// Keeps the old file beside it as `PATH.PID.DATE~`, as Ansible names it.
        backup: bool,
        /// A command that must accept the temporary file first; `%s` in it stands for its path.
        validate: Option<Vec<Arc<str>>>,
    },
    /// Sets owner, group or mode.
    SetAttrs {
        /// Absolute path.
        path: Arc<str>,
        /// What to set.
        attrs: Attrs,
        /// Whether to act on what a symbolic link points to.
        follow: bool,
        /// What was there.
        before: Before,
    },
    /// Makes a directory; its parent must exist (or be made by an earlier change).
    MakeDirectory {
        /// Absolute path.
        path: Arc<str>,
        /// Owner and mode; absent means the identity's own and `0777` less the umask.
        attrs: Attrs,
        /// What was there: nothing, or what an earlier `Remove` takes away.
        before: Before,
    },
    /// Makes a symbolic or hard link, replacing what `before` names.
    MakeLink {
        /// Absolute path of the link.
        path: Arc<str>,
        /// Text of the symbolic link, or the file that a hard link shares.
        target: Arc<str>,
        /// Whether it is a hard link.
        hard: bool,
        /// What was there.
        before: Before,
    },
    /// Removes a file, a link, or a directory with all that is in it (never through links or onto
    /// another file system's mount point).
    Remove {
        /// Absolute path.
        path: Arc<str>,
        /// Whether a directory may be removed with what is in it.
        recurse: bool,
        /// What was there.
        before: Before,
    },
    /// Sets times; makes an empty file where there is none.
    Touch {
        /// Absolute path.
        path: Arc<str>,
        /// Nanoseconds since 1970; `None` means now.
        mtime_ns: Option<i64>,
        /// As `mtime_ns`.
        atime_ns: Option<i64>,
        /// What was there.
        before: Before,
    },
    /// Runs a program.
    Run(Box<Run>),
    /// Waits until a condition holds or time is up.
    Wait(Wait),
}

/// A program to run on the host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Program and arguments; a shell is used only where the operator wrote a shell line
    /// (`["/bin/sh", "-c", LINE]`).
    pub argv: Vec<Arc<str>>,
    /// Standard input; nothing means an empty one.
    pub stdin: Option<Bytes>,
    /// Working directory; nothing means the identity's home.
    pub chdir: Option<Arc<str>>,
    /// Variables put over the identity's environment.
    pub env: Vec<(Arc<str>, Arc<str>)>,
    /// Ends the process group after this many milliseconds.
    pub timeout_ms: Option<u64>,
    /// Permission bits taken from files that it makes.
    pub umask: Option<u32>,
    /// Whether a status other than 0 is the module's to judge (`finish`), not a failure by itself.
    pub any_rc: bool,
    /// Waits for a lock held by another package manager up to this long, in milliseconds: the command is
    /// started again while its output says that the lock is taken.
    pub lock_wait_ms: Option<u64>,
    /// A file to be fetched by hash first; `%s` in an argument of `argv` stands for its path.
    pub script: Option<Content>,
    /// What later tasks may believe after it, for check mode.
    pub effects: Vec<Effect>,
    /// Whether its output is never shown, stored or journalled.
    pub secret: bool,
}

/// What apt, dpkg, dnf, zypper and apk say when another one is at work.
pub const LOCKED: [&str; 6] = [
    "Could not get lock",
    "Unable to acquire the dpkg",
    "is another process using it",
    "lock on the dpkg",
    "System management is locked",
    "Unable to lock database",
];

/// What a planned command will have done, as far as it is known beforehand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// These packages will be there (or not). Files, users, groups and units that are absent now are
    /// unknown from here on.
    Packages {
        /// Their names.
        names: Vec<Arc<str>>,
        /// Whether they will be installed.
        installed: bool,
    },
    /// A user will be as given, or absent.
    User {
        /// Login name.
        name: Arc<str>,
        /// As it will be; nothing when it will be gone.
        account: Option<Box<crate::observe::Account>>,
    },
    /// A group will be as given, or absent.
    Group {
        /// Name.
        name: Arc<str>,
        /// As it will be; nothing when it will be gone.
        entry: Option<crate::observe::GroupEntry>,
    },
    /// A unit's state will be as given.
    Unit {
        /// Its name.
        name: Arc<str>,
        /// Whether it will run, where that changes.
        active: Option<bool>,
        /// `UnitFileState`, where that changes.
        file_state: Option<Arc<str>>,
    },
    /// A path will exist (`creates`).
    Creates(Arc<str>),
    /// A path will be gone (`removes`).
    Removes(Arc<str>),
}

/// A condition to wait for, tried again every `sleep_ms`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// What must hold.
    pub until: Until,
    /// Milliseconds before the first try.
    pub delay_ms: u64,
    /// Milliseconds between tries.
    pub sleep_ms: u64,
    /// Milliseconds after which it has failed.
    pub timeout_ms: u64,
}

/// What a [`Wait`] waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// Only time passes.
    Elapsed,
    /// A TCP port accepts connections (or, with `open` false, refuses them), and what it sends matches
    /// `search`, when given.
    Port {
        /// Name or address.
        host: Arc<str>,
        /// TCP port.
        port: u16,
        /// Deadline for one attempt, in milliseconds.
        connect_timeout_ms: u64,
        /// Whether it should be open.
        open: bool,
        /// Regular expression for what it sends.
        search: Option<Arc<str>>,
    },
    /// A path exists (or not), and its content matches `search`, when given.
    Path {
        /// Absolute path.
        path: Arc<str>,
        /// Whether it should exist.
        present: bool,
        /// Regular expression for its content.
        search: Option<Arc<str>>,
    },
    /// No TCP connection of that local port is left but listening ones (`state: drained`).
    Drained {
        /// Local TCP port.
        port: u16,
    },
}

/// Owner, group and mode; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attrs {
    /// Owner's number.
    pub uid: Option<u32>,
    /// Group's number.
    pub gid: Option<u32>,
    /// Permission bits (`0o7777`).
    pub mode: Option<u32>,
    /// Owner by name, where a user that does not exist yet (made by an earlier change) shall own it.
    pub owner: Option<Arc<str>>,
    /// Group by name, as `owner`.
    pub group: Option<Arc<str>>,
}

/// New content of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// The bytes themselves.
    Inline(Bytes),
    /// A file of the controller, fetched only when the host does not hold it.
    Blob {
        /// SHA-256 in lower-case hexadecimal.
        sha256: Arc<str>,
        /// Size in bytes.
        size: u64,
    },
    /// A file that is on the host already (`remote_src`).
    HostFile {
        /// Its absolute path.
        path: Arc<str>,
        /// Its SHA-256 as observed.
        sha256: Arc<str>,
    },
}

/// What was observed at a path before a change, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// Nothing was there.
    Absent,
    /// This was there: compared by type, owner, mode, link target, and content where known.
    Is(Box<Stat>),
    /// It does not matter.
    Any,
}

/// A change with what a person wants to see of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// What to do.
    pub change: Change,
    /// Before and after, where it can be shown.
    pub diff: Option<Diff>,
}

/// Before and after of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// What the old side is called.
    pub before_header: Arc<str>,
    /// What the new side is called.
    pub after_header: Arc<str>,
    /// The old text.
    pub before: Arc<str>,
    /// The new text.
    pub after: Arc<str>,
}

/// What came of applying a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is done.
    Done(Deed),
    /// It was tried and failed; what was there is as it was, except after `Run`.
    Failed(Message, Deed),
    /// It was not tried, because what was observed is no longer true.
    Refused(Message),
    /// It was not tried, because another run had the host until now. What was observed before may no longer
    /// be true.
    Late,
    /// It was not tried: cancelled.
    Cancelled,
}

/// What an applied change left to tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    /// Exit status of a `Run`: 128 plus the signal where one ended it.
    pub rc: Option<i32>,
    /// Standard output of a `Run`, cut in the middle beyond the stated limit.
    pub stdout: Bytes,
    /// Standard error of a `Run`, as `stdout`.
    pub stderr: Bytes,
    /// Where the old file was kept.
    pub backup: Option<Arc<str>>,
    /// Milliseconds it took.
    pub duration_ms: u64,
    /// Milliseconds since 1970 at its start; 0 where it was never begun.
    pub start_ms: i64,
    /// Seconds that the host's local time was ahead of UTC when a `Run` began and when it ended.
    pub ahead_s: [i32; 2],
    /// The text that a `Wait` found.
    pub matched: Option<Arc<str>>,
}

impl Before {
    /// What a stat says, for a later comparison.
    #[must_use]
    pub fn of(stat: Option<&Stat>) -> Self {
        stat.map_or(Self::Absent, |stat| Self::Is(Box::new(stat.clone())))
    }

    /// Whether `now` is still what was observed.
    ///
    /// Times, inode and link count are not compared: they change without the meaning changing.
    #[must_use]
    pub fn holds(&self, now: Option<&Stat>) -> bool {
        match (self, now) {
            (Self::Any, _) | (Self::Absent, None) => true,
            (Self::Is(was), Some(is)) => {
                was.kind == is.kind
                    && was.uid == is.uid
                    && was.gid == is.gid
                    && (was.mode == is.mode || was.kind == FileKind::Link)
                    && was.target == is.target
                    && (was.kind != FileKind::File || was.size == is.size)
                    && (was.sha256.is_none() || is.sha256.is_none() || was.sha256 == is.sha256)
            }
            _ => false,
        }
    }
}

impl Change {
    /// The path that this change is about.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::WriteFile { path, .. }
            | Self::SetAttrs { path, .. }
            | Self::MakeDirectory { path, .. }
            | Self::MakeLink { path, .. }
            | Self::Remove { path, .. }
            | Self::Touch { path, .. } => Some(path),
            Self::Run(_) | Self::Wait(_) => None,
        }
    }
}
