//! Runs: what was asked, how far it came, and which node coordinates it.
//!
//! A coordinator holds a run by `node_id` and `fence`. Everything that it writes names both, so that a node that
//! has lost a run cannot write about it any more.

use std::collections::BTreeMap;

use hep_core::message::Message;
use hep_core::run::{HostState, RunState};
use serde::Serialize;

use super::db::{Arg, Query, Result, Row, Sql, sql};
use super::{message, message_json, new_id, now_ms};
use crate::clock::TooOld;

/// How many hosts are in each state.
pub type Counts = BTreeMap<HostState, i64>;

/// What a run shows of itself.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// What kind of thing is run: `command`, `script`, `manifest`, `copy`, `verb` or `terminal`.
    pub kind: String,
    /// What is run, as it was asked.
    pub subject: serde_json::Value,
    /// What it is for, in words.
    pub description: String,
    /// The hosts, as they were asked for.
    pub selector: String,
    /// How it goes over them.
    pub strategy: serde_json::Value,
    /// The run of which it is a part.
    pub parent: Option<String>,
    /// The id of the job that was run.
    pub job: Option<String>,
    /// The job's name, as it was then.
    pub job_name: Option<String>,
    /// Which run of the job it is, in the order in which they were asked for.
    pub turn: Option<i64>,
    /// The run that it repeats.
    pub retry_of: Option<String>,
    /// `user`, `token`, `schedule`, `action` or `command_line`.
    pub actor_kind: String,
    /// Who asked.
    pub actor: String,
    /// Where it is.
    #[schema(value_type = String)]
    pub state: RunState,
    /// Why it waits, or ended as it did.
    pub reason: String,
    /// The same as a message, for who reads another language; nothing where it is none.
    #[serde(skip)]
    pub reason_message: Option<Message>,
    /// Whether it only looks.
    pub checks: bool,
    /// Who stopped it.
    pub cancelled_by: Option<String>,
    /// Who approved or rejected its plan.
    pub approved_by: Option<String>,
    /// `plan` or `apply`.
    pub phase: String,
    /// How many hosts it has.
    pub hosts: i64,
    /// How many of them are in which state.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub counts: Counts,
    /// The number of the last event of its log.
    pub last_seq: i64,
    /// The node that coordinates it.
    pub node: Option<String>,
    /// When it was asked for, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it began.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// When it will be ended.
    pub deadline_ms: Option<i64>,
    /// The id of who asked.
    #[serde(skip)]
    pub actor_id: Option<String>,
    /// Its secrets, sealed.
    #[serde(skip)]
    pub sealed: Option<Vec<u8>>,
    /// Its fencing number.
    #[serde(skip)]
    pub fence: i64,
}

