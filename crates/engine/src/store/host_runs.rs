//! The parts of runs on their hosts.

use hep_core::message::Message;
use hep_core::run::HostState;
use serde::Serialize;

use super::db::{Arg, Result, Row, Sql, sql, to_few_lengths};
use super::now_ms;
use super::runs::{Counts, Hold, int};

/// How many rows one statement writes: SQLite takes 32,766 parameters.
const ROWS: usize = 500;

/// A run's part on one host.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct HostRun {
    /// Its place among the run's hosts, from 0.
    pub position: i64,
    /// The host's id, while it is in the register.
    pub host_id: Option<String>,
    /// The host's name.
    pub host: String,
    /// How far it is.
    #[schema(value_type = String)]
    pub state: HostState,
    /// How often it was begun.
    pub attempt: i64,
    /// The exit status of its command.
    pub rc: Option<i64>,
    /// The signal that ended its command.
    pub signal: Option<String>,
    /// Why it did not succeed.
    #[schema(value_type = Option<Object>)]
    pub error: Option<Message>,
    /// Its tasks by outcome, for a manifest.
    #[schema(value_type = Option<Object>)]
    pub summary: Option<serde_json::Value>,
    /// The zone whose nodes reach the host.
    pub zone: Option<String>,
    /// Whether something was done, or may have been, of which no journal on the host tells.
    #[serde(skip)]
    pub untold: bool,
    /// When it began, in milliseconds since 1970.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
}

const COLUMNS: &str =
    "position, host_id, host_name, state, attempt, rc, signal, error, summary, zone, untold,
    started_ms, ended_ms";

fn read(row: &Row) -> Result<HostRun> {
    Ok(HostRun {
        position: row.get("position")?,
        host_id: row.get("host_id")?,
        host: row.get("host_name")?,
        state: row.word("state")?,
        attempt: row.get("attempt")?,
        rc: row.get("rc")?,
        signal: row.get("signal")?,
        error: row.maybe_json("error")?,
        summary: row.maybe_json("summary")?,
        zone: row.get("zone")?,
        untold: row.get("untold")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
    })
}

/// A host of a new run.
#[derive(Clone, Debug, Default)]
pub struct NewHost {
    /// Its id; empty of one that is in no register.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The zone whose nodes reach it.
    pub zone: Option<String>,
    /// Why it is skipped, where it is.
    pub skipped: Option<Message>,
}

