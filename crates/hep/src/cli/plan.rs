//! `hep apply --plan-out FILE` and `hep apply FILE`: a plan made, and later done exactly.

use std::path::Path;
use std::sync::Arc;

use hep_core::interp::Options;
use hep_core::manifest::select::Selection;
use hep_core::message::plan as say;
use hep_core::run::exit;
use hep_core::saved::{self, SavedPlan, Vault};
use hep_engine::event::RunEvent;
use hep_engine::play::Request;
use hep_engine::play::bundle::Bundle;
use hep_engine::play::load::{self, Loaded};
use hep_engine::play::saved::{Recorder, absolute, compare, make, verify_files, write};

use super::apply::{Args, carry_out, folders};
use super::connect::{Opened, Wanted};
use super::failure::Failure;
use super::secrets;
use crate::executors::EXECUTORS;
use crate::render::{Ended, Page, Render};
use crate::terminal::Screen;

/// A renderer that also takes down what each host would do.
struct Recording {
    inner: Box<dyn Render>,
    recorder: Recorder,
}

impl Render for Recording {
    fn event(&mut self, event: &RunEvent, page: &mut Page) {
        self.recorder.take(event);
        self.inner.event(event, page);
    }

    fn finish(&mut self, ended: &Ended, page: &mut Page) {
        self.inner.finish(ended, page);
    }
}

/// Checks, and writes what was found.
pub(super) async fn save(
    path: &Path,
    args: &Args,
    (opened, loaded): (Opened, Arc<Loaded>),
    inner: Box<dyn Render>,
    screen: &Arc<Screen>,
) -> Result<Ended, Failure> {
    let request = args.request(screen);
    let (fleet, used) = (opened.fleet.clone(), request.used.clone());
    let (extra, cancel) = (opened.extra.clone(), opened.cancel.clone());
    let wish = args.wish(&extra);
    let mut recording = Recording { inner, recorder: Recorder::new(opened.mask.clone()) };
    let ended = carry_out(opened, loaded.clone(), request, (&mut recording, wish), screen).await?;
    if cancel.is_cancelled() {
        return Ok(ended);
    }
    let asked = args.asked(extra.keys().cloned().collect());
    let plan = make(&recording.recorder, &fleet, &loaded, &used, asked)?;
    write(path, &plan)?;
    for (host, state) in recording.recorder.not_whole() {
        screen.say(&say::not_whole(host, state.word()).to_string());
    }
    screen.say(&say::written(path.display(), plan.hosts.len()).to_string());
    Ok(ended)
}

/// Does what a plan says, on the hosts that are still as it saw them.
pub(super) async fn apply(args: Args, plan: SavedPlan, screen: Arc<Screen>) -> Result<u8, Failure> {
    args.refuse_beside_plan()?;
    if let Some((task, host, count)) = plan.deferred().filter(|_| !args.allow_deferred) {
        let why = task.deferred.as_deref().unwrap_or_default();
        return Err(say::deferred(count, &task.name, host, why).into());
    }
    verify_files(&plan)?;
    let mut opened = open(&args, &plan, &screen).await?;
    let loaded = program(&plan, &mut opened)?;
    let names = chosen(&args, &plan, &opened)?;
    let request = request(&args, &plan, &screen);
    screen.say(&say::comparing(names.len()).to_string());
    let bundle = Bundle::new(EXECUTORS.to_vec());
    let means = (bundle, opened.mask.clone(), opened.cancel.clone());
    let with = (&opened.fleet, &loaded);
    let fixed = compare(&plan, &names, with, request.clone(), means, args.allow_deferred).await?;
    if opened.cancel.is_cancelled() {
        return Ok(exit::CANCELLED);
    }
    screen.say(&say::as_planned(fixed.ready()).to_string());
    let mut renderer = args.renderer(&opened, &loaded, &screen);
    let kept = args.wish(&opened.extra);
    let request = Request { fixed: Some(Arc::new(fixed)), ..request };
    let ended = carry_out(opened, loaded, request, (&mut *renderer, kept), &screen).await?;
    Ok(args.code(&ended))
}

