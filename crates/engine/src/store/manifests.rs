//! Manifests that are kept in the server: sets of files, in numbered revisions of which none is ever changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::db::{Result, Row, Sql, sql};
use super::{Stamp, new_id, now_ms};

/// A file of a revision, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FileMark {
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Files of a revision by their paths.
pub type Marks = BTreeMap<String, FileMark>;

/// A manifest, without what is in its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Outline {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The number of its newest revision.
    pub revision: i64,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
}

/// A revision, without what is in its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Revision {
    /// Its number, from 1.
    pub number: i64,
    /// The file to begin with.
    pub entry: String,
    /// Its files by their paths.
    pub files: Marks,
    /// What was changed, and why.
    pub message: String,
    /// Who made it, and when.
    pub created: Stamp,
}

const SELECT: &str =
    "SELECT id, name, description, head, version, created_ms, created_by, modified_ms,
    modified_by FROM manifests";

fn stamp(row: &Row, at: &str, by: &str) -> Result<Stamp> {
    Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? })
}

fn read(row: &Row) -> Result<Outline> {
    Ok(Outline {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        revision: row.get("head")?,
        version: row.get("version")?,
        created: stamp(row, "created_ms", "created_by")?,
        modified: stamp(row, "modified_ms", "modified_by")?,
    })
}

fn read_revision(row: &Row) -> Result<Revision> {
    Ok(Revision {
        number: row.get("number")?,
        entry: row.get("entry")?,
        files: row.json("files")?,
        message: row.get("remark")?,
        created: stamp(row, "created_ms", "created_by")?,
    })
}

/// Manifests after a name, in the order of their names; at most `limit`.
pub async fn list(from: &dyn Sql, after: Option<&str>, limit: u32) -> Result<Vec<Outline>> {
    let query = sql(SELECT).and_bind(" WHERE name > ?", after.unwrap_or_default());
    let query = query.and_bind(" ORDER BY name LIMIT ?", limit);
    from.all(query).await?.iter().map(read).collect()
}

/// The manifest of this name or id.
pub async fn find(from: &dyn Sql, word: &str) -> Result<Option<Outline>> {
    let query = sql(SELECT).and(" WHERE name = $1 OR id = $1").bind(word);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Makes a manifest without any revision; its id.
pub async fn insert(into: &dyn Sql, name: &str, description: &str, by: &str) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql(
        "INSERT INTO manifests (id, name, description, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $4, $5)",
    );
    into.run(query.bind(&id).bind(name).bind(description).bind(now).bind(by)).await?;
    Ok(id)
}

/// Changes a manifest if its version still is this one; whether it was. `more` is how many revisions are added.
pub async fn update(
    into: &dyn Sql,
    (id, version): (&str, i64),
    (name, description): (&str, &str),
    more: i64,
    by: &str,
) -> Result<bool> {
    let query = sql("UPDATE manifests SET name = $1, description = $2, head = head + $3,
            version = version + 1, modified_ms = $4, modified_by = $5
         WHERE id = $6 AND version = $7");
    let query = query.bind(name).bind(description).bind(more).bind(now_ms()).bind(by);
    Ok(into.run(query.bind(id).bind(version)).await? > 0)
}

/// Removes a manifest with all its revisions if its version still is this one; whether it was.
pub async fn delete(from: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM manifests WHERE id = $1 AND version = $2");
    Ok(from.run(query.bind(id).bind(version)).await? > 0)
}

/// What a revision is made of.
#[derive(Clone, Debug)]
pub struct NewRevision<'a> {
    /// Its number.
    pub number: i64,
    /// The file to begin with.
    pub entry: &'a str,
    /// Its files.
    pub files: &'a Marks,
    /// What was changed, and why.
    pub message: &'a str,
}

