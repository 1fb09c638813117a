//! What lasts: hosts, jobs, runs and all else, in SQLite or PostgreSQL. SQL is nowhere but beneath this folder,
//! a file a noun; each function is tested on both databases.

pub mod audit;
pub mod backup;
pub mod credentials;
pub mod db;
pub mod error;
pub mod events;
pub mod grants;
pub mod groups;
pub mod guesses;
pub mod host_keys;
pub mod host_list;
pub mod host_runs;
pub mod host_sets;
pub mod host_states;
pub mod hosts;
pub mod idempotency;
pub mod jobs;
pub mod leases;
pub mod local;
pub mod manifests;
pub mod marks;
pub mod migrate;
pub mod nodes;
pub mod partitions;
pub mod preferences;
pub mod register;
pub mod repositories;
pub mod retention;
pub mod roles;
mod room;
pub mod roster;
pub mod runs;
pub mod sealed;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod teams;
pub mod terminals;
#[cfg(test)]
pub(crate) mod testing;
pub mod tokens;
pub mod users;
pub mod views;

use std::sync::Mutex;

use hep_core::message::Message;
use uuid::{ContextV7, Timestamp};

pub use self::db::{Db, Sql, Tx};
pub use self::error::{Result, StoreError};

/// Who wrote a row, and when.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Stamp {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The name of the actor.
    pub by: String,
}

/// A new id: a UUIDv7, so that ids are in the order of their making.
pub fn new_id() -> String {
    /// In order even where the clock goes back.
    static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());
    let now = crate::clock::now_ms();
    let nanos = u32::try_from(now % 1000).unwrap_or(0) * 1_000_000;
    uuid::Uuid::new_v7(Timestamp::from_unix(&ORDER, now / 1000, nanos)).to_string()
}

/// Now, as rows have it: milliseconds since 1970.
pub fn now_ms() -> i64 {
    i64::try_from(crate::clock::now_ms()).unwrap_or(i64::MAX)
}

/// A column that holds a message, where it still says what the text beside it does: a program of an older version writes
/// only the text.
fn message(row: &db::Row, name: &str, beside: &str) -> Result<Option<Message>> {
    let (json, text) = (row.get::<Option<String>>(name)?, row.get::<String>(beside)?);
    let message: Option<Message> = json.and_then(|json| serde_json::from_str(&json).ok());
    Ok(message.filter(|message| message.to_string() == text))
}

/// A message as a column holds it.
fn message_json(message: &Message) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

/// A pattern for `LIKE … ESCAPE '!'` on lower-case texts that hold this one.
pub(crate) fn like(text: &str) -> String {
    format!("%{}%", like_part(&text.to_ascii_lowercase()))
}

/// A text as a part of a pattern for `LIKE … ESCAPE '!'`.
pub(crate) fn like_part(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
