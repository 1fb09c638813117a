//! Which hosts a selector means, and on which of them somebody may do something: asked before it is done.

use std::sync::Arc;

use hep_core::rights::Verb;

use super::Engine;
use super::actor::Actor;
use super::error::{OpError, OpResult};
use super::reach::Reach;
use crate::store::now_ms;

/// The hosts of a selector, for one who wants to do something to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aim {
    /// The hosts on which they may, in the order of the register.
    pub hosts: Vec<Arc<str>>,
    /// Those of them that would be skipped: disabled, or in maintenance.
    pub skipped: Vec<Arc<str>>,
    /// The hosts that they see and on which they may not.
    pub refused: Vec<Arc<str>>,
    /// How many more the selector names that they may not even see.
    pub unseen: usize,
}

impl Aim {
    /// Whether they may do it on every host of the selector, and there is one.
    pub const fn is_allowed(&self) -> bool {
        !self.hosts.is_empty() && self.refused.is_empty() && self.unseen == 0
    }
}

/// The hosts that a selector names, for who wants to do `verb` on them.
pub async fn at(engine: &Engine, actor: &Actor, verb: Verb, selector: &str) -> OpResult<Aim> {
    actor.must_somewhere(verb, selector)?;
    let registered = engine.registered().await?;
    let invalid = |message| OpError::invalid("selector", message);
    let names = registered.select(selector).map_err(invalid)?;
    let (may, sees) =
        (Reach::now(engine, actor, verb).await?, Reach::now(engine, actor, Verb::View).await?);
    let mut aim = Aim::default();
    for name in names {
        match (may.has(&name), sees.has(&name)) {
            (true, _) => aim.hosts.push(name),
            (false, true) => aim.refused.push(name),
            (false, false) => aim.unseen += 1,
        }
    }
    let now = now_ms();
    let is_skipped = |name: &&Arc<str>| {
        registered.host(name).is_some_and(|host| {
            !host.enabled || host.maintenance_until_ms.is_some_and(|until| until > now)
        })
    };
    aim.skipped = aim.hosts.iter().filter(is_skipped).cloned().collect();
    Ok(aim)
}

#[cfg(test)]
mod tests {
    use hep_core::rights::Grant;

    use super::super::host;
    use super::super::testing::on_both;
    use super::*;
    use crate::store::hosts::HostInput;

    fn names(hosts: &[Arc<str>]) -> Vec<&str> {
        hosts.iter().map(|name| &**name).collect()
    }

    #[tokio::test]
    async fn a_selector_is_told_by_what_somebody_may() {
        on_both(|engine| async move {
            let root = Actor::command_line("root");
            for name in ["db1", "web1", "web2"] {
                let said = HostInput { enabled: name != "web2", ..HostInput::named(name) };
                host::create(&engine, &root, said).await.unwrap();
            }
            let grant = |verb: Verb, selector: &str| Grant {
                verbs: [verb].into(),
                selector: selector.into(),
                partition: None,
                limit: None,
            };
            let grants = vec![grant(Verb::View, "web*"), grant(Verb::Run, "web2")];
            let some = Actor { grants, ..Actor::command_line("some") };
            let all = at(&engine, &root, Verb::Run, "all").await.unwrap();
            assert_eq!(names(&all.hosts), ["db1", "web1", "web2"]);
            assert_eq!((names(&all.skipped), all.is_allowed()), (vec!["web2"], true));
            let seen = at(&engine, &some, Verb::Run, "all").await.unwrap();
            assert_eq!((names(&seen.hosts), names(&seen.refused)), (vec!["web2"], vec!["web1"]));
            assert_eq!((seen.unseen, seen.is_allowed()), (1, false));
            assert!(!at(&engine, &root, Verb::Run, "nothing*").await.unwrap().is_allowed());
            let wrong = at(&engine, &root, Verb::Run, "web[").await;
            assert!(matches!(wrong, Err(OpError::Invalid { field: Some("selector"), .. })));
            let denied = at(&engine, &some, Verb::Power, "web1").await;
            assert!(matches!(denied, Err(OpError::Denied(_))), "{denied:?}");
        })
        .await;
    }
}
