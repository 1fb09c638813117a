//! Partitions: sets of hosts isolated from other partitions.

use super::db::{Result, Row, Sql, sql};
use super::{new_id, now_ms};

/// A partition.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The zone of its hosts, where they have none of their own.
    pub zone: Option<String>,
    /// Counts its changes.
    pub version: i64,
}

/// The partition of hosts that are given none.
pub const DEFAULT: &str = "default";

const COLUMNS: &str = "id, name, description, zone, version";

fn read(row: &Row) -> Result<Partition> {
    Ok(Partition {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        zone: row.get("zone")?,
        version: row.get("version")?,
    })
}

/// The partition of this name.
pub async fn by_name(from: &dyn Sql, name: &str) -> Result<Option<Partition>> {
    let query = sql("SELECT ").and(COLUMNS).and_bind(" FROM partitions WHERE name = ?", name);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Makes a partition; its id.
pub async fn insert(
    into: &dyn Sql,
    name: &str,
    description: &str,
    zone: Option<&str>,
    by: &str,
) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql(
        "INSERT INTO partitions (id, name, description, zone, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $6)",
    );
    into.run(query.bind(&id).bind(name).bind(description).bind(zone).bind(now).bind(by)).await?;
    Ok(id)
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
