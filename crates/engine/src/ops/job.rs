//! Jobs: saved, changed, and started with parameters.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use hep_core::message::job as job_say;
use hep_core::name;
use hep_core::parameter::{self, Kind, Values};
use hep_core::rights::{Verb, may_somewhere};
use hep_core::secret::Secret;
use hep_core::selector::Selector;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::manifest::must_write;
use super::page::{Page, Paging, page};
use super::patch::Edit;
use super::reach::Reach;
use super::run::{self, Asked, Origin, RunInput};
use super::run_secrets::SecretsInput;
use crate::server::given::{self, Given, Texts};
use crate::server::roster::Registered;
use crate::server::subject::Subject;
use crate::server::work;
use crate::store::jobs::{self, Job, JobInput};
use crate::store::runs::Run;
use crate::store::{Sql, new_id, repositories};

const KIND: &str = "job";
/// What the right to them is refused for.
const WHAT: &str = "jobs";

/// How a job is started.
#[derive(Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartInput {
    /// Values of its parameters, by their names. Secret ones are not shown again.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Value>)]
    pub parameters: BTreeMap<String, Said>,
    /// Only on these of its hosts, as a selector.
    #[serde(default)]
    pub limit: Option<String>,
    /// What for, in words.
    #[serde(default)]
    pub description: String,
}

/// A value as somebody says it, which may be a secret.
#[derive(Clone)]
pub struct Said(Value);

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Value::deserialize(from).map(Self)
    }
}

impl<'a> From<&'a Job> for Object<'a> {
    fn from(job: &'a Job) -> Self {
        Self { kind: KIND, id: Some(&job.id), name: &job.said.name }
    }
}

/// A page of jobs, by name: of those that the actor may see.
pub async fn list(engine: &Engine, actor: &Actor, paging: &Paging) -> OpResult<Page<Job>> {
    let sight = Sight::of(engine, actor).await?;
    let limit = paging.limit()?;
    let (mut after, mut seen) = (paging.after()?, Vec::new());
    loop {
        let found = jobs::list(engine.db(), after.as_deref(), limit + 1).await?;
        let is_last = found.len() <= limit as usize;
        after = found.last().map(|job| job.said.name.clone());
        seen.extend(found.into_iter().filter(|job| sight.has(job)));
        if is_last || seen.len() > limit as usize {
            return Ok(page(seen, limit, |job| &job.said.name));
        }
    }
}

/// A job.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Job> {
    let sight = Sight::of(engine, actor).await?;
    sight.load(engine.db(), name).await
}

/// Which jobs somebody sees.
enum Sight {
    /// All of them.
    All,
    /// Those that they may start on one of their hosts at least.
    Startable(Arc<Registered>, Reach),
}

impl Sight {
    /// Who may see everything, or start jobs everywhere, sees all. Who may do neither anywhere is refused.
    async fn of(engine: &Engine, actor: &Actor) -> OpResult<Self> {
        if actor.may(Verb::View) || actor.may(Verb::RunJobs) {
            return Ok(Self::All);
        }
        if !may_somewhere(&actor.grants, Verb::RunJobs) {
            actor.must(Verb::View, WHAT)?;
        }
        let reach = Reach::now(engine, actor, Verb::RunJobs).await?;
        Ok(Self::Startable(engine.registered().await?, reach))
    }

    fn has(&self, job: &Job) -> bool {
        match self {
            Self::All => true,
            Self::Startable(registered, reach) => {
                let hosts = registered.select(&job.said.selector).unwrap_or_default();
                hosts.iter().any(|host| reach.has(host))
            }
        }
    }

    /// A job that they see; any other is not there.
    async fn load(&self, from: &dyn Sql, name: &str) -> OpResult<Job> {
        let job = load(from, name).await?;
        if self.has(&job) { Ok(job) } else { Err(OpError::not_found(KIND, name)) }
    }
}

