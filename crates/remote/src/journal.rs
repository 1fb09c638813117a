//! What was done for a host run, on disk before and after each change, for a controller that lost the line.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hep_core::change::{Change, Deed, Outcome};
use hep_core::frame::{Journalled, Record};
use hep_core::interp::Summary;
use hep_core::message::{Message, remote};
use hep_core::observe::Bytes;
use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};

use crate::blob::private_directory;
use crate::system::why;

/// Bytes after which outputs are left out.
const OUTPUT_LIMIT: u64 = 4 << 20;
/// Bytes after which nothing more is written.
const LIMIT: u64 = 16 << 20;
/// The ending of the file that says that a journal has been passed on.
const TOLD: &str = "told";
/// How long a journal that nobody acknowledged is kept.
const KEEP: Duration = Duration::from_hours(7 * 24);

/// The journal of a host run, with its lock held.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    lock: File,
    next: u64,
    size: u64,
    full: bool,
    /// Plays that were over before anything was changed: told with the first change, since who changes nothing
    /// shall not wait for the disk.
    unchanged: Vec<Summary>,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Begin {
        number: u64,
        task: u32,
        what: Arc<str>,
    },
    End {
        number: u64,
        outcome: Box<Outcome>,
    },
    /// A play is over.
    Over {
        summary: Box<Summary>,
    },
    /// The executor starts nothing further.
    Closed,
    Full,
}

impl Journal {
    /// Takes the run's lock, refusing a lower number than was seen, and tells what an earlier executor
    /// left.
    pub fn open(
        cache: &Path,
        run: &str,
        fence: u64,
    ) -> Result<(Self, Option<Journalled>), Message> {
        let is_name = !run.is_empty()
            && run.len() <= 100
            && run.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !is_name {
            return Err(remote::bad_run(run));
        }
        let directory = directory(cache);
        let path = directory.join(format!("{run}.jsonl"));
        let failed = |error: io::Error| remote::journal(path.display(), why(error));
        private_directory(&directory).map_err(failed)?;
        remove_old(&directory);
        let lock = open(&directory.join(format!("{run}.lock"))).map_err(failed)?;
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(remote::busy(run));
        }
        let seen = read_fence(&lock).map_err(failed)?;
        if fence < seen {
            return Err(remote::fenced(run, fence, seen));
        }
        write_fence(&lock, fence).map_err(failed)?;
        let file = open(&path).map_err(failed)?;
        let earlier = read(&file, run).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let next = earlier.records.last().map_or(0, |record| record.number + 1);
        let journal = Self { path, file, lock, next, size, full: earlier.full, unchanged: vec![] };
        Ok((journal, (size > 0).then_some(earlier)))
    }

    /// Says that a change is about to begin; it must not if this fails.
    pub fn begin(&mut self, task: u32, change: &Change) -> Result<u64, Message> {
        let number = self.next;
        self.next += 1;
        if self.size > LIMIT {
            if !self.full {
                self.full = true;
                self.write(&Line::Full)?;
            }
            return Ok(number);
        }
        for summary in std::mem::take(&mut self.unchanged) {
            self.write(&Line::Over { summary: Box::new(summary) })?;
        }
        let what = describe(change).into();
        self.write(&Line::Begin { number, task, what })?;
        Ok(number)
    }

    /// Says what came of it.
    pub fn end(&mut self, number: u64, outcome: &Outcome, no_log: bool) -> Result<(), Message> {
        if self.full {
            return Ok(());
        }
        let outcome = if no_log || self.size > OUTPUT_LIMIT {
            without_output(outcome)
        } else {
            outcome.clone()
        };
        self.write(&Line::End { number, outcome: Box::new(outcome) })
    }

    /// Says that a play is over, and how it went here.
    pub fn over(&mut self, summary: &Summary) {
        if self.size == 0 {
            self.unchanged.push(summary.clone());
        } else {
            // Who is not told so takes the play for one that was cut off.
            let _ = self.write(&Line::Over { summary: Box::new(summary.clone()) });
        }
    }

    /// Says that nothing further will be started.
    pub fn close(&mut self) {
        let _ = self.write(&Line::Closed);
    }

    /// The controller has everything: the journal goes, and the lock with it.
    pub fn acknowledge(self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(self.path.with_extension(TOLD));
        let _ = fs::remove_file(self.path.with_extension("lock"));
        drop(self.lock);
    }

    fn write(&mut self, line: &Line) -> Result<(), Message> {
        let failed = |error: io::Error| remote::journal(self.path.display(), why(error));
        let mut bytes = serde_json::to_vec(line).map_err(|error| failed(error.into()))?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).map_err(failed)?;
        self.file.sync_data().map_err(failed)?;
        self.size += bytes.len() as u64;
        Ok(())
    }
}

