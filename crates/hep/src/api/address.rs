//! What a request says in its address: the parts of its path and its query. What is wrong with it is told like
//! everything else, with the parameter's name.

use axum::extract::FromRequestParts;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::request::Parts;
use hep_core::message::api as say;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The parts of the path.
pub(crate) struct Path<T>(pub(crate) T);

/// The query.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        let refused = |refused: PathRejection| {
            Problem::new(refused.status(), &say::bad_path(refused.body_text()))
        };
        read.map(|axum::extract::Path(read)| Self(read)).map_err(refused)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        read.map(|axum::extract::Query(read)| Self(read)).map_err(|refused| bad_query(&refused))
    }
}

fn bad_query(refused: &QueryRejection) -> Problem {
    // axum says where before it says what: `...: NAME: WHY`.
    let text = refused.body_text();
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
    match text.split_once(": ") {
        Some((name, why)) if !name.contains(' ') => {
            Problem::new(refused.status(), &say::bad_parameter(name, why)).at(name)
        }
        _ => Problem::new(refused.status(), &say::bad_query(text)),
    }
}
