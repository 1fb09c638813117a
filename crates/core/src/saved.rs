//! Saved plans: what a check found, as a file that can be reviewed and then applied exactly.
//!
//! A plan holds the program as it was read, and for each host what each task would do. It holds no secret:
//! secret texts are replaced by a name and a proof, and looked up again when the plan is applied.

mod compare;
mod conceal;

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use self::compare::difference;
pub use self::conceal::{Prover, Vault};
use crate::change::{Change, Content};
use crate::interp::{Expected, ExpectedTask, Report, State, canonical, digest};
use crate::mask::Mask;
use crate::message::{Message, plan as say};

/// The format that this module reads and writes.
pub const FORMAT: &str = "hep-plan-1";

/// A saved plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// [`FORMAT`].
    pub format: Arc<str>,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// What was asked for.
    pub request: Request,
    /// What each host would do; hosts that are not here are not touched.
    pub hosts: IndexMap<Arc<str>, HostPlan>,
    /// Files of the controller that were used, with their SHA-256 in lower-case hexadecimal.
    pub files: BTreeMap<Arc<str>, Arc<str>>,
    /// Makes the proofs of this plan useless for another.
    pub salt: Arc<str>,
    /// The secrets that stand in the program.
    pub secrets: Vec<SecretRef>,
    /// The names of all files that places in the program point into.
    pub sources: Vec<Arc<str>>,
    /// How many of them are the inventory's and the command line's.
    pub first_file: usize,
    /// The number that the next task would get.
    pub next_task: u32,
    /// The program ([`crate::program::Program`]) without its secrets.
    pub program: Json,
}

/// What was asked for when the plan was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The inventories, as paths from the root where they are files.
    pub inventory: Vec<String>,
    /// The manifests, as paths from the root.
    pub manifests: Vec<String>,
    /// `-l`.
    pub limit: Option<String>,
    /// `--tags`, which late includes obey too.
    pub tags: Vec<Arc<str>>,
    /// `--skip-tags`.
    pub skip_tags: Vec<Arc<str>>,
    /// `--become`.
    pub r#become: bool,
    /// `--become-user`.
    pub become_user: Option<Arc<str>>,
    /// `--force-handlers`.
    pub force_handlers: bool,
    /// The names of the variables given by `-e`.
    pub extra: Vec<Arc<str>>,
}

/// A secret by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// The variable or option that holds it.
    pub name: Arc<str>,
    /// Derived from it slowly ([`Prover`]), in lower-case hexadecimal.
    pub proof: Arc<str>,
}

/// What one host would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPlan {
    /// SHA-256 of its variables, without those that are secret.
    pub vars: Arc<str>,
    /// Proofs of its secret variables.
    pub secrets: BTreeMap<Arc<str>, Arc<str>>,
    /// Its tasks, in the order in which they ran.
    pub tasks: Vec<PlannedTask>,
}

/// What one task would do on a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedTask {
    /// The play, from 0.
    pub play: usize,
    /// Its number in the run that made the plan.
    pub id: u32,
    /// Its name as shown.
    pub name: Arc<str>,
    /// The module, or the keyword.
    pub module: Arc<str>,
    /// Its line in its file.
    pub line: u32,
    /// Its column.
    pub col: u32,
    /// Whether it is a handler.
    pub handler: bool,
    /// How it would end.
    pub state: State,
    /// What it would do: contents by their hash, secrets masked, nothing under `no_log`.
    pub changes: Vec<Json>,
    /// Why it cannot be predicted, if it cannot.
    pub deferred: Option<String>,
    /// Digests of what it would do, step by step.
    pub digests: Vec<Arc<str>>,
    /// Digest of all that it would do.
    pub digest: Arc<str>,
}

impl PlannedTask {
    /// Of what a check reported.
    #[must_use]
    pub fn of(play: usize, report: &Report, mask: &Mask) -> Self {
        let changes: Vec<Change> = report.changes.iter().map(canonical).collect();
        let why = report.message.as_ref().map(|message| {
            let why = message.arg("why").map_or_else(|| message.to_string(), str::to_owned);
            mask.text(&why).into_owned()
        });
        Self {
            play,
            id: report.task,
            name: mask.text(&report.name).into(),
            module: report.module.clone(),
            line: report.pos.line,
            col: report.pos.col,
            handler: report.handler,
            state: report.state,
            digest: digest(&(report.state, &report.planned, &changes)),
            changes: changes.iter().map(|change| shown(change, mask)).collect(),
            deferred: why.filter(|_| report.state == State::Deferred),
            digests: report.planned.clone(),
        }
    }
}

