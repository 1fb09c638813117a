//! The schema and its changes, in order. Applied at start and by `hep migrate`.
//!
//! Nodes of two versions work on one database while a cluster is renewed, one node after the other. So every
//! migration says in its first line, `-- works from: NUMBER`, which is the oldest schema whose programs still work on
//! what it makes: its predecessor's number or a lower one where it only adds. The database keeps that number. A program
//! that is older than the schema works on it where all that it does not know says so, and refuses it elsewhere. A
//! migration that would stop nodes which are up is refused until they have ended.

use super::db::{Db, Result, Sql as _, StoreError, Tx, sql};
use super::{nodes, now_ms};

/// A change of the schema. Those that were released are never edited.
#[derive(Clone, Copy)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub number: i64,
    /// What it is about.
    pub name: &'static str,
    script: &'static str,
}

/// How a migration's first line begins.
const WORKS_FROM: &str = "-- works from:";

impl Migration {
    /// Its statements.
    pub(crate) const fn script(&self) -> &'static str {
        self.script
    }

    /// The number of the oldest schema whose programs still work on this one; its own where it does not say.
    pub fn works_from(&self) -> i64 {
        let said = self.script.lines().next().and_then(|line| line.strip_prefix(WORKS_FROM));
        said.and_then(|number| number.trim().parse().ok()).unwrap_or(self.number)
    }
}

/// All of them.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "first", script: include_str!("migrations/0001_first.sql") },
    Migration { number: 2, name: "pages", script: include_str!("migrations/0002_pages.sql") },
    Migration { number: 3, name: "upgrades", script: include_str!("migrations/0003_upgrades.sql") },
    Migration { number: 4, name: "doors", script: include_str!("migrations/0004_doors.sql") },
    Migration { number: 5, name: "orders", script: include_str!("migrations/0005_orders.sql") },
    Migration { number: 6, name: "askers", script: include_str!("migrations/0006_askers.sql") },
    Migration { number: 7, name: "reasons", script: include_str!("migrations/0007_reasons.sql") },
    Migration { number: 8, name: "views", script: include_str!("migrations/0008_views.sql") },
    Migration {
        number: 9,
        name: "terminals",
        script: include_str!("migrations/0009_terminals.sql"),
    },
    Migration {
        number: 10,
        name: "audit users",
        script: include_str!("migrations/0010_audit_users.sql"),
    },
];

/// The first migration since which the database keeps `works_from`, and nodes say which schema they know.
const KEPT: i64 = 3;

/// What keeps two nodes from migrating at once; any number that nothing else uses.
const LOCK: i64 = 0x6865_7001;

/// A node that has said within so many milliseconds that it is there is up.
const UP_MS: i64 = 60_000;

/// What is done about older nodes that are up, and would not work after a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older {
    /// The migration is refused.
    Spare,
    /// It is done: whoever asks knows better.
    Ignore,
}

/// Brings the schema up to date; the numbers of what was applied.
pub async fn migrate(db: &Db, older: Older) -> Result<Vec<i64>> {
    apply(db, MIGRATIONS, i64::MAX, older).await
}

/// The number of the newest schema that this program knows.
pub fn known() -> i64 {
    last(MIGRATIONS)
}

fn last(all: &[Migration]) -> i64 {
    all.last().map_or(0, |migration| migration.number)
}

/// The number of the schema that is there; 0 of an empty database.
pub async fn version(db: &Db) -> Result<i64> {
    let tx = db.begin().await?;
    let found = current(&tx).await?;
    tx.commit().await?;
    Ok(found)
}

/// Brings the schema up to a number: that of a backup, before it is read.
pub(crate) async fn up_to(db: &Db, until: i64) -> Result<Vec<i64>> {
    apply(db, MIGRATIONS, until, Older::Spare).await
}

/// Applies what is missing up to a number, of all that a program knows.
async fn apply(db: &Db, all: &[Migration], until: i64, older: Older) -> Result<Vec<i64>> {
    let (mut applied, mut newer, known) = (Vec::new(), 0, last(all));
    for migration in all.iter().filter(|migration| migration.number <= until) {
        let tx = db.begin().await?;
        tx.alone(LOCK).await?;
        let found = current(&tx).await?;
        if found > known {
            must_work_on(&tx, found, known).await?;
            newer = found;
        }
        if found < migration.number {
            if older == Older::Spare {
                must_stop_nobody(db, &tx, migration).await?;
            }
            tx.script(migration.script).await?;
            note(&tx, migration).await?;
            applied.push(migration.number);
        }
        tx.commit().await?;
    }
    if newer > 0 {
        tracing::warn!(
            schema = newer,
            known,
            "the schema is newer than this program, which works on it"
        );
    }
    Ok(applied)
}

/// Writes down that a migration was applied, and who works on what it made.
async fn note(tx: &Tx, migration: &Migration) -> Result<()> {
    let now = now_ms();
    let row = sql("INSERT INTO migrations (number, name, applied_ms) VALUES ($1, $2, $3)");
    tx.run(row.bind(migration.number).bind(migration.name).bind(now)).await?;
    if migration.number >= KEPT {
        let row = sql("UPDATE migrations SET works_from = $1 WHERE number = $2");
        tx.run(row.bind(migration.works_from()).bind(migration.number)).await?;
    }
    Ok(())
}

/// Refuses a schema with a migration that this program does not know, and on which it does not work.
async fn must_work_on(tx: &Tx, found: i64, known: i64) -> Result<()> {
    let newer = StoreError::Newer { found, known };
    if known < KEPT {
        return Err(newer);
    }
    let query =
        sql("SELECT MAX(COALESCE(works_from, number)) AS oldest FROM migrations WHERE number > $1");
    let row = tx.one(query.bind(known)).await?;
    match row.map(|row| row.get::<Option<i64>>("oldest")).transpose()?.flatten() {
        Some(oldest) if oldest <= known => Ok(()),
        _ => Err(newer),
    }
}

/// Refuses a migration on which nodes that are up do not work.
async fn must_stop_nobody(db: &Db, tx: &Tx, migration: &Migration) -> Result<()> {
    // What nodes say of themselves is not there before, and all before keep the first programs working.
    if migration.number <= KEPT {
        return Ok(());
    }
    let (number, oldest) = (migration.number, migration.works_from());
    let up = nodes::older(tx, oldest, now_ms() - UP_MS).await?;
    // A file has one server, whose claim says better than the time whether it is up.
    let is_served = || db.alone().is_ok_and(|claim| claim.is_none());
    match up.is_empty() || !(db.is_shared() || is_served()) {
        true => Ok(()),
        false => Err(StoreError::OlderNodes { number, nodes: up.join(", ") }),
    }
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

#[cfg(test)]
mod tests;
