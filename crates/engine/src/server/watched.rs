//! Lists that somebody looks at while things happen. Whether anything has changed is asked once a second for all of
//! them, and what a list says then is read once for all who see the same: neither by each page.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::ops::error::chain;
use crate::ops::page::Page;
use crate::ops::{Engine, OpResult};
use crate::store::hosts::Host;
use crate::store::marks::{self, Marks};
use crate::store::runs::Run;

/// How often it is asked whether anything has changed.
const BEAT: Duration = Duration::from_secs(1);
/// Between two looks at one list, while what it shows changes all the time.
const REST: Duration = Duration::from_secs(2);

/// What a list says by now; nothing before the first look.
pub type Seen<T> = watch::Receiver<Option<Arc<T>>>;

/// Reads a list.
pub(crate) type Look<T> = Arc<dyn Fn() -> BoxFuture<'static, OpResult<T>> + Send + Sync>;

/// Which of the marks tell that a list may say something else.
pub(crate) type Of = fn(&Marks) -> u64;

/// All lists that are looked at.
#[derive(Default)]
pub(crate) struct Watched {
    pulse: Arc<Pulse>,
    /// Pages of hosts.
    pub(crate) hosts: Arc<Lists<Page<Host>>>,
    /// Pages of runs.
    pub(crate) runs: Arc<Lists<Page<Run>>>,
    /// How many hosts are in each state.
    pub(crate) counts: Arc<Lists<BTreeMap<String, i64>>>,
}

impl Watched {
    /// The marks from now on.
    pub(crate) fn marks(&self, engine: &Engine) -> watch::Receiver<Marks> {
        self.pulse.feel(engine)
    }
}

/// Asks whether anything has changed, while somebody wants to know.
#[derive(Default)]
struct Pulse {
    marks: Mutex<Option<watch::Sender<Marks>>>,
}

impl Pulse {
    fn feel(self: &Arc<Self>, engine: &Engine) -> watch::Receiver<Marks> {
        let mut marks = lock(&self.marks);
        if let Some(sender) = &*marks {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(Marks::default());
        *marks = Some(sender.clone());
        tokio::spawn(Arc::clone(self).beat(engine.clone(), sender));
        receiver
    }

    async fn beat(self: Arc<Self>, engine: Engine, sender: watch::Sender<Marks>) {
        let mut turns = interval(BEAT);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            if self.is_left(&sender) {
                return;
            }
            match marks::read(engine.db(), engine.sightings().noted()).await {
                Ok(now) => {
                    sender.send_if_modified(|marks| std::mem::replace(marks, now) != now);
                }
                Err(error) => tracing::debug!(error = %chain(&error), "cannot see what changes"),
            }
        }
    }

    fn is_left(&self, sender: &watch::Sender<Marks>) -> bool {
        let mut marks = lock(&self.marks);
        let left = sender.receiver_count() == 0;
        if left {
            *marks = None;
        }
        left
    }
}

/// Lists of one kind, by what tells them apart: who sees them, and what they show.
pub(crate) struct Lists<T> {
    rest: Duration,
    watched: Mutex<HashMap<String, watch::Sender<Option<Arc<T>>>>>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { rest: REST, watched: Mutex::default() }
    }
}

impl<T: Send + Sync + 'static> Lists<T> {
    /// Watches a list; looking begins with its first viewer and ends after its last.
    pub(crate) fn watch(
        self: &Arc<Self>,
        key: String,
        marks: watch::Receiver<Marks>,
        of: Of,
        look: Look<T>,
    ) -> Seen<T> {
        let mut watched = lock(&self.watched);
        if let Some(sender) = watched.get(&key) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(None);
        watched.insert(key.clone(), sender.clone());
        drop(watched);
        let this = Arc::clone(self);
        tokio::spawn(async move { this.follow(&key, sender, (marks, of), look).await });
        receiver
    }

    async fn follow(
        &self,
        key: &str,
        sender: watch::Sender<Option<Arc<T>>>,
        (mut marks, of): (watch::Receiver<Marks>, Of),
        look: Look<T>,
    ) {
        let mut before = None;
        while !self.is_left(key, &sender) {
            // Taken before the look, so that what changes meanwhile is looked at again.
            let now = of(&marks.borrow_and_update());
            if before != Some(now) {
                match look().await {
                    Ok(seen) => {
                        before = Some(now);
                        sender.send_replace(Some(Arc::new(seen)));
                    }
                    Err(error) => tracing::debug!(error = %chain(&error), "cannot read a list"),
                }
                sleep(self.rest).await;
                continue;
            }
            tokio::select! {
                changed = marks.changed() => if changed.is_err() {
                    sender.closed().await;
                },
                () = sender.closed() => {}
            }
        }
    }

    /// Whether nobody watches any more; then nobody can begin to without a new look.
    fn is_left(&self, key: &str, sender: &watch::Sender<Option<Arc<T>>>) -> bool {
        let mut watched = lock(&self.watched);
        let left = sender.receiver_count() == 0;
        if left {
            watched.remove(key);
        }
        left
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures::FutureExt as _;

    use super::*;

    fn marks(hosts: u64) -> Marks {
        Marks { hosts, ..Marks::default() }
    }

    #[tokio::test]
    async fn many_viewers_are_one_look_and_nothing_new_is_none() {
        let lists = Arc::new(Lists { rest: Duration::ZERO, watched: Mutex::default() });
        let (pulse, feel) = watch::channel(marks(1));
        let looks = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&looks);
        let look: Look<u64> = Arc::new(move || {
            let number = counted.fetch_add(1, Ordering::Relaxed) + 1;
            async move { Ok(number) }.boxed()
        });
        let watch =
            || lists.watch("k".into(), feel.clone(), |marks| marks.hosts, Arc::clone(&look));
        let (mut first, mut second) = (watch(), watch());
        for number in 1..=3 {
            for seen in [&mut first, &mut second] {
                seen.wait_for(|seen| seen.as_deref() == Some(&number)).await.unwrap();
            }
            // What has nothing to do with this list.
            pulse.send_modify(|marks| marks.runs += 1);
            tokio::task::yield_now().await;
            assert_eq!(looks.load(Ordering::Relaxed), number);
            pulse.send_modify(|marks| marks.hosts += 1);
        }
        drop((first, second));
        while !lock(&lists.watched).is_empty() {
            tokio::task::yield_now().await;
        }
        let many = looks.load(Ordering::Relaxed);
        let mut again = watch();
        again.wait_for(|seen| seen.as_deref() == Some(&(many + 1))).await.unwrap();
    }
}
