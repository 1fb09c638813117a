//! Hosts of the register.

use std::collections::{BTreeMap, BTreeSet};

use hep_core::inventory::connection;
use hep_core::message::{register as say, server};
use hep_core::name;
use hep_core::rights::Verb;
use serde_json::{Map, Value};

use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::page::{Page, Paging, page_by};
use super::patch::Edit;
use super::reach::Reach;
use super::{Engine, uses};
use crate::store::host_list::{self, Filter};
use crate::store::hosts::{self, Host, HostInput, References};
use crate::store::{Sql, Tx, credentials, host_states, partitions, register};

/// What a host is called in messages.
const KIND: &str = "host";

/// The families of VirtShell; `HighPerformance` is its older word for `ComputeOptimized`.
const FAMILIES: [&str; 5] = [
    "GeneralPurpose",
    "ComputeOptimized",
    "MemoryOptimized",
    "StorageOptimized",
    "HighPerformance",
];

/// A page of the hosts that the actor may see; with a selector only those that it names.
pub async fn list(
    engine: &Engine,
    actor: &Actor,
    filter: Filter,
    selector: Option<&str>,
    paging: &Paging,
) -> OpResult<Page<Host>> {
    actor.must_somewhere(Verb::View, "hosts")?;
    let names = within(engine, actor, selector).await?;
    page_of(engine, filter, names.as_ref(), paging).await
}

/// The same, and how many there are on all pages.
pub async fn list_and_count(
    engine: &Engine,
    actor: &Actor,
    filter: Filter,
    selector: Option<&str>,
    paging: &Paging,
) -> OpResult<(Page<Host>, i64)> {
    actor.must_somewhere(Verb::View, "hosts")?;
    let names = within(engine, actor, selector).await?;
    let many = count_of(engine, &filter, names.as_ref()).await?;
    Ok((page_of(engine, filter, names.as_ref(), paging).await?, many))
}

async fn page_of(
    engine: &Engine,
    mut filter: Filter,
    names: Option<&BTreeSet<String>>,
    paging: &Paging,
) -> OpResult<Page<Host>> {
    let limit = paging.limit()?;
    filter.after = paging.after()?;
    let sort = filter.sort;
    let found = match names {
        None => host_list::list(engine.db(), &filter, limit + 1).await?,
        Some(names) => list_within(engine.db(), filter, limit + 1, names).await?,
    };
    Ok(page_by(found, limit, |host| sort.key(host)))
}

async fn count_of(
    engine: &Engine,
    filter: &Filter,
    names: Option<&BTreeSet<String>>,
) -> OpResult<i64> {
    let Some(names) = names else { return Ok(host_list::count(engine.db(), filter).await?) };
    let many = match filter.is_open() {
        true => names.len(),
        false => {
            let found = host_list::names(engine.db(), filter).await?;
            found.iter().filter(|name| names.contains(*name)).count()
        }
    };
    Ok(i64::try_from(many).unwrap_or(i64::MAX))
}

/// The names of the hosts that the actor may see of those that a filter and a selector name, in order.
pub async fn names(
    engine: &Engine,
    actor: &Actor,
    filter: &Filter,
    selector: Option<&str>,
) -> OpResult<Vec<String>> {
    actor.must_somewhere(Verb::View, "hosts")?;
    let mut found = host_list::names(engine.db(), filter).await?;
    if let Some(names) = within(engine, actor, selector).await? {
        found.retain(|name| names.contains(name));
    }
    Ok(found)
}

/// The names to which rights and a selector keep a list; nothing where they do not.
async fn within(
    engine: &Engine,
    actor: &Actor,
    selector: Option<&str>,
) -> OpResult<Option<BTreeSet<String>>> {
    let reach = match Reach::now(engine, actor, Verb::View).await? {
        Reach::Everything => None,
        Reach::Some(names) => Some(names),
    };
    let selected = match selector {
        None => None,
        Some(text) => Some(selected(engine, text).await?),
    };
    Ok(match (reach, selected) {
        (Some(reach), Some(selected)) => Some(reach.intersection(&selected).cloned().collect()),
        (reach, selected) => reach.or(selected),
    })
}

