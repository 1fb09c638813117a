//! Live logs: who follows one gets each entry once, in its order, and misses none. What many follow at once is read
//! from the database once for all of them.

use std::sync::Arc;

use tokio::sync::watch;

use super::Engine;
use super::actor::Actor;
use super::error::OpResult;
use super::run::{not_found, show};
use crate::server::followed::{Followed, LOOK, Place, Tail};
pub use crate::server::followed::Shown;
use crate::store::events::{self, Event};
use crate::store::runs;

/// How many entries are read at once.
const AT_ONCE: u32 = 200;

/// Somebody who follows a run's log.
pub struct Follower {
    engine: Engine,
    run: String,
    /// The number of the last entry that they got.
    after: i64,
    followed: Arc<Followed>,
    grown: watch::Receiver<i64>,
    over: bool,
}

/// What was read, the run's last number, and whether nothing will follow that.
type Read = (Vec<Arc<Shown>>, i64, bool);

impl Follower {
    /// Follows a run's log from after a number, for who may see the run.
    pub async fn new(engine: &Engine, actor: &Actor, run: &str, after: i64) -> OpResult<Self> {
        // Watching begins before the first look, so that nothing falls between.
        let (followed, grown) = engine.hub().follow(run);
        let known = show(engine, actor, run).await?;
        // Nobody has got what is not there yet.
        let after = after.clamp(0, known.last_seq);
        let (engine, run) = (engine.clone(), run.to_owned());
        Ok(Self { engine, run, after, followed, grown, over: false })
    }

    /// Whether the run has ended and everything of it was told.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// What comes next, as soon as there is something. Nothing at the end, and when this node stops: who follows
    /// again, here or elsewhere, goes on where they were.
    pub async fn next(&mut self) -> OpResult<Option<Vec<Arc<Shown>>>> {
        loop {
            self.grown.mark_unchanged();
            let found = self.look().await?;
            if self.engine.hub().is_closed() {
                return Ok(None);
            }
            if let Some(last) = found.last() {
                self.after = last.seq;
                return Ok(Some(found));
            }
            if self.over {
                return Ok(None);
            }
            // Being woken is only a hint.
            let _ = tokio::time::timeout(LOOK, self.grown.changed()).await;
        }
    }

    /// What there is now: of what was read for all, or from the database, for all where they lack it too.
    async fn look(&mut self) -> OpResult<Vec<Arc<Shown>>> {
        let mut tail = self.followed.tail.lock().await;
        match tail.after(self.after, AT_ONCE as usize) {
            Place::Within(entries) => return Ok(entries),
            Place::Behind => {}
            Place::AtTheEnd => {
                let after = self.after;
                let is_over = |tail: &Tail| tail.ended && tail.known <= after;
                let lacks = tail.known > after || self.followed.may_have_grown(after);
                let mut entries = Vec::new();
                if lacks && !is_over(&tail) {
                    self.followed.look();
                    (entries, tail.known, tail.ended) = self.read().await?;
                    tail.extend(&entries);
                }
                self.over = is_over(&tail);
                return Ok(entries);
            }
        }
        drop(tail);
        Ok(self.read().await?.0)
    }

    async fn read(&self) -> OpResult<Read> {
        let db = self.engine.db();
        // The state first: what is over has nothing behind what is read after it.
        let (state, last) = runs::progress(db, &self.run).await?.ok_or_else(|| not_found(&self.run))?;
        let found = events::after(db, &self.run, self.after, AT_ONCE).await?;
        let entries = found.into_iter().map(|event| Arc::new(shown(event))).collect();
        Ok((entries, last, state.is_over()))
    }
}

fn shown(event: Event) -> Shown {
    // Values of ours always can be written.
    let json = serde_json::to_string(&event).unwrap_or_default();
    Shown { seq: event.seq, kind: event.kind, json }
}
