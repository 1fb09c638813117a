//! Says to other runs that this one is changing the host, and waits while another does.
//!
//! A claim lies where only its user can write, so nobody can hold up or deceive anybody else; and it binds
//! who changes the host as the same user, whoever logged in. A run claims for the login user and for each
//! user that it becomes, root above all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hep_core::message::{Message, remote};
use rustix::fs::FlockOperation;

use crate::blob::private_directory;
use crate::cancel::Cancel;
use crate::journal::open;
use crate::system::{now_ms, why};

/// The ending of the file by which a run says that it is changing the host.
const CLAIM: &str = "changing";
/// Milliseconds between two looks at whether the host is free.
const PAUSE_MS: u64 = 100;
/// Bytes that a claim may say.
const SAID: u64 = 256;

/// A host that this run may change, until it is dropped.
#[derive(Debug)]
struct Claim {
    path: PathBuf,
    /// Its lock is the claim.
    _file: File,
}

/// Another run that is changing the host.
#[derive(Debug, PartialEq, Eq)]
struct Holder {
    run: String,
    who: String,
    seconds: u64,
}

/// The claim of one host run, held from its first change on and given back while it waits for other hosts:
/// two runs over the same hosts would otherwise wait for each other.
#[derive(Debug)]
pub struct Claims {
    directory: PathBuf,
    part: String,
    /// Where the controller is.
    who: String,
    /// How long another run is waited for.
    patience: Duration,
    held: Option<Claim>,
    /// When this run first changed the host, in seconds since 1970.
    since: Option<i64>,
    /// Since when it waits, or waited in vain.
    waiting: Option<Instant>,
}

/// What came of claiming.
#[derive(Debug, PartialEq)]
pub enum Claimed {
    /// The host was free.
    AtOnce,
    /// It is free now. What was planned before may no longer be true.
    Later,
    /// Another run has it still.
    Refused(Message),
    /// There is no place for a claim.
    Impossible(Message),
    /// The wish to stop came first.
    Cancelled,
}

impl Claims {
    /// None yet, for a part (`RUN-HOST`) of a run from the controller at `who`.
    #[must_use]
    pub fn new(directory: PathBuf, part: &str, who: &str, patience: Duration) -> Self {
        let (part, who) = (part.to_owned(), who.to_owned());
        Self { directory, part, who, patience, held: None, since: None, waiting: None }
    }

    /// How long another run is waited for, in milliseconds.
    #[must_use]
    pub fn wait_ms(&self) -> u64 {
        u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether they are this part's.
    #[must_use]
    pub fn is_of(&self, part: &str) -> bool {
        self.part == part
    }

    /// Makes sure that no other run is changing the host, and says that this one is; waits for another as
    /// long as it may, and `tell`s that once.
    pub fn claim(&mut self, cancel: &Cancel, mut tell: impl FnMut(Message)) -> Claimed {
        if self.held.is_some() {
            return Claimed::AtOnce;
        }
        let mut late = false;
        loop {
            let holder = match self.take() {
                Ok(None) => {
                    self.waiting = None;
                    return if late { Claimed::Later } else { Claimed::AtOnce };
                }
                Ok(Some(holder)) => holder,
                Err(error) => {
                    let path = self.directory.display();
                    return Claimed::Impossible(remote::journal(path, why(error)));
                }
            };
            let waited = self.waiting.get_or_insert_with(Instant::now).elapsed();
            let Holder { run, who, seconds } = holder;
            if waited >= self.patience {
                return Claimed::Refused(remote::in_use(run, who, seconds, waited.as_secs()));
            }
            if !late {
                late = true;
                tell(remote::waiting(run, who, seconds, self.patience.as_secs()));
            }
            let left = self.patience.saturating_sub(waited).as_millis();
            if cancel.wait(u64::try_from(left).unwrap_or(PAUSE_MS).clamp(1, PAUSE_MS)) {
                return Claimed::Cancelled;
            }
        }
    }

    /// Lets others have the host.
    pub fn release(&mut self) {
        self.held = None;
    }

    /// Takes the claim, or says who has it.
    fn take(&mut self) -> io::Result<Option<Holder>> {
        private_directory(&self.directory)?;
        // Held for a moment only: two runs that begin at once see each other.
        let door = File::open(&self.directory)?;
        rustix::fs::flock(&door, FlockOperation::LockExclusive)?;
        if let Some(holder) = other(&self.directory, &self.part)? {
            return Ok(Some(holder));
        }
        let path = self.directory.join(&self.part).with_extension(CLAIM);
        let mut file = open(&path)?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let since = *self.since.get_or_insert_with(|| now_ms() / 1000);
        let said = format!("{} {since}\n", self.who);
        file.set_len(0).and_then(|()| file.write_all(said.as_bytes()))?;
        self.held = Some(Claim { path, _file: file });
        Ok(None)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A claim of another run that is held. Those that nobody holds any more are removed. Parts of one run do
/// not stand in each other's way: they may be one machine under two names.
fn other(directory: &Path, part: &str) -> io::Result<Option<Holder>> {
    let run_of = |part: &str| part.split_once('-').map_or(part, |(run, _)| run).to_owned();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_claim = path.extension().is_some_and(|extension| extension == CLAIM);
        if !is_claim || run_of(&name) == run_of(part) {
            continue;
        }
        let Ok(file) = File::open(&path) else { continue };
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
            let _ = fs::remove_file(&path);
            continue;
        }
        return Ok(Some(holder(run_of(&name), &file)));
    }
    Ok(None)
}

/// What a claim says; only ever shown.
fn holder(run: String, file: &File) -> Holder {
    let mut said = Vec::new();
    let _ = file.take(SAID).read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said);
    let mut words = said.split_whitespace();
    let who = words.next().unwrap_or("another controller").to_owned();
    let since: Option<i64> = words.next().and_then(|word| word.parse().ok());
    let seconds = since.map_or(0, |since| (now_ms() / 1000).saturating_sub(since));
    Holder { run, who, seconds: u64::try_from(seconds).unwrap_or(0) }
}

