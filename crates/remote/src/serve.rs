//! The executor's loop: takes messages, looks, changes, answers.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hep_core::change::{Change, Deed, Outcome};
use hep_core::frame::{FromHost, Hello, Start, Stream, ToHost};
use hep_core::interp::{Identity, Interpreter, OtherUser, Summary};
use hep_core::limited;
use hep_core::message::{Message, remote};
use hep_core::observe::{Answer, Question};

use crate::blob::{STORE_LIMIT, Store};
use crate::cancel::Cancel;
use crate::claim::{Claimed, Claims, controller};
use crate::identity::Identities;
use crate::journal::{self, Journal};
use crate::system::{Host, LocalSystem, is_slow};
use crate::wire::{Incoming, Wire};

/// Where an identity keeps journals and blobs.
#[must_use]
pub fn cache_directory(system: &LocalSystem) -> PathBuf {
    if let Some(own) = crate::clean::own_directory(system) {
        return own;
    }
    if system.uid == 0 {
        PathBuf::from(hep_core::bootstrap::ROOT_DIRECTORY)
    } else {
        Path::new(&system.home).join(".cache/hep")
    }
}

/// Where root says that it is changing the host, however it came here; nothing for others, who have only a
/// place of their own, and where there is none.
fn claims_directory(system: &LocalSystem) -> Option<PathBuf> {
    let directory = journal::directory(Path::new(hep_core::bootstrap::ROOT_DIRECTORY));
    let usable = system.uid == 0 && crate::blob::private_directory(&directory).is_ok();
    usable.then_some(directory)
}

/// One executor.
pub struct Session {
    pub(crate) system: LocalSystem,
    pub(crate) line: Line,
    others: Identities,
    journal: Option<(Arc<str>, Journal)>,
    /// Of the run; there are none without one.
    claims: Option<Claims>,
    claims_directory: PathBuf,
    cache: PathBuf,
}

/// The controller's end as changes need it: for output, blobs and the wish to stop.
pub struct Line {
    pub(crate) wire: Wire,
    store: Store,
    task: u32,
    /// Whether nothing that the command prints may be shown.
    quiet: bool,
}

/// Why the loop ends.
#[derive(Debug)]
pub enum End {
    /// The controller said so, or is gone.
    Bye,
    /// It cannot go on.
    Fault(Message),
}

impl Session {
    /// An executor whose binary has this hash. `cache` is where it keeps things, and other identities'
    /// executors, if not in the usual places.
    #[must_use]
    pub fn new(hash: &str, wire: Wire, cache: Option<PathBuf>) -> Self {
        let system = LocalSystem::new();
        let mut others = Identities::new(hash, &system, cache.clone());
        if !wire.signals.is_kept() {
            others.not_kept();
        }
        let claims_directory = cache.is_none().then(|| claims_directory(&system)).flatten();
        let cache = cache.unwrap_or_else(|| cache_directory(&system));
        let claims_directory = claims_directory.unwrap_or_else(|| journal::directory(&cache));
        let store = Store::new(&cache, STORE_LIMIT);
        let line = Line { wire, store, task: 0, quiet: false };
        Self { others, system, line, journal: None, claims: None, claims_directory, cache }
    }

    /// Greets, and serves until the end.
    pub fn serve(&mut self, hash: &str) -> End {
        self.line.wire.send(&FromHost::Hello(Hello {
            hash: hash.into(),
            arch: std::env::consts::ARCH.into(),
            uid: self.system.uid,
            user: self.system.user.as_str().into(),
            home: self.system.home.as_str().into(),
            pid: std::process::id(),
        }));
        let end = match self.greet(hash) {
            Ok(true) => self.work(),
            Ok(false) => Ok(End::Bye),
            Err(message) => Err(message),
        };
        if let Some((_, journal)) = &mut self.journal {
            journal.close();
        }
        self.others.leave(&self.line.cancel());
        match end {
            Ok(end) => end,
            Err(message) => {
                self.line.wire.send(&FromHost::Fault(message.clone()));
                End::Fault(message)
            }
        }
    }

