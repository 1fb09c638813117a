//! What can be asked of a server, by whichever door: `ops::<noun>::<verb>(&engine, &actor, request)`.
//!
//! An operation checks the right, loads, asks core, writes in one transaction and leaves an audit line. Doors
//! only translate, so what one of them allows all of them allow.

pub mod actor;
pub mod error;
pub mod host;
pub mod page;
pub mod token;

use std::sync::Arc;

pub use self::actor::{Actor, ActorKind};
pub use self::error::{OpError, OpResult};
use crate::store::{Db, migrate};

/// The server's inside: what every operation works with. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
}

impl Engine {
    /// Opens the database and brings its schema up to date.
    pub async fn open(database: &str) -> OpResult<Self> {
        let db = Db::open(database).await?;
        migrate::migrate(&db).await?;
        let tx = db.begin().await?;
        crate::store::partitions::default(&tx).await?;
        crate::store::users::make_roles(&tx).await?;
        tx.commit().await?;
        Ok(Self { inner: Arc::new(Inner { db }) })
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Ends all work with the database.
    pub async fn close(&self) {
        self.db().close().await;
    }
}
