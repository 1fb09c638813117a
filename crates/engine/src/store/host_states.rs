//! Which hosts answered and which did not, as nodes have found them.

use hep_core::message::Message;

use super::db::{Arg, Result, Sql, sql};
use super::message_json;

/// Hosts in one statement.
const ROWS: usize = 500;

/// Notes that hosts have answered.
pub async fn answered(into: &dyn Sql, names: &[&str], now_ms: i64) -> Result<()> {
    for chunk in names.chunks(ROWS) {
        let query = sql("UPDATE hosts SET seen_ms = $1, state = 'reachable', state_reason = '', state_message = NULL,
                state_ms = CASE WHEN state = 'reachable' THEN state_ms ELSE $1 END
             WHERE name IN ")
        .bind(now_ms);
        into.run(query.and_list("", chunk.iter().copied())).await?;
    }
    Ok(())
}

/// Notes that hosts have not answered, and why. One whose key waits for a decision stays in that state: that is
/// why it cannot be reached.
pub async fn silent(into: &dyn Sql, hosts: &[(&str, &Message)], now_ms: i64) -> Result<()> {
    for chunk in hosts.chunks(ROWS) {
        let rows = chunk.iter().map(|(name, why)| {
            vec![Arg::from(*name), Arg::from(why.to_string()), Arg::from(message_json(why))]
        });
        let query = sql("UPDATE hosts SET state = 'unreachable', state_reason = v.column2, state_message = v.column3,
                state_ms = CASE WHEN hosts.state = 'unreachable' THEN hosts.state_ms ELSE $1 END
             FROM (VALUES ")
        .bind(now_ms)
        .and_rows(rows)
        .and(") AS v WHERE hosts.name = v.column1 AND hosts.state <> 'untrusted'");
        into.run(query).await?;
    }
    Ok(())
}

/// How many hosts are in each state.
pub async fn count(from: &dyn Sql) -> Result<Vec<(String, i64)>> {
    let rows = from.all(sql("SELECT state, COUNT(*) AS many FROM hosts GROUP BY state")).await?;
    rows.iter().map(|row| Ok((row.get("state")?, row.get("many")?))).collect()
}

/// How many of these hosts are in each state.
pub async fn count_of(from: &dyn Sql, names: &[&str]) -> Result<Vec<(String, i64)>> {
    let query = sql("SELECT state, COUNT(*) AS many FROM hosts WHERE name IN");
    let query = query.and_list("", names.iter().copied()).and(" GROUP BY state");
    let rows = from.all(query).await?;
    rows.iter().map(|row| Ok((row.get("state")?, row.get("many")?))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::hosts::{self, HostInput, References};
    use hep_core::message::ssh as say;

    use super::super::testing::on_both;
    use super::super::{host_keys, partitions};
    use super::*;

    #[tokio::test]
    async fn a_host_is_as_it_was_last_found() {
        on_both(async |db| {
            let tx = db.begin().await.unwrap();
            let partition = partitions::default(&tx).await.unwrap();
            for name in ["a", "b", "c"] {
                let references =
                    References { partition: partition.clone(), ..References::default() };
                hosts::insert(&tx, &HostInput::named(name), &references, "t").await.unwrap();
            }
            tx.commit().await.unwrap();
            let host = async |name| hosts::by_name(&db, name).await.unwrap().unwrap();
            let seen = async |name| {
                let host = host(name).await;
                (host.state, host.state_reason, host.state_ms, host.seen_ms)
            };
            let some = count_of(&db, &["a", "c", "gone"]).await.unwrap();
            assert_eq!(some, [("unknown".to_owned(), 2)]);
            let before = host("a").await.version;
            answered(&db, &["a", "b", "gone"], 10).await.unwrap();
            answered(&db, &["a"], 20).await.unwrap();
            let [way, refused] = ["no route", "refused"].map(|why| say::lost("b", why));
            silent(&db, &[("b", &way)], 20).await.unwrap();
            silent(&db, &[("b", &refused), ("gone", &way)], 30).await.unwrap();
            assert_eq!(seen("a").await, ("reachable".into(), String::new(), Some(10), Some(20)));
            assert_eq!(
                seen("b").await,
                ("unreachable".into(), refused.to_string(), Some(20), Some(10))
            );
            assert_eq!(host("b").await.state_message, Some(refused.clone()));
            // A program that knows no messages.
            let text = sql("UPDATE hosts SET state_reason = 'x' WHERE name = 'b'");
            db.run(text).await.unwrap();
            assert_eq!(host("b").await.state_message, None);
            assert_eq!(seen("c").await, ("unknown".into(), String::new(), None, None));
            assert_eq!(host("a").await.version, before, "nobody has edited it");

            let id = host("c").await.id;
            host_keys::set_untrusted(&db, &id, Some(&way)).await.unwrap();
            silent(&db, &[("c", &refused)], 40).await.unwrap();
            assert_eq!(seen("c").await.0, "untrusted");
            assert_eq!(host("c").await.state_message, Some(way));
            answered(&db, &["c"], 50).await.unwrap();
            assert_eq!(seen("c").await, ("reachable".into(), String::new(), Some(50), Some(50)));
            let mut counted = count(&db).await.unwrap();
            counted.sort();
            assert_eq!(counted, [("reachable".into(), 2), ("unreachable".into(), 1)]);
            answered(&db, &[], 60).await.unwrap();
            silent(&db, &[], 60).await.unwrap();
        })
        .await;
    }
}
