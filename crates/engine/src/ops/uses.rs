//! Who uses what somebody wants to remove, or to give another name: jobs, grants and tokens name things, and would
//! silently mean something else afterwards.

use hep_core::message::register as say;
use hep_core::selector::Selector;

use super::error::{OpError, OpResult};
use crate::store::jobs::{self, Job};
use crate::store::{Sql, grants, hosts, repositories, tokens};

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
    let names = |selector: &str| {
        let named = Selector::parse(selector).map(|selector| selector.names_group(name, is_host));
        named.unwrap_or(false)
    };
    let all = grants::list(from, &grants::Filter::default(), ALL).await?;
    let mut users: Vec<String> =
        all.iter().filter(|grant| names(&grant.said.selector)).map(grant).collect();
    let tokens = tokens::list(from, None, None, ALL).await?;
    let of_token = |token: &tokens::Token| format!("token `{}/{}`", token.user, token.name);
    users.extend(tokens.iter().filter(|token| names(&token.selector)).map(of_token));
    users.extend(jobs_that(from, |job| names(&job.said.selector)).await?);
    unless("group", name, &users)
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
        Actor, Engine, credential, grant as grants_op, group, job, manifest, partition, repository,
        user,
    };
    use super::*;

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
                manifest::patch(&engine, &me, "held", None, &renamed).await.map(drop),
                repository::patch(&engine, &me, "held", None, &renamed).await.map(drop),
                group::patch(&engine, &me, "held", None, &renamed).await.map(drop),
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
}
