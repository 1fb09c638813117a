//! The standard input of `exec`, which goes to every host.

use std::io::{self, IsTerminal as _, Read as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hep_core::message::cli as say;
use rustix::fs::FileType;

use super::failure::Failure;
use crate::terminal::Screen;

/// What is kept for the hosts at most, in MiB.
const LIMIT_MIB: u64 = 64;

/// After this time it is said that input is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads it to its end, when it is a pipe, a file or a socket; a terminal and `/dev/null` count as nothing.
pub(crate) async fn read(screen: &Arc<Screen>) -> Result<Bytes, Failure> {
    if !has_input() {
        return Ok(Bytes::new());
    }
    let mut reading = tokio::task::spawn_blocking(read_all);
    let read = if let Ok(read) = tokio::time::timeout(PATIENCE, &mut reading).await {
        read
    } else {
        screen.say(&say::stdin_waiting().to_string());
        reading.await
    };
    let bytes = match read {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return Err(say::stdin_failed(error).into()),
        Err(error) => return Err(say::stdin_failed(error).into()),
    };
    if bytes.len() as u64 > LIMIT_MIB << 20 {
        return Err(say::stdin_too_long(LIMIT_MIB).into());
    }
    Ok(bytes.into())
}

fn read_all() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take((LIMIT_MIB << 20) + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn has_input() -> bool {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return false;
    }
    let Ok(stat) = rustix::fs::fstat(stdin.as_fd()) else { return false };
    let kind = FileType::from_raw_mode(stat.st_mode);
    matches!(kind, FileType::Fifo | FileType::RegularFile | FileType::Socket)
}
