//! Tokens of programs. The database holds only their hashes.

use hep_core::rights::Verbs;
use serde::Serialize;

use super::db::{Query, Result, Row, Sql, sql};
use super::{Stamp, new_id, now_ms};

/// A token, without what lets in.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of the user whose it is.
    pub user: String,
    /// The verbs that it is limited to; all that the user may, when there is no such limit.
    #[schema(value_type = Option<Vec<String>>)]
    pub verbs: Option<Verbs>,
    /// The hosts that it is limited to, as a selector.
    pub selector: String,
    /// When it ends to be valid, in milliseconds since 1970.
    pub expires_ms: Option<i64>,
    /// When it was last used, to the minute, in milliseconds since 1970.
    pub used_ms: Option<i64>,
    /// Who made it, and when.
    pub created: Stamp,
}

/// A token as it lets in.
#[derive(Clone, Debug)]
pub struct Key {
    /// What people see of it.
    pub token: Token,
    /// The user's id.
    pub user_id: String,
    /// Whether the user may sign in.
    pub user_enabled: bool,
}

/// A token that is made.
#[derive(Clone, Debug)]
pub struct Insert<'a> {
    /// The user's id.
    pub user_id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its hash.
    pub hash: &'a str,
    /// Its limit.
    pub verbs: Option<&'a Verbs>,
    /// Its hosts.
    pub selector: &'a str,
    /// Its end.
    pub expires_ms: Option<i64>,
    /// Who makes it.
    pub by: &'a str,
}

const SELECT: &str = "SELECT t.id AS id, t.name AS name, t.user_id AS user_id, u.name AS user_name,
        u.enabled AS user_enabled, t.verbs AS verbs, t.selector AS selector,
        t.expires_ms AS expires_ms, t.used_ms AS used_ms, t.created_ms AS created_ms,
        t.created_by AS created_by
     FROM tokens t JOIN users u ON u.id = t.user_id";

fn read(row: &Row) -> Result<Token> {
    Ok(Token {
        id: row.get("id")?,
        name: row.get("name")?,
        user: row.get("user_name")?,
        verbs: row.maybe_json("verbs")?,
        selector: row.get("selector")?,
        expires_ms: row.get("expires_ms")?,
        used_ms: row.get("used_ms")?,
        created: Stamp { at_ms: row.get("created_ms")?, by: row.get("created_by")? },
    })
}

/// The token with this hash.
pub async fn by_hash(from: &dyn Sql, hash: &str) -> Result<Option<Key>> {
    let query = sql(SELECT).and_bind(" WHERE t.hash = ?", hash);
    let Some(row) = from.one(query).await? else { return Ok(None) };
    Ok(Some(Key {
        token: read(&row)?,
        user_id: row.get("user_id")?,
        user_enabled: row.get("user_enabled")?,
    }))
}

/// The token of this id.
pub async fn by_id(from: &dyn Sql, id: &str) -> Result<Option<Token>> {
    let query = sql(SELECT).and_bind(" WHERE t.id = ?", id);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Tokens after an id, perhaps of one user's name, in the order in which they were made, at most `limit`.
pub async fn list(
    from: &dyn Sql,
    user: Option<&str>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Token>> {
    let mut query: Query = sql(SELECT).and_bind(" WHERE t.id > ?", after.unwrap_or_default());
    if let Some(user) = user {
        query = query.and_bind(" AND u.name = ?", user);
    }
    let rows = from.all(query.and_bind(" ORDER BY t.id LIMIT ?", limit)).await?;
    rows.iter().map(read).collect()
}

/// Makes a token of a user; its id.
pub async fn insert(into: &dyn Sql, made: &Insert<'_>) -> Result<String> {
    let id = new_id();
    let verbs = made.verbs.map(|verbs| serde_json::to_string(verbs).unwrap_or_default());
    let query = sql("INSERT INTO tokens (id, user_id, name, hash, verbs, selector, expires_ms,
            created_ms, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    let query = query.bind(&id).bind(made.user_id).bind(made.name).bind(made.hash).bind(verbs);
    let query = query.bind(made.selector).bind(made.expires_ms).bind(now_ms()).bind(made.by);
    into.run(query).await?;
    Ok(id)
}

/// Notes that a token was used.
pub async fn used(into: &dyn Sql, id: &str) -> Result<()> {
    let query = sql("UPDATE tokens SET used_ms = $1 WHERE id = $2").bind(now_ms()).bind(id);
    into.run(query).await.map(drop)
}

/// Ends a token; whether it was there.
pub async fn delete(into: &dyn Sql, id: &str) -> Result<bool> {
    Ok(into.run(sql("DELETE FROM tokens WHERE id = $1").bind(id)).await? > 0)
}

#[cfg(test)]
mod tests {
    use hep_core::rights::Verb;

    use super::super::testing::on_both;
    use super::super::users::{self, UserInput};
    use super::*;

    #[tokio::test]
    async fn a_token_is_kept_as_made_until_it_ends() {
        on_both(|db| async move {
            let said = UserInput { name: "ana".into(), enabled: true, ..UserInput::default() };
            let user = users::insert(&db, &said, None, "test").await.unwrap();
            let verbs: Verbs = [Verb::View].into();
            let made = Insert {
                user_id: &user,
                name: "ci",
                hash: "h",
                verbs: Some(&verbs),
                selector: "web*",
                expires_ms: Some(5),
                by: "test",
            };
            let id = insert(&db, &made).await.unwrap();
            let twice = insert(&db, &Insert { hash: "i", ..made.clone() }).await;
            assert!(matches!(twice, Err(super::super::StoreError::Duplicate(_))), "{twice:?}");
            let key = by_hash(&db, "h").await.unwrap().unwrap();
            assert!(key.user_enabled && key.user_id == user && key.token.used_ms.is_none());
            assert_eq!((key.token.verbs, key.token.selector.as_str()), (Some(verbs), "web*"));
            used(&db, &id).await.unwrap();
            assert!(by_id(&db, &id).await.unwrap().unwrap().used_ms.is_some());
            let many = async |user, after| list(&db, user, after, 9).await.unwrap().len();
            assert_eq!(many(None, None).await, 1);
            assert_eq!(many(Some("ana"), None).await, 1);
            assert_eq!(many(Some("bob"), None).await, 0);
            assert_eq!(many(None, Some(&id)).await, 0);
            assert!(delete(&db, &id).await.unwrap() && !delete(&db, &id).await.unwrap());
        })
        .await;
    }
}