/// Adds a revision. Its contents belong into the same transaction.
pub async fn add(into: &dyn Sql, id: &str, new: &NewRevision<'_>, by: &str) -> Result<()> {
    let files = serde_json::to_string(new.files).unwrap_or_default();
    let query = sql(
        "INSERT INTO manifest_revisions (manifest_id, number, files, entry, remark, created_ms, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let query = query.bind(id).bind(new.number).bind(files).bind(new.entry).bind(new.message);
    into.run(query.bind(now_ms()).bind(by)).await.map(drop)
}

/// Keeps a content of a manifest's files, once.
pub async fn keep(into: &dyn Sql, id: &str, sha256: &str, body: &[u8]) -> Result<()> {
    let query = sql("INSERT INTO manifest_contents (manifest_id, sha256, body) VALUES ($1, $2, $3)
         ON CONFLICT (manifest_id, sha256) DO NOTHING");
    into.run(query.bind(id).bind(sha256).bind(body)).await.map(drop)
}

/// A revision of a manifest.
pub async fn revision(from: &dyn Sql, id: &str, number: i64) -> Result<Option<Revision>> {
    let query =
        sql("SELECT number, entry, files, remark, created_ms, created_by FROM manifest_revisions
         WHERE manifest_id = $1 AND number = $2");
    from.one(query.bind(id).bind(number)).await?.as_ref().map(read_revision).transpose()
}

/// Revisions of a manifest before a number, the newest first; at most `limit`.
pub async fn history(from: &dyn Sql, id: &str, before: i64, limit: u32) -> Result<Vec<Revision>> {
    let query =
        sql("SELECT number, entry, files, remark, created_ms, created_by FROM manifest_revisions
         WHERE manifest_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3");
    from.all(query.bind(id).bind(before).bind(limit)).await?.iter().map(read_revision).collect()
}

/// What is in these files.
pub async fn contents(
    from: &dyn Sql,
    id: &str,
    files: &Marks,
) -> Result<BTreeMap<String, Vec<u8>>> {
    let hashes = files.values().map(|mark| &mark.sha256);
    let query = sql("SELECT sha256, body FROM manifest_contents WHERE manifest_id = $1");
    let query = query.bind(id).and_list(" AND sha256 IN", hashes);
    let mut found = BTreeMap::new();
    for row in from.all(query).await? {
        found.insert(row.get::<String>("sha256")?, row.get::<Vec<u8>>("body")?);
    }
    let body = |mark: &FileMark| found.get(&mark.sha256).cloned();
    let files = files.iter().filter_map(|(path, mark)| Some((path.clone(), body(mark)?)));
    Ok(files.collect())
}

#[cfg(test)]
mod tests {
    use super::super::db::StoreError;
    use super::super::testing::on_both;
    use super::*;

    fn marks(files: &[(&str, &str)]) -> Marks {
        let mark = |(path, sha): &(&str, &str)| {
            ((*path).to_owned(), FileMark { sha256: (*sha).to_owned(), size: 1 })
        };
        files.iter().map(mark).collect()
    }

    #[tokio::test]
    async fn revisions_add_up_and_contents_are_kept_once() {
        on_both(|db| async move {
            let id = insert(&db, "site", "d", "ana").await.unwrap();
            let again = insert(&db, "site", "", "ana").await;
            assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
            let both = marks(&[("a", "1"), ("b", "1")]);
            for (number, files) in [(1, &both), (2, &marks(&[("a", "2")]))] {
                assert!(update(&db, (&id, number), ("site", "d"), 1, "ben").await.unwrap());
                let new = NewRevision { number, entry: "a", files, message: "why" };
                add(&db, &id, &new, "ben").await.unwrap();
            }
            assert!(!update(&db, (&id, 1), ("late", ""), 1, "ben").await.unwrap());
            for (sha, body) in [("1", b"x\xff"), ("1", b"y\xff"), ("2", b"zz")] {
                keep(&db, &id, sha, body).await.unwrap();
            }
            let found = find(&db, "site").await.unwrap().unwrap();
            assert_eq!((found.revision, found.version, &found.id), (2, 3, &id));
            let first = revision(&db, &id, 1).await.unwrap().unwrap();
            assert_eq!((first.message.as_str(), first.created.by.as_str()), ("why", "ben"));
            let files = contents(&db, &id, &first.files).await.unwrap();
            assert_eq!(files["b"], b"x\xff");
            let numbers =
                |found: Vec<Revision>| found.into_iter().map(|r| r.number).collect::<Vec<_>>();
            assert_eq!(numbers(history(&db, &id, i64::MAX, 9).await.unwrap()), [2, 1]);
            assert_eq!(numbers(history(&db, &id, 2, 9).await.unwrap()), [1]);
            assert_eq!(list(&db, Some("a"), 9).await.unwrap(), [found]);
            assert!(!delete(&db, &id, 1).await.unwrap());
            assert!(delete(&db, &id, 3).await.unwrap());
            assert!(revision(&db, &id, 1).await.unwrap().is_none());
            assert!(contents(&db, &id, &both).await.unwrap().is_empty());
        })
        .await;
    }
}