/// The runs with a part on the host of this id that have not ended; at most `limit`.
pub async fn open_on(from: &dyn Sql, host: &str, limit: u32) -> Result<Vec<String>> {
    let query = sql("SELECT DISTINCT r.id AS id FROM host_runs h JOIN runs r ON r.id = h.run_id
         WHERE h.host_id = $1 AND r.ended_ms IS NULL ORDER BY r.id LIMIT $2");
    from.all(query.bind(host).bind(limit)).await?.iter().map(|row| row.get("id")).collect()
}

/// Makes the host runs of a run, in this order.
pub async fn insert(into: &dyn Sql, run: &str, hosts: &[NewHost]) -> Result<()> {
    let now = now_ms();
    for (number, chunk) in hosts.chunks(ROWS).enumerate() {
        let rows = chunk.iter().enumerate().map(|(index, host)| {
            let position = i64::try_from(number * ROWS + index).unwrap_or(i64::MAX);
            let is_skipped = host.skipped.is_some();
            let state = if is_skipped { HostState::Skipped } else { HostState::Queued };
            vec![
                run.into(),
                position.into(),
                Arg::Text(Some(host.id.clone()).filter(|id| !id.is_empty())),
                (&host.name).into(),
                state.word().into(),
                Arg::Text(host.skipped.as_ref().map(json)),
                Arg::Text(host.zone.clone()),
                int(is_skipped.then_some(now)),
            ]
        });
        let query =
            sql("INSERT INTO host_runs (run_id, position, host_id, host_name, state, error, zone,
                ended_ms) VALUES ");
        into.run(query.and_rows(rows)).await?;
    }
    Ok(())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Host runs in the order of their positions, after one of them; at most `limit`.
pub async fn list(
    from: &dyn Sql,
    run: &str,
    states: &[HostState],
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<HostRun>> {
    let mut query = sql("SELECT ").and(COLUMNS).and_bind(" FROM host_runs WHERE run_id = ?", run);
    if !states.is_empty() {
        query = query.and_list(" AND state IN", states.iter().map(|state| state.word()));
    }
    query = query.and_bind(" AND position > ?", after.unwrap_or(-1));
    let query = query.and_bind(" ORDER BY position LIMIT ?", limit);
    from.all(query).await?.iter().map(read).collect()
}

/// The part of a run on the host of this name.
pub async fn by_name(from: &dyn Sql, run: &str, host: &str) -> Result<Option<HostRun>> {
    let query = sql("SELECT ").and(COLUMNS).and_bind(" FROM host_runs WHERE run_id = ?", run);
    from.one(query.and_bind(" AND host_name = ?", host)).await?.as_ref().map(read).transpose()
}

/// How many host runs are in which state.
pub async fn count(from: &dyn Sql, run: &str) -> Result<Counts> {
    let query =
        sql("SELECT state, COUNT(*) AS number FROM host_runs WHERE run_id = $1 GROUP BY state");
    let rows = from.all(query.bind(run)).await?;
    rows.iter().map(|row| Ok((row.word("state")?, row.get("number")?))).collect()
}

/// Notes that these begin.
pub async fn begin(into: &dyn Sql, hold: &Hold, positions: &[i64]) -> Result<()> {
    for chunk in positions.chunks(ROWS) {
        let query =
            sql("UPDATE host_runs SET state = 'running', attempt = attempt + 1, node_id = $1,
                fence = $2, started_ms = $3 WHERE run_id = $4 AND state = 'queued'")
            .bind(&hold.node)
            .bind(hold.fence)
            .bind(now_ms())
            .bind(&hold.id);
        into.run(query.and_list_of_few_lengths(" AND position IN", chunk)).await?;
    }
    Ok(())
}

/// Notes of these that something is done of which no journal on their hosts tells.
pub async fn untold(into: &dyn Sql, hold: &Hold, positions: &[i64]) -> Result<()> {
    for chunk in positions.chunks(ROWS) {
        let query =
            sql("UPDATE host_runs SET untold = TRUE").and_bind(" WHERE run_id = ?", &hold.id);
        into.run(query.and_list_of_few_lengths(" AND position IN", chunk)).await?;
    }
    Ok(())
}

/// Puts back these, which had begun and have changed nothing, so that they are begun again.
pub async fn again(into: &dyn Sql, hold: &Hold, positions: &[i64]) -> Result<()> {
    for chunk in positions.chunks(ROWS) {
        let query = sql("UPDATE host_runs SET state = 'queued', started_ms = NULL")
            .and_bind(" WHERE run_id = ?", &hold.id)
            .and(" AND state IN ('running', 'cancelling')");
        into.run(query.and_list_of_few_lengths(" AND position IN", chunk)).await?;
    }
    Ok(())
}

/// How a host run ended.
#[derive(Clone, Debug)]
pub struct End {
    /// Which.
    pub position: i64,
    /// How.
    pub state: HostState,
    /// The exit status.
    pub rc: Option<i64>,
    /// The signal.
    pub signal: Option<String>,
    /// Why.
    pub error: Option<Message>,
    /// The tasks by outcome.
    pub summary: Option<serde_json::Value>,
}

/// Notes how these ended.
pub async fn end(into: &dyn Sql, run: &str, ends: &[End]) -> Result<()> {
    let now = now_ms();
    for chunk in ends.chunks(ROWS) {
        let ends: Vec<&End> = chunk.iter().collect();
        let rows = to_few_lengths(&ends).map(|end| {
            vec![
                end.position.into(),
                end.state.word().into(),
                int(end.rc),
                Arg::Text(end.signal.clone()),
                Arg::Text(end.error.as_ref().map(json)),
                Arg::Text(end.summary.as_ref().map(json)),
            ]
        });
        let query =
            sql("UPDATE host_runs SET state = v.column2, rc = v.column3, signal = v.column4,
                error = v.column5, summary = v.column6, ended_ms = $1
             FROM (VALUES ")
            .bind(now)
            .and_rows(rows)
            .and_bind(") AS v WHERE host_runs.run_id = ? AND host_runs.position = v.column1", run);
        into.run(query).await?;
    }
    Ok(())
}

/// Ends every host run that has not begun.
pub async fn end_queued(into: &dyn Sql, run: &str, state: HostState) -> Result<u64> {
    let query = sql(
        "UPDATE host_runs SET state = $1, ended_ms = $2 WHERE run_id = $3 AND state = 'queued'",
    );
    into.run(query.bind(state.word()).bind(now_ms()).bind(run)).await
}

/// Puts back what had begun and only looks, so that it is begun again.
pub async fn requeue(into: &dyn Sql, run: &str) -> Result<u64> {
    let query = sql("UPDATE host_runs SET state = 'queued', started_ms = NULL
         WHERE run_id = $1 AND state IN ('running', 'cancelling')");
    into.run(query.bind(run)).await
}
