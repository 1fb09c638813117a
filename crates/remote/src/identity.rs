//! Other identities: an executor of its own for each, started on the host and spoken to in the same frames.
//!
//! So a play with several identities still costs the controller one line. The binary that another user
//! starts is never one that the login user could have swapped: root installs it, by hash, where only root
//! can write, and checks it at every start.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use hep_core::bootstrap::{self, Line as Reply, NoExecutor, ROOT_DIRECTORY};
use hep_core::change::{Change, Deed, Outcome};
use hep_core::frame::{Decoder, Encoder, Frame, FromHost, Password, Sealed, ToHost};
use hep_core::interp::{Identity, OtherUser};
use hep_core::limited;
use hep_core::message::{Message, remote};
use hep_core::observe::{Answer, Question};

use crate::blob;
use crate::cancel::Cancel;
use crate::claim::controller;
use crate::serve::Line;
use crate::sudo::{self, Printed, Started};
use crate::system::command::look;
use crate::system::{Host, LocalSystem, hash, why};

/// Bytes after which another executor is taken for broken.
const TOTAL: u64 = 1 << 42;
/// Seconds that installing may take.
const INSTALL_SECONDS: u64 = 60;

/// The executors of other identities.
#[derive(Debug)]
pub struct Identities {
    hash: String,
    uid: u32,
    passwords: Vec<Password>,
    running: HashMap<OtherUser, Remote>,
    failed: HashMap<OtherUser, Message>,
    /// Users whom sudo lets us be for single commands only.
    limited: HashSet<OtherUser>,
    directory: PathBuf,
    /// Whether all of it goes at the end.
    keep: bool,
    /// Whether the binary may have been installed for somebody who is not root.
    installed: bool,
}

/// One executor of another identity.
#[derive(Debug)]
struct Remote {
    started: Started,
    encoder: Encoder,
    decoder: Decoder,
    next: u32,
    /// Whether it was told to stop.
    cancelled: bool,
    /// Whether it says to other runs that this one is changing the host.
    claims: bool,
}

impl Identities {
    /// None yet. `directory` is where root keeps their binary, if not in the usual place.
    #[must_use]
    pub fn new(hash: &str, system: &LocalSystem, directory: Option<PathBuf>) -> Self {
        Self {
            hash: hash.to_owned(),
            uid: system.uid,
            passwords: Vec::new(),
            running: HashMap::new(),
            failed: HashMap::new(),
            limited: HashSet::new(),
            directory: directory.unwrap_or_else(|| PathBuf::from(ROOT_DIRECTORY)),
            keep: true,
            installed: false,
        }
    }

    /// Nothing of theirs shall stay on the host.
    pub fn not_kept(&mut self) {
        self.keep = false;
    }

    /// Ends them all where nothing is to stay: each removes its own things, and root the binary.
    pub fn leave(&mut self, cancel: &Cancel) {
        if self.keep {
            return;
        }
        cancel.clear();
        for (_, mut remote) in self.running.drain() {
            remote.end(cancel);
        }
        if !std::mem::take(&mut self.installed) {
            return;
        }
        let root = OtherUser::from("root");
        if self.uid == 0 {
            let own = self.directory.join(&self.hash);
            let _ = fs::remove_file(&own);
            crate::clean::leave_nothing(&own);
        } else if let Ok(started) = self.as_root(&root, false, cancel)
            && let Ok(mut remote) = self.greet(&root, started, cancel)
        {
            remote.end(cancel);
        }
    }

    /// Takes the passwords of a new run; what failed for want of one may be tried again, and who was told
    /// to stop begins anew.
    pub fn begin(&mut self, passwords: Vec<Password>) {
        self.passwords = passwords;
        self.failed.clear();
        self.limited.clear();
        self.forget_cancelled();
    }

    /// Ends those that were told to stop; the next use of them starts anew.
    pub fn forget_cancelled(&mut self) {
        self.running.retain(|_, remote| !remote.cancelled);
    }

