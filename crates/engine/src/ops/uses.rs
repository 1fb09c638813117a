//! Who uses what somebody wants to remove, or to give another name: jobs, grants and tokens name things, and would
//! silently mean something else afterwards.

use hep_core::message::register as say;
use hep_core::rights::Verb;
use hep_core::selector::Selector;
use hep_core::ssh::config_value;
use hep_core::verb::login::PUSH_KEY;

use super::actor::Actor;
use super::error::{OpError, OpResult};
use crate::server::subject::Subject;
use crate::store::hosts::Host;
use crate::store::jobs::{self, Job};
use crate::store::{Sql, grants, host_runs, hosts, repositories, roster, tokens};

/// How many are named to whom it is refused.
const NAMED: usize = 5;
/// More than there are of anything that is looked through here.
const ALL: u32 = u32::MAX;

/// Refuses where anybody uses it.
fn unless(kind: &str, name: &str, users: &[String]) -> OpResult<()> {
    if users.is_empty() {
        return Ok(());
    }
    let mut named = users.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if users.len() > NAMED {
        named.push_str(", …");
    }
    Err(OpError::Conflict(say::used(kind, name, named)))
}

async fn jobs_that(from: &dyn Sql, uses: impl Fn(&Job) -> bool) -> OpResult<Vec<String>> {
    let jobs = jobs::list(from, None, ALL).await?;
    Ok(jobs.iter().filter(|job| uses(job)).map(|job| format!("job `{}`", job.said.name)).collect())
}

/// Refuses where a job runs it.
pub(super) async fn no_job_of_manifest(from: &dyn Sql, id: &str, name: &str) -> OpResult<()> {
    let uses = |job: &Job| {
        let named = job.said.subject.manifest().and_then(|subject| subject.manifest.as_deref());
        named.is_some_and(|named| named == name || named == id)
    };
    unless("manifest", name, &jobs_that(from, uses).await?)
}

/// Refuses where a job takes its manifest from it.
pub(super) async fn no_job_of_repository(from: &dyn Sql, id: &str, name: &str) -> OpResult<()> {
    let uses = |job: &Job| {
        let named = job.said.subject.manifest().and_then(|subject| subject.repository.as_deref());
        named.is_some_and(|named| named == name || named == id)
    };
    unless("repository", name, &jobs_that(from, uses).await?)
}

/// Refuses where a repository is taken from by it.
pub(super) async fn no_repository_of_credential(from: &dyn Sql, name: &str) -> OpResult<()> {
    let repositories = repositories::list(from, None, ALL).await?;
    let with = repositories.iter().filter(|one| one.said.credential.as_deref() == Some(name));
    let users: Vec<String> = with.map(|one| format!("repository `{}`", one.said.name)).collect();
    unless("credential", name, &users)
}

/// Refuses where a grant is for its hosts alone.
pub(super) async fn no_grant_of_partition(from: &dyn Sql, name: &str) -> OpResult<()> {
    let grants = grants::list(from, &grants::Filter::default(), ALL).await?;
    let uses = grants.iter().filter(|grant| grant.said.partition.as_deref() == Some(name));
    unless("partition", name, &uses.map(grant).collect::<Vec<_>>())
}

/// Refuses where the selector of a grant, a token or a job names it.
pub(super) async fn no_selector_of_group(from: &dyn Sql, name: &str) -> OpResult<()> {
    // By its bare name a host is meant, where there is one.
    let is_host = hosts::by_name(from, name).await?.is_some();
    let users = selectors_that(from, |selector| selector.names_group(name, is_host)).await?;
    unless("group", name, &users)
}

