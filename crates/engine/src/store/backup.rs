//! All rows of all tables, whatever the database: what a backup holds.
//!
//! Which tables and columns there are is read from our own migrations, in the order in which they are made, so that
//! what a row refers to comes before it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};

use super::db::{Arg, Query, Result, Row, Sql, StoreError, Tx, sql};
use super::migrate::MIGRATIONS;
use super::now_ms;

/// Rows that are read or written at once.
const ROWS: u32 = 200;
/// Parameters of one statement: SQLite takes 32,766.
const PARAMETERS: usize = 30_000;
/// Tables of what is only true now: who is signed in, which node has what.
const PASSING: &[&str] =
    &["sessions", "terminal_tickets", "guesses", "nodes", "idempotency", "migrations"];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// TEXT.
    Text,
    /// BIGINT.
    Int,
    /// BOOLEAN.
    Bool,
    /// BLOB or BYTEA.
    Bytes,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    columns: Vec<(String, Kind)>,
    key: Vec<String>,
}

/// The tables of a schema that a backup holds, each after those that it refers to.
pub fn tables(schema: i64) -> Vec<Table> {
    let mut tables = all_tables(schema);
    tables.retain(|table| !PASSING.contains(&table.name.as_str()));
    tables
}

/// All tables of a schema but that of the migrations, which makes itself.
pub(crate) fn all_tables(schema: i64) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let scripts = MIGRATIONS.iter().filter(|migration| migration.number <= schema);
    for line in scripts.flat_map(|migration| migration.script().lines()) {
        read_line(line, &mut tables);
    }
    tables
}

fn read_line(line: &str, tables: &mut Vec<Table>) {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["CREATE", "TABLE", name, ..] => {
            tables.push(Table { name: (*name).to_owned(), columns: Vec::new(), key: Vec::new() });
        }
        ["ALTER", "TABLE", name, "ADD", "COLUMN", rest @ ..] => {
            if let Some(table) = tables.iter_mut().find(|table| table.name == *name) {
                table.read_column(rest);
            }
        }
        ["PRIMARY", "KEY", ..] => {
            let names = line.split(['(', ')']).nth(1).unwrap_or_default();
            if let Some(table) = tables.last_mut() {
                table.key = names.split(',').map(|name| name.trim().to_owned()).collect();
            }
        }
        words => {
            if let Some(table) = tables.last_mut() {
                table.read_column(words);
            }
        }
    }
}

impl Table {
    fn read_column(&mut self, words: &[&str]) {
        let [name, kind, rest @ ..] = words else { return };
        let kind = match kind.trim_end_matches([',', ';']) {
            "TEXT" => Kind::Text,
            "BIGINT" => Kind::Int,
            "BOOLEAN" => Kind::Bool,
            "BYTES" => Kind::Bytes,
            _ => return,
        };
        if rest.windows(2).any(|two| two[0] == "PRIMARY" && two[1].starts_with("KEY")) {
            self.key = vec![(*name).to_owned()];
        }
        self.columns.push(((*name).to_owned(), kind));
    }

    /// The names of its columns.
    pub fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Its columns, and what each holds.
    #[cfg(test)]
    pub(crate) fn kinds(&self) -> &[(String, Kind)] {
        &self.columns
    }

    /// Rows behind one, in the order of their keys: each a list of values in the order of the columns.
    pub async fn read(&self, from: &Tx, after: Option<&[Value]>) -> Result<Vec<Vec<Value>>> {
        let key = self.key.join(", ");
        let query = sql("SELECT ").and_names(&self.columns().join(", ")).and(" FROM ");
        let mut query = query.and_names(&self.name);
        if let Some(after) = after {
            query = query.and(" WHERE (").and_names(&key).and(") > ");
            let place = |name: &String| self.columns.iter().position(|(known, _)| known == name);
            let places = self.key.iter().filter_map(place);
            let args: Result<Vec<Arg>> = places
                .map(|at| argument(self.columns[at].1, after.get(at).unwrap_or(&Value::Null)))
                .collect();
            query = query.and_rows([args?]);
        }
        let query = query.and(" ORDER BY ").and_names(&key).and_bind(" LIMIT ?", ROWS);
        from.all(query).await?.iter().map(|row| self.values(row)).collect()
    }

    fn values(&self, row: &Row) -> Result<Vec<Value>> {
        let value = |(name, kind): &(String, Kind)| {
            Ok(match kind {
                Kind::Text => json!(row.get::<Option<String>>(name)?),
                Kind::Int => json!(row.get::<Option<i64>>(name)?),
                Kind::Bool => json!(row.get::<Option<bool>>(name)?),
                Kind::Bytes => {
                    json!(row.get::<Option<Vec<u8>>>(name)?.map(|bytes| BASE64.encode(bytes)))
                }
            })
        };
        self.columns.iter().map(value).collect()
    }