/// A run that is to be made.
#[derive(Clone, Debug, Default)]
pub struct NewRun {
    /// Its id, where its secrets had to be sealed for it; else it gets one.
    pub id: Option<String>,
    /// The kind of subject.
    pub kind: &'static str,
    /// The subject, as JSON.
    pub subject: String,
    /// What it is for.
    pub description: String,
    /// The hosts, as they were asked for.
    pub selector: String,
    /// The strategy, as JSON.
    pub strategy: String,
    /// The run of which it is a part.
    pub parent: Option<String>,
    /// The job: id and name.
    pub job: Option<(String, String)>,
    /// Which run of the job it is, and whether it waits for those before it to end.
    pub turn: Option<(i64, bool)>,
    /// The run that it repeats.
    pub retry_of: Option<String>,
    /// Who asks: kind, id and name.
    pub actor: (&'static str, Option<String>, String),
    /// Whether it only looks.
    pub checks: bool,
    /// Whether it begins with a plan that is to be approved.
    pub plans: bool,
    /// Its secrets, sealed.
    pub sealed: Option<Vec<u8>>,
    /// Its hosts by state.
    pub counts: Counts,
    /// The zone of its first host, where only some nodes reach that: they are asked first.
    pub zone: Option<String>,
    /// When it is to be ended, in milliseconds since 1970.
    pub deadline_ms: i64,
}

pub(super) const COLUMNS: &str =
    "id, kind, subject, description, selector, strategy, parent_id, job_id, job_name, turn,
    retry_of, actor_kind, actor_id, actor_name, state, reason, reason_message, checks, cancelled_by, approved_by, phase, hosts, counts,
    next_seq, node_id, created_ms, started_ms, ended_ms, deadline_ms, sealed, fence";

pub(super) fn read(row: &Row) -> Result<Run> {
    let next_seq: i64 = row.get("next_seq")?;
    Ok(Run {
        id: row.get("id")?,
        kind: row.get("kind")?,
        subject: row.json("subject")?,
        description: row.get("description")?,
        selector: row.get("selector")?,
        strategy: row.json("strategy")?,
        parent: row.get("parent_id")?,
        job: row.get("job_id")?,
        job_name: row.get("job_name")?,
        turn: row.get("turn")?,
        retry_of: row.get("retry_of")?,
        actor_kind: row.get("actor_kind")?,
        actor_id: row.get("actor_id")?,
        actor: row.get("actor_name")?,
        state: row.word("state")?,
        reason: row.get("reason")?,
        reason_message: message(row, "reason_message", "reason")?,
        checks: row.get("checks")?,
        cancelled_by: row.get("cancelled_by")?,
        approved_by: row.get("approved_by")?,
        phase: row.get("phase")?,
        hosts: row.get("hosts")?,
        counts: row.json("counts")?,
        last_seq: next_seq - 1,
        node: row.get("node_id")?,
        created_ms: row.get("created_ms")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
        deadline_ms: row.get("deadline_ms")?,
        sealed: row.get("sealed")?,
        fence: row.get("fence")?,
    })
}

/// Counts as a column holds them.
pub(crate) fn counts_json(counts: &Counts) -> String {
    serde_json::to_string(counts).unwrap_or_default()
}

/// Makes a run, queued; its id. Its host runs belong into the same transaction.
pub async fn insert(into: &dyn Sql, run: &NewRun) -> Result<String> {
    let id = run.id.clone().unwrap_or_else(new_id);
    let query = sql("INSERT INTO runs (id, kind, subject, description, selector, strategy, parent_id,
            job_id, retry_of, actor_kind, actor_id, actor_name, state, checks, phase, sealed, counts,
            hosts, created_ms, deadline_ms, job_name, turn, in_turn, zone)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'queued', $13, $14, $15, $16, $17,
            $18, $19, $20, $21, $22, $23)");
    let (kind, actor_id, name) = &run.actor;
    let (job, job_name) = run.job.clone().unzip();
    let query = query
        .bind(&id)
        .bind(run.kind)
        .bind(&run.subject)
        .bind(&run.description)
        .bind(&run.selector)
        .bind(&run.strategy)
        .bind(run.parent.clone())
        .bind(job)
        .bind(run.retry_of.clone())
        .bind(*kind)
        .bind(actor_id.clone())
        .bind(name)
        .bind(run.checks)
        .bind(if run.plans { "plan" } else { "apply" })
        .bind(run.sealed.clone())
        .bind(counts_json(&run.counts))
        .bind(run.counts.values().sum::<i64>())
        .bind(now_ms())
        .bind(run.deadline_ms)
        .bind(job_name)
        .bind(run.turn.map(|(turn, _)| turn))
        .bind(run.turn.is_some_and(|(_, waits)| waits))
        .bind(run.zone.clone());
    into.run(query).await?;
    Ok(id)
}