/// The names of the hosts that a selector names.
pub(super) async fn selected(engine: &Engine, selector: &str) -> OpResult<BTreeSet<String>> {
    let names = engine.registered().await?.select(selector);
    let names = names.map_err(|message| OpError::invalid("selector", message))?;
    Ok(names.iter().map(ToString::to_string).collect())
}

/// Names that one statement is asked about.
const AT_ONCE: usize = 500;

/// As `list`, but only of these names.
async fn list_within(
    from: &dyn Sql,
    mut filter: Filter,
    limit: u32,
    names: &BTreeSet<String>,
) -> OpResult<Vec<Host>> {
    let within = match names.len() <= AT_ONCE && filter.names.is_none() {
        true => names.iter().cloned().collect(),
        // Rows are wide: which of them stand on the page is found out by their names alone.
        false => {
            let sorted = host_list::sorted_names(from, &filter).await?;
            let within = sorted.into_iter().filter(|name| names.contains(name));
            within.take(limit as usize).collect()
        }
    };
    filter.names = Some(within);
    Ok(host_list::list(from, &filter, limit).await?)
}

/// How many of the hosts that the actor may see are in each state.
pub async fn counts(engine: &Engine, actor: &Actor) -> OpResult<BTreeMap<String, i64>> {
    actor.must_somewhere(Verb::View, "hosts")?;
    let names = match Reach::now(engine, actor, Verb::View).await? {
        Reach::Everything => {
            return Ok(host_states::count(engine.db()).await?.into_iter().collect());
        }
        Reach::Some(names) => names,
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut counts = BTreeMap::new();
    for some in names.chunks(AT_ONCE) {
        for (state, many) in host_states::count_of(engine.db(), some).await? {
            *counts.entry(state).or_default() += many;
        }
    }
    Ok(counts)
}

/// What the actor may do to a host that they may see.
pub async fn rights(engine: &Engine, actor: &Actor, name: &str) -> OpResult<BTreeSet<Verb>> {
    let host = load_for(engine.db(), actor, Verb::View, name).await?;
    let mut verbs = BTreeSet::new();
    for verb in Verb::ALL {
        if Reach::now(engine, actor, verb).await?.has(&host.said.name) {
            verbs.insert(verb);
        }
    }
    Ok(verbs)
}

/// A host, by its name or its id.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Host> {
    load_for(engine.db(), actor, Verb::View, name).await
}

/// Makes a host.
pub async fn create(engine: &Engine, actor: &Actor, mut said: HostInput) -> OpResult<Host> {
    actor.must_somewhere(Verb::Change, &said.name)?;
    complete(&mut said)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let refers = references(&tx, actor, None, &said).await?;
    let made = hosts::insert(&tx, &said, &refers, &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    let object = Object { kind: KIND, id: Some(&id), name: &said.name };
    may_have(actor, &tx, &said.name).await?;
    actor.made(&tx, object).await?;
    let host = load(&tx, &said.name).await?;
    tx.commit().await?;
    Ok(host)
}

/// Changes a host; with a version only if it still has that one.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<HostInput, &Value>,
) -> OpResult<Host> {
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let before = load_for(&tx, actor, Verb::Change, name).await?;
    let mut said = edit.over(&before.said)?;
    complete(&mut said)?;
    if said.name != before.said.name {
        uses::nobody_of_host(&tx, actor, &before).await?;
    }
    let version = version.unwrap_or(before.version);
    let refers = references(&tx, actor, Some(&before), &said).await?;
    let done = hosts::update(&tx, &before.id, version, &said, &refers, &actor.name).await;
    written(done, KIND, name, &said.name)?;
    may_have(actor, &tx, &said.name).await?;
    actor.did(&tx, "host.update", Object::from(&before), "done", None).await?;
    let host = load(&tx, &said.name).await?;
    tx.commit().await?;
    Ok(host)
}