/// Where the journals of a cache lie.
#[must_use]
pub fn directory(cache: &Path) -> PathBuf {
    cache.join("runs")
}

/// Notes that a controller has passed on the journal of a run that is not open here, if nobody serves it: it is not
/// told again. It stays for whoever goes on with that run, who must know what was done.
pub fn forget(cache: &Path, run: &str) {
    if !run.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return;
    }
    let path = directory(cache).join(format!("{run}.jsonl"));
    let lock_path = path.with_extension("lock");
    if let Ok(_lock) = File::open(&lock_path).and_then(|lock| lock_now(&lock).map(|()| lock)) {
        let _ = open(&path.with_extension(TOLD));
    }
}

/// What the journal of a run says that another executor still serves.
#[must_use]
pub fn peek(cache: &Path, run: &str) -> Option<Journalled> {
    let path = directory(cache).join(format!("{run}.jsonl"));
    if read_only(&path.with_extension("lock")).and_then(|lock| lock_now(&lock)).is_ok() {
        return None;
    }
    let told = read(&read_only(&path).ok()?, run).ok().filter(|told| !told.records.is_empty())?;
    Some(Journalled { busy: true, ..told })
}

/// What the journals of other runs say that nobody serves any more, the oldest first. Those that say
/// nothing are removed.
#[must_use]
pub fn left_behind(cache: &Path, own: &str) -> Vec<Journalled> {
    let run_of = |part: &str| part.split_once('-').map_or(part, |(run, _)| run).to_owned();
    let mut left = Vec::new();
    for entry in fs::read_dir(directory(cache)).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_journal = path.extension().is_some_and(|extension| extension == "jsonl");
        if is_journal && run_of(&name) != run_of(own) {
            left.extend(abandoned(&path, &name));
        }
    }
    left.sort_by_key(|journal| std::cmp::Reverse(journal.age_s));
    left
}

/// What a journal says, if nobody serves its run.
fn abandoned(path: &Path, run: &str) -> Option<Journalled> {
    let lock_path = path.with_extension("lock");
    let lock = read_only(&lock_path).ok()?;
    lock_now(&lock).ok()?;
    if path.with_extension(TOLD).exists() {
        return None;
    }
    let told = read_only(path).and_then(|file| read(&file, run)).ok()?;
    if told.records.is_empty() {
        let _ = fs::remove_file(path);
        let _ = fs::remove_file(lock_path);
        return None;
    }
    Some(told)
}

fn lock_now(lock: &File) -> io::Result<()> {
    Ok(rustix::fs::flock(lock, FlockOperation::NonBlockingLockExclusive)?)
}

fn read_only(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
    File::options().read(true).custom_flags(flags).open(path)
}

/// Opens a file of ours, making it; never through a link.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
    File::options().read(true).append(true).create(true).mode(0o600).custom_flags(flags).open(path)
}

fn read_fence(lock: &File) -> io::Result<u64> {
    let mut text = String::new();
    lock.take(32).read_to_string(&mut text)?;
    Ok(text.trim().parse().unwrap_or(0))
}

fn write_fence(mut lock: &File, fence: u64) -> io::Result<()> {
    lock.set_len(0)?;
    lock.write_all(fence.to_string().as_bytes())?;
    lock.sync_data()
}

/// Lines that were not written whole are the end: nothing after them happened.
fn read(file: &File, run: &str) -> io::Result<Journalled> {
    let age = file.metadata()?.modified()?.elapsed().unwrap_or_default();
    let mut earlier = Journalled { run: run.into(), age_s: age.as_secs(), ..Journalled::default() };
    let mut reader = BufReader::new(file);
    reader.rewind()?;
    for line in reader.lines() {
        let Ok(line) = hep_core::frame::parse::<Line>(line?.as_bytes()) else { break };
        earlier.closed = false;
        match line {
            Line::Begin { number, task, what } => {
                earlier.records.push(Record { number, task, what, outcome: None });
            }
            Line::End { number, outcome } => {
                let mut records = earlier.records.iter_mut();
                if let Some(record) = records.rfind(|record| record.number == number) {
                    record.outcome = Some(outcome);
                }
            }
            Line::Over { summary } => earlier.over.push(*summary),
            Line::Closed => earlier.closed = true,
            Line::Full => earlier.full = true,
        }
    }
    Ok(earlier)
}

