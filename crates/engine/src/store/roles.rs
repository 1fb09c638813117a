//! Roles: sets of verbs.

use hep_core::rights::Verbs;
use serde::{Deserialize, Serialize};

use super::db::{Result, Row, Sql, sql};
use super::{Stamp, new_id, now_ms};

/// What people say about a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleInput {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// What it allows: `view`, `run`, `change`, `power`, `terminal`, `secrets`, `administer`.
    #[schema(value_type = Vec<String>)]
    pub verbs: Verbs,
}

/// A role.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Role {
    /// Its id.
    pub id: String,
    /// What people said.
    #[serde(flatten)]
    pub said: RoleInput,
    /// Whether it came with the program, and so cannot be changed.
    pub builtin: bool,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
}

fn read(row: &Row) -> Result<Role> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    Ok(Role {
        id: row.get("id")?,
        said: RoleInput {
            name: row.get("name")?,
            description: row.get("description")?,
            verbs: row.json("verbs")?,
        },
        builtin: row.get("builtin")?,
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
    })
}

/// Roles after a name, in the order of their names, at most `limit`.
pub async fn list(from: &dyn Sql, after: Option<&str>, limit: u32) -> Result<Vec<Role>> {
    let query = sql("SELECT * FROM roles").and_bind(" WHERE name > ?", after.unwrap_or_default());
    let rows = from.all(query.and_bind(" ORDER BY name LIMIT ?", limit)).await?;
    rows.iter().map(read).collect()
}

/// The role of this name.
pub async fn by_name(from: &dyn Sql, name: &str) -> Result<Option<Role>> {
    let query = sql("SELECT * FROM roles WHERE name = $1").bind(name);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Makes a role; its id.
pub async fn insert(into: &dyn Sql, said: &RoleInput, by: &str) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql("INSERT INTO roles (id, name, description, verbs, created_ms, created_by,
            modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $6)");
    let query = query.bind(&id).bind(&said.name).bind(&said.description).bind(verbs(said));
    into.run(query.bind(now).bind(by)).await?;
    Ok(id)
}

/// Changes a role of people's own that still has this version; whether it had.
pub async fn update(
    into: &dyn Sql,
    id: &str,
    version: i64,
    said: &RoleInput,
    by: &str,
) -> Result<bool> {
    let query = sql("UPDATE roles SET name = $1, description = $2, verbs = $3,
            version = version + 1, modified_ms = $4, modified_by = $5
         WHERE id = $6 AND version = $7 AND builtin = FALSE");
    let query = query.bind(&said.name).bind(&said.description).bind(verbs(said));
    Ok(into.run(query.bind(now_ms()).bind(by).bind(id).bind(version)).await? > 0)
}

/// Removes a role of people's own that still has this version, with its grants; whether it had.
pub async fn delete(into: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM roles WHERE id = $1 AND version = $2 AND builtin = FALSE");
    Ok(into.run(query.bind(id).bind(version)).await? > 0)
}

fn verbs(said: &RoleInput) -> String {
    serde_json::to_string(&said.verbs).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use hep_core::rights::Verb;

    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn own_roles_change_and_ready_ones_do_not() {
        on_both(|db| async move {
            super::super::users::make_roles(&db).await.unwrap();
            let mut said = RoleInput {
                name: "waker".into(),
                description: "wakes hosts".into(),
                verbs: [Verb::View, Verb::Power].into(),
            };
            let id = insert(&db, &said, "test").await.unwrap();
            assert_eq!(by_name(&db, "waker").await.unwrap().unwrap().said, said);
            said.verbs.remove(&Verb::View);
            assert!(!update(&db, &id, 2, &said, "test").await.unwrap());
            assert!(update(&db, &id, 1, &said, "test").await.unwrap());
            assert_eq!(by_name(&db, "waker").await.unwrap().unwrap().said, said);
            assert_eq!(list(&db, None, 9).await.unwrap().len(), 4);
            let admin = by_name(&db, "admin").await.unwrap().unwrap();
            assert!(!update(&db, &admin.id, 1, &said, "test").await.unwrap());
            assert!(!delete(&db, &admin.id, 1).await.unwrap());
            assert!(delete(&db, &id, 2).await.unwrap());
        })
        .await;
    }
}
