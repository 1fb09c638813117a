//! Teams: users who get grants together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::db::{Result, Row, Sql, sql};
use super::{Stamp, new_id, now_ms};

/// What people say about a team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamInput {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The names of its users.
    #[serde(default)]
    pub members: Vec<String>,
}

/// A team.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Team {
    /// Its id.
    pub id: String,
    /// What people said.
    #[serde(flatten)]
    pub said: TeamInput,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
}

fn read(row: &Row) -> Result<Team> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    Ok(Team {
        id: row.get("id")?,
        said: TeamInput {
            name: row.get("name")?,
            description: row.get("description")?,
            members: Vec::new(),
        },
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
    })
}

/// Teams after a name, in the order of their names, at most `limit`.
pub async fn list(from: &dyn Sql, after: Option<&str>, limit: u32) -> Result<Vec<Team>> {
    let query = sql("SELECT * FROM teams").and_bind(" WHERE name > ?", after.unwrap_or_default());
    find(from, query.and_bind(" ORDER BY name LIMIT ?", limit)).await
}

/// The team of this name.
pub async fn by_name(from: &dyn Sql, name: &str) -> Result<Option<Team>> {
    Ok(find(from, sql("SELECT * FROM teams WHERE name = $1").bind(name)).await?.pop())
}

async fn find(from: &dyn Sql, query: super::db::Query) -> Result<Vec<Team>> {
    let mut teams = from.all(query).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
    let query = sql("SELECT tu.team_id AS team_id, u.name AS name FROM team_users tu
         JOIN users u ON u.id = tu.user_id WHERE tu.team_id IN");
    let query =
        query.and_list("", teams.iter().map(|team| team.id.as_str())).and(" ORDER BY u.name");
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in from.all(query).await? {
        members.entry(row.get("team_id")?).or_default().push(row.get("name")?);
    }
    for team in &mut teams {
        team.said.members = members.remove(&team.id).unwrap_or_default();
    }
    Ok(teams)
}

/// Makes a team without members; its id.
pub async fn insert(into: &dyn Sql, said: &TeamInput, by: &str) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql(
        "INSERT INTO teams (id, name, description, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $4, $5)",
    );
    into.run(query.bind(&id).bind(&said.name).bind(&said.description).bind(now).bind(by)).await?;
    Ok(id)
}

/// Changes a team that still has this version; whether it had.
pub async fn update(
    into: &dyn Sql,
    id: &str,
    version: i64,
    said: &TeamInput,
    by: &str,
) -> Result<bool> {
    let query = sql("UPDATE teams SET name = $1, description = $2, version = version + 1,
            modified_ms = $3, modified_by = $4 WHERE id = $5 AND version = $6");
    let query = query.bind(&said.name).bind(&said.description).bind(now_ms()).bind(by);
    Ok(into.run(query.bind(id).bind(version)).await? > 0)
}

/// Makes these users, by id, the members, and no others.
pub async fn set_members(into: &dyn Sql, id: &str, users: &[String]) -> Result<()> {
    into.run(sql("DELETE FROM team_users WHERE team_id = $1").bind(id)).await?;
    for user in users {
        let query = sql("INSERT INTO team_users (team_id, user_id) VALUES ($1, $2)
             ON CONFLICT (team_id, user_id) DO NOTHING");
        into.run(query.bind(id).bind(user)).await?;
    }
    Ok(())
}

/// Removes a team that still has this version, with its grants; whether it had.
pub async fn delete(into: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM teams WHERE id = $1 AND version = $2").bind(id).bind(version);
    Ok(into.run(query).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::super::users::{self, UserInput};
    use super::*;

    #[tokio::test]
    async fn a_team_has_the_members_that_were_said_last() {
        on_both(|db| async move {
            let mut ids = Vec::new();
            for name in ["ana", "bob"] {
                let said = UserInput { name: name.into(), ..UserInput::default() };
                ids.push(users::insert(&db, &said, None, "test").await.unwrap());
            }
            let said = TeamInput { name: "ops".into(), ..TeamInput::default() };
            let id = insert(&db, &said, "test").await.unwrap();
            set_members(&db, &id, &ids).await.unwrap();
            let members = async || by_name(&db, "ops").await.unwrap().unwrap().said.members;
            assert_eq!(members().await, ["ana", "bob"]);
            set_members(&db, &id, &ids[1..]).await.unwrap();
            assert_eq!(members().await, ["bob"]);
            assert_eq!(users::by_name(&db, "bob").await.unwrap().unwrap().teams, ["ops"]);
            let renamed = TeamInput { name: "web".into(), ..said };
            assert!(!update(&db, &id, 9, &renamed, "test").await.unwrap());
            assert!(update(&db, &id, 1, &renamed, "test").await.unwrap());
            assert_eq!(list(&db, None, 9).await.unwrap().len(), 1);
            assert!(list(&db, Some("web"), 9).await.unwrap().is_empty());
            assert!(!delete(&db, &id, 1).await.unwrap() && delete(&db, &id, 2).await.unwrap());
        })
        .await;
    }
}