fn describe(change: &Change) -> String {
    let verb = match change {
        Change::WriteFile { .. } => "write",
        Change::SetAttrs { .. } => "set",
        Change::MakeDirectory { .. } => "mkdir",
        Change::MakeLink { .. } => "link",
        Change::Remove { .. } => "remove",
        Change::Touch { .. } => "touch",
        // Arguments may hold secrets; the program's name does not.
        Change::Run(run) => return format!("run {}", run.argv.first().map_or("", |word| word)),
        Change::Wait(_) => return "wait".into(),
    };
    format!("{verb} {}", change.path().unwrap_or_default())
}

fn without_output(outcome: &Outcome) -> Outcome {
    let bare = |deed: &Deed| Deed {
        stdout: Bytes::default(),
        stderr: Bytes::default(),
        matched: None,
        ..deed.clone()
    };
    match outcome {
        Outcome::Done(deed) => Outcome::Done(bare(deed)),
        Outcome::Failed(message, deed) => Outcome::Failed(message.clone(), bare(deed)),
        other => other.clone(),
    }
}

fn remove_old(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|meta| meta.modified());
        let age = modified.ok().and_then(|time| SystemTime::now().duration_since(time).ok());
        if age.is_some_and(|age| age > KEEP) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch() -> Change {
        let before = hep_core::change::Before::Any;
        Change::Touch { path: "/x".into(), mtime_ns: None, atime_ns: None, before }
    }

    fn deed() -> Outcome {
        Outcome::Done(Deed { rc: Some(0), stdout: b"hello".to_vec().into(), ..Deed::default() })
    }

    #[test]
    fn an_earlier_journal_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, earlier) = Journal::open(dir.path(), "run-1", 3).unwrap();
        assert_eq!(earlier, None);
        let first = journal.begin(7, &touch()).unwrap();
        journal.end(first, &deed(), false).unwrap();
        let second = journal.begin(8, &touch()).unwrap();
        journal.end(second, &deed(), true).unwrap();
        journal.begin(9, &touch()).unwrap();
        drop(journal);
        let path = dir.path().join("runs/run-1.jsonl");
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"{\"begin\":{\"num").unwrap();

        let (journal, earlier) = Journal::open(dir.path(), "run-1", 3).unwrap();
        let earlier = earlier.unwrap();
        let outcomes: Vec<Option<Outcome>> =
            earlier.records.iter().map(|r| r.outcome.as_deref().cloned()).collect();
        assert_eq!(outcomes, [Some(deed()), Some(without_output(&deed())), None]);
        assert!(!earlier.closed);
        journal.acknowledge();
        assert_eq!(fs::read_dir(dir.path().join("runs")).unwrap().count(), 0);
    }

    #[test]
    fn what_other_runs_left_behind_is_told_until_it_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let journal = |run| {
            let (mut journal, _) = Journal::open(dir.path(), run, 1).unwrap();
            journal.begin(0, &touch()).unwrap();
            journal
        };
        let empty = Journal::open(dir.path(), "empty-1", 1).unwrap();
        let (left, _served, _sibling) = (journal("left-1"), journal("served-1"), journal("own-2"));
        drop((left, empty));
        let runs = || {
            let left = left_behind(dir.path(), "own-1");
            left.into_iter().map(|left| (left.run.to_string(), left.records.len())).collect()
        };
        for _ in 0..2 {
            let runs: Vec<(String, usize)> = runs();
            assert_eq!(runs, [("left-1".to_owned(), 1)]);
        }
        assert!(!dir.path().join("runs/empty-1.jsonl").exists());
        for run in ["left-1", "served-1", "../left-1"] {
            forget(dir.path(), run);
        }
        let runs: Vec<(String, usize)> = runs();
        assert_eq!(runs, []);
        let (_, kept) = Journal::open(dir.path(), "left-1", 2).unwrap();
        assert_eq!(kept.map(|told| told.records.len()), Some(1), "its own run still finds it");
        assert_eq!(peek(dir.path(), "served-1").map(|told| told.busy), Some(true));
    }

    #[test]
    fn a_lower_number_and_a_second_executor_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let open = |fence| Journal::open(dir.path(), "r", fence).map(drop).map_err(|m| m.id);
        let held = Journal::open(dir.path(), "r", 5).unwrap();
        assert_eq!(open(6), Err("remote.busy".into()));
        drop(held);
        assert_eq!(open(4), Err("remote.fenced".into()));
        assert_eq!(open(5), Ok(()));
        let bad = Journal::open(dir.path(), "../r", 1).map(drop);
        assert_eq!(bad.unwrap_err().id, "remote.bad_run");
    }
}