async fn open(args: &Args, plan: &SavedPlan, screen: &Arc<Screen>) -> Result<Opened, Failure> {
    let mut connect = args.connect.clone();
    if connect.inventory.is_empty() {
        connect.inventory.clone_from(&plan.request.inventory);
    }
    let limit = args.limit.as_deref();
    let wanted = Wanted {
        selector: limit.unwrap_or("all"),
        allow_empty: true,
        extra: Some(&args.extra),
        folders: folders(&plan.request.manifests),
        plays: limit.is_none(),
        ..Wanted::default()
    };
    let opened = connect.open(wanted, screen).await?;
    let (was, is) = (&plan.request.extra, &opened.extra);
    if let Some(name) = was.iter().find(|name| !is.contains_key(*name)) {
        return Err(say::extra_missing(name).into());
    }
    if let Some(name) = is.keys().find(|name| !was.contains(name)) {
        return Err(say::extra_new(name).into());
    }
    Ok(opened)
}

/// The plan's own program, its secrets looked up again.
fn program(plan: &SavedPlan, opened: &mut Opened) -> Result<Arc<Loaded>, Failure> {
    let request = |opened: &Opened| load::Request {
        manifests: plan.request.manifests.clone(),
        extra: opened.extra.clone(),
        keys: opened.vault.clone(),
        sources: opened.sources.clone(),
        ..load::Request::default()
    };
    let mut vault = Vault::default();
    if !plan.secrets.is_empty() {
        let now = load::load(request(opened)).map_err(|faulty| Failure::Found {
            diagnostics: faulty.diagnostics,
            sources: faulty.sources,
        })?;
        vault.conceal(&now.program)?;
    }
    let program = plan.reveal(&vault, opened.sources.len())?;
    let asked = &plan.request;
    let selection = Selection { only: asked.tags.clone(), skip: asked.skip_tags.clone() };
    let request = load::Request { selection, ..request(opened) };
    let names = plan.sources.get(plan.first_file..).unwrap_or_default();
    let loaded = load::resume(request, program, names, plan.next_task);
    opened.mask = secrets::with_program(&opened.secrets, &loaded.program);
    Ok(Arc::new(loaded))
}

/// The hosts of the plan that are meant.
fn chosen(args: &Args, plan: &SavedPlan, opened: &Opened) -> Result<Vec<Arc<str>>, Failure> {
    let is_meant = |name: &&Arc<str>| {
        args.limit.is_none() || opened.hosts.iter().any(|host| host.name == **name)
    };
    let names: Vec<Arc<str>> = plan.hosts.keys().filter(is_meant).cloned().collect();
    match (names.is_empty(), args.limit.as_deref()) {
        (true, limit) => Err(say::no_hosts(limit.unwrap_or("all")).into()),
        _ => Ok(names),
    }
}

/// As the plan was made, with what only changes how it is shown.
fn request(args: &Args, plan: &SavedPlan, screen: &Arc<Screen>) -> Request {
    let (asked, given) = (&plan.request, args.request(screen));
    Request {
        limit: None,
        options: Options {
            r#become: asked.r#become,
            become_user: asked.become_user.clone(),
            force_handlers: asked.force_handlers,
            ..given.options
        },
        ..given
    }
}

impl Args {
    /// What a plan says about how it was made.
    fn asked(&self, extra: Vec<Arc<str>>) -> saved::Request {
        let paths = |names: &[String]| names.iter().map(|name| rooted(name)).collect();
        let selection = self.selection();
        saved::Request {
            inventory: paths(&self.connect.inventory),
            manifests: paths(&self.manifests),
            limit: self.limit.clone(),
            tags: selection.only,
            skip_tags: selection.skip,
            r#become: self.r#become,
            become_user: self.become_user.as_deref().map(Arc::from),
            force_handlers: self.force_handlers,
            extra,
        }
    }

    /// Options that would make it another plan.
    fn refuse_beside_plan(&self) -> Result<(), Failure> {
        let given = [
            ("--plan-out", self.plan_out.is_some()),
            ("--tags", !self.tags.is_empty()),
            ("--skip-tags", !self.skip_tags.is_empty()),
            ("--start-at-task", self.start_at_task.is_some()),
            ("--list-tasks", self.list_tasks),
            ("--list-hosts", self.list_hosts),
            ("--become", self.r#become),
            ("--become-user", self.become_user.is_some()),
            ("--force-handlers", self.force_handlers),
        ];
        match given.into_iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => Err(say::not_with_plan(option).into()),
            None => Ok(()),
        }
    }
}

/// A name from the root where it is a file; a list of hosts stays as it is.
fn rooted(name: &str) -> String {
    if Path::new(name).exists() { absolute(name).to_string() } else { name.to_owned() }
}
