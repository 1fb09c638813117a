//! The one door of all pages: who visits, whether a form is the session's own, faults as pages, and the headers
//! that keep a browser from taking part of a page for anything else.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hep_core::message::{api as say, server};
use hep_engine::ops::Engine;

use super::fault::Fault;
use super::form::Form;
use super::visit::Visit;
use super::{cookie, flash};
use crate::api;

/// The field of every form that says whose session's page it stands on.
pub(crate) const CSRF_FIELD: &str = "csrf";

/// Everything from ourselves, nothing written into pages, nobody around us.
pub(super) const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// The headers of every page.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Lets a visitor in.
pub(super) async fn enter(State(engine): State<Engine>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = match Visit::of(&engine, &parts).await {
        Ok(visit) => visit,
        Err(error) => {
            let guest = Visit::guest(&parts, api::origin(&parts));
            return finished(&guest, Fault::from(error).into_response());
        }
    };
    if visit.is_member() {
        api::seen(&parts, &visit.actor);
    }
    let bytes = match parts.method.is_safe() {
        true => Bytes::new(),
        false => {
            let read = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
            match read {
                Ok(bytes) => bytes,
                Err(refused) => {
                    let message = say::unreadable_body(refused.body_text());
                    let fault = Fault::new(refused.status(), message);
                    return finished(&visit, fault.into_response());
                }
            }
        }
    };
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = Form::read(content_type, &bytes);
    if let Err(fault) = check(&parts, &visit, &form) {
        return finished(&visit, fault.into_response());
    }
    let visit = Arc::new(visit);
    parts.extensions.insert(Arc::clone(&visit));
    parts.extensions.insert(form);
    let asked = (parts.method.clone(), parts.uri.path().to_owned());
    let response = next.run(Request::from_parts(parts, bytes.into())).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let message = say::no_such_call(asked.0, asked.1);
        let fault = Fault::new(StatusCode::METHOD_NOT_ALLOWED, message);
        return finished(&visit, fault.into_response());
    }
    finished(&visit, response)
}

/// Refuses a form that a page of ours did not send.
fn check(parts: &Parts, visit: &Visit, form: &Form) -> Result<(), Fault> {
    if parts.method.is_safe() {
        return Ok(());
    }
    let denied = |message| Err(Fault::new(StatusCode::FORBIDDEN, message));
    if visit.is_member() {
        return match form.word(CSRF_FIELD) == visit.csrf() {
            true => Ok(()),
            false => denied(server::no_csrf()),
        };
    }
    // Who has no session has nothing that another site could use, but must not be signed in by it.
    match is_own(&parts.headers) {
        true => Ok(()),
        false => denied(server::cross_site()),
    }
}

/// Whether the browser says that a page of this very address sent the form, or is too old to say.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let origin = text(header::ORIGIN);
    match (site, origin) {
        (Some(site), _) => ["same-origin", "none"].contains(&site),
        (None, Some(origin)) => {
            origin.split_once("://").map(|(_, host)| host) == text(header::HOST)
        }
        (None, None) => true,
    }
}

/// The answer as it goes out.
fn finished(visit: &Visit, response: Response) -> Response {
    let fault = response.extensions().get::<Fault>().cloned();
    let is_page = |response: &Response| {
        let kind = response.headers().get(header::CONTENT_TYPE);
        kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
    };
    let mut response = fault.map_or(response, |fault| fault.page(visit));
    // What the last form had to say has been said by this page.
    if visit.flash.is_some() && is_page(&response) && !visit.is_partial {
        cookie::set(&mut response, flash::COOKIE, "", 0, visit.is_encrypted);
    }
    dressed(response)
}

/// With the headers of every page.
pub(super) fn dressed(mut response: Response) -> Response {
    for (name, text) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(text));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sends_a_form_is_looked_at() {
        let cases: [(&[(&str, &str)], bool); 7] = [
            (&[], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "http://a"), ("host", "a")], false),
            (&[("origin", "https://hep.example:8443"), ("host", "hep.example:8443")], true),
            (&[("origin", "https://evil.example"), ("host", "hep.example")], false),
            (&[("origin", "null"), ("host", "hep.example")], false),
        ];
        for (headers, own) in cases {
            let pairs = headers.iter().map(|(name, text)| {
                (HeaderName::from_static(name), HeaderValue::from_static(text))
            });
            assert_eq!(is_own(&pairs.collect()), own, "{headers:?}");
        }
    }
}
