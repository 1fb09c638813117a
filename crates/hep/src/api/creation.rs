//! A call that makes something: who calls and what they say, at most once for each `Idempotency-Key`.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use hep_core::message::server as say;
use hep_engine::ops::once::{self, Call};
use hep_engine::ops::{Actor, Engine};
use hep_engine::store::idempotency::Before;
use serde::de::DeserializeOwned;

use super::body;
use super::caller::Caller;
use super::problem::Problem;

/// The header with the key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is of the call before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The caller and the body.
pub(crate) struct Creation<T> {
    /// Who calls; knows the key.
    pub(crate) actor: Actor,
    /// What they say.
    pub(crate) said: T,
}

/// The key of a call that makes something, for the document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "`Creation` reads the header")]
pub(crate) struct OnceKey {
    /// Makes it once only, however often it is asked for with this key within a day.
    #[param(rename = "Idempotency-Key")]
    key: Option<String>,
}

/// What a call with a known key is answered, for the document.
#[derive(utoipa::IntoResponses)]
#[response(
    status = 303,
    description = "A call with this key has made it before: it lies at `Location`."
)]
pub(crate) struct MadeBefore;

/// Why the handler is not called: something is wrong, or it has been called before.
pub(crate) enum Settled {
    /// Something is wrong.
    Problem(Problem),
    /// The call before has made this.
    Before(Before),
}

impl From<Problem> for Settled {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Settled {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Before(before) => {
                let place = (LOCATION, address(&before.kind, &before.name));
                (StatusCode::SEE_OTHER, [place, (REPLAYED, "true".to_owned())]).into_response()
            }
        }
    }
}

/// Where something of this kind and name is found.
pub(crate) fn address(kind: &str, name: &str) -> String {
    let plural = match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    };
    format!("{}/{plural}/{name}", super::ROOT)
}

impl<T: DeserializeOwned> FromRequest<Engine> for Creation<T> {
    type Rejection = Settled;

    async fn from_request(request: Request, engine: &Engine) -> Result<Self, Settled> {
        let (mut parts, content) = request.into_parts();
        let Caller(mut actor) = Caller::from_request_parts(&mut parts, engine).await?;
        let key = key(&parts.headers)?;
        let route = format!("{} {}", parts.method, parts.uri.path());
        let kind = body::Kind::of(&parts.headers);
        let request = Request::from_parts(parts, content);
        let bytes = Bytes::from_request(request, engine).await;
        let bytes = bytes.map_err(|refused| body::unreadable(&refused))?;
        if let Some(key) = key {
            let call = once::call(engine, &actor, (route, key), &bytes).await;
            match call.map_err(Problem::from)? {
                Call::Again(before) => return Err(Settled::Before(before)),
                Call::First(once) => actor.once = Some(once),
            }
        }
        Ok(Self { actor, said: body::read(kind, &bytes)? })
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if text.is_empty() || text.len() > 200 {
        return Err(Problem::new(StatusCode::BAD_REQUEST, &say::bad_key()).at("Idempotency-Key"));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_things_are_found() {
        assert_eq!(address("host", "web1"), "/api/v1/hosts/web1");
        assert_eq!(address("repository", "x"), "/api/v1/repositories/x");
    }
}
