//! What is old goes: runs with their logs, and lines of the audit log. A part of it with each statement, of a bounded
//! size: on SQLite nobody else writes meanwhile.

use super::db::{Result, Sql, sql};

/// Runs, or lines of the audit log, of one statement.
const AT_ONCE: u32 = 200;

/// How much one statement removes, in rows or in pages of output, whichever is more.
const LOAD: i64 = 10_000;
/// A page of output, in bytes.
const PAGE: i64 = 4096;

/// A run that may go.
struct Old {
    id: String,
    /// What it takes, in rows and pages.
    load: i64,
    /// The entries of its log.
    events: i64,
}

/// Removes runs that ended before an instant, a part of them at a time; how many rows of these went, which is nothing
/// at the end. A run that has parts goes after these, and one that is large after its log, piece by piece.
pub async fn runs(from: &dyn Sql, before_ms: i64) -> Result<u64> {
    let old = old(from, before_ms).await?;
    let Some(first) = old.first() else { return Ok(0) };
    let mut load = 0;
    let fits = old.iter().take_while(|run| {
        load += run.load;
        load <= LOAD
    });
    let mut ids: Vec<&str> = fits.map(|run| run.id.as_str()).collect();
    if ids.is_empty() {
        let gone = piece(from, first).await?;
        if gone > 0 {
            return Ok(gone);
        }
        ids.push(&first.id);
    }
    from.run(sql("DELETE FROM runs").and_list(" WHERE id IN", ids)).await
}

async fn old(from: &dyn Sql, before_ms: i64) -> Result<Vec<Old>> {
    let query =
        sql("SELECT r.id, r.hosts, r.next_seq, r.output_bytes FROM runs r WHERE r.ended_ms < $1
            AND NOT EXISTS (SELECT 1 FROM runs part WHERE part.parent_id = r.id)
         ORDER BY r.id LIMIT $2");
    let rows = from.all(query.bind(before_ms).bind(AT_ONCE)).await?;
    let read = |row: &super::db::Row| {
        let (hosts, events): (i64, i64) = (row.get("hosts")?, row.get("next_seq")?);
        let pages = row.get::<i64>("output_bytes")? / PAGE;
        Ok(Old { id: row.get("id")?, load: hosts + events + pages, events })
    };
    rows.iter().map(read).collect()
}

/// Removes the oldest piece of what belongs to a run; how many rows went.
async fn piece(from: &dyn Sql, run: &Old) -> Result<u64> {
    // Fewer entries where they are long.
    let entries = (LOAD * run.events / run.load).max(1);
    let query = sql("DELETE FROM events WHERE run_id = $1
            AND seq < $2 + (SELECT MIN(seq) FROM events WHERE run_id = $1)");
    let gone = from.run(query.bind(&run.id).bind(entries)).await?;
    if gone > 0 {
        return Ok(gone);
    }
    let query = sql("DELETE FROM host_runs WHERE run_id = $1
            AND position < $2 + (SELECT MIN(position) FROM host_runs WHERE run_id = $1)");
    from.run(query.bind(&run.id).bind(LOAD)).await
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

    /// Sets what a run says of itself.
    async fn claims(db: &dyn Sql, id: &str, hosts: i64, events: i64, bytes: i64) {
        let query =
            sql("UPDATE runs SET hosts = $1, next_seq = $2, output_bytes = $3 WHERE id = $4");
        db.run(query.bind(hosts).bind(events).bind(bytes).bind(id)).await.unwrap();
    }

    #[tokio::test]
    async fn much_goes_by_pieces() {
        on_both(|db| async move {
            for id in ["a", "b", "c"] {
                run(&db, id, None, Some(10)).await;
                for number in 2..=5 {
                    let event = sql("INSERT INTO events (run_id, seq, at_ms, kind, body)
                         VALUES ($1, $2, 1, 'run', $3)");
                    let event = event.bind(id).bind(number * 2_i64).bind(&b"{}"[..]);
                    db.run(event).await.unwrap();
                    let host = sql("INSERT INTO host_runs (run_id, position, host_name, state)
                         VALUES ($1, $2, $3, 'succeeded')");
                    let host = host.bind(id).bind(number * (LOAD / 2));
                    db.run(host.bind(number.to_string())).await.unwrap();
                }
            }
            // Long output: few entries at a time. Many hosts. And little.
            claims(&db, "a", 4, 5, LOAD * PAGE * 5 / 3).await;
            claims(&db, "b", LOAD * 3, 5, 0).await;
            claims(&db, "c", 4, 5, 0).await;
            let mut gone = Vec::new();
            loop {
                let rows = runs(&db, 20).await.unwrap();
                if rows == 0 {
                    break;
                }
                let left = left(&db, "SELECT id FROM runs ORDER BY id").await.concat();
                gone.push((rows, left));
            }
            let step = |rows, left: &str| (rows, left.to_owned());
            let expected = [
                step(1, "abc"),
                step(1, "abc"),
                step(1, "abc"),
                step(1, "abc"),
                step(1, "abc"),
                step(2, "abc"),
                step(2, "abc"),
                step(1, "bc"),
                step(1, "bc"),
                step(1, "bc"),
                step(1, "bc"),
                step(1, "bc"),
                step(1, "bc"),
                step(2, "bc"),
                step(2, "bc"),
                step(1, "c"),
                step(1, ""),
            ];
            assert_eq!(gone, expected);
        })
        .await;
    }
}
