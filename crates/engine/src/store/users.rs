//! Users, and what they may: their own grants and those of their teams.

use std::collections::BTreeMap;

use hep_core::rights::{BUILTIN_ROLES, Grant, Verbs};
use serde::{Deserialize, Serialize};

use super::db::{Query, Result, Row, Sql, Tx, sql};
use super::{Stamp, new_id, now_ms};

/// What people say about a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserInput {
    /// The name that signs in.
    pub name: String,
    /// The name of the person.
    #[serde(default)]
    pub full_name: String,
    /// The address for mail.
    #[serde(default)]
    pub email: String,
    /// The language, as `pt-BR`; the browser's, when not said.
    #[serde(default)]
    pub locale: String,
    /// Whether they may sign in.
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// A user, without what is secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct User {
    /// The id.
    pub id: String,
    /// What people said.
    #[serde(flatten)]
    pub said: UserInput,
    /// Whether there is a password to sign in with.
    pub has_password: bool,
    /// The names of the teams.
    pub teams: Vec<String>,
    /// When the user last signed in, in milliseconds since 1970.
    pub seen_ms: Option<i64>,
    /// Counts the changes: the entity tag.
    pub version: i64,
    /// Who made the user, and when.
    pub created: Stamp,
    /// Who changed the user last, and when.
    pub modified: Stamp,
}

const SELECT: &str = "SELECT u.id, u.name, u.full_name, u.email, u.locale, u.enabled, u.seen_ms,
        u.version, u.created_ms, u.created_by, u.modified_ms, u.modified_by,
        u.password_hash IS NOT NULL AS has_password
     FROM users u";

fn read(row: &Row) -> Result<User> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    Ok(User {
        id: row.get("id")?,
        said: UserInput {
            name: row.get("name")?,
            full_name: row.get("full_name")?,
            email: row.get("email")?,
            locale: row.get("locale")?,
            enabled: row.get("enabled")?,
        },
        has_password: row.get("has_password")?,
        teams: Vec::new(),
        seen_ms: row.get("seen_ms")?,
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
    })
}

/// Which users a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those whose name, full name or mail address holds this text, whatever the case of ASCII letters.
    pub text: Option<String>,
    /// Only the one of this name.
    pub name: Option<String>,
    /// Only the one of this id.
    pub id: Option<String>,
    /// Only those of this team's name.
    pub team: Option<String>,
    /// Only those after this name.
    pub after: Option<String>,
}

impl Filter {
    fn onto(&self, mut query: Query) -> Query {
        query = query.and(" WHERE TRUE");
        if let Some(text) = &self.text {
            let like = super::like(text);
            query = query
                .and_bind(" AND (lower(u.name) LIKE ? ESCAPE '!'", &like)
                .and_bind(" OR lower(u.full_name) LIKE ? ESCAPE '!'", &like)
                .and_bind(" OR lower(u.email) LIKE ? ESCAPE '!')", &like);
        }
        if let Some(name) = &self.name {
            query = query.and_bind(" AND u.name = ?", name);
        }
        if let Some(id) = &self.id {
            query = query.and_bind(" AND u.id = ?", id);
        }
        if let Some(team) = &self.team {
            query = query
                .and(" AND u.id IN (SELECT tu.user_id FROM team_users tu")
                .and_bind(" JOIN teams t ON t.id = tu.team_id WHERE t.name = ?)", team);
        }
        if let Some(after) = &self.after {
            query = query.and_bind(" AND u.name > ?", after);
        }
        query
    }
}