    /// Answers as a user, in the order of the questions.
    pub fn observe(
        &mut self,
        user: &OtherUser,
        questions: &[Question],
        line: &mut Line,
    ) -> Vec<Answer> {
        let asked = self.exchange(user, line, |id| ToHost::Observe {
            id,
            identity: Identity::Login,
            questions: questions.to_vec(),
        });
        match asked {
            Ok(FromHost::Answers { answers, .. }) if answers.len() == questions.len() => answers,
            Ok(_) => {
                let message = remote::identity_lost(&user.name, "it answered something else");
                questions.iter().map(|_| Answer::Failed(message.clone())).collect()
            }
            Err(message) => questions.iter().map(|_| Answer::Failed(message.clone())).collect(),
        }
    }

    /// Makes sure that no other run changes the host as a user, waiting for one that does so long.
    pub fn claim(
        &mut self,
        user: &OtherUser,
        (run, wait_ms): (&Arc<str>, u64),
        line: &mut Line,
    ) -> Outcome {
        let done = Outcome::Done(Deed::default());
        if self.running.get(user).is_some_and(|remote| remote.claims) {
            return done;
        }
        let who: Arc<str> = controller().into();
        let asked = self.exchange(user, line, |id| ToHost::Claim {
            id,
            run: Arc::clone(run),
            wait_ms,
            who,
        });
        // Where there is no executor the change itself fails, and says why.
        let Ok(FromHost::Outcome { outcome, .. }) = asked else { return done };
        if let Some(remote) = self.running.get_mut(user) {
            remote.claims = matches!(*outcome, Outcome::Done(_) | Outcome::Late);
        }
        *outcome
    }

    /// Lets other runs have the host.
    pub fn release(&mut self) {
        for remote in self.running.values_mut().filter(|remote| remote.claims) {
            remote.claims = false;
            // Who has ended has released it.
            let _ = remote.send(&ToHost::Release);
        }
    }

    /// Applies as a user.
    pub fn apply(
        &mut self,
        user: &OtherUser,
        task: u32,
        change: &Change,
        no_log: bool,
        line: &mut Line,
    ) -> Outcome {
        let change = Box::new(change.clone());
        let asked = self.exchange(user, line, |id| ToHost::Apply {
            id,
            identity: Identity::Login,
            task,
            change,
            no_log,
        });
        match asked {
            Ok(FromHost::Outcome { outcome, .. }) => *outcome,
            Ok(_) => Outcome::Failed(
                remote::identity_lost(&user.name, "it answered something else"),
                Deed::default(),
            ),
            Err(message) => Outcome::Failed(message, Deed::default()),
        }
    }

    /// Whether sudo lets us be this user for single commands only. Known once it was tried.
    pub fn is_limited(&self, user: &OtherUser) -> bool {
        self.limited.contains(user)
    }

    fn exchange(
        &mut self,
        user: &OtherUser,
        line: &mut Line,
        ask: impl FnOnce(u32) -> ToHost,
    ) -> Result<FromHost, Message> {
        if let Some(message) = user.refusal_of(&self.failed) {
            return Err(message.clone());
        }
        if !self.running.contains_key(user) {
            let is_root = is_root(&user.name);
            match self.start(user, is_root, &line.cancel()) {
                Ok(remote) => {
                    self.installed |= !is_root;
                    self.running.insert(user.clone(), remote)
                }
                Err(message) => {
                    if limited::may_be(&message) && look(&limited::LIST).is_some() {
                        self.limited.insert(user.clone());
                    }
                    // Asked again by every task: sudo would lock the account.
                    self.failed.insert(user.clone(), message.clone());
                    return Err(message);
                }
            };
        }
        let Some(remote) = self.running.get_mut(user) else {
            return Err(remote::identity_lost(&user.name, "it is not there"));
        };
        let answer = remote.exchange(ask, line);
        if answer.is_err() {
            self.running.remove(user);
        }
        answer
    }

    fn password(&self, user: &str) -> Option<&Sealed> {
        let exact = self.passwords.iter().find(|entry| *entry.user == *user);
        exact.or_else(|| self.passwords.iter().find(|e| e.user.is_empty())).map(|e| &e.password)
    }

