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

/// What a list says, as one of its viewers sees it: nothing that was read before that one began to watch, who may have
/// seen something newer elsewhere.
pub struct Seen<T> {
    said: watch::Receiver<Said<T>>,
    /// The first look that began afterwards.
    since: u64,
}

impl<T> Seen<T> {
    /// Waits until the list is read again; nothing where that can never be.
    pub async fn changed(&mut self) -> Option<()> {
        loop {
            self.said.changed().await.ok()?;
            if self.said.borrow().look >= self.since {
                return Some(());
            }
        }
    }

    /// What the list says by now; nothing where it was not read since.
    pub fn now(&mut self) -> Option<Arc<T>> {
        let said = self.said.borrow_and_update();
        said.list.clone().filter(|_| said.look >= self.since)
    }
}

/// What a look has found, and the number of that look.
struct Said<T> {
    look: u64,
    list: Option<Arc<T>>,
}

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
    watched: Mutex<HashMap<String, Watch<T>>>,
}

/// A list that is looked at.
struct Watch<T> {
    sender: watch::Sender<Said<T>>,
    /// How many looks have begun.
    begun: u64,
    /// The look that somebody waits for.
    wanted: watch::Sender<u64>,
}

impl<T> Watch<T> {
    fn new() -> Self {
        let sender = watch::Sender::new(Said { look: 0, list: None });
        Self { sender, begun: 0, wanted: watch::Sender::new(0) }
    }

    fn view(&self) -> Seen<T> {
        let since = self.begun + 1;
        self.wanted.send_replace(since);
        Seen { said: self.sender.subscribe(), since }
    }
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
        if let Some(list) = watched.get(&key) {
            return list.view();
        }
        let list = Watch::new();
        let seen = list.view();
        let (sender, wanted) = (list.sender.clone(), list.wanted.subscribe());
        watched.insert(key.clone(), list);
        drop(watched);
        let this = Arc::clone(self);
        tokio::spawn(async move { this.follow(&key, (sender, wanted), (marks, of), look).await });
        seen
    }

    async fn follow(
        &self,
        key: &str,
        (sender, mut wanted): (watch::Sender<Said<T>>, watch::Receiver<u64>),
        (mut marks, of): (watch::Receiver<Marks>, Of),
        look: Look<T>,
    ) {
        let (mut before, mut looked) = (None, 0);
        while !self.is_left(key, &sender) {
            // Taken before the look, so that what changes meanwhile is looked at again.
            let now = of(&marks.borrow_and_update());
            if before != Some(now) || *wanted.borrow_and_update() > looked {
                looked = self.begin(key);
                match look().await {
                    Ok(list) => {
                        before = Some(now);
                        sender.send_replace(Said { look: looked, list: Some(Arc::new(list)) });
                    }
                    Err(error) => {
                        before = None;
                        tracing::debug!(error = %chain(&error), "cannot read a list");
                    }
                }
                sleep(self.rest).await;
                continue;
            }
            tokio::select! {
                changed = marks.changed() => if changed.is_err() {
                    sender.closed().await;
                },
                // Its sender stays as long as the list is watched.
                _ = wanted.changed() => {}
                () = sender.closed() => {}
            }
        }
    }

    /// The number of the look that begins now.
    fn begin(&self, key: &str) -> u64 {
        let mut watched = lock(&self.watched);
        let Some(list) = watched.get_mut(key) else { return 0 };
        list.begun += 1;
        list.begun
    }

    /// Whether nobody watches any more; then nobody can begin to without a new look.
    fn is_left(&self, key: &str, sender: &watch::Sender<Said<T>>) -> bool {
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
                seen.changed().await.unwrap();
                assert_eq!(seen.now().as_deref(), Some(&number));
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
        again.changed().await.unwrap();
        assert_eq!(again.now().as_deref(), Some(&(many + 1)));
    }

    #[tokio::test]
    async fn nobody_sees_what_was_read_before_they_came() {
        let lists = Arc::new(Lists { rest: Duration::ZERO, watched: Mutex::default() });
        let (_pulse, feel) = watch::channel(marks(1));
        let turn = Arc::new(tokio::sync::Semaphore::new(0));
        let (asked, truth) = (Arc::clone(&turn), Arc::new(AtomicU64::new(1)));
        let known = Arc::clone(&truth);
        // Reads the truth, and is slow to say it.
        let look: Look<u64> = Arc::new(move || {
            let (asked, known) = (Arc::clone(&asked), known.load(Ordering::Relaxed));
            async move {
                asked.acquire().await.unwrap().forget();
                Ok(known)
            }
            .boxed()
        });
        let watch =
            || lists.watch("k".into(), feel.clone(), |marks| marks.hosts, Arc::clone(&look));
        let mut early = watch();
        while lock(&lists.watched)["k"].begun == 0 {
            tokio::task::yield_now().await;
        }
        truth.store(2, Ordering::Relaxed);
        let mut late = watch();
        turn.add_permits(1);
        early.changed().await.unwrap();
        assert_eq!(early.now().as_deref(), Some(&1));
        assert_eq!(late.now(), None, "it was read before");
        turn.add_permits(1);
        late.changed().await.unwrap();
        assert_eq!(late.now().as_deref(), Some(&2));
    }
}
