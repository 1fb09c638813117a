//! Jobs: what is saved to be run.

use hep_core::parameter::Parameter;
use serde::{Deserialize, Serialize};

use super::db::{Result, Row, Sql, sql};
use super::{Stamp, now_ms};
use crate::server::subject::{Strategy, Subject};

/// What happens when a job is started while a run of it has not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Concurrency {
    /// Both run.
    #[default]
    Allow,
    /// The start is refused.
    Skip,
    /// The new run waits until those before it have ended.
    Queue,
    /// Those before it are stopped, and the new run waits for their end.
    Replace,
}

impl Concurrency {
    /// The word for it in the database.
    const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Skip => "skip",
            Self::Queue => "queue",
            Self::Replace => "replace",
        }
    }
}

/// What people say about a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobInput {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// What is run. Commands and scripts find the values of parameters in their environment, manifests among
    /// their variables; elsewhere, and in single words of commands, `{{ NAME }}` stands for a value.
    pub subject: Subject,
    /// On which hosts.
    pub selector: String,
    /// How it goes over them.
    #[serde(default)]
    pub strategy: Strategy,
    /// What can be said when it is started.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// What happens when it is started while a run of it has not ended.
    #[serde(default)]
    pub concurrency: Concurrency,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What people said about it, without secrets.
    #[serde(flatten)]
    pub said: JobInput,
    /// How often it was started.
    pub turns: i64,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
    /// The secret defaults of its parameters, sealed.
    #[serde(skip)]
    pub sealed: Option<Vec<u8>>,
}

const SELECT: &str =
    "SELECT id, name, description, subject, selector, strategy, parameters, concurrency,
    turns, sealed, version, created_ms, created_by, modified_ms, modified_by FROM jobs";

fn read(row: &Row) -> Result<Job> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    Ok(Job {
        id: row.get("id")?,
        said: JobInput {
            name: row.get("name")?,
            description: row.get("description")?,
            subject: row.json("subject")?,
            selector: row.get("selector")?,
            strategy: row.json("strategy")?,
            parameters: row.json("parameters")?,
            concurrency: row.word("concurrency")?,
        },
        turns: row.get("turns")?,
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
        sealed: row.get("sealed")?,
    })
}

/// Jobs after a name, in the order of their names; at most `limit`.
pub async fn list(from: &dyn Sql, after: Option<&str>, limit: u32) -> Result<Vec<Job>> {
    let query = sql(SELECT).and_bind(" WHERE name > ?", after.unwrap_or_default());
    let query = query.and_bind(" ORDER BY name LIMIT ?", limit);
    from.all(query).await?.iter().map(read).collect()
}

/// The job of this name or id.
pub async fn find(from: &dyn Sql, word: &str) -> Result<Option<Job>> {
    let query = sql(SELECT).and(" WHERE name = $1 OR id = $1").bind(word);
    from.one(query).await?.as_ref().map(read).transpose()
}

/// What serde writes; values of ours always can be.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Makes a job with this id. `sealed` are the secret defaults, which must not stand in what is said.
pub async fn insert(
    into: &dyn Sql,
    id: &str,
    said: &JobInput,
    sealed: Option<Vec<u8>>,
    by: &str,
) -> Result<()> {
    let query =
        sql("INSERT INTO jobs (id, name, description, subject, selector, strategy, parameters,
            concurrency, sealed, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $11)");
    let query = query.bind(id).bind(&said.name).bind(&said.description).bind(text(&said.subject));
    let query = query.bind(&said.selector).bind(text(&said.strategy)).bind(text(&said.parameters));
    let query = query.bind(said.concurrency.word()).bind(sealed);
    into.run(query.bind(now_ms()).bind(by)).await.map(drop)
}

