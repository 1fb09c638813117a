//! A short command on one host whose output the engine itself wants.

use std::sync::Arc;
use std::time::Duration;

use hep_core::frame::Stream;
use hep_core::inventory::Host;
use hep_core::run::HostState;
use tokio::sync::mpsc;

use super::host::Work;
use super::{Command, Request};
use crate::cancel::Cancel;
use crate::event::{HostEnd, RunEvent};
use crate::fleet::Fleet;

/// Output beyond this is not kept, in bytes.
const MOST: usize = 1 << 20;

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Captured {
    /// Its standard output, line ends as `\n`.
    pub stdout: String,
    /// How it ended.
    pub end: HostEnd,
}

impl Captured {
    /// Whether it ended by itself with status 0.
    pub fn is_fine(&self) -> bool {
        self.end.state == HostState::Succeeded
    }
}

/// Runs a command on one host and keeps what it prints.
pub async fn capture(
    fleet: Arc<Fleet>,
    host: Host,
    command: Command,
    timeout: Duration,
    cancel: Cancel,
) -> Option<Captured> {
    let (events, mut told) = mpsc::channel(64);
    let request = Request { command, forks: 1, timeout: Some(timeout), ..Request::default() };
    let work = Work { fleet, request: Arc::new(request), events, cancel };
    let running = tokio::spawn(async move { work.run(host).await });
    let mut stdout = Vec::new();
    let mut end = None;
    while let Some(event) = told.recv().await {
        match event {
            RunEvent::Line { stream: Stream::Out, line, partial, .. } if stdout.len() < MOST => {
                stdout.extend_from_slice(&line);
                if !partial {
                    stdout.push(b'\n');
                }
            }
            RunEvent::Host(host) => end = Some(*host),
            _ => {}
        }
    }
    // It has ended, since its end of the channel is gone.
    let _ = running.await;
    Some(Captured { stdout: String::from_utf8_lossy(&stdout).into_owned(), end: end? })
}
