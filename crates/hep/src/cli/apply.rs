//! `hep apply`: manifests on hosts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hep_core::interp::Options;
use hep_core::manifest::select::Selection;
use hep_core::message::cli as say;
use hep_core::run::{self, exit};
use hep_core::vars::Layer;
use hep_engine::cancel::Cancel;
use hep_engine::event::EVENTS_WAITING;
use hep_engine::play::bundle::Bundle;
use hep_engine::play::load::{self, Loaded};
use hep_engine::play::{self, Person, PlayHosts, Request};
use serde_json::json;
use tokio::sync::mpsc;

use super::connect::{Connect, Extra, Opened, Wanted};
use super::failure::Failure;
use super::record::{Record, Recorded, Wish};
use super::through::{Approval, Through};
use super::{Output, apply_remote, list, plan, secrets, variables};
use crate::executors::EXECUTORS;
use crate::render::play::{Detail, Json, Script, Text};
use crate::render::{Ended, Render, View};
use crate::terminal::{Screen, ask};

/// How long another run is waited for that is changing a host, unless said otherwise, in seconds.
pub(super) const LOCK_TIMEOUT: u32 = 60;

/// Apply manifests to hosts.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The manifests, in order; or a plan that `--plan-out` wrote, to do exactly what it says
    #[arg(required = true, value_name = "MANIFEST")]
    pub(crate) manifests: Vec<String>,
    /// Only these of the manifests' hosts
    #[arg(short, long, value_name = "SELECTOR")]
    pub(super) limit: Option<String>,
    /// Change nothing; tell what would change
    #[arg(short = 'C', long, visible_alias = "dry")]
    pub(super) check: bool,
    /// With --check: exit code 3 where something would change
    #[arg(long)]
    detailed_exitcode: bool,
    /// Change nothing; write what would change to this file, to be applied later
    #[arg(long, value_name = "FILE")]
    pub(super) plan_out: Option<PathBuf>,
    /// With a plan: run the tasks that it could not predict too
    #[arg(long)]
    pub(super) allow_deferred: bool,
    /// Show what changes in files
    #[arg(short = 'D', long)]
    pub(super) diff: bool,
    /// Only tasks with one of these tags
    #[arg(short, long, value_name = "TAGS", value_delimiter = ',')]
    pub(super) tags: Vec<String>,
    /// Not the tasks with one of these tags
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub(super) skip_tags: Vec<String>,
    /// Begin with the task of this name
    #[arg(long, value_name = "NAME")]
    pub(super) start_at_task: Option<String>,
    /// Show the tasks and do nothing
    #[arg(long)]
    pub(super) list_tasks: bool,
    /// Show the hosts of each play and do nothing
    #[arg(long)]
    pub(super) list_hosts: bool,
    /// Become another user (root) for every task
    #[arg(short, long)]
    pub(super) r#become: bool,
    /// The user to become
    #[arg(long, value_name = "USER")]
    pub(super) become_user: Option<String>,
    /// Run handlers even on hosts that failed
    #[arg(long)]
    pub(super) force_handlers: bool,
    /// Remove the executor from the hosts at the end
    #[arg(long)]
    pub(super) no_keep: bool,
    /// Drive every host by single commands over SSH, without the executor
    #[arg(long, env = variables::NO_EXECUTOR, hide_env_values = true)]
    pub(super) no_executor: bool,
    /// How long to wait for another run that is changing a host; 0 refuses at once
    #[arg(long, value_name = "SECONDS", hide_env_values = true, env = variables::LOCK_TIMEOUT,
        help = format!("How long to wait for another run that is changing a host; 0 refuses at once \
            [default: {LOCK_TIMEOUT}; of a server 600]"))]
    pub(super) lock_timeout: Option<u32>,
    /// How to print: `json` is one object for each task and host or notice, and a
    /// summary for each host
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub(super) output: Output,
    #[command(flatten)]
    through: Through,
    #[command(flatten)]
    pub(super) approval: Approval,
    #[command(flatten)]
    record: Record,
    #[command(flatten)]
    pub(super) extra: Extra,
    #[command(flatten)]
    pub(super) connect: Connect,
}

