//! Marks that change whenever something in a list may have: they are compared and mean nothing else.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::db::{Result, Sql, sql};

/// How the hosts and the runs are, and what was done, in a number each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Changes with the register and with how hosts are found.
    pub hosts: u64,
    /// Changes with what is asked for, begins, ends, and comes on.
    pub runs: u64,
    /// Changes with whatever anybody does, for all of that leaves a line in the audit log: also what takes a right away.
    pub deeds: u64,
}

/// The setting that counts what nodes have found of hosts, where there are several.
const SIGHTINGS: &str = "sightings";

/// Runs that are under way of which it is seen how far they are.
const OPEN: i64 = 500;

/// The marks as they are now. `noted` counts what this process has found of hosts.
pub async fn read(from: &dyn Sql, noted: u64) -> Result<Marks> {
    let mut hosts = DefaultHasher::new();
    noted.hash(&mut hosts);
    let query = sql("SELECT name, value FROM settings
         WHERE name IN ('register_version', 'sightings') ORDER BY name");
    for row in from.all(query).await? {
        row.get::<String>("value")?.hash(&mut hosts);
    }
    let mut runs = DefaultHasher::new();
    let newest = sql("SELECT id FROM runs ORDER BY id DESC LIMIT 1");
    if let Some(row) = from.one(newest).await? {
        row.get::<String>("id")?.hash(&mut runs);
    }
    let open = sql("SELECT id, state, reason, counts FROM runs
         WHERE state IN ('queued', 'waiting', 'running', 'cancelling') ORDER BY id DESC LIMIT $1");
    for row in from.all(open.bind(OPEN)).await? {
        for column in ["id", "state", "reason", "counts"] {
            row.get::<String>(column)?.hash(&mut runs);
        }
    }
    let mut deeds = DefaultHasher::new();
    let last = sql("SELECT id FROM audit ORDER BY id DESC LIMIT 1");
    if let Some(row) = from.one(last).await? {
        row.get::<String>("id")?.hash(&mut deeds);
    }
    Ok(Marks { hosts: hosts.finish(), runs: runs.finish(), deeds: deeds.finish() })
}

/// Tells other nodes that hosts were found to be otherwise.
pub async fn sighted(into: &dyn Sql) -> Result<()> {
    let query = sql(
        "INSERT INTO settings (name, value) VALUES ($1, '1')
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(settings.value AS BIGINT) + 1 AS TEXT)",
    );
    into.run(query.bind(SIGHTINGS)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use hep_core::run::{HostState, RunState};

    use super::super::testing::on_both;
    use super::super::{audit, leases, register, runs};
    use super::*;
    use crate::store::runs::{Counts, Hold, NewRun, Step};

    #[tokio::test]
    async fn marks_change_with_what_they_stand_for() {
        on_both(async |db| {
            let mut last = read(&db, 0).await.unwrap();
            assert_eq!(read(&db, 0).await.unwrap(), last, "nothing has changed");
            let mut changed = async |noted, hosts, runs, what: &str| {
                let now = read(&db, noted).await.unwrap();
                assert_eq!(
                    (now.hosts != last.hosts, now.runs != last.runs),
                    (hosts, runs),
                    "{what}"
                );
                last = now;
            };
            register::change(&db).await.unwrap();
            changed(0, true, false, "the register").await;
            sighted(&db).await.unwrap();
            changed(0, true, false, "what another node has found").await;
            changed(1, true, false, "what this process has found").await;
            let new = NewRun {
                kind: "command",
                subject: "{}".into(),
                strategy: "{}".into(),
                selector: "all".into(),
                actor: ("user", None, "me".into()),
                deadline_ms: i64::MAX,
                ..NewRun::default()
            };
            runs::insert(&db, &new).await.unwrap();
            changed(1, false, true, "a run is asked for").await;
            let run = leases::claim(&db, "node", &[]).await.unwrap().unwrap();
            changed(1, false, true, "it begins").await;
            let hold = Hold { id: run.id, node: "node".into(), fence: run.fence };
            let counts = Counts::from([(HostState::Running, 1)]);
            runs::advance(&db, &hold, 1, 0, &counts).await.unwrap().unwrap();
            changed(1, false, true, "it comes on").await;
            let end = Step::End(RunState::Succeeded, String::new());
            assert!(runs::step(&db, &hold, &end).await.unwrap());
            changed(1, false, true, "it ends").await;
            let before = read(&db, 1).await.unwrap().deeds;
            audit::write(&db, &audit::Line::default()).await.unwrap();
            changed(1, false, false, "something was done").await;
            assert_ne!(read(&db, 1).await.unwrap().deeds, before);
        })
        .await;
    }
}
