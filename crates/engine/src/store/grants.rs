//! Grants: a role for a user or a team, on the hosts of a selector, perhaps of one partition only.

use serde::{Deserialize, Serialize};

use super::db::{Query, Result, Row, Sql, sql};
use super::{Stamp, new_id, now_ms};

/// What people say about a grant. Either `user` or `team` is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantInput {
    /// The name of the role.
    pub role: String,
    /// The name of the user who gets it.
    #[serde(default)]
    pub user: Option<String>,
    /// The name of the team that gets it.
    #[serde(default)]
    pub team: Option<String>,
    /// The hosts, as a selector. Of `all`, and without a partition, it also holds for what belongs to no host.
    #[serde(default = "everything")]
    pub selector: String,
    /// The name of the partition whose hosts alone are meant.
    #[serde(default)]
    pub partition: Option<String>,
}

fn everything() -> String {
    "all".to_owned()
}

/// A grant. It is never changed, only given and taken away.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Granted {
    /// Its id.
    pub id: String,
    /// What people said.
    #[serde(flatten)]
    pub said: GrantInput,
    /// Who gave it, and when.
    pub created: Stamp,
}

/// The ids of what a grant refers to by name.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// Of the role.
    pub role: String,
    /// Of the user.
    pub user: Option<String>,
    /// Of the team.
    pub team: Option<String>,
    /// Of the partition.
    pub partition: Option<String>,
}

const SELECT: &str = "SELECT g.id AS id, r.name AS role, u.name AS user_name, t.name AS team_name,
        g.selector AS selector, p.name AS partition_name, g.created_ms AS created_ms,
        g.created_by AS created_by
     FROM grants g JOIN roles r ON r.id = g.role_id
     LEFT JOIN users u ON u.id = g.user_id LEFT JOIN teams t ON t.id = g.team_id
     LEFT JOIN partitions p ON p.id = g.partition_id";

fn read(row: &Row) -> Result<Granted> {
    Ok(Granted {
        id: row.get("id")?,
        said: GrantInput {
            role: row.get("role")?,
            user: row.get("user_name")?,
            team: row.get("team_name")?,
            selector: row.get("selector")?,
            partition: row.get("partition_name")?,
        },
        created: Stamp { at_ms: row.get("created_ms")?, by: row.get("created_by")? },
    })
}

/// Which grants a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this user's name, without those of teams.
    pub user: Option<String>,
    /// Only those of this team's name.
    pub team: Option<String>,
    /// Only those of this role's name.
    pub role: Option<String>,
    /// Only those after this id.
    pub after: Option<String>,
}

impl Filter {
    fn onto(&self, mut query: Query) -> Query {
        query = query.and(" WHERE TRUE");
        let conditions = [
            (" AND u.name = ?", &self.user),
            (" AND t.name = ?", &self.team),
            (" AND r.name = ?", &self.role),
            (" AND g.id > ?", &self.after),
        ];
        for (text, value) in conditions {
            if let Some(value) = value {
                query = query.and_bind(text, value);
            }
        }
        query
    }
}

/// Grants in the order in which they were given, at most `limit`.
pub async fn list(from: &dyn Sql, filter: &Filter, limit: u32) -> Result<Vec<Granted>> {
    let query = filter.onto(sql(SELECT)).and_bind(" ORDER BY g.id LIMIT ?", limit);
    from.all(query).await?.iter().map(read).collect()
}

/// The grant of this id.
pub async fn by_id(from: &dyn Sql, id: &str) -> Result<Option<Granted>> {
    let query = sql(SELECT).and_bind(" WHERE g.id = ?", id);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Gives; the id.
pub async fn insert(
    into: &dyn Sql,
    selector: &str,
    refers: &References,
    by: &str,
) -> Result<String> {
    let id = new_id();
    let query = sql("INSERT INTO grants (id, role_id, user_id, team_id, selector, partition_id,
            created_ms, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    let query = query.bind(&id).bind(&refers.role).bind(refers.user.clone());
    let query = query.bind(refers.team.clone()).bind(selector).bind(refers.partition.clone());
    into.run(query.bind(now_ms()).bind(by)).await?;
    Ok(id)
}

/// Takes away; whether it was there.
pub async fn delete(into: &dyn Sql, id: &str) -> Result<bool> {
    Ok(into.run(sql("DELETE FROM grants WHERE id = $1").bind(id)).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::super::{partitions, roles, teams, users};
    use super::*;

    #[tokio::test]
    async fn a_grant_to_a_team_reaches_its_members() {
        on_both(|db| async move {
            users::make_roles(&db).await.unwrap();
            let ana = users::UserInput { name: "ana".into(), ..users::UserInput::default() };
            let user = users::insert(&db, &ana, None, "test").await.unwrap();
            let ops = teams::TeamInput { name: "ops".into(), ..teams::TeamInput::default() };
            let team = teams::insert(&db, &ops, "test").await.unwrap();
            teams::set_members(&db, &team, std::slice::from_ref(&user)).await.unwrap();
            let refers = References {
                role: roles::by_name(&db, "viewer").await.unwrap().unwrap().id,
                team: Some(team),
                partition: Some(partitions::default(&db).await.unwrap()),
                ..References::default()
            };
            let id = insert(&db, "web*", &refers, "test").await.unwrap();
            let granted = by_id(&db, &id).await.unwrap().unwrap();
            let said = GrantInput {
                role: "viewer".into(),
                team: Some("ops".into()),
                selector: "web*".into(),
                partition: Some("default".into()),
                user: None,
            };
            assert_eq!(granted.said, said);
            let found = users::grants(&db, &user).await.unwrap();
            assert_eq!((found[0].selector.as_str(), found.len()), ("web*", 1));
            let by = async |filter: Filter| list(&db, &filter, 9).await.unwrap().len();
            let team = Some("ops".into());
            assert_eq!(by(Filter { team, ..Filter::default() }).await, 1);
            assert_eq!(by(Filter { user: Some("ana".into()), ..Filter::default() }).await, 0);
            assert_eq!(by(Filter { after: Some(id.clone()), ..Filter::default() }).await, 0);
            assert!(delete(&db, &id).await.unwrap() && !delete(&db, &id).await.unwrap());
        })
        .await;
    }
}