impl HostPlan {
    /// What the host may do in a play.
    #[must_use]
    pub fn expected(&self, play: usize, allow_deferred: bool) -> Expected {
        let tasks = self.tasks.iter().filter(|task| task.play == play);
        let tasks = tasks.map(|task| ExpectedTask {
            line: task.line,
            col: task.col,
            module: task.module.clone(),
            handler: task.handler,
            digests: (task.state != State::Deferred).then(|| task.digests.clone()),
        });
        Expected { tasks: tasks.collect(), others: allow_deferred }
    }
}

impl SavedPlan {
    /// Reads a plan. `path` is only for messages.
    pub fn read(path: &str, text: &str) -> Result<Self, Message> {
        let plan: Self =
            serde_json::from_str(text).map_err(|error| say::cannot_read(path, error))?;
        if &*plan.format != FORMAT {
            return Err(say::unknown_format(path, plan.format));
        }
        Ok(plan)
    }

    /// Whether a file that begins so is a plan, of whatever format.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        let rest = text.trim_start().strip_prefix('{').map(str::trim_start);
        rest.and_then(|rest| rest.strip_prefix("\"format\""))
            .and_then(|rest| rest.trim_start().strip_prefix(':'))
            .is_some_and(|rest| rest.trim_start().starts_with("\"hep-plan-"))
    }

    /// The file's text: for reading, but with the program on one line. Fails where it could not be read
    /// again.
    pub fn write(&self) -> Result<String, Message> {
        let failed = |error: serde_json::Error| say::too_deep(error);
        let program = serde_json::to_string(&self.program).map_err(failed)?;
        let bare = Self { program: Json::Null, ..self.clone() };
        let mut text = serde_json::to_string_pretty(&bare).map_err(failed)?;
        // The program is the last field.
        if let Some(head) = text.strip_suffix("null\n}") {
            text = format!("{head}{program}\n}}\n");
        }
        serde_json::from_str::<Self>(&text).map_err(failed)?;
        Ok(text)
    }

    /// The first task that could not be predicted, its host, and how many there are.
    #[must_use]
    pub fn deferred(&self) -> Option<(&PlannedTask, &Arc<str>, usize)> {
        let tasks = || {
            let hosts = self.hosts.iter();
            hosts.flat_map(|(host, plan)| plan.tasks.iter().map(move |task| (task, host)))
        };
        let is_deferred = |(task, _): &(&PlannedTask, &Arc<str>)| task.state == State::Deferred;
        let (task, host) = tasks().find(is_deferred)?;
        Some((task, host, tasks().filter(is_deferred).count()))
    }
}

/// A change as a person may see it.
fn shown(change: &Change, mask: &Mask) -> Json {
    let mut change = change.clone();
    let mut notes = Vec::new();
    match &mut change {
        Change::WriteFile { content, .. } => notes.extend(by_hash(content)),
        Change::Run(run) => {
            if let Some(stdin) = run.stdin.take() {
                notes.push(("stdin_sha256", crate::overlay::sha256(&stdin.0)));
            }
            // Their values are in the digest; what they hold may be a secret.
            for (_, value) in &mut run.env {
                *value = "…".into();
            }
            if run.secret {
                run.argv.truncate(1);
            }
            notes.extend(run.script.as_mut().and_then(by_hash));
        }
        _ => {}
    }
    let mut json = serde_json::to_value(&change).unwrap_or_default();
    if let Json::Object(fields) = &mut json {
        for (name, hash) in notes {
            fields.insert(name.into(), Json::String(hash.to_string()));
        }
    }
    masked(json, mask)
}

/// Takes the bytes out of a content; what names them instead.
fn by_hash(content: &mut Content) -> Option<(&'static str, Arc<str>)> {
    let Content::Inline(bytes) = content else { return None };
    let sha256 = crate::overlay::sha256(&bytes.0);
    *content = Content::Blob { sha256: sha256.clone(), size: bytes.0.len() as u64 };
    Some(("content_sha256", sha256))
}

fn masked(json: Json, mask: &Mask) -> Json {
    match json {
        Json::String(text) => Json::String(mask.text(&text).into_owned()),
        Json::Array(items) => items.into_iter().map(|item| masked(item, mask)).collect(),
        Json::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, masked(value, mask))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
