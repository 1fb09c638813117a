//! The nodes that work with the database, as each says of itself.
//!
//! `sealed` is the key by which others prove that they belong to the same database when they want to reach a host
//! through the node; a node without one (of an older version) is not asked.

use serde::Serialize;

use super::db::{Arg, Result, Row, Sql, sql};

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Node {
    /// Its id, new with every start.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where it answers.
    pub address: String,
    /// The zones whose hosts it reaches; none for all.
    pub zones: Vec<String>,
    /// The version of the program.
    pub release: String,
    /// The number of the schema that its program knows.
    pub schema: i64,
    /// `up`, or `silent` when it has not been heard of for a while.
    pub state: String,
    /// How many runs it coordinates.
    pub runs: i64,
    /// When it last said that it is there, in milliseconds since 1970, by its own clock.
    pub beat_ms: i64,
    /// When it started.
    pub started_ms: i64,
}

#[cfg(test)]
impl Node {
    /// One that is called as its id.
    pub(crate) fn for_tests(id: &str, address: &str, beat_ms: i64) -> Self {
        Self {
            id: id.into(),
            name: id.into(),
            address: address.into(),
            zones: vec!["eu".into()],
            release: "1".into(),
            schema: 1,
            state: "up".into(),
            runs: 0,
            beat_ms,
            started_ms: 1,
        }
    }
}

/// How long a node may say nothing until it counts as silent, in milliseconds.
pub const SILENT_MS: i64 = 60_000;

/// Whether a node of some zones (of all, where none is named) reaches the hosts of one.
pub fn reaches(zones: &[String], zone: Option<&str>) -> bool {
    zones.is_empty() || zone.is_none_or(|zone| zones.iter().any(|own| own == zone))
}

fn read(row: &Row) -> Result<Node> {
    Ok(Node {
        id: row.get("id")?,
        name: row.get("name")?,
        address: row.get("address")?,
        zones: row.json("zones")?,
        release: row.get("release")?,
        schema: row.get("schema")?,
        state: row.get("state")?,
        runs: row.get("runs")?,
        beat_ms: row.get("beat_ms")?,
        started_ms: row.get("started_ms")?,
    })
}

/// Notes that a node is there, with the key by which others may ask it for a way to its hosts, sealed. What had its
/// name and its address before is gone.
pub async fn beat(into: &dyn Sql, node: &Node, sealed: Option<&[u8]>) -> Result<()> {
    let gone = sql("DELETE FROM nodes WHERE name = $1 AND address = $2 AND id <> $3");
    into.run(gone.bind(&node.name).bind(&node.address).bind(&node.id)).await?;
    let zones = serde_json::to_string(&node.zones).unwrap_or_default();
    let query = sql("INSERT INTO nodes (id, name, address, zones, release, schema, beat_ms, started_ms,
            sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET beat_ms = excluded.beat_ms");
    let query = query.bind(&node.id).bind(&node.name).bind(&node.address).bind(zones);
    let query =
        query.bind(&node.release).bind(node.schema).bind(node.beat_ms).bind(node.started_ms);
    let query = query.bind(Arg::Bytes(sealed.map(<[u8]>::to_vec)));
    into.run(query).await.map(drop)
}

/// Forgets a node that has ended.
pub async fn leave(into: &dyn Sql, id: &str) -> Result<()> {
    into.run(sql("DELETE FROM nodes WHERE id = $1").bind(id)).await.map(drop)
}

/// Notes that a node is about to end.
pub async fn stops(into: &dyn Sql, id: &str) -> Result<()> {
    into.run(sql("UPDATE nodes SET state = 'stopping' WHERE id = $1").bind(id)).await.map(drop)
}

/// A node that makes first hops for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where it answers.
    pub address: String,
    /// The key by which it knows who may ask, sealed.
    pub sealed: Vec<u8>,
}

