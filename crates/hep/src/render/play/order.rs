//! Puts what hosts tell into the order of tasks, so that results stand below their task's heading although
//! hosts run ahead of one another.
//!
//! One task is current. What hosts tell of later tasks is held until no host is expected to say more
//! about the current one, or for at most [`PATIENCE`]: then the hosts that lag behind are no longer waited
//! for, and what they tell comes late, by its task's name.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a host that is ahead is held for one that lags.
pub(super) const PATIENCE: Duration = Duration::from_millis(700);

/// Something that a host tells of a task.
#[derive(Debug)]
pub(super) struct Told<T> {
    /// The host.
    pub(super) host: Arc<str>,
    /// The task.
    pub(super) task: u32,
    /// Whether the host is done with the task.
    pub(super) ends: bool,
    /// What.
    pub(super) what: T,
}

/// The order.
#[derive(Debug)]
pub(super) struct Order<T> {
    /// The hosts that are expected to tell something.
    hosts: HashSet<Arc<str>>,
    /// Of these, those that nobody waits for.
    behind: HashSet<Arc<str>>,
    current: Option<u32>,
    /// The tasks that are or were current.
    seen: HashSet<u32>,
    /// The hosts that are done with the current task.
    done: HashSet<Arc<str>>,
    held: VecDeque<Told<T>>,
    /// How much is held of each host: what follows must wait as well.
    ahead: HashMap<Arc<str>, usize>,
    since: Option<Instant>,
}

impl<T> Default for Order<T> {
    fn default() -> Self {
        Self {
            hosts: HashSet::new(),
            behind: HashSet::new(),
            current: None,
            seen: HashSet::new(),
            done: HashSet::new(),
            held: VecDeque::new(),
            ahead: HashMap::new(),
            since: None,
        }
    }
}

impl<T> Order<T> {
    /// A play or a batch begins on these hosts. All that was held must have been flushed.
    pub(super) fn begin(&mut self, hosts: &[Arc<str>]) {
        *self = Self { hosts: hosts.iter().cloned().collect(), ..Self::default() };
    }

    /// A host tells nothing more.
    pub(super) fn leave(&mut self, host: &str) {
        self.hosts.remove(host);
    }

    /// Takes what a host tells; `show` gets what may be shown now.
    pub(super) fn take(&mut self, told: Told<T>, now: Instant, show: &mut impl FnMut(Told<T>)) {
        let known = self.current == Some(told.task) || self.seen.contains(&told.task);
        if known && !self.ahead.contains_key(&told.host) {
            self.release(told, show);
        } else {
            *self.ahead.entry(told.host.clone()).or_default() += 1;
            self.held.push_back(told);
            self.since.get_or_insert(now);
        }
        self.advance(show);
    }

    /// Time passes.
    pub(super) fn tick(&mut self, now: Instant, show: &mut impl FnMut(Told<T>)) {
        let waited = self.since.is_some_and(|since| now.duration_since(since) >= PATIENCE);
        if waited {
            let lagging: Vec<Arc<str>> = self.lagging().cloned().collect();
            self.behind.extend(lagging);
            self.since = Some(now);
            self.advance(show);
        }
    }

    /// Shows all that is held.
    pub(super) fn flush(&mut self, show: &mut impl FnMut(Told<T>)) {
        let all: Vec<Arc<str>> = self.hosts.iter().cloned().collect();
        self.behind.extend(all);
        self.advance(show);
    }

    /// The hosts of which more may come about the current task.
    fn lagging(&self) -> impl Iterator<Item = &Arc<str>> {
        self.hosts.iter().filter(|host| {
            !self.done.contains(*host)
                && !self.behind.contains(*host)
                && !self.ahead.contains_key(*host)
        })
    }

    fn release(&mut self, told: Told<T>, show: &mut impl FnMut(Told<T>)) {
        if self.current == Some(told.task) {
            self.behind.remove(&told.host);
            if told.ends {
                self.done.insert(told.host.clone());
            }
        }
        show(told);
    }

    /// Goes on to the next task as long as nobody is waited for.
    fn advance(&mut self, show: &mut impl FnMut(Told<T>)) {
        while let Some(next) = self.held.front() {
            if self.current.is_some() && self.lagging().next().is_some() {
                return;
            }
            let task = next.task;
            self.current = Some(task);
            self.seen.insert(task);
            self.done.clear();
            let mut waiting = HashSet::new();
            for told in std::mem::take(&mut self.held) {
                if waiting.contains(&told.host) || !self.seen.contains(&told.task) {
                    waiting.insert(told.host.clone());
                    self.held.push_back(told);
                    continue;
                }
                if let Some(count) = self.ahead.get_mut(&told.host) {
                    *count -= 1;
                    if *count == 0 {
                        self.ahead.remove(&told.host);
                    }
                }
                self.release(told, show);
            }
        }
        self.since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells `host:task` words, each the end of its task, and gives the order in which they are shown.
    fn shown(order: &mut Order<()>, words: &str, now: Instant) -> String {
        let mut out = Vec::new();
        for word in words.split_whitespace() {
            let (host, task) = word.split_once(':').unwrap();
            let told =
                Told { host: host.into(), task: task.parse().unwrap(), ends: true, what: () };
            order.take(told, now, &mut |told| out.push(format!("{}:{}", told.host, told.task)));
        }
        out.join(" ")
    }

    fn of(hosts: &[&str]) -> Order<()> {
        let mut order = Order::default();
        order.begin(&hosts.iter().map(|host| Arc::from(*host)).collect::<Vec<_>>());
        order
    }

    fn rest(
        order: &mut Order<()>,
        act: impl FnOnce(&mut Order<()>, &mut dyn FnMut(Told<()>)),
    ) -> String {
        let mut out = Vec::new();
        act(order, &mut |told| out.push(format!("{}:{}", told.host, told.task)));
        out.join(" ")
    }

    #[test]
    fn results_stand_with_their_task() {
        let now = Instant::now();
        let mut order = of(&["a", "b"]);
        assert_eq!(shown(&mut order, "a:1 a:2 a:3 b:1 b:2 b:3", now), "a:1 b:1 a:2 b:2 a:3 b:3");
        // A handler of one host only: the other is waited for until it is known to be past it.
        let mut order = of(&["a", "b"]);
        assert_eq!(shown(&mut order, "a:1 b:1 a:9 b:4 a:4", now), "a:1 b:1 a:9 b:4 a:4");
    }

    #[test]
    fn who_lags_is_not_waited_for_long() {
        let now = Instant::now();
        let later = now + PATIENCE;
        let mut order = of(&["a", "b", "c"]);
        assert_eq!(shown(&mut order, "a:1 b:1 a:2 b:2 b:3", now), "a:1 b:1");
        assert_eq!(rest(&mut order, |order, mut show| order.tick(later, &mut show)), "a:2 b:2 b:3");
        assert_eq!(shown(&mut order, "c:1 a:3", later), "c:1 a:3");
        // It has caught up: it is waited for again.
        assert_eq!(shown(&mut order, "c:2 c:3 a:4 c:4", later), "c:2 c:3 a:4 c:4");
        assert_eq!(shown(&mut order, "a:5 c:6", later), "");
        assert_eq!(rest(&mut order, |order, mut show| order.flush(&mut show)), "a:5 c:6");
    }

    #[test]
    fn who_has_left_is_not_waited_for() {
        let now = Instant::now();
        let mut order = of(&["a", "b"]);
        assert_eq!(shown(&mut order, "b:1", now), "b:1");
        order.leave("b");
        assert_eq!(shown(&mut order, "a:1 a:2 a:3", now), "a:1 a:2 a:3");
    }
}