    /// Whether the controller greeted; it may also have gone.
    fn greet(&mut self, hash: &str) -> Result<bool, Message> {
        match self.line.wire.receive() {
            Incoming::Message(message) => match *message {
                ToHost::Hello { hash: want } if *want == *hash => Ok(true),
                ToHost::Hello { hash: want } => Err(remote::other_executor(hash, want)),
                other => Err(unexpected(&other)),
            },
            Incoming::Gone(Some(error)) => Err(remote::broken_frames(error)),
            Incoming::Gone(None) => Ok(false),
            Incoming::Blob(_) => Err(remote::unexpected("a file")),
        }
    }

    fn work(&mut self) -> Result<End, Message> {
        loop {
            let message = match self.line.wire.receive() {
                Incoming::Message(message) => *message,
                // The rest of a file that is no longer wanted.
                Incoming::Blob(_) => continue,
                Incoming::Gone(Some(error)) => return Err(remote::broken_frames(error)),
                Incoming::Gone(None) => return Ok(End::Bye),
            };
            match message {
                ToHost::Start(start) => self.start(*start)?,
                ToHost::Observe { id, identity, questions } => {
                    let answers = self.observe(&identity, &questions);
                    self.line.wire.send(&FromHost::Answers { id, answers });
                }
                ToHost::Apply { id, identity, task, change, no_log } => {
                    // Not planned here, so not planned anew: its `before` says whether it may be.
                    let outcome = match self.claim(&identity, &change) {
                        Ok(_) => self.apply(&identity, task, &change, no_log),
                        Err(outcome) => *outcome,
                    };
                    self.line.wire.send(&FromHost::Outcome { id, outcome: Box::new(outcome) });
                }
                ToHost::Claim { id, run, wait_ms, who } => {
                    let outcome = Box::new(self.claim_for(&run, wait_ms, &who));
                    self.line.wire.send(&FromHost::Outcome { id, outcome });
                }
                ToHost::Release => self.release(),
                ToHost::Play(start) => {
                    if let Some(end) = self.play(Interpreter::new(*start))? {
                        return Ok(end);
                    }
                }
                ToHost::Resume(snapshot) => {
                    if let Some(end) = self.resume(*snapshot)? {
                        return Ok(end);
                    }
                }
                ToHost::Ack { run } => self.acknowledge(&run),
                // The reading thread has raised it, and everything before it has been ended. Without a run
                // that is all it means.
                ToHost::Cancel if self.journal.is_none() => {
                    self.line.wire.forget_cancel();
                    self.others.forget_cancelled();
                }
                ToHost::Cancel => {}
                ToHost::Bye => return Ok(End::Bye),
                other => return Err(unexpected(&other)),
            }
        }
    }

    fn start(&mut self, start: Start) -> Result<(), Message> {
        self.line.wire.forget_cancel();
        self.others.begin(start.passwords);
        self.release();
        (self.journal, self.claims) = (None, None);
        let opened = Journal::open(&self.cache, &start.run, start.fence);
        let (journal, earlier) = opened.inspect_err(|_| {
            // Why it cannot be served follows; what was done until now can be told.
            if let Some(told) = journal::peek(&self.cache, &start.run) {
                self.line.wire.send(&FromHost::Journal(told));
            }
        })?;
        if let Some(earlier) = earlier {
            self.line.wire.send(&FromHost::Journal(earlier));
        }
        self.tell_left_behind(&start.run);
        self.begin_claims(&start.run, start.lock_wait_ms, &controller());
        self.journal = Some((start.run, journal));
        Ok(())
    }

    /// Tells what runs did here that were cut off.
    fn tell_left_behind(&mut self, own: &str) {
        for journal in journal::left_behind(&self.cache, own) {
            self.line.wire.send(&FromHost::Journal(journal));
        }
    }

    fn acknowledge(&mut self, run: &str) {
        match self.journal.take() {
            Some((open, journal)) if *open == *run => {
                self.release();
                self.claims = None;
                journal.acknowledge();
            }
            other => {
                self.journal = other;
                journal::forget(&self.cache, run);
            }
        }
    }

