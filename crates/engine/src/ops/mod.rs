//! What can be asked of a server, by whichever door: `ops::<noun>::<verb>(&engine, &actor, request)`.
//!
//! An operation checks the right, loads, asks core, writes in one transaction and leaves an audit line. Doors
//! only translate, so what one of them allows all of them allow.

pub mod actor;
pub mod aim;
pub mod audit;
pub mod bulk;
pub mod credential;
pub mod error;
pub mod find;
pub mod follow;
pub mod grant;
pub mod group;
pub mod host;
pub mod host_key;
pub mod import;
pub mod job;
pub mod known_hosts;
pub mod manifest;
pub mod node;
pub mod offers;
pub mod once;
pub mod page;
pub mod partition;
pub mod patch;
pub mod preference;
pub mod push_key;
pub(crate) mod reach;
pub mod repository;
pub mod role;
pub mod run;
pub mod run_secrets;
pub mod seal;
mod secret_text;
pub mod session;
pub mod setup;
pub mod team;
pub mod terminal;
#[cfg(test)]
pub(crate) mod testing;
pub mod token;
mod turn;
pub mod user;
mod uses;
pub mod verb;
pub mod view;
pub mod watch;

use std::sync::{Arc, OnceLock};

use hep_core::message::server;

pub use self::actor::{Actor, ActorKind};
pub use self::error::{OpError, OpResult};
use crate::master_key::{Sealer, Source};
use crate::server::hub::Hub;
use crate::server::live::Live;
use crate::server::means::Means;
use crate::server::numbers::{self, Numbers};
use crate::server::roster;
use crate::server::sightings::Sightings;
use crate::server::terminal::Terminals;
use crate::server::tunnel::Tunnels;
use crate::server::watched::Watched;
use crate::store::db::sql;
use crate::store::{Db, Sql as _, migrate};

/// The server's inside: what every operation works with. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    sealer: Sealer,
    hub: Arc<Hub>,
    live: Arc<Live>,
    sightings: Arc<Sightings>,
    watched: Watched,
    /// Empty until a node has started in this process.
    means: OnceLock<Means>,
    /// The same.
    tunnels: OnceLock<Arc<Tunnels>>,
    /// The same.
    terminals: OnceLock<Arc<Terminals>>,
    register: roster::Cache,
}

impl Engine {
    /// Opens the database, brings its schema up to date, and unlocks its secrets with the keys of `keys`.
    pub async fn open(database: &str, keys: Source) -> OpResult<Self> {
        Self::on(Db::open(database).await?, keys).await
    }

    /// The same on a database that is open.
    pub(crate) async fn on(db: Db, keys: Source) -> OpResult<Self> {
        crate::server::time::take(&db).await?;
        migrate::migrate(&db, migrate::Older::Spare).await?;
        let tx = db.begin().await?;
        crate::store::partitions::default(&tx).await?;
        crate::store::users::make_roles(&tx).await?;
        tx.commit().await?;
        let sealer = seal::unlock(&db, keys).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                db,
                sealer,
                hub: Arc::default(),
                live: Arc::default(),
                sightings: Arc::default(),
                watched: Watched::default(),
                means: OnceLock::new(),
                tunnels: OnceLock::new(),
                terminals: OnceLock::new(),
                register: roster::Cache::default(),
            }),
        })
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    /// What seals and opens secrets.
    pub(crate) fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    /// The register in memory.
    pub(crate) fn register(&self) -> &roster::Cache {
        &self.inner.register
    }

    /// Whether the database answers and takes what is written; why not.
    pub async fn ready(&self) -> OpResult<()> {
        self.db().one(sql("SELECT 1 AS one")).await?;
        match self.db().has_room() {
            true => Ok(()),
            false => Err(OpError::Unavailable(server::no_space())),
        }
    }

    /// What meters show; what cannot be counted now is left out.
    pub async fn numbers(&self) -> Numbers {
        let counted = numbers::read(self.db()).await.unwrap_or_default();
        let ssh = self.means().map(|means| means.pool().numbers()).unwrap_or_default();
        Numbers { ends: self.sightings().ends(), ssh, ..counted }
    }

    /// What was found of hosts.
    pub(crate) fn sightings(&self) -> &Arc<Sightings> {
        &self.inner.sightings
    }

    /// Who waits for what in this process.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.inner.hub
    }

    /// The hosts that somebody watches.
    pub(crate) fn live(&self) -> &Arc<Live> {
        &self.inner.live
    }

    /// The lists that somebody looks at.
    pub(crate) fn watched(&self) -> &Watched {
        &self.inner.watched
    }

    /// How hosts are reached, once a node has started in this process.
    pub(crate) fn means(&self) -> Option<&Means> {
        self.inner.means.get()
    }

    /// Lets operations reach hosts as this node does.
    pub(crate) fn set_means(&self, means: Means) {
        // A second node in one process reaches them by the first one's connections.
        let _ = self.inner.means.set(means);
    }

    /// The tunnels that a node in this process makes for others.
    pub fn tunnels(&self) -> Option<&Arc<Tunnels>> {
        self.inner.tunnels.get()
    }

    pub(crate) fn set_tunnels(&self, tunnels: &Arc<Tunnels>) {
        // Of a second node in one process those of the first are known, as with the means.
        let _ = self.inner.tunnels.set(Arc::clone(tunnels));
    }

    /// The terminals of a node in this process.
    pub(crate) fn terminals(&self) -> Option<&Arc<Terminals>> {
        self.inner.terminals.get()
    }

    pub(crate) fn set_terminals(&self, terminals: &Arc<Terminals>) {
        // Of a second node in one process those of the first are known, as with the means.
        let _ = self.inner.terminals.set(Arc::clone(terminals));
    }

    /// Ends all work with the database.
    pub async fn close(&self) {
        self.db().close().await;
    }
}

/// That it could not be noted that somebody was here keeps nobody out: on a full disk, who only looks can look.
fn note_use(noted: crate::store::Result<()>) {
    if let Err(error) = noted {
        tracing::warn!(error = %error::chain(&error), "cannot note when a credential was used");
    }
}
