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

/// What ends the way of hosts that have not failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ending {
    /// Nothing.
    #[default]
    None,
    /// `meta: end_batch`.
    Batch,
    /// `meta: end_play`.
    Play,
}

#[derive(Debug)]
struct State {
    hosts: Vec<Member>,
    /// `max_fail_percentage`, of the hosts of the batch.
    most_percent: Option<f64>,
    /// Whether a failure was of a kind that one is too many, and nothing rescued it.
    fatal: bool,
    /// The tasks whose failure was one of all hosts, rescued or not.
    alarms: Vec<u32>,
    ending: Ending,
    once: HashMap<u32, Once>,
    slots: HashMap<u32, u32>,
}

#[derive(Debug)]
struct Member {
    active: bool,
    failed: bool,
    /// How many of the failures of all it knows of.
    alarms: usize,
    /// Whether it was told that too many failed. What it still does then (`always`) is its own matter.
    aborted: bool,
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
    /// This host did it.
    Done(usize, Box<Done>),
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

impl Coordinator {
    /// A batch of so many hosts. It stops when more than so many percent of them have failed.
    pub(crate) fn new(hosts: usize, most_percent: Option<f64>) -> Self {
        let member = || Member {
            active: true,
            failed: false,
            alarms: 0,
            aborted: false,
            at: None,
            waiting: None,
        };
        Self(Mutex::new(State {
            hosts: std::iter::repeat_with(member).take(hosts).collect(),
            most_percent,
            fatal: false,
            alarms: Vec::new(),
            ending: Ending::None,
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
        if let Some(once) = state.once.get_mut(&task)
            && let Once::Running(by) = *once
        {
            *once = Once::Done(by, result);
        }
        state.settle();
    }

    /// A task of a host has failed; whether a `rescue` took over. It is a failure of all where the task says
    /// so (`any_errors_fatal`), or where the host did it for all.
    pub(crate) fn failing(&self, host: usize, task: u32, fatal: bool, rescued: bool) {
        let mut state = self.lock();
        // Where several fail in one task, that is one failure of all.
        if fatal && !state.alarms.contains(&task) {
            state.alarms.push(task);
        }
        state.fatal |= !rescued && (fatal || state.did_once(host, task));
        let alarms = state.alarms.len();
        if let Some(member) = state.hosts.get_mut(host) {
            member.failed |= !rescued;
            member.alarms = alarms;
        }
        state.settle();
    }

    /// A host has ended.
    pub(crate) fn ended(&self, host: usize, failed: bool, fatal: bool) {
        let mut state = self.lock();
        if let Some(member) = state.hosts.get_mut(host) {
            member.active = false;
            member.waiting = None;
            member.failed |= failed;
        }
        state.fatal |= fatal;
        if fatal {
            state.alarms.push(u32::MAX);
        }
        state.abandon_once(host);
        state.settle();
    }

    /// Everyone stops where they wait next, in this batch (`end_batch`) or in the whole play (`end_play`).
    pub(crate) fn end(&self, whole_play: bool) {
        let mut state = self.lock();
        state.ending = if whole_play { Ending::Play } else { Ending::Batch };
        state.settle();
    }

    /// Forgets who failed.
    pub(crate) fn clear_failures(&self) {
        let mut state = self.lock();
        state.fatal = false;
        state.hosts.iter_mut().for_each(|member| member.failed = false);
    }

    /// Whether the play was ended for all by a task.
    pub(crate) fn is_play_ended(&self) -> bool {
        self.lock().ending == Ending::Play
    }

    /// Whether so many failed, or so badly, that nothing more shall be begun.
    pub(crate) fn is_broken(&self) -> bool {
        self.lock().is_broken()
    }

    /// How many hosts failed.
    pub(crate) fn failed(&self) -> usize {
        self.lock().failed()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn failed(&self) -> usize {
        self.hosts.iter().filter(|member| member.failed).count()
    }

    fn is_broken(&self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "hosts are far fewer than 2^52")]
        let percent = self.failed() as f64 * 100.0 / self.hosts.len().max(1) as f64;
        self.fatal || self.most_percent.is_some_and(|most| percent > most)
    }

    /// Whether this host does, or did, the task for all.
    fn did_once(&self, host: usize, task: u32) -> bool {
        match self.once.get(&task) {
            Some(Once::Running(by) | Once::Done(by, _)) => *by == host,
            None => false,
        }
    }

    /// The host that was doing something once is gone, and what it did is not known: it is not done again.
    fn abandon_once(&mut self, host: usize) {
        if self.ending != Ending::None {
            return;
        }
        for once in self.once.values_mut() {
            if matches!(once, Once::Running(by) if *by == host) {
                let failed = Some(say::once_lost());
                *once = Once::Done(host, Box::new(Done { failed, ..Done::default() }));
                self.fatal = true;
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
        if let Waiting::Once(task) = waiting
            && let Some(Once::Done(_, done)) = self.once.get(&task)
        {
            return Some(Control::Result(done.clone()));
        }
        if let Some(control) = self.stop_early(host, waiting) {
            return Some(control);
        }
        match waiting {
            Waiting::Once(task) => match self.once.get(&task) {
                Some(Once::Done(..) | Once::Running(_)) => None,
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

    /// What a host is told that must not go on, whatever it waits for.
    fn stop_early(&mut self, host: usize, waiting: Waiting) -> Option<Control> {
        let (is_broken, alarms) = (self.is_broken(), self.alarms.len());
        let is_over = self.ending != Ending::None;
        let member = &mut self.hosts[host];
        // Whoever only reads what others have set is in the middle of a task.
        if matches!(waiting, Waiting::Others(_)) {
            return (is_broken || is_over).then_some(Control::Go);
        }
        if is_over {
            return Some(Control::Stop);
        }
        if member.alarms < alarms {
            member.alarms = alarms;
            return Some(Control::Abort { rescue: true });
        }
        let stops = is_broken && !self.fatal && !member.failed && !member.aborted;
        member.aborted |= stops;
        stops.then_some(Control::Abort { rescue: false })
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
        let batch = Coordinator::new(3, None);
        let mut first = batch.wait(0, Waiting::Barrier(5));
        let mut second = batch.wait(1, Waiting::Barrier(5));
        assert_eq!((told(&mut first), told(&mut second)), (None, None));
        batch.ended(2, true, false);
        assert_eq!((told(&mut first), told(&mut second)), (Some(Control::Go), Some(Control::Go)));
    }

    #[test]
    fn the_least_far_hosts_go_on_first() {
        let batch = Coordinator::new(2, None);
        let mut ahead = batch.wait(0, Waiting::Barrier(9));
        let mut behind = batch.wait(1, Waiting::Barrier(5));
        assert_eq!((told(&mut ahead), told(&mut behind)), (None, Some(Control::Go)));
    }

    #[test]
    fn a_fatal_error_stops_those_who_wait_once_and_lets_them_clean_up() {
        let batch = Coordinator::new(2, None);
        let mut waiting = batch.wait(0, Waiting::Barrier(2));
        batch.failing(1, 1, true, false);
        assert_eq!(told(&mut waiting), Some(Control::Abort { rescue: true }));
        assert!(batch.is_broken());
        let mut cleaning = batch.wait(0, Waiting::Barrier(3));
        assert_eq!(told(&mut cleaning), None, "the host that failed has not come or gone");
        let mut failed = batch.wait(1, Waiting::Barrier(3));
        assert_eq!(
            (told(&mut cleaning), told(&mut failed)),
            (Some(Control::Go), Some(Control::Go))
        );
    }

    #[test]
    fn who_failed_in_the_same_task_is_not_told_again() {
        let batch = Coordinator::new(3, None);
        batch.failing(0, 1, true, true);
        batch.failing(1, 1, true, true);
        let mut waiting = [0, 1, 2].map(|host| batch.wait(host, Waiting::Barrier(2)));
        let answers = waiting.each_mut().map(told);
        assert_eq!(answers, [None, None, Some(Control::Abort { rescue: true })]);
        assert!(!batch.is_broken(), "both were rescued");
    }

    #[test]
    fn other_errors_stop_nobody() {
        let batch = Coordinator::new(2, None);
        batch.ended(1, true, false);
        let mut waiting = batch.wait(0, Waiting::Barrier(1));
        assert_eq!(told(&mut waiting), Some(Control::Go));
        assert!(!batch.is_broken());
    }

    #[test]
    fn the_percentage_is_of_the_batch() {
        for (hosts, failed, most, broken) in
            [(4, 1, 25.0, false), (4, 2, 25.0, true), (2, 1, 49.0, true), (2, 1, 50.0, false)]
        {
            let batch = Coordinator::new(hosts, Some(most));
            (0..failed).for_each(|host| batch.failing(host, 1, false, false));
            // Its end is not counted once more.
            (0..failed).for_each(|host| batch.ended(host, true, false));
            assert_eq!(batch.is_broken(), broken, "{failed} of {hosts}, most {most} %");
            batch.clear_failures();
            assert!(!batch.is_broken());
        }
    }

    #[test]
    fn what_is_ended_for_all_ends_where_they_wait() {
        for whole in [false, true] {
            let batch = Coordinator::new(2, None);
            let mut waiting = batch.wait(1, Waiting::Once(3));
            batch.end(whole);
            assert_eq!(told(&mut waiting), Some(Control::Stop));
            assert_eq!(batch.is_play_ended(), whole);
        }
    }

    #[test]
    fn a_failure_of_who_did_it_for_all_is_one_of_all() {
        let batch = Coordinator::new(2, None);
        let mut first = batch.wait(0, Waiting::Once(7));
        assert_eq!(told(&mut first), Some(Control::Go));
        batch.failing(0, 6, false, false);
        assert!(!batch.is_broken());
        batch.failing(0, 7, false, false);
        assert!(batch.is_broken());
    }

    #[test]
    fn one_host_does_it_and_the_others_get_its_result() {
        let batch = Coordinator::new(2, None);
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
        let batch = Coordinator::new(2, None);
        let mut first = batch.wait(0, Waiting::Once(7));
        assert_eq!(told(&mut first), Some(Control::Go));
        let mut second = batch.wait(1, Waiting::Once(7));
        batch.ended(0, true, false);
        let Some(Control::Result(done)) = told(&mut second) else { panic!("no result") };
        assert!(done.failed.is_some());
    }

    #[test]
    fn places_are_given_back() {
        let batch = Coordinator::new(3, None);
        let mut all: Vec<_> = (0..3).map(|host| batch.wait(host, Waiting::Slot(1, 2))).collect();
        let now: Vec<bool> = all.iter_mut().map(|answer| told(answer).is_some()).collect();
        assert_eq!(now, [true, true, false]);
        batch.leave_slot(1);
        assert_eq!(told(&mut all[2]), Some(Control::Go));
    }
}