/// The nodes that reach the hosts of a zone for others, which are up and were heard of since an instant.
pub async fn doors(from: &dyn Sql, zone: Option<&str>, since_ms: i64) -> Result<Vec<Door>> {
    let query = sql("SELECT id, name, address, zones, sealed FROM nodes
         WHERE sealed IS NOT NULL AND state = 'up' AND beat_ms >= $1 ORDER BY id");
    let mut doors = Vec::new();
    for row in from.all(query.bind(since_ms)).await? {
        if reaches(&row.json::<Vec<String>>("zones")?, zone) {
            let (id, name, address) = (row.get("id")?, row.get("name")?, row.get("address")?);
            doors.push(Door { id, name, address, sealed: row.get("sealed")? });
        }
    }
    Ok(doors)
}

/// Forgets the nodes that have been silent since before an instant.
pub async fn forget(into: &dyn Sql, before_ms: i64) -> Result<u64> {
    into.run(sql("DELETE FROM nodes WHERE beat_ms < $1").bind(before_ms)).await
}

/// The names of the nodes that know a lower schema than this, and have said since an instant that they are there.
pub async fn older(from: &dyn Sql, schema: i64, since_ms: i64) -> Result<Vec<String>> {
    let query = sql("SELECT name FROM nodes WHERE schema < $1 AND beat_ms > $2 ORDER BY name");
    let rows = from.all(query.bind(schema).bind(since_ms)).await?;
    rows.iter().map(|row| row.get("name")).collect()
}

/// All nodes, by name.
pub async fn list(from: &dyn Sql) -> Result<Vec<Node>> {
    let query =
        sql("SELECT n.id, n.name, n.address, n.zones, n.release, n.schema, n.state, n.beat_ms,
            n.started_ms, (SELECT COUNT(*) FROM runs r WHERE r.node_id = n.id
                AND r.state IN ('running', 'waiting', 'cancelling')) AS runs
         FROM nodes n ORDER BY n.name, n.address, n.id");
    from.all(query).await?.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::*;

    fn node(id: &str, address: &str, beat_ms: i64) -> Node {
        Node { name: "one".into(), ..Node::for_tests(id, address, beat_ms) }
    }

    #[tokio::test]
    async fn a_node_is_there_until_it_leaves_is_silent_or_starts_anew() {
        on_both(|db| async move {
            for (id, address, beat_ms) in [
                ("a", "x:1", 5),
                ("a", "x:1", 6),
                ("b", "x:2", 7),
                ("c", "x:1", 8),
                ("d", "x:3", 9),
            ] {
                beat(&db, &node(id, address, beat_ms), None).await.unwrap();
            }
            let seen = list(&db).await.unwrap();
            let all = [node("c", "x:1", 8), node("b", "x:2", 7), node("d", "x:3", 9)];
            assert_eq!(seen, all);
            leave(&db, "d").await.unwrap();
            assert_eq!(forget(&db, 8).await.unwrap(), 1);
            assert_eq!(list(&db).await.unwrap(), all[..1]);
        })
        .await;
    }

    #[tokio::test]
    async fn who_is_asked_for_a_way_is_up_and_reaches_the_zone() {
        on_both(|db| async move {
            let zones = |zones: &[&str]| zones.iter().map(|&zone| zone.to_owned()).collect();
            for (id, of, beat_ms, key) in [
                ("eu", zones(&["asia", "eu"]), 9, true),
                ("us", zones(&["us"]), 9, true),
                ("all", zones(&[]), 8, true),
                ("old", zones(&["eu"]), 9, false),
                ("silent", zones(&["eu"]), 7, true),
                ("stopping", zones(&["eu"]), 9, true),
            ] {
                let said = Node { zones: of, ..node(id, id, beat_ms) };
                beat(&db, &said, key.then_some(b"sealed".as_slice())).await.unwrap();
            }
            stops(&db, "stopping").await.unwrap();
            // It goes on to say that it is there, and is not up again by that.
            beat(&db, &node("stopping", "stopping", 9), None).await.unwrap();
            for (zone, expected) in [
                (Some("eu"), &["all", "eu"][..]),
                (Some("us"), &["all", "us"]),
                (Some("none"), &["all"]),
                (None, &["all", "eu", "us"]),
            ] {
                let found = doors(&db, zone, 8).await.unwrap();
                let ids: Vec<&str> = found.iter().map(|door| door.id.as_str()).collect();
                assert_eq!(ids, expected, "{zone:?}");
                assert_eq!(found[0].sealed, b"sealed");
            }
        })
        .await;
    }
}
