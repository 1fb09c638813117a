//! Tokens of programs. The database holds only their hashes.

use hep_core::rights::Verbs;

use super::db::{Result, Sql, sql};
use super::{new_id, now_ms};

/// A token as it lets in.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whose it is: the id.
    pub user_id: String,
    /// Whose it is: the name.
    pub user_name: String,
    /// Whether that user may sign in.
    pub user_enabled: bool,
    /// The verbs that it is limited to.
    pub verbs: Option<Verbs>,
    /// The hosts that it is limited to.
    pub selector: String,
    /// When it ends to be valid, in milliseconds since 1970.
    pub expires_ms: Option<i64>,
}

/// The token with this hash.
pub async fn by_hash(from: &dyn Sql, hash: &str) -> Result<Option<Token>> {
    let query = sql("SELECT t.id AS id, t.name AS name, t.user_id AS user_id, u.name AS user_name,
            u.enabled AS user_enabled, t.verbs AS verbs, t.selector AS selector,
            t.expires_ms AS expires_ms
         FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = $1");
    let Some(row) = from.one(query.bind(hash)).await? else { return Ok(None) };
    Ok(Some(Token {
        id: row.get("id")?,
        name: row.get("name")?,
        user_id: row.get("user_id")?,
        user_name: row.get("user_name")?,
        user_enabled: row.get("user_enabled")?,
        verbs: row.maybe_json("verbs")?,
        selector: row.get("selector")?,
        expires_ms: row.get("expires_ms")?,
    }))
}

/// Makes a token of a user; its id.
pub async fn insert(
    into: &dyn Sql,
    user_id: &str,
    name: &str,
    hash: &str,
    verbs: Option<&Verbs>,
    expires_ms: Option<i64>,
    by: &str,
) -> Result<String> {
    let id = new_id();
    let verbs = verbs.map(|verbs| serde_json::to_string(verbs).unwrap_or_default());
    let query = sql(
        "INSERT INTO tokens (id, user_id, name, hash, verbs, expires_ms, created_ms, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    let query = query.bind(&id).bind(user_id).bind(name).bind(hash).bind(verbs);
    into.run(query.bind(expires_ms).bind(now_ms()).bind(by)).await?;
    Ok(id)
}
