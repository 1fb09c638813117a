//! Watching lists: each says what it says by now, read once for all who see the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt as _;
use hep_core::rights::Verb;
use tokio::sync::watch;

use super::Engine;
use super::actor::Actor;
use super::error::OpResult;
use super::page::{Page, Paging};
use super::{host, run};
pub use crate::server::watched::Seen;
use crate::server::watched::{Lists, Look, Of};
use crate::store::host_list;
use crate::store::hosts::Host;
pub use crate::store::marks::Marks;
use crate::store::runs::{self, Run};

/// A page of the hosts that the actor may see, as it is from now on.
pub fn hosts(
    engine: &Engine,
    actor: &Actor,
    filter: &host_list::Filter,
    selector: Option<&str>,
    paging: &Paging,
) -> OpResult<Seen<Page<Host>>> {
    actor.must_somewhere(Verb::View, "hosts")?;
    let key = format!("{:?} {filter:?} {selector:?} {paging:?}", actor.grants);
    let asked = (filter.clone(), selector.map(str::to_owned), paging.clone());
    let (this, actor) = (engine.clone(), actor.clone());
    let look: Look<Page<Host>> = Arc::new(move || {
        let (engine, actor, asked) = (this.clone(), actor.clone(), asked.clone());
        async move {
            let (filter, selector, paging) = asked;
            host::list(&engine, &actor, filter, selector.as_deref(), &paging).await
        }
        .boxed()
    });
    Ok(watch(engine, &engine.watched().hosts, key, |marks| marks.hosts, look))
}

/// How many of the hosts that the actor may see are in each state, from now on.
pub fn counts(engine: &Engine, actor: &Actor) -> OpResult<Seen<BTreeMap<String, i64>>> {
    actor.must_somewhere(Verb::View, "hosts")?;
    let key = format!("{:?}", actor.grants);
    let (this, actor) = (engine.clone(), actor.clone());
    let look: Look<BTreeMap<String, i64>> = Arc::new(move || {
        let (engine, actor) = (this.clone(), actor.clone());
        async move { host::counts(&engine, &actor).await }.boxed()
    });
    Ok(watch(engine, &engine.watched().counts, key, |marks| marks.hosts, look))
}

/// A page of the runs that the actor may see, as it is from now on.
pub fn runs(
    engine: &Engine,
    actor: &Actor,
    filter: &runs::Filter,
    paging: &Paging,
) -> Seen<Page<Run>> {
    // Runs are also seen by who asked for them.
    let who = (&actor.grants, &actor.id, &actor.name);
    let key = format!("{who:?} {filter:?} {paging:?}");
    let asked = (filter.clone(), paging.clone());
    let (this, actor) = (engine.clone(), actor.clone());
    let look: Look<Page<Run>> = Arc::new(move || {
        let (engine, actor, (filter, paging)) = (this.clone(), actor.clone(), asked.clone());
        async move { run::list(&engine, &actor, filter, &paging).await }.boxed()
    });
    watch(engine, &engine.watched().runs, key, |marks| marks.runs, look)
}

/// What changes with whatever anybody does, as far as this node has seen.
pub fn deeds(engine: &Engine) -> watch::Receiver<Marks> {
    engine.watched().marks(engine)
}

fn watch<T: Send + Sync + 'static>(
    engine: &Engine,
    lists: &Arc<Lists<T>>,
    key: String,
    of: Of,
    look: Look<T>,
) -> Seen<T> {
    lists.watch(key, engine.watched().marks(engine), of, look)
}
