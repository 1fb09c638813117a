//! Who calls: the actor behind a request, by token or by the cookie of a session.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use hep_core::message::server as say;
use hep_core::secret::Secret;
use hep_engine::ops::session::Origin;
use hep_engine::ops::{Actor, Engine, OpError, audit, session, token};

use super::problem::{Problem, Refusal};
use crate::serve::forwarded;

/// The cookie of a session.
pub(super) const SESSION_COOKIE: &str = "hep_session";
/// What a call that changes something brings back, where a cookie lets it in.
const CSRF_HEADER: &str = "x-csrf-token";

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
        Access::from_request_parts(parts, engine).await.map(|access| Self(access.actor))
    }
}

/// The actor behind a request, and the session that lets them in, if one does.
pub(crate) struct Access {
    /// The actor.
    pub(crate) actor: Actor,
    /// The session's id, and what changing calls bring back.
    pub(crate) session: Option<(String, String)>,
}

impl FromRequestParts<Engine> for Access {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Self, Problem> {
        let from = origin(parts);
        let access = match (bearer(&parts.headers), session_cookie(&parts.headers)) {
            (Some(bearer), _) => {
                let actor = token::actor(engine, &bearer, &from.address, &from.request_id).await?;
                Self { actor, session: None }
            }
            (None, Some(cookie)) => {
                let known = session::actor(engine, &cookie, &from).await?;
                check_csrf(parts, &known.csrf)?;
                Self { actor: known.actor, session: Some((known.session, known.csrf)) }
            }
            (None, None) => return Err(OpError::NotSignedIn(say::not_signed_in()).into()),
        };
        seen(parts, &access.actor);
        Ok(access)
    }
}

/// Where a request came from.
pub(crate) fn origin(parts: &Parts) -> Origin {
    let line = parts.extensions.get::<forwarded::Origin>();
    let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    Origin {
        address: line.map(|line| line.address.to_string()).unwrap_or_default(),
        agent: agent.unwrap_or_default().to_owned(),
        request_id: current_request(),
    }
}

/// The token of a program.
pub(super) fn bearer(headers: &HeaderMap) -> Option<Secret<String>> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim().to_owned()))
}

/// The cookie of a session.
pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<Secret<String>> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == SESSION_COOKIE)?;
    Some(Secret::new(value.trim().to_owned()))
}

/// Another site can make a browser send a call with its cookie, but cannot read what it must bring back.
fn check_csrf(parts: &Parts, csrf: &str) -> Result<(), Problem> {
    let brought = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
    if parts.method.is_safe() || brought == Some(csrf) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, &say::no_csrf()))
}

/// Tells the audit log who turned out to be behind a request.
pub(crate) fn seen(parts: &Parts, actor: &Actor) {
    if let Some(seen) = parts.extensions.get::<Seen>() {
        let _ = seen.0.set(actor.clone());
    }
}

/// Whether who asks speaks HTTPS, to us or to a proxy that is believed.
pub(crate) fn is_encrypted(parts: &Parts) -> bool {
    parts.extensions.get::<forwarded::Origin>().is_some_and(|line| line.is_secure)
}

/// Who turned out to be behind a request.
#[derive(Clone, Default)]
struct Seen(Arc<OnceLock<Actor>>);

/// Leaves an audit line of every call that was denied, whichever operation denied it, and of every one that was to
/// change something and failed.
pub(crate) async fn note_refused(
    State(engine): State<Engine>,
    path: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let call = path.map_or_else(String::new, |path| path.as_str().to_owned());
    let (call, changes) = (format!("{} {call}", request.method()), !request.method().is_safe());
    let (parts, body) = request.into_parts();
    let from = origin(&parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(refusal) = response.extensions().get::<Refusal>() else { return response };
    let actor = seen.0.get().cloned();
    let noted = match (refusal, actor) {
        (Refusal::Denied(why), actor) => {
            let actor = actor.unwrap_or_else(|| session::nobody(&from));
            audit::denied(&engine, &actor, &call, why).await
        }
        (Refusal::Failed(why), Some(actor)) if changes => {
            audit::failed(&engine, &actor, &call, why).await
        }
        // Whoever only looked, or is nobody, was to change nothing.
        (Refusal::Failed(_), _) => Ok(()),
    };
    if let Err(error) = noted {
        tracing::error!(%error, call, "a refused call is not in the audit log");
    }
    response
}