/// Removes a host from the register; nothing happens to the machine.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let host = load_for(&tx, actor, Verb::Change, name).await?;
    let gone = hosts::delete(&tx, &host.id, version.unwrap_or(host.version)).await;
    written(gone, KIND, name, name)?;
    actor.did(&tx, "host.delete", Object::from(&host), "done", None).await?;
    Ok(tx.commit().await?)
}

/// Refuses a host that, as it would be, is beyond what the actor may change: nobody gives a host away, or takes
/// one in, by its labels.
pub(super) async fn may_have(actor: &Actor, tx: &Tx, name: &str) -> OpResult<()> {
    if actor.may_on(tx, Verb::Change, name).await? {
        return Ok(());
    }
    Err(OpError::Denied(server::denied(Verb::Change.word(), name)))
}

/// The host of this name or id, for whoever may do this to it.
pub(super) async fn load_for(
    from: &dyn Sql,
    actor: &Actor,
    verb: Verb,
    name: &str,
) -> OpResult<Host> {
    // Whoever may do it nowhere is told so, whether or not there is such a host.
    actor.must_somewhere(verb, name)?;
    let host = load(from, name).await?;
    actor.must_on(from, verb, &host.said.name, name).await?;
    Ok(host)
}

async fn load(from: &dyn Sql, name: &str) -> OpResult<Host> {
    let host = hosts::find(from, name).await?;
    host.ok_or_else(|| OpError::not_found(KIND, name))
}

/// Fills in what was left out, and refuses what no host can have.
pub(super) fn complete(said: &mut HostInput) -> OpResult<()> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))?;
    if said.address.is_empty() {
        said.address.clone_from(&said.name);
    }
    let is_word = |c: char| !c.is_whitespace() && !c.is_control() && !"@/,".contains(c);
    if !said.address.chars().all(is_word) || said.address.starts_with('-') {
        return Err(OpError::invalid("address", say::bad_address(&said.address)));
    }
    if said.port == 0 {
        return Err(OpError::invalid("port", say::bad_port(said.port)));
    }
    check_labels(said)?;
    check_vars(&said.vars)?;
    match &said.family {
        Some(family) if !FAMILIES.contains(&family.as_str()) => {
            Err(OpError::invalid("family", say::bad_family(family)))
        }
        _ => Ok(()),
    }
}

/// Refuses labels that no selector could name.
fn check_labels(said: &HostInput) -> OpResult<()> {
    let is_name = |name: &str| {
        let fits = |c: char| c.is_alphanumeric() || "_.-/".contains(c);
        name.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            && name.chars().all(fits)
            && !connection::says_how_to_reach(name)
    };
    let is_value = |value: &str| {
        let bad = |c: char| c.is_control() || ",:&!*?[]".contains(c);
        value.trim() == value && !value.chars().any(bad)
    };
    let odd = said.labels.iter().find(|(name, value)| !is_name(name) || !is_value(value));
    odd.map_or(Ok(()), |(name, value)| Err(OpError::invalid("labels", say::bad_label(name, value))))
}

/// Refuses variables that would go around the fields, credentials and rights of the register.
pub(super) fn check_vars(vars: &Map<String, Value>) -> OpResult<()> {
    let odd = vars.keys().find(|name| connection::says_how_to_reach(name));
    odd.map_or(Ok(()), |name| Err(OpError::invalid("vars", say::var_of_connection(name))))
}

/// The ids of what hosts refer to, as far as they were looked up within a transaction, by their names.
#[derive(Default)]
pub(super) struct Known {
    partitions: BTreeMap<String, String>,
    credentials: BTreeMap<String, String>,
}

impl Known {
    async fn partition(&mut self, from: &dyn Sql, name: &str) -> OpResult<Option<String>> {
        if let Some(id) = self.partitions.get(name) {
            return Ok(Some(id.clone()));
        }
        let id = partitions::id_of(from, name).await?;
        self.partitions.extend(id.clone().map(|id| (name.to_owned(), id)));
        Ok(id)
    }