/// The grants, tokens and jobs whose selectors name something.
async fn selectors_that(
    from: &dyn Sql,
    names: impl Fn(&Selector) -> bool,
) -> OpResult<Vec<String>> {
    let names = |selector: &str| Selector::parse(selector).is_ok_and(|selector| names(&selector));
    let all = grants::list(from, &grants::Filter::default(), ALL).await?;
    let mut users: Vec<String> =
        all.iter().filter(|grant| names(&grant.said.selector)).map(grant).collect();
    let tokens = tokens::list(from, None, None, ALL).await?;
    let of_token = |token: &tokens::Token| format!("token `{}/{}`", token.user, token.name);
    users.extend(tokens.iter().filter(|token| names(&token.selector)).map(of_token));
    users.extend(jobs_that(from, |job| names(&job.said.selector)).await?);
    Ok(users)
}

/// Refuses where a host is to have another name, and the selector of a grant, a token or a job has the one before,
/// another host is reached by way of it, or a run that has not ended has it among its hosts. Whoever does not see these is told of them, and not which they are.
pub(super) async fn nobody_of_host(from: &dyn Sql, actor: &Actor, host: &Host) -> OpResult<()> {
    let name = host.said.name.as_str();
    let mut users = selectors_that(from, |selector| selector.names_host(name)).await?;
    let leads = |jump: &str| {
        let hops = config_value::jumps(jump).unwrap_or_default();
        hops.iter().any(|hop| hop.host == name)
    };
    let jumps = roster::jumps(from).await?;
    let over = jumps.iter().filter(|(_, jump)| leads(jump));
    users.extend(over.map(|(host, _)| format!("host `{host}`")));
    let most = u32::try_from(NAMED + 1).unwrap_or(ALL);
    let open = host_runs::open_on(from, &host.id, most).await?;
    users.extend(open.iter().map(|run| format!("run `{run}`")));
    if !users.is_empty() && !actor.may(Verb::View) {
        return Err(OpError::Conflict(say::used_by_others(name)));
    }
    unless("host", name, &users)
}

/// Refuses where a job lets its key into hosts.
pub(super) async fn no_job_of_credential(from: &dyn Sql, id: &str, name: &str) -> OpResult<()> {
    let uses = |job: &Job| match &job.said.subject {
        Subject::Verb(verb) if verb.verb == PUSH_KEY => {
            let named = verb.parameters["credential"].as_str();
            named.is_some_and(|named| named == name || named == id)
        }
        _ => false,
    };
    unless("credential", name, &jobs_that(from, uses).await?)
}

