//! What was made under which `Idempotency-Key`.

use super::db::{Result, Sql, sql};
use super::now_ms;
use crate::clock;

/// How long a key is remembered, in milliseconds.
const KEPT_MS: i64 = 24 * 3_600_000;

/// Keys from before this are forgotten. That the clock was set forward makes none of them older.
fn oldest() -> i64 {
    now_ms().saturating_sub(KEPT_MS).saturating_sub(clock::too_old().by_ms)
}

/// A creating call that may come twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The call: method and path.
    pub route: String,
    /// The key that the caller chose.
    pub key: String,
    /// A MAC of the body under a master key: it may hold secrets that are easily guessed.
    pub body_mac: String,
}

/// What came of the call before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// The MAC of its body.
    pub body_mac: String,
    /// The kind of what it made.
    pub kind: String,
    /// The name of what it made; the id of what has no name.
    pub name: String,
}

/// What an actor's call with this key has made before.
pub async fn find(from: &dyn Sql, actor: &str, route: &str, key: &str) -> Result<Option<Before>> {
    let query = sql("SELECT body_hash, location FROM idempotency
         WHERE actor = $1 AND route = $2 AND name = $3 AND created_ms > $4");
    let query = query.bind(actor).bind(route).bind(key).bind(oldest());
    let Some(row) = from.one(query).await? else { return Ok(None) };
    let location: String = row.get("location")?;
    let (kind, name) = location.split_once('/').unwrap_or((&location, ""));
    Ok(Some(Before {
        body_mac: row.get("body_hash")?,
        kind: kind.to_owned(),
        name: name.to_owned(),
    }))
}

/// Remembers what a call made, in the transaction that makes it; a call with the same key that is quicker
/// makes this fail.
pub async fn remember(
    into: &dyn Sql,
    actor: &str,
    once: &Once,
    kind: &str,
    name: &str,
) -> Result<()> {
    let old = sql("DELETE FROM idempotency WHERE created_ms <= $1").bind(oldest());
    into.run(old).await?;
    let query = sql("INSERT INTO idempotency (actor, route, name, body_hash, location, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6)");
    let query = query.bind(actor).bind(&once.route).bind(&once.key).bind(&once.body_mac);
    into.run(query.bind(format!("{kind}/{name}")).bind(now_ms())).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::db::StoreError;
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn a_key_belongs_to_an_actor_and_a_call() {
        on_both(|db| async move {
            let once = Once { route: "POST /x".into(), key: "k".into(), body_mac: "h".into() };
            assert_eq!(find(&db, "ana", "POST /x", "k").await.unwrap(), None);
            remember(&db, "ana", &once, "host", "web/1").await.unwrap();
            let before = find(&db, "ana", "POST /x", "k").await.unwrap().unwrap();
            assert_eq!((before.kind.as_str(), before.name.as_str()), ("host", "web/1"));
            assert_eq!(find(&db, "bob", "POST /x", "k").await.unwrap(), None);
            assert_eq!(find(&db, "ana", "POST /y", "k").await.unwrap(), None);
            let again = remember(&db, "ana", &once, "host", "web2").await;
            assert!(matches!(again, Err(StoreError::Duplicate(_))));
            let old = sql("UPDATE idempotency SET created_ms = 1");
            db.run(old).await.unwrap();
            assert_eq!(find(&db, "ana", "POST /x", "k").await.unwrap(), None);
            remember(&db, "ana", &once, "host", "web2").await.unwrap();
        })
        .await;
    }
}
