//! `hep`, run as a person would: with a home of its own and nothing of the environment of who tests.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A run that takes longer has hung: it is ended, and its story fails.
const DEADLINE: Duration = Duration::from_mins(5);

/// Hosts, how they are reached, and a folder for what a story writes.
pub(crate) struct Desk {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run of `hep` left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code; of a signal 128 and its number.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// `hep` at work.
pub(crate) struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    seen: Vec<u8>,
    err: JoinHandle<Vec<u8>>,
    /// Dropped at the end, which ends the watch.
    watch: Sender<()>,
}

impl Desk {
    /// With an inventory and the keys of its hosts.
    pub(crate) fn new(inventory: &str, known_hosts: &str) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() };
        let inventory = desk.file("inventory.ini", inventory);
        let known = desk.file("known_hosts", known_hosts);
        desk.set("HEP_INVENTORY", inventory.to_str().unwrap())
            .set("HEP_KNOWN_HOSTS", known.to_str().unwrap())
            .set("HEP_SSH_CONFIG", "none")
    }

    /// A variable of the environment for every run; a later one replaces an earlier.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a variable away.
    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Writes a file in the folder.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether any file that a run left in the folder or in its home holds this.
    pub(crate) fn holds(&self, needle: &str) -> bool {
        holds(self.folder.path(), needle.as_bytes())
    }

    /// `hep` with these words, ready to run.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hep"));
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).env("USER", "tester").env("SHELL", "/bin/sh");
        command.current_dir(self.folder.path()).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `hep` with these words to its end.
    pub(crate) fn hep(&self, words: &[&str]) -> Ran {
        Running::of(self.command(words)).end()
    }

    /// Runs `hep` from the top of the checkout, for examples whose paths are written so.
    pub(crate) fn hep_at(&self, folder: &Path, words: &[&str]) -> Ran {
        let mut command = self.command(words);
        command.current_dir(folder);
        Running::of(command).end()
    }

    /// Runs `hep` with an input.
    pub(crate) fn fed(&self, words: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(words);
        command.stdin(Stdio::piped());
        let mut running = Running::of(command);
        let mut stdin = running.child.stdin.take().unwrap();
        let input = input.to_vec();
        // Who refuses the input closes it.
        let feeding = thread::spawn(move || drop(stdin.write_all(&input)));
        let ran = running.end();
        feeding.join().unwrap();
        ran
    }

    /// Runs a command that was made ready.
    pub(crate) fn run(command: Command) -> Ran {
        Running::of(command).end()
    }

    /// The same with an input.
    pub(crate) fn run_fed(mut command: Command, input: &str) -> Ran {
        command.stdin(Stdio::piped());
        let mut running = Running::of(command);
        let mut stdin = running.child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        running.end()
    }

    /// Starts a command that was made ready.
    pub(crate) fn started(command: Command) -> Running {
        Running::of(command)
    }

    /// Starts `hep` and leaves it at work.
    pub(crate) fn start(&self, words: &[&str]) -> Running {
        Running::of(self.command(words))
    }
}

fn holds(path: &Path, needle: &[u8]) -> bool {
    if path.is_dir() {
        return std::fs::read_dir(path).unwrap().any(|entry| holds(&entry.unwrap().path(), needle));
    }
    let content = std::fs::read(path).unwrap_or_default();
    content.windows(needle.len()).any(|window| window == needle)
}

