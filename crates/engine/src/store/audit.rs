//! Who did what, when: append-only.

use super::db::{Result, Sql, sql};
use super::{new_id, now_ms};

/// A line that is to be written.
#[derive(Clone, Debug, Default)]
pub struct Line<'a> {
    /// `user`, `token`, `schedule`, `action`, `command_line` or `nobody`.
    pub actor_kind: &'a str,
    /// The actor's id.
    pub actor_id: Option<&'a str>,
    /// The actor's name.
    pub actor_name: &'a str,
    /// Where the request came from.
    pub address: &'a str,
    /// The request.
    pub request_id: &'a str,
    /// What was done: `host.create`.
    pub verb: &'a str,
    /// The kind of its object.
    pub object_kind: &'a str,
    /// The object's id.
    pub object_id: Option<&'a str>,
    /// The object's name.
    pub object_name: &'a str,
    /// `done`, `denied` or `failed`.
    pub outcome: &'a str,
    /// What else is worth knowing, as JSON; never a secret.
    pub detail: Option<String>,
}

/// Writes a line, in the transaction of what it tells of.
pub async fn write(sql_: &dyn Sql, line: &Line<'_>) -> Result<()> {
    let query = sql(
        "INSERT INTO audit (id, at_ms, actor_kind, actor_id, actor_name, address, request_id, verb,
            object_kind, object_id, object_name, outcome, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    );
    let query = query
        .bind(new_id())
        .bind(now_ms())
        .bind(line.actor_kind)
        .bind(line.actor_id)
        .bind(line.actor_name)
        .bind(line.address)
        .bind(line.request_id)
        .bind(line.verb)
        .bind(line.object_kind)
        .bind(line.object_id)
        .bind(line.object_name)
        .bind(line.outcome)
        .bind(line.detail.clone());
    sql_.run(query).await.map(drop)
}
