//! What the hosts of a batch decide together: barriers, `run_once`, `throttle`, and when to stop.
//!
//! A host that must wait leaves a [`Waiting`] and gets its answer later. All rules are in one function that
//! is called after every change: [`State::settle`].

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use hep_core::interp::{Control, Done};
use hep_core::message::play as say;
use tokio::sync::oneshot;

/// A batch of hosts.
#[derive(Debug)]
pub(crate) struct Coordinator(Mutex<State>);

/// When a play is to stop for everyone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StopRule {
    /// `any_errors_fatal`.
    pub(crate) any: bool,
    /// `max_fail_percentage`, of the hosts of the whole play.
    pub(crate) max_percent: Option<f64>,
    /// How many hosts the play has.
    pub(crate) hosts: usize,
    /// How many of them failed in earlier batches.
    pub(crate) failed_before: usize,
}

#[derive(Debug)]
struct State {
    hosts: Vec<Member>,
    rule: StopRule,
    failed: usize,
    stopped: bool,
    once: HashMap<u32, Once>,
    slots: HashMap<u32, u32>,
}

#[derive(Debug)]
struct Member {
    active: bool,
    /// The last task it has begun.
    at: Option<u32>,
    waiting: Option<(Waiting, oneshot::Sender<Control>)>,
}

/// Why a host waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// For all others to get to this task.
    Barrier(u32),
    /// For whoever does this task once.
    Once(u32),
    /// For a place at this task among so many.
    Slot(u32, u32),
    /// For all others to be past this task, because it reads what they set before.
    Others(u32),
}

#[derive(Debug)]
enum Once {
    /// This host does it.
    Running(usize),
    /// It was done.
    Done(Box<Done>),
}

impl Waiting {
    const fn task(self) -> u32 {
        match self {
            Self::Barrier(task) | Self::Once(task) | Self::Slot(task, _) | Self::Others(task) => {
                task
            }
        }
    }
}

impl StopRule {
    fn is_broken(&self, failed: usize) -> bool {
        let failed = failed + self.failed_before;
        if self.any && failed > 0 {
            return true;
        }
        #[expect(clippy::cast_precision_loss, reason = "hosts are far fewer than 2^52")]
        let percent = failed as f64 * 100.0 / self.hosts.max(1) as f64;
        self.max_percent.is_some_and(|most| percent > most)
    }
}

impl Coordinator {
    /// A batch of so many hosts.
    pub(crate) fn new(hosts: usize, rule: StopRule) -> Self {
        let hosts = (0..hosts).map(|_| Member { active: true, at: None, waiting: None }).collect();
        Self(Mutex::new(State {
            hosts,
            rule,
            failed: 0,
            stopped: false,
            once: HashMap::new(),
            slots: HashMap::new(),
        }))
    }

    /// A host waits; the receiver gets the answer.
    pub(crate) fn wait(&self, host: usize, waiting: Waiting) -> oneshot::Receiver<Control> {
        let (answer, answered) = oneshot::channel();
        let mut state = self.lock();
        if let Some(member) = state.hosts.get_mut(host) {
            member.waiting = Some((waiting, answer));
        }
        state.settle();
        answered
    }

    /// A host has begun a task.
    pub(crate) fn begun(&self, host: usize, task: u32) {
        let mut state = self.lock();
        if let Some(member) = state.hosts.get_mut(host) {
            member.at = Some(task);
        }
        // Only those who wait for others to be past something care.
        if state.hosts.iter().any(|m| matches!(m.waiting, Some((Waiting::Others(_), _)))) {
            state.settle();
        }
    }

    /// A host gives its place at a task back.
    pub(crate) fn leave_slot(&self, task: u32) {
        let mut state = self.lock();
        if let Some(taken) = state.slots.get_mut(&task) {
            *taken = taken.saturating_sub(1);
            state.settle();
        }
    }

    /// A host has done what shall be done once.
    pub(crate) fn once_done(&self, task: u32, result: Box<Done>) {
        let mut state = self.lock();
        state.once.insert(task, Once::Done(result));
        state.settle();
    }

    /// A host has ended.
    pub(crate) fn ended(&self, host: usize, failed: bool) {
        let mut state = self.lock();
        if let Some(member) = state.hosts.get_mut(host) {
            member.active = false;
            member.waiting = None;
        }
        state.failed += usize::from(failed);
        state.stopped |= state.rule.is_broken(state.failed);
        state.abandon_once(host);
        state.settle();
    }

