//! The wish to stop, which arrives while something runs.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::pipe::PipeFlags;

/// Raised once; can be looked at and, through a pipe that becomes readable, waited for.
#[derive(Debug)]
pub struct Cancel {
    raised: AtomicBool,
    read: OwnedFd,
    write: OwnedFd,
}

impl Cancel {
    /// Not raised. Fails only when the process has no descriptor left.
    pub fn new() -> std::io::Result<Self> {
        let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(Self { raised: AtomicBool::new(false), read, write })
    }

    /// Asks to stop.
    pub fn raise(&self) {
        self.raised.store(true, Ordering::SeqCst);
        // A full pipe is readable already.
        let _ = rustix::io::write(&self.write, &[1]);
    }

    /// Forgets an earlier wish: a new run begins.
    pub fn clear(&self) {
        self.raised.store(false, Ordering::SeqCst);
        let mut buffer = [0; 64];
        while rustix::io::read(&self.read, &mut buffer).is_ok_and(|size| size > 0) {}
    }

    /// Whether to stop.
    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::SeqCst)
    }

    /// Waits up to `millis`; says whether to stop.
    pub fn wait(&self, millis: u64) -> bool {
        let timeout = timespec(millis);
        let mut fds = [rustix::event::PollFd::new(&self.read, rustix::event::PollFlags::IN)];
        let _ = rustix::event::poll(&mut fds, Some(&timeout));
        self.is_raised()
    }
}

impl AsFd for Cancel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }
}

/// Milliseconds as the kernel takes them.
pub(crate) fn timespec(millis: u64) -> rustix::time::Timespec {
    let secs = i64::try_from(millis / 1000).unwrap_or(i64::MAX);
    let nanos = i64::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
    rustix::time::Timespec { tv_sec: secs, tv_nsec: nanos }
}
