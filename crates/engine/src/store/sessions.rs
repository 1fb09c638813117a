//! Sessions of people in browsers. The database holds only the hashes of their cookies.

use serde::Serialize;

use super::db::{Result, Row, Sql, sql};
use super::{new_id, now_ms};

/// A session, as people see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// The name of the user.
    pub user: String,
    /// Where the user signed in from.
    pub address: String,
    /// What the browser called itself.
    pub agent: String,
    /// When the user signed in, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last used, to the minute, in milliseconds since 1970.
    pub used_ms: i64,
    /// When it ends in any case, in milliseconds since 1970.
    pub expires_ms: i64,
}

/// A session as it lets in.
#[derive(Clone, Debug)]
pub struct Key {
    /// What people see of it.
    pub session: Session,
    /// The user's id.
    pub user_id: String,
    /// Whether the user may sign in.
    pub user_enabled: bool,
    /// What changing calls must bring back.
    pub csrf: String,
}

/// A session that begins.
#[derive(Clone, Debug)]
pub struct Begin<'a> {
    /// The user's id.
    pub user_id: &'a str,
    /// The hash of the cookie.
    pub hash: &'a str,
    /// What changing calls must bring back.
    pub csrf: &'a str,
    /// Where the user signs in from.
    pub address: &'a str,
    /// What the browser calls itself.
    pub agent: &'a str,
    /// When it ends in any case.
    pub expires_ms: i64,
}

const SELECT: &str = "SELECT s.id AS id, s.user_id AS user_id, u.name AS user_name,
        u.enabled AS user_enabled, s.csrf AS csrf, s.address AS address, s.agent AS agent,
        s.created_ms AS created_ms, s.used_ms AS used_ms, s.expires_ms AS expires_ms
     FROM sessions s JOIN users u ON u.id = s.user_id";

fn read(row: &Row) -> Result<Session> {
    Ok(Session {
        id: row.get("id")?,
        user: row.get("user_name")?,
        address: row.get("address")?,
        agent: row.get("agent")?,
        created_ms: row.get("created_ms")?,
        used_ms: row.get("used_ms")?,
        expires_ms: row.get("expires_ms")?,
    })
}

/// The session whose cookie has this hash.
pub async fn by_hash(from: &dyn Sql, hash: &str) -> Result<Option<Key>> {
    let query = sql(SELECT).and_bind(" WHERE s.hash = ?", hash);
    let Some(row) = from.one(query).await? else { return Ok(None) };
    Ok(Some(Key {
        session: read(&row)?,
        user_id: row.get("user_id")?,
        user_enabled: row.get("user_enabled")?,
        csrf: row.get("csrf")?,
    }))
}

/// The sessions of a user that have not ended by themselves, the newest first.
pub async fn of_user(from: &dyn Sql, user_id: &str, idle_since_ms: i64) -> Result<Vec<Session>> {
    let query = sql(SELECT)
        .and_bind(" WHERE s.user_id = ?", user_id)
        .and_bind(" AND s.expires_ms > ?", now_ms())
        .and_bind(" AND s.used_ms > ?", idle_since_ms)
        .and(" ORDER BY s.id DESC LIMIT 1000");
    from.all(query).await?.iter().map(read).collect()
}

/// Begins a session; its id.
pub async fn insert(into: &dyn Sql, begin: &Begin<'_>) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql("INSERT INTO sessions (id, user_id, hash, csrf, address, agent, created_ms,
            used_ms, expires_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)");
    let query = query.bind(&id).bind(begin.user_id).bind(begin.hash).bind(begin.csrf);
    into.run(query.bind(begin.address).bind(begin.agent).bind(now).bind(begin.expires_ms)).await?;
    Ok(id)
}

/// Notes that a session was used.
pub async fn used(into: &dyn Sql, id: &str) -> Result<()> {
    let query = sql("UPDATE sessions SET used_ms = $1 WHERE id = $2").bind(now_ms()).bind(id);
    into.run(query).await.map(drop)
}

/// Ends a session of a user; whether there was one.
pub async fn delete(into: &dyn Sql, user_id: &str, id: &str) -> Result<bool> {
    let query = sql("DELETE FROM sessions WHERE user_id = $1 AND id = $2").bind(user_id).bind(id);
    Ok(into.run(query).await? > 0)
}

/// Ends all sessions of a user but one; how many.
pub async fn delete_others(into: &dyn Sql, user_id: &str, but: &str) -> Result<u64> {
    let query = sql("DELETE FROM sessions WHERE user_id = $1 AND id <> $2").bind(user_id).bind(but);
    into.run(query).await
}

/// Forgets sessions that have ended by themselves.
pub async fn prune(into: &dyn Sql, idle_since_ms: i64) -> Result<u64> {
    let query = sql("DELETE FROM sessions WHERE expires_ms <= $1 OR used_ms <= $2");
    into.run(query.bind(now_ms()).bind(idle_since_ms)).await
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::super::users::{self, UserInput};
    use super::*;

    #[tokio::test]
    async fn a_session_begins_is_used_and_ends() {
        on_both(|db| async move {
            let said = UserInput { name: "ana".into(), enabled: true, ..UserInput::default() };
            let user = users::insert(&db, &said, None, "test").await.unwrap();
            let now = now_ms();
            let mut ids = Vec::new();
            for (hash, expires_ms) in [("a", now + 60_000), ("b", now + 60_000), ("c", now - 1)] {
                let begin = Begin {
                    user_id: &user,
                    hash,
                    csrf: "x",
                    address: "::1",
                    agent: "test",
                    expires_ms,
                };
                ids.push(insert(&db, &begin).await.unwrap());
            }
            let key = by_hash(&db, "a").await.unwrap().unwrap();
            assert!(key.session.user == "ana" && key.user_enabled && key.csrf == "x");
            assert!(by_hash(&db, "z").await.unwrap().is_none());
            assert_eq!(of_user(&db, &user, 0).await.unwrap().len(), 2);
            assert!(of_user(&db, &user, now + 60_000).await.unwrap().is_empty());
            used(&db, &ids[0]).await.unwrap();
            assert_eq!(prune(&db, 0).await.unwrap(), 1);
            assert!(!delete(&db, "somebody", &ids[1]).await.unwrap());
            assert_eq!(delete_others(&db, &user, &ids[0]).await.unwrap(), 1);
            assert!(delete(&db, &user, &ids[0]).await.unwrap());
        })
        .await;
    }
}