    async fn credential(&mut self, from: &dyn Sql, name: &str) -> OpResult<Option<String>> {
        if let Some(id) = self.credentials.get(name) {
            return Ok(Some(id.clone()));
        }
        let id = credentials::id_of(from, name).await?;
        self.credentials.extend(id.clone().map(|id| (name.to_owned(), id)));
        Ok(id)
    }
}

/// The ids of what a host refers to.
pub(crate) async fn references(
    from: &dyn Sql,
    actor: &Actor,
    before: Option<&Host>,
    said: &HostInput,
) -> OpResult<References> {
    references_by(&mut Known::default(), from, actor, before.map(|host| &host.said), said).await
}

/// The same of one host of many.
pub(super) async fn references_by(
    known: &mut Known,
    from: &dyn Sql,
    actor: &Actor,
    before: Option<&HostInput>,
    said: &HostInput,
) -> OpResult<References> {
    let partition = known.partition(from, &said.partition).await?;
    let partition = partition.ok_or_else(|| {
        OpError::invalid("partition", say::not_found("partition", &said.partition))
    })?;
    let (login, sudo) = (
        before.and_then(|before| before.credential.as_deref()),
        before.and_then(|before| before.become_credential.as_deref()),
    );
    Ok(References {
        partition,
        credential: credential(
            known,
            (from, actor),
            "credential",
            login,
            said.credential.as_deref(),
        )
        .await?,
        become_credential: credential(
            known,
            (from, actor),
            "become_credential",
            sudo,
            said.become_credential.as_deref(),
        )
        .await?,
    })
}

/// The id of a credential. To give a host another one needs the right to secrets: whoever says where a host is
/// could else be told its password there.
async fn credential(
    known: &mut Known,
    (from, actor): (&dyn Sql, &Actor),
    field: &'static str,
    before: Option<&str>,
    name: Option<&str>,
) -> OpResult<Option<String>> {
    let Some(name) = name else { return Ok(None) };
    if before != Some(name) && !actor.may(Verb::Secrets) {
        return Err(OpError::Denied(say::needs_secrets_right(name)));
    }
    let id = known.credential(from, name).await?;
    let missing = || OpError::invalid(field, say::not_found("credential", name));
    id.map(Some).ok_or_else(missing)
}

#[cfg(test)]
mod register_tests {
    use hep_core::rights::Grant;
    use serde_json::json;

    use super::super::credential as op;
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn a_credential_is_given_by_those_who_may() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let said = json!({"name": "c", "kind": "agent"});
            op::create(&engine, &me, serde_json::from_value(said).unwrap()).await.unwrap();
            create(&engine, &me, HostInput::named("web1")).await.unwrap();
            let mut grant: Grant = me.grants[0].clone();
            grant.verbs = [Verb::View, Verb::Change].into();
            let changer = Actor { grants: vec![grant], ..me.clone() };
            let part = json!({"credential": "c", "become_credential": "c"});
            let refused = change(&engine, &changer, "web1", None, Edit::Part(&part)).await;
            assert!(matches!(refused, Err(OpError::Denied(_))), "{refused:?}");
            let host = change(&engine, &me, "web1", None, Edit::Part(&part)).await.unwrap();
            assert_eq!(host.said.credential.as_deref(), Some("c"));
            assert_eq!(host.said.become_credential.as_deref(), Some("c"));
            // What was given stays, and may be taken away.
            let kept = change(&engine, &changer, "web1", None, Edit::Part(&json!({"notes": "n"})))
                .await
                .unwrap();
            assert_eq!(kept.said.credential.as_deref(), Some("c"));
            let part = json!({"credential": null, "become_credential": null});
            let taken = change(&engine, &changer, "web1", None, Edit::Part(&part)).await.unwrap();
            assert_eq!((taken.said.credential, taken.said.become_credential), (None, None));
            let lost =
                change(&engine, &me, "web1", None, Edit::Part(&json!({"credential": "none"})))
                    .await;
            assert!(matches!(lost, Err(OpError::Invalid { field: Some("credential"), .. })));
        })
        .await;
    }

    #[test]
    fn labels_and_variables_of_hosts() {
        let cases = [
            (json!({"labels": {"env": "prod"}}), None),
            (json!({"labels": {"a.b/c-d_e": "1.2 GHz (x)"}}), None),
            (json!({"labels": {"env": ""}}), None),
            (json!({"labels": {"": "x"}}), Some("labels")),
            (json!({"labels": {"a b": "x"}}), Some("labels")),
            (json!({"labels": {"a": "x,y"}}), Some("labels")),
            (json!({"labels": {"a": " x"}}), Some("labels")),
            (json!({"labels": {"a": "x*"}}), Some("labels")),
            (json!({"labels": {"ansible_connection": "local"}}), Some("labels")),
            (json!({"vars": {"ansible_become": true, "x": 1}}), None),
            (json!({"vars": {"ansible_connection": "local"}}), Some("vars")),
            (json!({"vars": {"ansible_ssh_pass": "x"}}), Some("vars")),
            (json!({"port": 0}), Some("port")),
            (json!({"address": "a b"}), Some("address")),
            (json!({"family": "Big"}), Some("family")),
        ];
        for (mut value, field) in cases {
            value["name"] = json!("h");
            let mut said: HostInput = serde_json::from_value(value.clone()).unwrap();
            let found = match complete(&mut said) {
                Ok(()) => None,
                Err(OpError::Invalid { field, .. }) => field,
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(found, field, "{value}");
        }
    }
}

