//! The schema and its changes, in order. Applied at start and by `hep migrate`.

use super::db::{Db, Result, Sql as _, StoreError, Tx, sql};
use crate::clock::now_ms;

/// A change of the schema. Those that were released are never edited.
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub number: i64,
    /// What it is about.
    pub name: &'static str,
    script: &'static str,
}

impl Migration {
    /// Its statements.
    pub(crate) const fn script(&self) -> &'static str {
        self.script
    }
}

/// All of them.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "first", script: include_str!("migrations/0001_first.sql") },
    Migration { number: 2, name: "pages", script: include_str!("migrations/0002_pages.sql") },
];

/// What keeps two nodes from migrating at once; any number that nothing else uses.
const LOCK: i64 = 0x6865_7001;

/// Brings the schema up to date; the numbers of what was applied.
pub async fn migrate(db: &Db) -> Result<Vec<i64>> {
    up_to(db, i64::MAX).await
}

/// The number of the newest schema that this program knows.
pub fn known() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// The number of the schema that is there; 0 of an empty database.
pub async fn version(db: &Db) -> Result<i64> {
    let tx = db.begin().await?;
    let found = current(&tx).await?;
    tx.commit().await?;
    Ok(found)
}

/// Brings the schema up to a number: that of a backup, before it is read.
pub(crate) async fn up_to(db: &Db, last: i64) -> Result<Vec<i64>> {
    let mut applied = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| migration.number <= last) {
        let tx = db.begin().await?;
        tx.alone(LOCK).await?;
        let found = current(&tx).await?;
        let known = known();
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        if found < migration.number {
            tx.script(migration.script).await?;
            let row = sql("INSERT INTO migrations (number, name, applied_ms) VALUES ($1, $2, $3)");
            let now = i64::try_from(now_ms()).unwrap_or(i64::MAX);
            tx.run(row.bind(migration.number).bind(migration.name).bind(now)).await?;
            applied.push(migration.number);
        }
        tx.commit().await?;
    }
    Ok(applied)
}

/// The number of the schema; 0 of an empty database.
async fn current(tx: &Tx) -> Result<i64> {
    tx.script(
        "CREATE TABLE IF NOT EXISTS migrations (
            number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_ms BIGINT NOT NULL);",
    )
    .await?;
    let row = tx.one(sql("SELECT COALESCE(MAX(number), 0) AS number FROM migrations")).await?;
    row.map_or(Ok(0), |row| row.get("number"))
}
