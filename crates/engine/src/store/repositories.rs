//! Repositories: where manifests are taken from with git.

use serde::{Deserialize, Serialize};

use super::db::{Result, Row, Sql, sql};
use super::{Stamp, new_id, now_ms};

/// What people say about a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RepositoryInput {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Its address: `https://…`, `ssh://…` or `USER@HOST:PATH`.
    pub url: String,
    /// The branch, tag or commit that is taken where a run says none; empty for the repository's own choice.
    #[serde(default)]
    pub revision: String,
    /// Only what lies in this folder of it; empty for all.
    #[serde(default)]
    pub folder: String,
    /// The name of the credential to log in with: a password for `https`, a key for `ssh`.
    #[serde(default)]
    pub credential: Option<String>,
    /// For `ssh`: the host's keys, as lines of `known_hosts`. Without them those that the server's own user knows.
    #[serde(default)]
    pub host_keys: String,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Repository {
    /// Its id.
    pub id: String,
    /// What people said about it.
    #[serde(flatten)]
    pub said: RepositoryInput,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
}

const SELECT: &str = "SELECT r.id, r.name, r.description, r.url, r.revision, r.folder, r.host_keys,
    c.name AS credential, r.version, r.created_ms, r.created_by, r.modified_ms, r.modified_by
    FROM repositories r LEFT JOIN credentials c ON c.id = r.credential_id";

fn read(row: &Row) -> Result<Repository> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    Ok(Repository {
        id: row.get("id")?,
        said: RepositoryInput {
            name: row.get("name")?,
            description: row.get("description")?,
            url: row.get("url")?,
            revision: row.get("revision")?,
            folder: row.get("folder")?,
            credential: row.get("credential")?,
            host_keys: row.get("host_keys")?,
        },
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
    })
}

/// Repositories after a name, in the order of their names; at most `limit`.
pub async fn list(from: &dyn Sql, after: Option<&str>, limit: u32) -> Result<Vec<Repository>> {
    let query = sql(SELECT).and_bind(" WHERE r.name > ?", after.unwrap_or_default());
    let query = query.and_bind(" ORDER BY r.name LIMIT ?", limit);
    from.all(query).await?.iter().map(read).collect()
}

/// The repository of this name or id.
pub async fn find(from: &dyn Sql, word: &str) -> Result<Option<Repository>> {
    let query = sql(SELECT).and(" WHERE r.name = $1 OR r.id = $1").bind(word);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Makes a repository with the credential of this id; its id.
pub async fn insert(
    into: &dyn Sql,
    said: &RepositoryInput,
    credential: Option<String>,
    by: &str,
) -> Result<String> {
    let id = new_id();
    let query = sql(
        "INSERT INTO repositories (id, name, description, url, revision, folder, credential_id, host_keys,
            created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10)",
    );
    let query = query.bind(&id).bind(&said.name).bind(&said.description).bind(&said.url);
    let query =
        query.bind(&said.revision).bind(&said.folder).bind(credential).bind(&said.host_keys);
    into.run(query.bind(now_ms()).bind(by)).await?;
    Ok(id)
}

/// Changes a repository if its version still is this one; whether it was.
pub async fn update(
    into: &dyn Sql,
    (id, version): (&str, i64),
    said: &RepositoryInput,
    credential: Option<String>,
    by: &str,
) -> Result<bool> {
    let query = sql("UPDATE repositories SET name = $1, description = $2, url = $3, revision = $4,
            folder = $5, credential_id = $6, host_keys = $7, version = version + 1,
            modified_ms = $8, modified_by = $9
         WHERE id = $10 AND version = $11");
    let query = query.bind(&said.name).bind(&said.description).bind(&said.url);
    let query =
        query.bind(&said.revision).bind(&said.folder).bind(credential).bind(&said.host_keys);
    let query = query.bind(now_ms()).bind(by).bind(id).bind(version);
    Ok(into.run(query).await? > 0)
}

/// Removes a repository if its version still is this one; whether it was.
pub async fn delete(from: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM repositories WHERE id = $1 AND version = $2");
    Ok(from.run(query.bind(id).bind(version)).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::super::db::StoreError;
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn a_repository_lasts_changes_and_goes() {
        on_both(|db| async move {
            let said = |name: &str| RepositoryInput {
                name: name.into(),
                description: "d".into(),
                url: "https://example.org/x.git".into(),
                revision: "main".into(),
                folder: "site".into(),
                credential: None,
                host_keys: "k".into(),
            };
            let id = insert(&db, &said("b"), None, "me").await.unwrap();
            let again = insert(&db, &said("b"), None, "me").await;
            assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
            let nobody = insert(&db, &said("c"), Some("gone".into()), "me").await;
            assert!(matches!(nobody, Err(StoreError::Reference(_))), "{nobody:?}");
            assert_eq!(find(&db, "b").await.unwrap().unwrap().said, said("b"));
            assert!(update(&db, (&id, 1), &said("c"), None, "you").await.unwrap());
            assert!(!update(&db, (&id, 1), &said("d"), None, "late").await.unwrap());
            assert_eq!(list(&db, Some("b"), 9).await.unwrap()[0].said.name, "c");
            assert!(!delete(&db, &id, 1).await.unwrap());
            assert!(delete(&db, &id, 2).await.unwrap());
        })
        .await;
    }
}
