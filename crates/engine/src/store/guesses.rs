//! Passwords that were tried, counted by user and by address, whether or not there is such a user.

use super::db::{Result, Sql, sql};

/// What is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The name that was given.
    User,
    /// Where it came from.
    Address,
}

impl By {
    const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Address => "address",
        }
    }
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many were tried that were not right, this one included.
    pub failures: i64,
    /// Until when nothing may be tried, in milliseconds since 1970.
    pub locked_until_ms: i64,
}

/// Counts one more.
pub async fn count(into: &dyn Sql, by: By, name: &str, now_ms: i64) -> Result<Count> {
    let query = sql("INSERT INTO guesses (kind, name, failures, last_ms) VALUES ($1, $2, 1, $3)
         ON CONFLICT (kind, name) DO UPDATE
            SET failures = guesses.failures + 1, last_ms = excluded.last_ms
         RETURNING failures, locked_until_ms");
    let row = into.one(query.bind(by.word()).bind(name).bind(now_ms)).await?;
    match row {
        Some(row) => Ok(Count {
            failures: row.get("failures")?,
            locked_until_ms: row.get("locked_until_ms")?,
        }),
        None => Ok(Count { failures: 1, locked_until_ms: 0 }),
    }
}

/// Lets nobody try until then.
pub async fn lock(into: &dyn Sql, by: By, name: &str, until_ms: i64) -> Result<()> {
    let query = sql("UPDATE guesses SET locked_until_ms = $1 WHERE kind = $2 AND name = $3");
    into.run(query.bind(until_ms).bind(by.word()).bind(name)).await.map(drop)
}

/// Takes one back that was right.
pub async fn take_back(into: &dyn Sql, by: By, name: &str) -> Result<()> {
    let query = sql("UPDATE guesses SET locked_until_ms = 0,
            failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END
         WHERE kind = $1 AND name = $2");
    into.run(query.bind(by.word()).bind(name)).await.map(drop)
}

/// Forgets all that was tried; whether there was anything.
pub async fn forget(into: &dyn Sql, by: By, name: &str) -> Result<bool> {
    let query = sql("DELETE FROM guesses WHERE kind = $1 AND name = $2");
    Ok(into.run(query.bind(by.word()).bind(name)).await? > 0)
}

/// Forgets what was tried before then.
pub async fn prune(into: &dyn Sql, before_ms: i64) -> Result<u64> {
    into.run(sql("DELETE FROM guesses WHERE last_ms < $1").bind(before_ms)).await
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn each_is_counted_for_itself() {
        on_both(|db| async move {
            let count = async |by, name| super::count(&db, by, name, 5).await.unwrap();
            assert_eq!(count(By::User, "x").await.failures, 1);
            assert_eq!(count(By::User, "x").await.failures, 2);
            assert_eq!(count(By::Address, "x").await.failures, 1);
            lock(&db, By::User, "x", 77).await.unwrap();
            assert_eq!(count(By::User, "x").await, Count { failures: 3, locked_until_ms: 77 });
            take_back(&db, By::User, "x").await.unwrap();
            assert_eq!(count(By::User, "x").await, Count { failures: 3, locked_until_ms: 0 });
            assert!(forget(&db, By::User, "x").await.unwrap());
            assert!(!forget(&db, By::User, "x").await.unwrap());
            assert_eq!((prune(&db, 5).await.unwrap(), prune(&db, 6).await.unwrap()), (0, 1));
        })
        .await;
    }
}
