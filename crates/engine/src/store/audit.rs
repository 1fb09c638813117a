//! Who did what, when: append-only.

use serde::Serialize;

use super::db::{Arg, Query, Result, Row, Sql, sql};
use super::{new_id, now_ms};

/// A line that is to be written.
#[derive(Clone, Debug, Default)]
pub struct Line<'a> {
    /// `user`, `token`, `schedule`, `action`, `command_line` or `nobody`.
    pub actor_kind: &'a str,
    /// The actor's id.
    pub actor_id: Option<&'a str>,
    /// The actor's name.
    pub actor_name: &'a str,
    /// Where the request came from.
    pub address: &'a str,
    /// The request.
    pub request_id: &'a str,
    /// What was done: `host.create`.
    pub verb: &'a str,
    /// The kind of its object.
    pub object_kind: &'a str,
    /// The object's id.
    pub object_id: Option<&'a str>,
    /// The object's name.
    pub object_name: &'a str,
    /// `done`, `denied` or `failed`.
    pub outcome: &'a str,
    /// What else is worth knowing, as JSON; never a secret.
    pub detail: Option<String>,
}

/// Lines of one statement.
const AT_ONCE: usize = 500;

/// Writes a line, in the transaction of what it tells of.
pub async fn write(into: &dyn Sql, line: &Line<'_>) -> Result<()> {
    write_all(into, std::slice::from_ref(line)).await
}

/// Writes lines, in the transaction of what they tell of.
pub async fn write_all(into: &dyn Sql, lines: &[Line<'_>]) -> Result<()> {
    for some in lines.chunks(AT_ONCE) {
        let query = sql(
            "INSERT INTO audit (id, at_ms, actor_kind, actor_id, actor_name, address, request_id,
                verb, object_kind, object_id, object_name, outcome, detail) VALUES ",
        );
        into.run(query.and_rows(some.iter().map(columns))).await?;
    }
    Ok(())
}

fn columns(line: &Line<'_>) -> Vec<Arg> {
    vec![
        new_id().into(),
        now_ms().into(),
        line.actor_kind.into(),
        Arg::Text(line.actor_id.map(str::to_owned)),
        line.actor_name.into(),
        line.address.into(),
        line.request_id.into(),
        line.verb.into(),
        line.object_kind.into(),
        Arg::Text(line.object_id.map(str::to_owned)),
        line.object_name.into(),
        line.outcome.into(),
        Arg::Text(line.detail.clone()),
    ]
}

/// A line that was written.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Entry {
    /// Its id; later lines have higher ones.
    pub id: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// `user`, `token`, `schedule`, `action`, `command_line` or `nobody`.
    pub actor_kind: String,
    /// The id of the user, or of the token.
    pub actor_id: Option<String>,
    /// The name of the user; of a token `USER/TOKEN`.
    pub actor_name: String,
    /// Where the request came from.
    pub address: String,
    /// The request.
    pub request_id: String,
    /// What was done: `host.create`; of what was denied the call.
    pub verb: String,
    /// The kind of its object.
    pub object_kind: String,
    /// The object's id.
    pub object_id: Option<String>,
    /// The object's name.
    pub object_name: String,
    /// `done`, `denied` or `failed`.
    pub outcome: String,
    /// What else is worth knowing.
    pub detail: Option<serde_json::Value>,
}

fn read(row: &Row) -> Result<Entry> {
    Ok(Entry {
        id: row.get("id")?,
        at_ms: row.get("at_ms")?,
        actor_kind: row.get("actor_kind")?,
        actor_id: row.get("actor_id")?,
        actor_name: row.get("actor_name")?,
        address: row.get("address")?,
        request_id: row.get("request_id")?,
        verb: row.get("verb")?,
        object_kind: row.get("object_kind")?,
        object_id: row.get("object_id")?,
        object_name: row.get("object_name")?,
        outcome: row.get("outcome")?,
        detail: row.maybe_json("detail")?,
    })
}

/// Which lines.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this actor's name, or of the tokens of this user.
    pub actor: Option<String>,
    /// Only those of this verb, or beginning with it where it ends in `.`.
    pub verb: Option<String>,
    /// Only those about this kind of object.
    pub object_kind: Option<String>,
    /// Only those about the object of this name or id.
    pub object: Option<String>,
    /// Only those with this outcome.
    pub outcome: Option<String>,
    /// Only those from then on, in milliseconds since 1970.
    pub from_ms: Option<i64>,
    /// Only those before then, in milliseconds since 1970.
    pub to_ms: Option<i64>,
}

/// The user of a line and a `/`, whether they or a token of theirs did it. The index `audit_by_user` is on these very
/// words.
const USER: &str = "(CASE WHEN actor_kind = 'token' THEN rtrim(actor_name, replace(actor_name, '/', '')) \
                    ELSE actor_name || '/' END)";

impl Filter {
    fn onto(&self, mut query: Query) -> Query {
        query = query.and(" WHERE TRUE");
        if let Some(actor) = &self.actor {
            let user = actor.rsplit_once('/').map_or(actor.as_str(), |(user, _)| user);
            query = query.and(" AND ").and(USER).and_bind(" = ?", format!("{user}/"));
            if user != actor {
                query = query.and_bind(" AND actor_name = ?", actor);
            }
        }
        if let Some(verb) = &self.verb {
            query = match verb.ends_with('.') {
                true => query.and_bind(" AND verb LIKE ? ESCAPE '!'", super::like_part(verb) + "%"),
                false => query.and_bind(" AND verb = ?", verb),
            };
        }
        if let Some(object) = &self.object {
            query = query
                .and_bind(" AND (object_name = ?", object)
                .and_bind(" OR object_id = ?)", object);
        }
        let words =
            [(" AND object_kind = ?", &self.object_kind), (" AND outcome = ?", &self.outcome)];
        for (text, value) in words {
            if let Some(value) = value {
                query = query.and_bind(text, value);
            }
        }
        for (text, value) in [(" AND at_ms >= ?", self.from_ms), (" AND at_ms < ?", self.to_ms)] {
            if let Some(value) = value {
                query = query.and_bind(text, value);
            }
        }
        query
    }
}