/// Users in the order of their names, at most `limit`.
pub async fn list(from: &dyn Sql, filter: &Filter, limit: u32) -> Result<Vec<User>> {
    let query = filter.onto(sql(SELECT)).and_bind(" ORDER BY u.name LIMIT ?", limit);
    let mut users = from.all(query).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
    let query = sql("SELECT tu.user_id AS user_id, t.name AS name FROM team_users tu
         JOIN teams t ON t.id = tu.team_id WHERE tu.user_id IN");
    let query =
        query.and_list("", users.iter().map(|user| user.id.as_str())).and(" ORDER BY t.name");
    let mut teams: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in from.all(query).await? {
        teams.entry(row.get("user_id")?).or_default().push(row.get("name")?);
    }
    for user in &mut users {
        user.teams = teams.remove(&user.id).unwrap_or_default();
    }
    Ok(users)
}

/// The user of this name.
pub async fn by_name(from: &dyn Sql, name: &str) -> Result<Option<User>> {
    let filter = Filter { name: Some(name.to_owned()), ..Filter::default() };
    Ok(list(from, &filter, 1).await?.pop())
}

/// The user of this id.
pub async fn by_id(from: &dyn Sql, id: &str) -> Result<Option<User>> {
    let filter = Filter { id: Some(id.to_owned()), ..Filter::default() };
    Ok(list(from, &filter, 1).await?.pop())
}

/// Whether there is any user.
pub async fn any(from: &dyn Sql) -> Result<bool> {
    Ok(from.one(sql("SELECT id FROM users LIMIT 1")).await?.is_some())
}

/// Makes a user; the id.
pub async fn insert(
    into: &dyn Sql,
    said: &UserInput,
    password_hash: Option<&str>,
    by: &str,
) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query =
        sql("INSERT INTO users (id, name, full_name, email, locale, enabled, password_hash,
            created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $9)");
    let query = query.bind(&id).bind(&said.name).bind(&said.full_name).bind(&said.email);
    let query = query.bind(&said.locale).bind(said.enabled);
    into.run(query.bind(password_hash.map(str::to_owned)).bind(now).bind(by)).await?;
    Ok(id)
}

