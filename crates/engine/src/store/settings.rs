//! What the server remembers about itself, by name.

use super::db::{Result, Sql, sql};

/// A setting.
pub async fn get(from: &dyn Sql, name: &str) -> Result<Option<String>> {
    let row = from.one(sql("SELECT value FROM settings WHERE name = $1").bind(name)).await?;
    row.map(|row| row.get("value")).transpose()
}

/// Sets it, whatever it was.
pub async fn set(into: &dyn Sql, name: &str, value: &str) -> Result<()> {
    let query = sql("INSERT INTO settings (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    into.run(query.bind(name).bind(value)).await.map(drop)
}

/// Sets it where it is not set; whether this did.
pub async fn set_first(into: &dyn Sql, name: &str, value: &str) -> Result<bool> {
    let query =
        sql("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
    Ok(into.run(query.bind(name).bind(value)).await? > 0)
}

/// Sets it if it still is what it was; whether it was.
pub async fn swap(into: &dyn Sql, name: &str, before: &str, after: &str) -> Result<bool> {
    let query = sql("UPDATE settings SET value = $1 WHERE name = $2 AND value = $3");
    Ok(into.run(query.bind(after).bind(name).bind(before)).await? > 0)
}

/// Removes it; whether it was there.
pub async fn remove(into: &dyn Sql, name: &str) -> Result<bool> {
    Ok(into.run(sql("DELETE FROM settings WHERE name = $1").bind(name)).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn a_setting_is_set_swapped_and_removed() {
        on_both(|db| async move {
            let read = async || get(&db, "x").await.unwrap();
            assert_eq!(read().await, None);
            assert!(set_first(&db, "x", "1").await.unwrap());
            assert!(!set_first(&db, "x", "2").await.unwrap());
            assert!(!swap(&db, "x", "2", "3").await.unwrap());
            assert!(swap(&db, "x", "1", "3").await.unwrap());
            assert_eq!(read().await.as_deref(), Some("3"));
            set(&db, "x", "4").await.unwrap();
            assert_eq!(read().await.as_deref(), Some("4"));
            assert!(remove(&db, "x").await.unwrap() && !remove(&db, "x").await.unwrap());
        })
        .await;
    }
}
