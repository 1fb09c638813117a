//! The register as a whole: what the selectors of grants see of it, and a number that every change of it raises.

use serde_json::{Map, Value};

use super::db::{Db, Query, Result, Row, Sql, sql};
use super::settings;

/// The setting that counts the changes.
const VERSION: &str = "register_version";

/// How often the register has been changed.
pub async fn version(from: &dyn Sql) -> Result<i64> {
    let text = settings::get(from, VERSION).await?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// Counts a change, in its transaction and before anything else of it: changes of the register come one after
/// the other, so that what one of them has checked (no circle of groups, nobody uses it) still holds when it
/// is written.
pub async fn change(into: &dyn Sql) -> Result<()> {
    let query = sql(
        "INSERT INTO settings (name, value) VALUES ($1, '1')
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(settings.value AS BIGINT) + 1 AS TEXT)",
    );
    into.run(query.bind(VERSION)).await.map(drop)
}

/// From so many changes in one transaction on, what the database knows of its tables is not right any more.
const MANY: usize = 500;

/// Makes lists of hosts quick again after so many of them were changed. That this failed is only said: what was
/// changed has been committed.
pub async fn changed(db: &Db, hosts: usize) {
    if hosts < MANY {
        return;
    }
    if let Err(error) = db.count_anew("hosts, host_labels, group_hosts").await {
        tracing::warn!(%error, "lists of hosts may be slow for a minute");
    }
}

/// A host as the selectors of grants see it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutlineHost {
    /// Its name.
    pub name: String,
    /// The id of its partition.
    pub partition: String,
    /// Its labels.
    pub labels: Map<String, Value>,
}

/// All that the selector of a grant can name. Variables have no part in it: who may set one must not come within
/// reach of what they may not have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// The hosts, by name.
    pub hosts: Vec<OutlineHost>,
    /// The groups, by name.
    pub groups: Vec<String>,
    /// Group and host of each membership.
    pub members: Vec<(String, String)>,
    /// Outer and inner group.
    pub children: Vec<(String, String)>,
}

/// Reads it.
pub async fn outline(from: &dyn Sql) -> Result<Outline> {
    let hosts = from.all(sql("SELECT name, partition_id, labels FROM hosts")).await?;
    let groups = from.all(sql("SELECT name FROM groups ORDER BY name")).await?;
    let host = |row: &Row| {
        let (partition, labels) = (row.get("partition_id")?, row.json("labels")?);
        Ok(OutlineHost { name: row.get("name")?, partition, labels })
    };
    let mut hosts: Vec<OutlineHost> = hosts.iter().map(host).collect::<Result<_>>()?;
    // By bytes, which is not every database's order.
    hosts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Outline {
        hosts,
        groups: groups.iter().map(|row| row.get("name")).collect::<Result<_>>()?,
        members: members(from).await?,
        children: children(from).await?,
    })
}

/// Group and host of each membership.
pub(super) async fn members(from: &dyn Sql) -> Result<Vec<(String, String)>> {
    let query = sql("SELECT g.name AS a, h.name AS b FROM group_hosts gh
         JOIN groups g ON g.id = gh.group_id JOIN hosts h ON h.id = gh.host_id
         ORDER BY g.name, h.name");
    pairs(from, query).await
}

/// Outer and inner group.
pub(super) async fn children(from: &dyn Sql) -> Result<Vec<(String, String)>> {
    let query = sql("SELECT o.name AS a, i.name AS b FROM group_children gc
         JOIN groups o ON o.id = gc.group_id JOIN groups i ON i.id = gc.child_id
         ORDER BY o.name, i.name");
    pairs(from, query).await
}

async fn pairs(from: &dyn Sql, query: Query) -> Result<Vec<(String, String)>> {
    let rows = from.all(query).await?;
    rows.iter().map(|row| Ok((row.get("a")?, row.get("b")?))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::groups::{self, GroupInput};
    use super::super::hosts::{self, HostInput, References};
    use super::super::partitions;
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn changes_are_counted_when_they_are_committed() {
        on_both(|db| async move {
            assert_eq!(version(&db).await.unwrap(), 0);
            for expected in [1, 2] {
                let tx = db.begin().await.unwrap();
                change(&tx).await.unwrap();
                assert_eq!(version(&db).await.unwrap(), expected - 1);
                tx.commit().await.unwrap();
                assert_eq!(version(&db).await.unwrap(), expected);
            }
            let tx = db.begin().await.unwrap();
            change(&tx).await.unwrap();
            drop(tx);
            assert_eq!(version(&db).await.unwrap(), 2);
        })
        .await;
    }

    #[tokio::test]
    async fn an_outline_has_all_that_selectors_name() {
        on_both(|db| async move {
            let partition = partitions::default(&db).await.unwrap();
            let refers = References { partition: partition.clone(), ..References::default() };
            let map = |name: &str| {
                [(name.to_owned(), Value::from("v"))].into_iter().collect::<Map<_, _>>()
            };
            let labels = [("env".to_owned(), "v".to_owned())].into();
            let said = HostInput { labels, vars: map("x"), ..HostInput::named("h") };
            let host = hosts::insert(&db, &said, &refers, "me").await.unwrap();
            let mut ids = Vec::new();
            for name in ["web", "eu"] {
                let json = serde_json::json!({"name": name, "vars": {"y": "v"}});
                let said: GroupInput = serde_json::from_value(json).unwrap();
                ids.push(groups::insert(&db, &said, "me").await.unwrap());
            }
            groups::add_host(&db, &ids[0], &host).await.unwrap();
            groups::set_children(&db, &ids[1], &ids[..1]).await.unwrap();
            let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
            let expected = Outline {
                hosts: vec![OutlineHost { name: "h".into(), partition, labels: map("env") }],
                groups: vec!["eu".into(), "web".into()],
                members: vec![pair("web", "h")],
                children: vec![pair("eu", "web")],
            };
            assert_eq!(outline(&db).await.unwrap(), expected);
        })
        .await;
    }
}
