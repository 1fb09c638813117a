//! Answers: pages, parts of pages, and where to go after a form.

use std::fmt::Write as _;

use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hep_engine::ops::OpError;

use super::fault::Fault;
use super::flash::Flash;
use super::visit::Visit;

/// A page, or a part of one.
pub(super) fn page(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => {
            let headers = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                // What one person may see is not for the next one at this browser.
                (CACHE_CONTROL, "no-store"),
                (VARY, "HX-Request"),
            ];
            (headers, text).into_response()
        }
        Err(error) => {
            Fault::from(OpError::Internal(format!("a template: {error}"))).into_response()
        }
    }
}

/// A page, or the part of it that a script asked for.
pub(super) fn page_or(visit: &Visit, whole: &impl Template, part: &impl Template) -> Response {
    match visit.is_partial {
        true => page(part),
        false => page(whole),
    }
}

/// To another page, after a form.
pub(super) fn go(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// The same, and that page says first what happened.
pub(super) fn go_and_say(visit: &Visit, to: &str, flash: Flash) -> Response {
    let mut response = go(to);
    flash.set(&mut response, visit.is_encrypted);
    response
}

/// A part of an address: everything but letters, digits and `-._~` as `%XX`.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// An address of ours that a form brought back, or the overview: never another site's.
pub(super) fn ours(text: &str) -> &str {
    let is_ours = (text == "/ui" || text.starts_with("/ui/"))
        && !text.contains(['\\', '\r', '\n'])
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_ours { text } else { "/ui/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_addresses_are_gone_to() {
        let cases = [
            ("/ui/hosts?q=a%20b", true),
            ("/ui", true),
            ("//example.com/ui/", false),
            ("https://example.com", false),
            ("/ui.example.com", false),
            ("/api/v1/hosts", false),
            ("/ui/\\example.com", false),
            ("/ui/ x", false),
            ("", false),
        ];
        for (text, is_ours) in cases {
            assert_eq!(ours(text) == text, is_ours, "{text}");
        }
    }

    #[test]
    fn a_part_of_an_address_stays_one_part() {
        assert_eq!(segment("a/b c?ü#%"), "a%2Fb%20c%3F%C3%BC%23%25");
    }
}
