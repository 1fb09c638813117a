//! Running programs: output taken as it comes, deadlines, and the whole process group ended when it must.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hep_core::frame::Stream;
use hep_core::message::{Message, remote};
use hep_core::observe::{Bytes, Output};
use hep_core::query::Query;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};

use crate::cancel::{Cancel, timespec};

/// Where root's programs lie; queries see nothing else.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Seconds after which a query is given up.
const QUERY_SECONDS: u64 = 120;
/// Largest output of a query, in bytes.
const QUERY_LIMIT: usize = 16 << 20;
/// Milliseconds between the polite and the final signal.
const GRACE_MS: u64 = 5000;
/// Milliseconds after which a line that has not ended is shown as far as it is.
const PARTIAL_MS: u64 = 200;
/// Bytes after which a line that has not ended is shown as far as it is.
const PARTIAL_BYTES: usize = 16 << 10;
/// Milliseconds between looks at the child where the kernel has no process descriptors (before 5.3).
const TICK_MS: u64 = 20;

/// What to run and how.
#[derive(Debug, Default)]
pub struct Spec<'a> {
    /// Program and arguments; not empty.
    pub argv: Vec<OsString>,
    /// Variables over those inherited.
    pub env: Vec<(OsString, OsString)>,
    /// Whether nothing is inherited.
    pub clean: bool,
    /// Working directory.
    pub dir: Option<&'a Path>,
    /// Standard input.
    pub stdin: &'a [u8],
    /// When to end it.
    pub timeout: Option<Duration>,
    /// How much to keep of each output, in bytes.
    pub keep: usize,
    /// Permission bits taken from new files.
    pub umask: Option<u32>,
}

/// What came of it.
#[derive(Debug)]
pub struct Ended {
    /// Exit status; 128 plus the signal where one ended it.
    pub rc: i32,
    /// Standard output.
    pub out: Kept,
    /// Standard error.
    pub err: Kept,
    /// Why it ended.
    pub how: How,
}

/// Why a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself.
    Exited,
    /// Its time was up.
    TimedOut,
    /// It was cancelled.
    Cancelled,
}

/// Output of which the middle is dropped once it is over the limit.
#[derive(Debug, Default)]
pub struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: u64,
    half: usize,
}

impl Kept {
    fn new(limit: usize) -> Self {
        Self { half: limit / 2, ..Self::default() }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = self.half.saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        let skip = rest.len().saturating_sub(self.half);
        self.tail.extend(&rest[skip..]);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
        self.dropped += (skip + over) as u64;
    }

    /// Whether something was dropped.
    pub fn is_cut(&self) -> bool {
        self.dropped > 0
    }

    /// Whether what was kept holds this text.
    pub fn contains(&self, text: &str) -> bool {
        let find = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        let (a, b) = self.tail.as_slices();
        find(&self.head) || find(a) || find(b)
    }

    /// What was kept, with a line that says how much is missing.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.head;
        if self.dropped > 0 {
            bytes.extend_from_slice(format!("\n[… {} bytes cut …]\n", self.dropped).as_bytes());
        }
        bytes.extend(self.tail);
        bytes
    }
}

/// Runs one of the closed list of commands that only look.
pub(super) fn query(query: &Query) -> Result<Output, Message> {
    let argv = query.argv();
    if !query.is_safe() || argv.iter().any(|word| word.contains('\0')) {
        return Err(remote::bad_query(hep_core::quote::line(&argv)));
    }
    let program = argv.first().cloned().unwrap_or_default();
    let Some(path) = find_usual(&program) else {
        return Ok(Output { rc: 127, ..Output::default() });
    };
    let mut words: Vec<OsString> = argv.iter().map(|word| (**word).into()).collect();
    words[0] = (&*path).into();
    let ended = run(&clean(words, QUERY_SECONDS), None, &mut |_, _| {});
    let ended = ended.map_err(|error| remote::cannot_run(&program, super::why(error)))?;
    if ended.how == How::TimedOut {
        return Err(remote::query_timeout(program, QUERY_SECONDS));
    }
    if ended.out.is_cut() {
        return Err(remote::query_output(program, QUERY_LIMIT));
    }
    let bytes = |kept: Kept| Bytes::from(kept.into_bytes());
    Ok(Output { rc: ended.rc, stdout: bytes(ended.out), stderr: bytes(ended.err) })
}

/// What a small helper program of the system prints; nothing if it fails.
pub(crate) fn look(argv: &[&str]) -> Option<String> {
    let mut words: Vec<OsString> = argv.iter().map(OsString::from).collect();
    words[0] = (&*find_usual(argv[0])?).into();
    let ended = run(&clean(words, 10), None, &mut |_, _| {}).ok()?;
    (ended.rc == 0).then(|| String::from_utf8_lossy(&ended.out.into_bytes()).into_owned())
}

