//! Which hosts an actor may do something to: the selectors of grants, compared with the register.
//!
//! A grant on everything needs no look at the register. Any other is evaluated on all of it, because what a
//! selector means (`web[0]`, `all:!db`) can depend on hosts besides the one in question.

use std::collections::{BTreeSet, HashMap};

use hep_core::inventory::{ALL, Inventory};
use hep_core::message::server as say;
use hep_core::rights::{Grant, Verb, is_everything, may_somewhere};
use hep_core::selector::Selector;

use super::Engine;
use super::actor::Actor;
use super::error::{OpError, OpResult};
use crate::server::roster;
use crate::store::{Sql, register};

/// The id of a host's partition, by the host's name.
type PartitionOf<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

/// The hosts that an actor may do something to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Every host, and what belongs to none.
    Everything,
    /// These, by name.
    Some(BTreeSet<String>),
}

impl Reach {
    /// What an actor may do `verb` to, by the register as `from` sees it.
    pub(crate) async fn of(from: &dyn Sql, actor: &Actor, verb: Verb) -> OpResult<Self> {
        if actor.may(verb) {
            return Ok(Self::Everything);
        }
        if !may_somewhere(&actor.grants, verb) {
            return Ok(Self::Some(BTreeSet::new()));
        }
        let outline = register::outline(from).await?;
        let partitions: HashMap<&str, &str> =
            outline.hosts.iter().map(|host| (&*host.name, &*host.partition)).collect();
        let partition_of = |name: &str| partitions.get(name).copied();
        Ok(Self::by(actor, verb, &roster::granted(&outline)?, &partition_of))
    }

    /// The same by the register as it is now, which is not read anew where nothing in it has changed.
    pub(crate) async fn now(engine: &Engine, actor: &Actor, verb: Verb) -> OpResult<Self> {
        if actor.may(verb) {
            return Ok(Self::Everything);
        }
        if !may_somewhere(&actor.grants, verb) {
            return Ok(Self::Some(BTreeSet::new()));
        }
        let registered = engine.registered().await?;
        let partition_of = |name: &str| registered.host(name).map(|host| &*host.partition);
        Ok(Self::by(actor, verb, registered.granted()?, &partition_of))
    }

    fn by(actor: &Actor, verb: Verb, inventory: &Inventory, partition_of: PartitionOf<'_>) -> Self {
        let grants = actor.grants.iter().filter(|grant| grant.verbs.contains(&verb));
        Self::Some(grants.flat_map(|grant| hosts_of(grant, inventory, partition_of)).collect())
    }

    /// Whether this host is one of them.
    pub(crate) fn has(&self, host: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Some(names) => names.contains(host),
        }
    }
}

impl Actor {
    /// Whether they may do something to this host.
    pub(crate) async fn may_on(&self, from: &dyn Sql, verb: Verb, host: &str) -> OpResult<bool> {
        Ok(Reach::of(from, self, verb).await?.has(host))
    }

    /// Refuses unless they may do it to this host, for which they asked by name or id. A host that they may not
    /// even see is not there.
    pub(crate) async fn must_on(
        &self,
        from: &dyn Sql,
        verb: Verb,
        host: &str,
        asked: &str,
    ) -> OpResult<()> {
        if self.may_on(from, verb, host).await? {
            return Ok(());
        }
        if verb != Verb::View && self.may_on(from, Verb::View, host).await? {
            return Err(OpError::Denied(say::denied(verb.word(), asked)));
        }
        Err(OpError::not_found("host", asked))
    }

    /// Refuses unless they may do it to some host at least.
    pub(crate) fn must_somewhere(&self, verb: Verb, what: &str) -> OpResult<()> {
        if may_somewhere(&self.grants, verb) {
            return Ok(());
        }
        Err(OpError::Denied(say::denied(verb.word(), what)))
    }
}

/// The hosts of a grant.
fn hosts_of(grant: &Grant, inventory: &Inventory, partition_of: PartitionOf<'_>) -> Vec<String> {
    let selected = selected(&grant.selector, inventory);
    let limit = grant.limit.as_deref().filter(|limit| !is_everything(limit));
    let limit = limit.map(|limit| selected_set(limit, inventory));
    let chosen = selected.into_iter().filter(|name| {
        let partition = grant.partition.as_deref();
        let partition = partition.is_none_or(|wanted| partition_of(name) == Some(wanted));
        partition && limit.as_ref().is_none_or(|limit| limit.contains(name))
    });
    chosen.collect()
}