/// Where the controller is, as sshd says.
pub(crate) fn controller() -> String {
    let connection = std::env::var("SSH_CONNECTION").unwrap_or_default();
    connection.split(' ').next().filter(|word| !word.is_empty()).unwrap_or("this-machine").into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn claims(dir: &tempfile::TempDir, part: &str, patience: Duration) -> Claims {
        Claims::new(dir.path().to_owned(), part, "10.0.0.1", patience)
    }

    /// Claims without waiting; who is in the way.
    fn claim(claims: &mut Claims) -> Result<(), String> {
        claims.patience = Duration::ZERO;
        match claims.claim(&Cancel::new().unwrap(), |told| panic!("waits: {told}")) {
            Claimed::AtOnce => Ok(()),
            Claimed::Refused(message) if message.id == "remote.in_use" => {
                Err(message.arg("run").unwrap().to_owned())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn two_runs_do_not_change_a_host_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let open = |part| claims(&dir, part, HOUR);
        let (mut first, mut sibling, mut second) = (open("a-1"), open("a-2"), open("b-1"));
        for claims in [&mut first, &mut sibling] {
            assert_eq!(claim(claims), Ok(()));
            assert_eq!(claim(claims), Ok(()));
        }
        assert_eq!(claim(&mut second), Err("a".into()));
        first.release();
        assert_eq!(claim(&mut second), Err("a".into()), "the sibling still does");
        drop(sibling);
        assert_eq!(claim(&mut second), Ok(()));
        assert_eq!(claim(&mut first), Err("b".into()));
        drop(second);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_nobody_holds_any_more_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let left = dir.path().join("a-1.changing");
        fs::write(&left, "10.0.0.1 5\n").unwrap();
        assert_eq!(claim(&mut claims(&dir, "b-1", HOUR)), Ok(()));
        assert!(!left.exists());
    }

    /// Who waits tells of it, and then has what `act` does to it or to the holder.
    fn waiting(act: impl FnOnce(&Cancel, Claims)) -> Claimed {
        let dir = tempfile::tempdir().unwrap();
        let mut holder = claims(&dir, "a-1", HOUR);
        assert_eq!(claim(&mut holder), Ok(()));
        let mut claims = claims(&dir, "b-1", HOUR);
        let cancel = Arc::new(Cancel::new().unwrap());
        let (told, tells) = mpsc::channel();
        let shared = Arc::clone(&cancel);
        let waiter =
            thread::spawn(move || claims.claim(&shared, |message| drop(told.send(message))));
        let message = tells.recv().unwrap();
        assert_eq!((&*message.id, message.arg("run")), ("remote.waiting", Some("a")));
        act(&cancel, holder);
        let claimed = waiter.join().unwrap();
        assert!(tells.recv().is_err(), "it is told once");
        claimed
    }

    #[test]
    fn a_run_waits_until_the_host_is_free_or_it_is_told_to_stop() {
        assert_eq!(waiting(|_, holder| drop(holder)), Claimed::Later);
        assert_eq!(waiting(|cancel, _| cancel.raise()), Claimed::Cancelled);
    }

    #[test]
    fn the_limit_counts_for_all_tries_of_a_run() {
        let dir = tempfile::tempdir().unwrap();
        let mut holder = claims(&dir, "a-1", HOUR);
        assert_eq!(claim(&mut holder), Ok(()));
        let mut claims = claims(&dir, "b-1", Duration::from_millis(20));
        let cancel = Cancel::new().unwrap();
        let mut told = 0;
        for _ in 0..3 {
            let claimed = claims.claim(&cancel, |_| told += 1);
            let Claimed::Refused(message) = claimed else { panic!("{claimed:?}") };
            assert_eq!(message.arg("waited"), Some("0"));
        }
        assert_eq!(told, 1, "the second try is refused at once");
        drop(holder);
        assert_eq!(claims.claim(&cancel, |_| ()), Claimed::AtOnce);
        assert_eq!(claims.waiting, None, "the next wait has all of the limit");
    }
}