fn clean(argv: Vec<OsString>, seconds: u64) -> Spec<'static> {
    let env = [("LC_ALL", "C.UTF-8"), ("LANGUAGE", "C"), ("PATH", USUAL_PATH), ("HOME", "/")];
    Spec {
        argv,
        env: env.map(|(name, value)| (name.into(), value.into())).to_vec(),
        clean: true,
        dir: Some(Path::new("/")),
        timeout: Some(Duration::from_secs(seconds)),
        keep: QUERY_LIMIT,
        ..Spec::default()
    }
}

/// Where a program lies: on this process's path, then where root's usually are.
pub(super) fn find(name: &str) -> Option<Arc<str>> {
    let own = std::env::var("PATH").unwrap_or_default();
    find_in(&format!("{own}:{USUAL_PATH}"), name)
}

/// Where a program of the system lies, whatever this process's path says.
pub(crate) fn find_usual(name: &str) -> Option<Arc<str>> {
    find_in(USUAL_PATH, name)
}

fn find_in(path: &str, name: &str) -> Option<Arc<str>> {
    let is_program = |path: &str| {
        Path::new(path).is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
    };
    if name.is_empty() || name.contains('\0') {
        return None;
    }
    if name.contains('/') {
        return is_program(name).then(|| name.into());
    }
    let paths =
        path.split(':').filter(|dir| dir.starts_with('/')).map(|dir| format!("{dir}/{name}"));
    paths.into_iter().find(|path| is_program(path)).map(Arc::from)
}

/// Runs a program in a process group of its own and hands out what it prints, whole lines where it can.
///
/// A background process that keeps the output open does not hold this up: what has been written when the
/// program itself ends is read, and no more.
pub fn run(
    spec: &Spec<'_>,
    cancel: Option<&Cancel>,
    sink: &mut dyn FnMut(Stream, &[u8]),
) -> io::Result<Ended> {
    let mut child = spawn(spec)?;
    let mut running = Running::new(&mut child, spec)?;
    running.until_exit(spec, cancel, sink)?;
    running.drain(sink);
    let Running { outs: [out, err], how, .. } = running;
    let rc = child.wait().map(status)?;
    Ok(Ended { rc, out: out.kept, err: err.kept, how })
}