#[cfg(test)]
mod tests {
    use hep_core::rights::Grant;

    use super::super::testing::on_both;
    use super::*;

    fn said(name: &str, env: &str) -> HostInput {
        let json = serde_json::json!({ "name": name, "labels": { "env": env } });
        serde_json::from_value(json).unwrap()
    }

    /// Somebody who may see `web*` and change what is for tests.
    fn ana() -> Actor {
        let grant = |verb, selector: &str| Grant {
            verbs: [verb].into(),
            selector: selector.into(),
            partition: None,
            limit: None,
        };
        let grants = vec![grant(Verb::View, "web*"), grant(Verb::Change, "env=test")];
        Actor { grants, ..Actor::command_line("ana") }
    }

    #[tokio::test]
    async fn pages_of_many_names_go_on_in_every_order() {
        on_both(|engine| async move {
            let root = Actor::command_line("test");
            for number in 1..=6 {
                let name = format!("web{number}");
                let address = format!("192.0.2.{}", 9 - number);
                create(&engine, &root, HostInput { address, ..said(&name, "test") }).await.unwrap();
            }
            let names: BTreeSet<String> =
                ["web1", "web3", "web4", "web6", "gone"].map(str::to_owned).into();
            let all = (1..=6).map(|number| format!("web{number}")).collect::<Vec<_>>();
            for (order, expected) in [
                ("name", ["web1", "web3", "web4", "web6"]),
                ("-name", ["web6", "web4", "web3", "web1"]),
                ("address", ["web6", "web4", "web3", "web1"]),
                ("-partition", ["web6", "web4", "web3", "web1"]),
            ] {
                let sort = host_list::Sort::read(order).unwrap();
                let mut seen = Vec::new();
                // With names of its own a filter takes the way of many.
                let mut filter = Filter { names: Some(all.clone()), sort, ..Filter::default() };
                while filter.after.is_none() || seen.len() % 3 == 0 {
                    let found = list_within(engine.db(), filter.clone(), 3, &names).await.unwrap();
                    filter.after = found.last().map(|host| sort.key(host));
                    seen.extend(found.into_iter().map(|host| host.said.name));
                }
                assert_eq!(seen, expected, "{order}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn hosts_out_of_reach_are_not_there() {
        on_both(|engine| async move {
            let root = Actor::command_line("test");
            for (name, env) in
                [("db1", "prod"), ("web1", "prod"), ("web2", "test"), ("web3", "test")]
            {
                create(&engine, &root, said(name, env)).await.unwrap();
            }
            let ana = ana();
            let mut paging = Paging { limit: Some(2), cursor: None };
            let mut seen = Vec::new();
            loop {
                let page = list(&engine, &ana, Filter::default(), None, &paging).await.unwrap();
                seen.extend(page.items.into_iter().map(|host| host.said.name));
                paging.cursor = page.next;
                if paging.cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen, ["web1", "web2", "web3"]);
            let label = Some(("env".to_owned(), "prod".to_owned()));
            let filter = Filter { label, ..Filter::default() };
            let page = list(&engine, &ana, filter, None, &Paging::default()).await.unwrap();
            assert_eq!(page.items.len(), 1);
            assert!(show(&engine, &ana, "web1").await.is_ok());
            let counted = counts(&engine, &ana).await.unwrap();
            assert_eq!(counted, [("unknown".to_owned(), 3)].into());
            assert_eq!(counts(&engine, &root).await.unwrap()["unknown"], 4);
            let prod = Some(("env".to_owned(), "prod".to_owned()));
            let prod = Filter { label: prod, ..Filter::default() };
            let (all, db) = (Filter::default(), Some("db1,web1"));
            for (actor, filter, selector, expected) in [
                (&ana, &all, None, 3),
                (&ana, &all, db, 1),
                (&ana, &prod, None, 1),
                (&root, &all, None, 4),
                (&root, &all, db, 2),
                (&root, &prod, Some("web2"), 0),
            ] {
                let page = Paging::default();
                let listed = list_and_count(&engine, actor, filter.clone(), selector, &page).await;
                let (page, many) = listed.unwrap();
                assert_eq!(i64::try_from(page.items.len()), Ok(many), "{selector:?}");
                let found = names(&engine, actor, filter, selector).await.unwrap();
                assert_eq!(
                    (many, found.len()),
                    (expected, usize::try_from(expected).unwrap()),
                    "{selector:?}"
                );
            }
            assert_eq!(rights(&engine, &ana, "web1").await.unwrap(), [Verb::View].into());
            let both = [Verb::View, Verb::Change].into();
            assert_eq!(rights(&engine, &ana, "web2").await.unwrap(), both);
            assert!(rights(&engine, &ana, "db1").await.is_err());
            assert!(matches!(show(&engine, &ana, "db1").await, Err(OpError::NotFound(_))));
            assert!(matches!(delete(&engine, &ana, "db1", None).await, Err(OpError::NotFound(_))));
            assert!(matches!(delete(&engine, &ana, "web1", None).await, Err(OpError::Denied(_))));
            delete(&engine, &ana, "web3", None).await.unwrap();
            let nobody = Actor { grants: Vec::new(), ..ana };
            let refused = list(&engine, &nobody, Filter::default(), None, &Paging::default()).await;
            assert!(matches!(refused, Err(OpError::Denied(_))));
        })
        .await;
    }

    #[tokio::test]
    async fn a_label_does_not_open_or_give_away_a_host() {
        on_both(|engine| async move {
            let (root, ana) = (Actor::command_line("test"), ana());
            create(&engine, &root, said("web1", "prod")).await.unwrap();
            create(&engine, &root, said("web2", "test")).await.unwrap();
            let cases = [
                change(&engine, &ana, "web1", None, Edit::Whole(said("web1", "test"))).await,
                change(&engine, &ana, "web2", None, Edit::Whole(said("web2", "prod"))).await,
                create(&engine, &ana, said("web4", "prod")).await,
            ];
            for refused in cases {
                assert!(matches!(refused, Err(OpError::Denied(_))), "{refused:?}");
            }
            assert!(show(&engine, &root, "web4").await.is_err());
            assert_eq!(show(&engine, &root, "web2").await.unwrap().said, {
                HostInput { address: "web2".into(), ..said("web2", "test") }
            });
            let renamed = change(&engine, &ana, "web2", None, Edit::Whole(said("web5", "test")))
                .await
                .unwrap();
            assert_eq!(renamed.said.name, "web5");
            create(&engine, &ana, said("web4", "test")).await.unwrap();
        })
        .await;
    }
}
