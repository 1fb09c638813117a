//! Groups: named sets of hosts, perhaps within one another.

use serde::{Deserialize, Serialize};

use super::db::{Result, Row, Sql, sql};
use super::{Stamp, new_id, now_ms};

/// What people say about a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupInput {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Variables for manifests.
    #[serde(default)]
    pub vars: serde_json::Map<String, serde_json::Value>,
    /// The groups within it.
    #[serde(default)]
    pub children: Vec<String>,
    /// The hosts that it names. They stay as they are when they are not said, and no answer says them: ask for
    /// `/hosts?group=NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// What people said about it.
    #[serde(flatten)]
    pub said: GroupInput,
    /// How many hosts it names itself.
    pub host_count: i64,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
}

const SELECT: &str = "SELECT g.id, g.name, g.description, g.vars, g.version, g.created_ms,
    g.created_by, g.modified_ms, g.modified_by,
    (SELECT COUNT(*) FROM group_hosts gh WHERE gh.group_id = g.id) AS hosts FROM groups g";

fn read(row: &Row) -> Result<Group> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    Ok(Group {
        id: row.get("id")?,
        said: GroupInput {
            name: row.get("name")?,
            description: row.get("description")?,
            vars: row.json("vars")?,
            children: Vec::new(),
            hosts: None,
        },
        host_count: row.get("hosts")?,
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
    })
}

async fn with_children(from: &dyn Sql, mut groups: Vec<Group>) -> Result<Vec<Group>> {
    let query = sql("SELECT gc.group_id AS outer_id, c.name AS name FROM group_children gc
         JOIN groups c ON c.id = gc.child_id WHERE gc.group_id IN");
    let query =
        query.and_list("", groups.iter().map(|group| group.id.as_str())).and(" ORDER BY c.name");
    for row in from.all(query).await? {
        let outer: String = row.get("outer_id")?;
        if let Some(group) = groups.iter_mut().find(|group| group.id == outer) {
            group.said.children.push(row.get("name")?);
        }
    }
    Ok(groups)
}

/// Groups after a name, in the order of their names; at most `limit`.
pub async fn list(from: &dyn Sql, after: Option<&str>, limit: u32) -> Result<Vec<Group>> {
    let query = sql(SELECT).and_bind(" WHERE g.name > ?", after.unwrap_or_default());
    let query = query.and_bind(" ORDER BY g.name LIMIT ?", limit);
    let found = from.all(query).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
    with_children(from, found).await
}

/// The group of this name or id.
pub async fn find(from: &dyn Sql, word: &str) -> Result<Option<Group>> {
    let query = sql(SELECT).and(" WHERE g.name = $1 OR g.id = $1").bind(word);
    let found = from.one(query).await?.as_ref().map(read).transpose()?;
    Ok(with_children(from, found.into_iter().collect()).await?.pop())
}

/// Makes a group without hosts and children; its id.
pub async fn insert(into: &dyn Sql, said: &GroupInput, by: &str) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql(
        "INSERT INTO groups (id, name, description, vars, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $6)",
    );
    let query = query.bind(&id).bind(&said.name).bind(&said.description).bind(vars(said));
    into.run(query.bind(now).bind(by)).await?;
    Ok(id)
}

fn vars(said: &GroupInput) -> String {
    serde_json::to_string(&said.vars).unwrap_or_default()
}