/// Applies them.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    if let Some(server) = args.through.asked()? {
        return apply_remote::run(&args, server, screen).await;
    }
    args.approval.refuse_without_server()?;
    if let [file] = args.manifests.as_slice()
        && let Some(plan) = play::saved::read(Path::new(file))?
    {
        return plan::apply(args, plan, screen).await;
    }
    let wanted = Wanted {
        selector: args.limit.as_deref().unwrap_or("all"),
        allow_empty: true,
        extra: Some(&args.extra),
        folders: folders(&args.manifests),
        plays: args.limit.is_none(),
        ..Wanted::default()
    };
    let mut opened = args.connect.open(wanted, &screen).await?;
    let (manifests, start_at) = (args.manifests.clone(), args.start_at_task.clone());
    let loaded = load(&mut opened, manifests, args.selection(), start_at)?;
    if args.list_tasks {
        return list::tasks(&loaded, args.output, &screen);
    }
    if args.list_hosts {
        let plays = play::hosts_of(&opened.fleet, &loaded, args.limit.as_deref())?;
        let named = plays.iter().map(|(play, hosts)| {
            let names = hosts.iter().map(|host| host.name.to_string()).collect();
            (&**play, names)
        });
        return list::hosts(named, args.output, &screen);
    }
    let mut renderer = args.renderer(&opened, &loaded, &screen);
    if let Some(path) = &args.plan_out {
        let ended = plan::save(path, &args, (opened, loaded), renderer, &screen).await?;
        return Ok(args.code(&ended));
    }
    let wish = args.wish(&opened.extra);
    let request = args.request(&screen);
    let ended = carry_out(opened, loaded, request, (&mut *renderer, wish), &screen).await?;
    Ok(args.code(&ended))
}

/// Reads the manifests.
pub(crate) fn load(
    opened: &mut Opened,
    manifests: Vec<String>,
    selection: Selection,
    start_at: Option<String>,
) -> Result<Arc<Loaded>, Failure> {
    let request = load::Request {
        manifests,
        selection,
        start_at,
        extra: opened.extra.clone(),
        keys: opened.vault.clone(),
        sources: std::mem::take(&mut opened.sources),
        ..load::Request::default()
    };
    let loaded = load::load(request).map_err(|faulty| Failure::Found {
        diagnostics: faulty.diagnostics,
        sources: faulty.sources,
    })?;
    opened.mask = secrets::with_program(&opened.secrets, &loaded.program);
    Ok(Arc::new(loaded))
}

/// Runs and shows it; every host's end.
pub(crate) async fn carry_out(
    opened: Opened,
    loaded: Arc<Loaded>,
    request: Request,
    (renderer, wish): (&mut dyn Render, Option<Wish>),
    screen: &Screen,
) -> Result<Ended, Failure> {
    let plays = play::hosts_of(&opened.fleet, &loaded, request.limit.as_deref())?;
    if plays.iter().all(|(_, hosts)| hosts.is_empty()) && !plays.is_empty() {
        let selector = request.limit.as_deref().unwrap_or("all");
        if opened.fleet.inventory.hosts().is_empty() {
            return Err(say::no_inventory(selector).into());
        }
        return Err(say::no_host_for_plays(selector).into());
    }
    let hosts = all_hosts(&plays);
    let mut recorded = Recorded::start(renderer, wish, hosts, &opened.mask);
    let (events, received) = mpsc::channel(EVENTS_WAITING);
    let cancel: Cancel = opened.cancel.clone();
    let bundle = Bundle::new(EXECUTORS.to_vec());
    let fleet = opened.fleet.clone();
    let running = tokio::spawn(play::run(fleet, loaded, request, bundle, events, cancel));
    let view = View { screen, mask: &opened.mask, cancel: &opened.cancel };
    let shown = view.show(received, &mut recorded).await;
    let ended = running.await;
    recorded.end(screen).await;
    match ended {
        Ok(Err(message)) => return Err(message.into()),
        Ok(Ok(())) => {}
        Err(error) => return Err(say::no_runtime(error).into()),
    }
    Ok(shown?)
}