/// Which runs a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those in one of these states.
    pub states: Vec<RunState>,
    /// Only those of the job of this name or id.
    pub job: Option<String>,
    /// Only those that this actor asked for.
    pub actor: Option<String>,
    /// Only those that the user or token of this id asked for, under whatever name.
    pub actor_id: Option<String>,
    /// Only those with a part on this host.
    pub host: Option<String>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only those of this parent.
    pub parent: Option<String>,
    /// Only those asked for at or after this, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Only those before this id.
    pub before: Option<String>,
    /// Only those whose id begins so, in lower case.
    pub id: Option<String>,
    /// Only those that are this run of their job.
    pub turn: Option<i64>,
}

impl Filter {
    fn onto(&self, mut query: Query) -> Query {
        query = query.and(" WHERE TRUE");
        if !self.states.is_empty() {
            query = query.and_list(" AND state IN", self.states.iter().map(|state| state.word()));
        }
        let texts = [
            (" AND job_id IN (SELECT id FROM jobs WHERE name = ?", &self.job),
            (" UNION ALL SELECT CAST(? AS TEXT))", &self.job),
            (" AND actor_name = ?", &self.actor),
            (" AND actor_id = ?", &self.actor_id),
            (" AND kind = ?", &self.kind),
            (" AND parent_id = ?", &self.parent),
            (" AND id < ?", &self.before),
        ];
        for (clause, text) in texts {
            if let Some(text) = text {
                query = query.and_bind(clause, text);
            }
        }
        if let Some(id) = &self.id {
            // No sign of an id is behind this one.
            query = query.and_bind(" AND id >= ?", id).and_bind(" AND id < ?", format!("{id}g"));
        }
        if let Some(turn) = self.turn {
            query = query.and_bind(" AND turn = ?", turn);
        }
        if let Some(host) = &self.host {
            query = query
                .and(" AND id IN (SELECT run_id FROM host_runs WHERE host_id IN")
                .and_bind(" (SELECT id FROM hosts WHERE name = ?))", host);
        }
        if let Some(since) = self.since_ms {
            // Ids are in the order of their making, so the primary key finds the place.
            query = query.and_bind(" AND id >= ?", first_id(since));
        }
        query
    }
}

/// The lowest id that can have been made at a time.
fn first_id(ms: i64) -> String {
    let ms = u64::try_from(ms).unwrap_or_default() & 0xffff_ffff_ffff;
    format!("{:08x}-{:04x}-0000-0000-000000000000", ms >> 16, ms & 0xffff)
}

/// Runs, the latest first; at most `limit`.
pub async fn list(from: &dyn Sql, filter: &Filter, limit: u32) -> Result<Vec<Run>> {
    let query = filter.onto(sql("SELECT ").and(COLUMNS).and(" FROM runs"));
    let query = query.and_bind(" ORDER BY id DESC LIMIT ?", limit);
    from.all(query).await?.iter().map(read).collect()
}

/// The run of this id.
pub async fn by_id(from: &dyn Sql, id: &str) -> Result<Option<Run>> {
    let query = sql("SELECT ").and(COLUMNS).and_bind(" FROM runs WHERE id = ?", id);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// Who holds a run: what every write about it names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hold {
    /// The run.
    pub id: String,
    /// The node.
    pub node: String,
    /// The fencing number.
    pub fence: i64,
}

impl Hold {
    fn onto(&self, query: Query) -> Query {
        query
            .and_bind(" WHERE id = ?", &self.id)
            .and_bind(" AND node_id = ?", &self.node)
            .and_bind(" AND fence = ?", self.fence)
    }
}

