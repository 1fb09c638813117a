//! A controlling terminal for sudo where sudoers has `requiretty`, while its pipes stay pipes.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::Command;

use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;

use crate::system::command::status;

/// Whether this process has a controlling terminal.
pub fn has_terminal() -> bool {
    let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open("/dev/tty", flags, Mode::empty()).is_ok()
}

/// Runs the words in a session of their own with a terminal of their own, standard input and both outputs
/// as they are, and answers with their exit status. To be called by a process that leads no group.
pub fn run_with_terminal(words: &[OsString]) -> io::Result<i32> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    rustix::process::setsid()?;
    let controller =
        rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::pty::grantpt(&controller)?;
    rustix::pty::unlockpt(&controller)?;
    let name = rustix::pty::ptsname(&controller, Vec::new())?;
    let terminal = rustix::fs::open(name, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::process::ioctl_tiocsctty(terminal.as_fd())?;
    // What is written to the terminal (a lecture, a prompt) must be read, or its writer would wait.
    let mut drain = std::fs::File::from(controller);
    std::thread::Builder::new().stack_size(64 << 10).spawn(move || {
        let mut buffer = [0; 1024];
        while drain.read(&mut buffer).is_ok_and(|size| size > 0) {}
    })?;
    Ok(status(Command::new(program).args(arguments).status()?))
}

/// Runs the words in a session without a terminal, so that no command of theirs can stop at one.
pub fn run_without_terminal(words: &[OsString]) -> io::Result<i32> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    rustix::process::setsid()?;
    Ok(status(Command::new(program).args(arguments).status()?))
}
