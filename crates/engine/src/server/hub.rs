//! Who waits for what: runs to take, events to show. Being woken is only ever a hint to look.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast, watch};

/// How many wishes to stop may wait.
const WISHES: usize = 256;

/// Wakes those who wait in this process.
pub struct Hub {
    queue: Notify,
    /// The highest number of each run that somebody watches.
    runs: Mutex<HashMap<String, Arc<watch::Sender<i64>>>>,
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
        if let Some(sender) = runs.get(run) {
            if sender.receiver_count() == 0 {
                runs.remove(run);
                return;
            }
            sender.send_if_modified(|highest| {
                let more = seq > *highest;
                *highest = seq.max(*highest);
                more
            });
        }
    }

    /// Everybody shall look: something may have been missed.
    pub(crate) fn wake_all(&self) {
        self.queue.notify_one();
        for sender in self.lock().values() {
            sender.send_modify(|_| {});
        }
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

    /// Changes when a run's log has grown.
    pub fn watch(&self, run: &str) -> watch::Receiver<i64> {
        let mut runs = self.lock();
        runs.retain(|_, sender| sender.receiver_count() > 0);
        runs.entry(run.to_owned()).or_insert_with(|| Arc::new(watch::channel(0).0)).subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<watch::Sender<i64>>>> {
        // Nothing panics while the lock is held.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
