//! Users, and what they may: their own grants and those of their teams.

use hep_core::rights::{BUILTIN_ROLES, Grant, Verbs};

use super::db::{Result, Row, Sql, sql};
use super::{new_id, now_ms};

/// A user, without what is secret.
#[derive(Clone, Debug)]
pub struct User {
    /// The id.
    pub id: String,
    /// The name that signs in.
    pub name: String,
    /// Whether they may.
    pub enabled: bool,
}

fn read(row: &Row) -> Result<User> {
    Ok(User { id: row.get("id")?, name: row.get("name")?, enabled: row.get("enabled")? })
}

/// The user of this name.
pub async fn by_name(from: &dyn Sql, name: &str) -> Result<Option<User>> {
    let query = sql("SELECT id, name, enabled FROM users WHERE name = $1").bind(name);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Makes a user; the id.
pub async fn insert(
    into: &dyn Sql,
    name: &str,
    password_hash: Option<&str>,
    by: &str,
) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql(
        "INSERT INTO users (id, name, password_hash, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $4, $5)",
    );
    into.run(query.bind(&id).bind(name).bind(password_hash.map(str::to_owned)).bind(now).bind(by))
        .await?;
    Ok(id)
}

/// Makes the roles that come ready, where they are missing.
pub async fn make_roles(into: &dyn Sql) -> Result<()> {
    for role in BUILTIN_ROLES {
        let verbs = serde_json::to_string(role.verbs).unwrap_or_default();
        let query =
            sql("INSERT INTO roles (id, name, description, verbs, builtin, created_ms, created_by,
                modified_ms, modified_by)
             VALUES ($1, $2, $3, $4, TRUE, $5, 'hep', $5, 'hep') ON CONFLICT (name) DO NOTHING");
        let query = query.bind(new_id()).bind(role.name).bind(role.description).bind(verbs);
        into.run(query.bind(now_ms())).await?;
    }
    Ok(())
}

/// Gives a user a role on all hosts; whether there is such a role.
pub async fn grant(into: &dyn Sql, user: &str, role: &str, by: &str) -> Result<bool> {
    let query = sql("INSERT INTO grants (id, role_id, user_id, created_ms, created_by)
         SELECT $1, id, $2, $3, $4 FROM roles WHERE name = $5");
    let query = query.bind(new_id()).bind(user).bind(now_ms()).bind(by).bind(role);
    Ok(into.run(query).await? > 0)
}

/// What a user may, by themselves and by their teams.
pub async fn grants(from: &dyn Sql, user: &str) -> Result<Vec<Grant>> {
    let query =
        sql("SELECT r.verbs AS verbs, g.selector AS selector, g.partition_id AS partition_id
         FROM grants g JOIN roles r ON r.id = g.role_id
         WHERE g.user_id = $1 OR g.team_id IN (SELECT team_id FROM team_users WHERE user_id = $1)
         ORDER BY g.id");
    let rows = from.all(query.bind(user)).await?;
    rows.iter().map(grant_of).collect()
}

fn grant_of(row: &Row) -> Result<Grant> {
    let verbs: Verbs = row.json("verbs")?;
    Ok(Grant { verbs, selector: row.get("selector")?, partition: row.get("partition_id")? })
}

#[cfg(test)]
mod tests {
    use hep_core::rights::{Verb, may_everywhere};

    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn a_user_may_what_roles_say() {
        on_both(|db| async move {
            make_roles(&db).await.unwrap();
            make_roles(&db).await.unwrap();
            let id = insert(&db, "ana", None, "test").await.unwrap();
            assert!(!grant(&db, &id, "nothing", "test").await.unwrap());
            assert!(grants(&db, &id).await.unwrap().is_empty());
            assert!(grant(&db, &id, "operator", "test").await.unwrap());
            let grants = grants(&db, &id).await.unwrap();
            assert!(may_everywhere(&grants, Verb::Run) && !may_everywhere(&grants, Verb::Secrets));
            assert_eq!(by_name(&db, "ana").await.unwrap().unwrap().id, id);
        })
        .await;
    }
}
