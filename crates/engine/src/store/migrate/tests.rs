//! Tests of `migrate`: schemas that are newer or older than a program, and rows that are carried through.

use serde_json::{Value, json};

use super::super::backup::{self, Table};
use super::super::testing::on_both_empty;
use super::*;
use crate::store::nodes::Node;

/// A migration of the future, which only adds a table.
const fn adds(number: i64) -> Migration {
    Migration { number, name: "adds", script: "-- works from: 2\nCREATE TABLE more (id BIGINT);" }
}

/// One after which nothing before it works.
const fn breaks(number: i64) -> Migration {
    Migration { number, name: "breaks", script: "CREATE TABLE other (id BIGINT);" }
}

/// What a program knows that has these as well.
fn with(more: &[Migration]) -> Vec<Migration> {
    MIGRATIONS.iter().chain(more).copied().collect()
}

#[test]
fn every_migration_says_on_which_programs_work() {
    for (migration, number) in MIGRATIONS.iter().zip(1..) {
        assert_eq!(migration.number, number, "{}", migration.name);
        let from = migration.works_from();
        assert!((1..=number).contains(&from), "{number} works from {from}");
        let first = migration.script.lines().next().unwrap_or_default();
        assert!(number == 1 || first.starts_with(WORKS_FROM), "{number} begins with {first:?}");
        assert!(number > KEPT || from == 1, "{number}: nobody would be told");
    }
}

#[tokio::test]
async fn a_program_works_on_a_newer_schema_that_says_so() {
    let next = known() + 1;
    let cases = [
        (vec![adds(next)], true),
        (vec![adds(next), adds_again(next + 1)], true),
        (vec![breaks(next)], false),
        (vec![breaks(next), adds(next + 1)], false),
        (vec![adds(next), breaks(next + 1)], false),
    ];
    for (more, works) in &cases {
        on_both_empty(|db| async move {
            let newer: Vec<i64> = more.iter().map(|migration| migration.number).collect();
            assert!(
                apply(&db, &with(more), i64::MAX, Older::Spare).await.unwrap().ends_with(&newer)
            );
            let found = *newer.last().unwrap();
            match migrate(&db, Older::Spare).await {
                Ok(applied) => assert_eq!((*works, applied), (true, vec![]), "{newer:?}"),
                Err(StoreError::Newer { found: said, known: ours }) => {
                    assert_eq!((*works, said, ours), (false, found, known()), "{newer:?}");
                }
                Err(other) => panic!("{other}"),
            }
            // Nothing was changed, and the newer one goes on.
            assert_eq!(version(&db).await.unwrap(), found);
            assert_eq!(apply(&db, &with(more), i64::MAX, Older::Spare).await.unwrap(), [0_i64; 0]);
        })
        .await;
    }
}

const fn adds_again(number: i64) -> Migration {
    let script = "-- works from: 1\nALTER TABLE more ADD COLUMN two TEXT NOT NULL DEFAULT '';";
    Migration { number, name: "adds again", script }
}

/// A node that said at `beat_ms` that it is there.
fn node(id: &str, schema: i64, beat_ms: i64) -> Node {
    Node { schema, ..Node::for_tests(id, &format!("{id}:1"), beat_ms) }
}

#[tokio::test]
async fn a_migration_that_stops_nodes_waits_for_them() {
    let next = known() + 1;
    on_both_empty(|db| async move {
        migrate(&db, Older::Spare).await.unwrap();
        // As a server holds its file.
        let _claim = db.alone().unwrap();
        let now = now_ms();
        for node in [node("old", known(), now), node("gone", known(), now - 2 * UP_MS)] {
            nodes::beat(&db, &node, None).await.unwrap();
        }
        let added = apply(&db, &with(&[adds(next)]), i64::MAX, Older::Spare).await.unwrap();
        assert_eq!(added, [next], "they work on");
        nodes::beat(&db, &node("new", next + 1, now), None).await.unwrap();
        let both = with(&[adds(next), breaks(next + 1)]);
        let refused = apply(&db, &both, i64::MAX, Older::Spare).await.unwrap_err();
        let StoreError::OlderNodes { number, nodes } = refused else { panic!("{refused}") };
        assert_eq!((number, nodes.as_str()), (next + 1, "old"));
        assert_eq!(version(&db).await.unwrap(), next);
        nodes::leave(&db, "old").await.unwrap();
        assert_eq!(apply(&db, &both, i64::MAX, Older::Spare).await.unwrap(), [next + 1]);
    })
    .await;
}

