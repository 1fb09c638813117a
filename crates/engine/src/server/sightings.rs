//! How hosts were found by whatever reached for them: gathered, and noted in the register about once a second.
//!
//! It is no part of the transactions of runs: what two nodes see of one host must not make their runs wait for each
//! other. What is lost with a node is found again by the next who looks.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hep_core::message::Message;
use hep_core::run::HostState;

use crate::event::HostEnd;
use crate::ops::error::chain;
use crate::store::{Db, Result, host_states, marks, now_ms};

/// How often the register is told.
const EVERY: Duration = Duration::from_secs(1);

/// What nodes of this process have found.
#[derive(Default)]
pub(crate) struct Sightings {
    /// The last of each host: why it did not answer, or that it did.
    found: Mutex<HashMap<String, Option<Message>>>,
    /// How many host runs have ended, by state.
    ends: Mutex<BTreeMap<&'static str, u64>>,
    /// How often the register was told.
    noted: AtomicU64,
}

impl Sightings {
    /// A host has answered.
    pub(crate) fn answered(&self, host: &str) {
        lock(&self.found).insert(host.to_owned(), None);
    }

    /// A host could not be reached.
    pub(crate) fn silent(&self, host: &str, why: &Message) {
        lock(&self.found).insert(host.to_owned(), Some(why.clone()));
    }

    /// A part of a run has ended on its host.
    pub(super) fn ended(&self, end: &HostEnd) {
        *lock(&self.ends).entry(end.state.word()).or_default() += 1;
        match (end.state, &end.error) {
            (HostState::Succeeded | HostState::Failed, _) => self.answered(&end.host),
            (HostState::Unreachable, Some(why)) => self.silent(&end.host, why),
            // Whether it was reached at all is not known of the others.
            _ => {}
        }
    }

    /// How many host runs have ended here, by state.
    pub(crate) fn ends(&self) -> Vec<(&'static str, u64)> {
        lock(&self.ends).iter().map(|(state, many)| (*state, *many)).collect()
    }

    /// How often the register was told by this process.
    pub(crate) fn noted(&self) -> u64 {
        self.noted.load(Ordering::Relaxed)
    }

    /// Tells the register, until the end.
    pub(super) async fn keep(&self, db: &Db) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.flush(db).await;
        }
    }

    /// Tells the register what is there now.
    pub(super) async fn flush(&self, db: &Db) {
        let found = std::mem::take(&mut *lock(&self.found));
        if found.is_empty() {
            return;
        }
        if let Err(error) = note(db, &found).await {
            tracing::warn!(error = %chain(&error), "cannot note which hosts were reached");
            let mut newer = lock(&self.found);
            for (host, what) in found {
                newer.entry(host).or_insert(what);
            }
        }
        self.noted.fetch_add(1, Ordering::Relaxed);
    }
}

async fn note(db: &Db, found: &HashMap<String, Option<Message>>) -> Result<()> {
    let mut answered = Vec::new();
    let mut silent = Vec::new();
    for (host, why) in found {
        match why {
            None => answered.push(host.as_str()),
            Some(why) => silent.push((host.as_str(), why)),
        }
    }
    // In one order on every node: rows are locked one after the other.
    answered.sort_unstable();
    silent.sort_unstable_by_key(|(host, _)| *host);
    host_states::answered(db, &answered, now_ms()).await?;
    host_states::silent(db, &silent, now_ms()).await?;
    // Other nodes look there, too.
    if db.is_shared() { marks::sighted(db).await } else { Ok(()) }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use hep_core::message::ssh as say;

    use super::*;
    use crate::store::Sql as _;
    use crate::store::hosts::{self, HostInput, References};
    use crate::store::partitions;
    use crate::store::testing::on_both;

    fn end(state: HostState, error: Option<Message>) -> HostEnd {
        let (rc, signal, summary) = (None, None, None);
        HostEnd { host: "a".into(), state, rc, signal, duration_ms: 1, error, summary }
    }

    #[tokio::test]
    async fn the_last_that_was_found_is_told_once() {
        on_both(async |db| {
            let partition = partitions::default(&db).await.unwrap();
            let references = References { partition, ..References::default() };
            hosts::insert(&db, &HostInput::named("a"), &references, "t").await.unwrap();
            let state = async || hosts::by_name(&db, "a").await.unwrap().unwrap().state;
            let sightings = Sightings::default();
            let why = Some(say::auth_timeout("a", "u", 3));
            sightings.ended(&end(HostState::Succeeded, None));
            sightings.ended(&end(HostState::Unreachable, why));
            sightings.flush(&db).await;
            assert_eq!(state().await, "unreachable");
            sightings.ended(&end(HostState::Failed, None));
            sightings.ended(&end(HostState::Lost, None));
            sightings.flush(&db).await;
            assert_eq!(state().await, "reachable");
            db.run(crate::store::db::sql("UPDATE hosts SET state = 'unknown'")).await.unwrap();
            sightings.flush(&db).await;
            assert_eq!(state().await, "unknown", "nothing new, nothing told");
            assert_eq!(
                sightings.ends(),
                [("failed", 1), ("lost", 1), ("succeeded", 1), ("unreachable", 1)]
            );
        })
        .await;
    }
}
