//! What a node holds for a while, and renews.

use super::db::{LOCKED, Result, Sql, sql};
use super::runs::{Held, held};

/// Renews what a node holds, and answers what that is. The runs are taken in the order of their ids, as whoever
/// writes about several of them does: else each would wait for the other.
pub async fn renew(into: &dyn Sql, node: &str) -> Result<Vec<Held>> {
    let query = sql("UPDATE runs SET lease = lease + 1 WHERE id IN (SELECT id FROM runs
            WHERE state IN ('running', 'waiting', 'cancelling') AND node_id = $1 ORDER BY id ")
    .and(LOCKED)
    .and(") RETURNING id, node_id, fence, lease, state");
    into.all(query.bind(node)).await?.iter().map(held).collect()
}

#[cfg(test)]
mod tests {
    use super::super::runs::{self, Counts, Hold, NewRun};
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn who_renews_and_who_writes_about_many_runs_do_not_wait_for_each_other() {
        on_both(|db| async move {
            let mut holds = Vec::new();
            // They lie in another order than that of their ids.
            for id in ["b", "a"] {
                let new = NewRun {
                    id: Some(id.to_owned()),
                    kind: "command",
                    subject: "{}".into(),
                    strategy: "{}".into(),
                    selector: "all".into(),
                    actor: ("user", None, "ana".into()),
                    ..NewRun::default()
                };
                runs::insert(&db, &new).await.unwrap();
                let run = runs::claim(&db, "a", &[]).await.unwrap().unwrap();
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
}
