//! Views: lists of the page as people want to see them again.

use serde::{Deserialize, Serialize};

use super::db::{Query, Result, Row, Sql, sql};
use super::{Stamp, new_id, now_ms};

/// What people say about a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewInput {
    /// Its name, in words.
    pub name: String,
    /// The list that it is of: `hosts`, `runs` or `audit`.
    pub list: String,
    /// The filter, the columns and the order, as the address of the list has them: `selector=web*&sort=-seen`.
    #[serde(default)]
    pub query: String,
    /// Whether everybody has it, and not only who has made it.
    #[serde(default)]
    pub shared: bool,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct View {
    /// Its id.
    pub id: String,
    /// What people said about it.
    #[serde(flatten)]
    pub said: ViewInput,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
}

/// Which views.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'f> {
    /// The id of the user whose own ones are meant besides those that everybody has.
    pub user: Option<&'f str>,
    /// Only those of this list.
    pub list: Option<&'f str>,
    /// None of this list.
    pub without: Option<&'f str>,
    /// Only those after this name and id.
    pub after: Option<(&'f str, &'f str)>,
}

impl Filter<'_> {
    fn onto(self, mut query: Query) -> Query {
        query = query.and(" WHERE (user_id IS NULL");
        if let Some(user) = self.user {
            query = query.and_bind(" OR user_id = ?", user);
        }
        query = query.and(")");
        if let Some(list) = self.list {
            query = query.and_bind(" AND list = ?", list);
        }
        if let Some(list) = self.without {
            query = query.and_bind(" AND list <> ?", list);
        }
        match self.after {
            Some((name, id)) => query.and_bind(" AND (name, id) > (?", name).and_bind(", ?)", id),
            None => query,
        }
    }
}

fn read(row: &Row) -> Result<View> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    let user: Option<String> = row.get("user_id")?;
    Ok(View {
        id: row.get("id")?,
        said: ViewInput {
            name: row.get("name")?,
            list: row.get("list")?,
            query: row.get("query")?,
            shared: user.is_none(),
        },
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
    })
}

/// Views in the order of their names; at most `limit`.
pub async fn list(from: &dyn Sql, filter: Filter<'_>, limit: u32) -> Result<Vec<View>> {
    let query = filter.onto(sql("SELECT * FROM views"));
    let query = query.and_bind(" ORDER BY name, id LIMIT ?", limit);
    from.all(query).await?.iter().map(read).collect()
}

/// The view of this id or name; of several of that name the user's own is first.
pub async fn find(from: &dyn Sql, filter: Filter<'_>, word: &str) -> Result<Option<View>> {
    let query = filter.onto(sql("SELECT * FROM views")).and_bind(" AND (id = ?", word);
    let query = query.and_bind(" OR name = ?)", word);
    let query = query.and(" ORDER BY CASE WHEN user_id IS NULL THEN 1 ELSE 0 END, list LIMIT 1");
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Makes a view of a user, or of nobody for everybody; its id.
pub async fn insert(
    into: &dyn Sql,
    said: &ViewInput,
    user: Option<String>,
    by: &str,
) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql(
        "INSERT INTO views (id, user_id, list, name, query, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7)",
    );
    let query = query.bind(&id).bind(user).bind(&said.list).bind(&said.name).bind(&said.query);
    into.run(query.bind(now).bind(by)).await?;
    Ok(id)
}

/// Changes a view that still has this version; whether it had.
pub async fn update(
    into: &dyn Sql,
    (id, version): (&str, i64),
    said: &ViewInput,
    user: Option<String>,
    by: &str,
) -> Result<bool> {
    let query = sql("UPDATE views SET user_id = $1, list = $2, name = $3, query = $4,
            version = version + 1, modified_ms = $5, modified_by = $6
         WHERE id = $7 AND version = $8");
    let query = query.bind(user).bind(&said.list).bind(&said.name).bind(&said.query);
    let query = query.bind(now_ms()).bind(by).bind(id).bind(version);
    Ok(into.run(query).await? > 0)
}

/// Removes a view that still has this version; whether it had.
pub async fn delete(from: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM views WHERE id = $1 AND version = $2").bind(id).bind(version);
    Ok(from.run(query).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::super::db::StoreError;
    use super::super::testing::on_both;
    use super::super::users::{self, UserInput};
    use super::*;

    #[tokio::test]
    async fn a_view_is_somebodys_or_everybodys_and_goes_with_its_user() {
        on_both(|db| async move {
            let mut ids = Vec::new();
            for name in ["ana", "bob"] {
                let said = UserInput { name: name.into(), ..UserInput::default() };
                ids.push(users::insert(&db, &said, None, "test").await.unwrap());
            }
            let said = |name: &str, list: &str, shared| ViewInput {
                name: name.into(),
                list: list.into(),
                query: "selector=web*".into(),
                shared,
            };
            let (ana, bob) = (Some(ids[0].clone()), Some(ids[1].clone()));
            let own = insert(&db, &said("Web", "hosts", false), ana.clone(), "ana").await.unwrap();
            insert(&db, &said("Web", "hosts", false), bob, "bob").await.unwrap();
            let all = insert(&db, &said("Web", "hosts", true), None, "bob").await.unwrap();
            insert(&db, &said("Denied", "audit", true), None, "bob").await.unwrap();
            for (user, name) in [(ana.clone(), "Web"), (None, "Web")] {
                let twice = insert(&db, &said(name, "hosts", false), user, "ana").await;
                assert!(matches!(twice, Err(StoreError::Duplicate(_))), "{twice:?}");
            }
            let of_ana = Filter { user: Some(&ids[0]), ..Filter::default() };
            let names = async |filter: Filter<'_>| -> Vec<(String, bool)> {
                let found = list(&db, filter, 9).await.unwrap();
                found.into_iter().map(|view| (view.said.name, view.said.shared)).collect()
            };
            let mut seen = names(of_ana).await;
            seen.sort();
            let both = [("Denied".to_owned(), true), ("Web".into(), false), ("Web".into(), true)];
            assert_eq!(seen, both);
            assert_eq!(names(Filter { list: Some("audit"), ..of_ana }).await, both[..1]);
            assert_eq!(names(Filter { without: Some("audit"), ..of_ana }).await.len(), 2);
            assert_eq!(names(Filter { user: None, ..of_ana }).await.len(), 2);
            let after = Filter { after: Some(("Denied", "z")), ..of_ana };
            assert_eq!(names(after).await.len(), 2);
            assert_eq!(find(&db, of_ana, "Web").await.unwrap().unwrap().id, own);
            assert_eq!(find(&db, of_ana, &all).await.unwrap().unwrap().id, all);
            let of_nobody = Filter { user: None, ..of_ana };
            assert!(find(&db, of_nobody, &own).await.unwrap().is_none());
            let renamed = said("Mine", "runs", false);
            assert!(!update(&db, (&own, 9), &renamed, ana.clone(), "ana").await.unwrap());
            assert!(update(&db, (&own, 1), &renamed, ana, "ana").await.unwrap());
            let read = find(&db, of_ana, "Mine").await.unwrap().unwrap();
            assert_eq!((read.said, read.version), (renamed, 2));
            assert!(!delete(&db, &all, 9).await.unwrap() && delete(&db, &all, 1).await.unwrap());
            db.run(sql("DELETE FROM users WHERE id = $1").bind(&ids[0])).await.unwrap();
            assert!(find(&db, of_ana, "Mine").await.unwrap().is_none());
        })
        .await;
    }
}