    /// Answers as an identity, in the order of the questions.
    pub(crate) fn observe(&mut self, identity: &Identity, questions: &[Question]) -> Vec<Answer> {
        let other = self.other(identity);
        if other.is_some() || questions.iter().any(is_slow) {
            self.line.wire.flush();
        }
        let Some(user) = other else { return self.system.answer(questions) };
        let answers = self.others.observe(&user, questions, &mut self.line);
        if !self.others.is_limited(&user) {
            return answers;
        }
        let own = self.system.answer(questions).into_iter().zip(questions);
        own.map(|(own, question)| limited::refusal(question, &user.name).unwrap_or(own)).collect()
    }

    fn apply_as(&mut self, user: &OtherUser, task: u32, change: &Change, no_log: bool) -> Outcome {
        let outcome = self.others.apply(user, task, change, no_log, &mut self.line);
        if !self.others.is_limited(user) {
            return outcome;
        }
        match limited::direct(change, user) {
            Ok(direct) => {
                let outcome = self.system.apply(&direct, &mut self.line);
                limited::judged(outcome, change, &user.name)
            }
            Err(message) => Outcome::Failed(message, Deed::default()),
        }
    }

    fn begin_claims(&mut self, run: &str, wait_ms: u64, who: &str) {
        let patience = Duration::from_millis(wait_ms);
        self.claims = Some(Claims::new(self.claims_directory.clone(), run, who, patience));
    }

    /// Makes sure before a change that no other run is changing the host, waiting for one that is. Answers
    /// with whether it had to wait, or with the outcome of a change that may not be.
    pub(crate) fn claim(
        &mut self,
        identity: &Identity,
        change: &Change,
    ) -> Result<bool, Box<Outcome>> {
        let Some((run, _)) = self.journal.as_ref().filter(|_| !matches!(change, Change::Wait(_)))
        else {
            return Ok(false);
        };
        let run = Arc::clone(run);
        let mut outcomes = vec![match self.claim_here() {
            Claimed::Impossible(message) => Outcome::Refused(message),
            claimed => outcome_of(claimed),
        }];
        if let Some(user) = self.other(identity)
            && matches!(outcomes[0], Outcome::Done(_) | Outcome::Late)
        {
            outcomes.push(self.claim_there(&user, &run));
        }
        if outcomes.contains(&Outcome::Late) {
            // It may be free because its run was cut off.
            self.tell_left_behind(&run);
        }
        let free = |outcome: &Outcome| matches!(outcome, Outcome::Done(_) | Outcome::Late);
        match outcomes.iter().find(|outcome| !free(outcome)) {
            Some(outcome) => Err(Box::new(outcome.clone())),
            None => Ok(outcomes.contains(&Outcome::Late)),
        }
    }

    /// Claims for this executor's own user.
    fn claim_here(&mut self) -> Claimed {
        let Some(claims) = &mut self.claims else { return Claimed::AtOnce };
        let wire = &mut self.line.wire;
        let signals = Arc::clone(&wire.signals);
        // Waiting ends with the line, as a change that only waits does.
        let claimed = match signals.begin_change(true) {
            true => claims.claim(&signals.cancel, |message| wire.send(&FromHost::Note(message))),
            false => Claimed::Cancelled,
        };
        signals.end_change();
        claimed
    }

    /// Claims for another user, whose executor waits in this one's place.
    fn claim_there(&mut self, user: &OtherUser, run: &Arc<str>) -> Outcome {
        let wait_ms = self.claims.as_ref().map_or(0, Claims::wait_ms);
        let signals = Arc::clone(&self.line.wire.signals);
        let outcome = match signals.begin_change(true) {
            true => self.others.claim(user, (run, wait_ms), &mut self.line),
            false => Outcome::Cancelled,
        };
        signals.end_change();
        outcome
    }

    /// Claims for this executor's own user, for the run of another executor. Who has no place for a claim
    /// is not kept from working.
    fn claim_for(&mut self, run: &str, wait_ms: u64, who: &str) -> Outcome {
        if !self.claims.as_ref().is_some_and(|claims| claims.is_of(run)) {
            self.begin_claims(run, wait_ms, who);
        }
        outcome_of(self.claim_here())
    }

    /// Lets other runs have the host.
    pub(crate) fn release(&mut self) {
        if let Some(claims) = &mut self.claims {
            claims.release();
        }
        self.others.release();
    }

