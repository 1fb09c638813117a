//! Which node holds which run: claims, renewals, and what is taken from those that are gone.

use hep_core::run::RunState;

use super::db::{LOCKED, Query, Result, Row, Sql, UNLOCKED, sql};
use super::now_ms;
use super::runs::{COLUMNS, Run, read};

/// How long a run waits for a node that reaches its first host by itself, in milliseconds. Then any node takes it, and
/// reaches the host through another.
const FIRST_CHOICE_MS: i64 = 1_500;

/// Only runs that a node of these zones may take now.
fn for_zones(query: Query, zones: &[String], now_ms: i64) -> Query {
    match zones {
        [] => query,
        zones => query
            .and_list(" AND (q.zone IS NULL OR q.zone IN", zones)
            .and_bind(" OR q.created_ms <= ?", now_ms - FIRST_CHOICE_MS)
            .and(")"),
    }
}

/// Takes the oldest queued run for a node that reaches some zones by itself (all, where none is named), if there is
/// one: one statement, so that no two nodes get the same. Of a job whose runs take turns it takes none before those
/// of earlier turns have ended.
pub async fn claim(into: &dyn Sql, node: &str, zones: &[String]) -> Result<Option<Run>> {
    let now = now_ms();
    let query =
        sql("UPDATE runs SET state = 'running', reason = '', node_id = $1, fence = fence + 1,
            lease = lease + 1, started_ms = COALESCE(started_ms, $2)
         WHERE id = (SELECT q.id FROM runs q WHERE q.state = 'queued'
            AND (NOT q.in_turn OR NOT EXISTS (SELECT 1 FROM runs b
                WHERE b.job_id = q.job_id AND b.turn < q.turn
                AND b.state IN ('queued', 'waiting', 'running', 'cancelling')))")
        .bind(node)
        .bind(now);
    let query = for_zones(query, zones, now)
        .and(" ORDER BY q.id LIMIT 1 ")
        .and(UNLOCKED)
        .and(") AND state = 'queued' RETURNING ")
        .and(COLUMNS);
    into.one(query).await?.as_ref().map(read).transpose()
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The run.
    pub id: String,
    /// The node.
    pub node: String,
    /// Its fencing number.
    pub fence: i64,
    /// Raised at every renewal.
    pub lease: i64,
    /// Its state: `cancelling` when somebody wants it stopped.
    pub state: RunState,
}

fn held(row: &Row) -> Result<Held> {
    Ok(Held {
        id: row.get("id")?,
        node: row.get("node_id")?,
        fence: row.get("fence")?,
        lease: row.get("lease")?,
        state: row.word("state")?,
    })
}

/// Renews what a node holds, and answers what that is. The runs are taken in the order of their ids, as whoever
/// writes about several of them does: else each would wait for the other.
pub async fn renew(into: &dyn Sql, node: &str) -> Result<Vec<Held>> {
    let query = sql("UPDATE runs SET lease = lease + 1 WHERE id IN (SELECT id FROM runs
            WHERE state IN ('running', 'waiting', 'cancelling') AND node_id = $1 ORDER BY id ")
    .and(LOCKED)
    .and(") RETURNING id, node_id, fence, lease, state");
    into.all(query.bind(node)).await?.iter().map(held).collect()
}

/// What any node holds.
pub async fn all(from: &dyn Sql) -> Result<Vec<Held>> {
    let query = sql("SELECT id, node_id, fence, lease, state FROM runs
         WHERE state IN ('running', 'waiting', 'cancelling') AND node_id IS NOT NULL");
    from.all(query).await?.iter().map(held).collect()
}

/// Takes a run from a node that has not renewed it; nothing when it has, or another was quicker.
pub async fn take_over(into: &dyn Sql, from: &Held, node: &str) -> Result<Option<Run>> {
    let query = sql("UPDATE runs SET node_id = $1, fence = fence + 1, lease = lease + 1
         WHERE id = $2 AND fence = $3 AND lease = $4 AND node_id = $5 RETURNING ")
    .and(COLUMNS);
    let query = query.bind(node).bind(&from.id).bind(from.fence).bind(from.lease).bind(&from.node);
    into.one(query).await?.as_ref().map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::super::runs::{self, Counts, Hold, NewRun};
    use super::super::testing::on_both;
    use super::*;

    fn new(id: Option<&str>, zone: Option<&str>) -> NewRun {
        NewRun {
            id: id.map(str::to_owned),
            zone: zone.map(str::to_owned),
            kind: "command",
            subject: "{}".into(),
            strategy: "{}".into(),
            selector: "all".into(),
            actor: ("user", None, "ana".into()),
            ..NewRun::default()
        }
    }

    #[tokio::test]
    async fn who_renews_and_who_writes_about_many_runs_do_not_wait_for_each_other() {
        on_both(|db| async move {
            let mut holds = Vec::new();
            // They lie in another order than that of their ids.
            for id in ["b", "a"] {
                runs::insert(&db, &new(Some(id), None)).await.unwrap();
                let run = claim(&db, "a", &[]).await.unwrap().unwrap();
                holds.push(Hold { id: run.id, node: "a".into(), fence: run.fence });
            }
            holds.reverse();
            let tx = db.begin().await.unwrap();
            let counts = Counts::new();
            runs::advance(&tx, &holds[0], 1, 0, &counts).await.unwrap();
            let renewing = tokio::spawn({
                let db = db.clone();
                async move { renew(&db, "a").await }
            });
            if db.is_shared() {
                let waiting = "SELECT COUNT(*) AS many FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
                while db.one(sql(waiting)).await.unwrap().unwrap().get::<i64>("many").unwrap() == 0
                {
                    tokio::task::yield_now().await;
                }
            }
            runs::advance(&tx, &holds[1], 1, 0, &counts).await.unwrap();
            tx.commit().await.unwrap();
            let renewed = renewing.await.unwrap().unwrap();
            assert_eq!(renewed.len(), 2, "{renewed:?}");
            let next = runs::advance(&db, &holds[1], 1, 0, &counts).await.unwrap();
            assert_eq!(next, Some(2));
        })
        .await;
    }

    #[tokio::test]
    async fn no_run_is_claimed_twice_and_the_oldest_comes_first() {
        on_both(|db| async move {
            let mut made = Vec::new();
            for _ in 0..40 {
                made.push(runs::insert(&db, &new(None, None)).await.unwrap());
            }
            let claims = (0..8).map(|node| {
                let db = db.clone();
                tokio::spawn(async move {
                    let (node, mut taken) = (format!("node{node}"), Vec::new());
                    while let Some(run) = claim(&db, &node, &[]).await.unwrap() {
                        assert_eq!((run.node.as_deref(), run.fence), (Some(node.as_str()), 1));
                        taken.push(run.id);
                    }
                    taken
                })
            });
            let mut taken = Vec::new();
            for claim in claims.collect::<Vec<_>>() {
                let own = claim.await.unwrap();
                assert!(own.is_sorted(), "{own:?}");
                taken.extend(own);
            }
            taken.sort();
            assert_eq!(taken, made);
        })
        .await;
    }

    #[tokio::test]
    async fn nodes_of_a_runs_zone_are_asked_first_and_then_any() {
        on_both(|db| async move {
            let (eu, us) = (["eu".to_owned()], ["us".to_owned(), "asia".to_owned()]);
            for (id, zone) in [("1", Some("asia")), ("2", None), ("3", Some("eu"))] {
                runs::insert(&db, &new(Some(id), zone)).await.unwrap();
            }
            // They were asked for now: nobody else shall take the first, however slow this test is.
            let at = |id: &'static str, created_ms: i64| {
                let query = sql("UPDATE runs SET created_ms = $1 WHERE id = $2");
                let db = db.clone();
                async move { db.run(query.bind(created_ms).bind(id)).await.unwrap() }
            };
            at("1", now_ms() + 600_000).await;
            at("3", now_ms() + 600_000).await;
            let taken =
                async |zones: &[String]| claim(&db, "n", zones).await.unwrap().map(|run| run.id);
            assert_eq!(taken(&eu).await.as_deref(), Some("2"));
            assert_eq!(taken(&eu).await.as_deref(), Some("3"));
            assert_eq!(taken(&eu).await, None);
            at("1", now_ms() - FIRST_CHOICE_MS).await;
            assert_eq!(taken(&eu).await.as_deref(), Some("1"));
            runs::insert(&db, &new(Some("4"), Some("asia"))).await.unwrap();
            assert_eq!(taken(&us).await.as_deref(), Some("4"));
            runs::insert(&db, &new(Some("5"), Some("asia"))).await.unwrap();
            assert_eq!(taken(&[]).await.as_deref(), Some("5"), "a node of all zones");
        })
        .await;
    }
}
