//! Runs of one process: begun and ended by it alone, with no node and no queue.

use hep_core::run::{HostState, RunState};

use super::db::{Arg, Result, Row, Sql, sql};
use super::host_runs::End;
use super::now_ms;
use super::runs::{Counts, counts_json, int};

/// How many rows one statement writes.
const ROWS: usize = 500;

/// A new run is begun at once, by this process.
pub async fn start(into: &dyn Sql, run: &str, process: &str) -> Result<()> {
    let query = sql("UPDATE runs SET state = 'running', node_id = $1, fence = 1, started_ms = $2,
            deadline_ms = NULL WHERE id = $3");
    into.run(query.bind(process).bind(now_ms()).bind(run)).await?;
    Ok(())
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How.
    pub state: RunState,
    /// Its hosts by state.
    pub counts: Counts,
    /// How many entries its log has.
    pub events: i64,
    /// The output in them, in bytes.
    pub bytes: i64,
}

/// Ends a run.
pub async fn end(into: &dyn Sql, run: &str, outcome: &Outcome) -> Result<()> {
    let query = sql("UPDATE runs SET state = $1, counts = $2, next_seq = $3, output_bytes = $4,
            ended_ms = $5, node_id = NULL WHERE id = $6");
    let query = query
        .bind(outcome.state.word())
        .bind(counts_json(&outcome.counts))
        .bind(outcome.events + 1)
        .bind(outcome.bytes)
        .bind(now_ms())
        .bind(run);
    into.run(query).await?;
    Ok(())
}

/// How a host's part ended, and when it began and ended, in milliseconds since 1970.
pub type HostEnded = (End, i64, i64);

/// Ends parts of a run.
pub async fn end_hosts(into: &dyn Sql, run: &str, ends: &[HostEnded]) -> Result<()> {
    for chunk in ends.chunks(ROWS) {
        let rows = chunk.iter().map(|(end, started, ended)| {
            vec![
                end.position.into(),
                end.state.word().into(),
                int(end.rc),
                Arg::Text(end.signal.clone()),
                Arg::Text(end.error.as_ref().map(json)),
                Arg::Text(end.summary.as_ref().map(json)),
                (*started).into(),
                (*ended).into(),
            ]
        });
        let query =
            sql("UPDATE host_runs SET state = v.column2, rc = v.column3, signal = v.column4,
                error = v.column5, summary = v.column6, started_ms = v.column7,
                ended_ms = v.column8, attempt = 1
             FROM (VALUES ")
            .and_rows(rows)
            .and_bind(") AS v WHERE host_runs.run_id = ? AND host_runs.position = v.column1", run);
        into.run(query).await?;
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The runs that have not ended, and the processes that began them.
pub async fn open(from: &dyn Sql) -> Result<Vec<(String, String)>> {
    let query = sql("SELECT id, node_id FROM runs WHERE state = 'running' AND node_id IS NOT NULL");
    let read = |row: &Row| Ok((row.get("id")?, row.get("node_id")?));
    from.all(query).await?.iter().map(read).collect()
}

/// Notes that nobody knows what became of a run.
pub async fn lose(into: &dyn Sql, run: &str) -> Result<()> {
    let now = now_ms();
    let query = sql("UPDATE host_runs SET state = $1, ended_ms = $2
         WHERE run_id = $3 AND state = 'queued'");
    into.run(query.bind(HostState::Lost.word()).bind(now).bind(run)).await?;
    let counts = super::host_runs::count(into, run).await?;
    let query = sql("UPDATE runs SET state = $1, counts = $2, ended_ms = $3, node_id = NULL
         WHERE id = $4 AND state = 'running'");
    let query = query.bind(RunState::Lost.word()).bind(counts_json(&counts)).bind(now).bind(run);
    into.run(query).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::runs::{NewRun, by_id, insert};
    use super::super::testing::on_both;
    use super::super::{Db, host_runs};
    use super::*;

    async fn begun(db: &Db, process: &str) -> String {
        let new = NewRun {
            kind: "command",
            subject: "{}".into(),
            selector: "all".into(),
            strategy: "{}".into(),
            actor: ("command_line", None, "ana".into()),
            counts: Counts::from([(HostState::Queued, 2)]),
            ..NewRun::default()
        };
        let id = insert(db, &new).await.unwrap();
        let named =
            |name: &str| host_runs::NewHost { name: name.into(), ..host_runs::NewHost::default() };
        let hosts = ["a", "b"].map(named);
        host_runs::insert(db, &id, &hosts).await.unwrap();
        start(db, &id, process).await.unwrap();
        id
    }

    #[tokio::test]
    async fn a_run_is_begun_and_ended_by_one_process() {
        on_both(|db| async move {
            let id = begun(&db, "1 2").await;
            assert_eq!(open(&db).await.unwrap(), [(id.clone(), "1 2".to_owned())]);
            let end = End {
                position: 1,
                state: HostState::Failed,
                rc: Some(3),
                signal: None,
                error: None,
                summary: None,
            };
            end_hosts(&db, &id, &[(end, 10, 20)]).await.unwrap();
            let counts = Counts::from([(HostState::Failed, 1), (HostState::NotStarted, 1)]);
            let state = RunState::Failed;
            let outcome = Outcome { state, counts: counts.clone(), events: 4, bytes: 7 };
            super::end(&db, &id, &outcome).await.unwrap();
            let run = by_id(&db, &id).await.unwrap().unwrap();
            assert_eq!((run.state, run.last_seq, run.counts), (RunState::Failed, 4, counts));
            let hosts = host_runs::list(&db, &id, &[], None, 10).await.unwrap();
            assert_eq!((hosts[1].state, hosts[1].rc), (HostState::Failed, Some(3)));
            assert_eq!((hosts[1].started_ms, hosts[1].ended_ms), (Some(10), Some(20)));
            assert_eq!(hosts[0].host_id, None, "a host of no register");
            assert!(open(&db).await.unwrap().is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn what_nobody_ended_is_lost() {
        on_both(|db| async move {
            let id = begun(&db, "1 2").await;
            lose(&db, &id).await.unwrap();
            let run = by_id(&db, &id).await.unwrap().unwrap();
            assert_eq!(run.state, RunState::Lost);
            assert_eq!(run.counts, Counts::from([(HostState::Lost, 2)]));
        })
        .await;
    }
}
