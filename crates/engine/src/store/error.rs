//! Why a statement did not do what it should, in words of our own: what the two databases say, sorted by what can be
//! done about it.

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

/// Why a statement did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A name or key that must be unique is there already.
    #[error("a row with the same key is there already")]
    Duplicate(#[source] sqlx::Error),
    /// A row that another refers to would go, or refers to one that is not there.
    #[error("a row that is referred to is missing or still used")]
    Reference(#[source] sqlx::Error),
    /// The database cannot be reached, or has no connection to spare; trying again may help.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// The database has no room for it; it is tried again when somebody has made room.
    #[error("the database has no space left")]
    NoSpace(#[source] sqlx::Error),
    /// A text or a number cannot be kept by this database: a NUL in a text, say.
    #[error("the database cannot keep a value")]
    Value(#[source] sqlx::Error),
    /// The database holds what we did not write.
    #[error("column {column} holds what it must not")]
    Corrupt {
        /// The column.
        column: String,
        /// What could not be read.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The address names no database that we know.
    #[error("{0:?} is the address of no database; write sqlite:PATH or postgres://USER@HOST/NAME")]
    Address(String),
    /// The schema is newer than this program.
    #[error("the database has schema {found}, this program knows up to {known}")]
    Newer {
        /// What is there.
        found: i64,
        /// What we know.
        known: i64,
    },
    /// Nodes that are up would not work after a migration.
    #[error("schema {number} would stop older nodes that are up: {nodes}")]
    OlderNodes {
        /// Of the migration.
        number: i64,
        /// Their names.
        nodes: String,
    },
    /// Anything else that a database says.
    #[error("the database refused a statement")]
    Other(#[source] sqlx::Error),
}

/// What store functions return.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Whether the same may be done later, without a change of what is asked.
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NoSpace(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let kind = match &error {
            sqlx::Error::Database(said) => of(&**said),
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
                Self::Unavailable
            }
            _ => Self::Other,
        };
        kind(error)
    }
}

/// The kind of what a database says.
fn of(said: &dyn DatabaseError) -> fn(sqlx::Error) -> StoreError {
    if said.is_unique_violation() {
        return StoreError::Duplicate;
    }
    if said.is_foreign_key_violation() {
        return StoreError::Reference;
    }
    let code = said.code().unwrap_or_default();
    match said.try_downcast_ref::<SqliteError>() {
        Some(_) => of_sqlite(&code),
        None => of_postgres(&code),
    }
}

/// By the primary part of SQLite's result code.
fn of_sqlite(code: &str) -> fn(sqlx::Error) -> StoreError {
    match code.parse().unwrap_or(0_u32) & 0xff {
        // FULL
        13 => StoreError::NoSpace,
        // BUSY and LOCKED: somebody else has it for long; IOERR, CANTOPEN: the disk is away, or full.
        5 | 6 | 10 | 14 => StoreError::Unavailable,
        // TOOBIG
        18 => StoreError::Value,
        _ => StoreError::Other,
    }
}

/// By PostgreSQL's SQLSTATE.
fn of_postgres(code: &str) -> fn(sqlx::Error) -> StoreError {
    match (code, code.get(..2).unwrap_or_default()) {
        // disk_full
        ("53100", _) => StoreError::NoSpace,
        // character_not_in_repertoire, untranslatable_character; and what is too large for it
        ("22021" | "22P05", _) | (_, "54") => StoreError::Value,
        // 57: the server goes down or comes up; 53: it is out of something; 08: the line broke; 40: two were at the
        // same; 58: its machine has failed.
        ("57P01" | "57P02" | "57P03" | "57P05", _) | (_, "53" | "08" | "40" | "58") => {
            StoreError::Unavailable
        }
        _ => StoreError::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_database_says_is_sorted_by_what_can_be_done() {
        type Sorts = fn(&str) -> fn(sqlx::Error) -> StoreError;
        let cases: &[(Sorts, &str, &str)] = &[
            (of_sqlite, "13", "the database has no space left"),
            (of_sqlite, "778", "the database cannot be reached"),
            (of_sqlite, "517", "the database cannot be reached"),
            (of_sqlite, "18", "the database cannot keep a value"),
            (of_sqlite, "1", "the database refused a statement"),
            (of_postgres, "53100", "the database has no space left"),
            (of_postgres, "57P01", "the database cannot be reached"),
            (of_postgres, "57014", "the database refused a statement"),
            (of_postgres, "40P01", "the database cannot be reached"),
            (of_postgres, "22021", "the database cannot keep a value"),
            (of_postgres, "54000", "the database cannot keep a value"),
            (of_postgres, "42601", "the database refused a statement"),
            (of_postgres, "", "the database refused a statement"),
        ];
        for (of, code, expected) in cases {
            assert_eq!(of(code)(sqlx::Error::RowNotFound).to_string(), *expected, "{code}");
        }
    }
}
