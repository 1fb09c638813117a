//! Live logs: who follows one gets each entry once, in its order, and misses none. What many follow at once is read
//! from the database once for all of them.

use std::sync::Arc;

use tokio::sync::watch;

use super::Engine;
use super::actor::Actor;
use super::error::OpResult;
use super::run::{not_found, show};
pub use crate::server::followed::Shown;
use crate::server::followed::{Followed, LOOK, Place};
use crate::store::events::{self, Event};

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
                let looks = tail.is_behind(after) || self.followed.may_have_grown(after);
                let mut entries = Vec::new();
                if looks && !tail.is_over(after) {
                    self.followed.look();
                    (entries, tail.known, tail.ended) = self.read().await?;
                    tail.extend(&entries);
                }
                self.over = tail.is_over(after);
                return Ok(entries);
            }
        }
        drop(tail);
        Ok(self.read().await?.0)
    }

    async fn read(&self) -> OpResult<Read> {
        let db = self.engine.db();
        let found = events::follow(db, &self.run, self.after, AT_ONCE).await?;
        let (state, last, found) = found.ok_or_else(|| not_found(&self.run))?;
        let entries = found.into_iter().map(|event| Arc::new(shown(event))).collect();
        Ok((entries, last, state.is_over()))
    }
}

fn shown(event: Event) -> Shown {
    // Values of ours always can be written.
    let json = serde_json::to_string(&event).unwrap_or_default();
    Shown { seq: event.seq, kind: event.kind, json }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hep_core::run::RunState;

    use super::super::testing::on_both;
    use super::*;
    use crate::store::events::Entry;
    use crate::store::leases;
    use crate::store::runs::{self, Counts, Hold, NewRun, Step};

    /// A test that waits longer has found that somebody waits in vain.
    const LONGEST: Duration = Duration::from_mins(2);

    fn me() -> Actor {
        Actor::command_line("me")
    }

    async fn held(engine: &Engine) -> Hold {
        let new = NewRun {
            kind: "command",
            subject: "{}".into(),
            strategy: "{}".into(),
            selector: "all".into(),
            actor: ("user", None, "me".into()),
            deadline_ms: i64::MAX,
            ..NewRun::default()
        };
        runs::insert(engine.db(), &new).await.unwrap();
        let run = leases::claim(engine.db(), "node", &[]).await.unwrap().unwrap();
        Hold { id: run.id, node: "node".into(), fence: run.fence }
    }

    /// As the writer does it.
    async fn write(engine: &Engine, hold: &Hold, many: usize, step: Option<Step>) {
        let tx = engine.db().begin().await.unwrap();
        let count = i64::try_from(many).unwrap();
        let first = runs::advance(&tx, hold, count, 0, &Counts::new()).await.unwrap().unwrap();
        let entry =
            |_| Entry { at_ms: 1, kind: "note", host: None, stream: None, body: b"{}".into() };
        events::append(&tx, &hold.id, first, (0..many).map(entry).collect()).await.unwrap();
        if let Some(step) = step {
            assert!(runs::step(&tx, hold, &step).await.unwrap());
        }
        tx.commit().await.unwrap();
        engine.hub().grew(&hold.id, first + count - 1);
    }

    async fn all(mut follower: Follower) -> (Vec<i64>, bool) {
        let mut seen = Vec::new();
        while let Some(more) = follower.next().await.unwrap() {
            for entry in more {
                assert!(entry.json.contains(&format!("\"seq\":{},", entry.seq)), "{entry:?}");
                seen.push(entry.seq);
            }
        }
        (seen, follower.is_over())
    }

    #[tokio::test]
    async fn everybody_gets_every_entry_once_and_in_order() {
        on_both(|engine| async move {
            let hold = held(&engine).await;
            write(&engine, &hold, 450, None).await;
            // Where they begin, and whether they come before the rest is written. Nobody has got what is not there.
            let who = [
                (0, true),
                (0, true),
                (17, true),
                (450, true),
                (9999, true),
                (0, false),
                (600, false),
            ];
            let mut following = Vec::new();
            for (after, early) in who {
                if early {
                    let follower = Follower::new(&engine, &me(), &hold.id, after).await.unwrap();
                    following.push((after.min(450), tokio::spawn(all(follower))));
                }
            }
            for _ in 0..60 {
                write(&engine, &hold, 7, None).await;
            }
            write(&engine, &hold, 1, Some(Step::End(RunState::Succeeded, String::new()))).await;
            for (after, early) in who {
                if !early {
                    let follower = Follower::new(&engine, &me(), &hold.id, after).await.unwrap();
                    following.push((after, tokio::spawn(all(follower))));
                }
            }
            for (after, seen) in following {
                let seen = tokio::time::timeout(LONGEST, seen).await.unwrap().unwrap();
                assert_eq!(seen, ((after + 1..=871).collect(), true), "after {after}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_node_that_stops_ends_no_log() {
        on_both(|engine| async move {
            let hold = held(&engine).await;
            write(&engine, &hold, 3, None).await;
            let mut follower = Follower::new(&engine, &me(), &hold.id, 0).await.unwrap();
            let first = follower.next().await.unwrap().unwrap();
            assert_eq!(first.len(), 3);
            let rest = tokio::spawn(all(follower));
            engine.hub().close();
            let rest = tokio::time::timeout(LONGEST, rest).await.unwrap().unwrap();
            assert_eq!(rest, (Vec::new(), false));
        })
        .await;
    }
}
