//! How operations reach hosts: over the node's own connections.

use std::path::PathBuf;
use std::sync::Arc;

use super::Options;
use super::git::Cache;
use super::roster::Registered;
use super::way::Ways;
use super::work;
use crate::fleet::{Fleet, Overrides};
use crate::ops::Engine;
use crate::transport::ssh::{Pool, Settings};

/// What reaching a host takes, besides the register.
#[derive(Clone)]
pub(crate) struct Means {
    settings: Arc<Settings>,
    pool: Arc<Pool>,
    keys: Vec<PathBuf>,
    repositories: Option<Cache>,
    ways: Arc<Ways>,
}

impl Means {
    pub(super) fn of(options: &Options, ways: Arc<Ways>) -> Self {
        work::sweep();
        Self {
            settings: Arc::clone(&options.settings),
            pool: Arc::clone(&options.pool),
            keys: options.keys.clone(),
            repositories: options.cache.clone().map(|folder| Cache::new(folder.join("git"))),
            ways,
        }
    }

    /// The connections.
    pub(crate) const fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Our copies of repositories, where there is a place for them.
    pub(crate) const fn repositories(&self) -> Option<&Cache> {
        self.repositories.as_ref()
    }

    /// The ways by other nodes.
    pub(crate) const fn ways(&self) -> &Arc<Ways> {
        &self.ways
    }

    /// The hosts of the register, to be reached.
    pub(crate) fn fleet(&self, engine: &Engine, registered: &Registered) -> Arc<Fleet> {
        let keeper = registered.keeper(engine);
        let overrides = Overrides { keys: self.keys.clone(), ..Overrides::default() };
        let (settings, pool) = (Arc::clone(&self.settings), Arc::clone(&self.pool));
        let inventory = Arc::clone(&registered.inventory);
        Arc::new(Fleet::of_register(inventory, settings, pool, overrides, keeper))
    }
}
