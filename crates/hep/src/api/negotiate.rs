//! XML for those who ask for it, whatever the answer is.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::xml;

/// Turns an answer in JSON into XML where the caller prefers that.
pub(crate) async fn xml_for_those_who_ask(request: Request, next: Next) -> Response {
    let wants = wants_xml(request.headers());
    let response = next.run(request).await;
    let json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/json" || kind == "application/problem+json");
    if !wants || !json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // Our own answer, already in memory.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else {
        return (parts, Body::from(bytes)).into_response();
    };
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(xml::MEDIA_TYPE));
    parts.headers.append(VARY, HeaderValue::from_static("accept"));
    (parts, Body::from(xml::write(&value))).into_response()
}

/// Whether XML stands before JSON in `Accept`, by weight, then by order. `*/*` is no wish for XML.
fn wants_xml(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let (mut xml, mut json) = (0.0_f32, 0.0_f32);
    for word in accept.flat_map(|value| value.split(',')) {
        let mut parts = word.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse().ok());
        let weight: f32 = weight.unwrap_or(1.0);
        match kind.as_str() {
            "application/xml" | "text/xml" => xml = xml.max(weight),
            "application/json" | "application/*" | "*/*" => json = json.max(weight),
            _ => {}
        }
    }
    // A browser lists XML after HTML, with a lower weight than what it wants: that is no wish either.
    let browser = headers
        .get_all(ACCEPT)
        .iter()
        .any(|value| value.to_str().is_ok_and(|text| text.contains("text/html")));
    xml > 0.0 && xml >= json && !browser
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gets_xml() {
        let cases = [
            ("application/xml", true),
            ("text/xml", true),
            ("application/xml, application/json;q=0.5", true),
            ("application/xml;q=0.4, application/json", false),
            ("*/*", false),
            ("application/json", false),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
            ("application/xml;q=0", false),
        ];
        for (accept, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(wants_xml(&headers), expected, "{accept}");
        }
        assert!(!wants_xml(&HeaderMap::new()));
    }
}