    /// Everyone stops where they wait next (`end_play`, a cancel).
    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.settle();
    }

    /// Whether the play shall go no further.
    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// How many hosts failed.
    pub(crate) fn failed(&self) -> usize {
        self.lock().failed
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The host that was doing something once is gone, and what it did is not known: it is not done again.
    fn abandon_once(&mut self, host: usize) {
        for once in self.once.values_mut() {
            if matches!(once, Once::Running(by) if *by == host) {
                let failed = Some(say::once_lost());
                *once = Once::Done(Box::new(Done { failed, ..Done::default() }));
            }
        }
    }

    /// Answers everyone who can be answered now.
    fn settle(&mut self) {
        loop {
            let mut answered = 0;
            for host in 0..self.hosts.len() {
                if let Some(control) = self.decide(host) {
                    self.answer(host, control);
                    answered += 1;
                }
            }
            if answered == 0 && !self.unlock() {
                return;
            }
        }
    }

    /// The answer for a waiting host, if there is one yet.
    fn decide(&mut self, host: usize) -> Option<Control> {
        let waiting = self.hosts[host].waiting.as_ref().map(|(waiting, _)| *waiting)?;
        if self.stopped {
            return Some(Control::Stop);
        }
        match waiting {
            Waiting::Once(task) => match self.once.get(&task) {
                Some(Once::Done(done)) => Some(Control::Result(done.clone())),
                Some(Once::Running(_)) => None,
                None => {
                    let first = self.hosts.iter().position(|member| member.active);
                    (first == Some(host)).then(|| self.grant_once(task, host))
                }
            },
            Waiting::Slot(task, limit) => {
                let taken = self.slots.entry(task).or_default();
                (*taken < limit).then(|| {
                    *taken += 1;
                    Control::Go
                })
            }
            Waiting::Others(task) => {
                let past = |member: &Member| {
                    !member.active
                        || member.at.is_some_and(|at| at >= task)
                        || member.waiting.as_ref().is_some_and(|(w, _)| w.task() >= task)
                };
                self.hosts.iter().all(past).then_some(Control::Go)
            }
            Waiting::Barrier(_) => None,
        }
    }

    fn grant_once(&mut self, task: u32, host: usize) -> Control {
        self.once.insert(task, Once::Running(host));
        Control::Go
    }

    /// When every active host waits, the ones that are least far go on.
    fn unlock(&mut self) -> bool {
        let mut by_task: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, member) in self.hosts.iter().enumerate().filter(|(_, m)| m.active) {
            match &member.waiting {
                Some((waiting, _)) => by_task.entry(waiting.task()).or_default().push(index),
                None => return false,
            }
        }
        let Some((_, hosts)) = by_task.pop_first() else { return false };
        let mut any = false;
        for host in hosts {
            let waiting = self.hosts[host].waiting.as_ref().map(|(waiting, _)| *waiting);
            let control = match waiting {
                Some(Waiting::Barrier(_) | Waiting::Others(_)) => Control::Go,
                Some(Waiting::Once(task)) if !self.once.contains_key(&task) => {
                    self.grant_once(task, host)
                }
                _ => continue,
            };
            self.answer(host, control);
            any = true;
        }
        any
    }

    fn answer(&mut self, host: usize, control: Control) {
        if let Some((waiting, answer)) = self.hosts[host].waiting.take() {
            if control == Control::Go {
                self.hosts[host].at = Some(waiting.task());
            }
            // A host that has gone in the meantime is noticed by `ended`.
            let _ = answer.send(control);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answer: &mut oneshot::Receiver<Control>) -> Option<Control> {
        answer.try_recv().ok()
    }

    #[test]
    fn a_barrier_opens_when_the_last_active_host_comes_or_goes() {
        let batch = Coordinator::new(3, StopRule::default());
        let mut first = batch.wait(0, Waiting::Barrier(5));
        let mut second = batch.wait(1, Waiting::Barrier(5));
        assert_eq!((told(&mut first), told(&mut second)), (None, None));
        batch.ended(2, true);
        assert_eq!((told(&mut first), told(&mut second)), (Some(Control::Go), Some(Control::Go)));
    }

    #[test]
    fn the_least_far_hosts_go_on_first() {
        let batch = Coordinator::new(2, StopRule::default());
        let mut ahead = batch.wait(0, Waiting::Barrier(9));
        let mut behind = batch.wait(1, Waiting::Barrier(5));
        assert_eq!((told(&mut ahead), told(&mut behind)), (None, Some(Control::Go)));
    }

    #[test]
    fn any_error_stops_those_who_wait() {
        let rule = StopRule { any: true, hosts: 2, ..StopRule::default() };
        let batch = Coordinator::new(2, rule);
        let mut waiting = batch.wait(0, Waiting::Barrier(1));
        batch.ended(1, true);
        assert_eq!(told(&mut waiting), Some(Control::Stop));
        assert!(batch.is_stopped());
    }

    #[test]
    fn the_percentage_counts_earlier_batches() {
        for (before, most, stops) in [(0, 50.0, false), (1, 50.0, false), (2, 50.0, true)] {
            let rule = StopRule {
                max_percent: Some(most),
                hosts: 4,
                failed_before: before,
                ..StopRule::default()
            };
            let batch = Coordinator::new(2, rule);
            batch.ended(0, true);
            assert_eq!(batch.is_stopped(), stops, "{before} failed before");
        }
    }

    #[test]
    fn one_host_does_it_and_the_others_get_its_result() {
        let batch = Coordinator::new(2, StopRule::default());
        let mut later = batch.wait(1, Waiting::Once(7));
        assert_eq!(told(&mut later), None, "the first host of the batch shall do it");
        let mut first = batch.wait(0, Waiting::Once(7));
        assert_eq!(told(&mut first), Some(Control::Go));
        let done = Box::new(Done { changed: true, ..Done::default() });
        batch.once_done(7, done.clone());
        assert_eq!(told(&mut later), Some(Control::Result(done)));
    }

    #[test]
    fn what_was_to_be_done_once_and_was_lost_is_not_done_again() {
        let batch = Coordinator::new(2, StopRule::default());
        let mut first = batch.wait(0, Waiting::Once(7));
        assert_eq!(told(&mut first), Some(Control::Go));
        let mut second = batch.wait(1, Waiting::Once(7));
        batch.ended(0, true);
        let Some(Control::Result(done)) = told(&mut second) else { panic!("no result") };
        assert!(done.failed.is_some());
    }

    #[test]
    fn places_are_given_back() {
        let batch = Coordinator::new(3, StopRule::default());
        let mut all: Vec<_> = (0..3).map(|host| batch.wait(host, Waiting::Slot(1, 2))).collect();
        let now: Vec<bool> = all.iter_mut().map(|answer| told(answer).is_some()).collect();
        assert_eq!(now, [true, true, false]);
        batch.leave_slot(1);
        assert_eq!(told(&mut all[2]), Some(Control::Go));
    }
}
