//! What meters show of a server.

use std::time::Duration;

use crate::store::{Db, Result, host_states, now_ms, runs};
use crate::transport::ssh::PoolNumbers;

/// Numbers of this moment. Those out of the database are the same on every node.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// Hosts of the register, by state.
    pub hosts: Vec<(String, i64)>,
    /// Runs that are not over, by state.
    pub runs: Vec<(String, i64)>,
    /// How long the run that waits longest for a node has waited, in seconds.
    pub waiting_seconds: f64,
    /// Host runs that have ended on this node since it started, by state.
    pub ends: Vec<(&'static str, u64)>,
    /// The connections of this node.
    pub ssh: PoolNumbers,
}

/// Asks the database for its part.
pub(crate) async fn read(db: &Db) -> Result<Numbers> {
    let (runs, hosts) = (runs::open_by_state(db).await?, host_states::count(db).await?);
    let since = runs::oldest_queued(db).await?.unwrap_or(i64::MAX);
    let waited = now_ms().saturating_sub(since).max(0).unsigned_abs();
    let waiting_seconds = Duration::from_millis(waited).as_secs_f64();
    Ok(Numbers { hosts, runs, waiting_seconds, ..Numbers::default() })
}
