//! Finding something by a few letters of what it is called, among what somebody may see.

use std::borrow::Cow;
use std::cmp::Reverse;

use hep_core::rights::{Verb, may_somewhere};

use super::actor::Actor;
use super::error::OpResult;
use super::reach::Reach;
use super::{Engine, job, page::Paging, run, view};
use crate::store::roster::RosterHost;
use crate::store::runs::{Filter, Run};
use crate::store::search::{self, Noun};
use crate::store::views::View;

/// The longest text that is looked for, in characters.
const LONGEST: usize = 200;
/// How many letters of an id it takes to look for it.
const ID_BEGINS: usize = 4;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Hosts.
    pub hosts: Vec<FoundHost>,
    /// Names of nouns.
    pub named: Vec<(Noun, String)>,
    /// Runs with this number, or whose id begins so.
    pub runs: Vec<Run>,
    /// Views.
    pub views: Vec<View>,
}

/// A host that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundHost {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
}

/// All that the actor may see and that is called so; of each kind at most `limit`.
pub async fn all(engine: &Engine, actor: &Actor, text: &str, limit: u32) -> OpResult<Found> {
    let text: String = text.chars().take(LONGEST).collect();
    let mut found = Found {
        hosts: hosts(engine, actor, Verb::View, &text, limit).await?,
        runs: runs(engine, actor, &text, limit).await?,
        views: views(engine, actor, &text, limit).await?,
        named: Vec::new(),
    };
    for noun in Noun::ALL {
        let names = names(engine, actor, noun, &text, limit).await?;
        found.named.extend(names.into_iter().map(|name| (noun, name)));
    }
    Ok(found)
}

/// Hosts by their names and addresses, as far as the actor may see them and do `verb` to them: the name itself first,
/// then those that begin so.
pub async fn hosts(
    engine: &Engine,
    actor: &Actor,
    verb: Verb,
    text: &str,
    limit: u32,
) -> OpResult<Vec<FoundHost>> {
    if !may_somewhere(&actor.grants, Verb::View) || !may_somewhere(&actor.grants, verb) {
        return Ok(Vec::new());
    }
    let (sees, may) =
        (Reach::now(engine, actor, Verb::View).await?, Reach::now(engine, actor, verb).await?);
    let registered = engine.registered().await?;
    let wanted = text.to_lowercase();
    // Of however many that fit only the best are kept, in their order.
    let (mut found, limit) = (Vec::<(u8, &RosterHost)>::new(), limit as usize);
    for host in registered.hosts() {
        let Some(rank) = rank(&host.name, &host.address, &wanted) else { continue };
        let is_before =
            |(other, known): &(u8, &RosterHost)| (*other, &known.name) < (rank, &host.name);
        let place = found.partition_point(is_before);
        if place < limit && sees.has(&host.name) && may.has(&host.name) {
            found.insert(place, (rank, host));
            found.truncate(limit);
        }
    }
    let host = |(_, host): (u8, &RosterHost)| FoundHost {
        name: host.name.clone(),
        address: host.address.clone(),
    };
    Ok(found.into_iter().map(host).collect())
}

/// How well a host fits a text in lower case: the lower the better. Nothing where it does not.
fn rank(name: &str, address: &str, wanted: &str) -> Option<u8> {
    let name = lowered(name);
    match name.find(wanted) {
        Some(0) if name.len() == wanted.len() => Some(0),
        Some(0) => Some(1),
        Some(_) => Some(2),
        None => match lowered(address).find(wanted)? {
            0 => Some(3),
            _ => Some(4),
        },
    }
}

/// A text in lower case; most names are.
fn lowered(text: &str) -> Cow<'_, str> {
    match text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.to_lowercase()),
    }
}

/// Names of a noun, as far as the actor may see those.
pub async fn names(
    engine: &Engine,
    actor: &Actor,
    noun: Noun,
    text: &str,
    limit: u32,
) -> OpResult<Vec<String>> {
    let verb = match noun {
        Noun::Job if !actor.may(Verb::View) && !actor.may(Verb::RunJobs) => {
            return startable(engine, actor, text, limit).await;
        }
        Noun::Job if actor.may(Verb::RunJobs) => Verb::RunJobs,
        Noun::Group | Noun::Partition | Noun::Job | Noun::Manifest | Noun::Repository => Verb::View,
        Noun::Credential => Verb::Secrets,
        Noun::User | Noun::Team | Noun::Role => Verb::Administer,
    };
    if !actor.may(verb) {
        return Ok(Vec::new());
    }
    Ok(search::names(engine.db(), noun, text, limit).await?)
}

/// Jobs, for who sees those only that they may start.
async fn startable(
    engine: &Engine,
    actor: &Actor,
    text: &str,
    limit: u32,
) -> OpResult<Vec<String>> {
    if !may_somewhere(&actor.grants, Verb::RunJobs) {
        return Ok(Vec::new());
    }
    let paging = Paging { limit: Some(super::page::MOST), cursor: None };
    let wanted = text.to_lowercase();
    let names = job::list(engine, actor, &paging).await?.items.into_iter();
    let names = names.map(|job| job.said.name);
    let mut names: Vec<_> = names.filter(|name| name.to_lowercase().contains(&wanted)).collect();
    names.sort_by_key(|name| Reverse(name.to_lowercase().starts_with(&wanted)));
    names.truncate(limit as usize);
    Ok(names)
}

