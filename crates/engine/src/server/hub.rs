//! Who waits for what: runs to take, events to show. Being woken is only ever a hint to look.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast, watch};

use super::followed::Followed;

/// How many wishes to stop may wait.
const WISHES: usize = 256;

/// Wakes those who wait in this process.
pub struct Hub {
    queue: Notify,
    /// The logs that somebody follows, by run.
    runs: Mutex<HashMap<String, Arc<Followed>>>,
    /// Runs that are to be stopped.
    stops: broadcast::Sender<String>,
    /// Whether the node stops, so that nobody need wait any longer.
    closed: AtomicBool,
}

impl Default for Hub {
    fn default() -> Self {
        let (stops, _) = broadcast::channel(WISHES);
        Self { queue: Notify::new(), runs: Mutex::default(), stops, closed: AtomicBool::new(false) }
    }
}

impl Hub {
    /// There is a run to take.
    pub fn queued(&self) {
        self.queue.notify_one();
    }

    /// Waits for a run to take.
    pub(crate) async fn wait_queued(&self) {
        self.queue.notified().await;
    }

    /// A run is to be stopped.
    pub fn stop(&self, run: &str) {
        // Where nobody listens nobody runs anything.
        let _ = self.stops.send(run.to_owned());
    }

    /// The runs that are to be stopped, from now on.
    pub(crate) fn stops(&self) -> broadcast::Receiver<String> {
        self.stops.subscribe()
    }

    /// A run's log goes up to this number now.
    pub fn grew(&self, run: &str, seq: i64) {
        let mut runs = self.lock();
        if let Some(followed) = runs.get(run) {
            if followed.highest.receiver_count() == 0 {
                runs.remove(run);
                return;
            }
            followed.highest.send_if_modified(|highest| {
                let more = seq > *highest;
                *highest = seq.max(*highest);
                more
            });
        }
    }

    /// Everybody shall look: something may have been missed.
    pub(crate) fn wake_all(&self) {
        self.queue.notify_one();
        self.lock().values().for_each(|followed| followed.wake());
    }

    /// The node stops: whoever watches a log connects again, to whichever node answers then.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake_all();
    }

    /// Whether the node stops.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// A run's log as all who follow it share it, and what changes when it has grown.
    pub(crate) fn follow(&self, run: &str) -> (Arc<Followed>, watch::Receiver<i64>) {
        let mut runs = self.lock();
        runs.retain(|_, followed| followed.highest.receiver_count() > 0);
        let followed = Arc::clone(runs.entry(run.to_owned()).or_default());
        let grown = followed.highest.subscribe();
        (followed, grown)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Followed>>> {
        // Nothing panics while the lock is held.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
