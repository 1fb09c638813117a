//! The register as a whole: a number that every change of it raises.

use super::db::{Result, Sql, sql};
use super::settings;

/// The setting that counts the changes.
const VERSION: &str = "register_version";

/// How often the register has been changed.
pub async fn version(from: &dyn Sql) -> Result<i64> {
    let text = settings::get(from, VERSION).await?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// Counts a change, in its transaction and before anything else of it: changes of the register come one after
/// the other, so that what one of them has checked (no circle of groups, nobody uses it) still holds when it
/// is written.
pub async fn change(into: &dyn Sql) -> Result<()> {
    let query = sql(
        "INSERT INTO settings (name, value) VALUES ($1, '1')
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(settings.value AS BIGINT) + 1 AS TEXT)",
    );
    into.run(query.bind(VERSION)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn changes_are_counted_when_they_are_committed() {
        on_both(|db| async move {
            assert_eq!(version(&db).await.unwrap(), 0);
            for expected in [1, 2] {
                let tx = db.begin().await.unwrap();
                change(&tx).await.unwrap();
                assert_eq!(version(&db).await.unwrap(), expected - 1);
                tx.commit().await.unwrap();
                assert_eq!(version(&db).await.unwrap(), expected);
            }
            let tx = db.begin().await.unwrap();
            change(&tx).await.unwrap();
            drop(tx);
            assert_eq!(version(&db).await.unwrap(), 2);
        })
        .await;
    }
}