/// Runs of jobs with this number, and runs whose id begins so, the latest first.
async fn runs(engine: &Engine, actor: &Actor, text: &str, limit: u32) -> OpResult<Vec<Run>> {
    let paging = Paging { limit: Some(limit), cursor: None };
    let text = text.trim_start_matches('#');
    let mut found = Vec::new();
    if let Ok(turn) = text.parse::<u32>() {
        let filter = Filter { turn: Some(turn.into()), ..Filter::default() };
        found = run::list(engine, actor, filter, &paging).await?.items;
    }
    let id = text.to_ascii_lowercase();
    let is_id = id.len() >= ID_BEGINS && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_id {
        let filter = Filter { id: Some(id), ..Filter::default() };
        let by_id = run::list(engine, actor, filter, &paging).await?.items;
        found.extend(by_id);
    }
    Ok(found)
}

async fn views(engine: &Engine, actor: &Actor, text: &str, limit: u32) -> OpResult<Vec<View>> {
    let wanted = text.to_lowercase();
    let paging = Paging { limit: Some(super::page::MOST), cursor: None };
    let mut found = view::list(engine, actor, &paging).await?.items;
    found.retain(|view| view.said.name.to_lowercase().contains(&wanted));
    found.truncate(limit as usize);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use hep_core::rights::Grant;
    use serde_json::json;

    use super::super::testing::on_both;
    use super::super::{credential, group, host, user};
    use super::*;
    use crate::store::hosts::HostInput;

    fn names(hosts: &[FoundHost]) -> Vec<&str> {
        hosts.iter().map(|host| host.name.as_str()).collect()
    }

    #[tokio::test]
    async fn what_somebody_may_see_is_found_by_its_name() {
        on_both(|engine| async move {
            let root = Actor::command_line("root");
            for (name, address) in
                [("web", "10.0.0.1"), ("web2", "10.0.0.2"), ("db-web", "h"), ("db1", "WEB.example")]
            {
                let said = HostInput { address: address.into(), ..HostInput::named(name) };
                host::create(&engine, &root, said).await.unwrap();
            }
            let said = json!({"name": "webs", "hosts": ["web"]});
            group::create(&engine, &root, serde_json::from_value(said).unwrap()).await.unwrap();
            let said = json!({"name": "web-key", "kind": "agent"});
            credential::create(&engine, &root, serde_json::from_value(said).unwrap())
                .await
                .unwrap();
            user::create(&engine, &root, user::NewUser::named("webmaster")).await.unwrap();
            let found = all(&engine, &root, "Web", 9).await.unwrap();
            assert_eq!(names(&found.hosts), ["web", "web2", "db-web", "db1"]);
            let nouns = [
                (Noun::Group, "webs".to_owned()),
                (Noun::Credential, "web-key".into()),
                (Noun::User, "webmaster".into()),
            ];
            assert_eq!(found.named, nouns);
            let found = all(&engine, &root, "10.0.0.2", 9).await.unwrap();
            assert_eq!(names(&found.hosts), ["web2"]);
            let grant = |verb: Verb, selector: &str| Grant {
                verbs: [verb].into(),
                selector: selector.into(),
                partition: None,
                limit: None,
            };
            let grants = vec![grant(Verb::View, "web*"), grant(Verb::Power, "web2,db1")];
            let some = Actor { grants, ..Actor::command_line("some") };
            let found = all(&engine, &some, "web", 9).await.unwrap();
            assert_eq!((names(&found.hosts), found.named), (vec!["web", "web2"], vec![]));
            let may = hosts(&engine, &some, Verb::Power, "", 9).await.unwrap();
            assert_eq!(names(&may), ["web2"]);
            let nobody = Actor { grants: Vec::new(), ..some };
            let found = all(&engine, &nobody, "web", 9).await.unwrap();
            assert!(found.hosts.is_empty() && found.named.is_empty() && found.runs.is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn a_run_is_found_by_its_number_and_by_its_id() {
        on_both(|engine| async move {
            let root = Actor::command_line("root");
            host::create(&engine, &root, HostInput::named("web")).await.unwrap();
            let said = json!({"name": "nightly", "selector": "web",
                "subject": {"kind": "command", "line": "true"}});
            job::create(&engine, &root, serde_json::from_value(said).unwrap()).await.unwrap();
            let start = async || {
                let said = serde_json::from_value(json!({})).unwrap();
                job::run(&engine, &root, "nightly", said).await.unwrap()
            };
            let (first, second) = (start().await, start().await);
            let ids = async |text: &str| -> Vec<String> {
                let found = all(&engine, &root, text, 9).await.unwrap();
                found.runs.into_iter().map(|run| run.id).collect()
            };
            for text in ["2", "#2", &second.id, &second.id.to_uppercase()] {
                assert_eq!(ids(text).await, std::slice::from_ref(&second.id), "{text}");
            }
            assert_eq!(ids("1").await, std::slice::from_ref(&first.id));
            assert!(ids(&first.id[..8]).await.contains(&first.id));
            assert!(ids("night").await.is_empty() && ids("3").await.is_empty());
        })
        .await;
    }
}