impl Running {
    fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut err = child.stderr.take().unwrap();
        let err = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = err.read_to_end(&mut bytes);
            bytes
        });
        let out = BufReader::new(child.stdout.take().unwrap());
        let (watch, watched) = mpsc::channel::<()>();
        let pid = Pid::from_child(&child);
        thread::spawn(move || {
            if watched.recv_timeout(DEADLINE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        Self { child, out, seen: Vec::new(), err, watch }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads its output up to a line that holds this; fails when it ends before.
    pub(crate) fn until(&mut self, word: &str) -> &mut Self {
        loop {
            let mut line = Vec::new();
            let many = self.out.read_until(b'\n', &mut line).unwrap();
            self.seen.extend_from_slice(&line);
            if many == 0 {
                let seen = String::from_utf8_lossy(&self.seen);
                panic!("hep ended before it said {word:?}: {seen}");
            }
            if String::from_utf8_lossy(&line).contains(word) {
                return self;
            }
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&mut self, signal: Signal) -> &mut Self {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self
    }

    /// Reads its output away to the end, and how much memory it had at most meanwhile, in KiB.
    pub(crate) fn drained(mut self) -> (Ran, u64, u64) {
        let (mut bytes, mut peak) = (0, 0);
        let mut piece = vec![0; 1 << 20];
        loop {
            let many = self.out.read(&mut piece).unwrap();
            bytes += many as u64;
            peak = peak.max(high_water(self.pid()).unwrap_or(0));
            if many == 0 {
                return (self.end(), bytes, peak);
            }
        }
    }

    /// Waits for its end, and how much memory it had at most, in KiB.
    pub(crate) fn watched(mut self) -> (Ran, u64) {
        let (mut piece, mut peak) = (vec![0; 1 << 16], 0);
        loop {
            let many = self.out.read(&mut piece).unwrap();
            self.seen.extend_from_slice(&piece[..many]);
            peak = peak.max(high_water(self.pid()).unwrap_or(0));
            if many == 0 {
                return (self.end(), peak);
            }
        }
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        self.out.read_to_end(&mut self.seen).unwrap();
        let status = self.child.wait().unwrap();
        drop(self.watch);
        let err = self.err.join().unwrap();
        Ran {
            code: code(status),
            out: String::from_utf8_lossy(&self.seen).into_owned(),
            err: String::from_utf8_lossy(&err).into_owned(),
        }
    }
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// The most memory that a process had, in KiB.
pub(crate) fn high_water(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

impl Ran {
    /// Its exit code is this.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "out:\n{}\nerr:\n{}", self.out, self.err);
        self
    }

    /// Its output or its talk holds this.
    pub(crate) fn says(self, text: &str) -> Self {
        let found = self.out.contains(text) || self.err.contains(text);
        assert!(found, "{text:?} is missing:\nout:\n{}\nerr:\n{}", self.out, self.err);
        self
    }

    /// Neither output nor talk holds this.
    pub(crate) fn never_says(self, text: &str) -> Self {
        let found = self.out.contains(text) || self.err.contains(text);
        assert!(!found, "{text:?} must not be there:\nout:\n{}\nerr:\n{}", self.out, self.err);
        self
    }

    /// Its output as JSON, an object a line.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        self.out.lines().map(read).collect()
    }

    /// The object of `exec` for a host.
    pub(crate) fn host(&self, name: &str) -> Value {
        let objects = self.objects();
        let found = objects.into_iter().find(|object| object["host"] == name);
        found.unwrap_or_else(|| panic!("nothing about {name}:\n{}\n{}", self.out, self.err))
    }

    /// The object of `apply` for a task on a host.
    pub(crate) fn task(&self, host: &str, task: &str) -> Value {
        let objects = self.objects();
        let found =
            objects.into_iter().find(|object| object["host"] == host && object["task"] == task);
        found.unwrap_or_else(|| panic!("no {task:?} on {host}:\n{}\n{}", self.out, self.err))
    }

    /// The states of all tasks, as `host/task` and the word, sorted.
    pub(crate) fn states(&self) -> Vec<(String, String)> {
        let objects = self.objects();
        let tasks = objects.iter().filter(|object| object["task"].is_string());
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let mut states: Vec<_> = tasks
            .map(|task| {
                let name = format!("{}/{}", word(&task["host"]), word(&task["task"]));
                (name, word(&task["state"]))
            })
            .collect();
        states.sort();
        states
    }

    /// The summary of `apply` for a host.
    pub(crate) fn summary(&self, host: &str) -> Value {
        let objects = self.objects();
        let found = objects.into_iter().find(|object| object["summary"]["host"] == host);
        let found = found.unwrap_or_else(|| panic!("no summary of {host}:\n{}", self.out));
        found["summary"].clone()
    }

    /// The summaries of all hosts.
    pub(crate) fn summaries(&self) -> Vec<Value> {
        let objects = self.objects();
        let summaries = objects.into_iter().filter(|object| object["summary"].is_object());
        summaries.map(|object| object["summary"].clone()).collect()
    }
}
