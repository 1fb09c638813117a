//! Saved plans: made from what a check tells, kept in files, and held against hosts before they are applied.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hep_core::interp::{Event, Expected};
use hep_core::inventory::Host;
use hep_core::mask::Mask;
use hep_core::message::{Message, plan as say};
use hep_core::run::HostState;
use hep_core::saved::{self, FORMAT, HostPlan, PlannedTask, Prover, SavedPlan, Vault};
use indexmap::IndexMap;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::bundle::Bundle;
use super::load::Loaded;
use super::sources::hex;
use super::{Request, run};
use crate::cancel::Cancel;
use crate::event::{EVENTS_WAITING, RunEvent};
use crate::fleet::Fleet;

/// The largest plan that is read, in bytes.
const LARGEST: u64 = 1 << 30;

/// Files of the controller that a run has used, with their SHA-256. A handle: clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Used(Arc<Mutex<BTreeMap<PathBuf, Arc<str>>>>);

impl Used {
    /// Notes a file; what was first seen of it counts.
    pub(crate) fn note(&self, path: &Path, sha256: &Arc<str>) {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.entry(path.to_owned()).or_insert_with(|| sha256.clone());
    }

    fn files(&self) -> BTreeMap<PathBuf, Arc<str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Hosts and what each of them may do: the run of a saved plan.
#[derive(Debug, Default)]
pub struct Fixed {
    hosts: HashMap<Arc<str>, May>,
    /// Hosts of the plan that the inventory does not have.
    gone: Vec<Arc<str>>,
}

/// What a host may do.
#[derive(Debug)]
enum May {
    /// What its tasks want: it is only looked at.
    Look,
    /// This, by play.
    Do(Vec<Expected>),
    /// Nothing.
    Nothing(HostState, Message),
}

impl Fixed {
    /// Whether the host takes part at all.
    pub(crate) fn has(&self, host: &str) -> bool {
        self.hosts.contains_key(host)
    }

    /// Hosts that have no part because the inventory does not have them.
    pub(crate) fn gone(&self) -> &[Arc<str>] {
        &self.gone
    }

    /// Why the host is not touched.
    pub(crate) fn refusal(&self, host: &str) -> Option<(HostState, Message)> {
        match self.hosts.get(host)? {
            May::Nothing(state, message) => Some((*state, message.clone())),
            _ => None,
        }
    }

    /// What the host may do in a play; nothing where it is not limited.
    pub(crate) fn expected(&self, host: &str, play: usize) -> Option<Expected> {
        match self.hosts.get(host)? {
            May::Do(plays) => Some(plays.get(play).cloned().unwrap_or_default()),
            _ => None,
        }
    }

    /// How many hosts are as the plan saw them.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.hosts.values().filter(|may| matches!(may, May::Do(_))).count()
    }
}

/// Listens to a check and keeps what each host would do.
#[derive(Debug)]
pub struct Recorder {
    mask: Mask,
    plays: usize,
    hosts: IndexMap<Arc<str>, Vec<PlannedTask>>,
    ended: HashMap<Arc<str>, (HostState, Option<Message>)>,
}

impl Recorder {
    /// Secrets that `mask` knows are not kept.
    #[must_use]
    pub fn new(mask: Mask) -> Self {
        Self { mask, plays: 0, hosts: IndexMap::new(), ended: HashMap::new() }
    }

    /// Something happened.
    pub fn take(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Play { hosts, .. } => {
                self.plays += 1;
                for host in hosts.iter() {
                    self.hosts.entry(host.clone()).or_default();
                }
            }
            RunEvent::Task { host, event } => {
                if let Event::Finished(report) = &**event {
                    let task = PlannedTask::of(self.plays.saturating_sub(1), report, &self.mask);
                    self.hosts.entry(host.clone()).or_default().push(task);
                }
            }
            RunEvent::Host(end) => {
                self.ended.insert(end.host.clone(), (end.state, end.error.clone()));
            }
            _ => {}
        }
    }

    /// The hosts whose check did not come to its end, which no plan can hold.
    #[must_use]
    pub fn not_whole(&self) -> Vec<(Arc<str>, HostState)> {
        let mut hosts: Vec<(Arc<str>, HostState)> = Vec::new();
        for host in self.hosts.keys() {
            let state = self.ended.get(host).map_or(HostState::NotStarted, |(state, _)| *state);
            if state != HostState::Succeeded {
                hosts.push((host.clone(), state));
            }
        }
        hosts
    }

    /// What a host would do, with what it was planned from.
    fn plan_of(&self, host: &Host, fleet: &Fleet, prover: &mut Prover) -> HostPlan {
        let (vars, secrets) = prover.vars(&fleet.vars(host));
        let tasks = self.hosts.get(&host.name).cloned().unwrap_or_default();
        HostPlan { vars, secrets, tasks }
    }
}

