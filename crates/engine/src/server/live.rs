//! How hosts are while somebody watches: one look at each host every two seconds, whoever and however many
//! watch it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use hep_core::message::Message;
use hep_core::verb::status::Status;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Between two looks at a host.
const EVERY: Duration = Duration::from_secs(2);

/// What was seen, as JSON for every viewer; nothing before the first look.
pub(crate) type Seen = Option<Arc<str>>;

/// A look at a host: how it is, or why that is not known, for people.
pub(crate) type Look = Arc<dyn Fn() -> BoxFuture<'static, Result<Status, Message>> + Send + Sync>;

/// The hosts that are watched.
pub(crate) struct Live {
    every: Duration,
    watched: Mutex<HashMap<String, watch::Sender<Seen>>>,
}

impl Default for Live {
    fn default() -> Self {
        Self { every: EVERY, watched: Mutex::default() }
    }
}

impl Live {
    /// Watches a host; looking begins with its first viewer and ends after its last.
    pub(crate) fn watch(self: &Arc<Self>, host: &str, look: Look) -> watch::Receiver<Seen> {
        let mut watched = self.lock();
        if let Some(sender) = watched.get(host) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(None);
        watched.insert(host.to_owned(), sender.clone());
        drop(watched);
        tokio::spawn(Arc::clone(self).poll(host.to_owned(), sender, look));
        receiver
    }

    async fn poll(self: Arc<Self>, host: String, sender: watch::Sender<Seen>, look: Look) {
        let mut turns = interval(self.every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut before: Option<(Instant, Status)> = None;
        loop {
            turns.tick().await;
            if self.is_left(&host, &sender) {
                return;
            }
            let seen = look().await;
            sender.send_replace(Some(shown(seen, &mut before).into()));
        }
    }

    /// Whether nobody watches any more; then nobody can begin to without a new look.
    fn is_left(&self, host: &str, sender: &watch::Sender<Seen>) -> bool {
        let mut watched = self.lock();
        let left = sender.receiver_count() == 0;
        if left {
            watched.remove(host);
        }
        left
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<Seen>>> {
        // Nothing panics while the lock is held.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What viewers are shown, compared with the look before.
fn shown(seen: Result<Status, Message>, before: &mut Option<(Instant, Status)>) -> String {
    let now = Instant::now();
    match seen {
        Ok(mut status) => {
            if let Some((then, earlier)) = before {
                status.since(earlier, now.duration_since(*then).as_secs_f64());
            }
            let json = serde_json::json!({ "status": status }).to_string();
            *before = Some((now, status));
            json
        }
        Err(error) => {
            *before = None;
            serde_json::json!({ "error": error.to_string(), "message": error }).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn many_viewers_are_one_look_and_none_is_none() {
        let every = Duration::from_millis(1);
        let live = Arc::new(Live { every, watched: Mutex::default() });
        // A look ends when the test lets it.
        let (looks, turns) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (counted, waited) = (Arc::clone(&looks), Arc::clone(&turns));
        let look: Look = Arc::new(move || {
            let (counted, waited) = (Arc::clone(&counted), Arc::clone(&waited));
            Box::pin(async move {
                waited.acquire().await.unwrap().forget();
                counted.fetch_add(1, Ordering::Relaxed);
                Ok(Status::default())
            })
        });
        let mut first = live.watch("h", Arc::clone(&look));
        let mut second = live.watch("h", Arc::clone(&look));
        for number in 1..=3 {
            turns.add_permits(1);
            first.changed().await.unwrap();
            second.changed().await.unwrap();
            assert_eq!(looks.load(Ordering::Relaxed), number);
            assert_eq!(*first.borrow_and_update(), *second.borrow_and_update());
        }
        drop((first, second));
        turns.add_permits(1);
        while !live.lock().is_empty() {
            tokio::task::yield_now().await;
        }
        turns.add_permits(1);
        live.watch("h", look).changed().await.unwrap();
    }
}
