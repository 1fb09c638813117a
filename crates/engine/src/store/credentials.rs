//! Credentials: how hosts are logged in to. The secret part is sealed, and only [`sealed`] reads it.

use serde::{Deserialize, Serialize};

use super::db::{Query, Result, Row, Sql, sql};
use super::{Stamp, now_ms};

/// What kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A private key.
    Key,
    /// A password.
    Password,
    /// The agent of the node that logs in.
    Agent,
    /// A private key and an authority's certificate for it.
    Certificate,
}

impl Kind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Password => "password",
            Self::Agent => "agent",
            Self::Certificate => "certificate",
        }
    }
}

/// A credential, without what is secret of it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Credential {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: Kind,
    /// The login, for hosts that have none of their own.
    pub user: Option<String>,
    /// What it is for.
    pub description: String,
    /// The public half of its key, as a `.pub` file has it.
    pub public_key: Option<String>,
    /// The public half's fingerprint.
    pub fingerprint: Option<String>,
    /// The certificate, as a `-cert.pub` file has it.
    pub certificate: Option<String>,
    /// Which secrets it holds: `private_key`, `passphrase`, `password`, `become_password`.
    pub holds: Vec<String>,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
}

/// What is written of a credential.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: Kind,
    /// The login.
    pub user: Option<String>,
    /// What it is for.
    pub description: String,
    /// The public half of its key.
    pub public_key: Option<String>,
    /// Its fingerprint.
    pub fingerprint: Option<String>,
    /// The certificate.
    pub certificate: Option<String>,
    /// Which secrets it holds.
    pub holds: Vec<&'static str>,
    /// The secrets, sealed.
    pub sealed: Option<Vec<u8>>,
}

const COLUMNS: &str =
    "SELECT id, name, kind, login, public_key, fingerprint, certificate, description,
    holds, version, created_ms, created_by, modified_ms, modified_by FROM credentials";

fn read(row: &Row) -> Result<Credential> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    Ok(Credential {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.word("kind")?,
        user: row.get("login")?,
        description: row.get("description")?,
        public_key: row.get("public_key")?,
        fingerprint: row.get("fingerprint")?,
        certificate: row.get("certificate")?,
        holds: row.json("holds")?,
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
    })
}

/// Credentials after a name, in the order of their names; at most `limit`.
pub async fn list(from: &dyn Sql, after: Option<&str>, limit: u32) -> Result<Vec<Credential>> {
    let query = sql(COLUMNS).and_bind(" WHERE name > ?", after.unwrap_or_default());
    let query = query.and_bind(" ORDER BY name LIMIT ?", limit);
    from.all(query).await?.iter().map(read).collect()
}

/// The credential of this name or id.
pub async fn find(from: &dyn Sql, word: &str) -> Result<Option<Credential>> {
    let query = sql(COLUMNS).and(" WHERE name = $1 OR id = $1").bind(word);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// The id of the credential of this name.
pub async fn id_of(from: &dyn Sql, name: &str) -> Result<Option<String>> {
    let row = from.one(sql("SELECT id FROM credentials WHERE name = $1").bind(name)).await?;
    row.map(|row| row.get("id")).transpose()
}

/// The sealed part of a credential.
pub async fn sealed(from: &dyn Sql, id: &str) -> Result<Option<Vec<u8>>> {
    let row = from.one(sql("SELECT sealed FROM credentials WHERE id = $1").bind(id)).await?;
    row.map_or(Ok(None), |row| row.get("sealed"))
}

/// Makes a credential of this id, to which its secrets are bound.
pub async fn insert(into: &dyn Sql, id: &str, written: &Written, by: &str) -> Result<()> {
    let query = sql(
        "INSERT INTO credentials (name, kind, login, public_key, fingerprint, certificate, description,
            holds, sealed, id, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $12)",
    );
    into.run(bind(query, written).bind(id).bind(now_ms()).bind(by)).await.map(drop)
}

/// Changes a credential if its version still is this one; whether it was.
pub async fn update(
    into: &dyn Sql,
    id: &str,
    version: i64,
    written: &Written,
    by: &str,
) -> Result<bool> {
    let query = sql(
        "UPDATE credentials SET name = $1, kind = $2, login = $3, public_key = $4, fingerprint = $5,
            certificate = $6, description = $7, holds = $8, sealed = $9, version = version + 1,
            modified_ms = $10, modified_by = $11
         WHERE id = $12 AND version = $13",
    );
    let query = bind(query, written).bind(now_ms()).bind(by).bind(id).bind(version);
    Ok(into.run(query).await? > 0)
}

