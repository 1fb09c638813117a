//! What is old goes: runs with their logs, and lines of the audit log.

use super::db::{Result, Sql, sql};

/// Rows of one statement: on SQLite nobody else writes meanwhile.
const AT_ONCE: u32 = 200;

/// Removes runs that ended before an instant, a part of them at a time; how many went. A run that has parts goes
/// after these.
pub async fn runs(from: &dyn Sql, before_ms: i64) -> Result<u64> {
    let query = sql("DELETE FROM runs WHERE id IN (SELECT r.id FROM runs r WHERE r.ended_ms < $1
            AND NOT EXISTS (SELECT 1 FROM runs part WHERE part.parent_id = r.id)
            ORDER BY r.id LIMIT $2)");
    from.run(query.bind(before_ms).bind(AT_ONCE)).await
}

/// Removes lines of the audit log from before an instant, a part of them at a time; how many went.
pub async fn audit(from: &dyn Sql, before_ms: i64) -> Result<u64> {
    let query = sql(
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at_ms < $1 ORDER BY id LIMIT $2)",
    );
    from.run(query.bind(before_ms).bind(AT_ONCE)).await
}

#[cfg(test)]
mod tests {
    use super::super::audit::{Line, write};
    use super::super::testing::on_both;
    use super::*;

    async fn run(db: &dyn Sql, id: &str, parent: Option<&str>, ended_ms: Option<i64>) {
        let query = sql(
            "INSERT INTO runs (id, kind, subject, selector, parent_id, actor_kind, actor_name, state,
                created_ms, ended_ms)
             VALUES ($1, 'command', '{}', 'all', $2, 'user', 'ana', 'succeeded', 1, $3)",
        );
        let query = query.bind(id).bind(parent.map(str::to_owned)).bind(ended_ms);
        db.run(query).await.unwrap();
        let event =
            sql("INSERT INTO events (run_id, seq, at_ms, kind, body) VALUES ($1, 1, 1, 'run', $2)");
        db.run(event.bind(id).bind(&b"{}"[..])).await.unwrap();
    }

    async fn left(db: &dyn Sql, query: &'static str) -> Vec<String> {
        let rows = db.all(sql(query)).await.unwrap();
        rows.iter().map(|row| row.get("id").unwrap()).collect()
    }

    #[tokio::test]
    async fn what_is_old_goes_with_its_log() {
        on_both(|db| async move {
            run(&db, "a", None, Some(10)).await;
            run(&db, "b", Some("a"), Some(10)).await;
            run(&db, "c", None, Some(30)).await;
            run(&db, "d", None, None).await;
            assert_eq!(runs(&db, 20).await.unwrap(), 1, "the part goes first");
            assert_eq!(runs(&db, 20).await.unwrap(), 1);
            assert_eq!(runs(&db, 20).await.unwrap(), 0);
            assert_eq!(left(&db, "SELECT id FROM runs ORDER BY id").await, ["c", "d"]);
            assert_eq!(
                left(&db, "SELECT run_id AS id FROM events ORDER BY run_id").await,
                ["c", "d"]
            );
            write(&db, &Line::default()).await.unwrap();
            let now = super::super::now_ms();
            assert_eq!(audit(&db, now - 60_000).await.unwrap(), 0);
            assert_eq!(audit(&db, now + 60_000).await.unwrap(), 1);
        })
        .await;
    }
}