/// Changes a group, but not what it is made of, if its version still is this one; whether it was.
pub async fn update(
    into: &dyn Sql,
    id: &str,
    version: i64,
    said: &GroupInput,
    by: &str,
) -> Result<bool> {
    let query = sql("UPDATE groups SET name = $1, description = $2, vars = $3,
            version = version + 1, modified_ms = $4, modified_by = $5
         WHERE id = $6 AND version = $7");
    let query = query.bind(&said.name).bind(&said.description).bind(vars(said));
    Ok(into.run(query.bind(now_ms()).bind(by).bind(id).bind(version)).await? > 0)
}

/// Removes a group if its version still is this one; whether it was. Its hosts stay.
pub async fn delete(from: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM groups WHERE id = $1 AND version = $2");
    Ok(from.run(query.bind(id).bind(version)).await? > 0)
}

/// Makes these groups, by id, the ones within a group.
pub async fn set_children(into: &dyn Sql, id: &str, children: &[String]) -> Result<()> {
    into.run(sql("DELETE FROM group_children WHERE group_id = $1").bind(id)).await?;
    for child in children {
        let query = sql("INSERT INTO group_children (group_id, child_id) VALUES ($1, $2)
             ON CONFLICT (group_id, child_id) DO NOTHING");
        into.run(query.bind(id).bind(child)).await?;
    }
    Ok(())
}

/// Every pair of an outer and an inner group, by id.
pub async fn nesting(from: &dyn Sql) -> Result<Vec<(String, String)>> {
    let rows = from.all(sql("SELECT group_id, child_id FROM group_children")).await?;
    rows.iter().map(|row| Ok((row.get("group_id")?, row.get("child_id")?))).collect()
}

/// Takes all hosts out of a group.
pub async fn clear_hosts(into: &dyn Sql, id: &str) -> Result<()> {
    into.run(sql("DELETE FROM group_hosts WHERE group_id = $1").bind(id)).await.map(drop)
}

/// Puts a host into a group, by their ids; whether it was not in it.
pub async fn add_host(into: &dyn Sql, id: &str, host: &str) -> Result<bool> {
    let query = sql("INSERT INTO group_hosts (group_id, host_id) VALUES ($1, $2)
         ON CONFLICT (group_id, host_id) DO NOTHING");
    Ok(into.run(query.bind(id).bind(host)).await? > 0)
}

/// Takes a host out of a group, by their ids; whether it was in it.
pub async fn remove_host(into: &dyn Sql, id: &str, host: &str) -> Result<bool> {
    let query = sql("DELETE FROM group_hosts WHERE group_id = $1 AND host_id = $2");
    Ok(into.run(query.bind(id).bind(host)).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::super::hosts::{self, HostInput, References};
    use super::super::partitions;
    use super::super::testing::on_both;
    use super::*;

    fn said(name: &str) -> GroupInput {
        let vars = [("port".to_owned(), serde_json::json!(80))].into_iter().collect();
        GroupInput {
            name: name.into(),
            description: "d".into(),
            vars,
            children: Vec::new(),
            hosts: None,
        }
    }

    #[tokio::test]
    async fn a_group_lasts_with_what_it_is_made_of() {
        on_both(|db| async move {
            let id = insert(&db, &said("eu"), "me").await.unwrap();
            let [web, app] = ["web", "app"].map(said);
            let web = insert(&db, &web, "me").await.unwrap();
            let app = insert(&db, &app, "me").await.unwrap();
            set_children(&db, &id, &[web.clone(), app.clone(), web.clone()]).await.unwrap();
            let partition = partitions::default(&db).await.unwrap();
            let refers = References { partition, ..References::default() };
            let host = hosts::insert(&db, &HostInput::named("h"), &refers, "me").await.unwrap();
            assert!(add_host(&db, &id, &host).await.unwrap());
            assert!(!add_host(&db, &id, &host).await.unwrap());
            let found = find(&db, "eu").await.unwrap().unwrap();
            let children = vec!["app".to_owned(), "web".to_owned()];
            assert_eq!(found.said, GroupInput { children, ..said("eu") });
            assert_eq!((found.host_count, found.version), (1, 1));
            assert!(update(&db, &id, 1, &said("us"), "you").await.unwrap());
            assert!(!update(&db, &id, 1, &said("xx"), "late").await.unwrap());
            let names: Vec<String> =
                list(&db, Some("app"), 9).await.unwrap().into_iter().map(|g| g.said.name).collect();
            assert_eq!(names, ["us", "web"]);
            assert!(remove_host(&db, &id, &host).await.unwrap());
            assert!(!remove_host(&db, &id, &host).await.unwrap());
            add_host(&db, &id, &host).await.unwrap();
            clear_hosts(&db, &id).await.unwrap();
            assert_eq!(find(&db, &id).await.unwrap().unwrap().host_count, 0);
            set_children(&db, &id, std::slice::from_ref(&web)).await.unwrap();
            assert_eq!(nesting(&db).await.unwrap(), [(id.clone(), web)]);
            assert!(delete(&db, &id, 2).await.unwrap());
            assert!(nesting(&db).await.unwrap().is_empty());
        })
        .await;
    }
}