/// Saves a job.
pub async fn create(engine: &Engine, actor: &Actor, mut said: JobInput) -> OpResult<Job> {
    must_write(actor, WHAT)?;
    let secrets = take_secrets(&mut said, Texts::new())?;
    check(engine, actor, &said, &secrets).await?;
    let id = new_id();
    let sealed = given::seal(engine, "jobs", &id, &secrets.into())?;
    let tx = engine.db().begin().await?;
    let made = jobs::insert(&tx, &id, &said, sealed, &actor.name).await;
    made.map_err(|error| on_write(error, KIND, &said.name))?;
    actor.made(&tx, Object { kind: KIND, id: Some(&id), name: &said.name }).await?;
    let job = load(&tx, &id).await?;
    tx.commit().await?;
    Ok(job)
}

/// Changes a job; with a version only if it still has that one. Secret defaults stay where that is said.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<JobInput, &Value>,
) -> OpResult<Job> {
    must_write(actor, WHAT)?;
    let before = load(engine.db(), name).await?;
    let mut said = edit.over(&before.said)?;
    let secrets = take_secrets(&mut said, kept(engine, &before)?)?;
    check(engine, actor, &said, &secrets).await?;
    let sealed = given::seal(engine, "jobs", &before.id, &secrets.into())?;
    let at = (before.id.as_str(), version.unwrap_or(before.version));
    let tx = engine.db().begin().await?;
    let done = jobs::update(&tx, at, &said, sealed, &actor.name).await;
    written(done, KIND, name, &said.name)?;
    actor.did(&tx, "job.update", Object::from(&before), "done", None).await?;
    let job = load(&tx, &before.id).await?;
    tx.commit().await?;
    Ok(job)
}

/// Removes a job. Its runs stay.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    must_write(actor, WHAT)?;
    let tx = engine.db().begin().await?;
    let job = load(&tx, name).await?;
    let gone = jobs::delete(&tx, &job.id, version.unwrap_or(job.version)).await;
    written(gone, KIND, name, name)?;
    actor.did(&tx, "job.delete", Object::from(&job), "done", None).await?;
    Ok(tx.commit().await?)
}

async fn load(from: &dyn Sql, name: &str) -> OpResult<Job> {
    let job = jobs::find(from, name).await?;
    job.ok_or_else(|| OpError::not_found(KIND, name))
}

/// The secret defaults of a job.
fn kept(engine: &Engine, job: &Job) -> OpResult<Texts> {
    let opened = given::open(engine, "jobs", &job.id, job.sealed.as_deref());
    opened.map(|opened| opened.texts).map_err(OpError::Unavailable)
}

/// Checks the parameters, and takes the secret defaults out of them: those that are said now, and of those that
/// were kept before the ones that shall stay.
fn take_secrets(said: &mut JobInput, mut before: Texts) -> OpResult<Texts> {
    let invalid = |message| OpError::invalid("parameters", message);
    parameter::check(&mut said.parameters).map_err(invalid)?;
    let mut secrets = Texts::new();
    for parameter in said.parameters.iter_mut().filter(|one| one.kind == Kind::Secret) {
        let name = &parameter.name;
        match (parameter.default.take(), parameter.kept) {
            (Some(value), _) => {
                let text = value.as_str().unwrap_or_default().to_owned();
                secrets.insert(name.clone(), Secret::new(text));
            }
            (None, true) => {
                let kept = before.remove(name);
                let kept = kept.ok_or_else(|| invalid(job_say::no_secret_kept(name)))?;
                secrets.insert(name.clone(), kept);
            }
            (None, false) => {}
        }
        parameter.kept = secrets.contains_key(name);
    }
    for parameter in said.parameters.iter_mut().filter(|one| one.kind != Kind::Secret) {
        parameter.kept = false;
    }
    Ok(secrets)
}