/// Changes a job if its version still is this one; whether it was.
pub async fn update(
    into: &dyn Sql,
    (id, version): (&str, i64),
    said: &JobInput,
    sealed: Option<Vec<u8>>,
    by: &str,
) -> Result<bool> {
    let query = sql("UPDATE jobs SET name = $1, description = $2, subject = $3, selector = $4,
            strategy = $5, parameters = $6, concurrency = $7, sealed = $8, version = version + 1,
            modified_ms = $9, modified_by = $10
         WHERE id = $11 AND version = $12");
    let query = query.bind(&said.name).bind(&said.description).bind(text(&said.subject));
    let query = query.bind(&said.selector).bind(text(&said.strategy)).bind(text(&said.parameters));
    let query = query.bind(said.concurrency.word()).bind(sealed).bind(now_ms()).bind(by);
    Ok(into.run(query.bind(id).bind(version)).await? > 0)
}

/// Removes a job if its version still is this one; whether it was. Its runs stay.
pub async fn delete(from: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM jobs WHERE id = $1 AND version = $2");
    Ok(from.run(query.bind(id).bind(version)).await? > 0)
}

/// Takes the next turn of a job, and with it the job until the transaction ends: who else wants to start it
/// waits, and then sees this run. The rule and the name that hold; nothing where there is no such job any more.
pub async fn take_turn(into: &dyn Sql, id: &str) -> Result<Option<(i64, Concurrency, String)>> {
    let query =
        sql("UPDATE jobs SET turns = turns + 1 WHERE id = $1 RETURNING turns, concurrency, name");
    let row = into.one(query.bind(id)).await?;
    row.map(|row| Ok((row.get("turns")?, row.word("concurrency")?, row.get("name")?))).transpose()
}

/// The runs of a job that have not ended, in the order of their turns.
pub async fn open_runs(from: &dyn Sql, job: &str) -> Result<Vec<String>> {
    let query = sql("SELECT id FROM runs WHERE job_id = $1
         AND state IN ('queued', 'waiting', 'running', 'cancelling') ORDER BY turn, id");
    from.all(query.bind(job)).await?.iter().map(|row| row.get("id")).collect()
}

#[cfg(test)]
mod tests {
    use hep_core::run::RunState;
    use serde_json::json;

    use super::super::db::StoreError;
    use super::super::testing::on_both;
    use super::super::{leases, new_id, runs};
    use super::*;

    fn said(name: &str) -> JobInput {
        let said = json!({"name": name, "description": "d", "selector": "web*",
            "subject": {"kind": "command", "line": "uptime"}, "strategy": {"canary": 1},
            "parameters": [{"name": "a", "kind": "list", "default": ["x"]}], "concurrency": "queue"});
        serde_json::from_value(said).unwrap()
    }

    #[tokio::test]
    async fn a_job_lasts_changes_and_goes() {
        on_both(|db| async move {
            let id = new_id();
            insert(&db, &id, &said("b"), Some(b"x".to_vec()), "me").await.unwrap();
            let again = insert(&db, &new_id(), &said("b"), None, "me").await;
            assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
            let found = find(&db, "b").await.unwrap().unwrap();
            assert_eq!((&found.said, found.sealed.as_deref()), (&said("b"), Some(&b"x"[..])));
            assert!(update(&db, (&id, 1), &said("c"), None, "you").await.unwrap());
            assert!(!update(&db, (&id, 1), &said("d"), None, "late").await.unwrap());
            assert_eq!(list(&db, Some("b"), 9).await.unwrap()[0].said.name, "c");
            let turn = take_turn(&db, &id).await.unwrap();
            assert_eq!(turn, Some((1, Concurrency::Queue, "c".into())));
            assert_eq!(take_turn(&db, "gone").await.unwrap(), None);
            assert_eq!(find(&db, &id).await.unwrap().unwrap().turns, 1);
            assert!(!delete(&db, &id, 1).await.unwrap());
            assert!(delete(&db, &id, 2).await.unwrap());
        })
        .await;
    }

    #[tokio::test]
    async fn runs_of_a_job_wait_for_their_turn() {
        on_both(|db| async move {
            let make = async |turn: i64, waits: bool| {
                let new = runs::NewRun {
                    id: Some(new_id()),
                    kind: "command",
                    subject: "{}".into(),
                    strategy: "{}".into(),
                    job: Some(("j".into(), "job".into())),
                    turn: Some((turn, waits)),
                    actor: ("user", None, "ana".into()),
                    ..runs::NewRun::default()
                };
                runs::insert(&db, &new).await.unwrap()
            };
            let (first, free) = (make(1, true).await, make(2, false).await);
            let (third, fourth) = (make(3, true).await, make(4, true).await);
            let all = [&first, &free, &third, &fourth].map(String::clone);
            assert_eq!(open_runs(&db, "j").await.unwrap(), all);
            let end = async |run: runs::Run| {
                let end = runs::Step::End(RunState::Failed, String::new());
                let (id, node) = (run.id, run.node.unwrap());
                let hold = runs::Hold { id, node, fence: run.fence };
                assert!(runs::step(&db, &hold, &end).await.unwrap());
            };
            let one = leases::claim(&db, "a", &[]).await.unwrap().unwrap();
            let two = leases::claim(&db, "b", &[]).await.unwrap().unwrap();
            assert_eq!((&one.id, &two.id, one.turn), (&first, &free, Some(1)));
            assert!(leases::claim(&db, "a", &[]).await.unwrap().is_none());
            end(one).await;
            assert!(leases::claim(&db, "a", &[]).await.unwrap().is_none(), "the second goes on");
            end(two).await;
            // One in between is taken out: the one behind it does not go before the one ahead.
            let three = leases::claim(&db, "a", &[]).await.unwrap().unwrap();
            assert_eq!(three.id, third);
            assert!(leases::claim(&db, "a", &[]).await.unwrap().is_none());
            end(three).await;
            assert_eq!(leases::claim(&db, "a", &[]).await.unwrap().unwrap().id, fourth);
            for (job, count) in [("j", 4), ("job", 0), ("other", 0)] {
                let filter = runs::Filter { job: Some(job.into()), ..runs::Filter::default() };
                assert_eq!(runs::list(&db, &filter, 9).await.unwrap().len(), count, "{job}");
            }
        })
        .await;
    }
}
