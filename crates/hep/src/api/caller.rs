//! Who calls: the actor behind a request, by token.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use hep_core::message::server as say;
use hep_core::secret::Secret;
use hep_engine::ops::{Actor, Engine, OpError, token};

use super::problem::Problem;
use crate::serve::forwarded::Origin;

tokio::task_local! {
    /// The id of the request that is being answered.
    pub(crate) static REQUEST: String;
}

/// The id of the request that is being answered; empty outside of one.
pub(crate) fn current_request() -> String {
    REQUEST.try_with(Clone::clone).unwrap_or_default()
}

/// The actor behind a request.
pub(crate) struct Caller(pub(crate) Actor);

impl FromRequestParts<Engine> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Problem> {
        let origin = parts.extensions.get::<Origin>();
        let address = origin.map(|origin| origin.address.to_string()).unwrap_or_default();
        let bearer = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        let Some(bearer) = bearer else {
            return Err(OpError::NotSignedIn(say::not_signed_in()).into());
        };
        let bearer = Secret::new(bearer.trim().to_owned());
        let actor = token::actor(engine, &bearer, &address, &current_request()).await?;
        Ok(Self(actor))
    }
}