/// The hosts of all plays, each once.
fn all_hosts(plays: &[PlayHosts]) -> Vec<Arc<str>> {
    let mut seen = HashSet::new();
    let names = plays.iter().flat_map(|(_, hosts)| hosts.iter().map(|host| host.name.clone()));
    names.filter(|name| seen.insert(name.clone())).collect()
}

/// Who answers a `pause`.
pub(crate) fn person(screen: &Arc<Screen>) -> Person {
    if !ask::is_possible() {
        return Person::default();
    }
    let screen = Arc::clone(screen);
    Person::new(move |prompt, echo| {
        let (screen, prompt) = (Arc::clone(&screen), prompt.to_owned());
        Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || ask::line(&screen, &prompt, echo));
            let answer = asked.await.ok()?.ok()??;
            Some(answer.expose().clone())
        })
    })
}

/// The folders of manifests, for `group_vars/` beside them.
pub(crate) fn folders(manifests: &[String]) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for manifest in manifests {
        let folder = match std::path::Path::new(manifest).parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

impl Args {
    pub(super) fn selection(&self) -> Selection {
        let words = |tags: &[String]| {
            tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()).map(Arc::from).collect()
        };
        Selection { only: words(&self.tags), skip: words(&self.skip_tags) }
    }

    pub(super) fn renderer(
        &self,
        opened: &Opened,
        loaded: &Arc<Loaded>,
        screen: &Screen,
    ) -> Box<dyn Render> {
        match self.output {
            Output::Json => Box::new(Json::new(opened.mask.clone())),
            Output::Text => Box::new(Text::new(screen, Script::new(loaded), self.detail())),
        }
    }

    /// What the history keeps of it. Of variables the names only: people put secrets into them.
    pub(super) fn wish(&self, extra: &Layer) -> Option<Wish> {
        self.record.wish(|| Wish {
            kind: "manifest",
            subject: json!({
                "kind": "manifest",
                "manifests": self.manifests,
                "inventory": self.connect.inventory,
                "check": self.is_check(),
                "tags": self.tags,
                "skip_tags": self.skip_tags,
                "vars": extra.keys().collect::<Vec<_>>(),
            }),
            selector: self.limit.clone().unwrap_or_else(|| "all".into()),
            checks: self.is_check(),
        })
    }

    pub(super) const fn detail(&self) -> Detail {
        Detail { verbose: self.connect.verbose }
    }

    /// Whether nothing is to be changed.
    const fn is_check(&self) -> bool {
        self.check || self.plan_out.is_some()
    }

    pub(super) fn request(&self, screen: &Arc<Screen>) -> Request {
        Request {
            limit: self.limit.clone(),
            options: Options {
                check: self.is_check(),
                diff: self.diff,
                r#become: self.r#become,
                become_user: self.become_user.as_deref().map(Arc::from),
                verbosity: self.connect.verbose,
                force_handlers: self.force_handlers,
                digests: self.plan_out.is_some(),
                ..Options::default()
            },
            forks: usize::from(self.connect.forks),
            keep: !self.no_keep,
            plain: self.no_executor,
            lock_wait: Duration::from_secs(self.lock_timeout.unwrap_or(LOCK_TIMEOUT).into()),
            person: person(screen),
            ..Request::default()
        }
    }

    pub(super) fn code(&self, ended: &Ended) -> u8 {
        self.code_of(run::exit_code(ended.values().map(|end| end.state)), ended)
    }

    /// The exit code, from that of the hosts' states.
    pub(super) fn code_of(&self, code: u8, ended: &Ended) -> u8 {
        let pending = |end: &hep_engine::event::HostEnd| {
            end.summary.as_ref().is_some_and(|summary| summary.changed + summary.deferred > 0)
        };
        let asked = self.is_check() && self.detailed_exitcode && code == exit::FINE;
        if asked && ended.values().any(pending) { exit::PENDING } else { code }
    }
}
