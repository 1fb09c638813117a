//! Scripts and styles: what `make web` bundled and the build script embedded, by names that hold their hashes.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

/// A file of the bundle.
#[derive(Debug)]
pub(crate) struct Asset {
    /// The name that templates know: `app.css`.
    name: &'static str,
    /// The name in its address: `app-0123456789abcdef.css`.
    file: &'static str,
    identity: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

/// What was bundled; nothing, where nobody said `make web` before this program was built.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The routes.
pub(super) fn router() -> Router {
    Router::new().route("/ui/assets/{file}", get(file))
}

/// Where a file of the bundle is.
pub(super) fn address(name: &str) -> Option<String> {
    let asset = ASSETS.iter().find(|asset| asset.name == name)?;
    Some(format!("/ui/assets/{}", asset.file))
}

async fn file(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.file == file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tag = format!("\"{}\"", asset.file);
    // What has a hash in its name never changes.
    let cached =
        [(CACHE_CONTROL, "public, max-age=31536000, immutable"), (VARY, "Accept-Encoding")];
    if text(IF_NONE_MATCH).split(',').any(|known| known.trim() == tag) {
        return (StatusCode::NOT_MODIFIED, cached, [(ETAG, tag)]).into_response();
    }
    let kind = match file.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    let (encoding, bytes) = packed(asset, text(ACCEPT_ENCODING));
    let mut response = (cached, [(ETAG, tag)], [(CONTENT_TYPE, kind)], bytes).into_response();
    if let Some(encoding) = encoding {
        let value = axum::http::HeaderValue::from_static(encoding);
        response.headers_mut().insert(CONTENT_ENCODING, value);
    }
    response
}

/// The smallest form that a browser takes.
fn packed(asset: &Asset, accepted: &str) -> (Option<&'static str>, &'static [u8]) {
    let takes = |name: &str| {
        accepted.split(',').any(|coding| {
            let (coding, weight) = coding.split_once(';').unwrap_or((coding, ""));
            coding.trim() == name
                && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
    };
    match () {
        () if takes("br") => (Some("br"), asset.brotli),
        () if takes("gzip") => (Some("gzip"), asset.gzip),
        () => (None, asset.identity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_form_is_chosen() {
        let asset =
            Asset { name: "a", file: "a", identity: b"identity", gzip: b"gzip", brotli: b"br" };
        let cases = [
            ("", "identity"),
            ("gzip, deflate", "gzip"),
            ("gzip, br;q=0", "gzip"),
            ("gzip, br", "br"),
            ("gzip;q=0", "identity"),
        ];
        for (accepted, form) in cases {
            assert_eq!(packed(&asset, accepted).1, form.as_bytes(), "{accepted}");
        }
    }
}
