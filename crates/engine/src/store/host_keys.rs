//! Keys that hosts have shown, and what was decided about them. Only pinned ones are trusted.

use hep_core::message::Message;
use serde::{Deserialize, Serialize};

use super::db::{Result, Row, Sql, sql};
use super::{message_json, new_id, now_ms};

/// What was decided about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The host has shown it; nobody has decided.
    Offered,
    /// It is trusted.
    Pinned,
    /// It was trusted, until another one of its algorithm was.
    Replaced,
    /// It must never be trusted again.
    Revoked,
}

impl State {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Pinned => "pinned",
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
        }
    }
}

/// A key of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HostKey {
    /// Its id.
    pub id: String,
    /// The host's name.
    pub host: String,
    /// Its type: `ssh-ed25519`.
    pub algorithm: String,
    /// As a `.pub` file has it.
    pub public_key: String,
    /// `SHA256:` and base64.
    pub fingerprint: String,
    /// What was decided.
    pub state: State,
    /// When the host last showed it, in milliseconds since 1970.
    pub shown_ms: i64,
    /// When it was decided, in milliseconds since 1970.
    pub decided_ms: Option<i64>,
    /// Who decided.
    pub decided_by: Option<String>,
}

/// A key as it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its type.
    pub algorithm: String,
    /// As a `.pub` file has it, without a comment.
    pub public_key: String,
    /// `SHA256:` and base64.
    pub fingerprint: String,
}

const SELECT: &str =
    "SELECT k.id, h.name AS host, k.algorithm, k.public_key, k.fingerprint, k.state,
    k.shown_ms, k.decided_ms, k.decided_by FROM host_keys k JOIN hosts h ON h.id = k.host_id";

fn read(row: &Row) -> Result<HostKey> {
    Ok(HostKey {
        id: row.get("id")?,
        host: row.get("host")?,
        algorithm: row.get("algorithm")?,
        public_key: row.get("public_key")?,
        fingerprint: row.get("fingerprint")?,
        state: row.word("state")?,
        shown_ms: row.get("shown_ms")?,
        decided_ms: row.get("decided_ms")?,
        decided_by: row.get("decided_by")?,
    })
}

/// The keys of a host, by its id.
pub async fn of_host(from: &dyn Sql, host: &str) -> Result<Vec<HostKey>> {
    let query = sql(SELECT).and_bind(" WHERE k.host_id = ? ORDER BY k.id", host);
    from.all(query).await?.iter().map(read).collect()
}

/// A key of a host, by its id.
pub async fn find(from: &dyn Sql, host: &str, id: &str) -> Result<Option<HostKey>> {
    let query = sql(SELECT).and_bind(" WHERE k.host_id = ?", host).and_bind(" AND k.id = ?", id);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// A key of which it is decided whether it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Its id.
    pub id: String,
    /// The host's id.
    pub host: String,
    /// As a `.pub` file has it.
    pub public_key: String,
    /// Whether it must never be trusted, in place of always.
    pub revoked: bool,
}

/// All keys that are pinned or revoked.
pub async fn decided(from: &dyn Sql) -> Result<Vec<Decided>> {
    let query = sql("SELECT id, host_id, public_key, state FROM host_keys
         WHERE state IN ('pinned', 'revoked') ORDER BY id");
    let decided = |row: &Row| {
        Ok(Decided {
            id: row.get("id")?,
            host: row.get("host_id")?,
            public_key: row.get("public_key")?,
            revoked: row.word::<State>("state")? == State::Revoked,
        })
    };
    from.all(query).await?.iter().map(decided).collect()
}

/// Remembers that a host has shown a key. What was decided about it stays.
pub async fn shown(into: &dyn Sql, host: &str, key: &Shown) -> Result<()> {
    let query = sql(
        "INSERT INTO host_keys (id, host_id, algorithm, public_key, fingerprint, state, shown_ms)
         VALUES ($1, $2, $3, $4, $5, 'offered', $6)
         ON CONFLICT (host_id, public_key) DO UPDATE SET shown_ms = excluded.shown_ms",
    );
    let query = query.bind(new_id()).bind(host).bind(&key.algorithm).bind(&key.public_key);
    into.run(query.bind(&key.fingerprint).bind(now_ms())).await.map(drop)
}

/// Decides about a key.
pub async fn decide(into: &dyn Sql, id: &str, state: State, by: &str) -> Result<()> {
    let query =
        sql("UPDATE host_keys SET state = $1, decided_ms = $2, decided_by = $3 WHERE id = $4");
    into.run(query.bind(state.word()).bind(now_ms()).bind(by).bind(id)).await.map(drop)
}

/// Says that a host's key is, or no longer is, to be decided about before it is trusted.
pub async fn set_untrusted(into: &dyn Sql, host: &str, why: Option<&Message>) -> Result<()> {
    let query = match why {
        Some(_) => {
            sql("UPDATE hosts SET state = 'untrusted', state_reason = $1, state_message = $2,
                state_ms = $3 WHERE id = $4")
        }
        None => sql("UPDATE hosts SET state = 'unknown', state_reason = $1, state_message = $2,
                state_ms = $3 WHERE id = $4 AND state = 'untrusted'"),
    };
    let text = why.map(ToString::to_string).unwrap_or_default();
    let query = query.bind(text).bind(why.map(message_json));
    into.run(query.bind(now_ms()).bind(host)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::hosts::{self, HostInput, References};
    use super::super::partitions;
    use super::super::testing::on_both;
    use super::*;

    fn key(letter: &str) -> Shown {
        Shown {
            algorithm: "ssh-ed25519".into(),
            public_key: format!("ssh-ed25519 {letter}"),
            fingerprint: format!("SHA256:{letter}"),
        }
    }

    #[tokio::test]
    async fn a_key_is_shown_and_decided_about() {
        on_both(|db| async move {
            let partition = partitions::default(&db).await.unwrap();
            let refers = References { partition, ..References::default() };
            let host = hosts::insert(&db, &HostInput::named("h"), &refers, "me").await.unwrap();
            for letter in ["a", "b", "a"] {
                shown(&db, &host, &key(letter)).await.unwrap();
            }
            let [a, b] = &of_host(&db, &host).await.unwrap()[..] else { panic!() };
            assert_eq!((a.state, a.host.as_str(), a.decided_ms), (State::Offered, "h", None));
            decide(&db, &a.id, State::Pinned, "me").await.unwrap();
            shown(&db, &host, &key("a")).await.unwrap();
            let found = find(&db, &host, &a.id).await.unwrap().unwrap();
            assert_eq!((found.state, found.decided_by.as_deref()), (State::Pinned, Some("me")));
            assert!(find(&db, "other", &a.id).await.unwrap().is_none());
            for (state, revoked) in [
                (State::Offered, None),
                (State::Pinned, Some(false)),
                (State::Replaced, None),
                (State::Revoked, Some(true)),
            ] {
                decide(&db, &b.id, state, "me").await.unwrap();
                let keys = decided(&db).await.unwrap();
                let found = keys.iter().find(|key| key.id == b.id);
                assert_eq!(found.map(|key| key.revoked), revoked);
            }
            let why = hep_core::message::host_key::to_be_decided("SHA256:x");
            set_untrusted(&db, &host, Some(&why)).await.unwrap();
            let seen = async || hosts::by_name(&db, "h").await.unwrap().unwrap();
            assert_eq!(
                (seen().await.state, seen().await.state_reason),
                ("untrusted".into(), why.to_string())
            );
            set_untrusted(&db, &host, None).await.unwrap();
            assert_eq!(seen().await.state, "unknown");
        })
        .await;
    }
}