fn selected_set(selector: &str, inventory: &Inventory) -> BTreeSet<String> {
    selected(selector, inventory).into_iter().collect()
}

/// What a selector names. One that cannot be read names nothing; so does one that excludes what is no longer
/// there, for it might let in what it was to keep out.
fn selected(selector: &str, inventory: &Inventory) -> Vec<String> {
    let text = if is_everything(selector) { ALL } else { selector };
    let evaluated = Selector::parse(text).and_then(|selector| selector.evaluate(inventory));
    match evaluated {
        Ok(selection) if selection.unknown.is_empty() || !text.contains('!') => {
            let known = |name: &std::sync::Arc<str>| inventory.hosts().contains_key(name);
            selection.hosts.iter().filter(|name| known(name)).map(ToString::to_string).collect()
        }
        Ok(selection) => {
            for unknown in &selection.unknown {
                tracing::warn!(selector, %unknown, "a grant allows nothing: it excludes what is not there");
            }
            Vec::new()
        }
        Err(error) => {
            tracing::warn!(selector, %error, "a grant allows nothing: its selector cannot be read");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::register::{Outline, OutlineHost};

    fn outline() -> Outline {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let host = |(name, partition, env): (&str, &str, Option<&str>)| OutlineHost {
            name: name.into(),
            partition: partition.into(),
            labels: env.map(|env| ("env".to_owned(), env.into())).into_iter().collect(),
        };
        Outline {
            hosts: [
                ("db1", "q", Some("prod")),
                ("web1", "p", Some("prod")),
                ("web2", "p", None),
                ("web3", "q", None),
            ]
            .map(host)
            .into(),
            groups: vec!["db".into(), "eu".into(), "web".into()],
            members: [("db", "db1"), ("web", "web1"), ("web", "web2"), ("web", "web3")]
                .map(|(a, b)| pair(a, b))
                .into(),
            children: vec![pair("eu", "web")],
        }
    }

    #[test]
    fn a_grant_reaches_what_its_selector_names() {
        type Case =
            (&'static str, Option<&'static str>, Option<&'static str>, &'static [&'static str]);
        let cases: &[Case] = &[
            ("all", None, None, &["db1", "web1", "web2", "web3"]),
            ("", Some("p"), None, &["web1", "web2"]),
            ("web*", None, None, &["web1", "web2", "web3"]),
            ("@eu", Some("q"), None, &["web3"]),
            ("env=prod", None, None, &["db1", "web1"]),
            ("env=prod&web", None, None, &["web1"]),
            ("all:!web", None, None, &["db1"]),
            ("web[0]", None, None, &["web1"]),
            ("web1,gone", None, None, &["web1"]),
            // Fails closed.
            ("all:!gone", None, None, &[]),
            ("web[", None, None, &[]),
            ("all", Some("gone"), None, &[]),
            // Within a token's limit.
            ("all", None, Some("web*"), &["web1", "web2", "web3"]),
            ("web1,db1", None, Some("web*"), &["web1"]),
            ("web1", None, Some("db1"), &[]),
            ("web1", None, Some("all:!gone"), &[]),
            ("web1", None, Some("all"), &["web1"]),
            ("localhost", None, None, &[]),
        ];
        let outline = outline();
        let inventory = roster::granted(&outline).unwrap();
        let partition_of = |name: &str| {
            let host = outline.hosts.iter().find(|host| host.name == name);
            host.map(|host| &*host.partition)
        };
        for (selector, partition, limit, expected) in cases {
            let grant = Grant {
                verbs: [Verb::View].into(),
                selector: (*selector).into(),
                partition: partition.map(Into::into),
                limit: limit.map(Into::into),
            };
            let mut found = hosts_of(&grant, &inventory, &partition_of);
            found.sort();
            assert_eq!(found, *expected, "{grant:?}");
        }
    }
}