fn spawn(spec: &Spec<'_>) -> io::Result<Child> {
    let mut command = Command::new(&spec.argv[0]);
    command.args(&spec.argv[1..]).process_group(0).env_remove(hep_core::bootstrap::MARK);
    if spec.clean {
        command.env_clear();
    } else if std::env::var_os("PATH").is_none() {
        command.env("PATH", USUAL_PATH);
    }
    command.envs(spec.env.iter().map(|(name, value)| (name, value)));
    if let Some(dir) = spec.dir {
        command.current_dir(dir);
    }
    command.stdin(if spec.stdin.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let Some(mask) = spec.umask else { return command.spawn() };
    // The only way without unsafe code: this thread is the only one that makes files or processes.
    let old = rustix::process::umask(rustix::fs::Mode::from_raw_mode(mask & 0o777));
    let child = command.spawn();
    rustix::process::umask(old);
    child
}

/// Exit status as shells count it.
pub(crate) fn status(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// One of the two outputs.
struct Out {
    stream: Stream,
    fd: Option<OwnedFd>,
    kept: Kept,
    /// The beginning of a line that has not ended.
    partial: Vec<u8>,
    /// Since when it waits.
    since: Instant,
}

struct Running<'a> {
    pid: Pid,
    pidfd: Option<OwnedFd>,
    stdin: Option<OwnedFd>,
    input: &'a [u8],
    outs: [Out; 2],
    deadline: Option<Instant>,
    /// When the group is killed, once it has been asked to end.
    kill: Option<Instant>,
    how: How,
}

impl<'a> Running<'a> {
    fn new(child: &mut Child, spec: &Spec<'a>) -> io::Result<Self> {
        let out = |stream, fd: Option<OwnedFd>| -> io::Result<Out> {
            if let Some(fd) = &fd {
                nonblocking(fd.as_fd())?;
            }
            let (kept, since) = (Kept::new(spec.keep), Instant::now());
            Ok(Out { stream, fd, kept, partial: Vec::new(), since })
        };
        let stdin: Option<OwnedFd> = child.stdin.take().map(Into::into);
        if let Some(fd) = &stdin {
            nonblocking(fd.as_fd())?;
        }
        let pid = Pid::from_child(child);
        let outs = [
            out(Stream::Out, child.stdout.take().map(Into::into))?,
            out(Stream::Err, child.stderr.take().map(Into::into))?,
        ];
        let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok();
        let deadline = spec.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Ok(Self {
            pid,
            pidfd,
            stdin,
            input: spec.stdin,
            outs,
            deadline,
            kill: None,
            how: How::Exited,
        })
    }

    fn until_exit(
        &mut self,
        spec: &Spec<'_>,
        cancel: Option<&Cancel>,
        sink: &mut dyn FnMut(Stream, &[u8]),
    ) -> io::Result<()> {
        let _ = spec;
        loop {
            self.wait(cancel)?;
            self.feed();
            for out in &mut self.outs {
                out.read(sink, 16);
                out.show_slow(sink);
            }
            if self.has_exited()? {
                if self.kill.is_some() {
                    self.signal(Signal::KILL);
                }
                return Ok(());
            }
            self.judge(cancel);
        }
    }

    /// Sleeps until there is something to do.
    fn wait(&self, cancel: Option<&Cancel>) -> io::Result<()> {
        let mut fds = Vec::with_capacity(5);
        for out in &self.outs {
            fds.extend(out.fd.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN)));
        }
        fds.extend(self.stdin.as_ref().map(|fd| PollFd::new(fd, PollFlags::OUT)));
        fds.extend(self.pidfd.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN)));
        if self.how != How::Cancelled {
            fds.extend(cancel.map(|cancel| PollFd::new(cancel, PollFlags::IN)));
        }
        let timeout = self.timeout_ms().map(timespec);
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn timeout_ms(&self) -> Option<u64> {
        let now = Instant::now();
        let until = |at: Instant| {
            u64::try_from(at.saturating_duration_since(now).as_millis()).unwrap_or(u64::MAX) + 1
        };
        let partial = self.outs.iter().any(|out| !out.partial.is_empty()).then_some(PARTIAL_MS);
        let tick = self.pidfd.is_none().then_some(TICK_MS);
        let deadline = self.kill.or(self.deadline).map(until);
        [partial, tick, deadline].into_iter().flatten().min()
    }

    fn judge(&mut self, cancel: Option<&Cancel>) {
        let now = Instant::now();
        if let Some(kill) = self.kill {
            if now >= kill {
                self.signal(Signal::KILL);
                self.kill = Some(now + Duration::from_millis(GRACE_MS));
            }
            return;
        }
        if cancel.is_some_and(Cancel::is_raised) {
            self.how = How::Cancelled;
        } else if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.how = How::TimedOut;
        } else {
            return;
        }
        self.signal(Signal::TERM);
        self.kill = Some(now + Duration::from_millis(GRACE_MS));
    }

    fn signal(&self, signal: Signal) {
        // The leader has not been waited for yet, so the number is still this group's.
        let _ = rustix::process::kill_process_group(self.pid, signal);
    }

    fn has_exited(&self) -> io::Result<bool> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match rustix::process::waitid(WaitId::Pid(self.pid), options) {
            Ok(status) => Ok(status.is_some()),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn feed(&mut self) {
        while let Some(fd) = &self.stdin {
            match rustix::io::write(fd, self.input) {
                Ok(size) => self.input = &self.input[size..],
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return,
                // It does not want its input; its exit status says whether that is an error.
                Err(_) => self.stdin = None,
            }
            if self.input.is_empty() {
                self.stdin = None;
            }
        }
    }

    /// Reads what has been written before the end.
    fn drain(&mut self, sink: &mut dyn FnMut(Stream, &[u8])) {
        for out in &mut self.outs {
            // A background process may go on writing for ever: four megabytes are enough.
            out.read(sink, 256);
            out.show_partial(sink);
        }
    }
}

impl Out {
    fn read(&mut self, sink: &mut dyn FnMut(Stream, &[u8]), times: usize) {
        let mut buffer = [0; 16 << 10];
        for _ in 0..times {
            let Some(fd) = &self.fd else { return };
            match rustix::io::read(fd, &mut buffer) {
                Ok(0) => self.fd = None,
                Ok(size) => self.take(&buffer[..size], sink),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return,
                Err(_) => self.fd = None,
            }
        }
    }

    fn take(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Stream, &[u8])) {
        self.kept.push(bytes);
        let lines = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (whole, rest) = bytes.split_at(lines);
        if lines > 0 {
            if self.partial.is_empty() {
                sink(self.stream, whole);
            } else {
                self.partial.extend_from_slice(whole);
                self.show_partial(sink);
            }
        }
        if self.partial.is_empty() {
            self.since = Instant::now();
        }
        self.partial.extend_from_slice(rest);
        if self.partial.len() > PARTIAL_BYTES {
            self.show_partial(sink);
        }
    }

    fn show_slow(&mut self, sink: &mut dyn FnMut(Stream, &[u8])) {
        if self.since.elapsed() >= Duration::from_millis(PARTIAL_MS) {
            self.show_partial(sink);
        }
    }

    fn show_partial(&mut self, sink: &mut dyn FnMut(Stream, &[u8])) {
        if !self.partial.is_empty() {
            sink(self.stream, &self.partial);
            self.partial.clear();
        }
    }
}

fn nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(fd)?;
    Ok(rustix::fs::fcntl_setfl(fd, flags | OFlags::NONBLOCK)?)
}
