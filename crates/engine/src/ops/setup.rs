//! The first administrator: a link that works once, while there is no user.

use hep_core::message::server;
use hep_core::rights::ADMIN;
use hep_core::secret::Secret;
use serde::{Deserialize, Serialize};

use super::error::{OpError, OpResult};
use super::session::{Origin, SignedIn, begin, nobody};
use super::token::hash;
use super::user::{self, NewUser};
use super::{Engine, secret_text};
use crate::password;
use crate::store::{now_ms, settings, users};

/// The setting with what is left of the link.
const SETTING: &str = "setup_link";
/// How long a link works, in milliseconds.
const VALID_MS: i64 = 24 * 3_600_000;

#[derive(Debug, Serialize, Deserialize)]
struct Link {
    hash: String,
    expires_ms: i64,
}

/// Who becomes the first administrator.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The token of the link.
    #[serde(deserialize_with = "secret_text::read")]
    #[schema(value_type = String, format = Password, write_only)]
    pub token: Secret<String>,
    /// The name that signs in.
    pub name: String,
    /// The password.
    #[serde(deserialize_with = "secret_text::read")]
    #[schema(value_type = String, format = Password, write_only)]
    pub password: Secret<String>,
}

/// The token of a new link, if there is no user yet. Only the newest one works.
pub async fn offer(engine: &Engine) -> OpResult<Option<Secret<String>>> {
    if users::any(engine.db()).await? {
        return Ok(None);
    }
    let token = Secret::new(crate::token::token());
    let link = Link { hash: hash(&token), expires_ms: now_ms() + VALID_MS };
    let text = serde_json::to_string(&link).map_err(|e| OpError::Internal(e.to_string()))?;
    settings::set(engine.db(), SETTING, &text).await?;
    Ok(Some(token))
}

/// Whether there is no user yet, so that the link works.
pub async fn is_open(engine: &Engine) -> OpResult<bool> {
    Ok(!users::any(engine.db()).await?)
}

/// Makes the first administrator, and signs them in.
pub async fn setup(engine: &Engine, said: Setup, from: &Origin) -> OpResult<SignedIn> {
    let Setup { token, name, password } = said;
    let refused = || OpError::Denied(server::no_setup());
    let text = settings::get(engine.db(), SETTING).await?.unwrap_or_default();
    let link: Link = serde_json::from_str(&text).map_err(|_| refused())?;
    if link.hash != hash(&token) || link.expires_ms < now_ms() {
        return Err(refused());
    }
    let hashed = password::hash(password).await?;
    let tx = engine.db().begin().await?;
    // Of two who come at once one finds it gone.
    if !settings::remove(&tx, SETTING).await? || users::any(&tx).await? {
        return Err(refused());
    }
    let new = NewUser { role: Some(ADMIN.to_owned()), ..NewUser::named(&name) };
    let made = user::make(&tx, &nobody(from), new, Some(hashed)).await?;
    tx.commit().await?;
    begin(engine, &made, from).await
}

#[cfg(test)]
mod tests {
    use hep_core::rights::Verb;

    use super::super::testing::on_both;
    use super::*;

    fn said(token: &Secret<String>, name: &str) -> Setup {
        let password = Secret::new("correct horse".to_owned());
        Setup { token: token.clone(), name: name.into(), password }
    }

    #[tokio::test]
    async fn a_link_works_once_and_only_the_newest() {
        on_both(|engine| async move {
            let from = Origin::default();
            assert!(is_open(&engine).await.unwrap());
            let old = offer(&engine).await.unwrap().unwrap();
            let new = offer(&engine).await.unwrap().unwrap();
            let refused = setup(&engine, said(&old, "ana"), &from).await;
            assert!(matches!(refused, Err(OpError::Denied(_))), "{refused:?}");
            let bad = setup(&engine, said(&new, "a b"), &from).await;
            assert!(matches!(bad, Err(OpError::Invalid { .. })), "{bad:?}");
            let (one, two) = tokio::join!(
                setup(&engine, said(&new, "ana"), &from),
                setup(&engine, said(&new, "bob"), &from)
            );
            let all = [one, two];
            let made: Vec<_> = all.iter().filter_map(|done| done.as_ref().ok()).collect();
            assert_eq!(made.len(), 1, "{all:?}");
            assert_eq!(made[0].me.everywhere.len(), Verb::ALL.len());
            assert!(offer(&engine).await.unwrap().is_none());
            assert!(!is_open(&engine).await.unwrap());
        })
        .await;
    }
}
