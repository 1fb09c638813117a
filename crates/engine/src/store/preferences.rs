//! What somebody likes of the pages, wherever they sign in.

use super::db::{Result, Sql, sql};

/// What a user likes.
pub async fn get(from: &dyn Sql, user: &str, name: &str) -> Result<Option<String>> {
    let query = sql("SELECT value FROM preferences WHERE user_id = $1 AND name = $2");
    let row = from.one(query.bind(user).bind(name)).await?;
    row.map(|row| row.get("value")).transpose()
}

/// Keeps what a user likes, in place of what they liked.
pub async fn set(into: &dyn Sql, user: &str, name: &str, value: &str) -> Result<()> {
    let query = sql("INSERT INTO preferences (user_id, name, value) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value");
    into.run(query.bind(user).bind(name).bind(value)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::super::users::{self, UserInput};
    use super::*;

    #[tokio::test]
    async fn what_was_said_last_is_kept() {
        on_both(|db| async move {
            let said = UserInput { name: "ana".into(), ..UserInput::default() };
            let ana = users::insert(&db, &said, None, "test").await.unwrap();
            assert_eq!(get(&db, &ana, "columns").await.unwrap(), None);
            for value in ["address", "address,state"] {
                set(&db, &ana, "columns", value).await.unwrap();
                assert_eq!(get(&db, &ana, "columns").await.unwrap().as_deref(), Some(value));
            }
            assert_eq!(get(&db, &ana, "other").await.unwrap(), None);
        })
        .await;
    }
}