    /// Notes in the journal of the run, if there is one, that a play is over.
    pub(crate) fn note_over(&mut self, summary: &Summary) {
        if let Some((_, journal)) = &mut self.journal {
            journal.over(summary);
        }
    }

    /// Applies as an identity, under the journal of the run if there is one.
    pub(crate) fn apply(
        &mut self,
        identity: &Identity,
        task: u32,
        change: &Change,
        no_log: bool,
    ) -> Outcome {
        self.line.wire.flush();
        let signals = &self.line.wire.signals;
        let may = signals.begin_change(matches!(change, Change::Wait(_)));
        if !may || signals.cancel.is_raised() {
            signals.end_change();
            return Outcome::Cancelled;
        }
        let outcome = self.apply_journalled(identity, task, change, no_log);
        self.line.wire.signals.end_change();
        outcome
    }

    fn apply_journalled(
        &mut self,
        identity: &Identity,
        task: u32,
        change: &Change,
        no_log: bool,
    ) -> Outcome {
        let secret = no_log || matches!(change, Change::Run(run) if run.secret);
        // Waiting changes nothing.
        let journal = self.journal.as_mut().filter(|_| !matches!(change, Change::Wait(_)));
        let begun = journal.map(|(_, journal)| journal.begin(task, change));
        let number = match begun.transpose() {
            Ok(number) => number,
            Err(message) => return Outcome::Refused(message),
        };
        self.line.task = task;
        self.line.quiet = secret;
        let outcome = match self.other(identity) {
            None => self.system.apply(change, &mut self.line),
            Some(user) => self.apply_as(&user, task, change, no_log),
        };
        if let (Some((_, journal)), Some(number)) = (&mut self.journal, number) {
            // The change is done: that it could not be written down must not hide it.
            let _ = journal.end(number, &outcome, secret);
        }
        outcome
    }

    /// The user of another process than this one.
    fn other(&self, identity: &Identity) -> Option<OtherUser> {
        match identity {
            Identity::User(user) if *user.name != *self.system.user => Some(user.clone()),
            _ => None,
        }
    }
}

fn outcome_of(claimed: Claimed) -> Outcome {
    match claimed {
        Claimed::AtOnce | Claimed::Impossible(_) => Outcome::Done(Deed::default()),
        Claimed::Later => Outcome::Late,
        Claimed::Refused(message) => Outcome::Refused(message),
        Claimed::Cancelled => Outcome::Cancelled,
    }
}

pub(crate) fn unexpected(message: &ToHost) -> Message {
    remote::unexpected(message.name())
}

impl Line {
    /// Passes on what another identity's command printed.
    pub(crate) fn relay(&mut self, message: &FromHost) {
        self.wire.send(message);
    }

    fn fetch(&mut self, sha256: &str, size: u64) -> Result<File, Message> {
        self.wire.send(&FromHost::Need { sha256: sha256.into(), size });
        let mut arriving = self.store.begin(sha256, size)?;
        loop {
            match self.wire.receive() {
                Incoming::Blob(chunk) => {
                    if let Some(file) = arriving.take(&chunk)? {
                        return Ok(file);
                    }
                }
                Incoming::Message(message) => match *message {
                    ToHost::NoBlob { why, .. } => {
                        return Err(remote::blob_unavailable(sha256, why));
                    }
                    ToHost::Cancel => return Err(remote::blob_unavailable(sha256, "cancelled")),
                    other => return Err(unexpected(&other)),
                },
                Incoming::Gone(_) => return Err(remote::line_lost()),
            }
        }
    }
}

impl Host for Line {
    fn output(&mut self, stream: Stream, bytes: &[u8]) {
        if self.quiet {
            return;
        }
        let message = FromHost::Output { task: self.task, stream, bytes: bytes.to_vec().into() };
        self.wire.send(&message);
    }

    fn blob(&mut self, sha256: &str, size: u64) -> Result<File, Message> {
        match self.store.get(sha256) {
            Some(file) => Ok(file),
            None => self.fetch(sha256, size),
        }
    }

    fn cancel(&self) -> Arc<Cancel> {
        Arc::clone(&self.wire.signals.cancel)
    }
}
