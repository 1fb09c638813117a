//! Partitions: sets of hosts isolated from other partitions.

use serde::{Deserialize, Serialize};

use super::db::{Result, Row, Sql, sql};
use super::{Stamp, new_id, now_ms};

/// What people say about a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartitionInput {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Which nodes can reach its hosts, where they have no zone of their own.
    #[serde(default)]
    pub zone: Option<String>,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Partition {
    /// Its id.
    pub id: String,
    /// What people said about it.
    #[serde(flatten)]
    pub said: PartitionInput,
    /// How many hosts it has.
    pub hosts: i64,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
}

/// The partition of hosts that are given none.
pub const DEFAULT: &str = "default";

const SELECT: &str = "SELECT p.id, p.name, p.description, p.zone, p.version, p.created_ms,
    p.created_by, p.modified_ms, p.modified_by,
    (SELECT COUNT(*) FROM hosts h WHERE h.partition_id = p.id) AS hosts FROM partitions p";

fn read(row: &Row) -> Result<Partition> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    Ok(Partition {
        id: row.get("id")?,
        said: PartitionInput {
            name: row.get("name")?,
            description: row.get("description")?,
            zone: row.get("zone")?,
        },
        hosts: row.get("hosts")?,
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
    })
}

/// Partitions after a name, in the order of their names; at most `limit`.
pub async fn list(from: &dyn Sql, after: Option<&str>, limit: u32) -> Result<Vec<Partition>> {
    let query = sql(SELECT).and_bind(" WHERE p.name > ?", after.unwrap_or_default());
    let query = query.and_bind(" ORDER BY p.name LIMIT ?", limit);
    from.all(query).await?.iter().map(read).collect()
}

/// The partition of this name.
pub async fn by_name(from: &dyn Sql, name: &str) -> Result<Option<Partition>> {
    let query = sql(SELECT).and_bind(" WHERE p.name = ?", name);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// The id of the partition of this name, without a count of its hosts.
pub async fn id_of(from: &dyn Sql, name: &str) -> Result<Option<String>> {
    let row = from.one(sql("SELECT id FROM partitions WHERE name = $1").bind(name)).await?;
    row.map(|row| row.get("id")).transpose()
}

/// The partition of this name or id.
pub async fn find(from: &dyn Sql, word: &str) -> Result<Option<Partition>> {
    let query = sql(SELECT).and(" WHERE p.name = $1 OR p.id = $1").bind(word);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Makes a partition; its id.
pub async fn insert(into: &dyn Sql, said: &PartitionInput, by: &str) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql(
        "INSERT INTO partitions (id, name, description, zone, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $6)",
    );
    let query = query.bind(&id).bind(&said.name).bind(&said.description).bind(said.zone.clone());
    into.run(query.bind(now).bind(by)).await?;
    Ok(id)
}

/// Changes a partition if its version still is this one; whether it was.
pub async fn update(
    into: &dyn Sql,
    id: &str,
    version: i64,
    said: &PartitionInput,
    by: &str,
) -> Result<bool> {
    let query = sql("UPDATE partitions SET name = $1, description = $2, zone = $3,
            version = version + 1, modified_ms = $4, modified_by = $5
         WHERE id = $6 AND version = $7");
    let query = query.bind(&said.name).bind(&said.description).bind(said.zone.clone());
    let query = query.bind(now_ms()).bind(by).bind(id).bind(version);
    Ok(into.run(query).await? > 0)
}

/// Removes a partition if its version still is this one; whether it was.
pub async fn delete(from: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM partitions WHERE id = $1 AND version = $2");
    Ok(from.run(query.bind(id).bind(version)).await? > 0)
}

/// The id of the default partition, made where it is missing.
pub async fn default(into: &dyn Sql) -> Result<String> {
    let query = sql(
        "INSERT INTO partitions (id, name, description, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, 'hosts that are given no other', $3, 'hep', $3, 'hep')
         ON CONFLICT (name) DO NOTHING",
    );
    into.run(query.bind(new_id()).bind(DEFAULT).bind(now_ms())).await?;
    let row = into.one(sql("SELECT id FROM partitions WHERE name = $1").bind(DEFAULT)).await?;
    row.map_or_else(|| Ok(String::new()), |row| row.get("id"))
}

#[cfg(test)]
mod tests {
    use super::super::db::StoreError;
    use super::super::hosts::{self, HostInput, References};
    use super::super::testing::on_both;
    use super::*;

    fn said(name: &str) -> PartitionInput {
        PartitionInput { name: name.into(), description: "d".into(), zone: Some("z".into()) }
    }

    #[tokio::test]
    async fn a_partition_lasts_changes_and_goes() {
        on_both(|db| async move {
            let id = insert(&db, &said("b"), "me").await.unwrap();
            insert(&db, &said("a"), "me").await.unwrap();
            let again = insert(&db, &said("a"), "me").await;
            assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
            assert_eq!(by_name(&db, "b").await.unwrap().unwrap().said, said("b"));
            assert!(update(&db, &id, 1, &said("c"), "you").await.unwrap());
            assert!(!update(&db, &id, 1, &said("d"), "late").await.unwrap());
            let found = find(&db, &id).await.unwrap().unwrap();
            assert_eq!((found.said.name.as_str(), found.version, found.hosts), ("c", 2, 0));
            let names: Vec<String> =
                list(&db, Some("a"), 9).await.unwrap().into_iter().map(|p| p.said.name).collect();
            assert_eq!(names, ["c"]);
            let refers = References { partition: id.clone(), ..References::default() };
            hosts::insert(&db, &HostInput::named("h"), &refers, "me").await.unwrap();
            assert_eq!(find(&db, "c").await.unwrap().unwrap().hosts, 1);
            let kept = delete(&db, &id, 2).await;
            assert!(matches!(kept, Err(StoreError::Reference(_))), "{kept:?}");
            let other = by_name(&db, "a").await.unwrap().unwrap();
            assert!(delete(&db, &other.id, 1).await.unwrap());
        })
        .await;
    }
}
