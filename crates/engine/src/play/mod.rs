//! `apply`: plays on hosts, in batches, each host's part run by an executor on the host.

pub mod bundle;
mod command;
mod controller;
mod coordinator;
mod disk;
mod executor;
mod host;
mod journal;
pub mod load;
mod lookup;
mod needs;
pub mod parcel;
mod plain;
mod reboot;
pub mod saved;
mod scene;
pub mod settle;
mod sources;
mod watch;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use hep_core::interp::{Control, GATHER_FACTS, Options, Summary};
use hep_core::inventory::Host;
use hep_core::mask::Mask;
use hep_core::message::{Message, plan, play as say};
use hep_core::program::{Batch, Item, Play, Task, wants_barriers};
use hep_core::run::HostState;
use hep_core::value::{Trust, Value};
use hep_core::vars::{Level, Var};
use indexmap::IndexMap;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;

use self::bundle::Bundle;
use self::coordinator::Coordinator;
use self::executor::Executor;
use self::host::{NoStart, Part};
use self::load::Loaded;
use self::needs::Needs;
use self::sources::Sources;
use crate::cancel::Cancel;
use crate::event::{Events, HostEnd, RunEvent};
use crate::fleet::Fleet;
use crate::gate::Gate;

/// How to run a program.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The hosts of `-l`, or all; plays take theirs from among them.
    pub limit: Option<String>,
    /// How the interpreter runs.
    pub options: Options,
    /// How many hosts at once.
    pub forks: usize,
    /// Whether the executor stays on the hosts.
    pub keep: bool,
    /// Whether every host is driven by single commands, without the executor.
    pub plain: bool,
    /// By what it is known to the hosts' journals; a random word where nobody will ask for it again.
    pub id: Option<String>,
    /// Its fencing number, from who gives them to controllers that may take over each other's runs. Without
    /// one it is the time: nobody else can have a part in a run of a random id.
    pub fence: Option<u64>,
    /// What stands before each host.
    pub gate: Gate,
    /// What stands before the first thing of a host's part that its journal will not tell: single commands in
    /// place of the executor, a task of another host, a reboot.
    pub untold: Gate,
    /// What stands before a host's journal is let go: nobody will need it, because the end is written.
    pub written: Gate,
    /// The only folder of the controller from which files may come; programs and the environment of the
    /// controller are then out of reach too.
    pub confined: Option<PathBuf>,
    /// How long another run that is changing a host is waited for.
    pub lock_wait: Duration,
    /// Who answers a `pause` that waits for a person.
    pub person: Person,
    /// Takes down which files of the controller are used.
    pub used: saved::Used,
    /// What the hosts may do: a saved plan.
    pub fixed: Option<Arc<saved::Fixed>>,
}

/// Someone who may be asked a question in the middle of a run.
#[derive(Clone, Default)]
pub struct Person(Option<Arc<Asking>>);

type Asking = dyn Fn(&str, bool) -> BoxFuture<'static, Option<String>> + Send + Sync;

impl Person {
    /// Asks by this function: prompt, and whether the answer may be seen.
    pub fn new(
        ask: impl Fn(&str, bool) -> BoxFuture<'static, Option<String>> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(ask)))
    }

    /// The answer; nothing where nobody is there.
    pub(crate) async fn ask(&self, prompt: &str, echo: bool) -> Option<String> {
        match &self.0 {
            Some(ask) => ask(prompt, echo).await,
            None => None,
        }
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "somebody" } else { "nobody" })
    }
}

/// A run of a program.
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) fence: u64,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) request: Request,
    pub(crate) bundle: Bundle,
    pub(crate) sources: Sources,
    pub(crate) events: Events,
    pub(crate) cancel: Cancel,
    turns: Arc<Semaphore>,
    memory: Mutex<HashMap<Arc<str>, Memory>>,
    /// Executors for delegated tasks that are idle.
    helpers: Mutex<HashMap<Arc<str>, Vec<Executor>>>,
    /// What must never be shown; grows with the files that are read on the way.
    mask: Mutex<Mask>,
}