/// Refuses a job that could not be run, or would let somebody do by it what they may not do themselves.
async fn check(engine: &Engine, actor: &Actor, said: &JobInput, secrets: &Texts) -> OpResult<()> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))?;
    actor.must(said.subject.right(), WHAT)?;
    if said.subject.lets_in() {
        actor.must(Verb::Change, WHAT)?;
    }
    let bad_selector = |message| OpError::invalid("selector", message);
    Selector::parse(&said.selector).map_err(bad_selector)?;
    let invalid = |message| OpError::invalid("subject", message);
    said.subject.check_places(&said.parameters).map_err(invalid)?;
    let mut subject = said.subject.clone();
    if let Subject::Manifest(manifest) = &subject
        && let (None, Some(name)) = (&manifest.manifest, &manifest.repository)
    {
        // What it has is looked at when it is run: it can be another then, and may be away now.
        let found = repositories::find(engine.db(), name).await?;
        return found.map(drop).ok_or_else(|| invalid(job_say::no_repository(name)));
    }
    let mut given = Given::to(engine, &mut subject).await?;
    let defaults =
        said.parameters.iter().filter_map(|one| Some((one.name.clone(), one.default.clone()?)));
    let defaults: Map<String, Value> = defaults.collect();
    let is_whole =
        said.parameters.iter().all(|one| one.default.is_some() || one.kind == Kind::Secret);
    if !is_whole && matches!(subject, Subject::Verb(_) | Subject::Copy(_)) {
        // Without values nobody can tell whether it fits together.
        return Ok(());
    }
    subject.fill(&defaults);
    given.secrets = secrets.clone().into();
    work::check(&subject, &given).map_err(invalid)
}

/// Starts a job. Who may run jobs on its hosts needs no right to run anything else there.
pub async fn run(engine: &Engine, actor: &Actor, name: &str, said: StartInput) -> OpResult<Run> {
    let job = Sight::of(engine, actor).await?.load(engine.db(), name).await?;
    let registered = engine.registered().await?;
    let mut names = run::select(&registered, &job.said.selector)?;
    let mut selector = job.said.selector.clone();
    if let Some(limit) = &said.limit {
        names = limited(&names, run::select(&registered, limit)?)?;
        // So that it means the same hosts when it is run again.
        selector = names.iter().map(|name| &**name).collect::<Vec<_>>().join(",");
    }
    if let Err(denied) = run::must_on(engine, actor, Verb::RunJobs, &names).await {
        run::must_run(engine, actor, &job.said.subject, &names).await.map_err(|_| denied)?;
    }
    let values = values(engine, &job, said.parameters)?;
    let mut subject = job.said.subject.clone();
    subject.fill(&values.plain);
    let described =
        if said.description.is_empty() { &job.said.description } else { &said.description };
    let input = RunInput {
        subject,
        selector,
        strategy: job.said.strategy.clone(),
        description: described.clone(),
        secrets: SecretsInput::default(),
    };
    let origin = Origin { job: Some(job.id.clone()), ..Origin::default() };
    let (registered, names) = (&registered, &names[..]);
    let asked = Asked { said: input, origin, secrets: values.secret.into(), registered, names };
    run::write(engine, actor, asked).await
}

/// The hosts of a limit, each of which must be one of the job's.
fn limited(names: &[Arc<str>], limit: Vec<Arc<str>>) -> OpResult<Vec<Arc<str>>> {
    let own: HashSet<&Arc<str>> = names.iter().collect();
    match limit.iter().find(|name| !own.contains(name)) {
        Some(name) => Err(OpError::invalid("limit", job_say::beyond(name))),
        None => Ok(limit),
    }
}

fn values(engine: &Engine, job: &Job, said: BTreeMap<String, Said>) -> OpResult<Values> {
    let kept = kept(engine, job)?;
    let said = said.into_iter().map(|(name, Said(value))| (name, value)).collect();
    let values = parameter::values(&job.said.name, &job.said.parameters, said, &kept);
    values.map_err(|message| OpError::invalid("parameters", message))
}

