//! What somebody likes of the pages, kept for them wherever they sign in.

use super::Engine;
use super::actor::{Actor, Object};
use super::error::OpResult;
use super::view::user;
use crate::store::preferences;

/// The columns of the list of hosts.
pub const HOST_COLUMNS: &str = "hosts.columns";

/// What the actor likes; nothing of who is no user.
pub async fn get(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Option<String>> {
    match user(engine.db(), actor).await? {
        Some(user) => Ok(preferences::get(engine.db(), &user, name).await?),
        None => Ok(None),
    }
}

/// Keeps what the actor likes.
pub async fn keep(engine: &Engine, actor: &Actor, name: &str, value: &str) -> OpResult<()> {
    let tx = engine.db().begin().await?;
    if let Some(user) = user(&tx, actor).await? {
        preferences::set(&tx, &user, name, value).await?;
        let object = Object { kind: "preference", id: None, name };
        actor.did(&tx, "preference.update", object, "done", None).await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::super::ActorKind;
    use super::super::testing::on_both;
    use super::super::user::{self, NewUser};
    use super::*;

    #[tokio::test]
    async fn everybody_likes_what_they_like() {
        on_both(|engine| async move {
            let root = Actor::command_line("test");
            keep(&engine, &root, HOST_COLUMNS, "os").await.unwrap();
            assert_eq!(get(&engine, &root, HOST_COLUMNS).await.unwrap(), None);
            for (name, value) in [("ana", "os"), ("bob", "seen")] {
                let id = user::create(&engine, &root, NewUser::named(name)).await.unwrap().id;
                let actor = Actor { kind: ActorKind::User, id: Some(id), ..root.clone() };
                assert_eq!(get(&engine, &actor, HOST_COLUMNS).await.unwrap(), None);
                keep(&engine, &actor, HOST_COLUMNS, value).await.unwrap();
                let kept = get(&engine, &actor, HOST_COLUMNS).await.unwrap();
                assert_eq!(kept.as_deref(), Some(value));
            }
        })
        .await;
    }
}