/// What is known of a host from earlier plays of the run.
#[derive(Default)]
pub(crate) struct Memory {
    /// Its executor, between plays.
    pub(crate) executor: Option<Executor>,
    /// Why it is driven by single commands, where it is.
    pub(crate) plain: Option<Message>,
    /// Facts and variables that it set.
    pub(crate) set: IndexMap<(Level, Arc<str>), Var>,
    /// Its tasks so far.
    pub(crate) summary: Summary,
    /// How its part ended, once it has ended for good.
    pub(crate) state: Option<(HostState, Option<Message>)>,
    /// The runs that were cut off on it of which it has told.
    pub(crate) told: HashSet<Arc<str>>,
    duration_ms: u64,
    /// Whether any play was for it.
    took_part: bool,
    /// Round trips of executors that have gone.
    pub(crate) round_trips: u32,
}

/// An include of a file: the task, the file, and how often the host has come to both before.
pub(crate) type Which = (u32, Arc<str>, u32);

/// Files that were included on the way.
#[derive(Default)]
struct Included {
    items: HashMap<Which, Vec<Item>>,
    tasks: HashMap<u32, Arc<Task>>,
}

/// One play with its hosts.
pub(crate) struct Scene {
    pub(crate) play: Arc<Play>,
    pub(crate) needs: Needs,
    /// All hosts that the play means: also those that failed before.
    meant: Arc<Vec<Arc<str>>>,
    /// All hosts of the play.
    pub(crate) hosts: Arc<Vec<Arc<str>>>,
    /// The hosts of the present batch.
    pub(crate) batch: Vec<Arc<str>>,
    pub(crate) coordinator: Coordinator,
    pub(crate) options: Options,
    /// Which play of the run it is, from 0.
    pub(crate) number: usize,
    /// What was included on the way.
    included: Mutex<Included>,
    /// What came of each `pause`, done once for all hosts.
    pauses: Mutex<HashMap<u32, Arc<OnceCell<Control>>>>,
}

impl Scene {
    /// The task with this number.
    pub(crate) fn task(&self, id: u32) -> Option<Arc<Task>> {
        let included = || self.included().tasks.get(&id).cloned();
        controller::find_task(&self.play, id).or_else(included)
    }

    /// The steps of a file, read by `read` for the first host that includes it: for all hosts they are the
    /// same tasks, so that these can do them together.
    pub(crate) fn include(
        &self,
        which: Which,
        read: impl FnOnce() -> Result<Vec<Item>, Message>,
    ) -> Result<Vec<Item>, Message> {
        let mut included = self.included();
        if let Some(items) = included.items.get(&which) {
            return Ok(items.clone());
        }
        let items = read()?;
        let tasks = hep_core::manifest::select::tasks(&items);
        let tasks = tasks.into_iter().map(|task| (task.id, Arc::new(task.clone())));
        included.tasks.extend(tasks);
        included.items.insert(which, items.clone());
        Ok(items)
    }

    fn included(&self) -> std::sync::MutexGuard<'_, Included> {
        // Nothing panics while the lock is held.
        self.included.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a failure of this task ends the play for all.
    pub(crate) fn is_fatal(&self, task: Option<u32>) -> bool {
        match task {
            None | Some(GATHER_FACTS) => self.play.any_errors_fatal,
            Some(id) => self.task(id).is_some_and(|task| task.any_errors_fatal),
        }
    }

    pub(crate) fn pause(&self, task: u32) -> Arc<OnceCell<Control>> {
        // Nothing panics while the lock is held.
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.entry(task).or_default().clone()
    }
}

/// Runs a program and tells `events`. Returns when every host has ended.
pub async fn run(
    fleet: Arc<Fleet>,
    loaded: Arc<Loaded>,
    request: Request,
    bundle: Bundle,
    events: Events,
    cancel: Cancel,
) -> Result<(), Message> {
    let run = Arc::new(Run::new(fleet, loaded, request, bundle, events, cancel));
    run.learn_secrets();
    let plays: Vec<PlayHosts> = run.plan_hosts()?;
    plays.iter().flat_map(|(_, hosts)| hosts).for_each(|host| run.learn_login(host));
    for (number, (play, hosts)) in plays.into_iter().enumerate() {
        if run.cancel.is_cancelled() {
            break;
        }
        if !Arc::clone(&run).play(number, play, hosts).await {
            break;
        }
    }
    run.end().await;
    Ok(())
}