/// Takes numbers for so many events and notes the counts; the first number. Nothing when the run is another
/// node's by now.
pub async fn advance(
    into: &dyn Sql,
    hold: &Hold,
    events: i64,
    bytes: i64,
    counts: &Counts,
) -> Result<Option<i64>> {
    let query = sql("UPDATE runs SET next_seq = next_seq + $1, output_bytes = output_bytes + $2,
            counts = $3")
    .bind(events)
    .bind(bytes)
    .bind(counts_json(counts));
    let query = hold.onto(query).and(" RETURNING next_seq");
    let Some(row) = into.one(query).await? else { return Ok(None) };
    let next: i64 = row.get("next_seq")?;
    Ok(Some(next - events))
}

/// Whether a held run's next number is this one: whether a commit that took the numbers before it was done, of
/// which the answer was lost. Also when that commit gave the run away.
pub async fn has_advanced(from: &dyn Sql, hold: &Hold, next: i64) -> Result<bool> {
    let query = sql("SELECT 1 AS one FROM runs WHERE id = $1 AND fence = $2 AND next_seq = $3");
    Ok(from.one(query.bind(&hold.id).bind(hold.fence).bind(next)).await?.is_some())
}

/// Where a held run goes next.
#[derive(Clone, Debug)]
pub enum Step {
    /// It waits, for this reason, and stays with its node.
    Pause(String),
    /// It goes on.
    Resume,
    /// It waits for somebody, and leaves its node.
    Approval,
    /// It is left for whoever takes it next.
    Release,
    /// It has ended.
    End(RunState, String),
    /// It has ended for this reason.
    EndFor(RunState, Message),
}

/// Notes it; whether the run was still this node's.
pub async fn step(into: &dyn Sql, hold: &Hold, step: &Step) -> Result<bool> {
    let query = match step {
        Step::Pause(reason) => sql("UPDATE runs SET state = 'waiting', reason = $1").bind(reason),
        Step::Resume => sql("UPDATE runs SET state = 'running', reason = ''"),
        Step::Approval => {
            sql("UPDATE runs SET state = 'waiting', reason = 'approval', node_id = NULL")
        }
        Step::Release => sql("UPDATE runs SET state = 'queued', node_id = NULL"),
        Step::End(state, reason) => {
            sql("UPDATE runs SET state = $1, reason = $2, ended_ms = $3, node_id = NULL")
                .bind(state.word())
                .bind(reason)
                .bind(now_ms())
        }
        Step::EndFor(state, why) => sql("UPDATE runs SET state = $1, reason = $2, ended_ms = $3,
                node_id = NULL, reason_message = $4")
        .bind(state.word())
        .bind(why.to_string())
        .bind(now_ms())
        .bind(message_json(why)),
    };
    let mut query = hold.onto(query);
    if !matches!(step, Step::End(..) | Step::EndFor(..)) {
        // Somebody wants it stopped: that stands.
        query = query.and(" AND state <> 'cancelling'");
    }
    Ok(into.run(query).await? > 0)
}

/// Asks whoever holds a run to stop it; whether somebody does.
pub async fn ask_to_stop(into: &dyn Sql, id: &str, by: &str) -> Result<bool> {
    let query = sql("UPDATE runs SET state = 'cancelling', cancelled_by = $1 WHERE id = $2
         AND node_id IS NOT NULL AND state IN ('running', 'waiting', 'cancelling')");
    Ok(into.run(query.bind(by).bind(id)).await? > 0)
}

/// Ends a run that no node holds; whether there was one.
pub async fn end_unheld(into: &dyn Sql, id: &str, state: RunState, by: &str) -> Result<bool> {
    let column = if state == RunState::Rejected { "approved_by" } else { "cancelled_by" };
    let query = sql("UPDATE runs SET state = $1, ended_ms = $2, ")
        .and(column)
        .and(" = $3 WHERE id = $4 AND node_id IS NULL AND state IN ('queued', 'waiting')");
    let query = query.bind(state.word()).bind(now_ms()).bind(by).bind(id);
    Ok(into.run(query).await? > 0)
}

/// Lets a run go on that waits for approval; whether one did.
pub async fn approve(into: &dyn Sql, id: &str, by: &str) -> Result<bool> {
    let query =
        sql("UPDATE runs SET state = 'queued', reason = '', phase = 'apply', approved_by = $1
         WHERE id = $2 AND state = 'waiting' AND reason = 'approval' AND node_id IS NULL");
    Ok(into.run(query.bind(by).bind(id)).await? > 0)
}

/// Runs whose deadline passed while nobody held them; that the clock was set forward makes none of them older.
pub async fn expired(from: &dyn Sql, now: i64, too_old: TooOld) -> Result<Vec<String>> {
    let query = sql("SELECT id FROM runs WHERE state IN ('queued', 'waiting') AND node_id IS NULL
         AND deadline_ms < $1 AND (created_ms > $2 OR deadline_ms < $3) LIMIT 100");
    let query = query.bind(now).bind(too_old.until_ms).bind(now.saturating_sub(too_old.by_ms));
    from.all(query).await?.iter().map(|row| row.get("id")).collect()
}

/// How many runs are in each state that is not over.
pub async fn open_by_state(from: &dyn Sql) -> Result<Vec<(String, i64)>> {
    let query = sql("SELECT state, COUNT(*) AS number FROM runs
         WHERE state IN ('queued', 'waiting', 'running', 'cancelling') GROUP BY state");
    let rows = from.all(query).await?;
    rows.iter().map(|row| Ok((row.get("state")?, row.get("number")?))).collect()
}

/// When the run was made that waits longest for a node.
pub async fn oldest_queued(from: &dyn Sql) -> Result<Option<i64>> {
    let query = sql("SELECT created_ms FROM runs WHERE state = 'queued' ORDER BY id LIMIT 1");
    from.one(query).await?.map(|row| row.get("created_ms")).transpose()
}

/// Notes how many hosts are in which state.
pub async fn set_counts(into: &dyn Sql, id: &str, counts: &Counts) -> Result<()> {
    let query = sql("UPDATE runs SET counts = $1 WHERE id = $2");
    into.run(query.bind(counts_json(counts)).bind(id)).await.map(drop)
}

/// The next number of a run's log, for whoever writes without holding it (an end before the
/// beginning). Locks the row until the transaction ends.
pub async fn take_number(into: &dyn Sql, id: &str) -> Result<Option<i64>> {
    let query = sql("UPDATE runs SET next_seq = next_seq + 1 WHERE id = $1 RETURNING next_seq");
    let row = into.one(query.bind(id)).await?;
    row.map(|row| row.get::<i64>("next_seq").map(|next| next - 1)).transpose()
}

/// A number of an instant or a count as a parameter.
pub(crate) fn int(value: Option<i64>) -> Arg {
    Arg::Int(value)
}

#[cfg(test)]
mod tests {
    use hep_core::run::HostState::*;

    use super::super::host_runs::{self, End};
    use super::super::leases;
    use super::super::testing::on_both;
    use super::super::{Db, events};
    use super::*;

    async fn make(db: &Db, hosts: usize) -> String {
        let new = NewRun {
            kind: "command",
            subject: "{}".into(),
            strategy: "{}".into(),
            selector: "all".into(),
            actor: ("user", None, "ana".into()),
            counts: [(Queued, i64::try_from(hosts).unwrap())].into(),
            deadline_ms: i64::MAX,
            ..NewRun::default()
        };
        let id = insert(db, &new).await.unwrap();
        let host = |n| host_runs::NewHost {
            id: format!("id{n}"),
            name: format!("h{n}"),
            ..host_runs::NewHost::default()
        };
        host_runs::insert(db, &id, &(0..hosts).map(host).collect::<Vec<_>>()).await.unwrap();
        id
    }

    fn hold(run: &Run) -> Hold {
        Hold { id: run.id.clone(), node: run.node.clone().unwrap(), fence: run.fence }
    }

    #[tokio::test]
    async fn who_has_lost_a_run_cannot_write_about_it() {
        on_both(|db| async move {
            make(&db, 2).await;
            let run = leases::claim(&db, "a", &[]).await.unwrap().unwrap();
            let (old, counts) = (hold(&run), Counts::new());
            assert_eq!(advance(&db, &old, 3, 10, &counts).await.unwrap(), Some(1));
            let held = leases::all(&db).await.unwrap();
            assert_eq!(held.len(), 1);
            // A renewal in between keeps the run.
            assert_eq!(leases::renew(&db, "a").await.unwrap().len(), 1);
            assert!(leases::take_over(&db, &held[0], "b").await.unwrap().is_none());
            let held = leases::all(&db).await.unwrap();
            let taken = leases::take_over(&db, &held[0], "b").await.unwrap().unwrap();
            assert_eq!((taken.fence, taken.node.as_deref()), (2, Some("b")));
            assert!(leases::take_over(&db, &held[0], "c").await.unwrap().is_none());
            assert_eq!(advance(&db, &old, 1, 0, &counts).await.unwrap(), None);
            let end = Step::End(RunState::Failed, String::new());
            assert!(!step(&db, &old, &end).await.unwrap());
            assert_eq!(advance(&db, &hold(&taken), 1, 0, &counts).await.unwrap(), Some(4));
            assert!(step(&db, &hold(&taken), &end).await.unwrap());
            let over = by_id(&db, &taken.id).await.unwrap().unwrap();
            assert_eq!((over.state, over.last_seq, over.node), (RunState::Failed, 4, None));
        })
        .await;
    }

    #[tokio::test]
    async fn a_commit_without_an_answer_is_known_by_its_numbers() {
        on_both(|db| async move {
            make(&db, 1).await;
            let held = hold(&leases::claim(&db, "a", &[]).await.unwrap().unwrap());
            let first = advance(&db, &held, 3, 0, &Counts::new()).await.unwrap().unwrap();
            for (next, advanced) in [(first, false), (first + 2, false), (first + 3, true)] {
                assert_eq!(has_advanced(&db, &held, next).await.unwrap(), advanced, "{next}");
            }
            // Also of the commit that gave it away, but not of one that another node made.
            assert!(step(&db, &held, &Step::Release).await.unwrap());
            assert!(has_advanced(&db, &held, first + 3).await.unwrap());
            leases::claim(&db, "b", &[]).await.unwrap().unwrap();
            assert!(!has_advanced(&db, &held, first + 3).await.unwrap());
        })
        .await;
    }

    #[tokio::test]
    async fn a_host_that_changed_nothing_begins_again() {
        on_both(|db| async move {
            let id = make(&db, 3).await;
            let run = leases::claim(&db, "a", &[]).await.unwrap().unwrap();
            host_runs::begin(&db, &hold(&run), &[0, 1]).await.unwrap();
            host_runs::untold(&db, &hold(&run), &[1]).await.unwrap();
            host_runs::again(&db, &hold(&run), &[0, 2]).await.unwrap();
            host_runs::begin(&db, &hold(&run), &[0]).await.unwrap();
            let hosts = host_runs::list(&db, &id, &[], None, 9).await.unwrap();
            let seen: Vec<_> =
                hosts.iter().map(|host| (host.state, host.attempt, host.untold)).collect();
            assert_eq!(seen, [(Running, 2, false), (Running, 1, true), (Queued, 0, false)]);
        })
        .await;
    }

    #[tokio::test]
    async fn a_wish_to_stop_stands_against_all_but_the_end() {
        on_both(|db| async move {
            let id = make(&db, 1).await;
            assert!(!ask_to_stop(&db, &id, "ana").await.unwrap(), "nobody has it");
            let run = leases::claim(&db, "a", &[]).await.unwrap().unwrap();
            assert!(ask_to_stop(&db, &id, "ana").await.unwrap());
            for over in [Step::Pause("x".into()), Step::Resume, Step::Approval, Step::Release] {
                assert!(!step(&db, &hold(&run), &over).await.unwrap(), "{over:?}");
            }
            let held = leases::renew(&db, "a").await.unwrap();
            assert_eq!(held[0].state, RunState::Cancelling);
            let end = Step::End(RunState::Cancelled, String::new());
            assert!(step(&db, &hold(&run), &end).await.unwrap());
            assert!(!ask_to_stop(&db, &id, "ana").await.unwrap(), "it is over");
        })
        .await;
    }

    #[tokio::test]
    async fn an_approval_lets_a_run_go_on_once() {
        on_both(|db| async move {
            let id = make(&db, 1).await;
            let run = leases::claim(&db, "a", &[]).await.unwrap().unwrap();
            assert!(step(&db, &hold(&run), &Step::Approval).await.unwrap());
            assert!(leases::claim(&db, "a", &[]).await.unwrap().is_none());
            assert!(approve(&db, &id, "ben").await.unwrap());
            assert!(!approve(&db, &id, "ben").await.unwrap());
            let run = leases::claim(&db, "b", &[]).await.unwrap().unwrap();
            assert_eq!((run.phase.as_str(), run.approved_by.as_deref()), ("apply", Some("ben")));
            let other = make(&db, 1).await;
            assert!(end_unheld(&db, &other, RunState::Rejected, "ben").await.unwrap());
            assert!(!end_unheld(&db, &other, RunState::Rejected, "ben").await.unwrap());
        })
        .await;
    }

    #[tokio::test]
    async fn hosts_begin_and_end() {
        on_both(|db| async move {
            // More than one statement takes.
            let id = make(&db, 1203).await;
            let run = leases::claim(&db, "a", &[]).await.unwrap().unwrap();
            let positions: Vec<i64> = (0..1202).collect();
            host_runs::begin(&db, &hold(&run), &positions).await.unwrap();
            let end = |position: i64| {
                let fails = position % 2 == 1;
                End {
                    position,
                    state: if fails { Failed } else { Succeeded },
                    rc: Some(position % 2),
                    signal: fails.then(|| "TERM".into()),
                    error: fails.then(hep_core::message::run::node_gone),
                    summary: None,
                }
            };
            let ends: Vec<End> = positions.iter().map(|position| end(*position)).collect();
            host_runs::end(&db, &id, &ends).await.unwrap();
            let counts = host_runs::count(&db, &id).await.unwrap();
            assert_eq!(counts, [(Queued, 1), (Succeeded, 601), (Failed, 601)].into());
            assert_eq!(host_runs::end_queued(&db, &id, NotStarted).await.unwrap(), 1);
            let bad = host_runs::list(&db, &id, &[Failed], Some(10), 2).await.unwrap();
            let seen: Vec<i64> = bad.iter().map(|host| host.position).collect();
            assert_eq!((seen, bad[0].signal.as_deref()), (vec![11, 13], Some("TERM")));
            assert_eq!((bad[0].rc, bad[0].attempt), (Some(1), 1));
            assert_eq!(bad[0].error, Some(hep_core::message::run::node_gone()));
        })
        .await;
    }

    #[tokio::test]
    async fn the_log_has_no_gaps() {
        on_both(|db| async move {
            let id = make(&db, 1).await;
            let run = leases::claim(&db, "a", &[]).await.unwrap().unwrap();
            let entry = |n: usize| events::Entry {
                at_ms: 1,
                kind: if n.is_multiple_of(2) { "output" } else { "note" },
                host: Some("h0".into()),
                stream: Some("stdout"),
                body: if n.is_multiple_of(2) {
                    b"a\xffb\n".to_vec()
                } else {
                    b"{\"x\":1}".to_vec()
                },
            };
            for count in [1_usize, 700, 3] {
                let held = hold(&run);
                let number = i64::try_from(count).unwrap();
                let first = advance(&db, &held, number, 0, &Counts::new()).await.unwrap().unwrap();
                let entries = (0..count).map(entry).collect();
                events::append(&db, &id, first, entries).await.unwrap();
            }
            assert_eq!(take_number(&db, &id).await.unwrap(), Some(705));
            let (mut after, mut seen) = (0, Vec::new());
            loop {
                let read = events::after(&db, &id, after, 100).await.unwrap();
                let Some(last) = read.last() else { break };
                after = last.seq;
                seen.extend(read.into_iter().map(|event| event.seq));
            }
            assert_eq!(seen, (1..=704).collect::<Vec<i64>>());
            // The number that nothing was written for is known, too.
            for (after, limit, expected) in
                [(0, 3, &[1, 2, 3][..]), (702, 9, &[703, 704]), (704, 9, &[]), (9999, 1, &[])]
            {
                let look = events::follow(&db, &id, after, limit).await.unwrap();
                let (state, last, found) = look.unwrap();
                let found: Vec<i64> = found.into_iter().map(|event| event.seq).collect();
                assert_eq!((state, last, &found[..]), (RunState::Running, 705, expected));
            }
            assert!(events::follow(&db, "none", 0, 9).await.unwrap().is_none());
            let first = events::after(&db, &id, 0, 3).await.unwrap();
            assert_eq!(first[0].text.as_deref(), Some("a\u{fffd}b\n"));
            assert_eq!(first[2].data, Some(serde_json::json!({"x": 1})));
            let output = events::output(&db, &id, Some("h0"), 0, 1).await.unwrap();
            assert_eq!(
                (output[0].body.as_slice(), &*output[0].stream),
                (&b"a\xffb\n"[..], "stdout")
            );
            for (host, seq, numbers) in [
                (None, i64::MAX, vec![702, 703, 704]),
                (Some("h0"), 703, vec![700, 701, 702]),
                (None, 3, vec![1, 2]),
                (Some("h1"), 703, Vec::new()),
            ] {
                let found = events::before(&db, &id, host, seq, 3).await.unwrap();
                let found: Vec<i64> = found.iter().map(|event| event.seq).collect();
                assert_eq!(found, numbers, "{host:?} {seq}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn lists_are_filtered() {
        on_both(|db| async move {
            let (first, second) = (make(&db, 1).await, make(&db, 1).await);
            leases::claim(&db, "a", &[]).await.unwrap().unwrap();
            let ids = async |filter: Filter| -> Vec<String> {
                let found = list(&db, &filter, 10).await.unwrap();
                found.into_iter().map(|run| run.id).collect()
            };
            let both = [second.clone(), first.clone()];
            assert_eq!(ids(Filter::default()).await, both);
            let states = vec![RunState::Running];
            assert_eq!(
                ids(Filter { states, ..Filter::default() }).await,
                std::slice::from_ref(&first)
            );
            let before = Some(second.clone());
            assert_eq!(ids(Filter { before, ..Filter::default() }).await, [first]);
            let made = by_id(&db, &second).await.unwrap().unwrap().created_ms;
            for (since, count) in [(made - 60_000, 2), (made + 60_000, 0)] {
                let since_ms = Some(since);
                assert_eq!(ids(Filter { since_ms, ..Filter::default() }).await.len(), count);
            }
            for nobody in [
                Filter { actor: Some("ben".into()), ..Filter::default() },
                Filter { kind: Some("manifest".into()), ..Filter::default() },
                Filter { job: Some("j".into()), ..Filter::default() },
                Filter { host: Some("h0".into()), ..Filter::default() },
                Filter { turn: Some(1), ..Filter::default() },
                Filter { id: Some(format!("{second}0")), ..Filter::default() },
            ] {
                assert!(ids(nobody).await.is_empty());
            }
            for id in [second.clone(), second[..30].to_owned()] {
                let found = ids(Filter { id: Some(id), ..Filter::default() }).await;
                assert!(found.contains(&second), "{found:?}");
            }
            let open = open_by_state(&db).await.unwrap();
            assert_eq!(open.len(), 2, "{open:?}");
            assert!(expired(&db, now_ms(), TooOld::default()).await.unwrap().is_empty());
        })
        .await;
    }
}
