//! `/api/v1/openapi.json`, and the page at `/api/docs` to read it and try it.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use utoipa::openapi::OpenApi;

/// Scripts and styles from ourselves only, and from no other place.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// A text of our own, as browsers get it.
fn fixed(kind: &'static str, body: &'static str) -> MethodRouter {
    get(async move || ([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY)], body))
}

/// The routes.
pub(super) fn router(document: &OpenApi) -> Router {
    let document: Arc<str> = document.to_json().unwrap_or_default().into();
    let json = get(async move || {
        ([(CONTENT_TYPE, "application/json")], document.to_string()).into_response()
    });
    Router::new()
        .route(&format!("{}/openapi.json", super::ROOT), json)
        .route("/api/docs", fixed("text/html; charset=utf-8", include_str!("docs/page.html")))
        .route("/api/docs/page.js", fixed("text/javascript", include_str!("docs/page.js")))
        .route("/api/docs/page.css", fixed("text/css", include_str!("docs/page.css")))
}