/// The plan of what was recorded while `loaded` was checked.
pub fn make(
    recorder: &Recorder,
    fleet: &Fleet,
    loaded: &Loaded,
    used: &Used,
    request: saved::Request,
) -> Result<SavedPlan, Message> {
    let salt = crate::token::token();
    let mut prover = Prover::new(&salt);
    let mut vault = Vault::default();
    let program = vault.conceal(&loaded.program)?;
    let mut hosts = IndexMap::new();
    for name in recorder.hosts.keys() {
        let whole = recorder.ended.get(name).is_some_and(|(s, _)| *s == HostState::Succeeded);
        if let Some(host) = fleet.inventory.host(name).filter(|_| whole) {
            hosts.insert(name.clone(), recorder.plan_of(host, fleet, &mut prover));
        }
    }
    Ok(SavedPlan {
        format: FORMAT.into(),
        created_ms: crate::clock::now_ms(),
        request,
        hosts,
        files: files(loaded, used)?,
        secrets: vault.references(&mut prover),
        salt: salt.into(),
        sources: loaded.files().iter().take(loaded.program.files.len()).map(absolute).collect(),
        first_file: loaded.first_file,
        next_task: loaded.next_task(),
        program,
    })
}

/// All files that the plan depends on beside its own text: sent ones, templates, late includes.
fn files(loaded: &Loaded, used: &Used) -> Result<BTreeMap<Arc<str>, Arc<str>>, Message> {
    let mut files = BTreeMap::new();
    for (path, sha256) in used.files() {
        files.insert(absolute(path.display().to_string()), sha256);
    }
    for late in loaded.files().iter().skip(loaded.program.files.len()) {
        let path = absolute(late);
        let sha256 = hash(Path::new(&*path)).map_err(|error| say::cannot_read(&path, error))?;
        files.insert(path, sha256.into());
    }
    Ok(files)
}

/// A path from the root, so that a plan can be applied from any folder.
pub fn absolute(path: impl AsRef<str>) -> Arc<str> {
    let path = path.as_ref();
    match std::path::absolute(path) {
        Ok(absolute) => absolute.display().to_string().into(),
        Err(_) => path.into(),
    }
}

fn hash(path: &Path) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut file = std::fs::File::open(path)?;
    std::io::copy(&mut file, &mut super::sources::Hashing(&mut hasher))?;
    Ok(hex(&hasher.finalize()))
}

/// Writes a plan, for its owner only.
pub fn write(path: &Path, plan: &SavedPlan) -> Result<(), Message> {
    let text = plan.write()?;
    let failed = |error: std::io::Error| say::cannot_write(path.display(), error);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}", std::process::id()));
    // One that an ended process of our number left.
    let _ = std::fs::remove_file(&new);
    let mut options = std::fs::File::options();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&new).map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let written = written.and_then(|()| std::fs::rename(&new, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&new);
        failed(error)
    })
}