    fn start(&self, user: &OtherUser, is_root: bool, cancel: &Cancel) -> Result<Remote, Message> {
        let started = if is_root {
            self.as_root(user, false, cancel)?
        } else {
            if !self.is_installed() {
                self.install(user, cancel)?;
            }
            let program = self.directory.join(&self.hash).to_string_lossy().into_owned();
            let mut words = vec![program, "serve".into(), self.hash.clone(), "--greet".into()];
            words.extend((!self.keep).then(|| "--no-keep".to_owned()));
            let (started, line) =
                sudo::start(user, self.uid, &words, self.password(&user.name), cancel)?;
            if Reply::read(&line) != Reply::Go(self.hash.clone()) {
                return Err(remote::sudo_failed(&user.name, line));
            }
            started
        };
        self.greet(user, started, cancel)
    }

    fn greet(
        &self,
        user: &OtherUser,
        mut started: Started,
        cancel: &Cancel,
    ) -> Result<Remote, Message> {
        let mut decoder = Decoder::new(TOTAL);
        let broken = |error| remote::identity_lost(&user.name, error);
        decoder.push(&started.rest()).map_err(broken)?;
        let mut remote = Remote {
            started,
            encoder: Encoder::default(),
            decoder,
            next: 0,
            cancelled: false,
            claims: false,
        };
        remote.send(&ToHost::Hello { hash: self.hash.as_str().into() })?;
        match remote.receive(cancel)? {
            FromHost::Hello(hello) if *hello.hash == *self.hash => Ok(remote),
            FromHost::Fault(message) => Err(message),
            _ => Err(remote::identity_lost(&user.name, "it did not greet")),
        }
    }

    /// Makes sure that the binary is where only root can write.
    fn install(&self, user: &OtherUser, cancel: &Cancel) -> Result<(), Message> {
        if self.uid == 0 {
            // Already root: no sudo is needed to install.
            return self
                .install_as_root()
                .map_err(|error| remote::become_install(&user.name, why(error)));
        }
        self.as_root(&"root".into(), true, cancel)
            .map(drop)
            .map_err(|message| remote::become_install(&user.name, message))
    }

    fn install_as_root(&self) -> std::io::Result<()> {
        let denied = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::create_dir_all(&self.directory)?;
        let meta = fs::symlink_metadata(&self.directory)?;
        if !meta.is_dir() || meta.uid() != 0 {
            return Err(denied());
        }
        fs::set_permissions(&self.directory, mode)?;
        let new = self.directory.join(format!(".new.{}", std::process::id()));
        let mut file = File::options().write(true).create_new(true).open(&new)?;
        let written = self.own_bytes().and_then(|bytes| file.write_all(&bytes));
        let done = written.and_then(|()| {
            file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
            file.sync_all()?;
            fs::rename(&new, self.directory.join(&self.hash))
        });
        if done.is_err() {
            let _ = fs::remove_file(new);
        }
        done
    }

    /// Becomes root by the script that checks, and where it must installs, the binary.
    fn as_root(&self, user: &OtherUser, only: bool, cancel: &Cancel) -> Result<Started, Message> {
        let directory = self.directory.to_string_lossy();
        let mut words = bootstrap::root_argv_in(&self.hash, only, &directory);
        words.extend((!self.keep).then(|| "--no-keep".to_owned()));
        let (mut started, mut line) =
            sudo::start(user, self.uid, &words, self.password("root"), cancel)?;
        let failed = |why: String| remote::become_install(&user.name, why);
        if let Reply::Need { .. } = Reply::read(&line) {
            let bytes = self.own_bytes().map_err(|error| failed(why(error)))?;
            let size = format!("{}\n", bytes.len());
            let sent = started.stdin.write_all(size.as_bytes());
            let sent = sent.and_then(|()| started.stdin.write_all(&bytes));
            sent.and_then(|()| started.stdin.flush()).map_err(|error| failed(why(error)))?;
            let deadline = Instant::now() + Duration::from_secs(INSTALL_SECONDS);
            line = loop {
                if let Some(line) = started.line(deadline, cancel)? {
                    break line;
                }
            };
        }
        match Reply::read(&line) {
            Reply::Go(hash) if hash == self.hash => Ok(started),
            Reply::None(NoExecutor::Noexec) => {
                Err(failed(format!("{directory} is mounted noexec")))
            }
            Reply::None(reason) => Err(failed(format!("{reason:?}").to_lowercase())),
            _ => Err(failed(line)),
        }
    }

    /// Our own binary, if it is what we were started as.
    fn own_bytes(&self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open("/proc/self/exe")?.read_to_end(&mut bytes)?;
        if hash(&mut &bytes[..])? == self.hash {
            Ok(bytes)
        } else {
            Err(std::io::Error::other("the running executor is not the one that was named"))
        }
    }

