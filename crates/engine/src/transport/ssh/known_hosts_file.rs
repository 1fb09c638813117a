//! The `known_hosts` files on disk: parsed once for all connections, read again when they change,
//! and extended line by line under a lock that other programs of ours respect too.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use hep_core::ssh::known_hosts::KnownHosts;

/// How long another program may hold a file's lock.
const LOCK_DEADLINE: Duration = Duration::from_secs(10);
/// The pause between two tries to get the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// What tells that a file has changed; nothing for a file that is not there.
type Stamp = Option<(SystemTime, u64)>;

/// An error, and the file it is about.
pub(super) type FileError = (PathBuf, io::Error);

/// The files of one set, in order, and what they say together.
#[derive(Default)]
struct Set {
    stamps: Vec<Stamp>,
    /// The files as they were read, to see what was only appended.
    texts: Vec<Vec<u8>>,
    hosts: KnownHosts,
}

/// All sets of files in use.
#[derive(Default)]
pub(super) struct KnownHostsFiles {
    sets: Mutex<HashMap<Vec<PathBuf>, Arc<Mutex<Set>>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stamp(file: &Path) -> Stamp {
    let data = fs::metadata(file).ok()?;
    Some((data.modified().ok()?, data.len()))
}

impl Set {
    /// Reads the files again when one of them is not as it was.
    fn refresh(&mut self, files: &[PathBuf]) -> Result<(), FileError> {
        let stamps: Vec<Stamp> = files.iter().map(|file| stamp(file)).collect();
        if stamps == self.stamps {
            return Ok(());
        }
        let texts = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
        let grown = self.texts.len() == texts.len()
            && self.texts.iter().zip(&texts).all(|(old, new)| is_continued(old, new));
        if !grown {
            self.hosts = KnownHosts::default();
            self.texts = vec![vec![]; texts.len()];
        }
        // Many hosts met for the first time add a line each: reading all again for each would cost the
        // square of their number.
        for ((file, old), new) in files.iter().zip(&self.texts).zip(&texts) {
            let before = old.split(|&byte| byte == b'\n').count() - 1;
            let more = String::from_utf8_lossy(&new[old.len()..]);
            self.hosts.add_more(&file.to_string_lossy(), &more, before);
        }
        (self.stamps, self.texts) = (stamps, texts);
        Ok(())
    }
}

/// The file's bytes; none when it is not there.
fn read(file: &Path) -> Result<Vec<u8>, FileError> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![]),
        done => done.map_err(|error| (file.to_owned(), error)),
    }
}

/// Whether `new` is `old` with whole lines after it.
fn is_continued(old: &[u8], new: &[u8]) -> bool {
    new.starts_with(old) && old.last().is_none_or(|&byte| byte == b'\n')
}

impl KnownHostsFiles {
    /// Asks the files a question.
    pub(super) fn ask<T>(
        &self,
        files: &[PathBuf],
        question: impl FnOnce(&KnownHosts) -> T,
    ) -> Result<T, FileError> {
        let set = Arc::clone(lock(&self.sets).entry(files.to_vec()).or_default());
        let mut set = lock(&set);
        set.refresh(files)?;
        Ok(question(&set.hosts))
    }
}

/// Appends a line to a file, which is made when it is not there (0600, its directory 0700). A line
/// that another program has added meanwhile is not added again.
pub(super) fn append(file: &Path, line: &str) -> io::Result<()> {
    if let Some(directory) = file.parent().filter(|d| !d.as_os_str().is_empty() && !d.exists()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let mut options = OpenOptions::new();
    let mut handle = options.read(true).append(true).create(true).mode(0o600).open(file)?;
    if !handle.metadata()?.is_file() {
        return Ok(());
    }
    acquire(&handle)?;
    let mut text = Vec::new();
    handle.seek(SeekFrom::Start(0))?;
    handle.read_to_end(&mut text)?;
    if text.split(|&byte| byte == b'\n').any(|known| known == line.trim_end().as_bytes()) {
        return Ok(());
    }
    // One write, so that a reader never sees half a line; a last line without an end gets one
    // first.
    let separator = if text.last().is_none_or(|&byte| byte == b'\n') { "" } else { "\n" };
    handle.write_all(format!("{separator}{line}").as_bytes())?;
    handle.sync_data()
}

/// Takes the lock, which ends with the handle.
#[expect(clippy::disallowed_methods, reason = "called on a thread for blocking work")]
fn acquire(handle: &File) -> io::Result<()> {
    let begin = Instant::now();
    loop {
        match handle.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if begin.elapsed() > LOCK_DEADLINE => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "it is locked"));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use hep_core::ssh::known_hosts::{HostKey, Verdict};

    use super::*;

    #[test]
    fn a_missing_file_is_made_private_and_a_line_is_added_once() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("new/known_hosts");
        append(&file, "a ssh-ed25519 AAAA\n").unwrap();
        append(&file, "a ssh-ed25519 AAAA\n").unwrap();
        append(&file, "b ssh-ed25519 AAAA\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a ssh-ed25519 AAAA\nb ssh-ed25519 AAAA\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn a_last_line_without_an_end_stays_whole() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("known_hosts");
        fs::write(&file, "a ssh-ed25519 AAAA").unwrap();
        append(&file, "b ssh-ed25519 AAAA\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a ssh-ed25519 AAAA\nb ssh-ed25519 AAAA\n");
    }

    #[test]
    fn sixty_four_writers_do_not_garble_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("known_hosts");
        std::thread::scope(|scope| {
            for writer in 0..64 {
                let file = &file;
                scope.spawn(move || {
                    append(file, &format!("host{writer} ssh-ed25519 AAAA\n")).unwrap();
                });
            }
        });
        let text = fs::read_to_string(&file).unwrap();
        let mut hosts: Vec<&str> = text.lines().collect();
        hosts.sort_unstable();
        let mut expected: Vec<String> =
            (0..64).map(|n| format!("host{n} ssh-ed25519 AAAA")).collect();
        expected.sort_unstable();
        assert_eq!(hosts, expected);
    }

    #[test]
    fn a_changed_file_is_read_again_and_an_unreadable_one_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("known_hosts");
        let files = KnownHostsFiles::default();
        let types = || files.ask(std::slice::from_ref(&file), |hosts| hosts.key_types("a").len());
        assert_eq!(types().unwrap(), 0);
        append(&file, "a ssh-ed25519 AAAAC3NzaC1lZDI1\n").unwrap();
        assert_eq!(types().unwrap(), 0, "that key is cut short, and skipped");
        append(&file, "a ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\n").unwrap();
        assert_eq!(types().unwrap(), 1);
        // Lines that were appended have the right number; a file that was rewritten is read anew.
        append(&file, "a ssh-ed25519 AAAAC3NzaC1lZDI1NTE5BBBB\n").unwrap();
        let other = HostKey { algorithm: "ssh-ed25519".into(), blob: vec![1] };
        let line = || {
            let verdict = files.ask(std::slice::from_ref(&file), |hosts| hosts.check("b", &other));
            match verdict.unwrap() {
                Verdict::Changed { place, .. } => place.line,
                _ => 0,
            }
        };
        assert_eq!(line(), 0);
        append(&file, "b ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\n").unwrap();
        assert_eq!(line(), 4);
        fs::write(&file, "b ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA\n").unwrap();
        assert_eq!((line(), types().unwrap()), (1, 0));
        assert!(files.ask(&[directory.path().to_owned()], |_| ()).is_err());
    }
}
