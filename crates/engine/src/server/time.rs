//! Whose clock counts where several nodes share a database: the database's own.

use std::sync::Arc;

use super::node::Node;
use crate::clock;
use crate::ops::error::chain;
use crate::store::{Db, Result};

/// Takes the clock of a shared database for ours.
pub(crate) async fn take(db: &Db) -> Result<()> {
    let asked = clock::boot_ms();
    if let Some(shown) = db.clock_ms().await? {
        clock::heed(shown, asked, clock::boot_ms());
    }
    Ok(())
}

impl Node {
    /// Takes it again and again, until the end.
    pub(super) async fn follow_clock(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            if let Err(error) = take(self.db()).await {
                tracing::warn!(error = %chain(&error), "cannot read the database's clock");
            }
        }
    }
}
