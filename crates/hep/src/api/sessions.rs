//! `/session`: signing in with name and password, and who one is.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hep_core::message::server as say;
use hep_engine::ops::Engine;
use hep_engine::ops::session::{self, Me, Origin, SignIn, SignedIn};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Answer;
use super::body::Body;
use super::caller::{Access, SESSION_COOKIE, is_encrypted, origin};
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(create, show, delete))
}

/// Where a request without a credential came from, and whether the line is encrypted.
pub(super) struct Stranger {
    pub(super) from: Origin,
    pub(super) encrypted: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Stranger {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // A page of another site must not sign a browser in as somebody else.
        let site = parts.headers.get("sec-fetch-site");
        if site.is_some_and(|site| site == "cross-site") && !parts.method.is_safe() {
            return Err(Problem::new(StatusCode::FORBIDDEN, &say::cross_site()));
        }
        Ok(Self { from: origin(parts), encrypted: is_encrypted(parts) })
    }
}

/// Signs in. The answer sets a cookie; calls that change something bring back `csrf` as `X-CSRF-Token`.
#[utoipa::path(post, path = "/session", operation_id = "session_create", request_body = SignIn,
    security(()), responses((status = 201, body = Me)))]
async fn create(
    State(engine): State<Engine>,
    stranger: Stranger,
    Body(said): Body<SignIn>,
) -> Result<Response, Problem> {
    let signed = session::sign_in(&engine, said, &stranger.from).await?;
    Ok(welcome(&signed, stranger.encrypted))
}

/// Who one is, and what one may.
#[utoipa::path(get, path = "/session", operation_id = "session_show",
    responses((status = 200, body = Me)))]
async fn show(access: Access) -> Answer<Me> {
    let csrf = access.session.as_ref().map(|(_, csrf)| csrf.as_str());
    Answer::ok(session::me(&access.actor, csrf))
}

/// Signs out.
#[utoipa::path(delete, path = "/session", operation_id = "session_delete",
    responses((status = 204)))]
async fn delete(
    State(engine): State<Engine>,
    access: Access,
    stranger: Stranger,
) -> Result<Response, Problem> {
    if let Some((id, _)) = &access.session {
        session::end(&engine, &access.actor, &access.actor.name, id).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    end_session(&mut response, stranger.encrypted);
    Ok(response)
}

/// The answer to somebody who has signed in.
pub(super) fn welcome(signed: &SignedIn, encrypted: bool) -> Response {
    let address = format!("{}/session", super::ROOT);
    let mut response = Answer::created(address, signed.me.clone()).into_response();
    set_session(&mut response, signed, encrypted);
    response
}

/// Lets a browser in from now on.
pub(crate) fn set_session(response: &mut Response, signed: &SignedIn, encrypted: bool) {
    set_cookie(response, signed.cookie.expose(), signed.seconds, encrypted);
}

/// Makes a browser forget its session.
pub(crate) fn end_session(response: &mut Response, encrypted: bool) {
    set_cookie(response, "", 0, encrypted);
}

fn set_cookie(response: &mut Response, value: &str, seconds: i64, encrypted: bool) {
    let secure = if encrypted { "; Secure" } else { "" };
    let text = format!(
        "{SESSION_COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    );
    if let Ok(mut value) = HeaderValue::from_str(&text) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
}