#[tokio::test]
async fn whoever_knows_better_stops_them() {
    let next = known() + 1;
    on_both_empty(|db| async move {
        migrate(&db, Older::Spare).await.unwrap();
        let _claim = db.alone().unwrap();
        nodes::beat(&db, &node("old", known(), now_ms()), None).await.unwrap();
        let all = with(&[breaks(next)]);
        assert!(apply(&db, &all, i64::MAX, Older::Spare).await.is_err());
        assert_eq!(apply(&db, &all, i64::MAX, Older::Ignore).await.unwrap(), [next]);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_nobody_serves_has_no_nodes() {
    let next = known() + 1;
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.unwrap();
    migrate(&db, Older::Spare).await.unwrap();
    nodes::beat(&db, &node("killed", known(), now_ms()), None).await.unwrap();
    let applied = apply(&db, &with(&[breaks(next)]), i64::MAX, Older::Spare).await.unwrap();
    assert_eq!(applied, [next], "it was killed a moment ago, and is started anew");
}

/// A value for a column: the same for every text of a row, so that what refers to another row finds it.
fn value(table: &Table, column: &str, kind: backup::Kind, row: i64) -> Value {
    match kind {
        // A grant is for a user or for a team.
        backup::Kind::Text if table.name == "grants" && column == "team_id" => Value::Null,
        backup::Kind::Text => json!(format!("r{row}")),
        backup::Kind::Int => json!(row),
        backup::Kind::Bool => json!(row % 2 == 0),
        backup::Kind::Bytes => json!("AAEC"),
    }
}

/// Rows for every table of a schema, and what the schema's columns hold then.
async fn filled(db: &Db, schema: i64) -> Vec<(String, Vec<Vec<Value>>)> {
    let tx = db.begin().await.unwrap();
    let mut all = Vec::new();
    for table in backup::all_tables(schema) {
        let of = |row| {
            let columns = table.kinds();
            columns.iter().map(|(name, kind)| value(&table, name, *kind, row)).collect()
        };
        let rows: Vec<Vec<Value>> = (1..=3).map(of).collect();
        let columns: Vec<String> = table.columns().into_iter().map(str::to_owned).collect();
        table.write(&tx, &columns, &rows).await.unwrap_or_else(|error| {
            panic!("{}: {error:?}", table.name);
        });
        all.push((table.name.clone(), rows));
    }
    tx.commit().await.unwrap();
    all
}

#[tokio::test]
async fn every_migration_keeps_the_rows_of_every_table() {
    for schema in 1..known() {
        on_both_empty(|db| async move {
            up_to(&db, schema).await.unwrap();
            let before = filled(&db, schema).await;
            // Nodes among the rows are of long ago.
            migrate(&db, Older::Spare).await.unwrap();
            let tx = db.snapshot().await.unwrap();
            for (name, rows) in before {
                let old = backup::all_tables(schema);
                let old = old.iter().find(|table| table.name == name).unwrap();
                assert_eq!(old.read(&tx, None).await.unwrap(), rows, "{name} of schema {schema}");
                let new = backup::all_tables(known());
                let new = new.iter().find(|table| table.name == name).unwrap();
                assert_eq!(new.read(&tx, None).await.unwrap().len(), rows.len(), "{name}");
            }
        })
        .await;
    }
}
