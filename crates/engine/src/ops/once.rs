//! Calls that come twice because the first answer was lost: the second makes nothing.

use hep_core::message::server as say;

use super::Engine;
use super::actor::Actor;
use super::error::{OpError, OpResult};
use crate::store::idempotency::{self, Before, Once};

/// What the MACs of bodies are for.
const PURPOSE: &str = "idempotency";

/// What is known of a call with a key.
#[derive(Debug)]
pub enum Call {
    /// It comes for the first time: this is to be remembered of it.
    First(Once),
    /// It came before, and made this.
    Again(Before),
}

/// Whether a call with a key came before. A key that was used for something else is refused, and one of which nobody
/// can tell for what it was used.
pub async fn call(
    engine: &Engine,
    actor: &Actor,
    (route, key): (String, String),
    body: &[u8],
) -> OpResult<Call> {
    let sealer = engine.sealer();
    // Other nodes may have put a new master key into the file, and then know it by that.
    let keys = sealer.reload().unwrap_or_else(|_| sealer.keys());
    match idempotency::find(engine.db(), &actor.name, &route, &key).await? {
        Some(before) => match keys.is_mac_of(&before.body_mac, PURPOSE, body) {
            Some(true) => Ok(Call::Again(before)),
            Some(false) => Err(OpError::Conflict(say::other_body_same_key(&key))),
            None => Err(OpError::Conflict(say::unknown_body_same_key(&key))),
        },
        None => Ok(Call::First(Once { route, key, body_mac: keys.mac(PURPOSE, body)? })),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_both;
    use super::super::{host, seal};
    use super::*;
    use crate::store::hosts::HostInput;

    async fn told(engine: &Engine, actor: &Actor, body: &str) -> String {
        let words = ("POST /x".to_owned(), "k".to_owned());
        match call(engine, actor, words, body.as_bytes()).await {
            Ok(Call::First(once)) => once.body_mac,
            Ok(Call::Again(before)) => before.name,
            Err(OpError::Conflict(message)) => message.id.into_owned(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_body_is_known_again_while_the_master_key_is_there() {
        on_both(|engine| async move {
            let mut me = Actor::command_line("ana");
            let mac = told(&engine, &me, "weak").await;
            let once = Once { route: "POST /x".into(), key: "k".into(), body_mac: mac };
            me.once = Some(once);
            host::create(&engine, &me, HostInput::named("web1")).await.unwrap();
            let other = "server.other_body_same_key";
            for (body, expected) in [("weak", "web1"), ("other", other)] {
                assert_eq!(told(&engine, &me, body).await, expected);
            }
            seal::rotate(&engine, &me).await.unwrap();
            for (body, expected) in [("weak", "web1"), ("other", other)] {
                assert_eq!(told(&engine, &me, body).await, expected, "after a change of the key");
            }
            // Without the old key nobody can tell.
            let file = engine.sealer().source().path();
            let keys = std::fs::read_to_string(file).unwrap();
            std::fs::write(file, keys.lines().next().unwrap()).unwrap();
            assert_eq!(told(&engine, &me, "weak").await, "server.unknown_body_same_key");
        })
        .await;
    }
}