/// Reads a plan; nothing where the file is something else.
pub fn read(path: &Path) -> Result<Option<SavedPlan>, Message> {
    use std::io::Read as _;
    let shown = path.display();
    // What cannot be opened is told by the reader of manifests.
    let Ok(mut file) = std::fs::File::open(path) else { return Ok(None) };
    let Ok(meta) = file.metadata() else { return Ok(None) };
    if !meta.is_file() {
        return Ok(None);
    }
    let failed = |error: std::io::Error| say::cannot_read(path.display(), error);
    let mut head = Vec::new();
    std::io::Read::by_ref(&mut file).take(256).read_to_end(&mut head).map_err(failed)?;
    if !SavedPlan::is_meant(&String::from_utf8_lossy(&head)) {
        return Ok(None);
    }
    let own = rustix::process::geteuid().as_raw();
    if meta.mode() & 0o022 != 0 || (meta.uid() != own && meta.uid() != 0) {
        return Err(say::writable(shown));
    }
    let mut text = head;
    file.take(LARGEST).read_to_end(&mut text).map_err(failed)?;
    let text = String::from_utf8_lossy(&text);
    SavedPlan::read(&shown.to_string(), &text).map(Some)
}

/// Whether the controller's files are what the plan was made with.
pub fn verify_files(plan: &SavedPlan) -> Result<(), Message> {
    for (path, sha256) in &plan.files {
        if hash(Path::new(&**path)).ok().as_deref() != Some(&**sha256) {
            return Err(say::file_changed(path));
        }
    }
    Ok(())
}

/// Checks the hosts once more and holds what they would do now against the plan. Nothing is changed. Of the
/// plan's hosts only `names` take part.
pub async fn compare(
    plan: &SavedPlan,
    names: &[Arc<str>],
    (fleet, loaded): (&Arc<Fleet>, &Arc<Loaded>),
    mut request: Request,
    (bundle, mask, cancel): (Bundle, Mask, Cancel),
    allow_deferred: bool,
) -> Result<Fixed, Message> {
    let known = |name: &&Arc<str>| fleet.inventory.host(name).is_some();
    let looking: HashMap<Arc<str>, May> =
        names.iter().filter(known).map(|name| (name.clone(), May::Look)).collect();
    let gone = names.iter().filter(|name| !known(name)).cloned().collect();
    request.options.check = true;
    request.options.digests = true;
    request.fixed = Some(Arc::new(Fixed { hosts: looking, gone: vec![] }));
    let (events, mut received) = mpsc::channel(EVENTS_WAITING);
    let running = tokio::spawn(run(fleet.clone(), loaded.clone(), request, bundle, events, cancel));
    let mut recorder = Recorder::new(mask);
    while let Some(event) = received.recv().await {
        recorder.take(&event);
    }
    match running.await {
        Ok(done) => done?,
        Err(error) => return Err(hep_core::message::cli::no_runtime(error)),
    }
    let mut prover = Prover::new(&plan.salt);
    let mut fixed = Fixed { hosts: HashMap::new(), gone };
    for name in names {
        let (Some(host), Some(was)) = (fleet.inventory.host(name), plan.hosts.get(name)) else {
            continue;
        };
        let now = recorder.plan_of(host, fleet, &mut prover);
        let may = match refused(&recorder, name, was, &now) {
            Some((state, message)) => May::Nothing(state, message),
            None => {
                let plays = 0..recorder.plays;
                May::Do(plays.map(|play| was.expected(play, allow_deferred)).collect())
            }
        };
        fixed.hosts.insert(name.clone(), may);
    }
    Ok(fixed)
}

/// Why a host is not touched, if it is not.
fn refused(
    recorder: &Recorder,
    name: &Arc<str>,
    was: &HostPlan,
    now: &HostPlan,
) -> Option<(HostState, Message)> {
    let ended = recorder.ended.get(name);
    match ended {
        Some((HostState::Unreachable, message)) => {
            let message = message.clone().unwrap_or_else(|| say::moved_end("unreachable"));
            return Some((HostState::Unreachable, message));
        }
        Some((HostState::Failed, Some(message))) => {
            return Some((HostState::Failed, message.clone()));
        }
        _ => {}
    }
    let different = saved::difference(was, now).map(|message| (HostState::Failed, message));
    different.or_else(|| match ended {
        Some((HostState::Succeeded, _)) => None,
        Some((state, _)) => {
            let word = format!("{state:?}").to_lowercase();
            Some((HostState::Failed, say::moved_end(word)))
        }
        None => Some((HostState::Failed, say::moved_end("before it began"))),
    })
}
