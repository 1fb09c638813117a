//! `exec`: one command on many hosts at once.

mod capture;
mod host;
mod kill;
mod wrap;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hep_core::inventory::Host;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use self::capture::{Captured, capture};
pub use self::wrap::{Command, Script, Sudo, is_variable_name};
use crate::cancel::Cancel;
use crate::event::Events;
use crate::fleet::Fleet;
use crate::gate::Gate;

/// A command for many hosts.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What to run. `sudo.password` is filled in for each host.
    pub command: Command,
    /// The standard input of every host.
    pub stdin: Bytes,
    /// How many hosts at once.
    pub forks: usize,
    /// Ends the command after this time.
    pub timeout: Option<Duration>,
    /// What stands before each host.
    pub gate: Gate,
}

/// Runs it on these hosts and tells `events`. Returns when every host has ended.
pub async fn run(
    fleet: Arc<Fleet>,
    hosts: Vec<Host>,
    request: Request,
    events: Events,
    cancel: Cancel,
) {
    let turns = Arc::new(Semaphore::new(request.forks.max(1)));
    let request = Arc::new(request);
    let mut running = JoinSet::new();
    for host in hosts {
        // Taking the turn here keeps waiting hosts from costing a task each.
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { break };
        let work = host::Work {
            fleet: fleet.clone(),
            request: request.clone(),
            events: events.clone(),
            cancel: cancel.clone(),
        };
        running.spawn(async move {
            work.run(host).await;
            drop(turn);
        });
        while running.try_join_next().is_some() {}
    }
    while running.join_next().await.is_some() {}
}