/// Lines, the newest first, older than a line; at most `limit`.
pub async fn newest(
    from: &dyn Sql,
    filter: &Filter,
    before: Option<&str>,
    limit: u32,
) -> Result<Vec<Entry>> {
    let mut query = filter.onto(sql("SELECT * FROM audit"));
    if let Some(before) = before {
        query = query.and_bind(" AND id < ?", before);
    }
    let rows = from.all(query.and_bind(" ORDER BY id DESC LIMIT ?", limit)).await?;
    rows.iter().map(read).collect()
}

/// Lines, the oldest first, newer than a line; at most `limit`.
pub async fn oldest(
    from: &dyn Sql,
    filter: &Filter,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Entry>> {
    let mut query = filter.onto(sql("SELECT * FROM audit"));
    if let Some(after) = after {
        query = query.and_bind(" AND id > ?", after);
    }
    let rows = from.all(query.and_bind(" ORDER BY id LIMIT ?", limit)).await?;
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::db::Db;
    use super::super::migrate::{Older, migrate};
    use super::super::testing::on_both;
    use super::*;

    /// What one did who has done little, among all that was ever done, is found without reading it all.
    #[tokio::test]
    async fn those_of_a_user_are_read_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hep.db");
        let db = Db::open(&format!("sqlite:{}", file.display())).await.unwrap();
        migrate(&db, Older::Spare).await.unwrap();
        for actor in ["ana", "ana/ci"] {
            let filter = Filter { actor: Some(actor.into()), ..Filter::default() };
            let query = filter.onto(sql("EXPLAIN QUERY PLAN SELECT * FROM audit"));
            let rows = db.all(query.and_bind(" ORDER BY id DESC LIMIT ?", 100_u32)).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail").unwrap()).collect();
            assert_eq!(plan.len(), 1, "nothing is sorted: {plan:?}");
            assert!(plan[0].contains("USING INDEX audit_by_user"), "{plan:?}");
        }
    }

    #[tokio::test]
    async fn lines_are_found_by_all_that_they_say() {
        on_both(|db| async move {
            let lines = [
                ("user", "ana", "host.create", "host", "web1", "done"),
                ("token", "ana/ci", "host.delete", "host", "web1", "done"),
                ("user", "anabel", "user.create", "user", "x", "denied"),
            ];
            for (actor_kind, actor_name, verb, object_kind, object_name, outcome) in lines {
                let line = Line {
                    actor_kind,
                    actor_name,
                    verb,
                    object_kind,
                    object_id: Some("7"),
                    object_name,
                    outcome,
                    detail: Some("{\"a\":1}".into()),
                    ..Line::default()
                };
                write(&db, &line).await.unwrap();
            }
            let some = |text: &str| Some(text.to_owned());
            let cases = [
                (Filter::default(), 3),
                (Filter { actor: some("ana"), ..Filter::default() }, 2),
                (Filter { actor: some("ana/ci"), ..Filter::default() }, 1),
                (Filter { actor: some("an%"), ..Filter::default() }, 0),
                (Filter { actor: some("ana/"), ..Filter::default() }, 0),
                (Filter { actor: some("ci"), ..Filter::default() }, 0),
                (Filter { actor: some("anabel/ci"), ..Filter::default() }, 0),
                (Filter { verb: some("host.create"), ..Filter::default() }, 1),
                (Filter { verb: some("host."), ..Filter::default() }, 2),
                (Filter { object_kind: some("user"), ..Filter::default() }, 1),
                (Filter { object: some("web1"), ..Filter::default() }, 2),
                (Filter { object: some("7"), ..Filter::default() }, 3),
                (Filter { outcome: some("denied"), ..Filter::default() }, 1),
                (Filter { from_ms: Some(now_ms() + 60_000), ..Filter::default() }, 0),
                (Filter { to_ms: Some(now_ms() + 60_000), ..Filter::default() }, 3),
            ];
            for (filter, many) in cases {
                let found = newest(&db, &filter, None, 9).await.unwrap();
                assert_eq!(found.len(), many, "{filter:?}");
            }
            let filter = Filter::default();
            let first = newest(&db, &filter, None, 2).await.unwrap();
            let rest = newest(&db, &filter, Some(&first[1].id), 2).await.unwrap();
            let verbs =
                |lines: &[Entry]| lines.iter().map(|line| line.verb.clone()).collect::<Vec<_>>();
            assert_eq!(verbs(&first), ["user.create", "host.delete"]);
            assert_eq!(verbs(&rest), ["host.create"]);
            let all = oldest(&db, &filter, None, 9).await.unwrap();
            assert_eq!(all[0].id, rest[0].id);
            assert_eq!(all[0].detail, Some(serde_json::json!({ "a": 1 })));
            assert_eq!(oldest(&db, &filter, Some(&all[0].id), 9).await.unwrap().len(), 2);
        })
        .await;
    }
}
