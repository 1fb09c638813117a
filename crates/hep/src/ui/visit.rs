//! Who visits a page: the actor and the session, and how they like it: language and look.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hep_core::message::{Message, server};
use hep_core::rights::{Verb, may_somewhere};
use hep_engine::ops::{Actor, Engine, OpError, session};

use super::fault::Fault;
use super::flash::{self, Flash};
use super::language::Language;
use super::preferences::{LANGUAGE_COOKIE, THEME_COOKIE, Theme};
use super::speech::{self, Said};
use super::words::Words;
use super::{cookie, reply};
use crate::api;

/// A visit to a page.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is what a request says of itself")]
pub(crate) struct Visit {
    /// The words of the pages in the visitor's language.
    pub(crate) t: Words,
    /// How they like it to look.
    pub(crate) theme: Theme,
    /// Who it is; nobody before signing in.
    pub(crate) actor: Actor,
    /// The session's id, and what its forms bring back.
    pub(crate) session: Option<(String, String)>,
    /// What the page says first.
    pub(super) flash: Option<Flash>,
    /// The page's own address, to come back to.
    pub(crate) here: String,
    /// Whether only a part of the page is asked for.
    pub(crate) is_partial: bool,
    /// Whether that part is a list, which stays as it is where there is a fault.
    pub(super) is_list: bool,
    /// Whether cookies may be kept to encrypted lines.
    pub(crate) is_encrypted: bool,
    /// Whether a link of another site led here.
    is_from_elsewhere: bool,
    from: session::Origin,
}

impl Visit {
    /// Whoever sends this request. A session that has ended is none.
    pub(super) async fn of(engine: &Engine, parts: &Parts) -> Result<Self, OpError> {
        let from = api::origin(parts);
        let known = match api::session_cookie(&parts.headers) {
            None => None,
            Some(cookie) => match session::actor(engine, &cookie, &from).await {
                Ok(known) => Some(known),
                Err(OpError::NotSignedIn(_)) => None,
                Err(error) => return Err(error),
            },
        };
        let guest = Self::guest(parts, from);
        Ok(match known {
            None => guest,
            Some(known) => {
                Self { actor: known.actor, session: Some((known.session, known.csrf)), ..guest }
            }
        })
    }

    /// Somebody who has not signed in.
    pub(super) fn guest(parts: &Parts, from: session::Origin) -> Self {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
        let chosen = cookie::read(&parts.headers, LANGUAGE_COOKIE).and_then(Language::of);
        let accepted = || Language::accepted(header(ACCEPT_LANGUAGE.as_str()).unwrap_or_default());
        let theme = cookie::read(&parts.headers, THEME_COOKIE).and_then(Theme::of);
        Self {
            t: Words { language: chosen.unwrap_or_else(accepted) },
            theme: theme.unwrap_or_default(),
            actor: session::nobody(&from),
            session: None,
            flash: cookie::read(&parts.headers, flash::COOKIE).and_then(Flash::read),
            here: uri.path_and_query().map_or_else(String::new, ToString::to_string),
            is_partial: header("hx-request") == Some("true"),
            is_list: header("hx-target").is_some_and(|target| target.ends_with("#list")),
            is_encrypted: api::is_encrypted(parts),
            is_from_elsewhere: header("sec-fetch-site") == Some("cross-site")
                && parts.method == Method::GET,
            from,
        }
    }

    /// Whether they have signed in.
    pub(crate) const fn is_member(&self) -> bool {
        self.session.is_some()
    }

    /// Whether they may do something to some host at least.
    pub(crate) fn may_somewhere(&self, verb: Verb) -> bool {
        may_somewhere(&self.actor.grants, verb)
    }

    /// What the session's forms bring back; empty for nobody.
    pub(crate) fn csrf(&self) -> &str {
        self.session.as_ref().map_or("", |(_, csrf)| csrf)
    }

    /// What an operation says, in the visitor's language.
    pub(crate) fn speech(&self, message: &Message) -> Said {
        speech::said(self.t.language, message)
    }

    /// Where the request came from.
    pub(super) const fn from(&self) -> &session::Origin {
        &self.from
    }
}

/// A visit by whomever.
pub(crate) struct Guest(pub(crate) Arc<Visit>);

impl<S: Send + Sync> FromRequestParts<S> for Guest {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let visit = parts.extensions.get::<Arc<Visit>>().cloned();
        // Without the door in front of it no page is shown.
        let missing = || Fault::new(StatusCode::UNAUTHORIZED, server::not_signed_in());
        visit.map(Self).ok_or_else(missing)
    }
}

/// A visit by somebody who has signed in; whoever has not is led there first.
pub(crate) struct Member(pub(crate) Arc<Visit>);

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let guest = Guest::from_request_parts(parts, state).await;
        let Guest(visit) = guest.map_err(IntoResponse::into_response)?;
        if visit.is_member() {
            return Ok(Self(visit));
        }
        Err(to_sign_in(&visit, &parts.method))
    }
}

/// To the page that signs in, and back here afterwards.
fn to_sign_in(visit: &Visit, method: &Method) -> Response {
    if visit.is_partial || method != Method::GET {
        // A part of a page is asked for by a script, and a form is not sent twice.
        let mut response = reply::go("/ui/sign-in");
        if visit.is_partial {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            let to = axum::http::HeaderValue::from_static("/ui/sign-in");
            response.headers_mut().insert("hx-redirect", to);
        }
        return response;
    }
    if visit.is_from_elsewhere {
        // A browser keeps a strict cookie back where another site led here; from ourselves it brings it.
        return super::sessions::again(visit);
    }
    reply::go(&format!("/ui/sign-in?next={}", reply::segment(&visit.here)))
}