    /// Whether it holds nothing.
    pub async fn is_empty(&self, from: &dyn Sql) -> Result<bool> {
        let query = sql("SELECT 1 AS one FROM ").and_names(&self.name).and(" LIMIT 1");
        Ok(from.one(query).await?.is_none())
    }

    /// Writes rows whose values stand in the order of these columns.
    pub async fn write(&self, into: &Tx, columns: &[String], rows: &[Vec<Value>]) -> Result<()> {
        let mut kinds = Vec::new();
        for column in columns {
            let known = self.columns.iter().find(|(name, _)| name == column);
            kinds.push(known.ok_or_else(|| strange(column, "no such column"))?.1);
        }
        let at_once = (PARAMETERS / columns.len().max(1)).max(1);
        for chunk in rows.chunks(at_once) {
            let rows: Result<Vec<Vec<Arg>>> = chunk
                .iter()
                .map(|row| {
                    let values = kinds.iter().enumerate();
                    values
                        .map(|(at, kind)| argument(*kind, row.get(at).unwrap_or(&Value::Null)))
                        .collect()
                })
                .collect();
            let query: Query = sql("INSERT INTO ").and_names(&self.name).and(" (");
            let query = query.and_names(&columns.join(", ")).and(") VALUES ");
            into.run(query.and_rows(rows?)).await?;
        }
        Ok(())
    }
}

/// A value of a backup as a parameter.
fn argument(kind: Kind, value: &Value) -> Result<Arg> {
    let wrong = || strange("a value", "of another kind than its column");
    Ok(match (kind, value) {
        (Kind::Text, Value::Null) => Arg::Text(None),
        (Kind::Text, value) => value.as_str().ok_or_else(wrong)?.into(),
        (Kind::Int, Value::Null) => Arg::Int(None),
        (Kind::Int, value) => value.as_i64().ok_or_else(wrong)?.into(),
        (Kind::Bool, Value::Null) => Arg::Bool(None),
        (Kind::Bool, value) => value.as_bool().ok_or_else(wrong)?.into(),
        (Kind::Bytes, Value::Null) => Arg::Bytes(None),
        (Kind::Bytes, value) => {
            let bytes = BASE64.decode(value.as_str().ok_or_else(wrong)?);
            bytes.map_err(|error| strange("a value", error))?.into()
        }
    })
}

fn strange(column: &str, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Corrupt { column: column.to_owned(), source: why.into() }
}

/// Ends what a backup found under way: nobody knows what became of it, and nothing of it begins again by itself.
pub async fn end_open_runs(into: &Tx) -> Result<()> {
    let now = now_ms();
    let parts = sql("UPDATE host_runs SET ended_ms = $1, node_id = NULL,
            state = CASE WHEN state = 'queued' THEN 'not_started' ELSE 'lost' END
         WHERE state IN ('queued', 'running', 'cancelling')");
    into.run(parts.bind(now)).await?;
    let runs =
        sql("UPDATE runs SET state = 'lost', reason = 'restored from a backup', ended_ms = $1,
            node_id = NULL WHERE state IN ('queued', 'waiting', 'running', 'cancelling')");
    into.run(runs.bind(now)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::*;

    #[test]
    fn the_schema_is_read_whole() {
        let tables = tables(i64::MAX);
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        assert!(names.contains(&"hosts") && names.contains(&"events"), "{names:?}");
        assert!(!names.contains(&"sessions"), "{names:?}");
        for table in &tables {
            assert!(!table.columns.is_empty(), "{} has no column", table.name);
            let columns = table.columns();
            for key in &table.key {
                assert!(columns.contains(&key.as_str()), "{}: {key}", table.name);
            }
            assert!(!table.key.is_empty(), "{} has no key", table.name);
        }
        let scripts: String = MIGRATIONS.iter().map(|m| m.script().to_owned()).collect();
        let made = scripts.matches("CREATE TABLE").count();
        let passing = PASSING.iter().filter(|name| **name != "migrations").count();
        assert_eq!(tables.len(), made - passing);
    }

    #[tokio::test]
    async fn every_column_can_be_read() {
        on_both(|db| async move {
            let tx = db.snapshot().await.unwrap();
            for table in tables(i64::MAX) {
                let key: Vec<Value> = table
                    .columns
                    .iter()
                    .map(|(_, kind)| match kind {
                        Kind::Int => json!(0),
                        Kind::Bool => json!(false),
                        _ => json!(""),
                    })
                    .collect();
                for after in [None, Some(key.as_slice())] {
                    let rows = table.read(&tx, after).await;
                    assert_eq!(rows.unwrap(), Vec::<Vec<Value>>::new(), "{}", table.name);
                }
                assert!(table.is_empty(&tx).await.unwrap());
            }
        })
        .await;
    }
}