fn grant(granted: &grants::Granted) -> String {
    let said = &granted.said;
    let whose = said.user.as_ref().or(said.team.as_ref()).map_or("", String::as_str);
    format!("the role `{}` of `{whose}`", said.role)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::on_both;
    use super::super::{
        Engine, credential, grant as grants_op, group, host, job, manifest, partition, repository,
        role, run, user,
    };
    use super::*;
    use crate::ops::actor::ActorKind;
    use crate::ops::page::Paging;
    use crate::ops::patch::Edit;
    use crate::store::runs;

    fn said<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).unwrap()
    }

    async fn fill(engine: &Engine, me: &Actor) {
        credential::create(
            engine,
            me,
            said(json!({"name": "git", "kind": "password",
            "user": "x", "password": "y"})),
        )
        .await
        .unwrap();
        for name in ["held", "free"] {
            group::create(engine, me, said(json!({"name": name}))).await.unwrap();
            partition::create(engine, me, said(json!({"name": name}))).await.unwrap();
            let files = json!({"name": name, "files": {"main.yml": "- debug: msg=x\n"}});
            manifest::create(engine, me, said(files)).await.unwrap();
            let from = json!({"name": name, "url": "https://git.example/x.git", "credential":
                (name == "held").then_some("git")});
            repository::create(engine, me, said(from)).await.unwrap();
        }
        let subjects = [
            json!({"kind": "manifest", "manifest": "held", "entry": ""}),
            json!({"kind": "manifest", "repository": "held", "entry": ""}),
            json!({"kind": "command", "line": "true"}),
        ];
        for (number, subject) in subjects.into_iter().enumerate() {
            let one = json!({"name": format!("job{number}"), "selector": "all:!@held", "subject": subject});
            job::create(engine, me, said(one)).await.unwrap();
        }
        user::create(engine, me, said(json!({"name": "ana"}))).await.unwrap();
        let grant =
            json!({"user": "ana", "role": "viewer", "selector": "held", "partition": "held"});
        grants_op::create(engine, me, said(grant)).await.unwrap();
    }

    fn told(done: OpResult<()>) -> Result<(), String> {
        done.map_err(|error| match error {
            OpError::Conflict(message) => message.to_string(),
            other => panic!("{other:?}"),
        })
    }

    #[tokio::test]
    async fn what_somebody_names_is_not_removed_under_them() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            fill(&engine, &me).await;
            let (group, partition) =
                ("role `viewer` of `ana`, job `job0`", "role `viewer` of `ana`");
            let cases = [
                (told(manifest::delete(&engine, &me, "held", None).await), "job `job0`"),
                (told(repository::delete(&engine, &me, "held", None).await), "job `job1`"),
                (told(credential::delete(&engine, &me, "git", None).await), "repository `held`"),
                (told(partition::delete(&engine, &me, "held", None).await), partition),
                (told(group::delete(&engine, &me, "held", None).await), group),
            ];
            for (refused, users) in cases {
                let refused = refused.unwrap_err();
                assert!(refused.contains(users), "{refused}");
            }
            let renamed = json!({"name": "other"});
            let renamed = [
                manifest::change(&engine, &me, "held", None, Edit::Part(&renamed)).await.map(drop),
                repository::change(&engine, &me, "held", None, Edit::Part(&renamed))
                    .await
                    .map(drop),
                group::change(&engine, &me, "held", None, Edit::Part(&renamed)).await.map(drop),
            ];
            for refused in renamed {
                assert!(told(refused).is_err());
            }
            manifest::delete(&engine, &me, "free", None).await.unwrap();
            repository::delete(&engine, &me, "free", None).await.unwrap();
            partition::delete(&engine, &me, "free", None).await.unwrap();
            group::delete(&engine, &me, "free", None).await.unwrap();
            job::delete(&engine, &me, "job0", None).await.unwrap();
            manifest::delete(&engine, &me, "held", None).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn a_host_keeps_the_name_by_which_others_know_it() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let web = |number: usize| format!("web{number}");
            for number in 1..=7 {
                let jump = (number == 2).then_some("ana@web1:22");
                let one = json!({"name": web(number), "jump": jump});
                host::create(&engine, &me, said(one)).await.unwrap();
            }
            for (name, selector) in
                [("named", "all:!web3"), ("within", "web[4-5]"), ("fits", "web*")]
            {
                let one = json!({"name": name, "selector": selector,
                    "subject": {"kind": "command", "line": "true"}});
                job::create(&engine, &me, said(one)).await.unwrap();
            }
            user::create(&engine, &me, said(json!({"name": "ana"}))).await.unwrap();
            let grant = json!({"user": "ana", "role": "viewer", "selector": "web6"});
            grants_op::create(&engine, &me, said(grant)).await.unwrap();
            let rename = async |actor: &Actor, number: usize| {
                let name = json!({"name": format!("other{number}")});
                let done =
                    host::change(&engine, actor, &web(number), None, Edit::Part(&name)).await;
                told(done.map(drop))
            };
            for (number, user) in [
                (1, "host `web2`"),
                (3, "job `named`"),
                (4, "job `within`"),
                (5, "job `within`"),
                (6, "the role `viewer` of `ana`"),
            ] {
                let refused = rename(&me, number).await.unwrap_err();
                assert!(refused.contains(&format!("used by {user}\n")), "{refused}");
            }
            // Who sees no jobs is not told which there are.
            let mut grant = me.grants[0].clone();
            grant.verbs = [Verb::Change].into();
            let changer = Actor { grants: vec![grant], ..me.clone() };
            let refused = rename(&changer, 3).await.unwrap_err();
            assert!(!refused.contains("named"), "{refused}");
            // Who approves a run approves it for the hosts that it was asked for.
            let asked = json!({"selector": "web7", "subject": {"kind": "command", "line": "id"}});
            let ran = run::create(&engine, &me, said(asked)).await.unwrap();
            let refused = rename(&me, 7).await.unwrap_err();
            assert!(refused.contains(&format!("used by run `{}`", ran.id)), "{refused}");
            run::cancel(&engine, &me, &ran.id).await.unwrap();
            // What a pattern fits is what it says; all else of a host changes as ever.
            rename(&me, 7).await.unwrap();
            let notes = json!({"notes": "x", "name": "web3"});
            host::change(&engine, &me, "web3", None, Edit::Part(&notes)).await.unwrap();
            job::delete(&engine, &me, "named", None).await.unwrap();
            rename(&me, 3).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn roles_and_users_take_their_grants_along() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let role_said = json!({"name": "keeper", "verbs": ["view"]});
            role::create(&engine, &me, said(role_said)).await.unwrap();
            user::create(&engine, &me, said(json!({"name": "ana"}))).await.unwrap();
            let grant = json!({"user": "ana", "role": "keeper"});
            grants_op::create(&engine, &me, said(grant)).await.unwrap();
            let id = user::show(&engine, &me, "ana").await.unwrap().id;
            let as_user = |id: &str, name: &str| {
                let (kind, id) = (ActorKind::User, Some(id.to_owned()));
                Actor { kind, id, grants: Vec::new(), ..Actor::command_line(name) }
            };
            host::create(&engine, &me, said(json!({"name": "web1"}))).await.unwrap();
            let asked = json!({"selector": "web1", "subject": {"kind": "command", "line": "id"}});
            let ana = Actor { grants: me.grants.clone(), ..as_user(&id, "ana") };
            let ran = run::create(&engine, &ana, said(asked)).await.unwrap();
            let renamed = |name: &str| json!({ "name": name });
            role::change(&engine, &me, "keeper", None, Edit::Part(&renamed("warden")))
                .await
                .unwrap();
            user::change(&engine, &me, "ana", None, Edit::Part(&renamed("anna"))).await.unwrap();
            let filter = grants::Filter { user: Some("anna".into()), ..grants::Filter::default() };
            let kept = grants_op::list(&engine, &me, filter, &Paging::default()).await.unwrap();
            assert_eq!(kept.items.len(), 1);
            assert_eq!(kept.items[0].said.role, "warden");
            // Their runs stay theirs, and are not another's who gets the name.
            for (actor, sees) in [(as_user(&id, "anna"), true), (as_user("other", "ana"), false)] {
                let all = runs::Filter::default();
                let listed = run::list(&engine, &actor, all, &Paging::default()).await.unwrap();
                assert_eq!(listed.items.len(), usize::from(sees), "{}", actor.name);
                let shown = run::show(&engine, &actor, &ran.id).await;
                assert_eq!(shown.is_ok(), sees, "{}", actor.name);
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_key_that_a_job_lets_in_stays() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let key = json!({"name": "key", "kind": "key", "user": "x", "generate": true});
            credential::create(&engine, &me, said(key)).await.unwrap();
            host::create(&engine, &me, said(json!({"name": "web1"}))).await.unwrap();
            let subject =
                json!({"kind": "verb", "verb": PUSH_KEY, "parameters": {"credential": "key"}});
            let one = json!({"name": "push", "selector": "all", "subject": subject});
            job::create(&engine, &me, said(one)).await.unwrap();
            let name = said(json!({"name": "other"}));
            let renamed =
                credential::change(&engine, &me, "key", None, Edit::Part(name)).await.map(drop);
            let deleted = credential::delete(&engine, &me, "key", None).await;
            for refused in [renamed, deleted] {
                assert!(told(refused).unwrap_err().contains("job `push`"));
            }
            job::delete(&engine, &me, "push", None).await.unwrap();
            credential::delete(&engine, &me, "key", None).await.unwrap();
        })
        .await;
    }
}
