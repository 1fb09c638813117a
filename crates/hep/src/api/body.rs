//! What a request brings: a body in JSON or XML and the version that it was made from.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use hep_core::message::api as say;
use serde::de::DeserializeOwned;

use super::loose::Loose;
use super::problem::Problem;
use super::xml;

/// A body. What is wrong with it names the field.
pub(crate) struct Body<T>(pub(crate) T);

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// In JSON, whatever else the content type says: bare `curl -d` says that it is a form.
    Json,
    /// In XML.
    Xml,
}

impl Kind {
    /// By the content type.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        match kind.unwrap_or_default().split(';').next().unwrap_or_default().trim() {
            "application/xml" | "text/xml" => Self::Xml,
            _ => Self::Json,
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = Kind::of(request.headers());
        let bytes = Bytes::from_request(request, state).await;
        read(kind, &bytes.map_err(|refused| unreadable(&refused))?).map(Self)
    }
}

/// A body that did not come: too large, or cut off.
pub(super) fn unreadable(refused: &BytesRejection) -> Problem {
    Problem::new(refused.status(), &say::unreadable_body(refused.body_text()))
}

/// Reads a body.
pub(super) fn read<T: DeserializeOwned>(kind: Kind, bytes: &[u8]) -> Result<T, Problem> {
    match kind {
        Kind::Json => read_json(bytes),
        Kind::Xml => read_xml(bytes),
    }
}

fn read_xml<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value = xml::read(bytes)
        .map_err(|why| Problem::new(StatusCode::BAD_REQUEST, &say::bad_xml(why)))?;
    serde_path_to_error::deserialize(Loose(value)).map_err(|error| {
        let (field, cause) = (error.path().to_string(), error.into_inner());
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, &say::bad_field(&field, cause)).at(field)
    })
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would take a list for the fields of an object in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, &say::list_body()).at("."));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (field, cause) = (error.path().to_string(), error.into_inner());
        let message = say::bad_body(cause.line(), cause.column(), without_place(&cause));
        if cause.is_data() {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, &message).at(field)
        } else {
            Problem::new(StatusCode::BAD_REQUEST, &message)
        }
    })?;
    match reader.end() {
        Ok(()) => Ok(value),
        Err(cause) => {
            let message = say::bad_body(cause.line(), cause.column(), without_place(&cause));
            Err(Problem::new(StatusCode::BAD_REQUEST, &message))
        }
    }
}

/// What serde says, without the line and column that we say ourselves.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(text, _)| text.to_owned())
}

/// The version that a change was made from (`If-Match`), if the caller says so.
pub(crate) struct Version(pub(crate) Option<i64>);

/// The header that says so, for the document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "`Version` reads the header")]
pub(crate) struct IfMatch {
    /// The version that is to be changed, as `ETag` had it.
    #[param(rename = "If-Match")]
    version: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Version {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(tag) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = tag.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        match number.and_then(|number| number.parse().ok()) {
            Some(version) => Ok(Self(Some(version))),
            None => Err(Problem::new(StatusCode::BAD_REQUEST, &say::bad_if_match(text))),
        }
    }
}
