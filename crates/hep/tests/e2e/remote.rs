//! What a command left running. The hosts of the tests are this machine, and containers on it: their
//! processes are seen here.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How long the end of a process may take after `hep` ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a command shall sleep: a number that no other test and no earlier run uses.
pub(crate) fn word(number: u32) -> String {
    format!("{}.{number:03}", 10_000_000 + std::process::id())
}

/// The processes that have this in their command line, beside tests and `hep` itself.
pub(crate) fn with_word(word: &str) -> Vec<Pid> {
    holding(word, &["cmdline"])
}

/// The same of command line and environment.
pub(crate) fn with_word_anywhere(word: &str) -> Vec<Pid> {
    holding(word, &["cmdline", "environ"])
}

fn holding(word: &str, files: &[&str]) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").unwrap();
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let has = |number: &i32| {
        let read =
            |file: &&str| std::fs::read(format!("/proc/{number}/{file}")).unwrap_or_default();
        let holds =
            files.iter().map(read).any(|text| String::from_utf8_lossy(&text).contains(word));
        let program = std::fs::read_link(format!("/proc/{number}/exe")).unwrap_or_default();
        let ours = program.ends_with("hep") || program == std::env::current_exe().unwrap();
        !ours && holds
    };
    numbers.filter(has).filter_map(Pid::from_raw).collect()
}

/// No such process is left, or every one ends soon.
pub(crate) fn none_with(word: &str) {
    let patience = Timespec::try_from(PATIENCE).unwrap();
    for pid in with_word(word) {
        let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
        let mut waiting = [PollFd::new(&process, PollFlags::IN)];
        let ended = poll(&mut waiting, Some(&patience)).unwrap();
        let line = std::fs::read_to_string(format!("/proc/{}/cmdline", pid.as_raw_pid()));
        assert_eq!(ended, 1, "process {} still runs: {line:?}", pid.as_raw_pid());
    }
}