/// The parameters 1 to 9.
fn bind(query: Query, written: &Written) -> Query {
    query
        .bind(&written.name)
        .bind(written.kind.word())
        .bind(written.user.clone())
        .bind(written.public_key.clone())
        .bind(written.fingerprint.clone())
        .bind(written.certificate.clone())
        .bind(&written.description)
        .bind(serde_json::to_string(&written.holds).unwrap_or_default())
        .bind(written.sealed.clone())
}

/// Removes a credential if its version still is this one; whether it was.
pub async fn delete(from: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM credentials WHERE id = $1 AND version = $2");
    Ok(from.run(query.bind(id).bind(version)).await? > 0)
}

/// The names of hosts that use a credential, in order; at most `limit`.
pub async fn users(from: &dyn Sql, id: &str, limit: u32) -> Result<Vec<String>> {
    let query = sql("SELECT name FROM hosts WHERE credential_id = $1 OR become_credential_id = $1
         ORDER BY name LIMIT $2");
    from.all(query.bind(id).bind(limit)).await?.iter().map(|row| row.get("name")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::db::StoreError;
    use super::super::hosts::{self, HostInput, References};
    use super::super::testing::on_both;
    use super::super::{new_id, partitions};
    use super::*;

    fn written(name: &str) -> Written {
        Written {
            name: name.into(),
            kind: Kind::Key,
            user: Some("ops".into()),
            description: "für alle".into(),
            public_key: Some("ssh-ed25519 AAAA x".into()),
            fingerprint: Some("SHA256:x".into()),
            certificate: None,
            holds: vec!["private_key"],
            sealed: Some(vec![1, 0, 255]),
        }
    }

    #[tokio::test]
    async fn a_credential_lasts_and_changes_by_version() {
        on_both(|db| async move {
            let id = new_id();
            insert(&db, &id, &written("b"), "me").await.unwrap();
            insert(&db, &new_id(), &written("a"), "me").await.unwrap();
            let again = insert(&db, &new_id(), &written("a"), "me").await;
            assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
            let found = find(&db, "b").await.unwrap().unwrap();
            assert_eq!(
                (found.kind, found.holds.as_slice()),
                (Kind::Key, &["private_key".into()][..])
            );
            assert_eq!(find(&db, &id).await.unwrap().unwrap(), found);
            assert_eq!(id_of(&db, "b").await.unwrap().as_ref(), Some(&id));
            assert_eq!(sealed(&db, &id).await.unwrap(), Some(vec![1, 0, 255]));
            let changed = Written { sealed: None, kind: Kind::Agent, ..written("c") };
            assert!(update(&db, &id, 1, &changed, "you").await.unwrap());
            assert!(!update(&db, &id, 1, &changed, "late").await.unwrap());
            assert_eq!(sealed(&db, &id).await.unwrap(), None);
            let names = async |after| -> Vec<String> {
                let found = list(&db, after, 9).await.unwrap();
                found.into_iter().map(|credential| credential.name).collect()
            };
            assert_eq!(names(None).await, ["a", "c"]);
            assert_eq!(names(Some("a")).await, ["c"]);
            assert!(!delete(&db, &id, 1).await.unwrap() && delete(&db, &id, 2).await.unwrap());
        })
        .await;
    }

    #[tokio::test]
    async fn who_uses_a_credential_is_known() {
        on_both(|db| async move {
            let (id, partition) = (new_id(), partitions::default(&db).await.unwrap());
            insert(&db, &id, &written("c"), "me").await.unwrap();
            let used = References { partition, credential: Some(id.clone()), ..Default::default() };
            let sudo = References {
                credential: None,
                become_credential: Some(id.clone()),
                ..used.clone()
            };
            for (name, refers) in [("b", &used), ("a", &sudo)] {
                hosts::insert(&db, &HostInput::named(name), refers, "me").await.unwrap();
            }
            assert_eq!(users(&db, &id, 9).await.unwrap(), ["a", "b"]);
            assert_eq!(users(&db, &id, 1).await.unwrap(), ["a"]);
            let kept = delete(&db, &id, 1).await;
            assert!(matches!(kept, Err(StoreError::Reference(_))), "{kept:?}");
        })
        .await;
    }
}