    /// Whether the binary is there, whole, and in a place that only root can write.
    fn is_installed(&self) -> bool {
        let path = self.directory.join(&self.hash);
        let roots = |path: &Path| {
            fs::symlink_metadata(path)
                .is_ok_and(|meta| meta.uid() == 0 && meta.mode() & 0o022 == 0 && !meta.is_symlink())
        };
        roots(&path)
            && self.directory.ancestors().all(roots)
            && File::open(&path).and_then(|mut file| hash(&mut file)).is_ok_and(|h| h == self.hash)
    }
}

fn is_root(user: &str) -> bool {
    crate::account::Accounts::new().user(user).is_some_and(|account| account.uid == 0)
}

impl Remote {
    /// Says goodbye and waits until it has gone.
    fn end(&mut self, cancel: &Cancel) {
        if self.send(&ToHost::Bye).is_ok() {
            while self.receive(cancel).is_ok() {}
        }
    }

    fn exchange(
        &mut self,
        ask: impl FnOnce(u32) -> ToHost,
        line: &mut Line,
    ) -> Result<FromHost, Message> {
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        self.send(&ask(id))?;
        let cancel = line.cancel();
        loop {
            match self.receive(&cancel)? {
                message @ (FromHost::Output { .. } | FromHost::Note(_)) => line.relay(&message),
                FromHost::Need { sha256, size } => self.hand_over(&sha256, size, line)?,
                FromHost::Fault(message) => return Err(message),
                FromHost::Answers { id: of, answers } if of == id => {
                    return Ok(FromHost::Answers { id, answers });
                }
                FromHost::Outcome { id: of, outcome } if of == id => {
                    return Ok(FromHost::Outcome { id, outcome });
                }
                _ => return Err(self.lost("it spoke out of turn")),
            }
        }
    }

    fn hand_over(&mut self, sha256: &Arc<str>, size: u64, line: &mut Line) -> Result<(), Message> {
        let mut file = match line.blob(sha256, size) {
            Ok(file) => file,
            Err(why) => return self.send(&ToHost::NoBlob { sha256: Arc::clone(sha256), why }),
        };
        let (encoder, stdin) = (&mut self.encoder, &mut self.started.stdin);
        let sent = file.rewind().and_then(|()| {
            blob::pieces(sha256, file, |chunk| {
                let mut bytes = Vec::new();
                encoder.blob(chunk, &mut bytes).map_err(std::io::Error::other)?;
                stdin.write_all(&bytes)
            })
        });
        sent.map_err(|error| self.lost(&why(error)))
    }

    fn send(&mut self, message: &ToHost) -> Result<(), Message> {
        let mut bytes = Vec::new();
        self.encoder.json(message, &mut bytes).map_err(remote::broken_frames)?;
        let sent = self.started.stdin.write_all(&bytes);
        sent.and_then(|()| self.started.stdin.flush()).map_err(|_| self.started.ended())
    }

    /// The next message. A wish to stop is passed on once, and the answer still waited for: what runs
    /// there has to end first.
    fn receive(&mut self, cancel: &Cancel) -> Result<FromHost, Message> {
        loop {
            match self.decoder.next::<FromHost>() {
                Ok(Some(Frame::Json(message))) => return Ok(message),
                Ok(Some(Frame::Blob(_))) => return Err(self.lost("it sent a file")),
                Ok(None) => {}
                Err(error) => return Err(self.lost(&error.to_string())),
            }
            if cancel.is_raised() && !self.cancelled {
                self.cancelled = true;
                self.send(&ToHost::Cancel)?;
            }
            match self.started.next(Duration::from_millis(50)) {
                Ok(Printed::Out(bytes)) => {
                    let pushed = self.decoder.push(&bytes);
                    pushed.map_err(|error| self.lost(&error.to_string()))?;
                }
                Ok(Printed::Err(bytes)) => self.started.hear(&bytes),
                Ok(Printed::End(false)) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Printed::End(true)) | Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.started.ended());
                }
            }
        }
    }

    fn lost(&mut self, why: &str) -> Message {
        remote::identity_lost(self.started.user(), why)
    }
}