/// A play and its hosts.
pub type PlayHosts = (Arc<Play>, Vec<Host>);

/// The hosts of each play, from among those of `-l`.
pub fn hosts_of(
    fleet: &Fleet,
    loaded: &Loaded,
    limit: Option<&str>,
) -> Result<Vec<PlayHosts>, Message> {
    let within = limit.map(|limit| fleet.select(limit)).transpose()?;
    let within: Option<HashSet<Arc<str>>> =
        within.map(|hosts| hosts.into_iter().map(|host| host.name).collect());
    let mut plays = Vec::new();
    for play in &loaded.program.plays {
        let pattern = scene::pattern(loaded, play)?;
        let mut hosts = fleet.select(&pattern)?;
        hosts.retain(|host| within.as_ref().is_none_or(|within| within.contains(&host.name)));
        scene::sort(&mut hosts, play.order.as_deref());
        plays.push((Arc::new(play.clone()), hosts));
    }
    Ok(plays)
}

/// The selector of each play, its templates rendered.
pub fn patterns(loaded: &Loaded) -> Result<Vec<String>, Message> {
    loaded.program.plays.iter().map(|play| scene::pattern(loaded, play)).collect()
}

impl Run {
    fn new(
        fleet: Arc<Fleet>,
        loaded: Arc<Loaded>,
        request: Request,
        bundle: Bundle,
        events: Events,
        cancel: Cancel,
    ) -> Self {
        let sources = Sources::new(request.used.clone(), request.confined.clone());
        sources.set_files(&loaded.files(), loaded.first_file);
        let turns = Arc::new(Semaphore::new(request.forks.max(1)));
        Self {
            id: request.id.clone().unwrap_or_else(crate::token::token),
            fence: request.fence.unwrap_or_else(crate::clock::now_ms),
            fleet,
            loaded,
            request,
            bundle,
            sources,
            events,
            cancel,
            turns,
            memory: Mutex::default(),
            helpers: Mutex::default(),
            mask: Mutex::default(),
        }
    }

    fn plan_hosts(&self) -> Result<Vec<PlayHosts>, Message> {
        let mut plays = hosts_of(&self.fleet, &self.loaded, self.request.limit.as_deref())?;
        if let Some(fixed) = &self.request.fixed {
            for (_, hosts) in &mut plays {
                hosts.retain(|host| fixed.has(&host.name));
            }
            for host in fixed.gone() {
                let state = Some((HostState::Failed, Some(plan::unknown_host(host))));
                self.with_memory(host, |memory| memory.state = state);
            }
        }
        Ok(plays)
    }

    /// Does a play; false when so much failed that no other may follow.
    async fn play(self: Arc<Self>, number: usize, play: Arc<Play>, hosts: Vec<Host>) -> bool {
        let meant: Arc<Vec<Arc<str>>> = Arc::new(hosts.iter().map(|h| h.name.clone()).collect());
        // A host that failed or could not be reached takes no part in later plays.
        let hosts: Vec<Host> = hosts.into_iter().filter(|h| self.is_in(&h.name)).collect();
        let names: Arc<Vec<Arc<str>>> = Arc::new(hosts.iter().map(|h| h.name.clone()).collect());
        let name = scene::title(&play);
        self.tell(RunEvent::Play { name, hosts: names.clone() }).await;
        let mut needs = needs::of_play(&self.loaded.engine, &play, &self.sources);
        let mut play = play;
        if play.gather_facts.is_none() {
            // A play gathers facts as Ansible's do; a bare task list only when it uses them.
            let gathers = play.hosts.is_some() || needs.facts;
            Arc::make_mut(&mut play).gather_facts = Some(gathers);
        }
        let several = self.loaded.program.plays.len() > 1;
        needs.hostvars |= several && needs.all;
        let batches = scene::batches(&hosts, &play.serial);
        let count = batches.len();
        for (turn, batch) in batches.into_iter().enumerate() {
            if count > 1 {
                let hosts = batch.iter().map(|host| host.name.clone()).collect();
                self.tell(RunEvent::Batch { number: turn + 1, hosts }).await;
            }
            let scene = self.scene((number, &play), &needs, [&meant, &names], &batch);
            Arc::clone(&self).batch(&scene, batch).await;
            // As in Ansible, a batch without a host left ends the run.
            let (failed, all) = (scene.coordinator.failed(), scene.batch.len());
            if scene.coordinator.is_broken() || failed == all {
                if turn + 1 < count || number + 1 < self.loaded.program.plays.len() || failed < all
                {
                    let message = say::stopped_for_all(failed, all);
                    self.tell(RunEvent::Note { host: None, message }).await;
                }
                return false;
            }
            if scene.coordinator.is_play_ended() || self.cancel.is_cancelled() {
                break;
            }
        }
        true
    }

