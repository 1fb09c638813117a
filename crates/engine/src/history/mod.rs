//! The history of what a person runs without a server: the tables of the server's store, in a file of the
//! person's own.
//!
//! A run must not wait for its history. The intent is written beside the first connections; what happens is kept
//! in memory, within limits, and written in one transaction at the end. The file is a SQLite database of which a
//! power cut may take the last commits.

mod process;
mod record;
mod sweep;

use std::path::{Path, PathBuf};
use std::time::Duration;

use hep_core::message::{Message, history as say};

pub use self::record::{Begin, Recording};
use crate::ops::error::chain;
use crate::store::events::{self, Event};
use crate::store::host_runs::{self, HostRun};
use crate::store::runs::{self, Filter, Run};
use crate::store::{Db, StoreError, local, migrate};

/// The name of the file in the state directory.
pub const FILE: &str = "history.db";

/// How often opening is tried while another process is at making the file.
const TRIES: u32 = 20;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// A history that is read.
pub struct History {
    db: Db,
}

impl History {
    /// Opens the history in a file; none where there is no file.
    pub async fn open(path: &Path) -> Result<Option<Self>, Message> {
        if !path.exists() {
            return Ok(None);
        }
        let unread = |error: StoreError| say::unread(path.display(), chain(&error));
        let db = open(path).await.map_err(unread)?;
        let history = Self { db };
        history.lose_dead().await.map_err(unread)?;
        Ok(Some(history))
    }

    /// Runs whose process is gone have no end that anybody knows.
    async fn lose_dead(&self) -> Result<(), StoreError> {
        for (run, process) in local::open(&self.db).await? {
            if !process::is_alive(&process) {
                let tx = self.db.begin().await?;
                local::lose(&tx, &run).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Runs, the latest first; at most `limit`.
    pub async fn list(&self, filter: &Filter, limit: u32) -> Result<Vec<Run>, Message> {
        runs::list(&self.db, filter, limit).await.map_err(|error| failed(&error))
    }

    /// A run.
    pub async fn show(&self, id: &str) -> Result<Run, Message> {
        let run = runs::by_id(&self.db, id).await.map_err(|error| failed(&error))?;
        run.ok_or_else(|| say::no_run(id))
    }

    /// The hosts of a run.
    pub async fn hosts(&self, id: &str) -> Result<Vec<HostRun>, Message> {
        host_runs::list(&self.db, id, &[], None, i64::from(u32::MAX))
            .await
            .map_err(|error| failed(&error))
    }

    /// The log of a run after a number; at most `limit` entries.
    pub async fn events(&self, id: &str, after: i64, limit: u32) -> Result<Vec<Event>, Message> {
        events::after(&self.db, id, after, limit).await.map_err(|error| failed(&error))
    }

    /// Ends the work with the file.
    pub async fn close(self) {
        self.db.close().await;
    }
}

fn failed(error: &StoreError) -> Message {
    say::failed(chain(error))
}

/// Opens the file, and makes it and its schema where they are missing. Another process may be at the same.
async fn open(path: &Path) -> Result<Db, StoreError> {
    let mut tried = 0;
    loop {
        tried += 1;
        match try_open(path).await {
            Ok(db) => return Ok(db),
            Err(error @ (StoreError::Newer { .. } | StoreError::Unavailable(_))) => {
                return Err(error);
            }
            Err(error) if tried == TRIES => return Err(error),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn try_open(path: &Path) -> Result<Db, StoreError> {
    let db = Db::open_aside(path).await?;
    migrate::migrate(&db, migrate::Older::Spare).await?;
    Ok(db)
}

/// Makes the folder of the file for nobody but us.
fn make_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    match path.parent() {
        Some(folder) => std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

/// The file in a state directory.
pub fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}
