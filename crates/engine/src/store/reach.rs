//! The register's outline: what the selectors of grants are compared with. Names, groups, labels and
//! partitions of all hosts, and nothing else of them.

use super::db::{Result, Sql, sql};

/// The outline.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Name and the partition's id of each host, in the order of the names' bytes.
    pub hosts: Vec<(String, String)>,
    /// Host, name and value of each label.
    pub labels: Vec<(String, String, String)>,
    /// The names of all groups.
    pub groups: Vec<String>,
    /// Group and host of each membership.
    pub members: Vec<(String, String)>,
    /// Outer and inner group.
    pub children: Vec<(String, String)>,
}

/// Reads it.
pub async fn outline(from: &dyn Sql) -> Result<Outline> {
    let hosts = sql("SELECT name AS a, partition_id AS b FROM hosts");
    let groups = sql("SELECT name FROM groups ORDER BY name");
    let members = sql("SELECT g.name AS a, h.name AS b FROM group_hosts gh
         JOIN groups g ON g.id = gh.group_id JOIN hosts h ON h.id = gh.host_id ORDER BY g.name, h.name");
    let children = sql("SELECT o.name AS a, i.name AS b FROM group_children gc
         JOIN groups o ON o.id = gc.group_id JOIN groups i ON i.id = gc.child_id
         ORDER BY o.name, i.name");
    let labels = sql("SELECT h.name AS host, l.name AS name, l.value AS value
         FROM host_labels l JOIN hosts h ON h.id = l.host_id");
    let names = from.all(groups).await?.iter().map(|row| row.get("name")).collect::<Result<_>>()?;
    let label = |row: &super::db::Row| Ok((row.get("host")?, row.get("name")?, row.get("value")?));
    let mut hosts = pairs(from, hosts).await?;
    // By bytes, which is not every database's order.
    hosts.sort();
    Ok(Outline {
        hosts,
        labels: from.all(labels).await?.iter().map(label).collect::<Result<_>>()?,
        groups: names,
        members: pairs(from, members).await?,
        children: pairs(from, children).await?,
    })
}

async fn pairs(from: &dyn Sql, query: super::db::Query) -> Result<Vec<(String, String)>> {
    let rows = from.all(query).await?;
    rows.iter().map(|row| Ok((row.get("a")?, row.get("b")?))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::hosts::{self, HostInput, References};
    use super::super::partitions;
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn an_outline_has_all_that_selectors_name() {
        on_both(|db| async move {
            let partition = partitions::default(&db).await.unwrap();
            let refers = References { partition: partition.clone(), ..References::default() };
            let said: HostInput =
                serde_json::from_str(r#"{"name": "web1", "labels": {"env": "prod"}}"#).unwrap();
            let host = hosts::insert(&db, &said, &refers, "test").await.unwrap();
            for name in ["web", "eu"] {
                let group =
                    sql("INSERT INTO groups (id, name, created_ms, created_by, modified_ms,
                        modified_by) VALUES ($1, $1, 0, 'test', 0, 'test')");
                db.run(group.bind(name)).await.unwrap();
            }
            let member = sql("INSERT INTO group_hosts (group_id, host_id) VALUES ('web', $1)");
            db.run(member.bind(&host)).await.unwrap();
            db.run(sql("INSERT INTO group_children (group_id, child_id) VALUES ('eu', 'web')"))
                .await
                .unwrap();
            let outline = outline(&db).await.unwrap();
            let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
            assert_eq!(outline.hosts, [pair("web1", &partition)]);
            assert_eq!(outline.labels, [("web1".into(), "env".into(), "prod".into())]);
            assert_eq!(outline.groups, ["eu", "web"]);
            assert_eq!(outline.members, [pair("web", "web1")]);
            assert_eq!(outline.children, [pair("eu", "web")]);
        })
        .await;
    }
}