#[cfg(test)]
mod tests {
    use hep_core::rights::Grant;
    use hep_core::run::RunState;
    use serde_json::json;

    use super::super::host;
    use super::super::testing::on_both;
    use super::*;
    use crate::store::hosts::HostInput;
    use crate::store::{leases, runs};

    fn said(value: Value) -> JobInput {
        serde_json::from_value(value).unwrap()
    }

    fn start(value: Value) -> StartInput {
        serde_json::from_value(value).unwrap()
    }

    fn person(name: &str, verbs: &[Verb], selector: &str) -> Actor {
        let verbs = verbs.iter().copied().collect();
        let grant = Grant { verbs, selector: selector.into(), partition: None, limit: None };
        Actor { grants: vec![grant], ..Actor::command_line(name) }
    }

    async fn hosts(engine: &Engine, me: &Actor, names: &[&str]) {
        for name in names {
            host::create(engine, me, HostInput::named(name)).await.unwrap();
        }
    }

    fn refusal<T: std::fmt::Debug>(done: OpResult<T>) -> String {
        match done {
            Err(
                OpError::Invalid { message, .. }
                | OpError::Denied(message)
                | OpError::Conflict(message),
            ) => message.id.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_job_is_saved_without_its_secrets_and_run_with_them() {
        on_both(|engine| async move {
            let me = Actor::command_line("ana");
            hosts(&engine, &me, &["web1", "web2", "db1"]).await;
            let deploy = json!({"name": "deploy", "selector": "web*",
                "subject": {"kind": "script", "script": "deploy $version", "arguments": ["{{ count }}"]},
                "parameters": [
                    {"name": "version", "required": true, "pattern": "[0-9.]+"},
                    {"name": "count", "kind": "number", "default": "2"},
                    {"name": "token", "kind": "secret", "default": "canary-default"}]});
            let made = create(&engine, &me, said(deploy)).await.unwrap();
            assert!(made.said.parameters[2].kept);
            assert!(!serde_json::to_string(&made).unwrap().contains("canary"));
            assert!(!made.sealed.unwrap().windows(6).any(|part| part == b"canary"));
            let part = json!({"description": "d"});
            let changed = change(&engine, &me, "deploy", Some(1), Edit::Part(&part)).await.unwrap();
            assert_eq!((changed.version, changed.said.parameters[2].kept), (2, true));
            let version = json!({"parameters": {"version": "1.2"}});
            let ran = run(&engine, &me, "deploy", start(version.clone())).await.unwrap();
            assert_eq!(ran.subject["environment"], json!({"version": "1.2", "count": "2"}));
            assert_eq!((ran.subject["arguments"][0].as_str(), ran.hosts), (Some("2"), 2));
            assert_eq!((ran.job_name.as_deref(), ran.turn), (Some("deploy"), Some(1)));
            let open = |run: &Run| given::open(&engine, "runs", &run.id, run.sealed.as_deref());
            assert_eq!(open(&ran).unwrap().texts["token"].expose(), "canary-default");
            let other = json!({"limit": "web2", "parameters": {"version": "2", "token": "canary-2"}});
            let other = run(&engine, &me, "deploy", start(other)).await.unwrap();
            assert_eq!((other.hosts, other.selector.as_str()), (1, "web2"));
            let shown = serde_json::to_string(&other).unwrap();
            assert!(!shown.contains("canary"), "{shown}");
            let again = run::again(&engine, &me, &other.id).await.unwrap();
            assert_eq!(open(&again).unwrap().texts["token"].expose(), "canary-2");
            assert_eq!((again.job, again.turn), (other.job.clone(), Some(3)));
            let filter = runs::Filter { job: Some("deploy".into()), ..runs::Filter::default() };
            let history = run::list(&engine, &me, filter, &Paging::default()).await.unwrap();
            assert_eq!(history.items.len(), 3);
            for (value, id) in [
                (json!({}), "job.missing_parameter"),
                (json!({"parameters": {"version": "1; rm"}}), "job.no_match"),
                (json!({"parameters": {"version": "1", "x": 1}}), "job.unknown_parameter"),
                (json!({"parameters": {"version": "1"}, "limit": "db1"}), "job.beyond"),
            ] {
                let refused = run(&engine, &me, "deploy", start(value.clone())).await;
                assert_eq!(refusal(refused), id, "{value}");
            }
            let all = json!({"parameters": [{"name": "version"}, {"name": "count"}]});
            change(&engine, &me, "deploy", None, Edit::Part(&all)).await.unwrap();
            let kept = json!({"parameters": [{"name": "token", "kind": "secret", "kept": true}]});
            let refused = change(&engine, &me, "deploy", None, Edit::Part(&kept)).await;
            assert_eq!(refusal(refused), "job.no_secret_kept");
            delete(&engine, &me, "deploy", None).await.unwrap();
            let again = run::again(&engine, &me, &ran.id).await.unwrap();
            assert_eq!(again.job, None, "of a job that is gone there is only what was run");
        })
        .await;
    }

    #[tokio::test]
    async fn who_may_run_jobs_runs_them_and_nothing_else() {
        on_both(|engine| async move {
            let me = Actor::command_line("ana");
            hosts(&engine, &me, &["web1", "db1"]).await;
            let job = |name: &str, selector: &str| {
                said(json!({"name": name, "selector": selector,
                    "subject": {"kind": "verb", "verb": "power.reboot"}}))
            };
            create(&engine, &me, job("web", "web*")).await.unwrap();
            create(&engine, &me, job("every", "all")).await.unwrap();
            create(&engine, &me, job("db", "db*")).await.unwrap();
            let ben = person("ben", &[Verb::RunJobs], "web*");
            let mut paging = Paging { limit: Some(1), cursor: None };
            let mut seen = Vec::new();
            loop {
                let page = list(&engine, &ben, &paging).await.unwrap();
                seen.extend(page.items.into_iter().map(|job| job.said.name));
                paging.cursor = page.next;
                if paging.cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen, ["every", "web"], "those that they may start somewhere");
            for done in [
                show(&engine, &ben, "db").await.map(drop),
                run(&engine, &ben, "db", start(json!({}))).await.map(drop),
            ] {
                assert!(matches!(done, Err(OpError::NotFound(_))), "{done:?}");
            }
            let ran = run(&engine, &ben, "web", start(json!({}))).await.unwrap();
            let limited = run(&engine, &ben, "every", start(json!({"limit": "web1"}))).await;
            assert_eq!(limited.unwrap().hosts, 1);
            let again = run::again(&engine, &ben, &ran.id).await.unwrap();
            assert_eq!((again.actor.as_str(), again.job), ("ben", ran.job));
            let denied = run(&engine, &ben, "every", start(json!({}))).await;
            assert_eq!(refusal(denied), "run.denied_host");
            let free = json!({"selector": "web1", "subject": {"kind": "command", "line": "id"}});
            let free = run::create(&engine, &ben, serde_json::from_value(free).unwrap()).await;
            assert_eq!(refusal(free), "run.denied_host");
            assert_eq!(refusal(create(&engine, &ben, job("own", "web*")).await), "server.denied");
            // Who writes jobs does by them what they may do anyway, and no more.
            for (verbs, may) in [
                (vec![Verb::WriteJobs], false),
                (vec![Verb::WriteJobs, Verb::Run], false),
                (vec![Verb::WriteJobs, Verb::Power], false),
                (vec![Verb::WriteJobs, Verb::Power, Verb::Run], true),
            ] {
                let eve = person("eve", &verbs, "all");
                let made = create(&engine, &eve, job("own", "web*")).await;
                assert_eq!(made.is_ok(), may, "{verbs:?} {made:?}");
            }
            let power = person("pat", &[Verb::View, Verb::Power], "all");
            run(&engine, &power, "every", start(json!({}))).await.unwrap();
            let nobody = person("nil", &[], "all");
            assert_eq!(refusal(show(&engine, &nobody, "web").await), "server.denied");
        })
        .await;
    }

    #[tokio::test]
    async fn what_could_not_be_run_is_not_saved() {
        on_both(|engine| async move {
            let me = Actor::command_line("ana");
            let job = |more: Value| {
                let mut job = json!({"name": "j", "selector": "all",
                    "subject": {"kind": "command", "line": "true"}});
                for (name, value) in more.as_object().unwrap() {
                    job[name] = value.clone();
                }
                said(job)
            };
            let manifest = |name: &str| json!({"kind": "manifest", "manifest": name, "entry": ""});
            let cases = [
                (json!({"name": "a b"}), "register.bad_name"),
                (json!({"selector": "a,,&"}), "inventory.selector_term"),
                (json!({"subject": {"kind": "command", "line": " "}}), "run.no_command"),
                (json!({"subject": {"kind": "command", "words": ["{{ x }}"]}}), "job.unknown_place"),
                (json!({"subject": manifest("none")}), "job.no_manifest"),
                (json!({"subject": {"kind": "manifest", "repository": "r"}}), "job.no_repository"),
                (json!({"subject": {"kind": "manifest", "manifest": "m", "files": {"a": "[]"}}}),
                    "job.two_sources"),
                (json!({"subject": {"kind": "command", "line": "x", "expectation": {"output": "("}}}),
                    "job.bad_expression"),
                (json!({"parameters": [{"name": "a b"}]}), "job.bad_parameter_name"),
            ];
            for (more, id) in cases {
                let refused = refusal(create(&engine, &me, job(more.clone())).await);
                let is_selector = id.starts_with("inventory") && refused.starts_with("inventory");
                assert!(refused == id || is_selector, "{more}: {refused}");
            }
            create(&engine, &me, job(json!({}))).await.unwrap();
            let twice = create(&engine, &me, job(json!({}))).await;
            assert_eq!(refusal(twice), "register.exists");
        })
        .await;
    }

    #[tokio::test]
    async fn starts_at_once_keep_the_rule() {
        on_both(|engine| async move {
            let me = Actor::command_line("ana");
            hosts(&engine, &me, &["web1"]).await;
            for (rule, starts, open) in
                [("allow", 8, 8), ("skip", 1, 1), ("queue", 8, 8), ("replace", 8, 1)]
            {
                let job = json!({"name": rule, "selector": "web1", "concurrency": rule,
                    "subject": {"kind": "command", "line": "true"}});
                let job = create(&engine, &me, said(job)).await.unwrap();
                let all = (0..8).map(|_| {
                    let (engine, me) = (engine.clone(), me.clone());
                    tokio::spawn(async move { run(&engine, &me, rule, start(json!({}))).await })
                });
                let mut made = Vec::new();
                for start in all.collect::<Vec<_>>() {
                    match start.await.unwrap() {
                        Ok(run) => made.push(run),
                        Err(OpError::Conflict(message)) => assert_eq!(message.id, "job.busy"),
                        other => panic!("{rule}: {other:?}"),
                    }
                }
                assert_eq!(made.len(), starts, "{rule}");
                let mut turns: Vec<i64> = made.iter().filter_map(|run| run.turn).collect();
                turns.sort_unstable();
                turns.dedup();
                assert_eq!(turns.len(), starts, "{rule}: each has a turn of its own");
                let left = jobs::open_runs(engine.db(), &job.id).await.unwrap();
                assert_eq!(left.len(), open, "{rule}");
                // One after the other where they take turns, whoever takes them.
                let mut taken = 0;
                while let Some(run) = leases::claim(engine.db(), "node", &[]).await.unwrap() {
                    taken += 1;
                    if rule == "queue" {
                        let other = leases::claim(engine.db(), "other", &[]).await.unwrap();
                        assert!(other.is_none(), "{other:?}");
                    }
                    let hold = runs::Hold { id: run.id, node: "node".into(), fence: run.fence };
                    let end = runs::Step::End(RunState::Succeeded, String::new());
                    assert!(runs::step(engine.db(), &hold, &end).await.unwrap());
                }
                assert_eq!(taken, open, "{rule}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_run_that_is_under_way_is_stopped_for_its_successor() {
        on_both(|engine| async move {
            let me = Actor::command_line("ana");
            hosts(&engine, &me, &["web1"]).await;
            let job = json!({"name": "j", "selector": "web1", "concurrency": "replace",
                "subject": {"kind": "command", "line": "true"}});
            create(&engine, &me, said(job)).await.unwrap();
            let first = run(&engine, &me, "j", start(json!({}))).await.unwrap();
            let taken = leases::claim(engine.db(), "node", &[]).await.unwrap().unwrap();
            let second = run(&engine, &me, "j", start(json!({}))).await.unwrap();
            let stopped = run::show(&engine, &me, &first.id).await.unwrap();
            assert_eq!(stopped.state, RunState::Cancelling);
            assert!(leases::claim(engine.db(), "other", &[]).await.unwrap().is_none());
            let hold = runs::Hold { id: taken.id, node: "node".into(), fence: taken.fence };
            let end = runs::Step::End(RunState::Cancelled, String::new());
            assert!(runs::step(engine.db(), &hold, &end).await.unwrap());
            let next = leases::claim(engine.db(), "other", &[]).await.unwrap().unwrap();
            assert_eq!(next.id, second.id);
        })
        .await;
    }

    #[tokio::test]
    async fn a_run_says_which_revision_of_a_manifest_it_was() {
        on_both(|engine| async move {
            use super::super::manifest;
            let me = Actor::command_line("ana");
            hosts(&engine, &me, &["web1"]).await;
            let text = |n: u32| format!("- debug: msg={n}\n");
            let site = json!({"name": "site", "files": {"site.yml": text(1)}});
            let site = serde_json::from_value(site).unwrap();
            manifest::create(&engine, &me, site).await.unwrap();
            let job = json!({"name": "j", "selector": "web1",
                "subject": {"kind": "manifest", "manifest": "site", "entry": "", "check": true},
                "parameters": [{"name": "greeting", "default": "x"}]});
            create(&engine, &me, said(job)).await.unwrap();
            let first = run(&engine, &me, "j", start(json!({}))).await.unwrap();
            let part = json!({"files": {"site.yml": text(2)}});
            manifest::change(&engine, &me, "site", None, Edit::Part(&part)).await.unwrap();
            let second = run(&engine, &me, "j", start(json!({}))).await.unwrap();
            let again = run::again(&engine, &me, &first.id).await.unwrap();
            for (run, revision) in [(&first, "1"), (&second, "2"), (&again, "1")] {
                assert_eq!(run.subject["revision"], revision);
                assert_eq!(run.subject["entry"], "site.yml");
                assert_eq!(run.subject["vars"], json!({"greeting": "x"}));
                let mut subject = serde_json::from_value(run.subject.clone()).unwrap();
                let given = Given::to(&engine, &mut subject).await.unwrap();
                assert_eq!(given.files["site.yml"], text(revision.parse().unwrap()).into_bytes());
            }
            let none = json!({"selector": "web1",
                "subject": {"kind": "manifest", "manifest": "site", "entry": "", "revision": 9}});
            let none = run::create(&engine, &me, serde_json::from_value(none).unwrap()).await;
            assert_eq!(refusal(none), "job.no_revision");
        })
        .await;
    }
}
