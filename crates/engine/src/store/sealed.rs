//! Where sealed secrets lie, for those who change master keys. Every `sealed` column of the schema is here.

use super::db::{Result, Sql, sql};

/// A column of sealed secrets.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub field: &'static str,
    select: &'static str,
    one: &'static str,
    update: &'static str,
}

macro_rules! column {
    ($table:literal, $field:literal) => {
        Column {
            table: $table,
            field: $field,
            select: concat!(
                "SELECT id FROM ",
                $table,
                " WHERE ",
                $field,
                " IS NOT NULL AND substr(",
                $field,
                ", 2, 8) <> $1 AND id > $2",
                " ORDER BY id LIMIT $3"
            ),
            one: concat!("SELECT ", $field, " AS sealed FROM ", $table, " WHERE id = $1"),
            update: concat!(
                "UPDATE ",
                $table,
                " SET ",
                $field,
                " = $1 WHERE id = $2 AND ",
                $field,
                " = $3"
            ),
        }
    };
}

/// All of them.
pub const COLUMNS: &[Column] = &[
    column!("credentials", "sealed"),
    column!("jobs", "sealed"),
    column!("runs", "sealed"),
    column!("nodes", "sealed"),
];

impl Column {
    /// The ids of rows after `after` whose envelope names another master key than this one, at most `limit`. What
    /// runs were given can be large, so that envelopes are read one by one.
    pub async fn of_other_keys(
        &self,
        from: &dyn Sql,
        key: &[u8],
        after: &str,
        limit: u32,
    ) -> Result<Vec<String>> {
        let rows = from.all(sql(self.select).bind(key).bind(after).bind(limit)).await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// The envelope of a row; nothing where the row or its secret has gone.
    pub async fn envelope(&self, from: &dyn Sql, id: &str) -> Result<Option<Vec<u8>>> {
        let row = from.one(sql(self.one).bind(id)).await?;
        row.map_or(Ok(None), |row| row.get("sealed"))
    }

    /// Puts another envelope in place of one, if it is still there; whether it was.
    pub async fn swap(
        &self,
        into: &dyn Sql,
        id: &str,
        before: &[u8],
        after: Vec<u8>,
    ) -> Result<bool> {
        let query = sql(self.update).bind(after).bind(id).bind(before);
        Ok(into.run(query).await? > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::migrate::MIGRATIONS;
    use super::*;

    #[test]
    fn every_sealed_column_of_the_schema_is_known() {
        let mut table = "";
        let mut found = Vec::new();
        for line in MIGRATIONS.iter().flat_map(|migration| migration.script().lines()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["CREATE", "TABLE", name, ..] => table = name,
                ["ALTER", "TABLE", of, "ADD", "COLUMN", name, "BYTES;"]
                    if name.starts_with("sealed") =>
                {
                    found.push((*of, *name));
                }
                [name, "BYTES" | "BYTES,", ..] if name.starts_with("sealed") => {
                    found.push((table, *name));
                }
                _ => {}
            }
        }
        let known: Vec<_> = COLUMNS.iter().map(|column| (column.table, column.field)).collect();
        assert_eq!(found, known);
    }
}