    fn scene(
        &self,
        (number, play): (usize, &Arc<Play>),
        needs: &Needs,
        [meant, names]: [&Arc<Vec<Arc<str>>>; 2],
        batch: &[Host],
    ) -> Arc<Scene> {
        let percent = play.max_fail_percentage.filter(|percent| *percent < 100.0);
        let together = play.any_errors_fatal || wants_barriers(&play.items);
        let mut options = self.request.options.clone();
        options.barriers = together || percent.is_some() || play.linear;
        options.shares_vars = needs.hostvars || self.loaded.program.plays.len() > 1;
        Arc::new(Scene {
            play: play.clone(),
            needs: needs.clone(),
            hosts: names.clone(),
            meant: meant.clone(),
            batch: batch.iter().map(|host| host.name.clone()).collect(),
            coordinator: Coordinator::new(batch.len(), percent),
            options,
            number,
            included: Mutex::default(),
            pauses: Mutex::default(),
        })
    }

    async fn batch(self: Arc<Self>, scene: &Arc<Scene>, hosts: Vec<Host>) {
        let mut running = JoinSet::new();
        for (index, host) in hosts.into_iter().enumerate() {
            let part = Part::new(self.clone(), scene.clone(), index, host, self.turns.clone());
            running.spawn(part.run());
        }
        while running.join_next().await.is_some() {}
    }

    /// The id of a host's part of the run: `RUN-HOST`, of letters and digits, since two hosts of an inventory
    /// may be one machine.
    pub(crate) fn part(&self, host: &Host) -> Arc<str> {
        let hash = hep_core::interp::digest(&host.name);
        format!("{}-{}", self.id, hash.get(..16).unwrap_or_default()).into()
    }

    /// An executor on a host for a task of another.
    async fn helper(&self, host: &Host) -> Result<Executor, NoStart> {
        let idle = self.helpers().get_mut(&host.name).and_then(Vec::pop);
        match idle {
            Some(executor) => Ok(executor),
            None => {
                let part = format!("{}-{}", self.id, crate::token::token()).into();
                self.start_executor(host, part).await
            }
        }
    }

    /// Gives it back, for the next task.
    fn give_helper(&self, host: &Host, executor: Executor) {
        self.helpers().entry(host.name.clone()).or_default().push(executor);
    }

