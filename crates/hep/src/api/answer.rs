//! What a request is answered with.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Something as JSON, with its entity tag where it has one.
pub(crate) struct Answer<T> {
    status: StatusCode,
    version: Option<i64>,
    location: Option<String>,
    value: T,
}

impl<T> Answer<T> {
    /// 200.
    pub(crate) const fn ok(value: T) -> Self {
        Self { status: StatusCode::OK, version: None, location: None, value }
    }

    /// 201, with the address of what was made.
    pub(crate) const fn created(location: String, value: T) -> Self {
        Self { status: StatusCode::CREATED, version: None, location: Some(location), value }
    }

    /// 202, with the address of what goes on.
    pub(crate) const fn accepted(location: String, value: T) -> Self {
        Self { status: StatusCode::ACCEPTED, version: None, location: Some(location), value }
    }

    /// The same with an `ETag`.
    pub(crate) const fn tagged(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.value).unwrap_or_default();
        let mut response =
            (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        let mut set = |name, text: Option<String>| {
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
                response.headers_mut().insert(name, value);
            }
        };
        set(header::ETAG, self.version.map(|version| format!("\"{version}\"")));
        set(header::LOCATION, self.location);
        response
    }
}
