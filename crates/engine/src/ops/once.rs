//! Calls that come twice because the first answer was lost: the second makes nothing.

use hep_core::message::server as say;

use super::Engine;
use super::actor::Actor;
use super::error::{OpError, OpResult};
use crate::store::idempotency::{self, Before, Once};

/// What the same call has made before; nothing, if this is the first. A key that was used for something else
/// is refused.
pub async fn before(engine: &Engine, actor: &Actor, once: &Once) -> OpResult<Option<Before>> {
    let found = idempotency::find(engine.db(), &actor.name, &once.route, &once.key).await?;
    match found {
        Some(before) if before.body_hash != once.body_hash => {
            Err(OpError::Conflict(say::other_body_same_key(&once.key)))
        }
        found => Ok(found),
    }
}
