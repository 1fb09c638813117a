//! On what a terminal stands while it is open: the session, the user, the password, the right, the host.

use std::time::Duration;

use hep_core::message::{Message, terminal as say};
use hep_core::rights::Verb;
use tokio::time::{Instant, sleep};

use crate::ops::error::chain;
use crate::ops::reach::Reach;
use crate::ops::{Actor, Engine, OpResult};
use crate::store::{now_ms, terminals, users};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// How long nobody need know, where the database does not answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who has a terminal where, and by what.
pub(crate) struct Standing {
    /// Who.
    pub(crate) actor: Actor,
    /// The id of the user.
    pub(crate) user: String,
    /// The session in whose page it is.
    pub(crate) session: String,
    /// The hash of the password that was said.
    pub(crate) password: Option<String>,
    /// The host's name.
    pub(crate) host: String,
    /// The host's id.
    pub(crate) host_id: String,
}

impl Standing {
    /// Waits until it stands no more; why.
    pub(super) async fn falls(&self, engine: &Engine) -> Message {
        let mut sure = Instant::now();
        loop {
            sleep(EVERY).await;
            match self.lacks(engine).await {
                Ok(None) => sure = Instant::now(),
                Ok(Some(why)) => return why,
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "cannot look whether a terminal is allowed");
                    if sure.elapsed() >= PATIENCE {
                        return say::unsure();
                    }
                }
            }
        }
    }

    /// What is gone of it, if something is.
    async fn lacks(&self, engine: &Engine) -> OpResult<Option<Message>> {
        let Some(now) = terminals::standing(engine.db(), &self.session).await? else {
            return Ok(Some(say::signed_out()));
        };
        if !now.enabled {
            return Ok(Some(say::user_disabled()));
        }
        if now.password != self.password {
            return Ok(Some(say::new_password()));
        }
        if now.expires_ms <= now_ms() {
            return Ok(Some(say::signed_out()));
        }
        let registered = engine.registered().await?;
        let host = registered.host(&self.host);
        if host.is_none_or(|host| host.id != self.host_id || !host.enabled) {
            return Ok(Some(say::other_host(&self.host)));
        }
        let grants = users::grants(engine.db(), &self.user).await?;
        let actor = Actor { grants, ..self.actor.clone() };
        let may = Reach::now(engine, &actor, Verb::Terminal).await?.has(&self.host);
        Ok((!may).then(|| say::no_right(&self.host)))
    }
}