/// Changes a user who still has this version; whether they had.
pub async fn update(
    into: &dyn Sql,
    id: &str,
    version: i64,
    said: &UserInput,
    by: &str,
) -> Result<bool> {
    let query = sql("UPDATE users SET name = $1, full_name = $2, email = $3, locale = $4,
            enabled = $5, version = version + 1, modified_ms = $6, modified_by = $7
         WHERE id = $8 AND version = $9");
    let query = query.bind(&said.name).bind(&said.full_name).bind(&said.email).bind(&said.locale);
    let query = query.bind(said.enabled).bind(now_ms()).bind(by).bind(id).bind(version);
    Ok(into.run(query).await? > 0)
}

/// Removes a user who still has this version, with tokens, sessions and grants; whether they had.
pub async fn delete(into: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM users WHERE id = $1 AND version = $2").bind(id).bind(version);
    Ok(into.run(query).await? > 0)
}

/// Sets the password of a user, or takes it away.
pub async fn set_password(
    into: &dyn Sql,
    id: &str,
    password_hash: Option<&str>,
    by: &str,
) -> Result<()> {
    let query = sql("UPDATE users SET password_hash = $1, version = version + 1,
            modified_ms = $2, modified_by = $3 WHERE id = $4");
    let query = query.bind(password_hash.map(str::to_owned)).bind(now_ms()).bind(by).bind(id);
    into.run(query).await.map(drop)
}

/// The hash of a user's password; none of a user that is not there or may not sign in.
pub async fn password(from: &dyn Sql, name: &str) -> Result<Option<String>> {
    let query = sql("SELECT password_hash FROM users WHERE name = $1 AND enabled = TRUE");
    match from.one(query.bind(name)).await? {
        Some(row) => row.get("password_hash"),
        None => Ok(None),
    }
}

/// Notes that a user has signed in.
pub async fn seen(into: &dyn Sql, id: &str) -> Result<()> {
    let query = sql("UPDATE users SET seen_ms = $1 WHERE id = $2").bind(now_ms()).bind(id);
    into.run(query).await.map(drop)
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
    let partition = row.get("partition_id")?;
    Ok(Grant { verbs, selector: row.get("selector")?, partition, limit: None })
}

/// What makes those wait who might take away the last administrator; any number that nothing else uses.
const ADMINISTRATORS_LOCK: i64 = 0x6865_7002;

/// How many users may sign in and administer everything. Who asks is alone with it until the transaction
/// ends, so that two who each take one away do not take the last two.
pub async fn administrators(tx: &Tx) -> Result<i64> {
    tx.alone(ADMINISTRATORS_LOCK).await?;
    let query = sql("SELECT COUNT(*) AS many FROM users u WHERE u.enabled = TRUE AND EXISTS (
            SELECT 1 FROM grants g JOIN roles r ON r.id = g.role_id
            WHERE r.verbs LIKE '%\"administer\"%' AND g.partition_id IS NULL
                AND g.selector IN ('', 'all', '*')
                AND (g.user_id = u.id OR g.team_id IN (
                    SELECT tu.team_id FROM team_users tu WHERE tu.user_id = u.id)))");
    let row = tx.one(query).await?;
    row.map_or(Ok(0), |row| row.get("many"))
}

#[cfg(test)]
mod tests {
    use hep_core::rights::{Verb, may_everywhere};

    use super::super::testing::on_both;
    use super::*;

    fn said(name: &str) -> UserInput {
        UserInput { name: name.into(), enabled: true, ..UserInput::default() }
    }

    #[tokio::test]
    async fn a_user_may_what_roles_say() {
        on_both(|db| async move {
            make_roles(&db).await.unwrap();
            make_roles(&db).await.unwrap();
            let id = insert(&db, &said("ana"), None, "test").await.unwrap();
            assert!(!grant(&db, &id, "nothing", "test").await.unwrap());
            assert!(grants(&db, &id).await.unwrap().is_empty());
            assert!(grant(&db, &id, "operator", "test").await.unwrap());
            let grants = grants(&db, &id).await.unwrap();
            assert!(may_everywhere(&grants, Verb::Run) && !may_everywhere(&grants, Verb::Secrets));
            assert_eq!(by_name(&db, "ana").await.unwrap().unwrap().id, id);
            let tx = db.begin().await.unwrap();
            assert_eq!(administrators(&tx).await.unwrap(), 0);
            grant(&tx, &id, "admin", "test").await.unwrap();
            assert_eq!(administrators(&tx).await.unwrap(), 1);
            let off = UserInput { enabled: false, ..said("ana") };
            assert!(update(&tx, &id, 1, &off, "test").await.unwrap());
            assert_eq!(administrators(&tx).await.unwrap(), 0);
        })
        .await;
    }

    #[tokio::test]
    async fn a_user_is_kept_as_said_and_found_again() {
        on_both(|db| async move {
            assert!(!any(&db).await.unwrap());
            let said = UserInput {
                name: "ana".into(),
                full_name: "Ana Maria_S".into(),
                email: "ana@example.org".into(),
                locale: "pt-BR".into(),
                enabled: true,
            };
            let id = insert(&db, &said, Some("hash"), "test").await.unwrap();
            insert(&db, &self::said("bob"), None, "test").await.unwrap();
            assert!(any(&db).await.unwrap());
            let ana = by_id(&db, &id).await.unwrap().unwrap();
            assert!(ana.said == said && ana.has_password && ana.version == 1);
            let found = async |text: &str| {
                let filter = Filter { text: Some(text.into()), ..Filter::default() };
                list(&db, &filter, 9).await.unwrap().len()
            };
            assert_eq!((found("MARIA").await, found("_").await, found("%").await), (1, 1, 0));
            assert_eq!(password(&db, "ana").await.unwrap().as_deref(), Some("hash"));
            assert_eq!(password(&db, "bob").await.unwrap(), None);
            set_password(&db, &id, None, "test").await.unwrap();
            assert_eq!(password(&db, "ana").await.unwrap(), None);
            assert!(!delete(&db, &id, 1).await.unwrap() && delete(&db, &id, 2).await.unwrap());
            assert!(by_id(&db, &id).await.unwrap().is_none());
        })
        .await;
    }
}