    fn helpers(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<str>, Vec<Executor>>> {
        // Nothing panics while the lock is held.
        self.helpers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every host's end and lets the executors go.
    async fn end(&self) {
        let memory = std::mem::take(&mut *self.lock());
        let mut leaving = JoinSet::new();
        for (host, memory) in memory {
            // A delegate that no play meant has no end of its own.
            if memory.took_part || memory.state.is_some() {
                self.tell(RunEvent::Host(Box::new(memory.end(&host)))).await;
            }
            if let Some(executor) = memory.executor {
                leaving.spawn(let_go(executor, self.request.written.clone(), host));
            }
        }
        let helpers = std::mem::take(&mut *self.helpers());
        for executor in helpers.into_values().flatten() {
            leaving.spawn(executor.end_known());
        }
        while leaving.join_next().await.is_some() {}
    }

    pub(crate) async fn tell(&self, mut event: RunEvent) {
        self.hide_secrets(&mut event);
        // A door that has gone does not want to know.
        let _ = self.events.send(event).await;
    }

    /// Tells something about a host that is no result.
    pub(crate) async fn note(&self, host: &Host, message: Message) {
        self.tell(RunEvent::Note { host: Some(host.name.clone()), message }).await;
    }

    fn hide_secrets(&self, event: &mut RunEvent) {
        let mask = self.mask();
        match event {
            RunEvent::Task { event, .. } => mask.event(event),
            RunEvent::Line { line, .. } if !mask.is_empty() => *line = mask.bytes(line).into(),
            RunEvent::Note { message, .. } => mask.message(message),
            RunEvent::Left(end) | RunEvent::Host(end) => {
                end.error.iter_mut().for_each(|error| mask.message(error));
            }
            RunEvent::Line { .. } | RunEvent::Play { .. } | RunEvent::Batch { .. } => {}
        }
    }

    pub(crate) fn mask(&self) -> std::sync::MutexGuard<'_, Mask> {
        // Nothing panics while the lock is held.
        self.mask.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hosts of a play that failed, or were not reached, take part in later plays again.
    pub(crate) fn clear_errors(&self, scene: &Scene) {
        scene.coordinator.clear_failures();
        for host in scene.meant.iter() {
            self.with_memory(host, |memory| {
                let is_known = |(state, _): &mut (HostState, _)| {
                    matches!(state, HostState::Failed | HostState::Unreachable)
                };
                memory.state.take_if(is_known);
            });
        }
    }

    fn is_in(&self, host: &str) -> bool {
        self.lock().get(host).is_none_or(|memory| memory.state.is_none())
    }

    /// What is remembered of a host.
    pub(crate) fn with_memory<T>(&self, host: &Arc<str>, act: impl FnOnce(&mut Memory) -> T) -> T {
        act(self.lock().entry(host.clone()).or_default())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<str>, Memory>> {
        // Nothing panics while the lock is held.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// How its part has ended so far.
    pub(crate) fn end(&self, host: &Arc<str>) -> HostEnd {
        let (state, error) = self.state.clone().unwrap_or((HostState::Succeeded, None));
        HostEnd {
            host: host.clone(),
            state,
            rc: None,
            signal: None,
            duration_ms: self.duration_ms,
            error,
            summary: Some(self.summary.clone()),
        }
    }

    /// Keeps variables that came from a host.
    pub(crate) fn keep(&mut self, level: Level, variables: Vec<(Arc<str>, Value)>) {
        let kept = variables.into_iter();
        self.set.extend(kept.map(|(name, value)| ((level, name), Var::Data(value, Trust::Host))));
    }

    /// Adds what a play gave.
    pub(crate) fn add(&mut self, summary: &Summary, duration_ms: u64) {
        self.took_part = true;
        let sum = &mut self.summary;
        sum.ok += summary.ok;
        sum.changed += summary.changed;
        sum.failed += summary.failed;
        sum.skipped += summary.skipped;
        sum.rescued += summary.rescued;
        sum.ignored += summary.ignored;
        sum.deferred += summary.deferred;
        sum.unreachable += summary.unreachable;
        sum.is_failed |= summary.is_failed;
        sum.is_cancelled |= summary.is_cancelled;
        self.duration_ms += duration_ms;
    }
}

/// Lets an executor go, and its journal where nobody needs that any more.
async fn let_go(executor: Executor, written: Gate, host: Arc<str>) {
    match written.lets(&host).await {
        true => executor.end_known().await,
        false => executor.end().await,
    }
}

/// The executor that a host cannot run, in words.
pub(crate) fn no_executor(reason: &hep_core::bootstrap::NoExecutor) -> Message {
    use hep_core::bootstrap::NoExecutor;
    match reason {
        NoExecutor::Arch(arch) => say::no_executor_arch(arch),
        NoExecutor::Noexec => say::no_executor_noexec(),
        NoExecutor::Directory => say::no_executor_directory(),
        NoExecutor::Space => say::no_executor_space(),
        NoExecutor::Sha256 => say::no_executor_sha256(),
        NoExecutor::Checksum => say::no_executor_checksum(),
        NoExecutor::Run => say::no_executor_run(),
    }
}

/// So many hosts of so many.
pub(crate) fn batch_size(batch: Batch, hosts: usize) -> usize {
    match batch {
        Batch::Count(count) => count as usize,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a number of hosts"
        )]
        Batch::Percent(percent) => (hosts as f64 * percent / 100.0) as usize,
    }
    .max(1)
}
